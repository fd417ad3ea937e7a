//! The voltages of takes at an output, and how the current through the load follows from them.

use ndarray::Array1;
use num_complex::Complex64;

use super::middle;
use crate::measure::analyser::{Analyser, MeasureError};
use crate::measure::impedance::{AsItIs, Ratios, Seen, Wanted};
use crate::metrology::statistics::median;
use crate::metrology::thevenin::{Across, LoadedTake, MIDDLE_HZ};
use crate::model::{ChannelMap, ChannelRole, Covariance, Inputs, OutputTap, Recording, TestLoad};
use crate::quantity::{amplitude_db, amplitude_ratio};

impl Analyser {
    /// The voltages of one take over the drive, which is so many decibels below the stimulus; `None`
    /// if it is refused.
    pub(super) fn voltages(
        &mut self,
        take: &Recording,
        (channels, below_db): (&ChannelMap, f64),
        tap: OutputTap,
        seen: &mut Seen,
    ) -> Result<Option<Voltages>, MeasureError> {
        let (map, inputs) = wired(channels, tap, take.channels());
        let mut wanted = Wanted {
            takes: std::slice::from_ref(take),
            channels: &map,
            inputs,
            jig: None,
            delay_samples: None,
            is_mute: false,
        };
        // A reference is as much quieter itself; the stimulus is not.
        let drive = match inputs {
            Inputs::One => amplitude_ratio(below_db),
            Inputs::Two => 1.0,
        };
        let first = self.ratios(&wanted, &AsItIs, seen)?;
        let role = match tap {
            OutputTap::Plug => return Ok(first.map(|first| Voltages::of(first, None, drive))),
            OutputTap::Balanced => ChannelRole::Negative,
            OutputTap::FourWire => ChannelRole::Load,
        };
        let Some(first) = first else { return Ok(None) };
        let index = map.get(role).unwrap_or_default();
        self.require(std::slice::from_ref(take), &[(role, index)])?;
        let others = map.iter().filter(|(role, _)| *role == ChannelRole::Reference);
        let of_other = ChannelMap::new(others.chain([(ChannelRole::Sense, index)]));
        wanted.channels = &of_other;
        wanted.delay_samples = first.delay_samples;
        let mut again = Seen::default();
        let second = self.ratios(&wanted, &AsItIs, &mut again)?;
        seen.findings.extend(again.findings);
        seen.channels = map.clone();
        Ok(second.map(|second| Voltages::of(first, Some(second), drive)))
    }
}

/// The voltages of a take over the drive, on the grid of the result.
pub(super) struct Voltages {
    /// At the plug, or at the leg in phase with the drive.
    pub(super) first: Voltage,
    /// At the other leg, or at the load.
    pub(super) second: Option<Voltage>,
}

/// A voltage over the drive with the covariance of its noise.
pub(super) struct Voltage {
    pub(super) values: Vec<Complex64>,
    pub(super) noise: Vec<Covariance>,
}

impl Voltages {
    fn of(first: Ratios, second: Option<Ratios>, factor: f64) -> Self {
        let voltage = |ratios: Ratios| {
            let values: Array1<Complex64> = ratios.mean.mean * Complex64::from(factor);
            let noise = ratios.mean.covariance.unwrap_or_default();
            let noise = noise.into_iter().map(|noise| noise.scaled(factor.into())).collect();
            Voltage { values: values.to_vec(), noise }
        };
        Self { first: voltage(first), second: second.map(voltage) }
    }
}

impl Voltage {
    fn covariance(&self, i: usize) -> Covariance {
        self.noise.get(i).copied().unwrap_or_default()
    }
}

