//! What a comparison of states says.

use serde::Serialize;

use super::curve::Curve;
use super::evidence::Evidence;
use super::leak::LeakVerdict;
use super::normalisation::Normalisation;
use super::placement::{Consistency, PlacementSpread};
use crate::quantity::unit::Decibel;
use crate::quantity::{Smoothing, Uncertain};

/// A figure over several seatings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Mean over the seatings.
    pub mean: f64,
    /// Standard deviation between the seatings; absent for a single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sd: Option<f64>,
}

/// One state of a headphone, over its seatings.
#[derive(Debug, Clone, PartialEq)]
pub struct StateSummary {
    /// The state's name.
    pub name: String,
    /// The normalised, smoothed seatings.
    pub seatings: Vec<Curve<Decibel>>,
    /// Mean over the seatings, in decibels. Its uncertainty is that of the mean.
    pub mean: Curve<Decibel>,
    /// Standard deviation between seatings; absent for a single one.
    pub sd: Option<Curve<Decibel>>,
    /// Mean 20 Hz to 100 Hz over mean 300 Hz to 1 kHz.
    pub bass_shelf_db: Option<Spread>,
    /// Lowest frequency above which the level stays within 3 dB of the mean 300 Hz to 1 kHz, of
    /// the mean curve.
    pub corner_minus_3_db_hz: Option<f64>,
    /// How alike the seatings are.
    pub consistency: Consistency,
}

/// The difference of a state to the reference state.
#[derive(Debug, Clone, PartialEq)]
pub struct StateDifference {
    /// The state.
    pub state: String,
    /// The reference state.
    pub reference: String,
    /// State − reference in decibels; its uncertainty is the standard error, where both states
    /// have two or more seatings.
    pub curve: Curve<Decibel>,
    /// Difference of the bass shelves; the uncertainty is the standard error.
    pub bass_shelf_db: Option<Uncertain>,
    /// What the seatings say about it; absent where a state has one only, or it was not asked for.
    pub evidence: Option<Evidence>,
    /// The leak that would explain the difference; absent where it was not asked for.
    pub leak: Option<LeakVerdict>,
}

/// One headphone in several states.
#[derive(Debug, Clone, PartialEq)]
pub struct StateComparison {
    /// The states, the reference first.
    pub states: Vec<StateSummary>,
    /// The difference of every other state to the reference.
    pub differences: Vec<StateDifference>,
    /// How the curves were laid upon each other.
    pub normalisation: Normalisation,
    /// Smoothing of the curves.
    pub smoothing: Smoothing,
    /// How much the response depends on the placement; absent where it was not asked for.
    pub placements: Option<PlacementSpread>,
}
