//! Does a stimulus that somebody else made hold one sweep several times?

use std::ops::Range;

use crate::quantity::SampleRate;

/// Sections of a signal that sound alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeats {
    /// Length of one of them.
    pub frames: usize,
    /// Where each begins.
    pub starts: Vec<usize>,
}

/// Quieter than this, re the peak, is silence: 80 dB down, above the last bits of 16.
const SILENCE: f64 = 1e-4;
/// Silence this long parts two sections; a sweep that crosses zero is silent for microseconds.
const PAUSE_S: f64 = 0.05;
/// Sections whose samples differ by less, re the peak, are one and the same sweep.
const SAME: f64 = 1e-3;
/// Lengths differ by so much at most: a last bit moves where silence begins.
const SAME_LENGTH: f64 = 0.01;

/// The longest section of a signal with all that equal it, if it is there twice or more. Shorter
/// ones, such as the chirps of a timing reference, are passed over.
///
/// A signal that repeats has a spectrum with deep notches, by which nothing can be divided; each
/// sweep of it for itself is sound.
#[must_use]
pub fn repeats(signal: &[f64], rate: SampleRate) -> Option<Repeats> {
    let peak = signal.iter().fold(0.0_f64, |peak, v| peak.max(v.abs()));
    let pause = (PAUSE_S * rate.as_f64()) as usize;
    let sections = sections(signal, SILENCE * peak, pause);
    let longest = sections.iter().map(Range::len).max()?;
    let like_it = |section: &&Range<usize>| {
        longest - section.len() <= (SAME_LENGTH * longest as f64) as usize
    };
    let starts: Vec<usize> = sections.iter().filter(like_it).map(|section| section.start).collect();
    // The fades that lie below the threshold belong to the sweep.
    let before = (*starts.first()?).min(pause / 2);
    let starts: Vec<usize> = starts.into_iter().map(|start| start - before).collect();
    let last = *starts.last()?;
    let frames = (before + longest + pause / 2).min(signal.len() - last);
    let piece = |start: usize| &signal[start..start + frames];
    let differs = |a: &[f64], b: &[f64]| a.iter().zip(b).any(|(a, b)| (a - b).abs() > SAME * peak);
    let alike = !starts.iter().any(|&start| differs(piece(starts[0]), piece(start)));
    (starts.len() > 1 && alike).then_some(Repeats { frames, starts })
}

/// Where a signal sounds, parted by pauses.
fn sections(signal: &[f64], silence: f64, pause: usize) -> Vec<Range<usize>> {
    let mut sections: Vec<Range<usize>> = Vec::new();
    for (k, _) in signal.iter().enumerate().filter(|(_, v)| v.abs() > silence) {
        match sections.last_mut() {
            Some(section) if k - section.end < pause => section.end = k + 1,
            _ => sections.push(k..k + 1),
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: usize = 4800;

    fn rate() -> SampleRate {
        SampleRate::new(48_000).unwrap()
    }

    /// A chirp of a tenth of a second that fades in and out.
    fn chirp() -> Vec<f64> {
        let sample = |k: usize| {
            let x = k as f64 / 4800.0;
            (std::f64::consts::PI * x).sin() * (300.0 * x * x).sin()
        };
        (0..4800).map(sample).collect()
    }

    fn with_pauses(parts: &[&[f64]]) -> Vec<f64> {
        let pause = vec![0.0; PAUSE];
        parts.iter().flat_map(|part| [&pause[..], part].concat()).chain(pause.clone()).collect()
    }

    #[test]
    fn a_sweep_that_is_there_three_times_between_short_chirps_is_found() {
        let (sweep, pilot) = (chirp(), &chirp()[..1000]);
        let signal = with_pauses(&[pilot, &sweep, &sweep, &sweep, pilot]);
        let found = repeats(&signal, rate()).unwrap();
        assert_eq!(found.starts.len(), 3);
        assert_eq!(found.starts[1] - found.starts[0], sweep.len() + PAUSE);
        assert!(found.frames >= sweep.len());
    }

    #[test]
    fn one_sweep_is_no_repeat_and_neither_are_two_that_differ() {
        let sweep = chirp();
        let backwards: Vec<f64> = sweep.iter().rev().copied().collect();
        assert_eq!(repeats(&sweep, rate()), None);
        assert_eq!(repeats(&with_pauses(&[&sweep]), rate()), None);
        assert_eq!(repeats(&with_pauses(&[&sweep, &backwards]), rate()), None);
        assert_eq!(repeats(&[], rate()), None);
        assert_eq!(repeats(&[0.0; 100], rate()), None);
    }
}
