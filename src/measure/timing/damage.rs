//! What happened inside the sweeps: every sweep of a take is held against the others.

use std::ops::Range;

use super::attribution::{is_a_change, louder};
use super::clock::Distance;
use super::gap::gap_near;
use super::marks::piece;
use crate::dsp::bursts::{Burst, bursts_alone, bursts_in};
use crate::dsp::clock::{Passage, moved_later};
use crate::dsp::track::{Step, best_step, lag_track, locate};
use crate::quantity::{DB_PER_NEPER, SampleRate};

/// A sweep of a channel as it was captured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Captured<'a> {
    /// All samples of the channel.
    pub(super) channel: &'a [f64],
    /// Its number, counted from zero.
    pub(super) index: usize,
    /// The step between neighbouring sample values.
    pub(super) step: f64,
    /// Lag of the channel against the stimulus.
    pub(super) delay: isize,
    /// Where the sweeps begin in the stimulus.
    pub(super) starts: &'a [usize],
    /// How much later than the first each of them came, in samples.
    pub(super) lateness: &'a [f64],
    /// The gated impulse response of each sweep, and where its time zero lies in it.
    pub(super) pieces: &'a [&'a [f64]],
    pub(super) origin: usize,
}

/// The sweep that was played, and what follows from it.
pub(super) struct Played<'a> {
    pub(super) sweep: &'a [f64],
    pub(super) passage: Option<&'a Passage>,
    pub(super) rate: SampleRate,
    /// Seconds in which the frequency grows by a factor e.
    pub(super) time_constant_s: f64,
}

/// Something that happened in a sweep.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Damage {
    /// The sweep, counted from zero; `None` if it cannot be told which of them was hit.
    pub(super) sweep: Option<usize>,
    /// What.
    pub(super) what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// Samples were lost (negative) or inserted, so many after the sweep should have begun.
    Step { samples: f64, at: isize },
    /// A piece of the sweep is missing or repeated.
    Gap { range: Range<usize> },
    /// A short noise in a channel.
    Noise { channel: usize, burst: Burst, effect_db: f64 },
}

/// Seconds behind a sweep that are looked at as well: the device decays.
const TAIL_S: f64 = 0.1;

impl Played<'_> {
    pub(super) fn frames(&self) -> usize {
        self.sweep.len() + (TAIL_S * self.rate.as_f64()) as usize
    }

    /// The frequencies that the sweep passes in a stretch of its samples.
    pub(super) fn band_hz(&self, range: &Range<usize>) -> Option<(f64, f64)> {
        let at = |k: usize| Some(self.passage?.frequency_hz(k as f64 / self.rate.as_f64()));
        Some((at(range.start)?, at(range.end)?))
    }

    /// What a short noise does to the level of the result where the sweep passes meanwhile, in
    /// decibels.
    ///
    /// A noise of frame length τ and amplitude r re the sweep in a band of width B adds
    /// `r √(τ f / (L B))` to the quotient of the spectra, for a sweep of constant L at frequency f.
    fn effect_db(&self, burst: &Burst) -> f64 {
        let middle = usize::midpoint(burst.range.start, burst.range.end);
        let frequency = self.band_hz(&(middle..middle)).map_or(1e3, |(f, _)| f);
        let spread = burst.frame_s * frequency / (self.time_constant_s * burst.band_hz);
        DB_PER_NEPER * (burst.share * spread.sqrt()).ln_1p()
    }

    /// Windows of equal time from 300 Hz to 14 kHz: below, a lag of some samples is hardly a
    /// change; above, it is a whole period.
    pub(super) fn windows(&self) -> Vec<Range<usize>> {
        const COUNT: usize = 36;
        const LOWEST_HZ: f64 = 300.0;
        const HIGHEST_HZ: f64 = 14e3;
        let len = self.sweep.len();
        let whole = (0..COUNT).map(|i| i * len / COUNT..(i + 1) * len / COUNT);
        let high = |window: &Range<usize>| match self.band_hz(window) {
            Some((from, to)) => from >= LOWEST_HZ && to > from && to <= HIGHEST_HZ,
            None => window.start >= len / 2,
        };
        whole.filter(high).collect()
    }
}

