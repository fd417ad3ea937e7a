//! What the electrical impedance says about how a headphone sits.

use super::curve::Curve;
use super::states::StateComparison;
use crate::quantity::unit::Ohm;

/// A third of an octave, and how the impedance changed in it against the reference seatings.
///
/// The real part is counted from its own mean between 1 kHz and 2 kHz, so that the temperature of
/// the coil has no say, and what the compliance of the suspension may explain has been taken out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SealBand {
    /// The band's middle in hertz.
    pub centre_hz: f64,
    /// Real part.
    pub real: SealFeature,
    /// Imaginary part.
    pub imaginary: SealFeature,
}

/// One part of the impedance in one band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SealFeature {
    /// Change against the mean of the reference seatings, in ohms.
    pub change_ohm: f64,
    /// Standard deviation that chance gives such a change, in ohms; absent where a single reference
    /// seating says nothing about it.
    pub u_ohm: Option<f64>,
}

/// The change of the impedance from 20 Hz to 1 kHz, as [`SealBand`] counts it.
#[derive(Debug, Clone, PartialEq)]
pub struct SealPart {
    /// Now less the mean of the reference seatings; its uncertainty is what chance does.
    pub change: Curve<Ohm>,
    /// Each reference seating less their mean.
    pub references: Vec<Curve<Ohm>>,
}

/// Whether the impedance differs from that of the reference seatings, in all bands together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SealTest {
    /// Root of the mean square of the changes over what chance gives each of them: 1 or so by
    /// chance.
    pub size: f64,
    /// What is exceeded by chance no oftener than [`Self::false_alarms`].
    pub limit: f64,
    /// The probability that chance alone exceeds the size, at most.
    pub p: f64,
    /// The part of the false alarms that this test may have.
    pub false_alarms: f64,
    /// The size of a true change that is seen four times in five.
    pub seen: f64,
}

/// How much of the load that the air before it puts on the diaphragm is left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AirLoad {
    /// Of the reference seatings' mean: 1 as it sat, 0 off the head.
    pub share: f64,
    /// What chance alone goes below no oftener than [`Self::false_alarms`]; absent where there are
    /// too few reference seatings.
    pub limit: Option<f64>,
    /// The part of the false alarms that this test may have.
    pub false_alarms: f64,
}

/// A leak of known size, and how far it stands out of the reference seatings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownLeak {
    /// Its diameter, as it was stated.
    pub diameter_mm: f64,
    /// Its size, as [`SealTest::size`] counts it; nothing is left of it where it drowns in the
    /// spread.
    pub size: f64,
}

/// The smallest leak that these seatings would have shown four times in five.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SmallestLeak {
    /// A leak of this diameter, or a smaller one.
    AtMost {
        /// The diameter.
        diameter_mm: f64,
    },
    /// Not even the largest of the known leaks.
    Above {
        /// Its diameter.
        diameter_mm: f64,
    },
}

/// A leak's size between known leaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetweenLeaks {
    /// It changes more than the known leak of this diameter; absent below the smallest.
    pub from_mm: Option<f64>,
    /// It changes less than the known leak of this diameter; absent above the largest.
    pub to_mm: Option<f64>,
}

/// How a headphone sits, by its impedance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SealVerdict {
    /// Too few reference seatings to know their spread.
    TooFewReferences,
    /// As the reference seatings, as far as they can tell.
    NotDistinguishable,
    /// Off the head, or open as wide as that.
    OffHead,
    /// It differs, as known leaks do.
    Leak(BetweenLeaks),
    /// It differs, by a leak or another placement.
    Differs,
}

/// The seal of a headphone from its electrical impedance.
#[derive(Debug, Clone, PartialEq)]
pub struct SealComparison {
    /// Reference seatings.
    pub references: usize,
    /// Takes of now.
    pub now: usize,
    /// What is said.
    pub verdict: SealVerdict,
    /// All bands together; absent where there are too few reference seatings.
    pub test: Option<SealTest>,
    /// Load of the air; absent where nothing was measured off the head, or its effect is too small.
    pub air_load: Option<AirLoad>,
    /// The bands.
    pub bands: Vec<SealBand>,
    /// The real part over frequency.
    pub real: SealPart,
    /// The imaginary part over frequency.
    pub imaginary: SealPart,
    /// Known leaks, the smallest first.
    pub leaks: Vec<KnownLeak>,
    /// The smallest leak that would have been seen; absent without known leaks.
    pub smallest_leak: Option<SmallestLeak>,
    /// The part of the change off the head that would have been seen four times in five; absent
    /// where nothing was measured off the head.
    pub smallest_share_of_off_head: Option<f64>,
    /// Whether the uncertainty that takes through one jig have in common has been left out.
    pub same_jig: bool,
    /// What a microphone says about it, where it was asked too: the reference, and now.
    pub acoustic: Option<StateComparison>,
}

impl SealFeature {
    /// The change over what chance gives it, where that is known.
    #[must_use]
    pub fn t(self) -> Option<f64> {
        Some(self.change_ohm / self.u_ohm?)
    }
}

impl SealVerdict {
    /// Its name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooFewReferences => "too_few_references",
            Self::NotDistinguishable => "not_distinguishable",
            Self::OffHead => "off_head",
            Self::Leak(_) => "leak",
            Self::Differs => "differs",
        }
    }

    /// Whether it sits otherwise than the reference.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        matches!(self, Self::OffHead | Self::Leak(_) | Self::Differs)
    }
}

impl SealComparison {
    /// Whether a band stands out for itself.
    #[must_use]
    pub fn stands_out(&self, feature: SealFeature) -> bool {
        self.test.zip(feature.t()).is_some_and(|(test, t)| t.abs() > test.limit)
    }
}
