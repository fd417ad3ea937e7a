//! Where a headphone sits and what is in its way: names that everybody knows, and what follows from
//! how much its response depends on that.

use serde::Serialize;

use super::compared::Span;
use super::curve::Curve;
use crate::quantity::unit::Decibel;

/// Names of placements, each with what it means.
const KNOWN: [(&str, &str); 16] = [
    ("centred", "the ear in the middle of the cup"),
    ("forward", "the cup moved towards the face"),
    ("back", "the cup moved towards the back of the head"),
    ("up", "the cup moved up"),
    ("down", "the cup moved down"),
    ("tilted", "the cup turned against the head"),
    ("glasses", "a temple of glasses under the pad"),
    ("hair", "hair under the pad"),
    ("hat", "a hat or cap under the pad"),
    ("earring", "an earring under the pad"),
    ("jaw", "the jaw open, which draws the head away below the ear"),
    ("clamp-low", "the headband wide: little force on the pads"),
    ("clamp-high", "the headband narrow: much force on the pads"),
    ("shallow", "the tip not all the way in the ear canal"),
    ("deep", "the tip as deep in the ear canal as it goes"),
    ("off-head", "the headphone off the head, in the open"),
];

/// What a well-known name of a placement means; `None` of any other name.
///
/// Case, and blanks or underscores in place of hyphens, do not matter.
#[must_use]
pub fn placement_meaning(name: &str) -> Option<&'static str> {
    let plain = name.trim().to_lowercase().replace([' ', '_'], "-");
    let other = match plain.as_str() {
        "centre" | "center" | "centered" | "middle" => "centred",
        "front" | "forwards" => "forward",
        "backward" | "backwards" | "rear" => "back",
        other => other,
    };
    KNOWN.iter().find(|(known, _)| *known == other).map(|(_, meaning)| *meaning)
}

/// How alike the seatings of a state are: standard deviation between them, as the root of its mean
/// square over the logarithm of frequency, in decibels. Absent for a single seating, and where the
/// data end.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Consistency {
    /// 20 Hz to 100 Hz, which the seal decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bass_sd_db: Option<f64>,
    /// 300 Hz to 3 kHz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub midrange_sd_db: Option<f64>,
    /// 5 kHz to 10 kHz, which the place of the ear decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treble_sd_db: Option<f64>,
}

/// The largest difference between any two placements in a band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WidestSpread {
    /// Highest less lowest placement, in decibels.
    pub db: f64,
    /// Where, in hertz.
    pub hz: f64,
    /// The band.
    pub band: Span,
}

/// How much a response depends on the placement, each state being one.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacementSpread {
    /// Mean of the placements' means, each counting once.
    pub mean: Curve<Decibel>,
    /// The lowest of the means at each frequency.
    pub lowest: Curve<Decibel>,
    /// The median of the means at each frequency.
    pub median: Curve<Decibel>,
    /// The highest of the means at each frequency.
    pub highest: Curve<Decibel>,
    /// Standard deviation between the means.
    pub consistency: Consistency,
    /// Where placements differ most, 20 Hz to 100 Hz; absent where the data end.
    pub bass: Option<WidestSpread>,
    /// The same from 5 kHz to 10 kHz.
    pub treble: Option<WidestSpread>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_is_known_by_any_usual_spelling() {
        assert_eq!(placement_meaning("Forward"), placement_meaning("front"));
        assert_eq!(placement_meaning("clamp low"), placement_meaning("clamp_low"));
        assert!(placement_meaning("glasses").is_some());
        assert_eq!(placement_meaning("worn"), None);
    }
}
