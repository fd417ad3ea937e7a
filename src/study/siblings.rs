//! Is a seating of a headphone like the others of its state?
//!
//! One more value x of a normal population of which n siblings are known lies about their mean with
//! Student's t (A. Gelman et al. 2013, 3.3):
//!
//! ```text
//! t = (x − x̄) / (s·√(1 + 1/n)),   s² = (ν₀·s₀² + (n − 1)·s_n²) / (ν₀ + n − 1),   ν = ν₀ + n − 1
//! ```
//!
//! `s_n` is the siblings' own spread, and s₀ what headphones that sit well do, which counts as ν₀
//! further values: so the second and the third seating can be judged too, by wider limits. Each
//! figure may exceed its limit once in two hundred times; with three figures, and every seating
//! judged again as siblings come, a good seating is suspected in less than 2 % of all cases.

use super::StudyError;
use super::states::{self, State};
use crate::dsp::smoothing::smoothed_level;
use crate::metrology::{band, shelf, statistics};
use crate::model::{
    Curve, Decision, Departure, FrequencyGrid, Normalisation, SeatingRecord, Seatings,
    SiblingFigure,
};
use crate::quantity::unit::Decibel;
use crate::quantity::{Frequency, Smoothing};

/// What the spread of headphones in general counts for, in degrees of freedom.
const PRIOR_DOF: f64 = 3.0;
/// Probability that a good seating exceeds the limit of one figure, to either side.
const CHANCE: f64 = 0.005;
/// The notch of the position is looked for here, in hertz.
const NOTCH_HZ: (f64, f64) = (5e3, 12e3);
/// What is known beyond that on either side, in octaves, so that a notch at its end has two sides.
const MARGIN_OCTAVES: f64 = 0.25;
/// A dip that is less deep than this below both sides is no notch, in decibels.
const LEAST_DEPTH_DB: f64 = 2.0;
/// A notch of another seating is the same notch within this, in octaves.
const SAME_OCTAVES: f64 = 0.35;
/// Narrower structure moves by itself.
const SMOOTHING: Smoothing = Smoothing::Octave(6);
/// Where the level is taken, in hertz: above the seal, below the ear.
const LEVEL_HZ: (f64, f64) = (300.0, 1000.0);

impl SiblingFigure {
    /// The standard deviation between seatings that sit well. Bass shelves of headphones of other
    /// makes have 0.06 dB to 0.2 dB, those that seal badly 0.5 dB; notches 0.01 to 0.03 octaves;
    /// levels 0.07 dB to 0.16 dB.
    const fn usual_sd(self) -> f64 {
        match self {
            Self::BassShelf => 0.25,
            Self::Notch => 0.03,
            Self::Level => 0.2,
        }
    }
}

/// What is read off the curve of one seating.
struct Traits {
    bass_shelf_db: Option<f64>,
    level_db: Option<f64>,
    /// The treble, smoothed; absent where the curve does not cover it.
    treble: Option<Curve<Decibel>>,
}

/// A seating against its siblings, figure by figure; those that it or all siblings lack are left
/// out. Empty without siblings.
///
/// # Errors
///
/// When a curve holds numbers that cannot be compared.
pub fn departures(
    seating: &Curve<Decibel>,
    siblings: &[&Curve<Decibel>],
) -> Result<Vec<Departure>, StudyError> {
    let siblings = siblings.iter().map(|curve| Traits::of(curve)).collect::<Result<Vec<_>, _>>()?;
    Traits::of(seating)?.among(&siblings.iter().collect::<Vec<_>>())
}

/// Every seating against all the others.
///
/// # Errors
///
/// When a curve holds numbers that cannot be compared.
pub fn judge(seatings: &[&Curve<Decibel>]) -> Result<Vec<Vec<Departure>>, StudyError> {
    let all = seatings.iter().map(|curve| Traits::of(curve)).collect::<Result<Vec<_>, _>>()?;
    let against_others = |(i, own): (usize, &Traits)| {
        let others = all.iter().enumerate().filter(|(k, _)| *k != i);
        own.among(&others.map(|(_, traits)| traits).collect::<Vec<_>>())
    };
    all.iter().enumerate().map(against_others).collect()
}

/// One seating, before it is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Seated {
    /// The number of the seating, from 1.
    pub number: u32,
    /// The folder of its measurement.
    pub folder: String,
    /// What was decided about it.
    pub decision: Option<Decision>,
    /// Its level, as measured.
    pub curve: Curve<Decibel>,
}

