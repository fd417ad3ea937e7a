//! One take: searched for its stimulus, checked, deconvolved and gated.

use num_complex::Complex64;

use super::timing::{self, Clock, Evidence, Heard, PilotSearch, Timing};
use crate::dsp::clock::{Passage, on_clock};
use crate::dsp::deconvolution::{Deconvolver, Impulse, Inverse, SweepSpectrum};
use crate::dsp::detection::{self, Detection, Detector, Search, active_frames, points_down};
use crate::dsp::gate::Gate;
use crate::dsp::harmonics::Harmonics;
use crate::dsp::lag::{Aligner, Lag};
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
    /// How many samples later than the first sweep predicts it was cut out, because it came so
    /// much later (or earlier, if negative).
    moved: isize,
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
    /// How well the stimulus was found.
    pub(super) found: Detection,
    /// The harmonics before the linear responses, where the sweep shows them.
    pub(super) harmonics: Option<Harmonics>,
    /// Whether the stimulus must be in it; else what it holds tells nothing about the take.
    pub(super) is_sought: bool,
}

/// Deconvolves takes of one stimulus. The transform of the sweep is kept between takes of the
/// same length.
pub(super) struct Laboratory {
    stimulus: Stimulus,
    gate: Gate,
    inverse: Inverse,
    active: (usize, usize),
    passage: Option<Passage>,
    pilots: Option<PilotSearch>,
    bench: Option<Bench>,
}

/// What is made for takes of one length on one clock.
struct Bench {
    frames: usize,
    /// Recorded samples for each played one.
    ratio: f64,
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
    /// The same, of a channel that may hold no more than noise.
    Unsought(isize),
}

impl Laboratory {
    pub(super) fn new(stimulus: Stimulus, gate: Gate, inverse: Inverse) -> Self {
        let active = active_frames(stimulus.sweep());
        let passage = Passage::of(stimulus.sweep(), stimulus.rate());
        let pilots = PilotSearch::new(&stimulus);
        Self { stimulus, gate, inverse, active, passage, pilots, bench: None }
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
        let mut bench = self.bench_for(recording.frames(), 1.0);
        let examined = self.examine_at(&mut bench, recording, index, centre);
        self.bench = Some(bench);
        examined
    }

    /// The bench of the last take, if it fits.
    fn bench_for(&mut self, frames: usize, ratio: f64) -> Bench {
        let fits =
            |bench: &Bench| bench.frames == frames && bench.ratio.to_bits() == ratio.to_bits();
        self.bench.take().filter(fits).unwrap_or_else(|| {
            let (rate, band) = (self.stimulus.rate(), self.stimulus.band());
            let one_clock = ratio.to_bits() == 1.0_f64.to_bits();
            let sweep = if one_clock {
                SweepSpectrum::new(self.stimulus.sweep(), rate, band, frames)
            } else {
                SweepSpectrum::new(&on_clock(self.stimulus.sweep(), ratio), rate, band, frames)
            };
            let detector = Detector::new(&sweep);
            Bench { frames, ratio, detector, deconvolver: Deconvolver::new(sweep, self.inverse) }
        })
    }

    /// Whether a channel (counted from zero) holds the stimulus.
    pub(super) fn holds(&mut self, recording: &Recording, index: usize) -> bool {
        let mut bench = self.bench_for(recording.frames(), 1.0);
        let search = self.search(bench.frames);
        let capture = bench.deconvolver.capture(recording.channel(index).unwrap_or_default());
        let found = bench.detector.detect(&capture, &search);
        self.bench = Some(bench);
        found.is_found()
    }

