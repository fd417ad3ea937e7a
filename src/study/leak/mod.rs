//! How large a leak explains what a state of a headphone changes in the bass.

mod calibration;
mod doubts;
mod elements;
mod fit;
mod network;

use self::elements::{Passage, STIFFNESS, Shape};
use self::fit::{Basis, Seatings};
use super::StudyError;
use crate::metrology::statistics;
use crate::model::{
    Back, EquivalentLeak, LeakBasis, LeakVerdict, NoLeak, StateComparison, StateDifference,
    StateSummary,
};
use crate::quantity::{Length, Volume};

/// The band in which leaks are seen, in hertz; data may begin a little above it.
const BAND_HZ: (f64, f64) = (20.0, 1000.0);
/// So many points of a comparison are fitted as one.
const TOGETHER: usize = 4;
/// So many points of an octave are fitted.
const POINTS_PER_OCTAVE: usize = 48 / TOGETHER;
/// Width of the equivalent slit across the flow, in metres: about what the temple of a pair of
/// glasses holds open.
const SLIT_WIDTH_M: f64 = 10e-3;

/// A state that differs from the reference by a drilled hole.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationLeak {
    /// The name of the state.
    pub state: String,
    /// Diameter of the hole.
    pub diameter: Length,
}

/// What is asked, and what is known of the headphone.
#[derive(Debug, Clone, PartialEq)]
pub struct LeakQuestion {
    /// Length of the equivalent leak in the direction of the flow, that of the calibration too.
    pub length: Length,
    /// The calibration; without one the front volume is taken.
    pub calibration: Option<CalibrationLeak>,
    /// Volume of air in front of the diaphragm, with that which is as compliant as the diaphragm.
    pub front_volume: Volume,
    /// What lies behind the diaphragm.
    pub back: Back,
}

/// The leak that would explain each difference of a comparison, in their order; absent for the
/// state of the calibration.
///
/// Hole and slit are fitted to the level of the mean difference, 20 Hz to 1 kHz, together with a
/// gain. What the leak sees follows from the calibration: by Thevenin's theorem
/// `Z_T = (1/D − 1)/Y` of its difference D and admittance Y. Without one it is the compliance of
/// the front volume with an unknown resistance across it, and the sizes are low by up to a
/// quarter, as the diaphragm is compliant too.
///
/// The interval is the jackknife's over the seatings of all states involved, with Student's t of
/// their degrees of freedom, and with a drilled hole's tolerance. It does not hold what the front
/// volume may be off. Of leaks that barely stand out of the spread between seatings only those that
/// came out large are told; their interval reaches down accordingly, to nothing if need be.
///
/// # Errors
///
/// When no state, or the reference, is the one named as calibration.
pub fn fit(
    comparison: &StateComparison,
    question: &LeakQuestion,
) -> Result<Vec<Option<LeakVerdict>>, StudyError> {
    let Some((reference, others)) = comparison.states.split_first() else {
        return Ok(Vec::new());
    };
    let drilled = match &question.calibration {
        None => None,
        Some(wanted) => Some(calibration(reference, others, wanted)?),
    };
    let verdict = |difference: &StateDifference| {
        let state = others.iter().find(|state| state.name == difference.state)?;
        let case = Case { reference, state, difference, drilled, question };
        let is_calibration = drilled.is_some_and(|drilled| drilled.name == state.name);
        (!is_calibration).then(|| case.verdict(comparison))
    };
    Ok(comparison.differences.iter().map(verdict).collect())
}

fn calibration<'a>(
    reference: &StateSummary,
    others: &'a [StateSummary],
    wanted: &CalibrationLeak,
) -> Result<&'a StateSummary, StudyError> {
    let name = &wanted.state;
    if reference.name == *name {
        return Err(StudyError::CalibratedReference { name: name.clone() });
    }
    others.iter().find(|state| state.name == *name).ok_or_else(|| StudyError::UnknownReference {
        name: name.clone(),
        known: others.iter().map(|state| state.name.as_str()).collect::<Vec<_>>().join(", "),
    })
}

