//! One take: searched for its stimulus, checked, deconvolved and gated.

use num_complex::Complex64;

use super::timing::{self, Arrivals, PilotSearch};
use crate::dsp::deconvolution::{Deconvolver, Impulse, Inverse, SweepSpectrum};
use crate::dsp::detection::{self, Detector, Search, active_frames};
use crate::dsp::gate::Gate;
use crate::dsp::lag::Aligner;
use crate::model::{Finding, FindingKind, Recording, Stimulus};
use crate::quantity::amplitude_db;

/// The impulse response of one sweep in one channel, cut out around its peak.
#[derive(Debug, Clone)]
pub(super) struct GatedSweep {
    /// The gated samples.
    pub(super) piece: Vec<f64>,
    /// Where the peak lies against the stimulus, in samples; the fraction is there if the clocks
    /// differ.
    pub(super) lag: f64,
}

/// What one channel of a take holds.
#[derive(Debug, Clone)]
pub(super) struct GatedChannel {
    /// One for each sweep.
    pub(super) sweeps: Vec<GatedSweep>,
    /// Lag of the peak of the first sweep, in samples.
    pub(super) delay: isize,
    /// Whether the stimulus comes back upside down.
    pub(super) inverted: bool,
    /// Peak of the first impulse response over the noise after its gate.
    pub(super) peak_to_noise_db: Option<f64>,
}

/// Deconvolves takes of one stimulus. The transform of the sweep is kept between takes of the
/// same length.
pub(super) struct Laboratory {
    stimulus: Stimulus,
    gate: Gate,
    inverse: Inverse,
    active: (usize, usize),
    pilots: Option<PilotSearch>,
    bench: Option<Bench>,
}

/// What is made for takes of one length.
struct Bench {
    frames: usize,
    detector: Detector,
    deconvolver: Deconvolver,
}

/// Where the gates of a channel are put.
#[derive(Debug, Clone, Copy)]
pub(super) enum Centre {
    /// At the channel's own peak.
    OwnPeak,
    /// Where another channel has its peak, so that both are cut alike.
    At(isize),
}

impl Laboratory {
    pub(super) fn new(stimulus: Stimulus, gate: Gate, inverse: Inverse) -> Self {
        let active = active_frames(stimulus.sweep());
        let pilots = PilotSearch::new(&stimulus);
        Self { stimulus, gate, inverse, active, pilots, bench: None }
    }

    pub(super) const fn stimulus(&self) -> &Stimulus {
        &self.stimulus
    }

    pub(super) const fn gate(&self) -> Gate {
        self.gate
    }

    /// First and end frame of what can be heard of a sweep.
    pub(super) const fn active(&self) -> (usize, usize) {
        self.active
    }

    /// By how much the deconvolution of the last take raises the power of noise at frequencies in
    /// hertz, seen through the gate.
    pub(super) fn noise_gain(&self, hz: &[f64]) -> Option<Vec<f64>> {
        let bench = self.bench.as_ref()?;
        // The gate mixes what lies closer than the inverse of its length.
        let half_width_hz = self.stimulus.rate().as_f64() / self.gate.after() as f64;
        Some(hz.iter().map(|&f| bench.deconvolver.noise_gain(f, half_width_hz)).collect())
    }

    /// Finds and cuts out the sweeps of one channel (counted from zero).
    ///
    /// # Errors
    ///
    /// The refusal, when the stimulus is not there or not whole.
    pub(super) fn examine(
        &mut self,
        recording: &Recording,
        index: usize,
        centre: Centre,
    ) -> Result<GatedChannel, Finding> {
        let mut bench = self.bench_for(recording.frames());
        let examined = self.examine_at(&mut bench, recording, index, centre);
        self.bench = Some(bench);
        examined
    }

    /// The bench of the last take, if it fits.
    fn bench_for(&mut self, frames: usize) -> Bench {
        self.bench.take().filter(|bench| bench.frames == frames).unwrap_or_else(|| {
            let (rate, band) = (self.stimulus.rate(), self.stimulus.band());
            let sweep = SweepSpectrum::new(self.stimulus.sweep(), rate, band, frames);
            let detector = Detector::new(&sweep);
            Bench { frames, detector, deconvolver: Deconvolver::new(sweep, self.inverse) }
        })
    }

