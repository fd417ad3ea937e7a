//! The jig as a circuit: how the ratio of its inputs depends on what is connected to it.

use num_complex::Complex64;

use crate::model::{Jig, SenseAcross};
use crate::quantity::{Capacitance, Resistance};

/// Three complex numbers that say all that is linear about a jig and the inputs at one frequency.
///
/// ```text
/// m = (a·Z + b)/(c·Z + 1)        Z = (m − b)/(a − c·m)
/// ```
///
/// `m` sense input over reference input, `Z` what is connected. Gains and phases of the inputs,
/// loading, leads and the source go into them; it is the error box of a one-port network analyser
/// written without reflection coefficients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Terms {
    pub(super) a: Complex64,
    pub(super) b: Complex64,
    pub(super) c: Complex64,
}

/// A change of the three terms, or its rate.
pub(super) type Change = [Complex64; 3];

impl Terms {
    /// What is connected if the ratio is `m`, in ohms.
    pub(super) fn impedance(&self, m: Complex64) -> Complex64 {
        (m - self.b) / (self.a - self.c * m)
    }

    /// The ratio that an impedance has.
    pub(super) fn ratio(&self, z: Complex64) -> Complex64 {
        (self.a * z + self.b) / (self.c * z + 1.0)
    }

    /// dZ/dm.
    pub(super) fn by_ratio(&self, m: Complex64) -> Complex64 {
        let denominator = self.a - self.c * m;
        (self.a - self.b * self.c) / (denominator * denominator)
    }

    /// The change of Z that a change of the terms makes at the ratio `m`.
    pub(super) fn by_terms(&self, m: Complex64, [da, db, dc]: Change) -> Complex64 {
        let (above, below) = (m - self.b, self.a - self.c * m);
        (-db * below - above * da + m * above * dc) / (below * below)
    }

    /// By how much a relative error of the ratio is larger in the impedance.
    pub(super) fn leverage(&self, m: Complex64) -> f64 {
        (self.by_ratio(m) * m / self.impedance(m)).norm()
    }
}

/// A jig of known parts at one frequency.
///
/// ```text
/// Z' = Z + l;   across the headphone: m = Z'/(Z'·(1 + R·Y) + R);   across the resistor:
/// m = R'/(R' + Z') with 1/R' = 1/R + Y
/// ```
///
/// `R` sense resistor, `Y` admittance of the sense input, `l` leads. In both, `a = A/D`,
/// `b = (A·l + B)/D`, `c = C/D` with `C = 1/R + Y`, `D = 1 + C·l` and (A, B) = (1/R, 0) or (0, 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Circuit {
    pub(super) sense: SenseAcross,
    /// Sense resistor in ohms.
    pub(super) resistor: f64,
    /// Admittance of the sense input in siemens.
    pub(super) input: Complex64,
    /// Impedance of the leads in ohms.
    pub(super) leads: f64,
}

/// A part of the circuit whose value may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Resistor,
    Input,
    Leads,
}

impl Circuit {
    /// The circuit of a jig as it is described, at a frequency in hertz.
    pub(super) fn of(jig: &Jig, frequency_hz: f64) -> Self {
        let capacitance = jig.input_capacitance.map_or(0.0, Capacitance::farad);
        let input = Complex64::new(
            jig.input_resistance.map_or(0.0, |input| 1.0 / input.ohm()),
            std::f64::consts::TAU * frequency_hz * capacitance,
        );
        Self {
            sense: jig.sense(),
            resistor: jig.sense_resistor.ohm(),
            input,
            leads: jig.lead_resistance.map_or(0.0, Resistance::ohm),
        }
    }

    fn numerator(&self) -> (f64, f64) {
        match self.sense {
            SenseAcross::Headphone => (1.0 / self.resistor, 0.0),
            SenseAcross::Resistor => (0.0, 1.0),
        }
    }

    pub(super) fn terms(&self) -> Terms {
        let (a, b) = self.numerator();
        let c = 1.0 / self.resistor + self.input;
        let d = 1.0 + c * self.leads;
        Terms { a: a / d, b: (a * self.leads + b) / d, c: c / d }
    }

