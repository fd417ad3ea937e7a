//! Are all samples there, do the clocks agree, and is every sweep sound?
//!
//! A sound system can lose samples without any error, so the distances between the two pilots and
//! between the sweeps are compared with those played, and every sweep is held against the others,
//! sample by sample. A difference that grows evenly is two clocks; one that does not is a loss.

mod attribution;
mod clock;
mod damage;
mod gap;
mod marks;
mod single;

use std::collections::BTreeSet;

pub(super) use clock::Clock;
pub(super) use marks::{PilotSearch, Pilots};

use crate::dsp::clock::{Passage, Stretch, stretch_of};
use crate::dsp::lag::Lag;
use crate::model::{Finding, FindingKind, RigKind, Stimulus};
use clock::{Distance, Hints, Verdict, judge};
use damage::{Captured, Damage, Played, What, damages};
use marks::{LEAST_U, PilotPair};

/// A pilot and the peak of an impulse response may arrive this far apart: the group delay of a
/// device differs over frequency.
const DISPERSION_S: f64 = 1.3e-3;
/// Clocks of working devices do not differ by more.
const WIDEST_DRIFT: f64 = 1000e-6;

/// What is looked at: one take, with its sweeps found as if both clocks were one.
pub(super) struct Evidence<'a> {
    pub(super) stimulus: &'a Stimulus,
    /// When the sweep passes which frequency, if that can be told.
    pub(super) passage: Option<&'a Passage>,
    pub(super) rig: RigKind,
    /// The step between neighbouring sample values.
    pub(super) step: f64,
    /// The channels; the timing is checked on the first.
    pub(super) channels: Vec<Heard<'a>>,
    /// How much later each sweep came in the first channel than the first one predicts.
    pub(super) lateness: &'a [Lag],
}

/// One channel of a take.
pub(super) struct Heard<'a> {
    pub(super) samples: &'a [f64],
    /// Its number, counted from zero.
    pub(super) index: usize,
    pub(super) delay: isize,
    /// The gated impulse response of each sweep, and where its time zero lies in it.
    pub(super) pieces: Vec<&'a [f64]>,
    pub(super) origin: usize,
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Timing {
    pub(super) clock: Clock,
    /// How many samples later than the clock says each sweep came, because samples were lost or
    /// inserted before it.
    pub(super) shifts: Vec<f64>,
    /// The sweeps, counted from zero, that must not be used.
    pub(super) left_out: BTreeSet<usize>,
    pub(super) findings: Vec<Finding>,
}

/// Checks a take.
pub(super) fn check(evidence: &Evidence<'_>, pilots: Option<&mut PilotSearch>) -> Timing {
    let Some(first) = evidence.channels.first() else { return Timing::nothing() };
    let pilots = pilots.map(|search| search.find(first.samples, first.delay));
    let are_missing = pilots.is_none_or(|pilots| pilots == Pilots::Outside);
    let pilots = match pilots {
        Some(Pilots::Found(pair)) => Some(pair),
        _ => None,
    };
    let damages = evidence.damages(pilots);
    let mut timing = Timing::nothing();
    timing.shifts = vec![0.0; evidence.lateness.len()];
    timing.consider(&damages, evidence);
    let broken = timing.broken(&damages);
    timing.findings.extend(evidence.missing_marks(are_missing));
    if damages.iter().any(|damage| damage.is_step() && damage.sweep.is_none()) {
        // Where samples are gone is not known, so nothing can be said about the clocks.
        return timing;
    }
    match evidence.verdict(pilots, &broken) {
        Verdict::Clock(clock) => timing.set_clock(clock, evidence),
        Verdict::Unsteady { clock, least_ppm, most_ppm } => {
            timing.clock = clock;
            let kind = FindingKind::ClockUnsteady { least_ppm, most_ppm };
            timing.findings.push(Finding::warning(kind));
        }
        Verdict::Lost { samples, from, to } => {
            timing.findings.push(evidence.lost(samples, from, to));
            return timing;
        }
    }
    timing.findings.extend(evidence.jump_in_single_sweep(timing.clock));
    timing
}

