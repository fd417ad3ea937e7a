//! From takes with a sense resistor to an electrical impedance.

mod figures;
mod standard;

use ndarray::Array1;
use num_complex::Complex64;

use self::figures::figures;
pub use self::standard::{NoCalibration, StandardTakes, impedance_calibration};
use super::analyser::{Analysed, Analyser, Centring, Examined, MeasureError, channel_or};
use super::noise::{Heard, Ratio};
use super::resolution::MeanOf;
use super::wiring::ratio_faults;
use crate::metrology::repeats::{Predicted, coherence};
use crate::metrology::statistics::rectangular;
use crate::model::{
    Budget, ChannelMap, ChannelRole, Covariance, Finding, FindingKind, Impedance,
    ImpedanceCalibration, Jig, Outcome, Recording, Topology, TraceKind,
};
use crate::quantity::amplitude_ratio;

/// What one take of an impedance gave.
struct TakeRatios {
    ratios: Vec<Array1<Complex64>>,
    predicted: Option<Predicted>,
    noticed: Vec<Finding>,
}

impl Analyser {
    /// The impedance behind a sense resistor, from the *reference* channel (source side of the
    /// jig) and the *sense* channel (the node between resistor and headphone).
    ///
    /// All sweeps of all takes are averaged as complex values. The uncertainty combines their
    /// spread with the stated tolerance of the resistor and of the gain match of the inputs.
    ///
    /// # Errors
    ///
    /// When a take does not fit the stimulus or lacks a channel. A take that holds nothing usable
    /// is no error: the outcome is then [`Outcome::Refused`] and the findings say why.
    pub fn impedance(
        &mut self,
        takes: &[Recording],
        channels: &ChannelMap,
        settings: &Jig,
        calibration: Option<&ImpedanceCalibration>,
    ) -> Result<Analysed, MeasureError> {
        let _ = calibration;
        let mut findings = Vec::new();
        let inputs = takes.first().map_or(1, Recording::channels);
        // With two inputs and no map the usual wiring is meant, which is no guess worth a remark.
        let others = if inputs == 2 && channels.is_empty() { 1 } else { inputs };
        let mut role = |role, default| channel_or(channels, role, default, others, &mut findings);
        let reference = role(ChannelRole::Reference, 0);
        let sense = role(ChannelRole::Sense, 1);
        let wanted = [(ChannelRole::Reference, reference), (ChannelRole::Sense, sense)];
        self.require(takes, &wanted)?;
        let used = ChannelMap::new(wanted);
        let mut delays = Vec::new();
        let (mut ratios, mut noises) = (Vec::new(), Vec::new());
        for (i, take) in takes.iter().enumerate() {
            let wanted = [
                (ChannelRole::Reference, reference, Centring::Own),
                (ChannelRole::Sense, sense, Centring::LikeFirst),
            ];
            let examined = self.examine(take, i + 1, &wanted, &mut findings);
            delays.push(examined.as_ref().map(|take| take.channels[0].delay as f64));
            let Some(examined) = examined else { continue };
            let of_take = self.take_ratios(take, (reference, sense), &examined, settings)?;
            if !self.judge(of_take.noticed, i + 1, &mut findings) {
                ratios.push(of_take.ratios);
                noises.push(of_take.predicted);
            }
        }
        if ratios.is_empty() {
            let outcome = Outcome::Refused(TraceKind::Impedance);
            return Ok(Analysed { outcome, findings, delays, channels: used });
        }
        let noises: Option<Vec<&Predicted>> = noises.iter().map(Option::as_ref).collect();
        let predicted = noises.and_then(|noises| Predicted::of_groups(&noises));
        let coherence = coherence(&ratios.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let ratios = ratios.concat();
        findings.extend(self.remarks(ratios.len(), predicted.is_some()));
        findings.push(Finding::note(FindingKind::Uncalibrated));
        let computed = self.impedance_of(&ratios, predicted.as_ref(), settings);
        let (outcome, remarks) = match (computed, no_current(&ratios[0])) {
            (Ok(impedance), _) => {
                let impedance = impedance.with_coherence(coherence)?;
                let (remarks, figures) = (remarks_on(&ratios[0], &impedance), figures(&impedance));
                (Outcome::Impedance { impedance, budget: Budget::default(), figures }, remarks)
            }
            // An infinite impedance is no number.
            (Err(MeasureError::NotFinite(_)), Some(kind)) => {
                (Outcome::Refused(TraceKind::Impedance), vec![Finding::refusal(kind)])
            }
            (Err(error), _) => return Err(error),
        };
        findings.extend(remarks);
        Ok(Analysed { outcome, findings, delays, channels: used })
    }

    /// The ratio of the two channels of a take, sweep by sweep, and what is to be said about its
    /// noise.
    fn take_ratios(
        &mut self,
        take: &Recording,
        (reference, sense): (usize, usize),
        examined: &Examined,
        settings: &Jig,
    ) -> Result<TakeRatios, MeasureError> {
        let (channels, clock) = (&examined.channels, examined.clock);
        let mut ratios = Vec::new();
        for (source, load) in channels[0].sweeps.iter().zip(&channels[1].sweeps) {
            let source = self.resolution.evaluate(&source.piece, clock);
            let load = self.resolution.evaluate(&load.piece, clock);
            let ratio = load.iter().zip(&source).map(|(load, source)| load / source).collect();
            ratios.push(self.resolution.onto_grid(ratio, MeanOf::Complex));
        }
        let mut noticed = ratio_faults(&ratios[0].to_vec(), (reference, sense));
        let jig = Divider::new(settings);
        // Without a current there is no impedance that noise could spoil.
        let flows = no_current(&ratios[0]).is_none();
        let leverage = |&m: &Complex64| if flows { jig.leverage(m) } else { 1.0 };
        let leverage: Vec<f64> = ratios[0].iter().map(leverage).collect();
        let measured = Heard { index: sense, channel: &channels[1] };
        let reference = Some(Heard { index: reference, channel: &channels[0] });
        let ratio = Ratio { measured, reference, clock, values: &ratios[0], leverage: &leverage };
        let noise = self.noise_of(take, ratio);
        let averaged = self.mean_of_sweeps(&ratios, noise.predicted.as_ref())?;
        noticed.extend(noise.noticed(self, &ratios, &averaged, &leverage));
        Ok(TakeRatios { ratios, predicted: noise.predicted, noticed })
    }

    fn impedance_of(
        &self,
        ratios: &[Array1<Complex64>],
        predicted: Option<&Predicted>,
        settings: &Jig,
    ) -> Result<Impedance, MeasureError> {
        let grid = self.resolution.grid().clone();
        let averaged = self.mean_of_sweeps(ratios, predicted)?;
        let jig = Divider::new(settings);
        let impedance = Impedance::new(grid, averaged.mean.mapv(|m| jig.impedance(m)))?;
        let noise = |k: usize| averaged.covariance.as_ref().map_or_else(Default::default, |c| c[k]);
        let covariance = averaged
            .mean
            .iter()
            .enumerate()
            .map(|(k, &m)| jig.covariance(m, noise(k), settings))
            .collect();
        Ok(impedance.with_covariance(covariance)?)
    }
}

/// The circuit between source and headphone: how the ratio `m` of the sense channel over the
/// reference channel depends on the impedance.
///
/// ```text
/// high side:  1/Z = (1 − m)/(R m) − 1/Zin          low side:  Z = (R ∥ Zin)·(1 − m)/m
/// ```
///
/// `R` sense resistor, `Zin` input resistance of the card. On the high side the input loads the
/// headphone, on the low side the resistor.
struct Divider {
    resistor: f64,
    input_conductance: f64,
    topology: Topology,
}

impl Divider {
    fn new(settings: &Jig) -> Self {
        let input = settings.input_resistance;
        let (resistor, input_conductance) = match settings.topology {
            Topology::HighSide => {
                (settings.sense_resistor, input.map_or(0.0, |input| 1.0 / input.ohm()))
            }
            Topology::LowSide => (settings.sense_resistor.in_parallel_with(input), 0.0),
        };
        Self { resistor: resistor.ohm(), input_conductance, topology: settings.topology }
    }

