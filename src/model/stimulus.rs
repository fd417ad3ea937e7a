//! What is played, sample by sample, and where its parts lie.

use std::sync::Arc;

use super::plan::Band;
use crate::quantity::{SampleRate, amplitude_ratio};

/// The signal that a rig plays: one channel, 1.0 being digital full scale.
///
/// It holds one or more equal sweeps and, where the plan has them, an equal pilot chirp before
/// and after. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Stimulus {
    name: String,
    rate: SampleRate,
    samples: Arc<Vec<f64>>,
    sweep: Arc<Vec<f64>>,
    sweep_starts: Vec<usize>,
    pilot: Arc<Vec<f64>>,
    pilot_starts: Vec<usize>,
    band: Band,
    time_constant_s: Option<f64>,
}

/// Why samples are not a stimulus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StimulusError {
    /// There is no signal in it.
    #[error("the stimulus is silent or empty")]
    Silent,
    /// A part does not lie inside the whole.
    #[error("a sweep or pilot of the stimulus does not lie inside it")]
    Outside,
}

impl Stimulus {
    /// A stimulus that consists of one sweep and nothing else, as a file that somebody made.
    ///
    /// # Errors
    ///
    /// When it holds no signal.
    pub fn single(
        name: impl Into<String>,
        rate: SampleRate,
        samples: Vec<f64>,
        band: Band,
    ) -> Result<Self, StimulusError> {
        if samples.iter().all(|&v| v == 0.0) {
            return Err(StimulusError::Silent);
        }
        let samples = Arc::new(samples);
        Ok(Self {
            name: name.into(),
            rate,
            sweep: Arc::clone(&samples),
            samples,
            sweep_starts: vec![0],
            pilot: Arc::default(),
            pilot_starts: Vec::new(),
            band,
            time_constant_s: None,
        })
    }

    /// A stimulus of silence with sweeps and pilots laid into it.
    ///
    /// # Errors
    ///
    /// When the sweep is silent, there is none, or a part reaches past the end.
    pub fn sequence(
        name: impl Into<String>,
        rate: SampleRate,
        frames: usize,
        (sweep, sweep_starts): (Vec<f64>, Vec<usize>),
        (pilot, pilot_starts): (Vec<f64>, Vec<usize>),
        band: Band,
    ) -> Result<Self, StimulusError> {
        if sweep_starts.is_empty() || sweep.iter().all(|&v| v == 0.0) {
            return Err(StimulusError::Silent);
        }
        let mut samples = vec![0.0; frames];
        let parts = sweep_starts.iter().map(|&at| (at, &sweep));
        for (at, part) in parts.chain(pilot_starts.iter().map(|&at| (at, &pilot))) {
            let place = samples.get_mut(at..at + part.len()).ok_or(StimulusError::Outside)?;
            place.copy_from_slice(part);
        }
        Ok(Self {
            name: name.into(),
            rate,
            samples: Arc::new(samples),
            sweep: Arc::new(sweep),
            sweep_starts,
            pilot: Arc::new(pilot),
            pilot_starts,
            band,
            time_constant_s: None,
        })
    }

    /// The same stimulus, known to be an exponential sweep whose frequency grows by a factor e in
    /// so many seconds.
    #[must_use]
    pub const fn with_time_constant(mut self, time_constant_s: Option<f64>) -> Self {
        self.time_constant_s = time_constant_s;
        self
    }

    /// The same stimulus, so many decibels quieter.
    #[must_use]
    pub fn quieter_by(&self, db: f64) -> Self {
        if db == 0.0 {
            return self.clone();
        }
        let factor = amplitude_ratio(-db);
        let scaled = |samples: &[f64]| Arc::new(samples.iter().map(|v| v * factor).collect());
        Self {
            samples: scaled(&self.samples),
            sweep: scaled(&self.sweep),
            pilot: scaled(&self.pilot),
            ..self.clone()
        }
    }

    /// The plan's or the file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The sample rate.
    #[must_use]
    pub const fn rate(&self) -> SampleRate {
        self.rate
    }

    /// The whole signal.
    #[must_use]
    pub fn samples(&self) -> &[f64] {
        &self.samples
    }

    /// Its length in frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.samples.len()
    }

    /// One sweep.
    #[must_use]
    pub fn sweep(&self) -> &[f64] {
        &self.sweep
    }

    /// The frames at which a sweep begins, at least one, rising.
    #[must_use]
    pub fn sweep_starts(&self) -> &[usize] {
        &self.sweep_starts
    }

    /// One pilot chirp; empty where there is none.
    #[must_use]
    pub fn pilot(&self) -> &[f64] {
        &self.pilot
    }

    /// The frames at which a pilot begins, rising; empty where there is none.
    #[must_use]
    pub fn pilot_starts(&self) -> &[usize] {
        &self.pilot_starts
    }

    /// The frequencies of the sweep.
    #[must_use]
    pub const fn band(&self) -> Band {
        self.band
    }

    /// Time in which the frequency of the sweep grows by a factor e, in seconds: the harmonics of
    /// a distorting device come this time times the logarithm of their order early. Absent if the
    /// sweep is not exponential.
    #[must_use]
    pub const fn time_constant_s(&self) -> Option<f64> {
        self.time_constant_s
    }

    /// The largest magnitude of any sample.
    #[must_use]
    pub fn peak(&self) -> f64 {
        self.samples.iter().fold(0.0, |peak, v| v.abs().max(peak))
    }
}