    fn search(&self, frames: usize) -> Search<'_> {
        let (active_from, active_to) = self.active;
        Search {
            sweep_starts: self.stimulus.sweep_starts(),
            active_from,
            active_to,
            frames,
            stimulus_frames: self.stimulus.frames(),
        }
    }

    fn examine_at(
        &self,
        bench: &mut Bench,
        recording: &Recording,
        index: usize,
        centre: Centre,
    ) -> Result<GatedChannel, Finding> {
        let search = self.search(bench.frames);
        let capture = bench.deconvolver.capture(recording.channel(index).unwrap_or_default());
        let found = bench.detector.detect(&capture, &search);
        if !(found.is_found() || matches!(centre, Centre::Unsought(_))) {
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
            Centre::At(delay) | Centre::Unsought(delay) => delay,
        };
        self.require_whole(recording, delay)?;
        let cut = |&start: &usize| {
            let expected = delay + start as isize;
            // Noise peaks anywhere.
            let stays = expected == delay + first || matches!(centre, Centre::Unsought(_));
            let moved = if stays { 0 } else { self.moved(&impulse, expected) };
            let piece = self.gate.cut(&impulse, expected + moved);
            GatedSweep { piece, lag: (delay + moved) as f64, moved }
        };
        let sweeps = self.stimulus.sweep_starts().iter().map(cut).collect();
        let peak_to_noise_db = self.peak_to_noise(&impulse, delay + first);
        let harmonics = self.harmonics(&impulse, delay);
        let is_sought = !matches!(centre, Centre::Unsought(_));
        let inverted = found.inverted;
        Ok(GatedChannel { sweeps, delay, inverted, peak_to_noise_db, found, harmonics, is_sought })
    }

    /// The harmonics of all sweeps of a channel with this delay.
    fn harmonics(&self, impulse: &Impulse<'_>, delay: isize) -> Option<Harmonics> {
        let (band, rate) = (self.stimulus.band(), self.stimulus.rate());
        let starts = self.stimulus.sweep_starts().iter();
        let lags: Vec<isize> = starts.map(|&start| delay + start as isize).collect();
        Harmonics::of(impulse, &lags, self.stimulus.time_constant_s()?, (band, rate))
    }

    /// The lag of the largest peak near a lag that a band-limited search found.
    fn peak(&self, impulse: &Impulse<'_>, near: isize) -> isize {
        const REACH_S: f64 = 0.01;
        impulse.peak_near(near, (REACH_S * self.stimulus.rate().as_f64()) as usize)
    }

    /// How far from where it is expected the peak of a later sweep lies, if it is certain that it
    /// lies elsewhere: samples were lost or inserted before it.
    fn moved(&self, impulse: &Impulse<'_>, expected: isize) -> isize {
        /// More than the blocks that sound systems drop; sweeps are further apart.
        const REACH_S: f64 = 0.45;
        const NEAR_S: f64 = 0.002;
        const CERTAINLY: f64 = 2.0;
        let reach = |time_s: f64| (time_s * self.stimulus.rate().as_f64()) as usize;
        let near = impulse.peak_near(expected, reach(NEAR_S));
        let far = impulse.peak_near(expected, reach(REACH_S));
        let elsewhere = impulse.at(far).abs() > CERTAINLY * impulse.at(near).abs();
        if elsewhere { far - expected } else { 0 }
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

    /// Checks whether all samples are there, whether the clocks agree and whether every sweep is
    /// sound. Sweeps that are not are left out; where the clocks differ, the take is deconvolved
    /// once more by the sweep as the recorder's clock has it.
    pub(super) fn check_timing(
        &mut self,
        recording: &Recording,
        channels: &[usize],
        examined: &mut [GatedChannel],
    ) -> Timing {
        let lateness = self.lateness(examined);
        let sought = channels.iter().zip(examined.iter()).filter(|(_, channel)| channel.is_sought);
        let heard = sought.map(|(&index, channel)| Heard {
            samples: recording.channel(index).unwrap_or_default(),
            index,
            delay: channel.delay,
            pieces: channel.sweeps.iter().map(|sweep| sweep.piece.as_slice()).collect(),
            origin: self.gate.before(),
        });
        let evidence = Evidence {
            stimulus: &self.stimulus,
            passage: self.passage.as_ref(),
            rig: recording.rig().kind,
            step: recording.format().step(),
            channels: heard.collect(),
            lateness: &lateness,
        };
        let timing = timing::check(&evidence, self.pilots.as_mut());
        let moved = timing.shifts.iter().any(|shift| shift.abs() > 0.5);
        if timing.clock != Clock::SAME || moved {
            self.examine_again(recording, channels, examined, &timing);
        }
        for channel in examined {
            let mut number = 0..;
            channel.sweeps.retain(|_| number.next().is_none_or(|m| !timing.left_out.contains(&m)));
            // The polarity was that of the first sweep, which may not be sound.
            if let (true, Some(sweep)) = (timing.left_out.contains(&0), channel.sweeps.first()) {
                channel.inverted = points_down(&sweep.piece, self.stimulus.rate());
            }
        }
        timing
    }

    /// How much later each sweep came in the first channel than the first one predicts.
    fn lateness(&self, examined: &[GatedChannel]) -> Vec<Lag> {
        const BAND_HZ: (f64, f64) = (100.0, 10e3);
        let Some((first, later)) = examined.first().and_then(|c| c.sweeps.split_first()) else {
            return Vec::new();
        };
        let mut lateness = vec![Lag::default()];
        if !later.is_empty() {
            let mut aligner = Aligner::new(&first.piece, self.stimulus.rate(), BAND_HZ);
            lateness.extend(later.iter().map(|sweep| {
                let lag = aligner.lag(&sweep.piece);
                Lag { samples: lag.samples + sweep.moved as f64, ..lag }
            }));
        }
        lateness
    }

    /// Cuts the sweeps out anew, where the clock and the losses before them put each.
    fn examine_again(
        &mut self,
        recording: &Recording,
        channels: &[usize],
        examined: &mut [GatedChannel],
        timing: &Timing,
    ) {
        let ratio = timing.clock.ratio;
        let mut bench = self.bench_for(recording.frames(), ratio);
        let starts = self.stimulus.sweep_starts();
        let start = starts[0] as isize;
        let mut of_first = None;
        for (&index, channel) in channels.iter().zip(examined.iter_mut()) {
            let samples = recording.channel(index).unwrap_or_default();
            let impulse = bench.deconvolver.capture(samples).into_impulse();
            // What two clocks had smeared peaks elsewhere now. A channel that was cut like the
            // first one stays so.
            channel.delay = match of_first {
                Some((before, now)) if before == channel.delay => now,
                _ => {
                    let now = self.peak(&impulse, channel.delay + start) - start;
                    of_first.get_or_insert((channel.delay, now));
                    now
                }
            };
            let first = channel.delay + start;
            for (m, sweep) in channel.sweeps.iter_mut().enumerate() {
                let distance = (starts[m] - starts[0]) as f64;
                let place = ratio * distance + timing.shifts.get(m).copied().unwrap_or(0.0);
                let whole = place.round();
                sweep.piece = self.gate.cut(&impulse, first + whole as isize);
                // Cut so much too early, the content lies that much later.
                sweep.lag = channel.delay as f64 - (place - whole);
            }
        }
        self.bench = Some(bench);
    }
}

impl GatedChannel {
    /// Turns the value of a sweep at a frequency to where another channel's time zero lies.
    pub(super) fn turn(of: &GatedSweep, against_lag: f64, frequency_hz: f64, fs: f64) -> Complex64 {
        let turns = frequency_hz * (of.lag - against_lag) / fs;
        Complex64::cis(-std::f64::consts::TAU * turns)
    }
}