/// Which input is which, as far as it is not said, and whether one of them is the drive.
fn wired(channels: &ChannelMap, tap: OutputTap, inputs: usize) -> (ChannelMap, Inputs) {
    use ChannelRole::{Load, Negative, Reference, Sense};
    let second = match tap {
        OutputTap::Plug => None,
        OutputTap::Balanced => Some(Negative),
        OutputTap::FourWire => Some(Load),
    };
    let Some(second) = second else {
        let is_alone = channels.get(Sense).is_some() && channels.get(Reference).is_none();
        let one = inputs == 1 || is_alone;
        return (channels.clone(), if one { Inputs::One } else { Inputs::Two });
    };
    let map = match (channels.get(Sense), channels.get(second)) {
        (Some(_), Some(_)) => channels.clone(),
        _ if inputs > 2 => ChannelMap::new([(Reference, 0), (Sense, 1), (second, 2)]),
        _ => ChannelMap::new([(Sense, 0), (second, 1)]),
    };
    let inputs = if map.get(Reference).is_some() { Inputs::Two } else { Inputs::One };
    (map, inputs)
}

/// What the output's own voltage is in each take, and how the load's current follows from it.
pub(super) fn loaded_takes(taken: &[(TestLoad, &Voltages)], tap: OutputTap) -> Vec<LoadedTake> {
    let of = |(load, voltages): &(TestLoad, &Voltages)| {
        let first = &voltages.first;
        let (ratio, noise) = match (&voltages.second, tap) {
            (Some(second), OutputTap::Balanced) => {
                let points = 0..first.values.len();
                let sum = points.map(|i| first.covariance(i).plus(second.covariance(i)));
                (difference(first, second), sum.collect())
            }
            _ => (first.values.clone(), first.noise.clone()),
        };
        LoadedTake { load: *load, ratio, noise, across: None }
    };
    let mut loaded: Vec<LoadedTake> = taken.iter().map(of).collect();
    if tap == OutputTap::FourWire {
        let gain = gain_of_the_tap(taken);
        for (take, (_, voltages)) in loaded.iter_mut().zip(taken) {
            take.across = voltages.second.as_ref().map(|second| {
                across(second, &voltages.first, |i| gain.as_ref().map_or(Complex64::ONE, |g| g[i]))
            });
        }
    }
    loaded
}

pub(super) fn difference(positive: &Voltage, negative: &Voltage) -> Vec<Complex64> {
    positive.values.iter().zip(&negative.values).map(|(p, n)| p - n).collect()
}

/// One voltage over another whose input's gain is known relative to its own.
pub(super) fn across(over: &Voltage, of: &Voltage, gain: impl Fn(usize) -> Complex64) -> Across {
    let relative = |voltage: &Voltage, i: usize| {
        let noise = voltage.covariance(i);
        (0.5 * (noise.rr + noise.ii) / voltage.values[i].norm_sqr()).sqrt()
    };
    let points = 0..of.values.len();
    let share = points.map(|i| over.values[i] / (of.values[i] * gain(i))).collect::<Vec<_>>();
    let u =
        |(i, share): (usize, &Complex64)| share.norm() * relative(over, i).hypot(relative(of, i));
    Across { u: share.iter().enumerate().map(u).collect(), share }
}

/// The gain of the input at the load over that at the plug: without a load both see one voltage.
fn gain_of_the_tap(taken: &[(TestLoad, &Voltages)]) -> Option<Vec<Complex64>> {
    let (_, open) = taken.iter().find(|(load, _)| *load == TestLoad::Open)?;
    let second = open.second.as_ref()?;
    Some(second.values.iter().zip(&open.first.values).map(|(load, plug)| load / plug).collect())
}

/// The resistance between plug and load in the middle of the band, where both were tapped.
pub(super) fn lead_resistance(hz: &[f64], taken: &[LoadedTake]) -> Option<f64> {
    let mut found = Vec::new();
    for take in taken {
        let (Some(across), Some(ohm)) = (&take.across, take.load.ohm()) else { continue };
        let middle = hz.iter().zip(&across.share).filter(|(f, _)| MIDDLE_HZ.contains(*f));
        found.extend(middle.map(|(_, share)| ohm * (share.inv() - 1.0).re));
    }
    median(&found)
}

/// The voltage of a take over the drive in decibels, in the middle of the band: that of the
/// plug, or of the leg in phase with the drive.
pub(super) fn middle_db(hz: &[f64], voltages: &Voltages) -> f64 {
    let levels = voltages.first.values.iter().map(|v| amplitude_db(v.norm()));
    middle(hz, levels).unwrap_or_default()
}
