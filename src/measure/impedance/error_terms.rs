//! The error terms of a jig from whatever is known of it: its parts, or standards that were
//! measured through it; and what is uncertain about them.

use nalgebra::{Matrix3, Matrix3xX, MatrixXx3, Vector3};
use num_complex::Complex64;

use super::circuit::{Change, Circuit, Part, Terms};
use super::standard::NoCalibration;
use crate::metrology::statistics::rectangular;
use crate::model::{
    Budget, Connection, Contribution, Covariance, Distribution, ErrorSource, Evaluation,
    FrequencyGrid, ImpedanceCalibration, Jig, MeasuredStandard, SenseAcross, StandardKind,
};
use crate::quantity::amplitude_ratio;

/// The terms at every frequency of a grid, with everything that makes them uncertain.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ErrorTerms {
    pub(super) terms: Vec<Terms>,
    causes: Vec<Cause>,
    /// What of the resistor is left to doubt, relative, if its value is not in the terms.
    resistor_drift: Option<f64>,
}

/// One cause of error, the same at all frequencies.
#[derive(Debug, Clone, PartialEq)]
struct Cause {
    source: ErrorSource,
    evaluation: Evaluation,
    distribution: Distribution,
    effects: Vec<Effect>,
}

/// What an error does to the terms at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Effect {
    /// Change of the terms for an error of 1.
    change: Change,
    /// Of the error.
    covariance: Covariance,
}

/// A real quantity with its standard uncertainty.
fn real(u: f64) -> Covariance {
    Covariance { rr: u * u, ri: 0.0, ii: 0.0 }
}

/// An equation that is linear in the terms: `A·x = y`.
///
/// A standard of impedance Z = p/q whose ratio is m:  a·p + b·q − c·m·p = m·q.
struct Equation {
    coefficients: [Complex64; 3],
    right: Complex64,
    weight: f64,
}

/// What is known at one frequency.
struct Knowledge<'a> {
    frequency_hz: f64,
    at: usize,
    jig: &'a Jig,
    circuit: Circuit,
    standards: &'a [MeasuredStandard],
    /// How the equations that standards leave open are filled.
    assumed: &'a [Assumption],
}

/// What is taken from the description of the jig because no standard tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Assumption {
    /// `b/a`: where the sense input lies, and the leads.
    Proportion,
    /// `c`: the sense resistor with the input beside it.
    Slope,
    /// `a`: that the inputs are alike.
    Gain,
    /// `b`: likewise.
    Offset,
}

/// What of the jig an assumption rests on.
const PARTS: [Part; 3] = [Part::Resistor, Part::Input, Part::Leads];

impl ErrorTerms {
    /// The terms of a jig, from its description alone or from a calibration.
    ///
    /// # Errors
    ///
    /// When the standards do not determine the terms.
    pub(super) fn of(
        jig: &Jig,
        calibration: Option<&ImpedanceCalibration>,
        grid: &FrequencyGrid,
    ) -> Result<Self, NoCalibration> {
        let standards = match calibration {
            Some(calibration) => on_grid(calibration, grid)?,
            None => Vec::new(),
        };
        let straight = |s: &&MeasuredStandard| s.standard.kind == StandardKind::Straight;
        let gain = standards.iter().find(straight).cloned();
        let through: Vec<MeasuredStandard> =
            standards.into_iter().filter(|s| !straight(&s)).collect();
        let assumed = assumptions(jig, &through)?;
        let gain = gain.filter(|_| through.is_empty());
        let mut solved = Vec::with_capacity(grid.len());
        for (at, &frequency_hz) in grid.hz().iter().enumerate() {
            let circuit = Circuit::of(jig, frequency_hz);
            let standards = &through;
            let knowledge =
                Knowledge { frequency_hz, at, jig, circuit, standards, assumed: &assumed };
            solved.push(match &gain {
                Some(gain) => knowledge.with_gain(gain),
                None => knowledge.solve()?,
            });
        }
        let resistor_drift = (!assumed.contains(&Assumption::Slope)).then(|| temperature(jig));
        Ok(Self::collected(solved, resistor_drift))
    }

    fn collected(solved: Vec<(Terms, Vec<Cause>)>, resistor_drift: Option<f64>) -> Self {
        let (terms, causes): (Vec<_>, Vec<_>) = solved.into_iter().unzip();
        let mut by_cause: Vec<Cause> = Vec::new();
        for (at, of_frequency) in causes.into_iter().enumerate() {
            for (i, cause) in of_frequency.into_iter().enumerate() {
                if at == 0 {
                    by_cause.push(cause);
                } else {
                    by_cause[i].effects.extend(cause.effects);
                }
            }
        }
        Self { terms, causes: by_cause, resistor_drift }
    }

