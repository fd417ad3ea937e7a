//! Mass, compliance and force factor of a driver, from its impedance with and without a known change.

use std::f64::consts::{PI, TAU};

use crate::model::{EquivalentCircuit, FittedResonance, MovingParts, NoMovingParts};
use crate::quantity::{Length, Mass, Percent, Uncertain, Volume};

/// Stiffness of air against fast compression: 1.4 times the standard pressure, in pascals.
const AIR_PA: f64 = 1.4 * 101_325.0;

/// What was done to the driver between the two measurements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// A mass was fixed to the diaphragm.
    AddedMass(Mass),
    /// The driver was mounted on an airtight volume.
    ClosedVolume(Volume),
}

impl Change {
    const fn name(self) -> &'static str {
        match self {
            Self::AddedMass(_) => "an added mass",
            Self::ClosedVolume(_) => "a closed volume",
        }
    }
}

/// What the moving parts are computed with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// What was changed.
    pub change: Change,
    /// Effective diameter of the diaphragm, to the middle of its surround.
    pub diameter: Option<Length>,
    /// How well mass, volume and diameter are known: the bound of each.
    pub tolerance: Percent,
}

/// The moving parts of a driver from the circuit of its impedance without and with a change.
///
/// An added mass m moves the resonance down: `Mms = m/((fs/fs')² − 1)`. A closed volume V moves it
/// up: `Vas = V·(fs'·Qes'/(fs·Qes) − 1)`, in which the air's own mass drops out (Small 1972). Then
/// `Cms = 1/(ωs²Mms)`, `Bl² = ωs·Mms·Re/Qes`, `Rms = ωs·Mms/Qms`, `Vas = γp₀·Sd²·Cms`. The errors
/// of the figures that enter are taken as independent.
///
/// # Errors
///
/// When a resonance is missing, moved the wrong way or by less than 5 %.
pub fn moving_parts(
    without: &EquivalentCircuit,
    with: &EquivalentCircuit,
    known: Known,
) -> Result<MovingParts, NoMovingParts> {
    let free = main(without).ok_or(NoMovingParts::NoResonance { which: "the first curve" })?;
    let changed = main(with).ok_or(NoMovingParts::NoResonance { which: "the second curve" })?;
    require_movement(free, changed, known.change)?;
    let exact =
        |value: f64| Uncertain::new(value, value * known.tolerance.fraction() / 3_f64.sqrt());
    let fs = Log::of(0, free.frequency_hz);
    let moved = Log::of(1, changed.frequency_hz);
    let q_free = Log::of(2, free.q_electrical);
    let q_changed = Log::of(3, changed.q_electrical);
    let q_mechanical = Log::of(4, free.q_mechanical);
    let re = Log::of(5, without.dc_resistance_ohm);
    let area = known.diameter.map(|d| Log::of(6, exact(d.m())).power(2.0).times(0.25 * PI));
    let omega = fs.times(TAU);
    // In kilograms and cubic metres.
    let (mass, volume) = match known.change {
        Change::AddedMass(added) => {
            let added = Log::of(7, exact(1e-3 * added.g()));
            let mass = added.over(fs.over(moved).power(2.0).less_one());
            let compliance = omega.power(-2.0).over(mass);
            (Some(mass), area.map(|area| area.power(2.0).by(compliance).times(AIR_PA)))
        }
        Change::ClosedVolume(closed) => {
            let closed = Log::of(7, exact(1e-3 * closed.l()));
            let volume = closed.by(moved.by(q_changed).over(fs.by(q_free)).less_one());
            let compliance = area.map(|area| volume.over(area.power(2.0)).times(1.0 / AIR_PA));
            (compliance.map(|compliance| omega.power(-2.0).over(compliance)), Some(volume))
        }
    };
    let impedance = mass.map(|mass| omega.by(mass));
    Ok(MovingParts {
        force_factor_tm: impedance.map(|z| z.by(re).over(q_free).power(0.5).value()),
        moving_mass_g: mass.map(|mass| mass.times(1e3).value()),
        compliance_mm_per_n: mass.map(|mass| omega.power(-2.0).over(mass).times(1e3).value()),
        mechanical_resistance_kg_per_s: impedance.map(|z| z.over(q_mechanical).value()),
        equivalent_volume_l: volume.map(|volume| volume.times(1e3).value()),
        height_ratio: changed.height_ohm.value / free.height_ohm.value,
    })
}

/// The tallest resonance, if it is resolved.
fn main(circuit: &EquivalentCircuit) -> Option<&FittedResonance> {
    let by_height = |a: &&FittedResonance, b: &&FittedResonance| {
        a.height_ohm.value.total_cmp(&b.height_ohm.value)
    };
    circuit.resonances.iter().max_by(by_height).filter(|r| circuit.resolves(r))
}

fn require_movement(
    free: &FittedResonance,
    changed: &FittedResonance,
    change: Change,
) -> Result<(), NoMovingParts> {
    const ENOUGH_PERCENT: f64 = 5.0;
    let (from_hz, to_hz) = (free.frequency_hz.value, changed.frequency_hz.value);
    let (way, expected) = match change {
        Change::AddedMass(_) => (from_hz / to_hz, "down"),
        Change::ClosedVolume(_) => (to_hz / from_hz, "up"),
    };
    if way < 1.0 {
        return Err(NoMovingParts::WrongWay { from_hz, to_hz, change: change.name(), expected });
    }
    let percent = 100.0 * (way - 1.0);
    if percent < ENOUGH_PERCENT {
        return Err(NoMovingParts::TooLittle { percent });
    }
    Ok(())
}

/// How many figures enter.
const FIGURES: usize = 8;

