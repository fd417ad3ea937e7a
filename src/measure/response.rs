//! From takes to a frequency response.

use ndarray::Array1;
use num_complex::Complex64;

use super::analyser::{Analysed, Analyser, Centring, Examined, MeasureError, channel_or};
use super::noise::{Heard, Ratio};
use super::resolution::MeanOf;
use super::take::GatedChannel;
use super::timing::Clock;
use super::wiring::{Levels, Side, crosstalk, swapped};
use crate::dsp::edge::causal_low_edge;
use crate::metrology::repeats::{RepeatedMean, coherence};
use crate::metrology::shelf::{bass_shelf_db, corner_minus_3_db_hz};
use crate::metrology::statistics::{few_values_factor, standard_error};
use crate::model::{
    ChannelMap, ChannelRole, Covariance, Finding, FindingKind, Measurand, Outcome, Recording,
    Response, ResponseFigures,
};
use crate::quantity::{DB_PER_NEPER, amplitude_db, amplitude_ratio};

/// What one take of a response gave.
struct TakeResponse {
    sweeps: Vec<Array1<Complex64>>,
    averaged: RepeatedMean,
    predicted: bool,
    /// What the clocks leave uncertain of the delay between low and high frequencies, in seconds.
    u_delay_s: f64,
    delay: isize,
    inverted: bool,
    peak_to_noise_db: Option<f64>,
}

impl Analyser {
    /// The response of the microphone channel: against the reference channel if one is mapped,
    /// else against the stimulus as played.
    ///
    /// Without a reference, phase zero lies at the peak of the impulse response, and
    /// [`ResponseFigures::delay_samples`] says where that is. The sweeps of a take are averaged
    /// as complex values; several takes are seatings and are averaged in decibels. The spread
    /// between sweeps, or takes, is the uncertainty.
    ///
    /// # Errors
    ///
    /// When a take does not fit the stimulus or lacks a channel. A take that holds nothing usable
    /// is no error: the outcome is then [`Outcome::Refused`] and the findings say why.
    pub fn response(
        &mut self,
        takes: &[Recording],
        channels: &ChannelMap,
    ) -> Result<Analysed, MeasureError> {
        let mut findings = Vec::new();
        let inputs = takes.first().map_or(1, Recording::channels);
        let (role, reference) = (ChannelRole::Microphone, channels.get(ChannelRole::Reference));
        // Of two inputs, one the reference, the other is the microphone.
        let default = usize::from(reference == Some(0) && inputs > 1);
        let microphone = match (channels.get(role), reference) {
            (None, Some(_)) if inputs == 2 => default,
            _ => channel_or(channels, role, default, inputs, &mut findings),
        };
        let mut wanted = vec![(role, microphone)];
        wanted.extend(reference.map(|index| (ChannelRole::Reference, index)));
        self.require(takes, &wanted)?;
        let channels = ChannelMap::new(wanted);
        let examined: Vec<Option<TakeResponse>> = takes
            .iter()
            .enumerate()
            .map(|(i, take)| self.take_response(take, i + 1, microphone, reference, &mut findings))
            .collect::<Result<_, _>>()?;
        let delays = examined.iter().map(|take| take.as_ref().map(|t| t.delay as f64)).collect();
        let good: Vec<&TakeResponse> = examined.iter().flatten().collect();
        let Some(first) = good.first() else {
            let outcome = Outcome::Refused(Measurand::Response);
            return Ok(Analysed { outcome, findings, delays, channels });
        };
        let sweeps = good.iter().map(|take| take.sweeps.len()).sum();
        findings.extend(self.remarks(sweeps, first.predicted));
        findings.extend(remarks_on(first, microphone, reference));
        let response = self.averaged(&good)?;
        let figures = figures(&response, first);
        let outcome = Outcome::Response { response, figures };
        Ok(Analysed { outcome, findings, delays, channels })
    }

