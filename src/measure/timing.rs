//! Do the marks of a stimulus lie as far apart in the recording as they were played?
//!
//! A sound system can lose samples without any error, so the distances between the two pilots
//! and between the sweeps are compared with those played. A difference that grows evenly is two
//! clocks running differently; one that does not is a loss.

use crate::dsp::lag::Aligner;
use crate::model::{Finding, FindingKind, RigKind, Stimulus};
use crate::quantity::SampleRate;

/// The band in which pilots are compared.
const PILOT_BAND_HZ: (f64, f64) = (500.0, 8e3);
/// Distances agree to this many samples: the lag of a clean pilot is good to thousandths, of a
/// noisy one to tenths.
const SAME_DISTANCE: f64 = 0.5;
/// Two rates agree as one drift if they predict distances to this many samples. A single lost
/// sample between the sweeps of the usual plan makes twice that.
const EVENLY: f64 = 0.25;
/// A pilot and the peak of an impulse response may arrive this far apart: the group delay of a
/// device differs over frequency.
const DISPERSION_S: f64 = 1.3e-3;
/// Clocks that differ by less are one clock.
const ONE_CLOCK_PPM: f64 = 0.1;
/// Clocks of working devices do not differ by more.
const DRIFT_LIMIT_PPM: f64 = 1000.0;

/// Where the sweeps of a take were found.
pub(super) struct Arrivals<'a> {
    /// Lag of the recording against the stimulus, from the first sweep, in samples.
    pub(super) delay: isize,
    /// How much later each sweep came than the first one predicts, in samples; the first is zero.
    pub(super) lateness: &'a [f64],
    /// Kind of rig: a single sweep cannot tell drift from loss, but a sound card's one clock can.
    pub(super) rig: RigKind,
}

/// The finding about lost samples or drift, if there is one.
pub(super) fn check(
    channel: &[f64],
    stimulus: &Stimulus,
    pilots: Option<&mut PilotSearch>,
    arrivals: &Arrivals<'_>,
) -> Option<Finding> {
    let fs = stimulus.rate().as_f64();
    let first_sweep = stimulus.sweep_starts()[0] as f64;
    let last_sweep = stimulus.sweep_starts()[stimulus.sweep_starts().len() - 1] as f64;
    let sweeps = Distance {
        played: last_sweep - first_sweep,
        change: arrivals.lateness.last().copied().unwrap_or(0.0),
    };
    let Some(pilots) = pilots.and_then(|search| search.find(channel, arrivals.delay)) else {
        // Without pilots the sweeps alone tell, if there are several.
        let apart = sweeps.ppm().filter(|ppm| ppm.abs() > ONE_CLOCK_PPM);
        let cut = !stimulus.pilot_starts().is_empty();
        return match apart {
            Some(ppm) => Some(drift_or_loss(ppm, &sweeps, first_sweep, fs)),
            // A sound card was to record them: that it has not is a loss in itself.
            None if cut && arrivals.rig == RigKind::SoundCard => {
                Some(Finding::refusal(FindingKind::MarkersMissing))
            }
            None => cut.then(|| Finding::warning(FindingKind::MarkersMissing)),
        };
    };
    let lost = |samples: f64, from: f64, to: f64| {
        let (from_s, to_s) = (from / fs, to / fs);
        let kind = FindingKind::SamplesLost { samples, from_s, to_s, sweep: None, left_out: false };
        Some(Finding::refusal(kind))
    };
    let allowance = DISPERSION_S * fs;
    let before = -pilots.first_arrival;
    if before.abs() > allowance {
        return lost(before, pilots.first_at, first_sweep);
    }
    let after = pilots.second_arrival - sweeps.change;
    let drift_allowance = DRIFT_LIMIT_PPM * 1e-6 * (pilots.second_at - last_sweep);
    if after.abs() > allowance + drift_allowance {
        return lost(after, last_sweep, pilots.second_at);
    }
    let marks = Distance { played: pilots.second_at - pilots.first_at, change: pilots.change };
    if marks.change.abs() <= SAME_DISTANCE && sweeps.change.abs() <= SAME_DISTANCE {
        return None;
    }
    let ppm = marks.ppm()?;
    let even = match sweeps.ppm() {
        Some(of_sweeps) => (of_sweeps - ppm).abs() * 1e-6 * sweeps.played <= EVENLY,
        None => arrivals.rig == RigKind::Replay,
    };
    if even && ppm.abs() <= DRIFT_LIMIT_PPM {
        return Some(Finding::warning(drift(ppm)));
    }
    lost(marks.change, pilots.first_at, pilots.second_at)
}

