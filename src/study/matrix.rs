//! What every one of several sources does to every one of several headphones.
//!
//! Every cell is what the source does to the headphone's level against one of 0 Ω.

use super::load::Load;
use super::source::worst;
use super::{AUDIBLE_HZ, StudyError};
use crate::metrology::nominal::nominal_ohm;
use crate::model::{
    Curve, Impedance, LeftOut, LevelFigure, MatrixCell, MatrixRow, MatrixSource, PairEffect, Peak,
    Source, SourceMatrix, Span,
};
use crate::quantity::unit::Decibel;

/// Where deviation and loss are stated, in hertz.
const AT_HZ: f64 = 1e3;
/// The rule of an eighth.
const EIGHTH: f64 = 0.125;

/// A headphone with its impedance.
#[derive(Debug, Clone, PartialEq)]
pub struct Headphone {
    /// What it is called.
    pub name: String,
    /// Its impedance.
    pub impedance: Impedance,
}

/// What each of the sources does to each of the headphones, between 20 Hz and 20 kHz as far as
/// both were measured.
///
/// Headphones keep their order, sources are sorted by their impedance at 1 kHz. Uncertainties are
/// those of the impedances, errors at different frequencies taken as independent: what they have
/// in common makes them too large. A headphone or an output that has no place in the matrix, for
/// instance because it was not measured at 1 kHz, is left out with the reason.
#[must_use]
pub fn matrix(headphones: &[Headphone], sources: &[Source]) -> SourceMatrix {
    let mut left_out = Vec::new();
    let mut columns = Vec::new();
    for source in sources {
        match column(source) {
            Ok(column) => columns.push((column, source)),
            Err(error) => left_out.push(without(source.label(), &error)),
        }
    }
    columns.sort_by(|a, b| a.0.ohm.total_cmp(&b.0.ohm));
    let (columns, sources): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let mut rows = Vec::new();
    for headphone in headphones {
        match row(headphone, &sources) {
            Ok(row) => rows.push(row),
            Err(error) => left_out.push(without(headphone.name.clone(), &error)),
        }
    }
    SourceMatrix { sources: columns, rows, left_out }
}

fn without(name: String, reason: &StudyError) -> LeftOut {
    LeftOut { name, reason: reason.to_string() }
}

fn column(source: &Source) -> Result<MatrixSource, StudyError> {
    let (ohm, is_measured) = match source {
        Source::Resistance(resistance) => (resistance.ohm(), false),
        Source::Measured(output) => (output.impedance.magnitude().at(AT_HZ)?, true),
    };
    Ok(MatrixSource { name: source.label(), ohm, is_measured })
}

fn row(headphone: &Headphone, sources: &[&Source]) -> Result<MatrixRow, StudyError> {
    let load = Load::new(&headphone.impedance)?;
    let magnitude = headphone.impedance.magnitude();
    let minimum_hz = (magnitude.points())
        .filter(|(hz, _)| (AUDIBLE_HZ.0..=AUDIBLE_HZ.1).contains(hz))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(AT_HZ, |(hz, _)| hz);
    let minimum_ohm = load.minimum_ohm();
    let cell = |source: &&Source| match effect(&load, source) {
        Ok(effect) => MatrixCell::Known(effect),
        Err(error) => MatrixCell::Unknown(error.to_string()),
    };
    Ok(MatrixRow {
        headphone: headphone.name.clone(),
        minimum: Peak { value: minimum_ohm, hz: minimum_hz },
        at_1khz_ohm: magnitude.at(AT_HZ)?,
        nominal_ohm: nominal_ohm(minimum_ohm),
        eighth_rule: load.eighth_rule(),
        cells: sources.iter().map(cell).collect(),
    })
}

