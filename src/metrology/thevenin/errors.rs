//! What makes an output impedance uncertain beside noise.

use num_complex::Complex64;

use super::LoadedTake;
use super::solution::{Fit, Taken, contact, distinct, input, leads, relative};
use crate::model::{
    Budget, Contribution, Covariance, Distribution, ErrorSource, Evaluation, OutputBench, TestLoad,
};

/// One error that is the same at all frequencies: how far one standard deviation of it moves the
/// impedance at each of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Systematic {
    /// Where it comes from.
    pub source: ErrorSource,
    /// How it is distributed.
    pub distribution: Distribution,
    /// What it does, in ohms.
    pub effect: Vec<Complex64>,
    cause: Cause,
}

/// What an error is an error of; sizes are standard deviations.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cause {
    /// Of the gain of a take, relative: a complex number.
    Gain(usize, Complex64),
    /// Of the resistance of every take with a load.
    Load(TestLoad, f64),
    /// Of the resistance in one take.
    Contact(usize, f64),
    /// Of the resistance in every loaded take.
    Leads(f64),
    /// Of the conductance of the input.
    InputConductance(f64),
    /// Of the capacitance of the input.
    InputCapacitance(f64),
}

/// All of them, without their effects yet.
pub(super) fn lines(takes: &[LoadedTake], bench: &OutputBench, points: usize) -> Vec<Systematic> {
    let of_rectangle = |half: f64| half / 3_f64.sqrt();
    let drift = relative(bench.drift_db);
    let gains = (0..takes.len()).flat_map(|k| {
        [Complex64::ONE, Complex64::I].map(|part| {
            (ErrorSource::DriftBetweenTakes, Distribution::Normal, Cause::Gain(k, drift * part))
        })
    });
    let loads = distinct(takes).into_iter().filter_map(|load| {
        let u = of_rectangle(bench.load_tolerance.fraction() * load.ohm()?);
        Some((ErrorSource::LoadStandard, Distribution::Rectangular, Cause::Load(load, u)))
    });
    let contact = contact(bench);
    let contacts = (0..takes.len())
        .map(|k| (ErrorSource::Contacts, Distribution::Normal, Cause::Contact(k, contact)));
    let ((_, conductance), (_, capacitance)) = input(bench);
    let rest = [
        (ErrorSource::Leads, Cause::Leads(of_rectangle(leads(bench).1))),
        (ErrorSource::InputResistance, Cause::InputConductance(of_rectangle(conductance))),
        (ErrorSource::InputCapacitance, Cause::InputCapacitance(of_rectangle(capacitance))),
    ];
    let rest = rest.into_iter().map(|(source, cause)| (source, Distribution::Rectangular, cause));
    let all = gains.chain(loads).chain(contacts).chain(rest);
    all.map(|(source, distribution, cause)| Systematic {
        source,
        distribution,
        effect: Vec::with_capacity(points),
        cause,
    })
    .collect()
}

impl Systematic {
    /// Works out the effect at the next frequency.
    pub(super) fn at(&mut self, takes: &[Taken], fit: &Fit, hz: f64, i: usize) {
        debug_assert_eq!(self.effect.len(), i);
        let none = Complex64::ZERO;
        let moved = |(k, take): (usize, &Taken)| {
            let (voltage, admittance) = match self.cause {
                Cause::Gain(of, relative) if of == k => (take.voltage * relative, none),
                Cause::Load(load, ohm) if take.load == load => (none, take.by_ohm * ohm),
                Cause::Contact(of, ohm) if of == k => (none, take.by_ohm * ohm),
                Cause::Leads(ohm) => (none, take.by_ohm * ohm),
                Cause::InputConductance(siemens) => (none, take.by_input * siemens),
                Cause::InputCapacitance(farad) => {
                    (none, take.by_input * Complex64::new(0.0, std::f64::consts::TAU * hz * farad))
                }
                Cause::Gain(..) | Cause::Load(..) | Cause::Contact(..) => return none,
            };
            fit.moved((k, take), voltage, admittance)
        };
        let effect = takes.iter().enumerate().map(moved).sum();
        self.effect.push(effect);
    }
}

/// The lines of a budget: noise, and everything of one source together.
pub(super) fn budget(noise: &[Covariance], systematic: &[Systematic]) -> Budget {
    let mut contributions = vec![Contribution {
        source: ErrorSource::Noise,
        evaluation: Evaluation::A,
        distribution: Distribution::Normal,
        covariance: noise.to_vec(),
    }];
    for one in systematic {
        let covariance = one.effect.iter().map(|&z| Covariance::radial(z, z.norm()));
        match contributions.iter_mut().find(|line| line.source == one.source) {
            Some(line) => {
                for (sum, more) in line.covariance.iter_mut().zip(covariance) {
                    *sum = sum.plus(more);
                }
            }
            None => contributions.push(Contribution {
                source: one.source,
                evaluation: Evaluation::B,
                distribution: one.distribution,
                covariance: covariance.collect(),
            }),
        }
    }
    let size = |line: &Contribution| line.covariance.iter().map(|c| c.rr + c.ii).sum::<f64>();
    contributions.retain(|line| size(line) > 0.0 || line.source == ErrorSource::Noise);
    contributions.sort_by(|a, b| size(b).total_cmp(&size(a)));
    Budget { contributions }
}
