//! From takes under several loads to the output impedance of an amplifier.

mod legs;
mod levels;
mod voltages;

use self::legs::legs;
pub use self::levels::{Heard, limit};
use self::voltages::{Voltages, lead_resistance, loaded_takes, middle_db};
use super::analyser::{Analysed, Analyser, MeasureError};
use super::impedance::Seen;
use crate::metrology::budget::combined;
use crate::metrology::statistics::median;
use crate::metrology::thevenin::{MIDDLE_HZ, NoOutput, Output, output, series};
use crate::model::{
    ChannelMap, CurveError, Finding, FindingKind, FrequencyGrid, Impedance, LoadResidual, LoadedAt,
    Measurand, Outcome, OutputBench, OutputDetail, OutputFigures, OutputTap, Recording, Response,
    Severity, TestLoad,
};
use crate::quantity::{Level, Resistance, Uncertain};

/// No output impedance below this is told from none: contacts of a plug have as much.
const LEAST_FLOOR_OHM: f64 = 0.01;
/// What is off by so many standard uncertainties limits.
const CERTAIN: f64 = 4.0;
/// Where people quote an output.
const AT_HZ: f64 = 1e3;

/// A take with its voltages; none if it was refused.
type Taken = (LoadedAt, Option<Voltages>);

/// What the takes of one level say.
struct Found {
    output: Output,
    outcome: (Impedance, OutputFigures, OutputDetail),
}

impl Analyser {
    /// The output impedance of an amplifier, from takes of the voltage at its plug (the *sense*
    /// channel) with different loads, over what drives it (the *reference* channel; the stimulus
    /// itself if there is none).
    ///
    /// Of a balanced output the *sense* channel is the leg in phase with the drive and *negative*
    /// the other one; with a tap of four wires *load* is the voltage at the load itself.
    ///
    /// With takes at several levels, the loudest being the stimulus', each level is looked at by
    /// itself. The result is that of the loudest at which no load limits, and the figures say how
    /// the others differ and where a limit begins. A take that cannot be used above the lowest
    /// level is a limit too.
    ///
    /// # Errors
    ///
    /// When a take does not fit the stimulus or lacks a channel, or the loads tell nothing. Takes
    /// that hold nothing usable are no error: the outcome is then [`Outcome::Refused`].
    pub fn output_impedance(
        &mut self,
        takes: &[Recording],
        channels: &ChannelMap,
        loads: &[LoadedAt],
        bench: &OutputBench,
    ) -> Result<Analysed, MeasureError> {
        if takes.len() != loads.len() {
            return Err(MeasureError::Loads { takes: takes.len(), loads: loads.len() });
        }
        let mut seen = Seen::default();
        let mut taken: Vec<Taken> = Vec::new();
        for (i, (take, load)) in takes.iter().zip(loads).enumerate() {
            let before = seen.findings.len();
            let below = below_the_loudest(*load, loads);
            let voltages = self.voltages(take, (channels, below), bench.tap, &mut seen)?;
            let of_take = seen.findings.iter_mut().skip(before);
            for finding in of_take.filter(|finding| finding.take.is_some()) {
                finding.take = Some(i + 1);
                // Above the lowest level it is what was looked for.
                if voltages.is_none() && levels::is_above_the_lowest(*load, loads) {
                    finding.severity = finding.severity.min(Severity::Warning);
                }
            }
            taken.push((*load, voltages));
        }
        let Seen { mut findings, delays, channels } = seen;
        without_repeats(&mut findings);
        let grid = self.resolution.grid().clone();
        let (outcome, noticed) = match levels::levels(loads).as_slice() {
            [] | [_] => one_level(&grid, &taken, bench)?,
            several => levels::compared(&grid, &taken, several, bench)?,
        };
        findings.extend(noticed);
        Ok(Analysed { outcome, findings, delays, channels })
    }

    /// A single take by itself, while whoever measures can still repeat it: the voltage over the
    /// drive in decibels, in the middle of the band, `None` if the take cannot be used; and what was
    /// noticed. `loads` are all that are meant to be taken.
    ///
    /// # Errors
    ///
    /// When the take does not fit the stimulus or lacks a channel.
    pub fn output_voltage(
        &mut self,
        take: &Recording,
        channels: &ChannelMap,
        (load, loads): (LoadedAt, &[LoadedAt]),
        tap: OutputTap,
    ) -> Result<(Option<f64>, Vec<Finding>), MeasureError> {
        let mut seen = Seen::default();
        let below = below_the_loudest(load, loads);
        let voltages = self.voltages(take, (channels, below), tap, &mut seen)?;
        let hz = self.resolution.grid().hz();
        Ok((voltages.map(|voltages| middle_db(hz, &voltages)), seen.findings))
    }
}