    fn impedance(&self, m: Complex64) -> Complex64 {
        match self.topology {
            Topology::HighSide => {
                // The admittance form stays finite for a short.
                self.resistor * m / (1.0 - m - self.resistor * self.input_conductance * m)
            }
            Topology::LowSide => self.resistor * (1.0 - m) / m,
        }
    }

    /// dZ/dm.
    fn sensitivity(&self, m: Complex64) -> Complex64 {
        match self.topology {
            Topology::HighSide => {
                let denominator = 1.0 - m - self.resistor * self.input_conductance * m;
                self.resistor / (denominator * denominator)
            }
            Topology::LowSide => -self.resistor / (m * m),
        }
    }

    /// By how much a relative error of the ratio is larger in the impedance.
    fn leverage(&self, m: Complex64) -> f64 {
        (self.sensitivity(m) * m / self.impedance(m)).norm()
    }

    /// What noise, the resistor's tolerance and the gain match contribute, combined.
    fn covariance(&self, m: Complex64, noise: Covariance, settings: &Jig) -> Covariance {
        let slope = self.sensitivity(m);
        let along =
            |direction: Complex64, u: f64| Covariance::radial(direction, direction.norm() * u);
        let gain = rectangular(amplitude_ratio(settings.gain_match_db) - 1.0);
        let resistor = rectangular(settings.resistor_tolerance.fraction());
        noise.scaled(slope).plus(along(slope * m, gain)).plus(along(self.impedance(m), resistor))
    }
}

/// Whether both nodes carry the same signal.
fn no_current(ratio: &Array1<Complex64>) -> Option<FindingKind> {
    /// They do if the ratio varies by less than this over frequency.
    const SAME: f64 = 2e-3;
    /// … and is this close to one, which gains that were never matched allow for.
    const EQUAL_GAINS: f64 = 0.05;
    let mean = ratio.mean().unwrap_or(Complex64::ZERO);
    let difference = ratio.iter().map(|m| (m - mean).norm()).fold(0.0, f64::max);
    let same = difference < SAME && (mean - 1.0).norm() < EQUAL_GAINS;
    same.then_some(FindingKind::NoCurrent { difference })
}

fn remarks_on(ratio: &Array1<Complex64>, impedance: &Impedance) -> Vec<Finding> {
    /// A real part this negative, re the magnitude, is not noise.
    const NEGATIVE: f64 = -0.05;
    if let Some(kind) = no_current(ratio) {
        return vec![Finding::warning(kind)];
    }
    let mut remarks = Vec::new();
    let worst = impedance
        .hz()
        .iter()
        .zip(impedance.values())
        .min_by(|(_, a), (_, b)| (a.re / a.norm()).total_cmp(&(b.re / b.norm())));
    if let Some((&frequency_hz, z)) = worst
        && z.re < NEGATIVE * z.norm()
    {
        let kind = FindingKind::NotPassive { frequency_hz, real_ohm: z.re };
        remarks.push(Finding::warning(kind));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Percent, Resistance};

    fn settings(topology: Topology, input: Option<f64>) -> Jig {
        Jig {
            resistor_tolerance: Percent::new(1.0).unwrap(),
            topology,
            input_resistance: input.map(|ohm| Resistance::new(ohm).unwrap()),
            gain_match_db: 0.1,
            ..Jig::with_resistor(Resistance::new(100.0).unwrap())
        }
    }

    /// The ratio that a voltage divider has, from Ohm's law.
    fn divided(z: Complex64, topology: Topology, input: Option<f64>) -> Complex64 {
        let input = Complex64::new(input.map_or(0.0, |ohm| 1.0 / ohm), 0.0);
        match topology {
            Topology::HighSide => {
                let load = 1.0 / (1.0 / z + input);
                load / (load + 100.0)
            }
            Topology::LowSide => {
                let resistor = 1.0 / (0.01 + input);
                resistor / (resistor + z)
            }
        }
    }

    #[test]
    fn both_topologies_give_back_the_impedance_of_the_divider() {
        for topology in [Topology::HighSide, Topology::LowSide] {
            for input in [None, Some(10e3)] {
                let z = Complex64::new(32.0, 12.0);
                let jig = Divider::new(&settings(topology, input));
                let found = jig.impedance(divided(z, topology, input));
                assert!((found - z).norm() < 1e-9, "{topology} {input:?}: {found}");
            }
        }
    }

    #[test]
    fn the_stated_sensitivity_is_the_slope_of_the_formula() {
        const STEP: f64 = 1e-6;
        for topology in [Topology::HighSide, Topology::LowSide] {
            let jig = Divider::new(&settings(topology, Some(10e3)));
            let m = divided(Complex64::new(300.0, -80.0), topology, Some(10e3));
            let slope = (jig.impedance(m + STEP) - jig.impedance(m - STEP)) / (2.0 * STEP);
            assert!((slope / jig.sensitivity(m) - 1.0).norm() < 1e-5, "{topology}");
        }
    }

    #[test]
    fn a_gain_error_weighs_with_one_plus_z_over_r() {
        // dZ/Z = (dm/m)(1 + Z/R), so three times the resistor weighs four times.
        let settings = Jig {
            resistor_tolerance: Percent::new(0.0).unwrap(),
            ..settings(Topology::HighSide, None)
        };
        let jig = Divider::new(&settings);
        let z = Complex64::new(300.0, 0.0);
        let m = divided(z, Topology::HighSide, None);
        let u = jig.covariance(m, Covariance::default(), &settings).u_magnitude(z);
        let expected = 4.0 * 300.0 * (amplitude_ratio(0.1) - 1.0) / 3_f64.sqrt();
        assert!((u / expected - 1.0).abs() < 1e-9);
    }
}
