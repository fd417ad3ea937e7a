//! What happens to samples between converter and file.

use ndarray::{Array2, Axis, Slice, concatenate};
use num_complex::Complex64;
use realfft::FftError;
use serde::{Deserialize, Serialize};

use super::super::check::{Check, ScenarioError};
use super::super::spectral::{Transform, decimated, oversampled, transform_length};
use super::{Faults, frame};
use crate::quantity::{SampleRate, amplitude_ratio};

/// Frames that are missing; what follows moves up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lost {
    /// Where the first would be.
    pub at_s: f64,
    /// How many.
    pub frames: u32,
    /// Whether the system says so.
    #[serde(default)]
    pub reported: bool,
}

/// Frames that are there twice; what follows moves back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inserted {
    /// Where the repetition of what came before begins.
    pub at_s: f64,
    /// How many.
    pub frames: u32,
}

/// Frames that are replaced; the time base is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Where it begins.
    pub at_s: f64,
    /// How many.
    pub frames: u32,
    /// What is there instead.
    #[serde(default)]
    pub fill: Filling,
}

/// What is in a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filling {
    /// Silence.
    #[default]
    Zeros,
    /// What came just before.
    Repeat,
}

/// A conversion of the sample rate and back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resampling {
    /// The rate in between; nothing passes above half of it, nor above half of the own rate.
    pub via_hz: u32,
    /// Level of the images that a poor converter leaves, mirrored at half of `via_hz`, re what is
    /// mirrored; none if absent, or if `via_hz` is not below the own rate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub image_db: Option<f64>,
}

impl Resampling {
    /// Where the converter's filter begins to fall, re half of the lower rate.
    const FLAT_TO: f64 = 0.907;

    /// Response of the filter: a quarter of a cosine from 20 kHz to 22.05 kHz at 44.1 kHz.
    fn low_pass(self, frequency_hz: f64, rate_hz: f64) -> Complex64 {
        let nyquist_hz = f64::from(self.via_hz).min(rate_hz) / 2.0;
        let position = (frequency_hz / nyquist_hz - Self::FLAT_TO) / (1.0 - Self::FLAT_TO);
        let angle = std::f64::consts::FRAC_PI_2 * position.clamp(0.0, 1.0);
        Complex64::new(angle.cos().powi(2), 0.0)
    }

    fn of(self, signal: &[f64], rate_hz: f64) -> Result<Vec<f64>, FftError> {
        let transform = Transform::of_length(transform_length(signal.len()));
        let mut passed = transform.filtered(signal, rate_hz, |hz| self.low_pass(hz, rate_hz))?;
        passed.truncate(signal.len());
        let via_hz = f64::from(self.via_hz);
        let Some(image_db) = self.image_db.filter(|_| via_hz < rate_hz) else {
            return Ok(passed);
        };
        // Samples at `via_hz` hold each frequency also at via_hz − f and via_hz + f; at twice the
        // own rate all of them that lie above half the own rate can be told and taken away.
        let mut doubled = oversampled(&passed, 2)?;
        let turns_per_sample = via_hz / (2.0 * rate_hz);
        for (k, value) in doubled.iter_mut().enumerate() {
            let turns = (k as f64 * turns_per_sample).fract();
            let carrier = (std::f64::consts::TAU * turns).cos();
            *value *= 1.0 + 2.0 * amplitude_ratio(image_db) * carrier;
        }
        decimated(&doubled, 2, signal.len())
    }

    pub(super) fn check(self) -> Result<(), ScenarioError> {
        let check = Check::of("faults.resampled");
        check.rate("via_hz", self.via_hz)?;
        check.finite(&[("image_db", self.image_db.unwrap_or(0.0))])
    }
}

/// What happens to the frames from one on.
#[derive(Debug, Clone, Copy)]
enum Change {
    Remove,
    RepeatBefore,
    Replace(Filling),
}

