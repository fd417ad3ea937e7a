//! The pilots of a stimulus in a take.

use super::clock::Distance;
use crate::dsp::lag::Aligner;
use crate::model::Stimulus;
use crate::quantity::SampleRate;

/// The band in which pilots are compared.
const PILOT_BAND_HZ: (f64, f64) = (500.0, 8e3);

/// Without any noise a lag is still no better than its arithmetic, in samples.
pub(super) const LEAST_U: f64 = 1e-5;

/// The two pilots of a take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::measure) struct PilotPair {
    /// Their distance.
    pub(in crate::measure) distance: Distance,
    /// How much later than the lag of the first sweep predicts the first arrived, in whole
    /// samples.
    pub(in crate::measure) first_arrival: f64,
    /// The same of the second.
    pub(in crate::measure) second_arrival: f64,
}

/// What became of the pilots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::measure) enum Pilots {
    /// Both are there.
    Found(PilotPair),
    /// One should lie outside the recording.
    Outside,
    /// The device passes too little of them.
    Inaudible,
}

/// The correlation with a pilot that is there rises so far above its effective value; that of
/// noise reaches six.
const LEAST_PROMINENCE: f64 = 9.0;

/// Looks for the pilots of a stimulus within 0.9 s of where they should be.
pub(in crate::measure) struct PilotSearch {
    first_at: usize,
    second_at: usize,
    frames: usize,
    reach: usize,
    rate: SampleRate,
    aligner: Aligner,
}

impl PilotSearch {
    /// For a stimulus; `None` if it has no two pilots.
    pub(in crate::measure) fn new(stimulus: &Stimulus) -> Option<Self> {
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

    /// The pilots of a take whose first sweep has this lag.
    pub(in crate::measure) fn find(&mut self, channel: &[f64], delay: isize) -> Pilots {
        const MARGIN_S: f64 = 0.03;
        let margin = (MARGIN_S * self.rate.as_f64()) as usize;
        let (frames, reach, aligner) = (self.frames, self.reach, &mut self.aligner);
        let is_inside = |at: usize| {
            let expected = at as isize + delay;
            expected >= 0 && expected + frames as isize <= channel.len() as isize
        };
        if !(is_inside(self.first_at) && is_inside(self.second_at)) {
            return Pilots::Outside;
        }
        let mut coarse = |at: usize| {
            let from = at as isize + delay - reach as isize;
            let lag = aligner.whole_lag(&piece(channel, from, 2 * reach + frames));
            (lag, aligner.prominence())
        };
        let (first_arrival, first_height) = coarse(self.first_at);
        let (second_arrival, second_height) = coarse(self.second_at);
        if first_height.min(second_height) < LEAST_PROMINENCE {
            return Pilots::Inaudible;
        }
        let cut = |at: usize, arrival: f64| {
            let from = at as isize + delay + arrival as isize - margin as isize;
            piece(channel, from, frames + 2 * margin)
        };
        let first = cut(self.first_at, first_arrival);
        let second = cut(self.second_at, second_arrival);
        let fine = Aligner::new(&first, self.rate, PILOT_BAND_HZ).lag(&second);
        let (from, to) = (self.first_at as f64, self.second_at as f64);
        let change = second_arrival - first_arrival + fine.samples;
        let distance = Distance { played: to - from, change, u: fine.u.max(LEAST_U), from, to };
        Pilots::Found(PilotPair { distance, first_arrival, second_arrival })
    }
}

/// A piece of a channel; zero where it reaches outside.
pub(super) fn piece(channel: &[f64], from: isize, len: usize) -> Vec<f64> {
    let sample = |k: isize| usize::try_from(k).ok().and_then(|k| channel.get(k)).copied();
    (from..from + len as isize).map(|k| sample(k).unwrap_or(0.0)).collect()
}
