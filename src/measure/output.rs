//! From takes under several loads to the output impedance of an amplifier.

use ndarray::Array1;
use num_complex::Complex64;

use super::analyser::{Analysed, Analyser, MeasureError};
use super::impedance::{AsItIs, Seen, Wanted};
use crate::metrology::budget::combined;
use crate::metrology::thevenin::{LoadedTake, NoOutput, Output, output, series};
use crate::model::{
    ChannelMap, ChannelRole, Finding, FindingKind, Impedance, Inputs, LoadResidual, Measurand,
    Outcome, OutputBench, OutputFigures, Recording, TestLoad,
};
use crate::quantity::Uncertain;

/// No output impedance below this is told from none: contacts of a plug have as much.
const LEAST_FLOOR_OHM: f64 = 0.01;
/// A load that is off by so many standard uncertainties limits.
const CERTAIN: f64 = 4.0;

impl Analyser {
    /// The output impedance of an amplifier, from takes of the voltage at its plug (the *sense*
    /// channel) with different loads, over what drives it (the *reference* channel; the stimulus
    /// itself if the takes have one channel).
    ///
    /// # Errors
    ///
    /// When a take does not fit the stimulus or lacks a channel, or the loads tell nothing. A take
    /// that holds nothing usable is no error: the outcome is then [`Outcome::Refused`].
    pub fn output_impedance(
        &mut self,
        takes: &[Recording],
        channels: &ChannelMap,
        loads: &[TestLoad],
        bench: &OutputBench,
    ) -> Result<Analysed, MeasureError> {
        if takes.len() != loads.len() {
            return Err(MeasureError::Loads { takes: takes.len(), loads: loads.len() });
        }
        let mut seen = Seen::default();
        let mut taken = Vec::new();
        for (i, (take, &load)) in takes.iter().zip(loads).enumerate() {
            let before = seen.findings.len();
            let loaded = self.loaded(take, (channels, load), &mut seen)?;
            for finding in seen.findings.iter_mut().skip(before).filter(|f| f.take.is_some()) {
                finding.take = Some(i + 1);
            }
            taken.extend(loaded);
        }
        let Seen { mut findings, delays, channels } = seen;
        if taken.len() < takes.len() {
            let outcome = Outcome::Refused(Measurand::OutputImpedance);
            return Ok(Analysed { outcome, findings, delays, channels });
        }
        let grid = self.resolution.grid().clone();
        let found = output(grid.hz(), &taken, bench)?;
        let budget = found.budget();
        let covariance = combined(&found.impedance, &budget);
        let impedance =
            Impedance::new(grid, found.impedance.clone().into())?.with_covariance(covariance)?;
        let figures = figures(&impedance, &found);
        findings.extend(limits(&found));
        let outcome = Outcome::OutputImpedance { impedance, budget, figures };
        Ok(Analysed { outcome, findings, delays, channels })
    }

    /// The voltage over the drive of one take; `None` if it is refused.
    fn loaded(
        &mut self,
        take: &Recording,
        (channels, load): (&ChannelMap, TestLoad),
        seen: &mut Seen,
    ) -> Result<Option<LoadedTake>, MeasureError> {
        let alone = take.channels() == 1
            || channels.get(ChannelRole::Sense).is_some()
                && channels.get(ChannelRole::Reference).is_none();
        let inputs = if alone { Inputs::One } else { Inputs::Two };
        let takes = std::slice::from_ref(take);
        let wanted =
            Wanted { takes, channels, inputs, jig: None, delay_samples: None, is_mute: false };
        let ratios = self.ratios(&wanted, &AsItIs, seen)?;
        Ok(ratios.map(|ratios| {
            let mean: Array1<Complex64> = ratios.mean.mean;
            let noise = ratios.mean.covariance.unwrap_or_default();
            LoadedTake { load, ratio: mean.to_vec(), noise }
        }))
    }
}

/// The figures of an output.
fn figures(impedance: &Impedance, found: &Output) -> OutputFigures {
    const AT_HZ: f64 = 1e3;
    let curve = impedance.magnitude();
    let fit = series(impedance.hz(), &found.impedance, &found.noise, &found.systematic);
    let u_at = curve.u_at(AT_HZ);
    let u_resistance = fit.map(|fit| fit.resistance_ohm.u).or(u_at).unwrap_or_default();
    let value = |of: Option<Uncertain>| of.map(|of| of.value);
    let error = |of: Option<Uncertain>| of.map(|of| of.u);
    let (capacitance, inductance) =
        (fit.and_then(|fit| fit.capacitance_f), fit.and_then(|fit| fit.inductance_h));
    let resistance = fit.map(|fit| fit.resistance_ohm);
    OutputFigures {
        at_1khz_ohm: curve.at(AT_HZ).ok(),
        u_at_1khz_ohm: u_at,
        resistance_ohm: value(resistance),
        u_resistance_ohm: error(resistance),
        capacitance_f: value(capacitance),
        u_capacitance_f: error(capacitance),
        inductance_h: value(inductance),
        u_inductance_h: error(inductance),
        floor_ohm: LEAST_FLOOR_OHM.max(3.0 * u_resistance),
        linear: found.linear,
        loads: found.residuals.clone(),
    }
}

/// The finding about loads that disagree: the lightest that does is where it begins.
fn limits(found: &Output) -> Option<Finding> {
    if found.linear != Some(false) {
        return None;
    }
    let is_off = |load: &&LoadResidual| load.off_u.is_some_and(|u| u.abs() > CERTAIN);
    let lightest = found.residuals.iter().filter(is_off).max_by(|a, b| {
        let ohm = |load: &LoadResidual| load.load_ohm.unwrap_or(f64::INFINITY);
        ohm(a).total_cmp(&ohm(b))
    });
    let (load_ohm, off_db) = lightest.map_or((None, None), |load| (load.load_ohm, load.off_db));
    Some(Finding::warning(FindingKind::LoadDependent { load_ohm, off_db }))
}

impl From<NoOutput> for MeasureError {
    fn from(error: NoOutput) -> Self {
        Self::Output(error)
    }
}
