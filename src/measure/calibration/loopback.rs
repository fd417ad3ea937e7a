//! From the response of an input that is wired to the output to a loopback calibration.

use num_complex::Complex64;

use crate::measure::analyser::Analysed;
use crate::metrology::band::mean_over;
use crate::model::{
    Against, ChannelRole, Curve, CurveError, LoopbackCalibration, Outcome, Polar, Response,
};
use crate::quantity::unit::{Decibel, Degree};

/// The band in which a wire between output and input must be flat.
const FLAT_BAND_HZ: (f64, f64) = (20.0, 20e3);
/// Level and delay are found here, where every converter is flat.
const MIDDLE_HZ: (f64, f64) = (300.0, 8e3);
/// A converter that is coupled by capacitors and filtered for its rate stays within this.
const MOST_RANGE_DB: f64 = 6.0;
/// Gains of line inputs and outputs lie within this, either way.
const MOST_GAIN_DB: f64 = 30.0;

/// What a loopback measurement shows in a few numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoopbackFigures {
    /// Mean gain 300 Hz to 8 kHz.
    pub gain_db: f64,
    /// Highest minus lowest gain over 20 Hz to 20 kHz, or what of it was measured.
    pub range_db: f64,
    /// Where the gain lies furthest from its mean.
    pub worst_hz: f64,
    /// The largest standard uncertainty of the gain; absent without repeats.
    pub u_db: Option<f64>,
}

/// Why what was measured is no loopback.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotALoopback {
    /// The take was refused, or is no response.
    #[error("there is no usable response in it")]
    NoResponse,
    /// A wire does not do that.
    #[error(
        "its level varies by {range_db:.1} dB between {from_hz:.0} Hz and {to_hz:.0} Hz (most at \
         {worst_hz:.0} Hz), and that of a wire from output to input by less than {MOST_RANGE_DB} dB"
    )]
    NotFlat {
        /// Highest minus lowest level.
        range_db: f64,
        /// Where it lies furthest from the mean.
        worst_hz: f64,
        /// Lowest frequency looked at.
        from_hz: f64,
        /// Highest frequency looked at.
        to_hz: f64,
    },
    /// Far too quiet or too loud.
    #[error("its level is {gain_db:.1} dB, and that of a wire lies within ±{MOST_GAIN_DB} dB")]
    Level {
        /// Its mean level.
        gain_db: f64,
    },
    /// The band is too narrow to tell.
    #[error("it covers {from_hz:.0} Hz to {to_hz:.0} Hz only, and 300 Hz to 8 kHz are needed")]
    TooNarrow {
        /// Lowest frequency.
        from_hz: f64,
        /// Highest frequency.
        to_hz: f64,
    },
    /// The numbers are no curve.
    #[error(transparent)]
    Curve(#[from] CurveError),
}

/// The calibration that the response of a wired input shows; its role is that of the microphone,
/// and if there is a reference channel, that input is wired to the output as well.
///
/// The delay is found from the phase, to a fraction of a sample, and taken out of it.
///
/// # Errors
///
/// When there is no response, or it cannot be that of a wire.
pub fn loopback_of(
    analysed: &Analysed,
    rate_hz: f64,
) -> Result<(LoopbackCalibration, LoopbackFigures), NotALoopback> {
    let Outcome::Response { response, figures } = &analysed.outcome else {
        return Err(NotALoopback::NoResponse);
    };
    let checked = checked(&response.level())?;
    let reference = analysed.channels.get(ChannelRole::Reference);
    let peak_delay = figures.delay_samples.unwrap_or(0.0);
    // Against an input the phase holds the delay, against the stimulus it starts at the peak.
    let in_phase = if reference.is_some() { peak_delay } else { 0.0 };
    let (phase, rest) = without_delay(response, in_phase, rate_hz)?;
    let input = analysed.channels.get(ChannelRole::Microphone).unwrap_or(0) + 1;
    let calibration = LoopbackCalibration {
        input,
        against: reference.map_or(Against::Stimulus, |index| Against::Input(index + 1)),
        delay_samples: peak_delay + rest,
        response: Polar::new(response.level(), phase)?,
    };
    Ok((calibration, checked))
}

fn checked(level: &Curve<Decibel>) -> Result<LoopbackFigures, NotALoopback> {
    let (from_hz, to_hz) = (level.grid().first_hz(), level.grid().last_hz());
    let narrow = NotALoopback::TooNarrow { from_hz, to_hz };
    let gain_db = mean_over(level, MIDDLE_HZ.0, MIDDLE_HZ.1).ok_or(narrow)?;
    let inside = || level.points().filter(|(f, _)| (FLAT_BAND_HZ.0..=FLAT_BAND_HZ.1).contains(f));
    let (low, high) =
        inside().fold((gain_db, gain_db), |(low, high), (_, db)| (low.min(db), high.max(db)));
    let off = |&(_, db): &(f64, f64)| (db - gain_db).abs();
    let worst = inside().max_by(|a, b| off(a).total_cmp(&off(b)));
    let worst_hz = worst.map_or(from_hz, |(f, _)| f);
    let range_db = high - low;
    if gain_db.abs() > MOST_GAIN_DB {
        return Err(NotALoopback::Level { gain_db });
    }
    if range_db > MOST_RANGE_DB {
        return Err(NotALoopback::NotFlat { range_db, worst_hz, from_hz, to_hz });
    }
    let u_db = level.u().map(|u| u.iter().copied().fold(0.0, f64::max));
    Ok(LoopbackFigures { gain_db, range_db, worst_hz, u_db })
}