/// What seatings of one state show together: those that count against each other, those that were
/// set aside against those that count. `None` while none counts. Curves that do not reach from 300 Hz
/// to 1 kHz stay at the levels they were measured at.
///
/// # Errors
///
/// When the curves have no band in common.
pub fn gather(name: &str, wanted: u32, seated: &[Seated]) -> Result<Option<Seatings>, StudyError> {
    let counts = |seating: &&Seated| seating.decision != Some(Decision::SetAside);
    let counted: Vec<&Seated> = seated.iter().filter(counts).collect();
    if counted.is_empty() {
        return Ok(None);
    }
    let all: Vec<&Curve<Decibel>> = seated.iter().map(|seating| &seating.curve).collect();
    let has_level =
        |curve: &&Curve<Decibel>| band::mean_over(curve, LEVEL_HZ.0, LEVEL_HZ.1).is_some();
    let normalisation =
        if all.iter().all(has_level) { over_level_band() } else { Normalisation::None };
    let grid = states::common_grid(&all)?;
    let on_grid = |name: &str, seatings: &[&Seated]| {
        let seatings = seatings.iter().map(|seating| seating.curve.clone()).collect();
        states::summary(&State { name: name.to_owned(), seatings }, normalisation, &grid)
    };
    let summary = on_grid(name, &counted)?;
    let curves = on_grid(name, &seated.iter().collect::<Vec<_>>())?.seatings;
    let of_counted: Vec<&Curve<Decibel>> = counted.iter().map(|seating| &seating.curve).collect();
    let mut judged = judge(&of_counted)?.into_iter();
    let mut records = Vec::new();
    for (seating, curve) in seated.iter().zip(curves) {
        let own = if counts(&seating) { judged.next() } else { None };
        let departures = match own {
            Some(own) => own,
            None => departures(&seating.curve, &of_counted)?,
        };
        records.push(SeatingRecord {
            number: seating.number,
            folder: seating.folder.clone(),
            bass_shelf_db: shelf::bass_shelf_db(&seating.curve),
            notch_hz: notch_hz(&seating.curve)?,
            departures,
            decision: seating.decision,
            curve,
        });
    }
    Ok(Some(Seatings { name: name.to_owned(), wanted, records, summary, normalisation }))
}

/// The mean of 300 Hz to 1 kHz is 0 dB: so the bass shelf can be seen as it is counted.
fn over_level_band() -> Normalisation {
    match (Frequency::new(LEVEL_HZ.0), Frequency::new(LEVEL_HZ.1)) {
        (Ok(from), Ok(to)) => Normalisation::Over(from, to),
        _ => Normalisation::None,
    }
}

/// Where the deepest notch of 5 kHz to 12 kHz lies, in hertz; `None` where there is none.
///
/// # Errors
///
/// When the curve holds numbers that are no levels.
pub fn notch_hz(seating: &Curve<Decibel>) -> Result<Option<f64>, StudyError> {
    let treble = treble(seating)?;
    Ok(treble.and_then(|curve| deepest(&curve)).map(f64::exp2))
}

impl Traits {
    fn of(curve: &Curve<Decibel>) -> Result<Self, StudyError> {
        Ok(Self {
            bass_shelf_db: shelf::bass_shelf_db(curve),
            level_db: band::mean_over(curve, LEVEL_HZ.0, LEVEL_HZ.1),
            treble: treble(curve)?,
        })
    }

    fn among(&self, siblings: &[&Self]) -> Result<Vec<Departure>, StudyError> {
        let of = |read: fn(&Self) -> Option<f64>| -> (Option<f64>, Vec<f64>) {
            (read(self), siblings.iter().filter_map(|traits| read(traits)).collect())
        };
        let figures = [
            (SiblingFigure::BassShelf, of(|traits| traits.bass_shelf_db)),
            (SiblingFigure::Notch, self.notches(siblings)?),
            (SiblingFigure::Level, of(|traits| traits.level_db)),
        ];
        let judged = figures
            .into_iter()
            .filter_map(|(figure, (value, others))| departure(figure, value?, &others));
        Ok(judged.collect())
    }

