//! What the seatings of two states say about their difference: by how much single figures
//! changed, at which frequencies the curves differ, and what would have stayed unseen.

use ndarray::Array1;

use super::StudyError;
use crate::metrology::permutation::{self, Shuffling};
use crate::metrology::{shelf, statistics, welch};
use crate::model::{
    Curve, CurveEvidence, Evidence, FigureEvidence, FrequencyGrid, Pairing, SeatingFigure, Span,
    SpreadChange, StateComparison, StateSummary, Unseen,
};
use crate::quantity::unit::Decibel;

/// Every so many points of the states' grid: twelve of 48 to the octave, as neighbours say much
/// the same and each costs time.
const STRIDE: usize = 4;
/// Up to so many assignments of the seatings all are made, of more so many are drawn.
const MOST_ASSIGNMENTS: usize = 5000;
/// Of so few seatings the spread is small by chance somewhere, and is helped more.
const FEW_SEATINGS: usize = 5;
/// What is added to the spread at each frequency in decibels, of few seatings and of more.
const STABILISER_DB: (f64, f64) = (0.25, 0.1);
/// Bass, midrange, treble and above are told apart at these, in hertz.
const REGIONS_HZ: [f64; 3] = [200.0, 2e3, TREBLE_END_HZ];
/// Above it every placement differs.
const TREBLE_END_HZ: f64 = 8e3;
/// Fewer points than this, a third of an octave, are no range in which nothing is seen.
const LEAST_UNSEEN: usize = 4;

/// What is asked of the seatings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvidenceQuestion {
    /// How the seatings of two states belong together.
    pub pairing: Pairing,
    /// A change in decibels: how many seatings would show it?
    pub detect_db: f64,
    /// Seed of what is drawn where there are too many assignments to make all.
    pub seed: u64,
}

impl Default for EvidenceQuestion {
    /// Independent seatings, how many would show 1 dB, and a fixed seed: the same seatings give the
    /// same probabilities.
    fn default() -> Self {
        Self { pairing: Pairing::Independent, detect_db: 1.0, seed: 1 }
    }
}

/// For each difference of a comparison, in its order, what the seatings say; `None` where a state
/// has a single one, which says nothing.
///
/// # Errors
///
/// When pairs are asked for and a state has not as many seatings as the reference.
pub fn weigh(
    comparison: &StateComparison,
    question: EvidenceQuestion,
) -> Result<Vec<Option<Evidence>>, StudyError> {
    let Some((base, others)) = comparison.states.split_first() else { return Ok(Vec::new()) };
    others.iter().map(|state| evidence(state, base, question)).collect()
}

fn evidence(
    state: &StateSummary,
    base: &StateSummary,
    question: EvidenceQuestion,
) -> Result<Option<Evidence>, StudyError> {
    let (seatings, reference_seatings) = (state.seatings.len(), base.seatings.len());
    if question.pairing == Pairing::Paired && seatings != reference_seatings {
        return Err(StudyError::UnevenPairs {
            state: state.name.clone(),
            seatings,
            reference: base.name.clone(),
            reference_seatings,
        });
    }
    let Some(curve) = curve_evidence(state, base, question)? else { return Ok(None) };
    Ok(Some(Evidence {
        pairing: question.pairing,
        figures: figures(state, base, question),
        curve,
        detect_db: question.detect_db,
    }))
}

fn curve_evidence(
    state: &StateSummary,
    base: &StateSummary,
    question: EvidenceQuestion,
) -> Result<Option<CurveEvidence>, StudyError> {
    let thinned = |values: &[f64]| values.iter().step_by(STRIDE).copied().collect::<Vec<f64>>();
    let levels = |summary: &StateSummary| -> Vec<Vec<f64>> {
        summary.seatings.iter().map(|s| thinned(&s.values().to_vec())).collect()
    };
    let (first, second) = (levels(base), levels(state));
    let few = first.len().min(second.len()) <= FEW_SEATINGS;
    let stabiliser_db = if few { STABILISER_DB.0 } else { STABILISER_DB.1 };
    let shuffling = Shuffling { most: MOST_ASSIGNMENTS, seed: question.seed };
    let Some(seen) =
        permutation::max_t(&first, &second, question.pairing, stabiliser_db, shuffling)
    else {
        return Ok(None);
    };
    let hz = thinned(base.mean.hz());
    let points: Vec<Point> = (hz.iter().zip(&seen.difference).zip(&seen.half_width))
        .map(|((&hz, &db), &half_db)| Point { hz, db, half_db })
        .collect();
    let by_width = |a: &Unseen, b: &Unseen| octaves(&a.span).total_cmp(&octaves(&b.span));
    let widest_unseen = unseen(&points, &[TREBLE_END_HZ])
        .into_iter()
        .filter(|unseen| unseen.span.to_hz <= TREBLE_END_HZ)
        .max_by(by_width);
    let Ok(grid) = FrequencyGrid::new(hz) else { return Ok(None) };
    Ok(Some(CurveEvidence {
        difference: Curve::new(grid.clone(), Array1::from(seen.difference))?,
        half_width: Curve::new(grid, Array1::from(seen.half_width))?,
        p: seen.chance,
        limit: seen.limit,
        ranges: runs(&points, &[]).filter(|run| run[0].differs()).map(span).collect(),
        unseen: unseen(&points, &REGIONS_HZ),
        widest_unseen,
    }))
}

