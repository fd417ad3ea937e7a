//! Marker types for the units of spectra, curves and recordings.
//!
//! They have no values: `Spectrum<Ohm>` is a spectrum whose numbers are ohms. Division follows
//! the units: `Spectrum<Volt> / Spectrum<Ampere>` is a `Spectrum<Ohm>`, and a ratio of two equal
//! units is a `Spectrum<One>`.

use std::fmt::Debug;

/// A unit that numbers in a container can have.
pub trait Unit: Copy + Clone + Debug + PartialEq + Send + Sync + 'static {
    /// How the unit is written behind a number; empty for a pure ratio.
    const SYMBOL: &'static str;
    /// How the unit is written at the end of a column or key name, for instance `ohm`.
    const SUFFIX: &'static str;
}

/// The unit of a quotient: `A: Per<B>` says what `A / B` is.
pub trait Per<Denominator: Unit>: Unit {
    /// The unit of the quotient.
    type Quotient: Unit;
}

macro_rules! units {
    ($($(#[$doc:meta])* $name:ident, $symbol:literal, $suffix:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum $name {}

            impl Unit for $name {
                const SYMBOL: &'static str = $symbol;
                const SUFFIX: &'static str = $suffix;
            }
        )*
    };
}

units! {
    /// A pure ratio.
    One, "", "ratio";
    /// The converter's own scale: 1.0 is digital full scale.
    FullScale, "FS", "fs";
    /// Volt (rms unless said otherwise).
    Volt, "V", "v";
    /// Ampere.
    Ampere, "A", "a";
    /// Thousandth of an ampere.
    Milliampere, "mA", "ma";
    /// Thousandth of a watt.
    Milliwatt, "mW", "mw";
    /// Ohm.
    Ohm, "Ω", "ohm";
    /// Pascal.
    Pascal, "Pa", "pa";
    /// Decibel: twenty times the decimal logarithm of an amplitude ratio.
    Decibel, "dB", "db";
    /// Degree of angle; positive is a lead.
    Degree, "°", "deg";
    /// Hundredth: of a difference, in parts of what it is a difference to.
    Percent, "%", "percent";
}

impl<U: Unit> Per<U> for U {
    type Quotient = One;
}

impl Per<Ampere> for Volt {
    type Quotient = Ohm;
}