    fn examine_at(
        &self,
        bench: &mut Bench,
        recording: &Recording,
        index: usize,
        centre: Centre,
    ) -> Result<GatedChannel, Finding> {
        let (active_from, active_to) = self.active;
        let (sweep_starts, frames) = (self.stimulus.sweep_starts(), bench.frames);
        let search = Search { sweep_starts, active_from, active_to, frames };
        let capture = bench.deconvolver.capture(recording.channel(index).unwrap_or_default());
        let found = bench.detector.detect(&capture, &search);
        if !found.is_found() {
            return Err(Finding::refusal(FindingKind::NoStimulus {
                channel: index + 1,
                statistic: found.statistic,
                threshold: detection::THRESHOLD,
            }));
        }
        let impulse = capture.into_impulse();
        let first = self.stimulus.sweep_starts()[0] as isize;
        let delay = match centre {
            Centre::OwnPeak => self.peak(&impulse, found.lag + first) - first,
            Centre::At(delay) => delay,
        };
        self.require_whole(recording, delay)?;
        let cut = |&start: &usize| {
            let lag = delay + start as isize;
            GatedSweep { piece: self.gate.cut(&impulse, lag), lag: delay as f64 }
        };
        let sweeps = self.stimulus.sweep_starts().iter().map(cut).collect();
        let peak_to_noise_db = self.peak_to_noise(&impulse, delay + first);
        Ok(GatedChannel { sweeps, delay, inverted: found.inverted, peak_to_noise_db })
    }

    /// The lag of the largest peak near a lag that a band-limited search found.
    fn peak(&self, impulse: &Impulse<'_>, near: isize) -> isize {
        const REACH_S: f64 = 0.01;
        impulse.peak_near(near, (REACH_S * self.stimulus.rate().as_f64()) as usize)
    }

    /// Refuses a take in which the beginning or the end of the sweeps is missing.
    fn require_whole(&self, recording: &Recording, delay: isize) -> Result<(), Finding> {
        /// So much may be missing: it belongs to a fade, or is a few samples of a hard edge.
        const MISSING_S: f64 = 0.01;
        let allowance = (MISSING_S * self.stimulus.rate().as_f64()) as isize;
        let starts = self.stimulus.sweep_starts();
        let (first, last) = (starts[0] as isize, starts[starts.len() - 1] as isize);
        let begins = delay + first + self.active.0 as isize;
        let ends = delay + last + self.active.1 as isize;
        let frames = recording.frames() as isize;
        if begins >= -allowance && ends <= frames + allowance {
            return Ok(());
        }
        Err(Finding::refusal(FindingKind::Truncated {
            needed_frames: (ends - begins).unsigned_abs(),
            found_frames: (ends.min(frames) - begins.max(0)).unsigned_abs(),
        }))
    }

    /// Peak of the impulse response over its rms in the half second after the gate (or, for short
    /// gates, after half a second).
    fn peak_to_noise(&self, impulse: &Impulse<'_>, peak: isize) -> Option<f64> {
        let half_second = self.stimulus.rate().hz() as isize / 2;
        let after = peak + (self.gate.after() as isize).max(half_second);
        let noise = impulse.rms(after, after + half_second);
        (noise > 0.0).then(|| amplitude_db(impulse.at(peak).abs() / noise))
    }

    /// Checks the distances between the marks in the first of a take's channels, which is the
    /// one with this index. Where the clocks differ, the lags of the later sweeps are corrected
    /// in all channels.
    pub(super) fn check_timing(
        &mut self,
        recording: &Recording,
        index: usize,
        channels: &mut [GatedChannel],
    ) -> Option<Finding> {
        const BAND_HZ: (f64, f64) = (100.0, 10e3);
        let marked = channels.first()?;
        let (first, later) = marked.sweeps.split_first()?;
        let mut lateness = vec![0.0];
        if !later.is_empty() {
            let mut aligner = Aligner::new(&first.piece, self.stimulus.rate(), BAND_HZ);
            lateness.extend(later.iter().map(|sweep| aligner.lag(&sweep.piece)));
        }
        let kind = recording.rig().kind;
        let arrivals = Arrivals { delay: marked.delay, lateness: &lateness, rig: kind };
        let (samples, pilots) = (recording.channel(index)?, self.pilots.as_mut());
        let finding = timing::check(samples, &self.stimulus, pilots, &arrivals);
        if finding.as_ref().is_some_and(|f| matches!(f.kind, FindingKind::ClockDrift { .. })) {
            for channel in channels {
                for (sweep, late) in channel.sweeps.iter_mut().zip(&lateness) {
                    // Cut `late` samples too early, so the content lies that much later.
                    sweep.lag -= late;
                }
            }
        }
        finding
    }
}

impl GatedChannel {
    /// Turns the value of a sweep at a frequency to where another channel's time zero lies.
    pub(super) fn turn(of: &GatedSweep, against_lag: f64, frequency_hz: f64, fs: f64) -> Complex64 {
        let turns = frequency_hz * (of.lag - against_lag) / fs;
        Complex64::cis(-std::f64::consts::TAU * turns)
    }
}
