//! From takes of both channels to the crosstalk of an amplifier under load.
//!
//! Each take gives the ratio of the idle channel over the driven one; what changes in it with the
//! load is the return that both share, and what that does to a headphone is predicted.

mod figures;

use ndarray::Array1;
use num_complex::Complex64;

use super::analyser::{Analysed, Analyser, MeasureError};
use super::impedance::{AsItIs, Seen, Wanted};
use super::scrutiny::scrutinise;
use super::wiring::ratio_faults;
use crate::metrology::shared_return::{IdleRatio, Inferred, inferred, power, u_gain};
use crate::model::{
    ChannelLoad, ChannelMap, ChannelRole, Covariance, CrosstalkBench, CrosstalkCurves,
    CrosstalkTake, Curve, CurveError, Finding, FindingKind, FrequencyGrid, Ground, Impedance,
    Inputs, Measurand, MeasuredCrosstalk, Outcome, PredictedCrosstalk, Recording, Response,
};
use crate::quantity::unit::Decibel;
use crate::quantity::{amplitude_db, power_db};

/// A power that is so many times the mean power of the noise is there: noise alone reaches it at
/// one frequency in twenty thousand.
const LEAST_OVER_NOISE: f64 = 10.0;
/// Noise alone stays below so many times its mean power at 95 % of frequencies (−ln 0.05).
const NOISE_AT_MOST: f64 = 3.0;

impl Analyser {
    /// The crosstalk of an amplifier: what its idle channel (the *sense* input) holds of its driven
    /// one (the *reference* input), from a take for each load.
    ///
    /// # Errors
    ///
    /// When a take does not fit the stimulus or lacks a channel. A take that holds nothing usable is
    /// no error: the outcome is then [`Outcome::Refused`].
    pub fn crosstalk(
        &mut self,
        takes: &[Recording],
        channels: &ChannelMap,
        stood: &[CrosstalkTake],
        bench: &CrosstalkBench,
    ) -> Result<Analysed, MeasureError> {
        if takes.len() != stood.len() {
            return Err(MeasureError::Loads { takes: takes.len(), loads: stood.len() });
        }
        let mut seen = Seen::default();
        let mut taken = Vec::new();
        for (i, (take, &stood)) in takes.iter().zip(stood).enumerate() {
            let before = seen.findings.len();
            taken.extend(self.idle_over_driven(take, (channels, stood), &mut seen)?);
            for finding in seen.findings.iter_mut().skip(before).filter(|f| f.take.is_some()) {
                finding.take = Some(i + 1);
            }
        }
        let Seen { mut findings, delays, channels } = seen;
        if taken.len() < takes.len() {
            let outcome = Outcome::Refused(Measurand::Crosstalk);
            return Ok(Analysed { outcome, findings, delays, channels });
        }
        let grid = self.resolution.grid().clone();
        let cells = |from_hz: f64, to_hz: f64| self.cells(from_hz, to_hz);
        let inferred = inferred(&grid, &taken, bench, &cells);
        let curves = curves(&grid, &taken, bench, inferred.as_ref().ok())?;
        let (figures, remarks) = figures::figures(&curves, bench, &inferred, &taken);
        findings.extend(remarks);
        let silent = !curves.measured.iter().any(|of| of.above_noise.contains(&true));
        let idle = channels.get(ChannelRole::Sense).unwrap_or(1);
        findings.extend(
            silent.then(|| Finding::warning(FindingKind::IdleSilent { channel: idle + 1 })),
        );
        let response = heaviest(&curves.measured).ok_or(MeasureError::NoTakes)?.ratio.clone();
        let outcome = Outcome::Crosstalk { response, curves, figures };
        Ok(Analysed { outcome, findings, delays, channels })
    }

    /// The idle over the driven channel of one take; `None` if it is refused.
    fn idle_over_driven(
        &mut self,
        take: &Recording,
        (channels, stood): (&ChannelMap, CrosstalkTake),
        seen: &mut Seen,
    ) -> Result<Option<IdleRatio>, MeasureError> {
        let takes = std::slice::from_ref(take);
        // The idle channel may hold nothing, so it is not looked for; and its gate is that of the
        // driven one, as both come through one converter.
        let wanted = Wanted {
            takes,
            channels,
            inputs: Inputs::Two,
            jig: None,
            delay_samples: None,
            is_mute: true,
        };
        let Some(ratios) = self.ratios(&wanted, &AsItIs, seen)? else { return Ok(None) };
        let input = |role, default| seen.channels.get(role).unwrap_or(default);
        let inputs = (input(ChannelRole::Reference, 0), input(ChannelRole::Sense, 1));
        // It is as quiet as it is, at the gain of the driven one: only what spoils a take counts.
        let mut noticed = scrutinise(take, &[inputs.1]);
        noticed.retain(Finding::is_refusal);
        // A shared return turns the idle channel around, so polarity says nothing here.
        let swapped =
            |finding: &Finding| matches!(finding.kind, FindingKind::ChannelsSwapped { .. });
        let ratio = ratios.mean.mean.to_vec();
        noticed.extend(ratio_faults(&ratio, inputs).into_iter().filter(swapped));
        let refused = self.judge(noticed, 1, &mut seen.findings);
        Ok((!refused).then_some(IdleRatio { stood, ratio, noise: ratios.mean.covariance }))
    }
}

