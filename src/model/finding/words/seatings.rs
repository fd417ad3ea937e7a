//! What is said of a headphone that was put on anew.

use super::Words;
use crate::model::{FindingKind, SiblingFigure};

impl FindingKind {
    /// Of a seating among others.
    pub(super) fn about_seatings(&self) -> Option<Words> {
        let Self::SeatingUnlikeSiblings { figure, by, limit, siblings, .. } = self else {
            return None;
        };
        let others = match siblings {
            1 => "the other seating".to_owned(),
            n => format!("the mean of the {n} other seatings"),
        };
        let than = format!("{by:+.1} dB from {others}, and ±{limit:.1} dB are expected");
        let effect = match siblings {
            1 => "either of the two may be the odd one; a third tells",
            _ => "in a mean of all it would count as much as a good one",
        };
        let (seen, remedy) = match figure {
            SiblingFigure::BassShelf if *by < 0.0 => (
                format!("the bass shelf lies {than}"),
                "The pads leak: look for hair, a temple of glasses or a gap under them, and put \
                 the headphone on again",
            ),
            SiblingFigure::BassShelf => (
                format!("the bass shelf lies {than}"),
                "The pads seal better than before: see whether the other seatings leaked, and put \
                 the headphone on again",
            ),
            SiblingFigure::Notch => (
                format!(
                    "the notch of the treble lies {:+.0} % from that of {others}, and ±{:.0} % are \
                     expected",
                    percent(*by),
                    percent(*limit)
                ),
                "The ear cup sits higher, lower or further aside than before: centre it on the \
                 ear, and put the headphone on again",
            ),
            SiblingFigure::Level => (
                format!("the level from 300 Hz to 1 kHz lies {than}"),
                "See whether volume, gain or plug were touched and whether the cup lies on all \
                 around, and put the headphone on again",
            ),
        };
        Some(Words::new(seen, effect, remedy))
    }
}

/// Octaves as a part of the frequency.
fn percent(octaves: f64) -> f64 {
    100.0 * (octaves.exp2() - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(figure: SiblingFigure, by: f64, siblings: usize) -> String {
        let kind = FindingKind::SeatingUnlikeSiblings {
            figure,
            by,
            expected: by.abs() / 8.0,
            limit: by.abs() / 2.0,
            siblings,
        };
        kind.words().message()
    }

    #[test]
    fn a_loss_of_bass_is_a_leak_and_a_shifted_notch_a_position() {
        let leak = message(SiblingFigure::BassShelf, -3.0, 4);
        assert!(leak.contains("-3.0 dB from the mean of the 4 other seatings"), "{leak}");
        assert!(leak.contains("±1.5 dB") && leak.contains("leak"), "{leak}");
        let shifted = message(SiblingFigure::Notch, 0.25, 4);
        assert!(shifted.contains("+19 %") && shifted.contains("±9 %"), "{shifted}");
    }

    #[test]
    fn of_two_seatings_either_may_be_the_odd_one() {
        assert!(message(SiblingFigure::Level, 4.0, 1).contains("either of the two"));
    }
}