impl Captured<'_> {
    fn begins(&self, sweep: usize) -> isize {
        self.delay + self.starts[sweep] as isize
    }

    /// The samples of a sweep, moved so that all sweeps of the channel lie alike.
    pub(super) fn aligned(&self, sweep: usize, frames: usize) -> Vec<f64> {
        /// So small a part of a sample makes less than 60 dB at the end of the band.
        const UNMOVED: f64 = 3e-4;
        let late = self.lateness[sweep];
        if (late - late.round()).abs() < UNMOVED {
            return piece(self.channel, self.begins(sweep) + late.round() as isize, frames);
        }
        let from = self.begins(sweep) + late.floor() as isize + 1;
        moved_later(&piece(self.channel, from, frames), 1.0 - (late - late.floor()))
    }
}

/// What happened inside the sweeps of a take. Losses are looked for in the first of the channels,
/// as all channels lose the same samples; short noises in each.
pub(super) fn damages(
    channels: &[Captured<'_>],
    played: &Played<'_>,
    pilots: Option<Distance>,
) -> Vec<Damage> {
    let Some(first) = channels.first() else { return Vec::new() };
    if first.starts.len() < 2 {
        return channels.iter().flat_map(|channel| in_single_sweep(channel, 0, played)).collect();
    }
    let later: Vec<usize> = (1..first.starts.len()).collect();
    let compared: Vec<Vec<Compared>> =
        channels.iter().map(|channel| compare(channel, 0, &later, played)).collect();
    let steps = steps_in(first, &compared[0], played, pilots);
    let broken: Vec<usize> = steps.iter().filter_map(|step| step.sweep).collect();
    if steps.iter().any(|step| step.sweep.is_none()) {
        // Which of the sweeps is sound is not known, so nothing more can be said of them.
        return steps;
    }
    let gaps = gaps_in(first, &compared[0], &broken, played);
    let is_hit = |sweep: usize| steps.iter().chain(&gaps).any(|hit| hit.sweep == Some(sweep));
    let sound: Vec<usize> = (0..first.starts.len()).filter(|&sweep| !is_hit(sweep)).collect();
    let noises = channels
        .iter()
        .zip(compared)
        .flat_map(|(channel, compared)| noises_among(&sound, channel, compared, played));
    let noises: Vec<Damage> = noises.collect();
    steps.into_iter().chain(gaps).chain(noises).collect()
}

/// Short noises in the sweeps that are whole, each held against the first of them; what is known
/// of the first of all serves if that is it.
fn noises_among(
    sound: &[usize],
    channel: &Captured<'_>,
    compared: Vec<Compared>,
    played: &Played<'_>,
) -> Vec<Damage> {
    match sound {
        [] => Vec::new(),
        [alone] => in_single_sweep(channel, *alone, played),
        [0, ..] => {
            let sound: Vec<Compared> =
                compared.into_iter().filter(|c| sound.contains(&c.sweep)).collect();
            noises_in(channel, &sound, played)
        }
        [first, others @ ..] => {
            noises_in(channel, &compare(channel, *first, others, played), played)
        }
    }
}

/// A later sweep held against an earlier one.
struct Compared {
    against: usize,
    sweep: usize,
    bursts: Vec<Burst>,
    /// Stretches in which the device itself answered otherwise.
    changes: Vec<Range<usize>>,
}

impl Compared {
    /// The bursts that are no change of the device.
    fn noises(&self) -> impl Iterator<Item = &Burst> {
        self.bursts.iter().filter(|burst| !self.changes.contains(&burst.range))
    }
}

fn compare(
    channel: &Captured<'_>,
    against: usize,
    later: &[usize],
    played: &Played<'_>,
) -> Vec<Compared> {
    let first = channel.aligned(against, played.frames());
    let against_first = |&sweep: &usize| {
        let later = channel.aligned(sweep, played.frames());
        let difference: Vec<f64> = later.iter().zip(&first).map(|(b, a)| b - a).collect();
        let bursts = bursts_in(&difference, &first, channel.step, played.rate);
        let is_change = |burst: &&Burst| is_a_change(&difference, &first, burst, played.rate);
        let changed = bursts.iter().filter(is_change);
        let changes = changed.map(|burst| burst.range.clone()).collect();
        Compared { against, sweep, bursts, changes }
    };
    later.iter().map(against_first).collect()
}

/// Short noises in a sweep that stands alone.
fn in_single_sweep(channel: &Captured<'_>, sweep: usize, played: &Played<'_>) -> Vec<Damage> {
    /// An octave must last this long, or frames are not short against the sweep.
    const SHORTEST_OCTAVE: f64 = 2000.0;
    let octave = std::f64::consts::LN_2 * played.time_constant_s * played.rate.as_f64();
    if octave < SHORTEST_OCTAVE {
        return Vec::new();
    }
    let samples = channel.aligned(sweep, played.frames());
    let noise = |burst: Burst| {
        let what =
            What::Noise { channel: channel.index, effect_db: played.effect_db(&burst), burst };
        Damage { sweep: Some(sweep), what }
    };
    bursts_alone(&samples, played.rate).into_iter().map(noise).collect()
}

/// Jumps of the lag between sweeps, each in the sweep that broke.
fn steps_in(
    channel: &Captured<'_>,
    compared: &[Compared],
    played: &Played<'_>,
    pilots: Option<Distance>,
) -> Vec<Damage> {
    let found: Vec<(usize, Jump)> = compared
        .iter()
        .filter(|compared| !compared.bursts.is_empty())
        .filter_map(|compared| Some((compared.sweep, jump(channel, compared.sweep, played)?)))
        .collect();
    let same = |a: &Jump, b: &Jump| (a.samples - b.samples).abs() < 3.0;
    let later = compared.len();
    let of_first = later >= 2
        && found.len() == later
        && found.windows(2).all(|pair| same(&pair[0].1, &pair[1].1));
    let damage = |sweep: Option<usize>, samples: f64, at: isize| Damage {
        sweep,
        what: What::Step { samples, at },
    };
    if of_first {
        let jump = &found[0].1;
        return vec![damage(Some(0), -jump.samples, jump.at as isize)];
    }
    let attributed = |(sweep, jump): &(usize, Jump)| {
        let (in_first, in_later) = (jump.at as isize, jump.at as isize + jump.step.before as isize);
        if later >= 2 {
            return damage(Some(*sweep), jump.samples, in_later);
        }
        let distance = (channel.starts[1] - channel.starts[0]) as f64;
        match jump.broke(distance, pilots) {
            Some(Broken::First) => damage(Some(0), -jump.samples, in_first),
            Some(Broken::Later) => damage(Some(*sweep), jump.samples, in_later),
            None => damage(None, jump.samples, in_first),
        }
    };
    found.iter().map(attributed).collect()
}

/// A jump of the lag of a later sweep against the first.
struct Jump {
    step: Step,
    samples: f64,
    /// In samples of the sweep.
    at: usize,
}

enum Broken {
    First,
    Later,
}

impl Jump {
    /// Which of two sweeps broke.
    ///
    /// If it is the later one, the lag before the jump is that of the clocks and the pilots are
    /// further apart by the jump. If it is the first, the lag behind the jump is, and the pilots
    /// are closer by it. Of both the one counts that needs the smaller drift and fits better.
    fn broke(&self, distance: f64, pilots: Option<Distance>) -> Option<Broken> {
        /// Clocks of two devices differ by about this.
        const USUAL_DRIFT: f64 = 30e-6;
        const GOOD_TO: f64 = 0.1;
        const CLEARLY: f64 = 4.0;
        /// Most takes have one clock: what needs two is less likely by this.
        const TWO_CLOCKS: f64 = 4.0;
        const ONE_CLOCK: f64 = 0.1e-6;
        let score = |lag: f64, jump: f64| {
            let (rate, misfit) = pilots.map_or((lag / distance, 0.0), |pilots| {
                let rate = (pilots.change - jump) / pilots.played;
                (rate, lag - rate * distance)
            });
            let clocks = if rate.abs() * distance > ONE_CLOCK * distance + GOOD_TO {
                TWO_CLOCKS
            } else {
                0.0
            };
            clocks + (rate / USUAL_DRIFT).powi(2) + (misfit / GOOD_TO).powi(2)
        };
        let later = score(self.step.before, self.samples);
        let first = score(self.step.after, -self.samples);
        match (later - first).abs() > CLEARLY * later.min(first).max(0.25) {
            true if later < first => Some(Broken::Later),
            true => Some(Broken::First),
            false => None,
        }
    }
}

fn jump(channel: &Captured<'_>, sweep: usize, played: &Played<'_>) -> Option<Jump> {
    // Half a second is more than any block that a sound system drops.
    let reaches = [1500, played.rate.hz() as usize / 2];
    let earlier = piece(channel.channel, channel.begins(0), played.frames());
    reaches.into_iter().find_map(|reach| {
        let from = channel.begins(sweep) - reach as isize;
        let later = piece(channel.channel, from, played.frames() + 2 * reach);
        let track = lag_track(&earlier, &later, reach, &played.windows());
        let step = best_step(&track).filter(|step| step.is_significant())?;
        let around = track[step.window.saturating_sub(2)].window.start
            ..track[(step.window + 1).min(track.len() - 1)].window.end;
        // A loss before the first window shows in it and not between two.
        let (at, samples) = locate(&earlier, (&later, reach), around, step);
        // The lag of a window that holds the jump is off by a part of it.
        let allowance = if step.samples().abs() < 4.0 { 0.6 } else { 1.6 };
        let close = (samples as f64 - step.samples()).abs() <= allowance;
        close.then_some(Jump { step, samples: samples as f64, at })
    })
}

/// Pieces that are missing or repeated while the time base is kept: the samples of one sweep say
/// so themselves.
fn gaps_in(
    channel: &Captured<'_>,
    compared: &[Compared],
    broken: &[usize],
    played: &Played<'_>,
) -> Vec<Damage> {
    let mut gaps: Vec<Damage> = Vec::new();
    for compared in compared {
        for burst in &compared.bursts {
            for sweep in [0, compared.sweep] {
                let from = channel.begins(sweep) + channel.lateness[sweep].round() as isize;
                let Some(range) = gap_near(channel.channel, from, &burst.range, played.rate) else {
                    continue;
                };
                let what = What::Gap { range };
                let damage = Damage { sweep: Some(sweep), what };
                if !broken.contains(&sweep) && !gaps.contains(&damage) {
                    gaps.push(damage);
                }
            }
        }
    }
    gaps
}

/// Short noises, each in the sweep that it fell into.
fn noises_in(channel: &Captured<'_>, sound: &[Compared], played: &Played<'_>) -> Vec<Damage> {
    let overlaps =
        |a: &Burst, b: &Burst| a.range.start < b.range.end && b.range.start < a.range.end;
    let mut noises: Vec<Damage> = Vec::new();
    for compared in sound {
        for burst in compared.noises() {
            let in_all = sound.len() >= 2
                && sound.iter().all(|other| other.bursts.iter().any(|b| overlaps(b, burst)));
            let sweep = match (in_all, sound.len()) {
                (true, _) => Some(compared.against),
                (false, 2..) => Some(compared.sweep),
                (false, _) => louder(channel, (compared.against, compared.sweep), burst, played),
            };
            let effect_db = played.effect_db(burst);
            let what = What::Noise { channel: channel.index, burst: burst.clone(), effect_db };
            let known = noises.iter().any(|other| match &other.what {
                What::Noise { burst: b, .. } => other.sweep == sweep && overlaps(b, burst),
                _ => false,
            });
            if !known {
                noises.push(Damage { sweep, what });
            }
        }
    }
    noises
}