    /// The derivative of the terms by the value of a part, in its unit.
    pub(super) fn slope(&self, part: Part) -> Change {
        let (a, b) = self.numerator();
        let (c, leads) = (1.0 / self.resistor + self.input, self.leads);
        let whole = 1.0 + c * leads;
        let per_ohm = -1.0 / (self.resistor * self.resistor);
        let (da, dc, dl) = match (part, self.sense) {
            (Part::Resistor, SenseAcross::Headphone) => (per_ohm, per_ohm, 0.0),
            (Part::Resistor, SenseAcross::Resistor) => (0.0, per_ohm, 0.0),
            (Part::Input, _) => (0.0, 1.0, 0.0),
            (Part::Leads, _) => (0.0, 0.0, 1.0),
        };
        let change_of_whole = dc * leads + c * dl;
        let quotient =
            |of: Complex64, change: Complex64| (change - of * change_of_whole / whole) / whole;
        [
            quotient(a.into(), da.into()),
            quotient((a * leads + b).into(), (da * leads + a * dl).into()),
            quotient(c, dc.into()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of a handful of operations.
    const ROUNDING: f64 = 1e-12;

    fn circuit(sense: SenseAcross) -> Circuit {
        Circuit { sense, resistor: 100.0, input: Complex64::new(1e-4, 2.5e-5), leads: 0.2 }
    }

    /// The ratio of a voltage divider, from Ohm's law alone.
    fn divided(circuit: &Circuit, z: Complex64) -> Complex64 {
        let (z, resistor) = (z + circuit.leads, Complex64::from(circuit.resistor));
        let loaded = |arm: Complex64| (arm.inv() + circuit.input).inv();
        match circuit.sense {
            SenseAcross::Headphone => loaded(z) / (loaded(z) + resistor),
            SenseAcross::Resistor => loaded(resistor) / (loaded(resistor) + z),
        }
    }

    #[test]
    fn the_terms_are_those_of_the_divider_and_give_its_load_back() {
        for sense in [SenseAcross::Headphone, SenseAcross::Resistor] {
            let circuit = circuit(sense);
            for z in [Complex64::new(32.0, 12.0), Complex64::new(0.5, -0.1), 600.0.into()] {
                let found = circuit.terms().impedance(divided(&circuit, z));
                assert!((found - z).norm() < 1e3 * ROUNDING * z.norm(), "{sense} {z}: {found}");
            }
        }
    }

    #[test]
    fn the_stated_sensitivities_are_the_slopes_of_the_formulas() {
        const STEP: f64 = 1e-6;
        /// Second order of a central difference with that step, and its rounding.
        const DIFFERENCE: f64 = 1e-7;
        let near = |found: Complex64, slope: Complex64| (found / slope - 1.0).norm() < DIFFERENCE;
        for sense in [SenseAcross::Headphone, SenseAcross::Resistor] {
            let of = circuit(sense);
            let m = divided(&of, Complex64::new(32.0, 12.0));
            let terms = of.terms();
            let slope = (terms.impedance(m + STEP) - terms.impedance(m - STEP)) / (2.0 * STEP);
            assert!(near(terms.by_ratio(m), slope), "{sense}");
            for (part, size) in [(Part::Resistor, 100.0), (Part::Input, 1e-4), (Part::Leads, 0.2)] {
                let moved = |by: f64| {
                    let mut moved = of;
                    match part {
                        Part::Resistor => moved.resistor += by,
                        Part::Input => moved.input += by,
                        Part::Leads => moved.leads += by,
                    }
                    moved.terms().impedance(m)
                };
                let step = 1e-4 * size;
                let slope = (moved(step) - moved(-step)) / (2.0 * step);
                assert!(near(terms.by_terms(m, of.slope(part)), slope), "{sense} {part:?}");
            }
        }
    }

    #[test]
    fn an_error_of_the_gains_weighs_more_the_higher_the_impedance() {
        let circuit =
            Circuit { input: Complex64::ZERO, leads: 0.0, ..circuit(SenseAcross::Headphone) };
        // dZ/Z = (dm/m)(1 + Z/R), so three times the resistor weighs four times.
        let m = divided(&circuit, 300.0.into());
        assert!((circuit.terms().leverage(m) - 4.0).abs() < ROUNDING * 1e3);
    }
}
