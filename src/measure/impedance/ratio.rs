//! The ratio of the sense input over the reference input, from takes.

use ndarray::Array1;
use num_complex::Complex64;

use super::current;
use crate::dsp::edge::causal_low_edge;
use crate::measure::analyser::{Analyser, Centring, Examined, MeasureError, channel_or};
use crate::measure::noise::{Heard, Ratio};
use crate::measure::resolution::MeanOf;
use crate::measure::take::GatedChannel;
use crate::metrology::repeats::{Predicted, RepeatedMean, coherence};
use crate::model::{ChannelMap, ChannelRole, Finding, Inputs, Jig, Recording};

/// What is asked of the takes of one load.
pub(in crate::measure) struct Wanted<'a> {
    pub(in crate::measure) takes: &'a [Recording],
    pub(in crate::measure) channels: &'a ChannelMap,
    pub(in crate::measure) inputs: Inputs,
    /// The jig whose current is looked at, if there is one.
    pub(in crate::measure) jig: Option<&'a Jig>,
    /// With one input: the delay against the stimulus that is to be left out of the phase; that
    /// of the first take if absent.
    pub(in crate::measure) delay_samples: Option<f64>,
    /// Whether the sense input may hold no more than noise.
    pub(in crate::measure) is_mute: bool,
}

/// The ratio that takes of one load have, on the grid of the result.
pub(in crate::measure) struct Ratios {
    /// Mean over all sweeps of all takes, with its covariance.
    pub(in crate::measure) mean: RepeatedMean,
    pub(in crate::measure) coherence: Option<Array1<f64>>,
    /// Sweeps in it.
    pub(in crate::measure) sweeps: usize,
    /// Whether silence predicts the noise.
    pub(in crate::measure) is_predicted: bool,
    /// The delay that is not in the phase, with one input.
    pub(in crate::measure) delay_samples: Option<f64>,
    /// How much the level of the drive bends the ratio, relative.
    pub(in crate::measure) bend: f64,
}

/// What was found in the takes besides.
#[derive(Default)]
pub(in crate::measure) struct Seen {
    pub(in crate::measure) findings: Vec<Finding>,
    /// The delay of each take in samples, where it was found.
    pub(in crate::measure) delays: Vec<Option<f64>>,
    /// Which input was taken as which.
    pub(in crate::measure) channels: ChannelMap,
}

/// What one take gave.
struct TakeRatios {
    ratios: Vec<Array1<Complex64>>,
    predicted: Option<Predicted>,
    bend: f64,
    noticed: Vec<Finding>,
}

/// How a relative error of a take's ratio shows in the result, and what speaks against a ratio.
pub(in crate::measure) trait Judge {
    /// By how much a relative error of each value is larger in the result.
    fn leverage(&self, ratio: &Array1<Complex64>) -> Vec<f64>;

    /// What the ratio says about the wiring. Inputs are counted from zero.
    fn faults(&self, ratio: &Array1<Complex64>, inputs: (Option<usize>, usize)) -> Vec<Finding>;
}