impl Change {
    fn apply(self, signals: Array2<f64>, at: usize, frames: usize) -> Array2<f64> {
        let at = at.min(signals.ncols());
        let until = (at + frames).min(signals.ncols());
        let between = match self {
            Self::Remove => Array2::zeros((2, 0)),
            Self::RepeatBefore => before(&signals, at, frames),
            Self::Replace(Filling::Zeros) => Array2::zeros((2, until - at)),
            Self::Replace(Filling::Repeat) => before(&signals, at, until - at),
        };
        let from = if matches!(self, Self::RepeatBefore) { at } else { until };
        let piece = |range: Slice| signals.slice_axis(Axis(1), range);
        let pieces = [piece(Slice::from(..at)), between.view(), piece(Slice::from(from..))];
        // Pieces of two rows each always fit together.
        concatenate(Axis(1), &pieces).unwrap_or(signals)
    }
}

/// So many frames from before one, and silence before the first.
fn before(signals: &Array2<f64>, at: usize, frames: usize) -> Array2<f64> {
    Array2::from_shape_fn((2, frames), |(row, k)| {
        (at + k).checked_sub(frames).map_or(0.0, |from| signals[[row, from]])
    })
}

impl Faults {
    /// The samples after a conversion of their rate and back, if there is one.
    pub(in super::super) fn resample(
        &self,
        signals: &mut Array2<f64>,
        rate_hz: f64,
    ) -> Result<(), FftError> {
        let Some(resampling) = self.resampled else { return Ok(()) };
        for mut row in signals.rows_mut() {
            let passed = resampling.of(&row.to_vec(), rate_hz)?;
            row.iter_mut().zip(passed).for_each(|(value, passed)| *value = passed);
        }
        Ok(())
    }

    /// The samples with frames lost, inserted and replaced. All places are those of a take
    /// without any loss.
    pub(in super::super) fn transported(
        &self,
        mut signals: Array2<f64>,
        rate_hz: f64,
    ) -> Array2<f64> {
        let lost = self.lost.iter().map(|l| (l.at_s, l.frames, Change::Remove));
        let inserted = self.inserted.iter().map(|i| (i.at_s, i.frames, Change::RepeatBefore));
        let gaps = self.gaps.iter().map(|g| (g.at_s, g.frames, Change::Replace(g.fill)));
        let mut changes: Vec<_> = lost.chain(inserted).chain(gaps).collect();
        // From the end on, so that no change moves the place of another.
        changes.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (at_s, frames, change) in changes {
            signals = change.apply(signals, frame(at_s, rate_hz), frames as usize);
        }
        signals
    }

    /// Frames that the system knows to have lost.
    pub(in super::super) fn reported_losses(&self) -> u64 {
        self.lost.iter().filter(|lost| lost.reported).map(|lost| u64::from(lost.frames)).sum()
    }

    /// The rate in the header of a recording.
    pub(in super::super) fn claimed_rate(&self, rate: SampleRate) -> SampleRate {
        self.claimed_rate_hz.and_then(|hz| SampleRate::new(hz).ok()).unwrap_or(rate)
    }