/// The unwrapped phase without delay, and the delay in samples that was found in it beyond the
/// one that is known.
fn without_delay(
    response: &Response,
    known_samples: f64,
    rate_hz: f64,
) -> Result<(Curve<Degree>, f64), CurveError> {
    let turns_at = |f: f64, samples: f64| f * samples / rate_hz;
    let turned = Response::from_fn(response.grid().clone(), |f| {
        Complex64::cis(std::f64::consts::TAU * turns_at(f, known_samples))
    })?;
    let values = response.values() * turned.values();
    let mut last = 0.0;
    let unwrapped: Vec<f64> = values
        .iter()
        .map(|value| {
            let turn = value.arg() / std::f64::consts::TAU;
            last = turn - (turn - last).round();
            last
        })
        .collect();
    let points = response.hz().iter().copied().zip(unwrapped.iter().copied());
    let rest = -rate_hz * slope(points.filter(|(f, _)| (MIDDLE_HZ.0..MIDDLE_HZ.1).contains(f)));
    let hz = response.hz().iter();
    let degrees = hz.zip(&unwrapped).map(|(&f, turn)| 360.0 * (turn + turns_at(f, rest)));
    let phase = Curve::new(response.grid().clone(), degrees.collect())?;
    let phase = match response.phase().u() {
        Some(u) => phase.with_u(u.clone())?,
        None => phase,
    };
    Ok((phase, rest))
}

/// The slope of the straight line through points, or zero for fewer than two.
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = points.clone().count() as f64;
    let sums = points.clone().fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x, sum.1 + y));
    let (x0, y0) = (sums.0 / count, sums.1 / count);
    let products = points.fold((0.0, 0.0), |sum: (f64, f64), (x, y)| {
        (sum.0 + (x - x0) * (y - y0), sum.1 + (x - x0) * (x - x0))
    });
    if products.1 > 0.0 { products.0 / products.1 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChannelMap, FrequencyGrid, ResponseFigures};

    const RATE_HZ: f64 = 48e3;
    /// The phase of a corner at 2 Hz bends the straight line by less than this, in samples.
    const SAMPLES: f64 = 0.02;

    /// A high-pass at 2 Hz behind a delay of `samples`, as the analyser gives it.
    fn analysed(
        gain: f64,
        samples: f64,
        with_reference: bool,
        extra: impl Fn(f64) -> f64,
    ) -> Analysed {
        let whole = samples.round();
        let in_phase = if with_reference { samples } else { samples - whole };
        let response = Response::from_fn(FrequencyGrid::standard(), |f| {
            let high_pass = Complex64::new(0.0, f) / Complex64::new(2.0, f);
            gain * extra(f)
                * high_pass
                * Complex64::cis(-std::f64::consts::TAU * f * in_phase / RATE_HZ)
        });
        let figures = ResponseFigures { delay_samples: Some(whole), ..ResponseFigures::default() };
        let outcome = Outcome::Response { response: response.unwrap(), figures };
        let reference = with_reference.then_some((ChannelRole::Reference, 0));
        let channels = ChannelMap::new(reference.into_iter().chain([(ChannelRole::Microphone, 1)]));
        Analysed { outcome, findings: Vec::new(), delays: Vec::new(), channels }
    }

    #[test]
    fn the_delay_is_found_to_a_fraction_of_a_sample_and_is_not_in_the_phase() {
        for (with_reference, against) in [(false, Against::Stimulus), (true, Against::Input(1))] {
            let (found, figures) =
                loopback_of(&analysed(0.5, 1234.37, with_reference, |_| 1.0), RATE_HZ).unwrap();
            assert!((found.delay_samples - 1234.37).abs() < SAMPLES, "{}", found.delay_samples);
            assert_eq!((found.input, found.against), (2, against));
            let phase = found.response.phase().unwrap();
            // At 20 Hz there is the corner's lead, atan(2/20), and at 20 kHz next to nothing.
            assert!((phase.values()[0] - 5.71).abs() < 0.1, "{}", phase.values()[0]);
            assert!(phase.values()[478].abs() < 360.0 * SAMPLES * 20e3 / RATE_HZ);
            assert!((figures.gain_db + 6.02).abs() < 0.01 && figures.range_db < 0.1);
            assert!(figures.worst_hz < 21.0);
        }
    }

    #[test]
    fn a_headphone_is_no_loopback() {
        let treble = |f: f64| if f > 5e3 { 0.3 } else { 1.0 };
        let refusal = loopback_of(&analysed(1.0, 0.0, false, treble), RATE_HZ).unwrap_err();
        assert!(matches!(refusal, NotALoopback::NotFlat { worst_hz, .. } if worst_hz > 5e3));
    }

    #[test]
    fn an_open_input_is_no_loopback() {
        let refusal = loopback_of(&analysed(1e-3, 0.0, false, |_| 1.0), RATE_HZ).unwrap_err();
        assert!(refusal.to_string().contains("-60.0 dB"), "{refusal}");
    }
}