fn effect(load: &Load, source: &Source) -> Result<PairEffect, StudyError> {
    let level = load.change(&Source::IDEAL, source)?;
    let loss_db = level.at(AT_HZ)?;
    let (worst_hz, worst_db) = worst(&level.shifted(-loss_db));
    let u_loss = level.u_at(AT_HZ);
    let u_worst = level.u_at(worst_hz).zip(u_loss).map(|(a, b)| a.hypot(b));
    Ok(PairEffect {
        peak_to_peak: peak_to_peak(&level),
        worst: LevelFigure { db: worst_db, u_db: u_worst },
        worst_hz,
        loss: LevelFigure { db: loss_db, u_db: u_loss },
        damping_factor: load.damping_factor(source)?,
        keeps_eighth_rule: keeps_eighth_rule(load.minimum_ohm(), source, &level)?,
        band: Span { from_hz: level.grid().first_hz(), to_hz: level.grid().last_hz() },
    })
}

/// Whether the source stays under an eighth of the smallest impedance wherever both are known.
fn keeps_eighth_rule(
    minimum_ohm: f64,
    source: &Source,
    level: &Curve<Decibel>,
) -> Result<bool, StudyError> {
    /// What is exactly an eighth is an eighth.
    const ROUNDING: f64 = 1e-9;
    let largest_ohm = match source {
        Source::Resistance(resistance) => resistance.ohm(),
        Source::Measured(output) => {
            let own = output.impedance.magnitude().resampled_onto(level.grid())?;
            own.values().iter().copied().fold(0.0, f64::max)
        }
    };
    Ok(largest_ohm <= EIGHTH * minimum_ohm * (1.0 + ROUNDING))
}

/// Highest minus lowest level, with the uncertainty of both.
fn peak_to_peak(level: &Curve<Decibel>) -> LevelFigure {
    let values = || level.values().iter().copied().enumerate();
    let highest = values().reduce(|most, at| if at.1 > most.1 { at } else { most });
    let lowest = values().reduce(|least, at| if at.1 < least.1 { at } else { least });
    let (Some((high, highest)), Some((low, lowest))) = (highest, lowest) else {
        return LevelFigure { db: 0.0, u_db: None };
    };
    LevelFigure { db: highest - lowest, u_db: level.u().map(|u| u[high].hypot(u[low])) }
}

#[cfg(test)]
pub(crate) mod specimen {
    //! What the tests of other rooms say in words, tables, documents and pictures.

    use num_complex::Complex64;

    use super::*;
    use crate::model::{Covariance, FrequencyGrid, MeasuredOutput};
    use crate::quantity::Resistance;

    /// A closed headphone of 32 Ω with 66 Ω at 85 Hz.
    pub(crate) fn closed(f: f64) -> Complex64 {
        32.0 + 34.0 / Complex64::new(1.0, 1.6 * (f / 85.0 - 85.0 / f))
    }

    /// An impedance on the usual grid, its magnitude known to a share.
    pub(crate) fn known_to(share: f64, z: impl Fn(f64) -> Complex64) -> Impedance {
        let clean = Impedance::from_fn(FrequencyGrid::standard(), z).unwrap();
        let u = |z: &Complex64| Covariance::radial(*z, share * z.norm());
        let covariance = clean.values().iter().map(u).collect();
        clean.with_covariance(covariance).unwrap()
    }

    /// An output of 10 Ω, known to 1 %.
    pub(crate) fn amp() -> Source {
        let impedance = known_to(0.01, |_| Complex64::from(10.0));
        Source::Measured(MeasuredOutput { name: "amp".to_owned(), impedance })
    }

    pub(crate) fn resistance(ohm: f64) -> Source {
        Source::Resistance(Resistance::new(ohm).unwrap())
    }

