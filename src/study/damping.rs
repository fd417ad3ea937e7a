//! How sources damp a headphone.
//!
//! The damping factor is |Z|/Zs at each frequency. What it does to the main resonance is said by
//! the electrical quality factor: a source of Zs adds to the DC resistance Re in which the
//! motor's current is braked, so that Qes' = Qes·(Re + Zs)/Re, and 1/Qts' = 1/Qms + 1/Qes'
//! (R. H. Small, "Direct-Radiator Loudspeaker System Analysis", 1972).

use super::AUDIBLE_HZ;
use crate::metrology::equivalent::{Wanted, fit};
use crate::model::{
    Curve, CurveError, DampedQ, DampedResonance, Damping, Impedance, SourceComparison,
    SourceDamping,
};
use crate::quantity::unit::One;

/// How the sources of a comparison damp its headphone, over frequency and at its tallest resonance.
///
/// The resonance is left out where no circuit fits, nothing stands out of the DC resistance, or
/// the impedance was inferred and the sign of its phase is not known.
///
/// # Errors
///
/// Never for the finite impedances and resistances of a comparison.
pub fn of(comparison: &SourceComparison) -> Result<Damping, CurveError> {
    let impedance = &comparison.impedance;
    let is_measured = comparison.inferred.is_none();
    let resonance = is_measured.then(|| tallest(impedance)).flatten();
    let sources = comparison.sources.iter().map(|effect| {
        let output = effect.source.output().map(|output| &output.impedance);
        let braking_ohm = |r: DampedResonance| {
            // At the resonance the motion takes a current in phase with the voltage.
            output.map_or(effect.source.ohm(), |output| real_at(output, r.frequency_hz))
        };
        let q = resonance.map(|r| q(r, braking_ohm(r)));
        Ok(SourceDamping { factor: factor(impedance, effect.source.ohm(), output)?, q })
    });
    Ok(Damping { resonance, sources: sources.collect::<Result<_, CurveError>>()? })
}

fn tallest(impedance: &Impedance) -> Option<DampedResonance> {
    let circuit = fit(impedance, Wanted::default()).ok()?;
    let resolved = circuit.resonances.iter().filter(|resonance| circuit.resolves(resonance));
    let tallest = resolved.max_by(|a, b| a.height_ohm.value.total_cmp(&b.height_ohm.value))?;
    Some(DampedResonance {
        frequency_hz: tallest.frequency_hz.value,
        dc_resistance_ohm: circuit.dc_resistance_ohm.value,
        q_mechanical: tallest.q_mechanical.value,
        q_electrical: tallest.q_electrical.value,
    })
}

fn q(resonance: DampedResonance, source_ohm: f64) -> DampedQ {
    let dc_ohm = resonance.dc_resistance_ohm;
    let electrical = resonance.q_electrical * (dc_ohm + source_ohm) / dc_ohm;
    DampedQ { electrical, total: (electrical.recip() + resonance.q_mechanical.recip()).recip() }
}

/// The real part of an output's impedance at the nearest frequency.
fn real_at(output: &Impedance, hz: f64) -> f64 {
    let away = |f: f64| (f / hz).ln().abs();
    let nearest =
        output.hz().iter().zip(output.values()).min_by(|a, b| away(*a.0).total_cmp(&away(*b.0)));
    nearest.map_or(0.0, |(_, z)| z.re.max(0.0))
}

fn factor(
    impedance: &Impedance,
    source_ohm: f64,
    output: Option<&Impedance>,
) -> Result<Option<Curve<One>>, CurveError> {
    let Some(grid) = impedance.grid().within(AUDIBLE_HZ.0, AUDIBLE_HZ.1) else { return Ok(None) };
    let (from_hz, to_hz) =
        output.map_or(AUDIBLE_HZ, |output| (output.grid().first_hz(), output.grid().last_hz()));
    let Some(grid) = grid.within(from_hz, to_hz) else { return Ok(None) };
    let magnitude = impedance.magnitude().resampled_onto(&grid)?;
    if let Some(output) = output {
        let of_output = output.magnitude().resampled_onto(&grid)?;
        let ratio = magnitude.values() / of_output.values();
        return if ratio.iter().all(|r| r.is_finite()) {
            Curve::new(grid, ratio).map(Some)
        } else {
            Ok(None)
        };
    }
    if source_ohm <= 0.0 {
        return Ok(None);
    }
    Curve::new(grid, magnitude.values() / source_ohm).map(Some)
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;
    use crate::model::{FrequencyGrid, Normalisation};
    use crate::quantity::Resistance;
    use crate::study::source::{Question, compare};

    /// A coil of 30 Ω with a resonance of 60 Ω at 80 Hz with Qms = 3: Qes = 3·30/60.
    fn closed(f: f64) -> Complex64 {
        30.0 + 60.0 / Complex64::new(1.0, 3.0 * (f / 80.0 - 80.0 / f))
    }

    fn damped(z: fn(f64) -> Complex64, sources: &[f64]) -> Damping {
        let impedance = Impedance::from_fn(FrequencyGrid::standard(), z).unwrap();
        let sources = sources.iter().map(|&r| Resistance::new(r).unwrap());
        let question = Question::of_sources(sources, Normalisation::None);
        of(&compare(&impedance, &question).unwrap()).unwrap()
    }

    #[test]
    fn a_source_raises_the_electrical_q_by_its_share_of_the_resistance() {
        /// Of the fit, of data without noise.
        const FIT: f64 = 1e-3;
        let found = damped(closed, &[0.0, 15.0, 120.0]);
        let resonance = found.resonance.unwrap();
        assert!((resonance.frequency_hz / 80.0 - 1.0).abs() < FIT, "{resonance:?}");
        for (source, electrical) in found.sources.iter().zip([1.5, 2.25, 7.5]) {
            let q = source.q.unwrap();
            assert!((q.electrical / electrical - 1.0).abs() < FIT, "{q:?}");
            let total = 3.0 * electrical / (3.0 + electrical);
            assert!((q.total / total - 1.0).abs() < FIT, "{q:?}");
        }
    }

    #[test]
    fn the_damping_factor_follows_the_impedance() {
        let found = damped(closed, &[0.0, 15.0]);
        assert_eq!(found.sources[0].factor, None);
        let factor = found.sources[1].factor.as_ref().unwrap();
        for (f, value) in factor.points() {
            assert!((value - closed(f).norm() / 15.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_resistor_has_no_resonance_to_damp() {
        let found = damped(|_| Complex64::from(32.0), &[10.0]);
        assert_eq!((found.resonance, found.sources[0].q), (None, None));
    }
}