    pub(super) fn check_transport(&self) -> Result<(), ScenarioError> {
        /// Twenty seconds at 96 kHz.
        const MOST_FRAMES: f64 = 1_920_000.0;
        let lost = self.lost.iter().map(|l| ("faults.lost", l.at_s, l.frames));
        let inserted = self.inserted.iter().map(|i| ("faults.inserted", i.at_s, i.frames));
        let gaps = self.gaps.iter().map(|g| ("faults.gaps", g.at_s, g.frames));
        for (section, at_s, frames) in lost.chain(inserted).chain(gaps) {
            let check = Check::of(section);
            check.not_negative(&[("at_s", at_s)])?;
            let frames = ("frames", f64::from(frames));
            check.within(frames, (1.0, MOST_FRAMES), "from 1 to 1920000")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{amplitude, read};
    use super::*;

    const RATE_HZ: f64 = 48_000.0;

    /// Every frame is its own number.
    fn counted(frames: usize) -> Array2<f64> {
        Array2::from_shape_fn((2, frames), |(row, k)| k as f64 + row as f64 * 1e6)
    }

    fn transported(text: &str) -> Vec<usize> {
        let after = read(text).transported(counted(1000), RATE_HZ);
        let [first, second] = [0, 1]
            .map(|row| after.row(row).iter().map(|value| *value as usize).collect::<Vec<_>>());
        for (first, second) in first.iter().zip(&second) {
            assert!(*second == first + 1_000_000 || (*first, *second) == (0, 0));
        }
        first
    }

    #[test]
    fn lost_frames_are_missing_and_everything_after_them_matches() {
        let found = transported("lost = [{ at_s = 0.01, frames = 64 }]");
        let expected: Vec<_> = (0..480).chain(544..1000).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn inserted_frames_repeat_what_came_before() {
        let found = transported("inserted = [{ at_s = 0.01, frames = 64 }]");
        let expected: Vec<_> = (0..480).chain(416..480).chain(480..1000).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_gap_keeps_the_time_base() {
        let found = transported("gaps = [{ at_s = 0.01, frames = 64 }]");
        assert_eq!(found[480..544], [0; 64]);
        let found_again = transported("gaps = [{ at_s = 0.01, frames = 64, fill = \"repeat\" }]");
        assert_eq!(found_again[480..544], (416..480).collect::<Vec<_>>());
        for found in [found, found_again] {
            assert_eq!(found.len(), 1000);
            assert!(found[..480].iter().copied().eq(0..480));
            assert!(found[544..].iter().copied().eq(544..1000));
        }
    }

    #[test]
    fn several_losses_lie_where_they_would_without_each_other() {
        let found = transported(
            "lost = [{ at_s = 0.005, frames = 10 }, { at_s = 0.015, frames = 20 }]\n\
             inserted = [{ at_s = 0.01, frames = 5 }]",
        );
        let expected: Vec<_> =
            (0..240).chain(250..480).chain(475..480).chain(480..720).chain(740..1000).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn changes_at_the_ends_take_what_there_is() {
        assert_eq!(transported("lost = [{ at_s = 0.02, frames = 400 }]").len(), 960);
        assert_eq!(transported("lost = [{ at_s = 5, frames = 400 }]").len(), 1000);
        assert_eq!(transported("gaps = [{ at_s = 0.02, frames = 400 }]").len(), 1000);
        let found = transported("inserted = [{ at_s = 0.0002, frames = 16 }]");
        assert_eq!((found.len(), &found[10..17]), (1016, &[0, 0, 0, 0, 0, 0, 0][..]));
    }

    #[test]
    fn only_losses_that_the_system_noticed_are_reported() {
        let faults =
            read("lost = [{ at_s = 1, frames = 64, reported = true }, { at_s = 2, frames = 100 }]");
        assert_eq!(faults.reported_losses(), 64);
    }

    /// A tenth of a second of a tone of amplitude 1 at a frequency.
    fn resampled(text: &str, hz: f64) -> Vec<f64> {
        let turn = std::f64::consts::TAU * hz / RATE_HZ;
        let mut signals = Array2::from_shape_fn((2, 4800), |(_, k)| (turn * k as f64).sin());
        read(text).resample(&mut signals, RATE_HZ).unwrap();
        signals.row(1).to_vec()
    }

    /// Rounding of a few transforms.
    const ROUNDING: f64 = 1e-13;

    #[test]
    fn nothing_passes_above_half_of_the_rate_in_between() {
        for (via_hz, hz, expected) in [
            (44_100, 1e3, 1.0),
            (44_100, 19_990.0, 1.0),
            (44_100, 22_060.0, 0.0),
            (32_000, 16_010.0, 0.0),
            (32_000, 14_500.0, 1.0),
            (96_000, 21_700.0, 1.0),
        ] {
            let text = format!("resampled = {{ via_hz = {via_hz} }}");
            let found = amplitude(&resampled(&text, hz), hz / 10.0);
            assert!((found - expected).abs() < ROUNDING, "{via_hz} Hz, {hz} Hz: {found}");
        }
    }

    #[test]
    fn a_poor_converter_leaves_an_image_mirrored_at_half_of_its_rate() {
        let text = "resampled = { via_hz = 32000, image_db = -40 }";
        let found = resampled(text, 10e3);
        assert!((amplitude(&found, 1000.0) - 1.0).abs() < ROUNDING);
        assert!((amplitude(&found, 2200.0) - 0.01).abs() < ROUNDING, "32 − 10 kHz");
        // 32 + 10 kHz would fold to 6 kHz.
        assert!(amplitude(&found, 600.0) < ROUNDING);
        // 32 − 2 kHz lies above half of the rate.
        let found = resampled(text, 2e3);
        assert!(amplitude(&found, 1800.0) < ROUNDING);
    }
}
