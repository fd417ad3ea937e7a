//! What a comparison of cables says.

use super::compared::Span;
use super::curve::Curve;
use super::source::Source;
use super::spectrum::Impedance;
use crate::quantity::unit::Decibel;

/// A value with its standard uncertainty in the same unit, where that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its standard uncertainty.
    pub u: Option<f64>,
}

/// A cable, or an adapter in line with one: both its conductors.
#[derive(Debug, Clone, PartialEq)]
pub struct Cable {
    /// What it is called.
    pub name: String,
    /// Its impedance from 20 Hz to 20 kHz.
    pub impedance: Impedance,
    /// Its resistance at 1 kHz in ohms.
    pub resistance_ohm: Estimate,
    /// Its inductance in henries; absent unless it is a resistance and a coil in series.
    pub inductance_h: Option<Estimate>,
    /// What it does to the headphone, if one is known.
    pub effect: Option<CableEffect>,
}

/// What a cable does between a source and a headphone.
#[derive(Debug, Clone, PartialEq)]
pub struct CableEffect {
    /// Change of the response against no cable at all, 0 dB at 1 kHz.
    pub curve: Curve<Decibel>,
    /// Its largest deviation from 0 dB, with its sign.
    pub worst_db: Estimate,
    /// Where.
    pub worst_hz: f64,
    /// Level at 1 kHz against no cable at all; a loss is negative.
    pub loss_db: Estimate,
}

/// How a cable differs from the first one.
#[derive(Debug, Clone, PartialEq)]
pub struct CableDifference {
    /// The cable.
    pub name: String,
    /// The first one.
    pub reference: String,
    /// Its resistance less that of the first, at 1 kHz, in ohms.
    pub resistance_ohm: Estimate,
    /// What changes for a listener, if a headphone is known.
    pub heard: Option<CableChange>,
}

/// What changes from one cable to another when nothing else is touched.
#[derive(Debug, Clone, PartialEq)]
pub struct CableChange {
    /// Level with the cable less that with the first, loudness included.
    pub curve: Curve<Decibel>,
    /// The largest difference, with its sign.
    pub worst_db: Estimate,
    /// Where.
    pub worst_hz: f64,
    /// Whether it is more than its uncertainty; absent where that is not known.
    pub verdict: Option<CableVerdict>,
}

/// Whether two cables differ.
#[derive(Debug, Clone, PartialEq)]
pub struct CableVerdict {
    /// The ranges in which the difference exceeds its expanded uncertainty (k = 2).
    pub spans: Vec<Span>,
    /// No difference is larger than this at any frequency, in decibels: the largest of what was
    /// found with its expanded uncertainty (k = 2) on top.
    pub none_above_db: f64,
}

/// Cables beside each other.
#[derive(Debug, Clone, PartialEq)]
pub struct CableComparison {
    /// The cables, in the order given.
    pub cables: Vec<Cable>,
    /// The difference of every other cable to the first.
    pub differences: Vec<CableDifference>,
    /// What drives the headphone, without any cable.
    pub source: Source,
}
