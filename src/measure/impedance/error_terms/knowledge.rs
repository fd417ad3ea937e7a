//! What is known of a jig at one frequency, and the terms that follow from it.

use nalgebra::Vector3;
use num_complex::Complex64;

use super::solution::{Equation, fraction, pseudo_inverse, u_of};
use super::{Assumption, Cause, Effect, drift, real, temperature};
use crate::measure::impedance::circuit::{Change, Circuit, Part, Terms};
use crate::measure::impedance::standard::NoCalibration;
use crate::metrology::statistics::rectangular;
use crate::model::{
    Connection, Covariance, Distribution, ErrorSource, Evaluation, Jig, MeasuredStandard,
    StandardKind,
};
use crate::quantity::amplitude_ratio;

/// What is known at one frequency.
pub(super) struct Knowledge<'a> {
    pub(super) frequency_hz: f64,
    pub(super) at: usize,
    pub(super) jig: &'a Jig,
    pub(super) circuit: Circuit,
    pub(super) standards: &'a [MeasuredStandard],
    /// How the equations that standards leave open are filled.
    pub(super) assumed: &'a [Assumption],
}

/// What of the jig an assumption rests on.
const PARTS: [Part; 3] = [Part::Resistor, Part::Input, Part::Leads];

impl Knowledge<'_> {
    fn equations(&self) -> Vec<Equation> {
        let scale = self.circuit.resistor;
        let expected = self.circuit.terms();
        let measured = self.standards.iter().map(|measured| {
            let (p, q) = fraction(measured, self.frequency_hz, scale);
            let m = measured.ratio.values()[self.at];
            let noise =
                measured.ratio.covariance().map_or(0.0, |c| (c[self.at].rr + c[self.at].ii).sqrt());
            let u_ratio =
                (expected.c * scale * p + q).norm() * noise.hypot(m.norm() * drift(self.jig));
            let u_value = (expected.a * scale - expected.c * scale * m).norm()
                * u_of(measured, self.jig)
                / scale;
            let u =
                if p.norm() > 0.5 && q.norm() < 1e-9 { u_ratio } else { u_ratio.hypot(u_value) };
            let weight = if u > 0.0 { 1.0 / u } else { 1.0 };
            Equation { coefficients: [p, q, -m * p], right: m * q, weight }
        });
        let terms = self.circuit.terms();
        let (zero, one) = (Complex64::ZERO, Complex64::ONE);
        let assumed = self.assumed.iter().map(|assumption| {
            let (coefficients, right) = match assumption {
                Assumption::Proportion => ([-terms.b, terms.a * scale, zero], zero),
                Assumption::Slope => ([zero, zero, one], terms.c * scale),
                Assumption::Gain => ([one, zero, zero], terms.a * scale),
                Assumption::Offset => ([zero, one, zero], terms.b),
            };
            Equation { coefficients, right, weight: 1.0 }
        });
        measured.chain(assumed).collect()
    }

    /// The terms and their causes of error.
    pub(super) fn solve(&self) -> Result<(Terms, Vec<Cause>), NoCalibration> {
        let scale = self.circuit.resistor;
        let equations = self.equations();
        let alike = || NoCalibration::Alike { frequency_hz: self.frequency_hz };
        let inverse = pseudo_inverse(&equations).ok_or_else(alike)?;
        let right = equations.iter().map(|equation| equation.right);
        let solution: Vector3<Complex64> =
            right.enumerate().map(|(k, y)| inverse.column(k) * y).sum();
        // The equations are in multiples of the resistor.
        let terms = Terms { a: solution[0] / scale, b: solution[1], c: solution[2] / scale };
        // An equation that is off by 1 moves the terms by this.
        let moved = |k: usize, by: Complex64| -> Change {
            let column = inverse.column(k) * by;
            [column[0] / scale, column[1], column[2] / scale]
        };
        let mut causes = Vec::new();
        for (k, measured) in self.standards.iter().enumerate() {
            let (p, q) = fraction(measured, self.frequency_hz, scale);
            let m = measured.ratio.values()[self.at];
            // How the equation changes with the ratio, and with the impedance.
            let by_ratio = moved(k, terms.c * scale * p + q);
            let by_value = moved(k, -(terms.a - terms.c * m) * q);
            self.causes_of(measured, m, (by_ratio, by_value), &mut causes);
        }
        let first = self.standards.len();
        self.causes_of_parts(&terms, |k, by| moved(first + k, by), &mut causes);
        if self.standards.is_empty() {
            let gain = [terms.a, terms.b, Complex64::ZERO];
            causes.extend(mismatch(self.jig, gain));
        }
        Ok((terms, causes))
    }

    /// The terms of the circuit behind gains that were measured at one point.
    pub(super) fn with_gain(&self, gain: &MeasuredStandard) -> (Terms, Vec<Cause>) {
        let bare = self.circuit.terms();
        let m = gain.ratio.values()[self.at];
        let terms = Terms { a: m * bare.a, b: m * bare.b, c: bare.c };
        let by_ratio = [bare.a, bare.b, Complex64::ZERO];
        let mut causes = Vec::new();
        self.causes_of(gain, m, (by_ratio, [Complex64::ZERO; 3]), &mut causes);
        let through_gain = |change: Change| [change[0] * m, change[1] * m, change[2]];
        for part in PARTS {
            let change = through_gain(self.circuit.slope(part));
            causes.extend(self.causes_of_part(part, change));
        }
        (terms, causes)
    }

    /// What is uncertain about a standard and its ratio.
    fn causes_of(
        &self,
        measured: &MeasuredStandard,
        m: Complex64,
        (by_ratio, by_value): (Change, Change),
        causes: &mut Vec<Cause>,
    ) {
        let standard = &measured.standard;
        let mut push = |source, evaluation, distribution, change, covariance| {
            let effects = vec![Effect { change, covariance }];
            causes.push(Cause { source, evaluation, distribution, effects });
        };
        let noise = measured.ratio.covariance().map_or_else(Covariance::default, |c| c[self.at]);
        let (normal, rectangle) = (Distribution::Normal, Distribution::Rectangular);
        push(ErrorSource::CalibrationNoise, Evaluation::A, normal, by_ratio, noise);
        let drifted = Covariance::circular(m.norm() * drift(self.jig));
        push(ErrorSource::Drift, Evaluation::B, normal, by_ratio, drifted);
        let jig_contact = self.jig.contact_resistance.ohm();
        push(ErrorSource::Contacts, Evaluation::B, normal, by_value, real(jig_contact));
        if standard.kind == StandardKind::Load {
            let percent = |percent: f64| 1e-2 * percent * standard.ohm();
            let tolerance = real(rectangular(percent(standard.tolerance_percent)));
            push(ErrorSource::LoadStandard, Evaluation::B, rectangle, by_value, tolerance);
            // Two wires have the contacts of the meter in the value.
            let of_meter = match standard.connection {
                Connection::FourWire => 0.0,
                Connection::TwoWire => jig_contact * std::f64::consts::SQRT_2,
            };
            let u = real(percent(standard.u_percent).hypot(of_meter));
            push(ErrorSource::LoadStandard, Evaluation::B, normal, by_value, u);
            let warmth = standard.temperature_coefficient_ppm * standard.temperature_range_k;
            let warmth = real(rectangular(1e-6 * warmth * standard.ohm()));
            push(ErrorSource::LoadTemperature, Evaluation::B, rectangle, by_value, warmth);
        }
    }

    /// What is uncertain about the parts that assumptions rest on. `moved` gives the change of the
    /// terms for the k-th assumption being off.
    fn causes_of_parts(
        &self,
        terms: &Terms,
        moved: impl Fn(usize, Complex64) -> Change,
        causes: &mut Vec<Cause>,
    ) {
        if self.assumed.is_empty() {
            return;
        }
        let scale = self.circuit.resistor;
        for part in PARTS {
            let [da, db, dc] = self.circuit.slope(part);
            let mut change = [Complex64::ZERO; 3];
            for (k, assumption) in self.assumed.iter().enumerate() {
                let off = match assumption {
                    Assumption::Proportion => scale * (terms.a * db - terms.b * da),
                    Assumption::Slope => dc * scale,
                    Assumption::Gain => da * scale,
                    Assumption::Offset => db,
                };
                for (sum, more) in change.iter_mut().zip(moved(k, off)) {
                    *sum += more;
                }
            }
            causes.extend(self.causes_of_part(part, change));
        }
    }

    fn causes_of_part(&self, part: Part, change: Change) -> Vec<Cause> {
        let jig = self.jig;
        let cause = |source, u: f64, along: Complex64| Cause {
            source,
            evaluation: Evaluation::B,
            distribution: Distribution::Rectangular,
            effects: vec![Effect { change, covariance: real(u).scaled(along) }],
        };
        let one = Complex64::ONE;
        match part {
            Part::Resistor => {
                let ohm = jig.sense_resistor.ohm();
                let tolerance = rectangular(jig.resistor_tolerance.fraction() * ohm);
                vec![
                    cause(ErrorSource::SenseResistor, tolerance, one),
                    cause(ErrorSource::ResistorTemperature, temperature(jig) * ohm, one),
                ]
            }
            Part::Input => {
                let siemens = jig.input_resistance.map_or(1.0 / Jig::LOWEST_INPUT_OHM, |input| {
                    Jig::INPUT_TOLERANCE / input.ohm()
                });
                let farad = jig.input_capacitance.map_or(Jig::LARGEST_INPUT_F, |capacitance| {
                    Jig::INPUT_TOLERANCE * capacitance.farad()
                });
                let omega = std::f64::consts::TAU * self.frequency_hz;
                vec![
                    cause(ErrorSource::InputResistance, rectangular(siemens), one),
                    cause(ErrorSource::InputCapacitance, rectangular(omega * farad), Complex64::I),
                ]
            }
            Part::Leads => {
                // Leads that were stated are contacts and no more.
                let ohm = jig.lead_resistance.map_or(Jig::LONGEST_LEADS_OHM, |_| 0.0);
                vec![cause(ErrorSource::Leads, rectangular(ohm), one)]
            }
        }
    }
}

/// Inputs that were never compared. `gain` is the change of the terms for a relative error.
fn mismatch(jig: &Jig, gain: Change) -> [Cause; 2] {
    let cause = |source, covariance| Cause {
        source,
        evaluation: Evaluation::B,
        distribution: Distribution::Rectangular,
        effects: vec![Effect { change: gain, covariance }],
    };
    let size = rectangular(amplitude_ratio(jig.gain_match_db) - 1.0);
    let turn = rectangular(jig.phase_match_deg.to_radians());
    [
        cause(ErrorSource::GainMatch, real(size)),
        cause(ErrorSource::PhaseMatch, real(turn).scaled(Complex64::I)),
    ]
}