    fn take_response(
        &mut self,
        recording: &Recording,
        take: usize,
        microphone: usize,
        reference: Option<usize>,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<TakeResponse>, MeasureError> {
        // The reference, where there is one, is the cleaner signal to check the timing on.
        let wanted = reference.map(|index| (ChannelRole::Reference, index));
        let wanted = wanted.into_iter().chain([(ChannelRole::Microphone, microphone)]);
        let channels: Vec<_> = wanted.map(|(role, index)| (role, index, Centring::Own)).collect();
        let Some(examined) = self.examine(recording, take, &channels, findings) else {
            return Ok(None);
        };
        let Examined { channels: examined, clock } = examined;
        let heard: Vec<Heard<'_>> = (channels.iter().zip(&examined))
            .map(|(&(_, index, _), channel)| Heard { index, channel })
            .collect();
        let indices = (reference, microphone);
        let Some((&measured, reference)) = heard.split_last() else { return Ok(None) };
        let reference = reference.first().copied();
        let (microphone, against) = (measured.channel, reference.map(|heard| heard.channel));
        let mut sweeps: Vec<Array1<Complex64>> = (0..microphone.sweeps.len())
            .map(|i| self.sweep_response(microphone, against, i, clock))
            .collect();
        let mut noticed = self.wiring_faults(indices, (against, microphone), &sweeps[0]);
        if !clock.steady && reference.is_none() {
            share_phase(&mut sweeps);
        }
        let leverage = vec![1.0; self.resolution.grid().len()];
        let values = &sweeps[0];
        let ratio = Ratio { measured, reference, clock, values, leverage: &leverage };
        let noise = self.noise_of(recording, ratio);
        let averaged = self.mean_of_sweeps(&sweeps, noise.predicted.as_ref())?;
        noticed.extend(noise.noticed(self, &sweeps, &averaged, &leverage));
        if self.judge(noticed, take, findings) {
            return Ok(None);
        }
        let (reference, predicted) = (against, noise.predicted.is_some());
        // With a reference both channels were recorded by one clock, whatever it was.
        let u_delay_s = if reference.is_some() { 0.0 } else { self.u_delay_s(clock) };
        Ok(Some(TakeResponse {
            sweeps,
            averaged,
            predicted,
            u_delay_s,
            delay: microphone.delay - reference.map_or(0, |r| r.delay),
            inverted: microphone.inverted != reference.is_some_and(|r| r.inverted),
            peak_to_noise_db: microphone.peak_to_noise_db,
        }))
    }

    /// Whether the channels are connected to what they are said to be.
    fn wiring_faults(
        &self,
        (reference_index, index): (Option<usize>, usize),
        (reference, microphone): (Option<&GatedChannel>, &GatedChannel),
        response: &Array1<Complex64>,
    ) -> Vec<Finding> {
        let (band, rate) = (self.laboratory.stimulus().band(), self.rate());
        let hz: Vec<f64> = self.resolution.grid().hz().to_vec();
        let values: Vec<Complex64> = response.to_vec();
        let mut faults: Vec<Finding> =
            crosstalk(index, (&hz, &values), reference.is_some()).into_iter().collect();
        if let (Some(reference_index), Some(reference)) = (reference_index, reference) {
            let of_reference = Levels::of(reference, band, rate);
            let of_microphone = Levels::of(microphone, band, rate);
            let side = |index, levels, delay| Side { index, levels, delay };
            faults.extend(swapped(
                &side(reference_index, &of_reference, reference.delay),
                &side(index, &of_microphone, microphone.delay),
            ));
        }
        faults
    }

    /// The response that the `i`-th sweep shows, on the grid of the result.
    fn sweep_response(
        &mut self,
        microphone: &GatedChannel,
        reference: Option<&GatedChannel>,
        i: usize,
        clock: Clock,
    ) -> Array1<Complex64> {
        let fs = self.rate().as_f64();
        let sweep = &microphone.sweeps[i];
        let mut values = self.resolution.evaluate(&sweep.piece, clock);
        if let Some(reference) = reference {
            let against = &reference.sweeps[i];
            let divisor = self.resolution.evaluate(&against.piece, clock);
            let frequencies = self.resolution.frequencies();
            for ((value, divisor), &f) in values.iter_mut().zip(divisor).zip(frequencies) {
                *value *= GatedChannel::turn(sweep, against.lag, f, fs) / divisor;
            }
        } else {
            let (first, band) = (microphone.sweeps[0].lag, self.laboratory.stimulus().band());
            for (value, &f) in values.iter_mut().zip(self.resolution.frequencies()) {
                let edge = causal_low_edge(band, f / clock.ratio);
                *value *= GatedChannel::turn(sweep, first, f, fs) / edge;
            }
        }
        self.resolution.onto_grid(values, MeanOf::Power)
    }

    /// What the uncertainty of the clock leaves of the delay over a sweep; an unsteady clock
    /// leaves no phase at all.
    fn u_delay_s(&self, clock: Clock) -> f64 {
        let stimulus = self.laboratory.stimulus();
        let sweep_s = stimulus.sweep().len() as f64 / stimulus.rate().as_f64();
        if clock.steady { clock.u * sweep_s } else { f64::INFINITY }
    }

    fn averaged(&self, takes: &[&TakeResponse]) -> Result<Response, MeasureError> {
        let grid = self.resolution.grid().clone();
        let (values, covariance) = if let [take] = takes {
            let mean = &take.averaged.mean;
            // Sweeps that share a phase differ along the magnitude alone: half of what the scatter
            // of both directions would be.
            let along = if take.u_delay_s.is_finite() { 1.0 } else { std::f64::consts::SQRT_2 };
            let with_phase = |(&c, (&hz, &h)): (&Covariance, (&f64, &Complex64))| {
                c.scaled(along.into()).plus(uncertain_phase(h, hz, take.u_delay_s))
            };
            let covariance = take.averaged.covariance.as_ref().map(|covariance| {
                covariance.iter().zip(grid.hz().iter().zip(mean)).map(with_phase).collect()
            });
            (mean.clone(), covariance)
        } else {
            let of_takes: Vec<_> = takes.iter().map(|take| take.averaged.mean.clone()).collect();
            let (values, covariance) = mean_over_seatings(&of_takes);
            (values, Some(covariance))
        };
        let mut response = Response::new(grid, values)?;
        if let Some(covariance) = covariance {
            response = response.with_covariance(covariance)?;
        }
        let sweeps: Vec<&[Array1<Complex64>]> = takes.iter().map(|t| &t.sweeps[..]).collect();
        Ok(response.with_coherence(coherence(&sweeps))?)
    }
}

/// Gives all sweeps the phase of the first, so that only their magnitudes are averaged.
fn share_phase(sweeps: &mut [Array1<Complex64>]) {
    let Some((first, later)) = sweeps.split_first_mut() else { return };
    for sweep in later {
        sweep.zip_mut_with(first, |z, first| *z = Complex64::from_polar(z.norm(), first.arg()));
    }
}

/// The covariance of a value whose delay is uncertain.
fn uncertain_phase(h: Complex64, frequency_hz: f64, u_delay_s: f64) -> Covariance {
    /// Standard deviation of a phase of which nothing is known: 2π/√12.
    const UNKNOWN: f64 = 1.813_799_364_234_218;
    let u_phase = (std::f64::consts::TAU * frequency_hz * u_delay_s).min(UNKNOWN);
    Covariance::polar(h, 0.0, h.norm() * u_phase)
}

/// Mean in decibels and of the phase angle, with the spread as uncertainty. Complex values of
/// different seatings would cancel where their phases differ.
fn mean_over_seatings(takes: &[Array1<Complex64>]) -> (Array1<Complex64>, Vec<Covariance>) {
    let count = takes.len() as f64;
    let factor = few_values_factor(count - 1.0);
    let at = |k: usize| {
        let values: Vec<Complex64> = takes.iter().map(|take| take[k]).collect();
        let levels: Vec<f64> = values.iter().map(|v| amplitude_db(v.norm())).collect();
        let level = levels.iter().sum::<f64>() / count;
        let direction: Complex64 = values.iter().map(|v| Complex64::cis(v.arg())).sum();
        let mean = Complex64::from_polar(amplitude_ratio(level), direction.arg());
        let turned: Vec<f64> = values.iter().map(|v| (v * mean.conj()).arg()).collect();
        // ln 10 / 20 nepers make a decibel.
        let u_level = standard_error(&levels).unwrap_or(0.0) / DB_PER_NEPER;
        let u_phase = standard_error(&turned).unwrap_or(0.0);
        let size = factor * mean.norm();
        (mean, Covariance::polar(mean, u_level * size, u_phase * size))
    };
    let (means, covariance): (Vec<_>, Vec<_>) = (0..takes[0].len()).map(at).unzip();
    (means.into(), covariance)
}

fn remarks_on(take: &TakeResponse, microphone: usize, reference: Option<usize>) -> Vec<Finding> {
    let mut remarks = Vec::new();
    if take.inverted {
        let kind = FindingKind::PolarityInverted { channel: microphone + 1 };
        remarks.push(Finding::warning(kind));
    }
    if take.delay < 0 && reference.is_none() {
        remarks.push(Finding::note(FindingKind::NegativeDelay { samples: take.delay as f64 }));
    }
    remarks
}

fn figures(response: &Response, take: &TakeResponse) -> ResponseFigures {
    let level = response.level();
    ResponseFigures {
        delay_samples: Some(take.delay as f64),
        inverted: take.inverted,
        peak_to_noise_db: take.peak_to_noise_db,
        bass_shelf_db: bass_shelf_db(&level),
        corner_minus_3_db_hz: corner_minus_3_db_hz(&level),
        ..ResponseFigures::default()
    }
}