    /// The budget of impedances that follow from ratios: what is uncertain about the terms, then
    /// what a measurement adds. `noise` is the covariance of each ratio, `bend` what the level of
    /// the drive does to it, relative.
    pub(super) fn budget(
        &self,
        jig: &Jig,
        ratios: &[Complex64],
        noise: Option<&[Covariance]>,
        bend: f64,
    ) -> Budget {
        let at_terms = |cause: &Cause| {
            let of = |((terms, &m), effect): ((&Terms, &Complex64), &Effect)| {
                effect.covariance.scaled(terms.by_terms(m, effect.change))
            };
            let covariance =
                self.terms.iter().zip(ratios).zip(&cause.effects).map(of).collect::<Vec<_>>();
            let Cause { source, evaluation, distribution, .. } = *cause;
            Contribution { source, evaluation, distribution, covariance }
        };
        let mut lines: Vec<Contribution> = self.causes.iter().map(at_terms).collect();
        let slopes = || self.terms.iter().zip(ratios).map(|(terms, &m)| (terms.by_ratio(m), m));
        if let Some(noise) = noise {
            let covariance = slopes().zip(noise).map(|((slope, _), noise)| noise.scaled(slope));
            lines.push(normal(ErrorSource::Noise, Evaluation::A, covariance.collect()));
        }
        if self.is_calibrated() {
            let drift = drift(jig);
            let covariance =
                slopes().map(|(slope, m)| Covariance::circular((slope * m).norm() * drift));
            lines.push(normal(ErrorSource::Drift, Evaluation::B, covariance.collect()));
        }
        let contact = vec![real(jig.contact_resistance.ohm()); ratios.len()];
        lines.push(normal(ErrorSource::Contacts, Evaluation::B, contact));
        if bend > 0.0 {
            let covariance =
                slopes().map(|(slope, m)| Covariance::circular((slope * m).norm() * bend));
            lines.push(normal(ErrorSource::DriveLevel, Evaluation::B, covariance.collect()));
        }
        if let Some(drift) = self.resistor_drift {
            let impedances = self.terms.iter().zip(ratios).map(|(terms, &m)| terms.impedance(m));
            lines.push(Contribution {
                source: ErrorSource::ResistorTemperature,
                evaluation: Evaluation::B,
                distribution: Distribution::Rectangular,
                covariance: impedances.map(|z| real(drift).scaled(z)).collect(),
            });
        }
        Budget { contributions: merged(lines) }
    }

    /// Whether anything was measured to find the terms.
    fn is_calibrated(&self) -> bool {
        self.causes.iter().any(|cause| cause.source == ErrorSource::Drift)
    }
}

const fn normal(
    source: ErrorSource,
    evaluation: Evaluation,
    covariance: Vec<Covariance>,
) -> Contribution {
    Contribution { source, evaluation, distribution: Distribution::Normal, covariance }
}

/// Lines of the same source made one: the largest first, what does not matter left out.
///
/// Several independent rectangular errors together are nearly normal.
fn merged(lines: Vec<Contribution>) -> Vec<Contribution> {
    let mut merged: Vec<Contribution> = Vec::new();
    for line in lines {
        if line.covariance.iter().all(|c| c.rr + c.ii <= 0.0) {
            continue;
        }
        let Some(known) = merged.iter_mut().find(|known| known.source == line.source) else {
            merged.push(line);
            continue;
        };
        known.distribution = Distribution::Normal;
        for (sum, more) in known.covariance.iter_mut().zip(line.covariance) {
            *sum = sum.plus(more);
        }
    }
    let weight = |line: &Contribution| line.covariance.iter().map(|c| c.rr + c.ii).sum::<f64>();
    merged.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    merged
}

/// Change of the ratio between two takes at different times, relative, in magnitude and phase.
fn drift(jig: &Jig) -> f64 {
    (amplitude_ratio(jig.drift_db) - 1.0).abs()
}

/// Standard uncertainty of the sense resistor for its temperature, relative.
fn temperature(jig: &Jig) -> f64 {
    rectangular(1e-6 * jig.temperature_coefficient_ppm * jig.temperature_range_k)
}

