//! Writing WAV files.

use std::io::{BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use hound::{WavSpec, WavWriter};
use ndarray::{Array2, Axis};

use crate::model::{Recording, SampleFormat};
use crate::quantity::SampleRate;
use crate::store::atomic::{self, Overwrite, WriteError};

/// A WAV file holds less than 4 GiB; some of it is header.
const MOST_BYTES: usize = u32::MAX as usize - 4096;

/// Why a WAV file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WavWriteError {
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The samples do not go into a WAV file.
    #[error("cannot write '{}': {reason}", path.display())]
    Samples {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        reason: String,
    },
}

/// Writes a recording as it was captured, with as many bits.
///
/// # Errors
///
/// As [`write()`].
pub fn write_recording(
    path: &Path,
    recording: &Recording,
    overwrite: Overwrite,
) -> Result<(), WavWriteError> {
    let samples = recording.samples();
    write(path, samples, recording.rate(), recording.format(), overwrite)
}

/// Writes samples (channels × frames, full scale 1.0) to a WAV file.
///
/// Integers are written with 16, 24 or 32 bits, whichever holds the format's bits; samples past
/// full scale are held there. Samples that were read from such a file keep every bit.
///
/// # Errors
///
/// When the file exists and must not be replaced, the system refuses, there are no samples or
/// too many, or one is not a finite number.
pub fn write(
    path: &Path,
    samples: &Array2<f64>,
    rate: SampleRate,
    format: SampleFormat,
    overwrite: Overwrite,
) -> Result<(), WavWriteError> {
    let refuse =
        |reason: &str| WavWriteError::Samples { path: path.to_owned(), reason: reason.to_owned() };
    if samples.is_empty() {
        return Err(refuse("there are no samples"));
    }
    if samples.len() > MOST_BYTES / 4 {
        return Err(refuse("it would be longer than the 4 GiB of a WAV file"));
    }
    let spec = spec(samples.nrows(), rate, format).map_err(refuse)?;
    if samples.iter().any(|sample| !(*sample as f32).is_finite()) {
        return Err(refuse("a sample is not a finite number"));
    }
    atomic::write_with(path, overwrite, |file| {
        fill(BufWriter::new(file), spec, samples).map_err(|error| match error {
            hound::Error::IoError(source) => WriteError::at(path)(source).into(),
            other => refuse(&other.to_string()),
        })
    })
}

/// The kind of file that holds so many channels of a format.
pub(super) fn spec(
    channels: usize,
    rate: SampleRate,
    format: SampleFormat,
) -> Result<WavSpec, &'static str> {
    let (bits_per_sample, sample_format) = match format {
        SampleFormat::Integer(0..=16) => (16, hound::SampleFormat::Int),
        SampleFormat::Integer(17..=24) => (24, hound::SampleFormat::Int),
        SampleFormat::Integer(_) => (32, hound::SampleFormat::Int),
        SampleFormat::Float => (32, hound::SampleFormat::Float),
    };
    if channels > usize::from(super::MOST_CHANNELS) {
        return Err("there are more than 64 channels");
    }
    let channels = channels as u16;
    Ok(WavSpec { channels, sample_rate: rate.hz(), bits_per_sample, sample_format })
}

fn fill(sink: impl Write + Seek, spec: WavSpec, samples: &Array2<f64>) -> hound::Result<()> {
    let mut writer = WavWriter::new(sink, spec)?;
    for frame in samples.axis_iter(Axis(1)) {
        for &sample in frame {
            match spec.sample_format {
                hound::SampleFormat::Float => writer.write_sample(sample as f32)?,
                hound::SampleFormat::Int => {
                    writer.write_sample(held(sample, spec.bits_per_sample))?;
                }
            }
        }
    }
    // Errors at drop would be swallowed.
    writer.finalize()
}

/// The integer of so many bits that is closest to a sample, which is held at full scale.
pub(super) fn held(sample: f64, bits: u16) -> i32 {
    let full_scale = 2_f64.powi(i32::from(bits) - 1);
    (sample * full_scale).round().clamp(-full_scale, full_scale - 1.0) as i32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::wav::read;

    fn through_a_file(samples: &Array2<f64>, format: SampleFormat) -> Recording {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("take-1.wav");
        let rate = SampleRate::new(48000).unwrap();
        write(&path, samples, rate, format, Overwrite::Refuse).unwrap();
        let read = read(&path).unwrap();
        assert_eq!(read.truncated, None);
        assert_eq!(read.recording.rig().name, "take-1.wav");
        read.recording
    }

    fn stereo(values: &[i32], full_scale: f64) -> Array2<f64> {
        Array2::from_shape_fn((2, values.len()), |(channel, frame)| {
            let value = f64::from(values[frame]) / full_scale;
            if channel == 0 { value } else { -value / 2.0 }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn sixteen_bits_are_kept(values in proptest::collection::vec(-32768..32768, 1..40)) {
            let samples = stereo(&values.iter().map(|v| v & !1).collect::<Vec<_>>(), 32768.0);
            let format = SampleFormat::Integer(16);
            let back = through_a_file(&samples, format);
            prop_assert_eq!(back.samples(), &samples);
            prop_assert_eq!(back.format(), format);
        }

        #[test]
        fn twenty_four_bits_are_kept(
            values in proptest::collection::vec(-8_388_608..8_388_608, 1..40),
        ) {
            let samples = stereo(&values.iter().map(|v| v & !1).collect::<Vec<_>>(), 8_388_608.0);
            let format = SampleFormat::Integer(24);
            let back = through_a_file(&samples, format);
            prop_assert_eq!(back.samples(), &samples);
            prop_assert_eq!(back.format(), format);
        }

        #[test]
        fn floats_are_kept(values in proptest::collection::vec(-4.0_f32..4.0, 1..40)) {
            let samples = Array2::from_shape_fn((1, values.len()), |(_, i)| f64::from(values[i]));
            let back = through_a_file(&samples, SampleFormat::Float);
            prop_assert_eq!(back.samples(), &samples);
            prop_assert_eq!(back.format(), SampleFormat::Float);
        }
    }

    #[test]
    fn samples_past_full_scale_are_held_there() {
        let samples = Array2::from_shape_vec((1, 2), vec![1.5, -1.5]).unwrap();
        let back = through_a_file(&samples, SampleFormat::Integer(24));
        assert_eq!(back.samples().row(0).to_vec(), [8_388_607.0 / 8_388_608.0, -1.0]);
    }

    #[test]
    fn what_is_not_a_number_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bad.wav");
        let samples = Array2::from_elem((1, 1), f64::NAN);
        let rate = SampleRate::new(48000).unwrap();
        let format = SampleFormat::Float;
        assert!(write(&path, &samples, rate, format, Overwrite::Allow).is_err());
        assert!(!path.exists());
    }
}