/// The resistance of leads whose impedance was measured with a short at their end: the median of the
/// real part in the middle of the band. `None` if there is none.
#[must_use]
pub fn resistance_of_leads(short: &Impedance) -> Option<Resistance> {
    Resistance::new(middle(short.hz(), short.values().iter().map(|z| z.re))?).ok()
}

/// The median of values over frequency in the middle of the band; `None` if none lies there.
fn middle(hz: &[f64], values: impl Iterator<Item = f64>) -> Option<f64> {
    let inside = hz.iter().zip(values).filter(|(f, _)| MIDDLE_HZ.contains(*f));
    median(&inside.map(|(_, value)| value).collect::<Vec<_>>())
}

/// By how many decibels the drive of a take is below the loudest of all.
fn below_the_loudest(load: LoadedAt, loads: &[LoadedAt]) -> f64 {
    let own = load.level.map_or(0.0, Level::db);
    levels::levels(loads).last().map_or(0.0, |loudest| loudest - own)
}

/// The outcome of takes at one level, every one of which is needed.
fn one_level(
    grid: &FrequencyGrid,
    taken: &[Taken],
    bench: &OutputBench,
) -> Result<(Outcome, Option<Finding>), MeasureError> {
    let usable = taken.iter().map(|(load, voltages)| Some((load.load, voltages.as_ref()?)));
    let Some(usable) = usable.collect::<Option<Vec<_>>>() else {
        return Ok((Outcome::Refused(Measurand::OutputImpedance), None));
    };
    let found = found(grid, &usable, bench)?;
    let finding = disagreement(&found.output);
    Ok((found.into_outcome(), finding))
}

/// What takes of one level say of the output.
fn found(
    grid: &FrequencyGrid,
    taken: &[(TestLoad, &Voltages)],
    bench: &OutputBench,
) -> Result<Found, MeasureError> {
    let loaded = loaded_takes(taken, bench.tap);
    let output = output(grid.hz(), &loaded, bench)?;
    let impedance = impedance(grid, &output)?;
    let (legs, balanced) = match bench.tap {
        OutputTap::Balanced => legs(grid, taken, bench)?,
        OutputTap::Plug | OutputTap::FourWire => (None, None),
    };
    let open_circuit = Response::new(grid.clone(), output.open.clone().into())?
        .with_covariance(output.open_covariance.clone())?;
    let level = open_circuit.level();
    let figures = OutputFigures {
        open_circuit_db: level.at(AT_HZ).ok(),
        u_open_circuit_db: level.u_at(AT_HZ),
        lead_resistance_ohm: lead_resistance(grid.hz(), &loaded),
        balanced,
        ..figures(&impedance, &output)
    };
    Ok(Found { output, outcome: (impedance, figures, OutputDetail { open_circuit, legs }) })
}

impl Found {
    fn into_outcome(self) -> Outcome {
        let budget = self.output.budget();
        let (impedance, figures, detail) = self.outcome;
        Outcome::OutputImpedance { impedance, budget, figures, detail: Some(Box::new(detail)) }
    }
}

/// The same remark about every take is worth one.
fn without_repeats(findings: &mut Vec<Finding>) {
    let mut kept: Vec<Finding> = Vec::new();
    findings.retain(|finding| {
        let is_new = !kept.contains(finding);
        if is_new {
            kept.push(finding.clone());
        }
        is_new
    });
}

fn impedance(grid: &FrequencyGrid, found: &Output) -> Result<Impedance, CurveError> {
    let covariance = combined(&found.impedance, &found.budget());
    Impedance::new(grid.clone(), found.impedance.clone().into())?.with_covariance(covariance)
}

/// The figures of an output.
fn figures(impedance: &Impedance, found: &Output) -> OutputFigures {
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
        ..OutputFigures::default()
    }
}

/// The finding about loads that disagree: the lightest that does is where it begins.
fn disagreement(found: &Output) -> Option<Finding> {
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
