//! From takes under several loads to the output impedance of an amplifier.

use ndarray::Array1;
use num_complex::Complex64;

use super::analyser::{Analysed, Analyser, MeasureError};
use super::impedance::{AsItIs, Ratios, Seen, Wanted};
use crate::metrology::budget::combined;
use crate::metrology::statistics::median;
use crate::metrology::thevenin::{Across, LoadedTake, NoOutput, Output, output, series};
use crate::model::{
    BalancedFigures, ChannelMap, ChannelRole, Covariance, CurveError, Finding, FindingKind,
    FrequencyGrid, Impedance, Inputs, Legs, LoadResidual, Measurand, Outcome, OutputBench,
    OutputDetail, OutputFigures, OutputTap, Recording, Response, TestLoad,
};
use crate::quantity::{Uncertain, amplitude_db};

/// No output impedance below this is told from none: contacts of a plug have as much.
const LEAST_FLOOR_OHM: f64 = 0.01;
/// A load that is off by so many standard uncertainties limits.
const CERTAIN: f64 = 4.0;
/// Where people quote an output.
const AT_HZ: f64 = 1e3;
/// Where levels are compared: there no coupling capacitor and no output coil has a say.
const MIDDLE_HZ: std::ops::RangeInclusive<f64> = 100.0..=10e3;
/// Below this share of the other leg's voltage a leg is ground.
const GROUND: f64 = 0.05;

impl Analyser {
    /// The output impedance of an amplifier, from takes of the voltage at its plug (the *sense*
    /// channel) with different loads, over what drives it (the *reference* channel; the stimulus
    /// itself if there is none).
    ///
    /// Of a balanced output the *sense* channel is the leg in phase with the drive and *negative*
    /// the other one; with a tap of four wires *load* is the voltage at the load itself.
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
        for (i, take) in takes.iter().enumerate() {
            let before = seen.findings.len();
            let voltages = self.voltages(take, channels, bench.tap, &mut seen)?;
            for finding in seen.findings.iter_mut().skip(before).filter(|f| f.take.is_some()) {
                finding.take = Some(i + 1);
            }
            taken.extend(voltages.map(|voltages| (loads[i], voltages)));
        }
        let Seen { mut findings, delays, channels } = seen;
        without_repeats(&mut findings);
        if taken.len() < takes.len() {
            let outcome = Outcome::Refused(Measurand::OutputImpedance);
            return Ok(Analysed { outcome, findings, delays, channels });
        }
        let grid = self.resolution.grid().clone();
        let loaded = loaded_takes(&taken, bench.tap);
        let found = output(grid.hz(), &loaded, bench)?;
        let (impedance, budget) = (impedance(&grid, &found)?, found.budget());
        let (legs, balanced) = match bench.tap {
            OutputTap::Balanced => legs(&grid, &taken, bench)?,
            OutputTap::Plug | OutputTap::FourWire => (None, None),
        };
        let open_circuit = Response::new(grid.clone(), found.open.clone().into())?
            .with_covariance(found.open_covariance.clone())?;
        let level = open_circuit.level();
        let figures = OutputFigures {
            open_circuit_db: level.at(AT_HZ).ok(),
            u_open_circuit_db: level.u_at(AT_HZ),
            lead_resistance_ohm: lead_resistance(grid.hz(), &loaded),
            balanced,
            ..figures(&impedance, &found)
        };
        findings.extend(limits(&found));
        let detail = Some(Box::new(OutputDetail { open_circuit, legs }));
        let outcome = Outcome::OutputImpedance { impedance, budget, figures, detail };
        Ok(Analysed { outcome, findings, delays, channels })
    }

    /// The voltages of one take over the drive; `None` if it is refused.
    fn voltages(
        &mut self,
        take: &Recording,
        channels: &ChannelMap,
        tap: OutputTap,
        seen: &mut Seen,
    ) -> Result<Option<Voltages>, MeasureError> {
        let (map, inputs) = wired(channels, tap, take.channels());
        let mut wanted = Wanted {
            takes: std::slice::from_ref(take),
            channels: &map,
            inputs,
            jig: None,
            delay_samples: None,
            is_mute: false,
        };
        let first = self.ratios(&wanted, &AsItIs, seen)?;
        let role = match tap {
            OutputTap::Plug => return Ok(first.map(|first| Voltages::of(first, None))),
            OutputTap::Balanced => ChannelRole::Negative,
            OutputTap::FourWire => ChannelRole::Load,
        };
        let Some(first) = first else { return Ok(None) };
        let index = map.get(role).unwrap_or_default();
        self.require(std::slice::from_ref(take), &[(role, index)])?;
        let others = map.iter().filter(|(role, _)| *role == ChannelRole::Reference);
        let of_other = ChannelMap::new(others.chain([(ChannelRole::Sense, index)]));
        wanted.channels = &of_other;
        wanted.delay_samples = first.delay_samples;
        let mut again = Seen::default();
        let second = self.ratios(&wanted, &AsItIs, &mut again)?;
        seen.findings.extend(again.findings);
        seen.channels = map.clone();
        Ok(second.map(|second| Voltages::of(first, Some(second))))
    }
}