/// A positive number as its logarithm, with the relative error that each figure puts into it.
#[derive(Debug, Clone, Copy)]
struct Log {
    ln: f64,
    errors: [f64; FIGURES],
}

impl Log {
    fn of(figure: usize, known: Uncertain) -> Self {
        let mut errors = [0.0; FIGURES];
        errors[figure] = known.u / known.value;
        Self { ln: known.value.ln(), errors }
    }

    fn by(self, other: Self) -> Self {
        let errors = std::array::from_fn(|i| self.errors[i] + other.errors[i]);
        Self { ln: self.ln + other.ln, errors }
    }

    fn power(self, exponent: f64) -> Self {
        Self { ln: exponent * self.ln, errors: self.errors.map(|error| exponent * error) }
    }

    fn over(self, other: Self) -> Self {
        self.by(other.power(-1.0))
    }

    fn times(self, factor: f64) -> Self {
        Self { ln: self.ln + factor.ln(), ..self }
    }

    /// One less; not a number unless this is above one.
    fn less_one(self) -> Self {
        let value = self.ln.exp();
        Self {
            ln: (value - 1.0).ln(),
            errors: self.errors.map(|error| error * value / (value - 1.0)),
        }
    }

    fn value(self) -> Uncertain {
        let value = self.ln.exp();
        Uncertain::new(value, value * self.errors.iter().map(|e| e * e).sum::<f64>().sqrt())
    }
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;
    use crate::metrology::equivalent::{Wanted, fit};
    use crate::model::{FrequencyGrid, Impedance};

    const RE: f64 = 32.0;
    const BL: f64 = 1.6;
    const MASS_KG: f64 = 0.4e-3;
    const COMPLIANCE: f64 = 7e-3;
    const RESISTANCE: f64 = 0.08;
    const DIAMETER: f64 = 0.036;

    /// The impedance from force and motion: `Re + jωL + Bl²/(Rms + jωM + 1/(jωC))`.
    fn driver(mass: f64, compliance: f64) -> EquivalentCircuit {
        let hz = (0..479).map(|k| 20.0 * (f64::from(k) / 48.0).exp2()).collect();
        let of = |f: f64| {
            let s = Complex64::new(0.0, TAU * f);
            RE + s * 5e-5 + BL * BL / (RESISTANCE + s * mass + 1.0 / (s * compliance))
        };
        let impedance = Impedance::from_fn(FrequencyGrid::new(hz).unwrap(), of).unwrap();
        fit(&impedance, Wanted::default()).unwrap()
    }

    fn known(change: Change) -> Known {
        Known {
            change,
            diameter: Some(Length::new(DIAMETER).unwrap()),
            tolerance: Percent::new(1.0).unwrap(),
        }
    }

    fn assert_is_the_driver(found: MovingParts) {
        let volume = AIR_PA * (0.25 * PI * DIAMETER * DIAMETER).powi(2) * COMPLIANCE;
        let pairs = [
            (found.force_factor_tm, BL),
            (found.moving_mass_g, 1e3 * MASS_KG),
            (found.compliance_mm_per_n, 1e3 * COMPLIANCE),
            (found.mechanical_resistance_kg_per_s, RESISTANCE),
            (found.equivalent_volume_l, 1e3 * volume),
        ];
        for (value, truth) in pairs {
            let value = value.unwrap();
            assert!((value.value / truth - 1.0).abs() < 1e-3, "{value} for {truth}");
            assert!(value.u > 1e-3 * truth, "{value}: the tolerance enters");
        }
    }

    #[test]
    fn an_added_mass_tells_the_moving_parts() {
        let added = Change::AddedMass(Mass::new(0.3).unwrap());
        let with = driver(MASS_KG + 0.3e-3, COMPLIANCE);
        let found = moving_parts(&driver(MASS_KG, COMPLIANCE), &with, known(added)).unwrap();
        assert_is_the_driver(found);
        assert!((found.height_ratio - 1.0).abs() < 1e-3);
        // A fixed share of the added mass is the same share of the moving mass.
        let mass = found.moving_mass_g.unwrap();
        assert!((mass.u / mass.value / (0.01 / 3_f64.sqrt()) - 1.0).abs() < 0.01, "{mass}");
    }

    #[test]
    fn a_closed_volume_tells_them_too_and_only_vas_without_a_diameter() {
        let litres = 0.15;
        let area = 0.25 * PI * DIAMETER * DIAMETER;
        let of_air = 1e-3 * litres / (AIR_PA * area * area);
        let boxed = driver(MASS_KG, 1.0 / (1.0 / COMPLIANCE + 1.0 / of_air));
        let free = driver(MASS_KG, COMPLIANCE);
        let closed = known(Change::ClosedVolume(Volume::new(litres).unwrap()));
        assert_is_the_driver(moving_parts(&free, &boxed, closed).unwrap());
        let bare = Known { diameter: None, ..closed };
        let found = moving_parts(&free, &boxed, bare).unwrap();
        assert!(found.equivalent_volume_l.is_some() && found.moving_mass_g.is_none());
    }

    #[test]
    fn a_resonance_that_moves_the_wrong_way_or_hardly_is_refused() {
        let (free, heavy) = (driver(MASS_KG, COMPLIANCE), driver(1.5 * MASS_KG, COMPLIANCE));
        let added = known(Change::AddedMass(Mass::new(0.2).unwrap()));
        let swapped = moving_parts(&heavy, &free, added);
        assert!(matches!(swapped, Err(NoMovingParts::WrongWay { .. })), "{swapped:?}");
        let little = moving_parts(&free, &driver(1.02 * MASS_KG, COMPLIANCE), added);
        assert!(matches!(little, Err(NoMovingParts::TooLittle { .. })), "{little:?}");
    }
}