/// The curves of all takes and predictions.
fn curves(
    grid: &FrequencyGrid,
    taken: &[IdleRatio],
    bench: &CrosstalkBench,
    inferred: Option<&Inferred>,
) -> Result<CrosstalkCurves, CurveError> {
    let names = names(taken, bench);
    let measured = taken.iter().zip(names).map(|(take, name)| {
        let headphone =
            bench.headphones.first().filter(|_| take.stood.load == ChannelLoad::Headphone);
        let predicted = inferred.zip(headphone).and_then(|(inferred, (_, impedance))| {
            inferred.predicted(bench.ground, take.stood.driven, impedance)
        });
        measured(grid, take, bench, (name, predicted))
    });
    let measured = measured.collect::<Result<Vec<_>, _>>()?;
    let driven = taken.first().map(|take| take.stood.driven).unwrap_or_default();
    let predicted = |(name, impedance): &(String, Impedance)| {
        // What a listener gets is the voltage across the drivers, whatever the inputs saw.
        let ratio = inferred?.predicted(Ground::Common, driven, impedance)?;
        let separation = negated(&ratio.level());
        Some(separation.map(|separation| PredictedCrosstalk {
            name: name.clone(),
            ratio,
            separation,
        }))
    };
    let predicted = bench.headphones.iter().filter_map(predicted).collect::<Result<_, _>>()?;
    Ok(CrosstalkCurves { measured, predicted })
}

/// The curves of one take.
fn measured(
    grid: &FrequencyGrid,
    take: &IdleRatio,
    bench: &CrosstalkBench,
    (name, predicted): (String, Option<Response>),
) -> Result<MeasuredCrosstalk, CurveError> {
    let ratio = Response::new(grid.clone(), take.ratio.clone().into())?;
    let gain = u_gain(bench);
    let powers = take.noise.as_ref().map(|noise| noise.iter().map(power).collect::<Vec<f64>>());
    let ratio = match &take.noise {
        Some(noise) => {
            let with_gain = |(&h, &noise): (&Complex64, &Covariance)| {
                noise.plus(Covariance::radial(h, gain * h.norm()))
            };
            let covariance = take.ratio.iter().zip(noise).map(with_gain).collect();
            ratio.with_covariance(covariance)?
        }
        None => ratio,
    };
    let is_above = |i: usize, h: f64| {
        powers.as_ref().is_none_or(|powers| h * h >= LEAST_OVER_NOISE * powers[i])
    };
    let magnitudes = || take.ratio.iter().map(|h| h.norm()).enumerate();
    let above_noise: Vec<bool> = magnitudes().map(|(i, h)| is_above(i, h)).collect();
    let at_least = |i: usize, h: f64| match &powers {
        Some(powers) if !above_noise[i] => h + (NOISE_AT_MOST * powers[i]).sqrt(),
        _ => h,
    };
    let separation: Array1<f64> =
        magnitudes().map(|(i, h)| -amplitude_db(at_least(i, h))).collect();
    let separation = Curve::<Decibel>::new(grid.clone(), separation)?;
    let separation = match ratio.level().u() {
        Some(u) => separation.with_u(u.clone())?,
        None => separation,
    };
    let floor = powers.map(|powers| {
        let floor = powers.iter().map(|power| -power_db(LEAST_OVER_NOISE * power));
        Curve::new(grid.clone(), floor.collect())
    });
    let (take, floor) = (take.stood, floor.transpose()?);
    Ok(MeasuredCrosstalk { name, take, ratio, separation, above_noise, floor, predicted })
}

fn negated(level: &Curve<Decibel>) -> Result<Curve<Decibel>, CurveError> {
    let curve = Curve::new(level.grid().clone(), level.values().mapv(|db| -db))?;
    match level.u() {
        Some(u) => curve.with_u(u.clone()),
        None => Ok(curve),
    }
}

/// What each take is called: its load; both channels where both were driven; a number where that
/// was taken before.
fn names(taken: &[IdleRatio], bench: &CrosstalkBench) -> Vec<String> {
    let both = taken.windows(2).any(|pair| pair[0].stood.driven != pair[1].stood.driven);
    let mut names: Vec<String> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for IdleRatio { stood, .. } in taken {
        let load = match (stood.load, bench.headphones.first()) {
            (ChannelLoad::Headphone, Some((name, _))) => name.clone(),
            (load, _) => load.to_string(),
        };
        let name = if both {
            format!("{load}, {} to {}", stood.driven, stood.driven.other())
        } else {
            load
        };
        let before = seen.iter().filter(|known| **known == name).count();
        names.push(if before > 0 { format!("{name} ({})", before + 1) } else { name.clone() });
        seen.push(name);
    }
    names
}

/// The first take with the heaviest load.
fn heaviest(measured: &[MeasuredCrosstalk]) -> Option<&MeasuredCrosstalk> {
    let weight = |of: &MeasuredCrosstalk| match of.take.load {
        ChannelLoad::Headphone => 0.0,
        ChannelLoad::Ohm(resistance) => resistance.ohm(),
        ChannelLoad::Open => f64::INFINITY,
    };
    measured.iter().min_by(|a, b| weight(a).total_cmp(&weight(b)))
}
