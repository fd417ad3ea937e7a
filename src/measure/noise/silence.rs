//! Where nothing is played in a take.

use std::ops::Range;

use crate::dsp::density::{Average, Density};
use crate::model::Stimulus;
use crate::quantity::SampleRate;

/// The stimulus may be heard this long before it is expected: of its fade only what lies above
/// −60 dB is counted as played, and a filter may ring before its peak.
const LEAD_S: f64 = 0.05;
/// The silence before everything stands for the noise alone if it is this long: nothing rings in
/// it.
const ENOUGH_S: f64 = 0.75;

/// The silence in one channel of a take.
pub(super) struct Silence<'a> {
    /// What the noise is measured in.
    pieces: Vec<&'a [f64]>,
    /// The longest of all silent stretches.
    longest: &'a [f64],
}

impl<'a> Silence<'a> {
    /// The silence in a channel that lags the stimulus by `delay` samples. `active` are the
    /// frames of a sweep that can be heard; after each of them, and after a pilot, the device
    /// needs `decay` frames to fall silent.
    pub(super) fn of(
        channel: &'a [f64],
        stimulus: &Stimulus,
        active: (usize, usize),
        delay: isize,
        decay: usize,
    ) -> Self {
        let rate = stimulus.rate().as_f64();
        let lead = (LEAD_S * rate) as isize;
        let mut stretches = Vec::new();
        let mut from = 0;
        for played in played(stimulus, active) {
            let until = played.start + delay - lead;
            stretches.push(stretch(channel, from, until));
            from = played.end + delay + decay as isize;
        }
        let before = stretches[0];
        stretches.push(stretch(channel, from, channel.len() as isize));
        let longest = stretches.iter().copied().max_by_key(|piece| piece.len()).unwrap_or_default();
        let enough = before.len() as f64 >= ENOUGH_S * rate;
        let pieces = if enough { vec![before] } else { stretches };
        Self { pieces, longest }
    }

    /// The longest stretch of it.
    pub(super) const fn longest(&self) -> &'a [f64] {
        self.longest
    }

    /// The density of what is heard in it; `None` if it is too short or holds nothing at all, as
    /// behind a noise gate.
    pub(super) fn density(&self, rate: SampleRate) -> Option<Density> {
        /// Bins of 4 Hz: noise changes little over that.
        const SEGMENT_S: f64 = 0.25;
        /// Shorter segments do not resolve the bass.
        const SHORTEST_S: f64 = 0.1;
        /// Three segments without overlap, five with, make a median.
        const SEGMENTS: usize = 3;
        let longest = self.pieces.iter().map(|piece| piece.len()).max()?;
        let segment = ((SEGMENT_S * rate.as_f64()) as usize).min(longest / SEGMENTS);
        if (segment as f64) < SHORTEST_S * rate.as_f64() {
            return None;
        }
        Density::welch(&self.pieces, segment, rate, Average::Median)
    }
}

/// What is played, in order.
fn played(stimulus: &Stimulus, active: (usize, usize)) -> Vec<Range<isize>> {
    let span = |from: usize, to: usize| from as isize..to as isize;
    let sweeps = stimulus.sweep_starts().iter().map(|&at| span(at + active.0, at + active.1));
    let pilot = stimulus.pilot().len();
    let pilots = stimulus.pilot_starts().iter().map(|&at| span(at, at + pilot));
    let mut played: Vec<Range<isize>> = sweeps.chain(pilots).collect();
    played.sort_unstable_by_key(|range| range.start);
    played
}

/// A stretch of a channel as far as it lies inside, without samples at its ends that are all
/// equal: there the capture had not begun, or a file was made longer.
fn stretch(channel: &[f64], from: isize, until: isize) -> &[f64] {
    let inside = |at: isize| at.clamp(0, channel.len() as isize) as usize;
    let (from, until) = (inside(from), inside(until));
    let Some(piece) = channel.get(from..until.max(from)) else { return &[] };
    let differs = |value: f64| move |v: &f64| v.to_bits() != value.to_bits();
    let Some(first) = piece.first().and_then(|&v| piece.iter().position(differs(v))) else {
        return &[];
    };
    let last = piece.last().and_then(|&v| piece.iter().rposition(differs(v)));
    last.map_or(&[], |last| &piece[first - 1..last + 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Band;

    const BAND: Band = Band { start_hz: 10.0, flat_from_hz: 20.0, flat_to_hz: 3e3, stop_hz: 3.5e3 };

    /// A second of silence, 0.1 s of something, and 0.3 s later again, at 8 kHz; 1.5 s in all.
    fn stimulus() -> Stimulus {
        let rate = SampleRate::new(8000).unwrap();
        let none = (Vec::new(), Vec::new());
        let sweeps = (vec![1.0; 800], vec![8000, 11_200]);
        Stimulus::sequence("test", rate, 16_000, sweeps, none, BAND).unwrap()
    }

    /// A channel whose samples are their own place.
    fn ramp(frames: usize) -> Vec<f64> {
        (0..frames).map(|k| k as f64).collect()
    }

    fn ends(piece: &[f64]) -> (f64, f64) {
        (piece[0], piece[piece.len() - 1])
    }

    #[test]
    fn the_silence_before_the_stimulus_is_preferred_and_ends_before_it() {
        let channel = ramp(16_000);
        let silence = Silence::of(&channel, &stimulus(), (0, 800), 100, 800);
        assert_eq!(silence.pieces.len(), 1);
        assert_eq!(ends(silence.pieces[0]), (0.0, 7699.0));
    }

    #[test]
    fn without_it_what_lies_between_and_after_counts_once_the_device_has_decayed() {
        // The take begins 0.7 s late.
        let channel = ramp(10_400);
        let silence = Silence::of(&channel, &stimulus(), (0, 800), -5600, 800);
        let found: Vec<_> = silence.pieces.iter().map(|piece| ends(piece)).collect();
        assert_eq!(found, [(0.0, 1999.0), (4000.0, 5199.0), (7200.0, 10_399.0)]);
        assert_eq!(ends(silence.longest()), (7200.0, 10_399.0));
    }

    #[test]
    fn a_capture_that_had_not_begun_is_no_silence() {
        let mut channel = ramp(16_000);
        channel[..3000].fill(0.5);
        let silence = Silence::of(&channel, &stimulus(), (0, 800), 100, 800);
        assert_eq!(silence.pieces.len(), 3);
        assert_eq!(silence.pieces[0].len(), 7700 - 2999);
        let muted = vec![0.0; 16_000];
        let silence = Silence::of(&muted, &stimulus(), (0, 800), 100, 800);
        assert!(silence.density(SampleRate::new(8000).unwrap()).is_none());
    }

    #[test]
    fn what_is_too_short_says_nothing_about_the_bass() {
        let rate = SampleRate::new(8000).unwrap();
        let channel = ramp(8000 + 800);
        let late = Silence::of(&channel, &stimulus(), (0, 800), -6000, 10_000);
        assert!(late.density(rate).is_none());
        let silence = Silence::of(&channel, &stimulus(), (0, 800), 0, 10_000);
        assert!(silence.density(rate).is_some());
    }
}
