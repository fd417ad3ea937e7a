//! A WAV file that grows while a capture runs, and can be read at any moment of it.
//!
//! Its header says that the length is not known, as that of a file written into a pipe does; so
//! nothing has to be filled in at the end, and [`read`](super::read) takes what is there. A frame
//! of which only a part was written is left out.

use std::fs::File;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use hound::{Sample, WavSpec, WavWriter};

use super::write::{WavWriteError, held, spec};
use crate::model::SampleFormat;
use crate::quantity::SampleRate;
use crate::store::atomic::WriteError;

/// A file that a capture is written to while it runs.
///
/// A thread of its own does the writing: a disk that is busy keeps nobody waiting. What was
/// pushed is on the disk about a second later.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    spec: WavSpec,
    queue: Sender<Vec<u8>>,
    writer: JoinHandle<io::Result<()>>,
}

impl Spool {
    /// Begins a file, which must not be there yet.
    ///
    /// # Errors
    ///
    /// When it is there, cannot be made, or there are more than 64 channels.
    pub fn create(
        path: &Path,
        channels: usize,
        rate: SampleRate,
        format: SampleFormat,
    ) -> Result<Self, WavWriteError> {
        let refuse = |reason: &str| WavWriteError::Samples {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let spec = spec(channels, rate, format).map_err(refuse)?;
        let header = header(spec).map_err(|error| refuse(&error.to_string()))?;
        let mut file = File::create_new(path).map_err(WriteError::at(path))?;
        let (queue, pieces) = mpsc::channel();
        let second = rate.hz() as usize * channels * usize::from(spec.bits_per_sample / 8);
        let writer = std::thread::spawn(move || {
            file.write_all(&header)?;
            write_all(&mut file, &pieces, second)
        });
        Ok(Self { path: path.to_owned(), spec, queue, writer })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends frames, given by channel, all channels equally long. Does not wait for the disk,
    /// so an error may come a few calls late, or from [`Self::finish`]; `false` says that there
    /// was one.
    #[must_use]
    pub fn push(&self, channels: &[&[f64]]) -> bool {
        let mut bytes = Vec::new();
        let frames = channels.iter().map(|channel| channel.len()).min().unwrap_or(0);
        for frame in 0..frames {
            for channel in channels {
                // Writing into memory does not fail.
                let _ = encode(channel[frame], self.spec, &mut bytes);
            }
        }
        self.queue.send(bytes).is_ok()
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    ///
    /// When the system refused. What was written before stays.
    pub fn finish(self) -> Result<(), WriteError> {
        drop(self.queue);
        let ended = self.writer.join();
        let ended = ended.unwrap_or_else(|_| Err(io::Error::other("the writer gave up")));
        ended.map_err(WriteError::at(&self.path))
    }
}

/// Writes pieces as they come, and makes sure about once a second that the disk has them.
fn write_all(file: &mut File, pieces: &Receiver<Vec<u8>>, second: usize) -> io::Result<()> {
    let mut unsaved = 0;
    for piece in pieces {
        file.write_all(&piece)?;
        unsaved += piece.len();
        if unsaved >= second {
            file.sync_data()?;
            unsaved = 0;
        }
    }
    Ok(())
}

/// The header of a file whose length is not known.
fn header(spec: WavSpec) -> hound::Result<Vec<u8>> {
    const UNKNOWN: [u8; 4] = u32::MAX.to_le_bytes();
    let mut bytes = Vec::new();
    WavWriter::new(Cursor::new(&mut bytes), spec)?.finalize()?;
    // The length of the file, and at the very end that of the samples.
    if let Some(length) = bytes.get_mut(4..8) {
        length.copy_from_slice(&UNKNOWN);
    }
    if let Some(length) = bytes.last_chunk_mut() {
        *length = UNKNOWN;
    }
    Ok(bytes)
}

fn encode(sample: f64, spec: WavSpec, bytes: &mut Vec<u8>) -> hound::Result<()> {
    match spec.sample_format {
        hound::SampleFormat::Float => (sample as f32).write(bytes, spec.bits_per_sample),
        hound::SampleFormat::Int => {
            held(sample, spec.bits_per_sample).write(bytes, spec.bits_per_sample)
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::store::atomic::Overwrite;
    use crate::store::wav::{read, write};

    const FORMATS: [SampleFormat; 4] = [
        SampleFormat::Integer(16),
        SampleFormat::Integer(24),
        SampleFormat::Integer(32),
        SampleFormat::Float,
    ];

    fn rate() -> SampleRate {
        SampleRate::new(8000).unwrap()
    }

    fn samples() -> Array2<f64> {
        Array2::from_shape_fn((2, 20_000), |(channel, k)| {
            (0.3 + channel as f64) * (k as f64 * 0.7).sin() / 2.0
        })
    }

    fn spooled(path: &Path, format: SampleFormat) {
        let spool = Spool::create(path, 2, rate(), format).unwrap();
        let samples = samples();
        for piece in samples.axis_chunks_iter(ndarray::Axis(1), 777) {
            let rows = piece.rows();
            let channels: Vec<&[f64]> = rows.into_iter().map(|r| r.to_slice().unwrap()).collect();
            assert!(spool.push(&channels));
        }
        spool.finish().unwrap();
    }

    #[test]
    fn a_spool_reads_like_the_file_that_is_written_at_once() {
        for format in FORMATS {
            let folder = tempfile::tempdir().unwrap();
            let [spool, whole] = ["spool.wav", "whole.wav"].map(|name| folder.path().join(name));
            spooled(&spool, format);
            write(&whole, &samples(), rate(), format, Overwrite::Refuse).unwrap();
            let (spool, whole) = (read(&spool).unwrap(), read(&whole).unwrap());
            assert_eq!(spool.truncated, None);
            assert_eq!(spool.recording.samples(), whole.recording.samples());
            assert_eq!(spool.recording.format(), format);
        }
    }

    #[test]
    fn wherever_a_spool_breaks_off_the_whole_frames_before_are_read() {
        for format in FORMATS {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("spool.wav");
            spooled(&path, format);
            let bytes = std::fs::read(&path).unwrap();
            let whole = read(&path).unwrap().recording;
            let block = (bytes.len() - header(spec(2, rate(), format).unwrap()).unwrap().len())
                / whole.frames();
            for lost in [1, block - 1, block, 10 * block + 1, bytes.len() / 2] {
                std::fs::write(&path, &bytes[..bytes.len() - lost]).unwrap();
                let part = read(&path).unwrap().recording;
                assert_eq!(part.frames(), whole.frames() - lost.div_ceil(block), "{format}");
                let last = part.frames() - 1;
                assert_eq!(
                    part.samples()[[1, last]].to_bits(),
                    whole.samples()[[1, last]].to_bits()
                );
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_disk_that_is_full_is_reported_and_keeps_nobody_waiting() {
        let spec = spec(1, rate(), SampleFormat::Float).unwrap();
        let path = PathBuf::from("/dev/full");
        let mut full = File::options().write(true).open(&path).unwrap();
        let (queue, pieces) = mpsc::channel();
        let writer = std::thread::spawn(move || write_all(&mut full, &pieces, 1));
        let spool = Spool { path, spec, queue, writer };
        // Sooner or later the writer's end is noticed.
        while spool.push(&[&[0.5]]) {}
        let error = spool.finish().unwrap_err().to_string();
        assert!(error.contains("'/dev/full'") && error.contains("No space left"), "{error}");
    }
}
