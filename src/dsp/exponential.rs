//! How fast does a sweep run that somebody else made?

use super::line::Line;
use crate::model::Band;
use crate::quantity::SampleRate;

/// The time in which the frequency of a sweep grows by a factor e, in seconds; `None` if it is no
/// rising exponential sweep.
///
/// The distance of two rising zero crossings is a period, so the logarithm of its inverse over
/// time is a straight line for an exponential sweep, and for no other signal.
#[must_use]
pub fn time_constant_s(sweep: &[f64], rate: SampleRate, band: Band) -> Option<f64> {
    /// Where a fade-in is over, and where a period still has samples enough to be measured.
    const ABOVE_START: f64 = 1.5;
    const SAMPLES_PER_PERIOD: f64 = 10.0;
    /// Periods to judge by.
    const FEWEST: usize = 50;
    /// What is quieter, re the peak, rings before or after the sweep.
    const QUIET: f64 = 0.01;
    /// So many periods may be off by more than a quarter or so.
    const MOST_CLICKS: usize = 5;
    const CLICK: f64 = 0.25;
    /// A linear sweep over three octaves is explained to 0.9.
    const STRAIGHT: f64 = 0.999;
    let fs = rate.as_f64();
    let low_hz = ABOVE_START * band.flat_from_hz.max(20.0);
    let high_hz = band.flat_to_hz.min(fs / SAMPLES_PER_PERIOD);
    let peak = sweep.iter().fold(0.0_f64, |peak, v| peak.max(v.abs()));
    let is_loud = |pair: &&[f64]| {
        let period = sweep.get(pair[0] as usize..=pair[1] as usize).unwrap_or_default();
        period.iter().any(|v| v.abs() > QUIET * peak)
    };
    let crossings = rising_crossings(sweep);
    let points: Vec<(f64, f64)> = crossings
        .windows(2)
        .filter(is_loud)
        .map(|pair| (0.5 * (pair[0] + pair[1]) / fs, fs / (pair[1] - pair[0])))
        .filter(|&(_, hz)| (low_hz..high_hz).contains(&hz))
        .map(|(t, hz)| (t, hz.ln()))
        .collect();
    let first = Line::through(&points)?;
    // A click at the beginning is a period of any length.
    let close: Vec<(f64, f64)> =
        points.iter().copied().filter(|&point| first.above(point).abs() < CLICK).collect();
    let line = Line::through(&close).filter(|_| points.len() - close.len() <= MOST_CLICKS)?;
    let fits = points.len() >= FEWEST && line.slope > 0.0 && line.explained >= STRAIGHT;
    fits.then(|| 1.0 / line.slope)
}

/// Where a signal passes zero from below, in samples.
fn rising_crossings(signal: &[f64]) -> Vec<f64> {
    let pairs = signal.windows(2).enumerate();
    let rising = pairs.filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0);
    rising.map(|(k, pair)| k as f64 + pair[0] / (pair[0] - pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::sweep::{synchronised_sweep, tests::spec};

    fn rate() -> SampleRate {
        SampleRate::new(48_000).unwrap()
    }

    #[test]
    fn the_time_constant_of_an_exponential_sweep_is_found_though_it_was_rounded_to_16_bits() {
        // A fit over thousands of periods; harmonics are looked for in windows of 20 ms.
        const RELATIVE: f64 = 1e-3;
        let spec = spec(3.0);
        let mut sweep = vec![0.0; 5000];
        let rounded = |v: f64| (v * 32768.0).round() / 32768.0;
        sweep.extend(synchronised_sweep(&spec, rate()).into_iter().map(rounded));
        let found = time_constant_s(&sweep, rate(), spec.band()).unwrap();
        assert!((found / spec.time_constant_s() - 1.0).abs() < RELATIVE, "{found}");
    }

    #[test]
    fn a_linear_sweep_and_noise_have_no_time_constant() {
        let linear = |k: usize| {
            let t = k as f64 / 48e3;
            (std::f64::consts::TAU * (20.0 * t + 0.5 * 20e3 * t * t)).sin()
        };
        let linear: Vec<f64> = (0..48_000).map(linear).collect();
        let band = spec(1.0).band();
        assert_eq!(time_constant_s(&linear, rate(), band), None);
        let mut state = 1_u32;
        let noise: Vec<f64> = (0..48_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f64::from(state) / f64::from(u32::MAX) - 0.5
            })
            .collect();
        assert_eq!(time_constant_s(&noise, rate(), band), None);
    }
}
