//! What may be played: limits that protect ears, drivers and amplifiers.

use std::fmt;

use crate::quantity::unit::{FullScale, Pascal};
use crate::quantity::{Gain, Level, amplitude_db};

/// Excess over a limit that is put down to rounding, in decibels: half a step of a 16-bit file is
/// 0.01 dB at −37 dBFS, and no limit is set finer than that.
const ROUNDING_DB: f64 = 0.01;

/// Above this level there is a warning first, unless nobody can be wearing the headphone. At
/// 100 dB the exposure that NIOSH recommends for a day lasts a quarter of an hour.
const WARN_ABOVE: Level<Pascal> = Level::from_db(100.0);

/// Who hears what is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wearer {
    /// The microphones sit in a person's ears.
    Person,
    /// A coupler, a head without a person, or an electrical load.
    Nobody,
    /// Not said.
    #[default]
    Unknown,
}

impl Wearer {
    /// The hard stop where a rig sets no limit of its own: 110 dB SPL on a coupler, 85 dB SPL in
    /// a person's ears.
    #[must_use]
    pub const fn pressure_limit(self) -> Level<Pascal> {
        match self {
            Self::Person => Level::from_db(85.0),
            Self::Nobody | Self::Unknown => Level::from_db(110.0),
        }
    }
}

/// The limits of a rig. Each is checked where the level it limits is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Highest peak level of what is played.
    pub level: Level<FullScale>,
    /// Highest voltage at the output, rms of a sine of that peak level.
    pub volts_rms: Option<f64>,
    /// Highest sound pressure level at the ear.
    pub pressure: Level<Pascal>,
}

/// What digital full scale stands for at the two ends of a rig, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scale {
    /// Voltage at the output of a full-scale sine, rms.
    pub output_volts_rms: Option<f64>,
    /// Sound pressure level at the ear of a full-scale sine that is played, at 1 kHz.
    pub ear: Option<Level<Pascal>>,
}

/// What a level of playing means outside of the computer, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Peak level of what is played.
    pub level: Level<FullScale>,
    /// Voltage at the output, rms of a sine of that level.
    pub volts_rms: Option<f64>,
    /// Sound pressure level at the ear, at 1 kHz.
    pub pressure: Option<Level<Pascal>>,
}

/// A limit that something would exceed.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Exceeded {
    /// Peak level.
    #[error("the rig's limit of {} dBFS", .limit.db())]
    Level {
        /// The limit.
        limit: Level<FullScale>,
    },
    /// Voltage.
    #[error("the rig's limit of {limit_v} V")]
    Voltage {
        /// The limit, in volts rms.
        limit_v: f64,
    },
    /// Sound pressure.
    #[error("the rig's limit of {} dB SPL at the ear", .limit.db())]
    Pressure {
        /// The limit.
        limit: Level<Pascal>,
    },
}

impl Scale {
    /// The scale with the ear's side from a microphone: a full-scale sine that is played comes
    /// back with a gain, and a full-scale sine at its input is so much sound pressure.
    #[must_use]
    pub fn with_microphone(self, gain: Gain, full_scale: Level<Pascal>) -> Self {
        Self { ear: Some(full_scale + gain), ..self }
    }

    /// What playing at a level means.
    #[must_use]
    pub fn at(&self, level: Level<FullScale>) -> Prediction {
        Prediction {
            level,
            volts_rms: self.output_volts_rms.map(|volts| volts * level.amplitude()),
            pressure: self.ear.map(|ear| ear + Gain::from_db(level.db())),
        }
    }
}

impl Limits {
    /// The first limit that playing would exceed; `None` if it may be played, as far as is known.
    #[must_use]
    pub fn exceeded_by(&self, prediction: &Prediction) -> Option<Exceeded> {
        let limit = self.level;
        // Written so that a level that is no number is refused.
        if !is_within(prediction.level.db(), limit.db()) {
            return Some(Exceeded::Level { limit });
        }
        if let (Some(volts), Some(limit_v)) = (prediction.volts_rms, self.volts_rms)
            && !is_within(amplitude_db(volts), amplitude_db(limit_v))
        {
            return Some(Exceeded::Voltage { limit_v });
        }
        let limit = self.pressure;
        let pressure = prediction.pressure.map(Level::db);
        pressure.filter(|&db| !is_within(db, limit.db())).map(|_| Exceeded::Pressure { limit })
    }
}

fn is_within(level_db: f64, limit_db: f64) -> bool {
    level_db - limit_db <= ROUNDING_DB
}