/// A difference at a frequency with the half width of its band.
struct Point {
    hz: f64,
    db: f64,
    half_db: f64,
}

impl Point {
    fn differs(&self) -> bool {
        self.db.abs() > self.half_db
    }
}

/// Neighbours that differ, or do not, cut at these frequencies; none is empty.
fn runs<'a>(points: &'a [Point], cuts_hz: &'a [f64]) -> impl Iterator<Item = &'a [Point]> {
    let region = |p: &Point| cuts_hz.iter().filter(|&&cut| p.hz > cut).count();
    points.chunk_by(move |a, b| a.differs() == b.differs() && region(a) == region(b))
}

fn unseen(points: &[Point], cuts_hz: &[f64]) -> Vec<Unseen> {
    let bound = |run: &[Point]| run.iter().map(|p| p.db.abs() + p.half_db).fold(0.0, f64::max);
    runs(points, cuts_hz)
        .filter(|run| run.len() >= LEAST_UNSEEN && !run[0].differs())
        .map(|run| Unseen { span: span(run), above_db: bound(run) })
        .collect()
}

fn span(run: &[Point]) -> Span {
    let at = |point: Option<&Point>| point.map_or(0.0, |point| point.hz);
    Span { from_hz: at(run.first()), to_hz: at(run.last()) }
}

fn octaves(span: &Span) -> f64 {
    (span.to_hz / span.from_hz).log2()
}

/// The figures that all seatings of both states have.
fn figures(
    state: &StateSummary,
    base: &StateSummary,
    question: EvidenceQuestion,
) -> Vec<FigureEvidence> {
    let of = |summary: &StateSummary, figure| -> Option<Vec<f64>> {
        summary.seatings.iter().map(|seating| value(seating, figure)).collect()
    };
    let mut seen: Vec<FigureEvidence> = SeatingFigure::ALL
        .into_iter()
        .filter_map(|figure| {
            figure_evidence(figure, &of(base, figure)?, &of(state, figure)?, question)
        })
        .collect();
    // The bass shelf is the question, chosen before looking; what else is looked at is adjusted.
    let mut others: Vec<&mut FigureEvidence> =
        seen.iter_mut().filter(|seen| seen.figure != SeatingFigure::BassShelf).collect();
    let chances: Vec<f64> = others.iter().map(|seen| seen.p).collect();
    for (seen, adjusted) in others.iter_mut().zip(welch::holm(&chances)) {
        seen.adjusted_p = adjusted;
    }
    seen
}

/// In decibels, or octaves above 1 Hz.
pub(super) fn value(seating: &Curve<Decibel>, figure: SeatingFigure) -> Option<f64> {
    match figure {
        SeatingFigure::BassShelf => shelf::bass_shelf_db(seating),
        SeatingFigure::Corner(db) => shelf::corner_hz(seating, f64::from(db)).map(f64::log2),
        SeatingFigure::Level(hz) => seating.at(f64::from(hz)).ok(),
        SeatingFigure::Treble => shelf::treble_db(seating),
    }
}

/// `None` where the seatings do not spread: nothing follows from that but that they are copies.
fn figure_evidence(
    figure: SeatingFigure,
    base: &[f64],
    state: &[f64],
    question: EvidenceQuestion,
) -> Option<FigureEvidence> {
    let paired = question.pairing == Pairing::Paired;
    let changes: Vec<f64> = state.iter().zip(base).map(|(b, a)| b - a).collect();
    let (change, g, sd) = if paired {
        let change = statistics::mean_with_u(&changes)?;
        (change, welch::hedges_g_of_changes(&changes)?, statistics::sample_sd(&changes)?)
    } else {
        let (a, b) = (statistics::mean_with_u(base)?, statistics::mean_with_u(state)?);
        let sd = statistics::pooled_sd(&[base, state])?;
        (statistics::difference(b, a), welch::hedges_g(base, state)?, sd)
    };
    let needed = if paired { welch::pairs_for } else { welch::seatings_for };
    let p = welch::chance(change)?;
    let spread = welch::spreads(base, state);
    Some(FigureEvidence {
        figure,
        change,
        interval: welch::interval(change)?,
        p,
        adjusted_p: p,
        hedges_g: g,
        minimal_detectable: welch::minimal_detectable(change)?,
        seatings_needed: if figure.is_frequency() { None } else { needed(question.detect_db, sd) },
        spread: spread.map(|(variance_ratio, p)| SpreadChange { variance_ratio, p }),
    })
}
