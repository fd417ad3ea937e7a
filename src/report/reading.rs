//! Reading single figures off results.

use crate::model::{Curve, StateComparison, StateDifference, StateSummary};
use crate::quantity::unit::Decibel;

/// Where the loss of bass is stated, in hertz: below the corner of most leaks, above the end of
/// most data.
pub(super) const DEEP_BASS_HZ: f64 = 30.0;

/// Value and, where known, standard error of a difference in the deep bass, in decibels.
pub(super) fn deep_bass(curve: &Curve<Decibel>) -> Option<(f64, Option<f64>)> {
    Some((curve.at(DEEP_BASS_HZ).ok()?, curve.u_at(DEEP_BASS_HZ)))
}

/// A difference with the two states it lies between.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) state: &'a StateSummary,
    pub(super) reference: &'a StateSummary,
    pub(super) difference: &'a StateDifference,
}

impl<'a> Pair<'a> {
    /// `None` if the comparison does not hold both states.
    pub(super) fn of(
        comparison: &'a StateComparison,
        difference: &'a StateDifference,
    ) -> Option<Self> {
        let named = |name: &str| comparison.states.iter().find(|state| state.name == name);
        let (state, reference) = (named(&difference.state)?, named(&difference.reference)?);
        Some(Self { state, reference, difference })
    }

    /// Change of the bass shelf in decibels; it exists for single seatings too.
    pub(super) fn shelf_change_db(&self) -> Option<f64> {
        match self.difference.bass_shelf_db {
            Some(change) => Some(change.value),
            None => Some(self.state.bass_shelf_db?.mean - self.reference.bass_shelf_db?.mean),
        }
    }

    /// Seatings of the state that has fewer.
    pub(super) fn fewest_seatings(&self) -> usize {
        self.state.seatings.len().min(self.reference.seatings.len())
    }
}