/// The standards of a calibration at the frequencies of a grid.
fn on_grid(
    calibration: &ImpedanceCalibration,
    grid: &FrequencyGrid,
) -> Result<Vec<MeasuredStandard>, NoCalibration> {
    let moved = |measured: &MeasuredStandard| {
        let ratio = measured.ratio.resampled_onto(grid)?;
        Ok(MeasuredStandard { standard: measured.standard.clone(), ratio })
    };
    calibration.standards.iter().map(moved).collect()
}

/// What standards leave to be assumed about the jig.
fn assumptions(jig: &Jig, through: &[MeasuredStandard]) -> Result<Vec<Assumption>, NoCalibration> {
    // This one's ratio is near zero whatever the gains are.
    let mute = match jig.sense() {
        SenseAcross::Headphone => StandardKind::Short,
        SenseAcross::Resistor => StandardKind::Open,
    };
    let has_mute = through.iter().any(|s| s.standard.kind == mute);
    Ok(match (through.len(), has_mute) {
        (0, _) => vec![Assumption::Gain, Assumption::Offset, Assumption::Slope],
        (1, true) => return Err(NoCalibration::Mute { standard: mute }),
        (1, false) => vec![Assumption::Proportion, Assumption::Slope],
        (2, true) => vec![Assumption::Slope],
        (2, false) => vec![Assumption::Proportion],
        _ => Vec::new(),
    })
}

impl Circuit {
    /// The circuit of a jig as it is described, at a frequency in hertz.
    pub(super) fn of(jig: &Jig, frequency_hz: f64) -> Self {
        let capacitance = jig.input_capacitance.map_or(0.0, |c| c.farad());
        let input = Complex64::new(
            jig.input_resistance.map_or(0.0, |input| 1.0 / input.ohm()),
            std::f64::consts::TAU * frequency_hz * capacitance,
        );
        Self {
            sense: jig.sense(),
            resistor: jig.sense_resistor.ohm(),
            input,
            leads: jig.lead_resistance.map_or(0.0, |leads| leads.ohm()),
        }
    }
}

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
    fn solve(&self) -> Result<(Terms, Vec<Cause>), NoCalibration> {
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
    fn with_gain(&self, gain: &MeasuredStandard) -> (Terms, Vec<Cause>) {
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

/// The impedance of a standard as p/q in multiples of a scale, so that an open is 1/0.
fn fraction(measured: &MeasuredStandard, hz: f64, scale: f64) -> (Complex64, Complex64) {
    let standard = &measured.standard;
    match (standard.kind, standard.impedance(hz)) {
        (_, None) => (Complex64::ONE, Complex64::ZERO),
        // Its admittance, which is what is small.
        (StandardKind::Open, Some(z)) => (Complex64::ONE, scale / z),
        (_, Some(z)) => (z / scale, Complex64::ONE),
    }
}

/// What is uncertain about the impedance of a standard, in ohms.
fn u_of(measured: &MeasuredStandard, jig: &Jig) -> f64 {
    let standard = &measured.standard;
    let relative = rectangular(1e-2 * standard.tolerance_percent).hypot(1e-2 * standard.u_percent);
    (relative * standard.ohm()).hypot(jig.contact_resistance.ohm())
}

/// The matrix that turns right-hand sides into the three terms, by weighted least squares if there
/// are more than three equations; `None` if they do not determine the terms.
fn pseudo_inverse(equations: &[Equation]) -> Option<Matrix3xX<Complex64>> {
    /// Standards so much alike lose as many digits.
    const SMALLEST_DETERMINANT: f64 = 1e-9;
    let rows = equations.len();
    let a = MatrixXx3::from_fn(rows, |k, i| equations[k].coefficients[i]);
    if rows == 3 {
        let square = Matrix3::from_fn(|k, i| a[(k, i)]);
        let is_regular = square.determinant().norm() > SMALLEST_DETERMINANT * square.norm().powi(3);
        let inverse = square.try_inverse().filter(|_| is_regular)?;
        return Some(Matrix3xX::from_fn(3, |i, k| inverse[(i, k)]));
    }
    let largest = equations.iter().map(|e| e.weight).fold(f64::MIN_POSITIVE, f64::max);
    let weight = |k: usize| Complex64::from((equations[k].weight / largest).powi(2));
    let weighted = Matrix3xX::from_fn(rows, |i, k| a[(k, i)].conj() * weight(k));
    let solver = (&weighted * &a).try_inverse()? * weighted;
    solver.iter().all(|value| value.is_finite()).then_some(solver)
}