impl Prediction {
    /// Whether a warning and a pause come first: so loud that it harms, and somebody could be
    /// wearing the headphone.
    #[must_use]
    pub fn calls_for_a_pause(&self, wearer: Wearer) -> bool {
        wearer != Wearer::Nobody && self.pressure.is_some_and(|pressure| pressure > WARN_ABOVE)
    }
}

impl fmt::Display for Prediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} dBFS", self.level.db())?;
        let volts = self.volts_rms.map(|volts| {
            if volts < 0.1 { format!("{:.1} mV", volts * 1e3) } else { format!("{volts:.2} V") }
        });
        let pressure = self.pressure.map(|pressure| format!("{:.0} dB SPL", pressure.db()));
        let known: Vec<_> = volts.into_iter().chain(pressure).collect();
        if known.is_empty() { Ok(()) } else { write!(f, " ({})", known.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        level: Level::from_db(-12.0),
        volts_rms: Some(0.5),
        pressure: Wearer::Unknown.pressure_limit(),
    };

    /// 2 V at full scale, and 114 dB SPL.
    const SCALE: Scale = Scale { output_volts_rms: Some(2.0), ear: Some(Level::from_db(114.0)) };

    fn exceeded(scale: Scale, limits: Limits, dbfs: f64) -> Option<String> {
        limits.exceeded_by(&scale.at(Level::from_db(dbfs))).map(|limit| limit.to_string())
    }

    #[test]
    fn each_limit_is_told_in_words_and_the_level_itself_is_allowed() {
        assert_eq!(exceeded(SCALE, LIMITS, -12.05), None);
        assert_eq!(exceeded(Scale::default(), LIMITS, -12.0), None);
        let loud = Limits { level: Level::from_db(0.0), ..LIMITS };
        // 2 V · 10^(−12/20) is 0.502 V, 0.04 dB too much.
        assert_eq!(exceeded(SCALE, loud, -12.0).unwrap(), "the rig's limit of 0.5 V");
        let loud = Limits { volts_rms: None, ..loud };
        assert_eq!(exceeded(SCALE, loud, -4.0), None);
        assert_eq!(
            exceeded(SCALE, loud, -3.9).unwrap(),
            "the rig's limit of 110 dB SPL at the ear"
        );
        assert_eq!(exceeded(SCALE, LIMITS, -11.9).unwrap(), "the rig's limit of -12 dBFS");
        assert!(exceeded(SCALE, LIMITS, f64::NAN).is_some());
    }

    #[test]
    fn what_is_not_known_cannot_be_exceeded() {
        let loud = Limits { level: Level::from_db(0.0), ..LIMITS };
        assert_eq!(exceeded(Scale::default(), loud, 0.0), None);
    }

    #[test]
    fn a_person_may_hear_less_than_a_coupler() {
        let limits = Limits { pressure: Wearer::Person.pressure_limit(), ..LIMITS };
        let quiet = Scale { ear: Some(Level::from_db(98.0)), ..Scale::default() };
        assert!(exceeded(quiet, limits, -12.0).unwrap().contains("85 dB SPL"));
        assert_eq!(exceeded(quiet, LIMITS, -12.0), None);
    }

    #[test]
    fn a_loud_level_calls_for_a_pause_unless_nobody_wears_the_headphone() {
        let prediction = SCALE.at(Level::from_db(-13.0));
        assert!(prediction.calls_for_a_pause(Wearer::Unknown));
        assert!(prediction.calls_for_a_pause(Wearer::Person));
        assert!(!prediction.calls_for_a_pause(Wearer::Nobody));
        assert!(!SCALE.at(Level::from_db(-14.1)).calls_for_a_pause(Wearer::Unknown));
        let unknown = Scale::default().at(Level::from_db(0.0));
        assert!(!unknown.calls_for_a_pause(Wearer::Unknown));
    }

    #[test]
    fn a_prediction_says_what_is_known() {
        assert_eq!(SCALE.at(Level::from_db(-20.0)).to_string(), "-20.0 dBFS (0.20 V, 94 dB SPL)");
        assert_eq!(Scale::default().at(Level::from_db(-12.0)).to_string(), "-12.0 dBFS");
        let quiet = Scale { ear: None, ..SCALE }.at(Level::from_db(-60.0));
        assert_eq!(quiet.to_string(), "-60.0 dBFS (2.0 mV)");
    }

    #[test]
    fn a_microphone_ties_what_is_played_to_the_pressure_at_the_ear() {
        let scale = Scale::default().with_microphone(Gain::from_db(-20.0), Level::from_db(120.0));
        assert_eq!(scale.at(Level::from_db(-6.0)).pressure, Some(Level::from_db(94.0)));
    }
}