    /// Where the siblings' notch lies in the seating and in each of them, in octaves above 1 Hz.
    ///
    /// Which of several notches is the deepest changes from seating to seating. So it is that of
    /// the siblings' mean, and in each curve the lowest point near it.
    fn notches(&self, siblings: &[&Self]) -> Result<(Option<f64>, Vec<f64>), StudyError> {
        let trebles: Vec<_> = siblings.iter().filter_map(|traits| traits.treble.as_ref()).collect();
        let (Some(own), Some(mean)) = (&self.treble, mean_of(&trebles)?) else {
            return Ok((None, Vec::new()));
        };
        let Some(place) = deepest(&mean) else { return Ok((None, Vec::new())) };
        let others = trebles.iter().filter_map(|curve| lowest_near(curve, place)).collect();
        Ok((lowest_near(own, place), others))
    }
}

fn departure(figure: SiblingFigure, value: f64, others: &[f64]) -> Option<Departure> {
    let mean = statistics::mean(others)?;
    let sd = statistics::sample_sd(others);
    let n = others.len() as f64;
    let own_dof = n - 1.0;
    let dof = PRIOR_DOF + own_dof;
    let squares = PRIOR_DOF * figure.usual_sd().powi(2) + own_dof * sd.unwrap_or(0.0).powi(2);
    let expected = (squares / dof * (1.0 + 1.0 / n)).sqrt();
    let limit = statistics::student_t_quantile(1.0 - 0.5 * CHANCE, dof)? * expected;
    Some(Departure { figure, siblings: others.len(), mean, sd, by: value - mean, expected, limit })
}

/// The treble of a curve, smoothed; `None` where the curve does not cover it.
fn treble(curve: &Curve<Decibel>) -> Result<Option<Curve<Decibel>>, StudyError> {
    let margin = MARGIN_OCTAVES.exp2();
    let Some(grid) = FrequencyGrid::standard().within(NOTCH_HZ.0 / margin, NOTCH_HZ.1 * margin)
    else {
        return Ok(None);
    };
    if curve.grid().first_hz() > grid.first_hz() || curve.grid().last_hz() < grid.last_hz() {
        return Ok(None);
    }
    let smooth = smoothed_level(curve.hz(), &curve.values().to_vec(), SMOOTHING);
    let smooth = Curve::new(curve.grid().clone(), smooth.into())?;
    Ok(Some(smooth.resampled_onto(&grid)?))
}

fn mean_of(curves: &[&Curve<Decibel>]) -> Result<Option<Curve<Decibel>>, StudyError> {
    let Some(first) = curves.first() else { return Ok(None) };
    let at = |k: usize| curves.iter().map(|curve| curve.values()[k]).sum::<f64>();
    let count = curves.len() as f64;
    let mean = (0..first.grid().len()).map(|k| at(k) / count).collect();
    Ok(Some(Curve::new(first.grid().clone(), mean)?))
}

/// The dip between [`NOTCH_HZ`] that lies deepest below both its sides, in octaves above 1 Hz.
fn deepest(curve: &Curve<Decibel>) -> Option<f64> {
    let levels = curve.values().to_vec();
    let highest = |part: &[f64]| part.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let depth = |i: usize| highest(&levels[..i]).min(highest(&levels[i + 1..])) - levels[i];
    let (i, depth) = dips(&levels)
        .filter(|&i| (NOTCH_HZ.0..=NOTCH_HZ.1).contains(&curve.hz()[i]))
        .map(|i| (i, depth(i)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    (depth >= LEAST_DEPTH_DB).then(|| vertex(curve, i))
}

/// The lowest dip near a place, both in octaves above 1 Hz.
fn lowest_near(curve: &Curve<Decibel>, place: f64) -> Option<f64> {
    let levels = curve.values().to_vec();
    let near = |&i: &usize| (curve.hz()[i].log2() - place).abs() <= SAME_OCTAVES;
    let lowest = dips(&levels).filter(near).min_by(|&a, &b| levels[a].total_cmp(&levels[b]))?;
    Some(vertex(curve, lowest))
}

/// Points that lie below both neighbours.
fn dips(levels: &[f64]) -> impl Iterator<Item = usize> {
    (1..levels.len().saturating_sub(1))
        .filter(|&i| levels[i] < levels[i - 1] && levels[i] <= levels[i + 1])
}

/// The lowest point of the parabola through a dip and its neighbours, in octaves above 1 Hz.
fn vertex(curve: &Curve<Decibel>, i: usize) -> f64 {
    let (hz, level) = (curve.hz(), curve.values());
    let (before, at, after) = (level[i - 1], level[i], level[i + 1]);
    let step = (hz[i + 1] / hz[i]).log2();
    let bend = before - 2.0 * at + after;
    hz[i].log2() + if bend > 0.0 { 0.5 * step * (before - after) / bend } else { 0.0 }
}

#[cfg(test)]
mod tests;
