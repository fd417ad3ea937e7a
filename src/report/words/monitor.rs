//! A live view in words.

use crate::model::{AgainstReference, BassVerdict, Motion, TraceKind};

/// Whether anything moves, in a few words.
#[must_use]
pub fn motion(motion: Motion) -> String {
    match motion {
        Motion::Settling { alike: 0, .. } => "waiting for a sweep that can be used".to_owned(),
        Motion::Settling { alike, wanted } => format!("settling: {alike} of {wanted} alike"),
        Motion::Steady { .. } => "steady".to_owned(),
        Motion::Moved { bass_db, level_db } if bass_db.abs() >= level_db.abs() => {
            format!("moved: bass {}", signed(bass_db))
        }
        Motion::Moved { level_db, .. } => format!("moved: level {}", signed(level_db)),
    }
}

/// What the bass says about the seal, seen from a reference.
#[must_use]
pub fn seal(against: &AgainstReference, kind: TraceKind) -> String {
    let allowance_db = against.allowance_db;
    let of = match against.seatings {
        1 => "of one seating the spread is not known".to_owned(),
        n => format!("{n} seatings: ±{allowance_db:.1} dB"),
    };
    let said = match (kind, against.verdict) {
        (_, BassVerdict::Within) if against.seatings == 1 => {
            format!("within {allowance_db:.1} dB of your reference")
        }
        (_, BassVerdict::Within) => "within the spread of your reference".to_owned(),
        (TraceKind::Response, BassVerdict::Below) => {
            format!("bass {:.1} dB below your reference: leak", -against.bass_db)
        }
        (TraceKind::Response, BassVerdict::Above) => {
            format!("bass {:.1} dB above your reference", against.bass_db)
        }
        (TraceKind::Impedance, _) => "not as your reference in the bass".to_owned(),
    };
    format!("{said} ({of})")
}

/// A resonance compared with that of a reference, by the ratios of frequency and height.
#[must_use]
pub fn resonance((frequency, height): (f64, f64)) -> String {
    let percent = |ratio: f64| format!("{:+.1} %", (ratio - 1.0) * 100.0).replace('-', "−");
    format!("resonance {} in frequency, {} in height", percent(frequency), percent(height))
}

/// A difference in decibels, with its sign.
#[must_use]
pub fn signed(db: f64) -> String {
    // Adding zero takes the sign off a zero.
    let rounded = (db * 10.0).round() / 10.0 + 0.0;
    format!("{rounded:+.1} dB").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Spread;

    fn against(bass_db: f64, verdict: BassVerdict, seatings: usize) -> AgainstReference {
        let reference_bass_db = Spread { mean: 4.0, sd: None };
        let (allowance_db, resonance) = (0.6, None);
        AgainstReference { seatings, reference_bass_db, bass_db, allowance_db, verdict, resonance }
    }

    #[test]
    fn a_seal_is_said_with_what_it_is_held_against() {
        let said = seal(&against(-4.12, BassVerdict::Below, 5), TraceKind::Response);
        let expected = "bass 4.1 dB below your reference: leak (5 seatings: ±0.6 dB)";
        assert_eq!(said, expected);
        let said = seal(&against(0.1, BassVerdict::Within, 1), TraceKind::Response);
        let expected = "within 0.6 dB of your reference (of one seating the spread is not known)";
        assert_eq!(said, expected);
    }

    #[test]
    fn a_movement_is_said_by_what_changed_most() {
        let moved = |bass_db, level_db| motion(Motion::Moved { bass_db, level_db });
        assert_eq!(moved(-2.5, 0.1), "moved: bass −2.5 dB");
        assert_eq!(moved(0.0, 6.02), "moved: level +6.0 dB");
        assert_eq!(motion(Motion::Settling { alike: 2, wanted: 4 }), "settling: 2 of 4 alike");
        assert_eq!(signed(-0.01), "+0.0 dB");
    }

    #[test]
    fn a_resonance_is_compared_in_percent() {
        assert_eq!(resonance((1.052, 0.97)), "resonance +5.2 % in frequency, −3.0 % in height");
    }
}