/// Sweeps in which samples are missing, with how many.
type Broken = Vec<(usize, f64)>;

impl Timing {
    const fn nothing() -> Self {
        Self {
            clock: Clock::SAME,
            shifts: Vec::new(),
            left_out: BTreeSet::new(),
            findings: Vec::new(),
        }
    }

    /// Decides which sweeps are used in spite of what happened to them, and says so.
    fn consider(&mut self, damages: &[Damage], evidence: &Evidence<'_>) {
        let sweeps = evidence.lateness.len();
        let grave = damages.iter().filter(|damage| damage.matters());
        let hit: BTreeSet<usize> = grave.filter_map(|damage| damage.sweep).collect();
        // Who hits all sweeps cannot be escaped by leaving some out.
        if hit.len() < sweeps {
            self.left_out = hit;
        }
        for damage in damages {
            let left_out = damage.sweep.is_some_and(|sweep| self.left_out.contains(&sweep));
            self.findings.push(evidence.finding(damage, left_out));
        }
    }

    fn broken(&mut self, damages: &[Damage]) -> Broken {
        let mut broken = Vec::new();
        for damage in damages {
            if let (Some(sweep), What::Step { samples, .. }) = (damage.sweep, &damage.what) {
                broken.push((sweep, *samples));
                for shift in self.shifts.iter_mut().skip(sweep + 1) {
                    *shift += samples;
                }
            }
        }
        broken
    }

    fn set_clock(&mut self, clock: Clock, evidence: &Evidence<'_>) {
        self.clock = clock;
        if clock == Clock::SAME {
            return;
        }
        let sweep_s = evidence.stimulus.sweep().len() as f64 / evidence.stimulus.rate().as_f64();
        let kind = FindingKind::ClockDrift {
            ppm: clock.ppm(),
            u_ppm: 1e6 * clock.u,
            corrected: true,
            u_phase_deg: 360.0 * 10e3 * sweep_s * clock.u,
        };
        self.findings.push(Finding::warning(kind));
    }
}

impl Damage {
    fn is_step(&self) -> bool {
        matches!(self.what, What::Step { .. })
    }

    /// Whether the sweep should not be used.
    fn matters(&self) -> bool {
        /// Errors of less are below what a reseat, a cable or a connector makes.
        const IRRELEVANT_DB: f64 = 0.02;
        !matches!(self.what, What::Noise { effect_db, .. } if effect_db < IRRELEVANT_DB)
    }
}