impl Analyser {
    /// The mean ratio of all takes; `None` if every take is refused, the findings say why.
    pub(in crate::measure) fn ratios(
        &mut self,
        wanted: &Wanted<'_>,
        judge: &dyn Judge,
        seen: &mut Seen,
    ) -> Result<Option<Ratios>, MeasureError> {
        let (reference, sense) = self.inputs_of(wanted, seen)?;
        let mut delay_samples = wanted.delay_samples;
        let (mut ratios, mut noises, mut bend) = (Vec::new(), Vec::new(), 0.0_f64);
        for (i, take) in wanted.takes.iter().enumerate() {
            let centring = match (wanted.is_mute, reference) {
                (true, _) => Centring::Unsought(delay_samples.map(|delay| delay.round() as isize)),
                (false, None) => Centring::Own,
                (false, Some(_)) => Centring::LikeFirst,
            };
            let first = reference.map(|index| (ChannelRole::Reference, index, Centring::Own));
            let inputs: Vec<_> =
                first.into_iter().chain([(ChannelRole::Sense, sense, centring)]).collect();
            let examined = self.examine(take, i + 1, &inputs, &mut seen.findings);
            seen.delays.push(examined.as_ref().map(|take| take.channels[0].delay as f64));
            let Some(examined) = examined else { continue };
            if reference.is_none() {
                delay_samples.get_or_insert(examined.channels[0].delay as f64);
            }
            let inputs = (reference, sense);
            let of_take =
                self.take_ratios((take, wanted.jig), inputs, &examined, delay_samples, judge)?;
            // Where nothing need be, noise is all there is.
            let noticed = if wanted.is_mute { Vec::new() } else { of_take.noticed };
            if !self.judge(noticed, i + 1, &mut seen.findings) {
                ratios.push(of_take.ratios);
                noises.push(of_take.predicted);
                bend = bend.max(of_take.bend);
            }
        }
        if ratios.is_empty() {
            return Ok(None);
        }
        let noises: Option<Vec<&Predicted>> = noises.iter().map(Option::as_ref).collect();
        let predicted = noises.and_then(|noises| Predicted::of_groups(&noises));
        let coherence = coherence(&ratios.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let ratios = ratios.concat();
        let mean = self.mean_of_sweeps(&ratios, predicted.as_ref())?;
        let (sweeps, is_predicted) = (ratios.len(), predicted.is_some());
        Ok(Some(Ratios { mean, coherence, sweeps, is_predicted, delay_samples, bend }))
    }

    /// The inputs of reference (absent if the stimulus stands for it) and sense.
    fn inputs_of(
        &self,
        wanted: &Wanted<'_>,
        seen: &mut Seen,
    ) -> Result<(Option<usize>, usize), MeasureError> {
        let (map, inputs) = (wanted.channels, wanted.takes.first().map_or(1, Recording::channels));
        let findings = &mut seen.findings;
        let (reference, sense) = if wanted.inputs == Inputs::One {
            (None, channel_or(map, ChannelRole::Sense, 0, inputs, findings))
        } else {
            // With two inputs and no map the usual wiring is meant, which is no guess worth a
            // remark.
            let others = if inputs == 2 && map.is_empty() { 1 } else { inputs };
            let mut role = |role, default| channel_or(map, role, default, others, findings);
            (Some(role(ChannelRole::Reference, 0)), role(ChannelRole::Sense, 1))
        };
        let roles = reference.map(|index| (ChannelRole::Reference, index));
        let roles: Vec<_> = roles.into_iter().chain([(ChannelRole::Sense, sense)]).collect();
        self.require(wanted.takes, &roles)?;
        seen.channels = ChannelMap::new(roles);
        Ok((reference, sense))
    }

    /// The ratio of a take, sweep by sweep, and what is to be said about it.
    fn take_ratios(
        &mut self,
        (take, jig): (&Recording, Option<&Jig>),
        (reference, sense): (Option<usize>, usize),
        examined: &Examined,
        delay_samples: Option<f64>,
        judge: &dyn Judge,
    ) -> Result<TakeRatios, MeasureError> {
        let clock = examined.clock;
        let Some((measured, first)) = examined.channels.split_last() else {
            return Err(MeasureError::NoTakes);
        };
        let source = first.first();
        let mut ratios = Vec::new();
        for i in 0..measured.sweeps.len() {
            let values = match source {
                Some(source) => {
                    let source = self.resolution.evaluate(&source.sweeps[i].piece, clock);
                    let load = self.resolution.evaluate(&measured.sweeps[i].piece, clock);
                    load.iter().zip(&source).map(|(load, source)| load / source).collect()
                }
                None => self.over_stimulus(measured, i, clock, delay_samples.unwrap_or_default()),
            };
            ratios.push(self.resolution.onto_grid(values, MeanOf::Complex));
        }
        let mut noticed = judge.faults(&ratios[0], (reference, sense));
        let leverage = judge.leverage(&ratios[0]);
        let heard = reference.zip(source);
        let heard = heard.map(|(index, channel)| Heard { index, channel });
        let measured_by = Heard { index: sense, channel: measured };
        let (values, leverage) = (&ratios[0], leverage.as_slice());
        let ratio = Ratio { measured: measured_by, reference: heard, clock, values, leverage };
        let noise = self.noise_of(take, ratio);
        let averaged = self.mean_of_sweeps(&ratios, noise.predicted.as_ref())?;
        // What is wired wrongly is not noise, and a short has no more than noise.
        if noticed.is_empty() {
            noticed.extend(noise.noticed(self, &ratios, &averaged, leverage));
        }
        let bend = current::bend(source, measured);
        noticed.extend(jig.and_then(|jig| current::distorted(jig, source, measured, values)));
        Ok(TakeRatios { ratios, predicted: noise.predicted, bend, noticed })
    }

    /// The `i`-th sweep of a channel over the stimulus, its phase without a known delay.
    fn over_stimulus(
        &mut self,
        channel: &GatedChannel,
        i: usize,
        clock: crate::measure::timing::Clock,
        delay_samples: f64,
    ) -> Vec<Complex64> {
        let (fs, band) = (self.rate().as_f64(), self.laboratory.stimulus().band());
        let sweep = &channel.sweeps[i];
        let mut values = self.resolution.evaluate(&sweep.piece, clock);
        for (value, &f) in values.iter_mut().zip(self.resolution.frequencies()) {
            let edge = causal_low_edge(band, f / clock.ratio);
            *value *= GatedChannel::turn(sweep, delay_samples, f, fs) / edge;
        }
        values
    }
}
