//! The noise of a take: what its silence predicts, and whether the sweeps bear it out.

mod hum;
mod silence;
mod verdict;

use ndarray::Array1;
use num_complex::Complex64;

pub(super) use self::hum::hum as mains_in;
use self::hum::{Hum, hum};
use self::silence::Silence;
use self::verdict::Sweeps;
use super::analyser::Analyser;
use super::resolution::MeanOf;
use super::take::GatedChannel;
use super::timing::Clock;
use crate::dsp::edge::causal_low_edge;
use crate::metrology::repeats::{
    Predicted, RepeatedMean, RepeatsError, independent_cells, mean_and_covariance,
};
use crate::model::{Finding, FindingKind, Recording, SampleFormat};
use crate::quantity::amplitude_db;

/// A channel of a take (counted from zero) with what was cut out of it.
#[derive(Clone, Copy)]
pub(super) struct Heard<'a> {
    pub(super) index: usize,
    pub(super) channel: &'a GatedChannel,
}

/// How the values of a take come about.
#[derive(Clone, Copy)]
pub(super) struct Ratio<'a> {
    /// The channel that is measured.
    pub(super) measured: Heard<'a>,
    /// What it is divided by; the stimulus itself if absent.
    pub(super) reference: Option<Heard<'a>>,
    /// The clock of the recorder.
    pub(super) clock: Clock,
    /// One sweep's values on the grid of the result.
    pub(super) values: &'a Array1<Complex64>,
    /// By how much a relative error of each value is larger in the result.
    pub(super) leverage: &'a [f64],
}

/// What the silence of a take tells about its values.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct TakeNoise {
    /// The noise of each sweep's values; absent without enough silence.
    pub(super) predicted: Option<Predicted>,
    /// What stands out of the noise.
    pub(super) findings: Vec<Finding>,
}

/// What is known of one channel, on the grid of the result.
struct ChannelNoise {
    /// Power of the deconvolved channel, the causal edge included.
    power: Vec<f64>,
    /// Variance of its complex value with the degrees of freedom; absent without silence.
    variance: Option<Vec<(f64, f64)>>,
    /// The mains in it.
    hum: Option<Hum>,
}

impl TakeNoise {
    /// All that is to be said about the noise of a take with these sweeps.
    pub(super) fn noticed(
        &self,
        analyser: &Analyser,
        values: &[Array1<Complex64>],
        averaged: &RepeatedMean,
        leverage: &[f64],
    ) -> Vec<Finding> {
        let predicted = self.predicted.as_ref();
        let sweeps = Sweeps { values, averaged, predicted, leverage };
        let mut noticed = self.findings.clone();
        noticed.extend(analyser.verdicts(&sweeps));
        noticed
    }
}

impl Analyser {
    /// Mean of sweeps with its covariance, from their scatter and what was predicted of it.
    pub(super) fn mean_of_sweeps(
        &self,
        sweeps: &[Array1<Complex64>],
        predicted: Option<&Predicted>,
    ) -> Result<RepeatedMean, RepeatsError> {
        let cells = |from_hz, to_hz| self.cells(from_hz, to_hz);
        mean_and_covariance(self.resolution.grid(), sweeps, predicted, cells)
    }

    /// What the silence of a take tells about the values that its channels give.
    ///
    /// The variance of one sweep's value is, for one channel and for the ratio of two,
    ///
    /// ```text
    /// v = E|Ĝ − G|² = (S₁ fs/2) · Σw² / |X|²          v(H) = (v_y + |H|² v_r) / |G_r|²
    /// ```
    ///
    /// `S₁` one-sided density of the silence, `w` gate, `X` spectrum of the sweep as the
    /// deconvolution divides by it, `G_r` the deconvolved reference (or the low edge). Below four
    /// over the gate's length the gate lets noise of higher frequencies in, and 3 dB are added.
    pub(super) fn noise_of(&mut self, recording: &Recording, ratio: Ratio<'_>) -> TakeNoise {
        let measured = self.channel_noise(recording, ratio.measured, ratio.clock);
        let reference =
            ratio.reference.map(|heard| self.channel_noise(recording, heard, ratio.clock));
        let heard = [Some((ratio.measured, &measured)), ratio.reference.zip(reference.as_ref())];
        let findings = heard
            .into_iter()
            .flatten()
            .filter_map(|(heard, noise)| self.hum_finding(heard.index, noise, ratio.leverage));
        let findings = findings.collect();
        let predicted = self.predicted(&measured, reference.as_ref(), ratio.values);
        TakeNoise { predicted, findings }
    }