impl Evidence<'_> {
    fn rate_hz(&self) -> f64 {
        self.stimulus.rate().as_f64()
    }

    fn captured<'b>(&'b self, lateness: &'b [f64]) -> Vec<Captured<'b>> {
        let captured = |channel: &'b Heard<'_>| Captured {
            channel: channel.samples,
            index: channel.index,
            step: self.step,
            delay: channel.delay,
            starts: self.stimulus.sweep_starts(),
            lateness,
            pieces: &channel.pieces,
            origin: channel.origin,
        };
        self.channels.iter().map(captured).collect()
    }

    fn played(&self) -> Played<'_> {
        let band = self.stimulus.band();
        let octaves = (band.stop_hz / band.start_hz).ln().max(1.0);
        Played {
            sweep: self.stimulus.sweep(),
            passage: self.passage,
            rate: self.stimulus.rate(),
            time_constant_s: self.stimulus.sweep().len() as f64 / self.rate_hz() / octaves,
        }
    }

    fn damages(&self, pilots: Option<PilotPair>) -> Vec<Damage> {
        let lateness: Vec<f64> = self.lateness.iter().map(|lag| lag.samples).collect();
        let pilots = pilots.map(|pair| pair.distance);
        damages(&self.captured(&lateness), &self.played(), pilots)
    }

    /// A jump of the delay in a single sweep: certain behind a reference, else an indication.
    fn jump_in_single_sweep(&self, clock: Clock) -> Option<Finding> {
        /// A jump of less is within what a device does that is not minimum-phase.
        const INDICATION: f64 = 6.0;
        const CERTAIN: f64 = 32.0;
        let [_] = self.lateness else { return None };
        let (captured, played) = (self.captured(&[0.0]), self.played());
        let (first, rate) = (captured.first()?, clock.ratio - 1.0);
        let start = self.stimulus.sweep_starts()[0];
        let at_s = |at: usize| self.in_take_s((start + at) as f64);
        if captured.len() > 1 {
            let jump = single::loss_in_reference(first, &played, rate)?;
            return Some(Finding::refusal(FindingKind::SamplesLost {
                samples: jump.samples,
                from_s: at_s(jump.at),
                to_s: at_s(jump.at),
                sweep: Some(1),
                left_out: false,
            }));
        }
        let jump = single::unexplained_jump(first, &played)?;
        let (samples, at_s) = (jump.samples, at_s(jump.at));
        let at_hz = played.band_hz(&(jump.at..jump.at)).map_or(0.0, |(f, _)| f);
        let kind = FindingKind::DelayStep { samples, at_s, at_hz };
        match samples.abs() {
            jump if jump > CERTAIN => Some(Finding::refusal(kind)),
            jump if jump > INDICATION => Some(Finding::warning(kind)),
            _ => None,
        }
    }

    /// That the pilots are not in the take, where the stimulus has some.
    fn missing_marks(&self, are_missing: bool) -> Option<Finding> {
        if !are_missing || self.stimulus.pilot_starts().is_empty() {
            return None;
        }
        // A sound card was to record them: that it has not is a loss in itself.
        let is_loss = self.rig == RigKind::SoundCard;
        let kind = FindingKind::MarkersMissing;
        Some(if is_loss { Finding::refusal(kind) } else { Finding::warning(kind) })
    }

    fn verdict(&self, pilots: Option<PilotPair>, broken: &Broken) -> Verdict {
        if let Some(lost) = pilots.and_then(|pair| self.lost_beside_the_sweeps(pair, broken)) {
            return lost;
        }
        let gone: f64 = broken.iter().map(|(_, samples)| samples).sum();
        let pilots = pilots.map(|PilotPair { distance, .. }| Distance {
            change: distance.change - gone,
            ..distance
        });
        let sweeps = self.distances(broken);
        let one_device = self.rig == RigKind::SoundCard;
        // Only where marks do not decide is a single sweep asked.
        let stretch = if pilots.is_some() && !sweeps.is_empty() || sweeps.len() > 1 {
            None
        } else {
            self.stretch()
        };
        judge(pilots, &sweeps, Hints { stretch, one_device })
    }

    /// Samples lost between a pilot and the sweeps: they show as a pilot that comes too early or
    /// too late.
    fn lost_beside_the_sweeps(&self, pair: PilotPair, broken: &Broken) -> Option<Verdict> {
        let starts = self.stimulus.sweep_starts();
        let (first, last) = (starts[0] as f64, starts[starts.len() - 1] as f64);
        let in_sweeps: f64 = broken.iter().map(|(_, samples)| samples.abs()).sum();
        let allowance = DISPERSION_S * self.rate_hz() + in_sweeps;
        let Distance { from, to, .. } = pair.distance;
        let before = -pair.first_arrival;
        if before.abs() > allowance + WIDEST_DRIFT * (first - from) {
            return Some(Verdict::Lost { samples: before, from, to: first });
        }
        let of_last = self.lateness.last().map_or(0.0, |lag| lag.samples);
        let after = pair.second_arrival - of_last;
        if after.abs() > allowance + WIDEST_DRIFT * (to - last) {
            return Some(Verdict::Lost { samples: after, from: last, to });
        }
        None
    }

    /// The distances between neighbouring sweeps that are sound.
    fn distances(&self, broken: &Broken) -> Vec<Distance> {
        let lost_before = |sweep: usize| -> f64 {
            broken.iter().filter(|(b, _)| *b < sweep).map(|(_, samples)| samples).sum()
        };
        let starts = self.stimulus.sweep_starts();
        let sound: Vec<usize> =
            (0..starts.len()).filter(|m| broken.iter().all(|(b, _)| b != m)).collect();
        sound
            .windows(2)
            .map(|pair| {
                let [a, b] = [pair[0], pair[1]];
                let late = |m: usize| self.lateness[m].samples - lost_before(m);
                let (from, to) = (starts[a] as f64, starts[b] as f64);
                let u = self.lateness[a].u.hypot(self.lateness[b].u).max(LEAST_U);
                Distance { played: to - from, change: late(b) - late(a), u, from, to }
            })
            .collect()
    }

    /// What a single sweep tells about the clock, where its response does not ring like a room.
    fn stretch(&self) -> Option<Stretch> {
        let channel = self.channels.first()?;
        let piece = channel.pieces.first()?;
        let compact = single::is_compact(piece, channel.origin, self.rate_hz());
        let passage = self.passage.filter(|_| compact)?;
        stretch_of(piece, passage, self.stimulus.rate())
    }

    /// Seconds from the beginning of the take, from samples of the stimulus.
    fn in_take_s(&self, stimulus_samples: f64) -> f64 {
        let delay = self.channels.first().map_or(0, |channel| channel.delay);
        (stimulus_samples + delay as f64) / self.rate_hz()
    }

    /// A loss between two marks. The arrival of a sweep is that of its notes above some hundred
    /// hertz: a loss in its first seconds seems to lie before it.
    fn lost(&self, samples: f64, from: f64, to: f64) -> Finding {
        const ARRIVES_WITH_HZ: f64 = 500.0;
        let is_sweep = self.stimulus.sweep_starts().iter().any(|&start| same(start as f64, to));
        let passed_s = self.passage.filter(|_| is_sweep).map_or(0.0, |p| p.time_s(ARRIVES_WITH_HZ));
        let (from_s, to_s) = (self.in_take_s(from), self.in_take_s(to) + passed_s);
        let kind = FindingKind::SamplesLost { samples, from_s, to_s, sweep: None, left_out: false };
        Finding::refusal(kind)
    }

    fn finding(&self, damage: &Damage, left_out: bool) -> Finding {
        let sweep = damage.sweep.unwrap_or(0);
        let start = self.stimulus.sweep_starts()[sweep] as f64;
        let late = self.lateness[sweep].samples;
        let time_s = |at: usize| self.in_take_s(start + late + at as f64);
        let number = damage.sweep.map(|sweep| sweep + 1);
        let kind = match &damage.what {
            What::Step { samples, at } => FindingKind::SamplesLost {
                samples: *samples,
                from_s: self.in_take_s(start + *at as f64),
                to_s: self.in_take_s(start + *at as f64),
                sweep: number,
                left_out,
            },
            What::Gap { range } => FindingKind::Gap {
                sweep: sweep + 1,
                at_s: time_s(range.start),
                duration_s: range.len() as f64 / self.rate_hz(),
                left_out,
            },
            What::Noise { channel, burst, effect_db } => {
                let band = self.passage.map(|passage| {
                    let at = |k: usize| passage.frequency_hz(k as f64 / self.rate_hz());
                    (at(burst.range.start), at(burst.range.end))
                });
                let (from_hz, to_hz) = band.unwrap_or_default();
                FindingKind::ImpulsiveNoise {
                    channel: channel + 1,
                    sweep: sweep + 1,
                    at_s: time_s(burst.range.start),
                    duration_s: burst.range.len() as f64 / self.rate_hz(),
                    from_hz,
                    to_hz,
                    excess_db: 10.0 * burst.excess.log10(),
                    effect_db: *effect_db,
                    left_out,
                }
            }
        };
        weighed(kind, damage, left_out)
    }
}

/// How much a finding about a damaged sweep matters.
fn weighed(kind: FindingKind, damage: &Damage, left_out: bool) -> Finding {
    /// A noise in all sweeps that changes the result by more leaves no result.
    const TOO_MUCH_DB: f64 = 0.5;
    match &damage.what {
        _ if left_out => Finding::warning(kind),
        What::Noise { .. } if !damage.matters() => Finding::note(kind),
        What::Noise { effect_db, .. } if *effect_db < TOO_MUCH_DB => Finding::warning(kind),
        _ => Finding::refusal(kind),
    }
}

/// Two positions in whole samples.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.5
}