const fn drift(ppm: f64) -> FindingKind {
    FindingKind::ClockDrift { ppm, u_ppm: 0.0, corrected: false, u_phase_deg: 0.0 }
}

fn drift_or_loss(ppm: f64, sweeps: &Distance, first_sweep: f64, fs: f64) -> Finding {
    if ppm.abs() <= DRIFT_LIMIT_PPM {
        return Finding::warning(drift(ppm));
    }
    Finding::refusal(FindingKind::SamplesLost {
        samples: sweeps.change,
        from_s: first_sweep / fs,
        to_s: (first_sweep + sweeps.played) / fs,
        sweep: None,
        left_out: false,
    })
}

/// A distance between two marks.
struct Distance {
    /// As played, in samples.
    played: f64,
    /// As found, minus as played.
    change: f64,
}

impl Distance {
    fn ppm(&self) -> Option<f64> {
        // A recorder whose clock is fast takes more samples between the same two marks.
        (self.played > 0.0).then(|| 1e6 * self.change / self.played)
    }
}

/// The two pilots of a take.
struct PilotPair {
    /// Where they lie in the stimulus.
    first_at: f64,
    second_at: f64,
    /// How much later than the first sweep's lag predicts they arrived, in whole samples.
    first_arrival: f64,
    second_arrival: f64,
    /// Change of their distance, to a fraction of a sample.
    change: f64,
}

/// Looks for the pilots of a stimulus within 0.9 s of where they should be.
pub(super) struct PilotSearch {
    first_at: usize,
    second_at: usize,
    frames: usize,
    reach: usize,
    rate: SampleRate,
    aligner: Aligner,
}

impl PilotSearch {
    /// For a stimulus; `None` if it has no two pilots.
    pub(super) fn new(stimulus: &Stimulus) -> Option<Self> {
        const REACH_S: f64 = 0.9;
        let &[first_at, .., second_at] = stimulus.pilot_starts() else { return None };
        let (rate, frames) = (stimulus.rate(), stimulus.pilot().len());
        let reach = (REACH_S * rate.as_f64()) as usize;
        let mut template = vec![0.0; reach];
        template.extend(stimulus.pilot());
        template.resize(2 * reach + frames, 0.0);
        let aligner = Aligner::new(&template, rate, PILOT_BAND_HZ);
        Some(Self { first_at, second_at, frames, reach, rate, aligner })
    }

    /// The pilots of a take; `None` if one should lie outside the recording.
    fn find(&mut self, channel: &[f64], delay: isize) -> Option<PilotPair> {
        const MARGIN_S: f64 = 0.03;
        let margin = (MARGIN_S * self.rate.as_f64()) as usize;
        let (frames, reach, aligner) = (self.frames, self.reach, &mut self.aligner);
        let is_inside = |at: usize| {
            let expected = at as isize + delay;
            expected >= 0 && expected + frames as isize <= channel.len() as isize
        };
        if !(is_inside(self.first_at) && is_inside(self.second_at)) {
            return None;
        }
        let mut coarse = |at: usize| {
            let from = at as isize + delay - reach as isize;
            aligner.whole_lag(&piece(channel, from, 2 * reach + frames))
        };
        let (first_arrival, second_arrival) = (coarse(self.first_at), coarse(self.second_at));
        let cut = |at: usize, arrival: f64| {
            let from = at as isize + delay + arrival as isize - margin as isize;
            piece(channel, from, frames + 2 * margin)
        };
        let first = cut(self.first_at, first_arrival);
        let second = cut(self.second_at, second_arrival);
        let fine = Aligner::new(&first, self.rate, PILOT_BAND_HZ).lag(&second).samples;
        Some(PilotPair {
            first_at: self.first_at as f64,
            second_at: self.second_at as f64,
            first_arrival,
            second_arrival,
            change: second_arrival - first_arrival + fine,
        })
    }
}

/// A piece of a channel; zero where it reaches outside.
fn piece(channel: &[f64], from: isize, len: usize) -> Vec<f64> {
    let sample = |k: isize| usize::try_from(k).ok().and_then(|k| channel.get(k)).copied();
    (from..from + len as isize).map(|k| sample(k).unwrap_or(0.0)).collect()
}