/// One difference with what is asked of it.
#[derive(Clone, Copy)]
struct Case<'a> {
    reference: &'a StateSummary,
    state: &'a StateSummary,
    difference: &'a StateDifference,
    drilled: Option<&'a StateSummary>,
    question: &'a LeakQuestion,
}

impl Case<'_> {
    fn verdict(&self, comparison: &StateComparison) -> LeakVerdict {
        match self.leak(comparison) {
            Ok(leak) => LeakVerdict::Fitted(Box::new(leak)),
            Err(no_leak) => LeakVerdict::Refused(no_leak),
        }
    }

    fn leak(&self, comparison: &StateComparison) -> Result<EquivalentLeak, NoLeak> {
        doubts::of_seatings([Some(self.state), Some(self.reference), self.drilled])?;
        let change = doubts::of_band(self.difference)?;
        if self.question.back == Back::Open && self.drilled.is_none() {
            return Err(NoLeak::OpenBack);
        }
        if let Some(drilled) = self.drilled {
            doubts::of_calibration(comparison, drilled)?;
        }
        let [reference, state] = [self.reference, self.state].map(Seatings::of);
        let basis = self.basis(&reference).ok_or_else(|| self.calibration_unseen())?;
        let passage = |shape| Passage { shape, length_m: self.question.length.m() };
        let hole = passage(Shape::Hole);
        let length_mm = 1e3 * self.question.length.m();
        let hides_mm = |loss_db| fit::hides_mm(&reference, &basis, hole, loss_db);
        doubts::of_bass(change, length_mm, hides_mm)?;
        doubts::of_treble(self.state, self.reference)?;
        let slit = passage(Shape::Slit { width_m: SLIT_WIDTH_M });
        let passages = [hole, slit];
        let [hole, slit] = passages.map(|passage| fit::fitted(&reference, &state, &basis, passage));
        let (hole, slit) = doubts::of_shape(hole, slit, &reference, &state)?;
        let share = doubts::least_share(change);
        let widened = |found, passage| fit::widened(found, &reference, &basis, passage, share);
        let (hole, slit) = (widened(hole, passages[0]), widened(slit, passages[1]));
        let better =
            if slit.size.rms_residual_db < hole.size.rms_residual_db { &slit } else { &hole };
        let model = fit::curve_of(&reference, &state, &better.level, &self.difference.curve)
            .ok_or_else(|| doubts::band(self.difference))?;
        Ok(EquivalentLeak {
            model,
            hole: hole.size,
            slit: slit.size,
            slit_width_mm: 1e3 * SLIT_WIDTH_M,
            length_mm,
            basis: self.named_basis(),
            back: self.question.back,
        })
    }

    fn calibration_unseen(&self) -> NoLeak {
        let state = self.drilled.map_or_else(String::new, |state| state.name.clone());
        NoLeak::CalibrationUnseen { state }
    }

    /// What the fit rests on; `None` where the calibration's difference is none of a leak.
    fn basis(&self, reference: &Seatings) -> Option<Basis> {
        match (self.drilled, &self.question.calibration) {
            (Some(drilled), Some(calibration)) => {
                let hole = Passage { shape: Shape::Hole, length_m: self.question.length.m() };
                Basis::drilled(reference, Seatings::of(drilled), hole, calibration.diameter.m())
            }
            _ => Some(Basis::Volume {
                compliance: self.question.front_volume.l() * 1e-3 / STIFFNESS,
            }),
        }
    }

    fn named_basis(&self) -> LeakBasis {
        match &self.question.calibration {
            Some(CalibrationLeak { state, diameter }) => {
                LeakBasis::Calibrated { state: state.clone(), hole_mm: 1e3 * diameter.m() }
            }
            None => LeakBasis::FrontVolume { cm3: 1e3 * self.question.front_volume.l() },
        }
    }
}

/// The value that Student's t stays below with a probability of 97.5 %: so many standard errors to
/// either side cover 95 %.
fn coverage_factor(dof: Option<f64>) -> f64 {
    const NORMAL: f64 = 1.96;
    dof.and_then(|dof| statistics::student_t_quantile(0.975, dof.max(1.0))).unwrap_or(NORMAL)
}