    /// The closed headphone, known to 0.1 %, and a planar one of 32 Ω on 120 Ω, the output, and 0 Ω; a curve that
    /// ends below 1 kHz is left out.
    pub(crate) fn matrix() -> SourceMatrix {
        let standard = FrequencyGrid::standard;
        let of = |name: &str, impedance| Headphone { name: name.to_owned(), impedance };
        let low = FrequencyGrid::new(vec![20.0, 500.0]).unwrap();
        let headphones = [
            of("closed", known_to(0.001, closed)),
            of("planar", Impedance::from_fn(standard(), |_| Complex64::from(32.0)).unwrap()),
            of("half", Impedance::from_fn(low, |_| Complex64::from(32.0)).unwrap()),
        ];
        super::matrix(&headphones, &[resistance(120.0), amp(), resistance(0.0)])
    }
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;
    use crate::model::{FrequencyGrid, MeasuredOutput, Normalisation};
    use crate::quantity::{Frequency, Resistance};
    use crate::study::source::{self, Question};

    /// Of levels below 20 dB.
    const ROUNDING: f64 = 1e-9;

    fn headphone(impedance: Impedance) -> Headphone {
        Headphone { name: "headphone".to_owned(), impedance }
    }

    fn only(matrix: &SourceMatrix) -> PairEffect {
        *matrix.rows[0].cells[0].effect().unwrap()
    }

    #[test]
    fn a_row_of_resistances_is_what_a_comparison_of_sources_says() {
        let impedance = Impedance::from_fn(FrequencyGrid::standard(), specimen::closed).unwrap();
        let at_1khz = Normalisation::At(Frequency::new(1e3).unwrap());
        let ohms = [0.0, 1.0, 10.0, 120.0].map(|ohm| Resistance::new(ohm).unwrap());
        let question = Question::of_sources(ohms, at_1khz);
        let compared = source::compare(&impedance, &question).unwrap();
        let found = matrix(&[headphone(impedance)], &ohms.map(Source::Resistance));
        let row = &found.rows[0];
        for (cell, expected) in row.cells.iter().zip(&compared.sources) {
            let effect = cell.effect().unwrap();
            let near = |a: f64, b: f64| assert!((a - b).abs() < ROUNDING, "{a} instead of {b}");
            near(effect.peak_to_peak.db, expected.peak_to_peak_db);
            near(effect.worst.db, expected.worst_db);
            near(effect.loss.db, expected.loss_db);
            assert_eq!(effect.damping_factor.is_some(), expected.damping_factor.is_some());
            near(effect.damping_factor.unwrap_or(0.0), expected.damping_factor.unwrap_or(0.0));
            assert_eq!(effect.peak_to_peak.u_db, None);
        }
        let kept = row.cells.iter().map(|cell| cell.effect().unwrap().keeps_eighth_rule);
        assert_eq!(kept.collect::<Vec<_>>(), [true, true, false, false]);
        assert_eq!((row.eighth_rule, row.nominal_ohm), (compared.eighth_rule, Some(38.0)));
        assert!((row.minimum.value - specimen::closed(row.minimum.hz).norm()).abs() < ROUNDING);
        assert!(row.minimum.hz > 19e3, "{:?}", row.minimum);
    }

    /// `tests/golden/matrix.py` has the figures of the same two circuits.
    #[test]
    fn a_complex_output_does_what_numpy_says() {
        /// Of printed digits.
        const DB: f64 = 6e-6;
        /// A frequency of the grid, of which 48 make an octave.
        const HZ: f64 = 0.01;
        let coupled = |f: f64| {
            let s = Complex64::new(0.0, std::f64::consts::TAU * f);
            4.7 + (s * 220e-6).inv() + s * 3.3e-6
        };
        let impedance = specimen::known_to(0.01, specimen::closed);
        let output = MeasuredOutput {
            name: "coupled".to_owned(),
            impedance: specimen::known_to(0.02, coupled),
        };
        let found = only(&matrix(&[headphone(impedance)], &[Source::Measured(output)]));
        let near = |a: f64, b: f64, tolerance: f64| {
            assert!((a - b).abs() < tolerance, "{a} instead of {b}");
        };
        near(found.peak_to_peak.db, 2.979_454, DB);
        near(found.peak_to_peak.u_db.unwrap(), 0.107_326, DB);
        near(found.worst.db, -2.124_937, DB);
        near(found.worst.u_db.unwrap(), 0.109_330, DB);
        near(found.worst_hz, 20.000_000, HZ);
        near(found.loss.db, -1.193_375, DB);
        near(found.loss.u_db.unwrap(), 0.024_945, DB);
        near(found.damping_factor.unwrap(), 0.910_455, 1e-5);
        assert!(!found.keeps_eighth_rule);
    }

