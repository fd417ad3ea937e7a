//! Decibels: a [`Gain`] is a ratio, a [`Level`] a position above a reference.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Neg, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::parse::{ParseQuantityError, parse_number};
use super::scalar::Written;
use super::unit::{FullScale, Pascal, Unit, Volt};

/// Decibels of a neper: an amplitude that is uncertain by a small part x is uncertain by
/// `DB_PER_NEPER·x` decibels.
pub const DB_PER_NEPER: f64 = 20.0 * std::f64::consts::LOG10_E;

/// Decibels of an amplitude ratio, `20·log10(ratio)`. Zero gives −∞.
#[must_use]
pub fn amplitude_db(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

/// Decibels of a power ratio, `10·log10(ratio)`. Zero gives −∞.
#[must_use]
pub fn power_db(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

/// The amplitude ratio of a number of decibels, `10^(db/20)`.
#[must_use]
pub fn amplitude_ratio(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}

/// A ratio of two amplitudes in decibels.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Gain(f64);

impl Gain {
    /// A gain of so many decibels.
    #[must_use]
    pub const fn from_db(db: f64) -> Self {
        Self(db)
    }

    /// The gain in decibels.
    #[must_use]
    pub const fn db(self) -> f64 {
        self.0
    }

    /// The gain as an amplitude ratio.
    #[must_use]
    pub fn ratio(self) -> f64 {
        amplitude_ratio(self.0)
    }
}

impl fmt::Display for Gain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} dB", self.0)
    }
}

impl FromStr for Gain {
    type Err = ParseQuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_number(text, "gain", &["dB"], "-6dB").map(Self)
    }
}

impl Neg for Gain {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Add for Gain {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

/// What a level is measured from.
pub trait Reference: Unit {
    /// How a level above this reference is written.
    const LEVEL: &'static str;
}

impl Reference for FullScale {
    const LEVEL: &'static str = "dBFS";
}

impl Reference for Volt {
    const LEVEL: &'static str = "dBV";
}

impl Reference for Pascal {
    const LEVEL: &'static str = "dB SPL";
}

/// A position above a reference, in decibels.
///
/// A full-scale *sine* is 0 dBFS (AES17), so a sweep of peak amplitude A has 20·log10 A dBFS.
/// Two levels differ by a [`Gain`], and a level moved by a gain is a level; levels above
/// different references do not mix.
#[derive(Serialize)]
#[serde(transparent, bound = "")]
pub struct Level<R: Reference>(f64, #[serde(skip)] PhantomData<R>);

impl<R: Reference> Level<R> {
    /// A level of so many decibels above the reference.
    #[must_use]
    pub const fn from_db(db: f64) -> Self {
        Self(db, PhantomData)
    }

    /// The level in decibels above the reference.
    #[must_use]
    pub const fn db(self) -> f64 {
        self.0
    }
}

impl Level<FullScale> {
    /// The peak amplitude, 1.0 being digital full scale, of a sine at this level.
    #[must_use]
    pub fn amplitude(self) -> f64 {
        amplitude_ratio(self.0)
    }
}

// Derived, these would ask the marker type for the same traits.
#[expect(clippy::expl_impl_clone_on_copy, reason = "a derive would bind R")]
impl<R: Reference> Clone for Level<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Reference> Copy for Level<R> {}

impl<R: Reference> fmt::Debug for Level<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Level({self})")
    }
}

impl<R: Reference> PartialEq for Level<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq(&other.0)
    }
}

impl<R: Reference> PartialOrd for Level<R> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.0.partial_cmp(&other.0)
    }
}

impl<R: Reference> fmt::Display for Level<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, R::LEVEL)
    }
}

impl<R: Reference> FromStr for Level<R> {
    type Err = ParseQuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_number(text, "level", &[R::LEVEL, "dB"], "-12dBFS").map(Self::from_db)
    }
}

impl<'de, R: Reference> Deserialize<'de> for Level<R> {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        match Written::deserialize(source)? {
            Written::Integer(whole) => Ok(Self::from_db(whole as f64)),
            Written::Number(number) => Ok(Self::from_db(number)),
            Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

impl<R: Reference> Sub for Level<R> {
    type Output = Gain;
    fn sub(self, other: Self) -> Gain {
        Gain(self.0 - other.0)
    }
}

impl<R: Reference> Add<Gain> for Level<R> {
    type Output = Self;
    fn add(self, gain: Gain) -> Self {
        Self::from_db(self.0 + gain.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_moved_by_the_difference_to_another_level_is_that_level() {
        let a: Level<FullScale> = Level::from_db(-12.0);
        let b: Level<FullScale> = Level::from_db(-3.0);
        assert_eq!(a + (b - a), b);
    }

    #[test]
    fn six_decibels_are_twice_the_amplitude() {
        assert!((Gain::from_db(6.0206).ratio() - 2.0).abs() < 1e-5);
        assert!((amplitude_db(2.0) - power_db(4.0)).abs() < 1e-12);
    }

    #[test]
    fn a_level_is_read_with_and_without_its_unit() {
        let level: Level<FullScale> = "-12dBFS".parse().unwrap();
        assert_eq!(level, "-12".parse().unwrap());
        assert!("-12dBV".parse::<Level<FullScale>>().is_err());
    }
}