/// The voltages of a take over the drive, on the grid of the result.
struct Voltages {
    /// At the plug, or at the leg in phase with the drive.
    first: Voltage,
    /// At the other leg, or at the load.
    second: Option<Voltage>,
}

/// A voltage over the drive with the covariance of its noise.
struct Voltage {
    values: Vec<Complex64>,
    noise: Vec<Covariance>,
}

impl Voltages {
    fn of(first: Ratios, second: Option<Ratios>) -> Self {
        let voltage = |ratios: Ratios| {
            let values: Array1<Complex64> = ratios.mean.mean;
            let noise = ratios.mean.covariance.unwrap_or_default();
            Voltage { values: values.to_vec(), noise }
        };
        Self { first: voltage(first), second: second.map(voltage) }
    }
}

impl Voltage {
    fn covariance(&self, i: usize) -> Covariance {
        self.noise.get(i).copied().unwrap_or_default()
    }
}

/// Which input is which, as far as it is not said, and whether one of them is the drive.
fn wired(channels: &ChannelMap, tap: OutputTap, inputs: usize) -> (ChannelMap, Inputs) {
    use ChannelRole::{Load, Negative, Reference, Sense};
    let second = match tap {
        OutputTap::Plug => None,
        OutputTap::Balanced => Some(Negative),
        OutputTap::FourWire => Some(Load),
    };
    let Some(second) = second else {
        let is_alone = channels.get(Sense).is_some() && channels.get(Reference).is_none();
        let one = inputs == 1 || is_alone;
        return (channels.clone(), if one { Inputs::One } else { Inputs::Two });
    };
    let map = match (channels.get(Sense), channels.get(second)) {
        (Some(_), Some(_)) => channels.clone(),
        _ if inputs > 2 => ChannelMap::new([(Reference, 0), (Sense, 1), (second, 2)]),
        _ => ChannelMap::new([(Sense, 0), (second, 1)]),
    };
    let inputs = if map.get(Reference).is_some() { Inputs::Two } else { Inputs::One };
    (map, inputs)
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

/// What the output's own voltage is in each take, and how the load's current follows from it.
fn loaded_takes(taken: &[(TestLoad, Voltages)], tap: OutputTap) -> Vec<LoadedTake> {
    let of = |(load, voltages): &(TestLoad, Voltages)| {
        let first = &voltages.first;
        let (ratio, noise) = match (&voltages.second, tap) {
            (Some(second), OutputTap::Balanced) => {
                let points = 0..first.values.len();
                let sum = points.map(|i| first.covariance(i).plus(second.covariance(i)));
                (difference(first, second), sum.collect())
            }
            _ => (first.values.clone(), first.noise.clone()),
        };
        LoadedTake { load: *load, ratio, noise, across: None }
    };
    let mut loaded: Vec<LoadedTake> = taken.iter().map(of).collect();
    if tap == OutputTap::FourWire {
        let gain = gain_of_the_tap(taken);
        for (take, (_, voltages)) in loaded.iter_mut().zip(taken) {
            take.across = voltages.second.as_ref().map(|second| {
                across(second, &voltages.first, |i| gain.as_ref().map_or(Complex64::ONE, |g| g[i]))
            });
        }
    }
    loaded
}

fn difference(positive: &Voltage, negative: &Voltage) -> Vec<Complex64> {
    positive.values.iter().zip(&negative.values).map(|(p, n)| p - n).collect()
}

/// One voltage over another whose input's gain is known relative to its own.
fn across(over: &Voltage, of: &Voltage, gain: impl Fn(usize) -> Complex64) -> Across {
    let relative = |voltage: &Voltage, i: usize| {
        let noise = voltage.covariance(i);
        (0.5 * (noise.rr + noise.ii) / voltage.values[i].norm_sqr()).sqrt()
    };
    let points = 0..of.values.len();
    let share = points.map(|i| over.values[i] / (of.values[i] * gain(i))).collect::<Vec<_>>();
    let u =
        |(i, share): (usize, &Complex64)| share.norm() * relative(over, i).hypot(relative(of, i));
    Across { u: share.iter().enumerate().map(u).collect(), share }
}

/// The gain of the input at the load over that at the plug: without a load both see one voltage.
fn gain_of_the_tap(taken: &[(TestLoad, Voltages)]) -> Option<Vec<Complex64>> {
    let (_, open) = taken.iter().find(|(load, _)| *load == TestLoad::Open)?;
    let second = open.second.as_ref()?;
    Some(second.values.iter().zip(&open.first.values).map(|(load, plug)| load / plug).collect())
}

/// The resistance between plug and load in the middle of the band, where both were tapped.
fn lead_resistance(hz: &[f64], taken: &[LoadedTake]) -> Option<f64> {
    let mut found = Vec::new();
    for take in taken {
        let (Some(across), Some(ohm)) = (&take.across, take.load.ohm()) else { continue };
        let middle = hz.iter().zip(&across.share).filter(|(f, _)| MIDDLE_HZ.contains(*f));
        found.extend(middle.map(|(_, share)| ohm * (share.inv() - 1.0).re));
    }
    median(&found)
}

fn impedance(grid: &FrequencyGrid, found: &Output) -> Result<Impedance, CurveError> {
    let covariance = combined(&found.impedance, &found.budget());
    Impedance::new(grid.clone(), found.impedance.clone().into())?.with_covariance(covariance)
}

/// The impedances of both legs and what is said of them; no impedances if one is ground.
fn legs(
    grid: &FrequencyGrid,
    taken: &[(TestLoad, Voltages)],
    bench: &OutputBench,
) -> Result<(Option<Legs>, Option<BalancedFigures>), MeasureError> {
    let lightest = taken.iter().max_by(|(a, _), (b, _)| {
        let ohm = |load: &TestLoad| load.ohm().unwrap_or(f64::INFINITY);
        ohm(a).total_cmp(&ohm(b))
    });
    let Some((first, second)) = lightest.and_then(|(_, v)| Some((&v.first, v.second.as_ref()?)))
    else {
        return Ok((None, None));
    };
    let middle = |of: &dyn Fn(Complex64, Complex64) -> f64| {
        let pairs = grid.hz().iter().zip(first.values.iter().zip(&second.values));
        let inside = pairs.filter(|(f, _)| MIDDLE_HZ.contains(*f));
        median(&inside.map(|(_, (&p, &n))| of(p, n)).collect::<Vec<_>>()).unwrap_or_default()
    };
    let figures = BalancedFigures {
        swing_db: amplitude_db(middle(&|p, n| (p - n).norm() / p.norm().max(n.norm()))),
        symmetry_db: amplitude_db(middle(&|p, n| (p + n).norm() / (p - n).norm())),
        ..BalancedFigures::default()
    };
    let is_ground = |share: f64| share < GROUND;
    if is_ground(middle(&|p, n| n.norm() / p.norm()))
        || is_ground(middle(&|p, n| p.norm() / n.norm()))
    {
        return Ok((None, Some(figures)));
    }
    let alone = OutputBench { tap: OutputTap::Plug, ..*bench };
    let leg = |of: &dyn Fn(&Voltages) -> Option<Voltage>| -> Result<Impedance, MeasureError> {
        let takes: Vec<LoadedTake> = taken
            .iter()
            .filter_map(|(load, voltages)| {
                let own = of(voltages)?;
                let between = Voltage {
                    values: difference(&voltages.first, voltages.second.as_ref()?),
                    noise: own.noise.clone(),
                };
                let across = Some(across(&between, &own, |_| Complex64::ONE));
                Some(LoadedTake { load: *load, ratio: own.values, noise: own.noise, across })
            })
            .collect();
        Ok(impedance(grid, &output(grid.hz(), &takes, &alone)?)?)
    };
    let turned = |voltage: &Voltage, sign: f64| Voltage {
        values: voltage.values.iter().map(|v| v * sign).collect(),
        noise: voltage.noise.clone(),
    };
    let positive = leg(&|voltages| Some(turned(&voltages.first, 1.0)))?;
    let negative = leg(&|voltages| Some(turned(voltages.second.as_ref()?, -1.0)))?;
    let figures = of_legs(figures, &positive, &negative);
    Ok((Some(Legs { positive, negative }), Some(figures)))
}

fn of_legs(
    figures: BalancedFigures,
    positive: &Impedance,
    negative: &Impedance,
) -> BalancedFigures {
    let (p, n) = (positive.magnitude(), negative.magnitude());
    let at = |curve: &crate::model::Curve<crate::quantity::unit::Ohm>| {
        Some(Uncertain::new(curve.at(AT_HZ).ok()?, curve.u_at(AT_HZ)?))
    };
    let (positive, negative) = (at(&p), at(&n));
    let common = positive.zip(negative).map(|(p, n)| {
        let sum = p.value + n.value;
        let by = |other: f64| (other / sum) * (other / sum);
        Uncertain::new(p.value * n.value / sum, (by(n.value) * p.u).hypot(by(p.value) * n.u))
    });
    let value = |of: Option<Uncertain>| of.map(|of| of.value);
    let error = |of: Option<Uncertain>| of.map(|of| of.u);
    BalancedFigures {
        positive_ohm: value(positive),
        u_positive_ohm: error(positive),
        negative_ohm: value(negative),
        u_negative_ohm: error(negative),
        common_ohm: value(common),
        u_common_ohm: error(common),
        ..figures
    }
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