    #[test]
    fn the_rule_of_an_eighth_holds_up_to_an_eighth_and_for_all_frequencies() {
        let flat = |ohm: f64| {
            let of = |_| Complex64::from(ohm);
            headphone(Impedance::from_fn(FrequencyGrid::standard(), of).unwrap())
        };
        let keeps = |source: &Source| {
            only(&matrix(&[flat(32.0)], std::slice::from_ref(source))).keeps_eighth_rule
        };
        assert!(keeps(&specimen::resistance(4.0)) && !keeps(&specimen::resistance(4.01)));
        // A capacitor in series: 1 Ω at 1 kHz and 36 Ω at 20 Hz.
        let coupled = |f: f64| Complex64::new(0.7, -1.0 / (std::f64::consts::TAU * f * 220e-6));
        let impedance = specimen::known_to(0.01, coupled);
        let output = MeasuredOutput { name: "coupled".to_owned(), impedance };
        assert!(!keeps(&Source::Measured(output)));
    }

    #[test]
    fn what_was_not_measured_at_1_khz_or_is_a_short_is_left_out_with_the_reason() {
        let found = specimen::matrix();
        assert_eq!((found.rows.len(), found.sources.len()), (2, 3));
        assert_eq!(found.left_out[0].name, "half");
        assert!(found.left_out[0].reason.contains("1000"), "{:?}", found.left_out);
        let short = Impedance::from_fn(FrequencyGrid::standard(), |_| Complex64::ZERO).unwrap();
        let found = matrix(&[headphone(short)], &[specimen::resistance(1.0)]);
        assert!(found.rows.is_empty() && found.left_out[0].reason.contains("zero"));
    }

    #[test]
    fn curves_without_a_frequency_in_common_leave_a_cell_with_the_reason() {
        let ten = |from: f64, to: f64| {
            let grid = FrequencyGrid::new(vec![from, to]).unwrap();
            Impedance::from_fn(grid, |_| Complex64::from(10.0)).unwrap()
        };
        let output = MeasuredOutput { name: "narrow".to_owned(), impedance: ten(500.0, 2e3) };
        let found = matrix(&[headphone(ten(20.0, 20e3))], &[Source::Measured(output)]);
        let MatrixCell::Unknown(reason) = &found.rows[0].cells[0] else { panic!("{found:?}") };
        assert!(reason.contains("no band in common"), "{reason}");
        assert_eq!(found.worst(), None);
    }

    #[test]
    fn a_matrix_of_forty_by_twenty_five_comes_out_whole() {
        let headphones: Vec<_> = (0..40)
            .map(|i| {
                let share = 1.0 + f64::from(i) / 10.0;
                let z = specimen::known_to(0.01, |f| share * specimen::closed(f));
                Headphone { name: format!("headphone {i}"), impedance: z }
            })
            .collect();
        let sources: Vec<_> = (0..25).map(|i| specimen::resistance(f64::from(25 - i))).collect();
        let found = matrix(&headphones, &sources);
        assert_eq!(found.pairs().count(), 1000);
        assert!(found.left_out.is_empty());
        assert!(found.sources.is_sorted_by(|a, b| a.ohm <= b.ohm));
        let worst = found.worst().unwrap();
        assert_eq!((worst.row.headphone.as_str(), worst.source.ohm), ("headphone 0", 25.0));
        for row in &found.rows {
            let rising = row.pairs(&found.sources).map(|pair| pair.effect.peak_to_peak.db);
            assert!(rising.is_sorted(), "{}", row.headphone);
        }
    }
}