    fn channel_noise(
        &mut self,
        recording: &Recording,
        heard: Heard<'_>,
        clock: Clock,
    ) -> ChannelNoise {
        /// What rings on beyond the gate, and the end of the fade that does not count as played.
        const REST_S: f64 = 0.1;
        let (rate, gate) = (self.rate(), self.laboratory.gate());
        let spectrum = self.resolution.evaluate(&heard.channel.sweeps[0].piece, clock);
        let power = self.resolution.onto_grid(spectrum, MeanOf::Power).mapv(|v| v.norm_sqr());
        let decay = gate.after() + (REST_S * rate.as_f64()) as usize;
        let samples = recording.channel(heard.index).unwrap_or_default();
        let (stimulus, active) = (self.laboratory.stimulus(), self.laboratory.active());
        let silence = Silence::of(samples, stimulus, active, heard.channel.delay, decay);
        let density = silence.density(rate).map(|d| d.at_least(rounding(recording)));
        let variance = density.and_then(|density| {
            let hz = self.resolution.grid().hz();
            let gains = self.laboratory.noise_gain(hz)?;
            let energy = 0.5 * rate.as_f64() * gate.energy();
            let of = |(&f, gain): (&f64, f64)| {
                let side = (1.0_f64 / 6.0).exp2();
                let band = density.over(f / side, f * side);
                let leaked = if f < 4.0 * rate.as_f64() / gate.after() as f64 { 2.0 } else { 1.0 };
                (band.mean * energy * gain * leaked / self.smoothed_cells(f), band.dof)
            };
            Some(hz.iter().zip(gains).map(of).collect())
        });
        ChannelNoise { power: power.to_vec(), variance, hum: hum(silence.longest(), rate) }
    }

    fn predicted(
        &self,
        measured: &ChannelNoise,
        reference: Option<&ChannelNoise>,
        values: &Array1<Complex64>,
    ) -> Option<Predicted> {
        let of_measured = measured.variance.as_ref()?;
        let (hz, band) = (self.resolution.grid().hz(), self.laboratory.stimulus().band());
        let of_frequency = |k: usize| {
            let (v, dof) = of_measured[k];
            let Some(reference) = reference else {
                return (v / causal_low_edge(band, hz[k]).norm_sqr(), dof);
            };
            // A loopback inside the machine is silent to the last bit, and without noise.
            let (v_reference, dof_reference) =
                reference.variance.as_ref().map_or((0.0, dof), |of| of[k]);
            let v_reference = v_reference * values[k].norm_sqr();
            let sum = v + v_reference;
            let doubt = v * v / dof + v_reference * v_reference / dof_reference;
            let dof = if doubt > 0.0 { sum * sum / doubt } else { dof };
            (sum / reference.power[k], dof)
        };
        let (variance, dof): (Vec<f64>, Vec<f64>) = (0..hz.len()).map(of_frequency).unzip();
        let finite = variance.iter().all(|v| v.is_finite());
        finite.then_some(Predicted { variance, dof })
    }

    fn hum_finding(&self, index: usize, noise: &ChannelNoise, leverage: &[f64]) -> Option<Finding> {
        /// A line that moves the result by more has spoilt it, in decibels.
        const SPOILT_DB: f64 = 0.1;
        let hum = noise.hum.as_ref()?;
        let lines_hz: Vec<f64> = hum.lines.iter().map(|line| line.hz).collect();
        let gains = self.laboratory.noise_gain(&lines_hz)?;
        let sum = 0.5 * self.laboratory.gate().sum();
        let hz = self.resolution.grid().hz();
        let effect_db = |(line, gain): (&hum::Line, f64)| {
            let inside = hz[0] <= line.hz && line.hz <= hz[hz.len() - 1];
            let at = hz.partition_point(|&f| f < line.hz).min(hz.len() - 1);
            // The worst phase; smoothing spreads it over what it takes the mean of.
            let error = line.amplitude * gain.sqrt() * sum / noise.power[at].sqrt();
            let error = error * leverage[at] / self.smoothed_cells(line.hz);
            if inside && error.is_finite() { amplitude_db(1.0 + error) } else { 0.0 }
        };
        let effects: Vec<f64> = hum.lines.iter().zip(gains).map(effect_db).collect();
        let spoilt = lines_hz.iter().zip(&effects).filter(|(_, effect)| **effect > SPOILT_DB);
        let spoiled_hz: Vec<f64> = spoilt.map(|(&hz, _)| hz).collect();
        let strongest = hum.lines.iter().map(|line| line.amplitude).fold(0.0, f64::max);
        let is_harmless = spoiled_hz.is_empty();
        let kind = FindingKind::MainsHum {
            channel: index + 1,
            mains_hz: hum.mains_hz,
            level_dbfs: amplitude_db(strongest * std::f64::consts::FRAC_1_SQRT_2),
            lines_hz,
            spoiled_hz,
            effect_db: effects.into_iter().fold(0.0, f64::max),
        };
        Some(if is_harmless { Finding::note(kind) } else { Finding::warning(kind) })
    }

    /// Independent values that the smoothing of the result takes the mean of at a frequency.
    fn smoothed_cells(&self, frequency_hz: f64) -> f64 {
        self.analysis.smoothing.half_width().map_or(1.0, |half| {
            let width = frequency_hz * (half.exp() - (-half).exp());
            independent_cells(width, self.analysis.gate_after)
        })
    }

    /// Independent values of the result between two frequencies, at least one.
    pub(super) fn cells(&self, from_hz: f64, to_hz: f64) -> f64 {
        let unsmoothed = independent_cells(to_hz - from_hz, self.analysis.gate_after);
        (unsmoothed / self.smoothed_cells((from_hz * to_hz).sqrt())).max(1.0)
    }
}

/// The density of the noise that rounding to the steps of a recording makes, in FS²/Hz: a twelfth
/// of a squared step over half the sample rate. Steps of floating-point samples do not matter.
fn rounding(recording: &Recording) -> f64 {
    match recording.format() {
        format @ SampleFormat::Integer(_) => {
            format.step().powi(2) / (6.0 * recording.rate().as_f64())
        }
        SampleFormat::Float => 0.0,
    }
}
