//! What a sweep that was captured just now shows: its figures, whether anything moves, and how it
//! compares with a reference.

use nalgebra::{Matrix3, Vector3};

use super::StudyError;
use super::states::{self, State};
use super::steady::Steadiness;
use crate::metrology::band::mean_over;
use crate::metrology::shelf::{bass_shelf_db, corner_minus_3_db_hz};
use crate::metrology::statistics::student_t_quantile;
use crate::model::{
    AgainstReference, BassVerdict, Curve, Finding, FindingKind, Glimpse, Normalisation, Outcome,
    Resonance, Seen, Spread, TraceKind,
};
use crate::quantity::unit::{Decibel, Ohm};
use crate::quantity::{Frequency, amplitude_db, amplitude_ratio};

/// Where responses are laid upon each other, in hertz: above the seal, below the ear.
const MIDDLE_HZ: (f64, f64) = (300.0, 1000.0);

/// Watches a headphone sweep by sweep. What it remembers does not grow with their number.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    steadiness: Steadiness,
    reference: Option<Reference>,
    sweeps: usize,
}

impl Watch {
    /// A watch that compares with a reference, if there is one.
    #[must_use]
    pub const fn new(steadiness: Steadiness, reference: Option<Reference>) -> Self {
        Self { steadiness, reference, sweeps: 0 }
    }

    /// The reference.
    #[must_use]
    pub const fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    /// Compares with another reference from now on.
    pub fn compare_with(&mut self, reference: Reference) {
        self.reference = Some(reference);
    }

    /// Forgets where it was steady: something else was done meanwhile.
    pub fn restart(&mut self) {
        self.steadiness.restart();
    }

    /// Takes what came out of a sweep that ended at a time in seconds.
    pub fn look(&mut self, outcome: &Outcome, mut findings: Vec<Finding>, at_s: f64) -> Glimpse {
        self.sweeps += 1;
        let seen = seen(outcome);
        let motion = match &seen {
            // A figure that the curve is too short for never moves.
            Some(seen) => {
                let level_db = seen.middle_db.unwrap_or_default();
                self.steadiness.push(seen.bass_db.unwrap_or_default(), level_db, at_s)
            }
            None => self.steadiness.restart(),
        };
        // It is what this view is made of.
        findings.retain(|finding| !matches!(finding.kind, FindingKind::SingleSweep { .. }));
        for finding in &mut findings {
            finding.take = None;
        }
        let against =
            seen.as_ref().zip(self.reference.as_ref()).and_then(|(seen, r)| r.against(seen));
        Glimpse { sweep: self.sweeps, at_s, seen, motion, against, findings }
    }
}

/// What came out of a sweep; `None` of one that was refused.
fn seen(outcome: &Outcome) -> Option<Seen> {
    let (kind, level, resonance) = match outcome {
        Outcome::Response { response, .. } => (TraceKind::Response, response.level(), None),
        Outcome::Impedance { impedance, figures, .. } => {
            let level = re_one_ohm(&impedance.magnitude())?;
            let resonance = figures.resonances.first().map(|found| refined(found, &level));
            (TraceKind::Impedance, level, resonance)
        }
        _ => return None,
    };
    Some(Seen {
        kind,
        middle_db: mean_over(&level, MIDDLE_HZ.0, MIDDLE_HZ.1),
        bass_db: bass_shelf_db(&level),
        corner_minus_3_db_hz: corner_minus_3_db_hz(&level),
        resonance,
        level,
    })
}

/// A resonance, placed finer than by the points of the curve.
fn refined(found: &Resonance, level: &Curve<Decibel>) -> Resonance {
    let points: Vec<(f64, f64)> = level.points().collect();
    let at = level.hz().partition_point(|&hz| hz < found.frequency_hz);
    if at >= points.len() {
        return found.clone();
    }
    let (frequency_hz, peak_ohm) = top_near(&points, at);
    Resonance { frequency_hz, peak_ohm, ..found.clone() }
}

/// An impedance in decibels re 1 Ω; `None` if it is zero somewhere.
#[must_use]
pub fn re_one_ohm(magnitude: &Curve<Ohm>) -> Option<Curve<Decibel>> {
    Curve::new(magnitude.grid().clone(), magnitude.values().mapv(amplitude_db)).ok()
}

/// The seatings that a live view compares with.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    kind: TraceKind,
    mean: Curve<Decibel>,
    bass_db: Spread,
    seatings: usize,
    resonance: Option<(f64, f64)>,
}

impl Reference {
    /// A reference of seatings of one kind: levels of responses in decibels, or impedances in
    /// decibels re 1 Ω.
    ///
    /// # Errors
    ///
    /// When there is no seating, they have no common band, or a response does not reach from
    /// 20 Hz to 1 kHz.
    pub fn of(kind: TraceKind, seatings: Vec<Curve<Decibel>>) -> Result<Self, StudyError> {
        let peaks: Option<Vec<(f64, f64)>> = match kind {
            TraceKind::Response => None,
            TraceKind::Impedance => seatings.iter().map(highest_in_bass).collect(),
        };
        let resonance = peaks.filter(|peaks| !peaks.is_empty()).map(|peaks| {
            let mean = |of: fn(&(f64, f64)) -> f64| {
                (peaks.iter().map(|peak| of(peak).ln()).sum::<f64>() / peaks.len() as f64).exp()
            };
            (mean(|peak| peak.0), mean(|peak| peak.1))
        });
        let state = State { name: "reference".to_owned(), seatings };
        let summary = states::summary_of(&state, normalisation(kind))?;
        let seatings = summary.seatings.len();
        let bass_db = summary.bass_shelf_db.ok_or(StudyError::NoBass)?;
        Ok(Self { kind, mean: summary.mean, bass_db, seatings, resonance })
    }

    /// Mean over the seatings: of responses over their mean 300 Hz to 1 kHz, of impedances re 1 Ω.
    #[must_use]
    pub const fn mean(&self) -> &Curve<Decibel> {
        &self.mean
    }

    /// What is seen compared with it; `None` where they are of two kinds or the bass is not known.
    fn against(&self, seen: &Seen) -> Option<AgainstReference> {
        let bass_db = seen.bass_db? - self.bass_db.mean;
        let allowance_db = self.allowance_db();
        let verdict = if bass_db < -allowance_db {
            BassVerdict::Below
        } else if bass_db > allowance_db {
            BassVerdict::Above
        } else {
            BassVerdict::Within
        };
        (seen.kind == self.kind).then(|| AgainstReference {
            seatings: self.seatings,
            reference_bass_db: self.bass_db,
            bass_db,
            allowance_db,
            verdict,
            resonance: self.resonance_ratios(seen.resonance.as_ref()),
        })
    }

    fn resonance_ratios(&self, seen: Option<&Resonance>) -> Option<(f64, f64)> {
        let ((hz, ohm), seen) = self.resonance.zip(seen)?;
        Some((seen.frequency_hz / hz, seen.peak_ohm / ohm))
    }

    /// What a further seating stays within, 19 times of 20.
    ///
    /// ```text
    /// a = t s √(1 + 1/n)
    /// ```
    ///
    /// `s` standard deviation of the bass between `n` seatings, `t` the 97.5 % point of Student's
    /// t with `n − 1` degrees of freedom: the prediction interval of one more value.
    fn allowance_db(&self) -> f64 {
        /// A few seatings may agree by luck; no headphone is seated alike to less than this.
        const LEAST_DB: f64 = 0.3;
        /// Of one seating nothing tells the spread. Good seatings scatter by a few tenths.
        const UNKNOWN_SPREAD_DB: f64 = 1.0;
        let Some(sd) = self.bass_db.sd else { return UNKNOWN_SPREAD_DB };
        let n = self.seatings as f64;
        let t = student_t_quantile(0.975, n - 1.0).unwrap_or(f64::INFINITY);
        (t * sd * (1.0 + 1.0 / n).sqrt()).max(LEAST_DB)
    }
}

/// Where curves of a kind are laid upon each other.
fn normalisation(kind: TraceKind) -> Normalisation {
    let middle = || Some((Frequency::new(MIDDLE_HZ.0).ok()?, Frequency::new(MIDDLE_HZ.1).ok()?));
    match kind {
        TraceKind::Response => {
            middle().map_or(Normalisation::None, |(from, to)| Normalisation::Over(from, to))
        }
        TraceKind::Impedance => Normalisation::None,
    }
}

/// Frequency in hertz and height in ohms of the highest point below 1 kHz.
fn highest_in_bass(level: &Curve<Decibel>) -> Option<(f64, f64)> {
    let points: Vec<(f64, f64)> = level.points().collect();
    let below = points.iter().take_while(|(hz, _)| *hz < MIDDLE_HZ.1).enumerate();
    let (highest, _) = below.max_by(|(_, a), (_, b)| a.1.total_cmp(&b.1))?;
    Some(top_near(&points, highest))
}

/// Where a maximum lies, in hertz, and how high it is in ohms.
///
/// It is the top of the parabola over the logarithm of frequency that fits best to all points
/// around the maximum which lie less than a third of its height below it: the height over the
/// lowest level. So noise moves a broad maximum less than by the points beside it alone, and a
/// sharp one is placed finer than the grid.
fn top_near(points: &[(f64, f64)], highest: usize) -> (f64, f64) {
    const SHARE: f64 = 1.0 / 3.0;
    let (centre_hz, top_db) = points[highest];
    let lowest_db = points.iter().map(|point| point.1).fold(top_db, f64::min);
    let near = |point: &&(f64, f64)| point.1 >= top_db - SHARE * (top_db - lowest_db);
    let below = points[..highest].iter().rev().take_while(near);
    let above = points[highest..].iter().take_while(near);
    let around = below.chain(above).map(|&(hz, db)| ((hz / centre_hz).ln(), db - top_db));
    let top = parabola(around).and_then(|[c, b, a]| {
        let offset = -0.5 * b / a;
        (a < 0.0)
            .then(|| (centre_hz * offset.exp(), amplitude_ratio(top_db + c + 0.5 * b * offset)))
    });
    top.unwrap_or_else(|| (centre_hz, amplitude_ratio(top_db)))
}

/// The coefficients of 1, x and x² of the parabola that fits points best; `None` of fewer than
/// three.
fn parabola(points: impl Iterator<Item = (f64, f64)>) -> Option<[f64; 3]> {
    let (mut normal, mut right) = (Matrix3::zeros(), Vector3::zeros());
    for (x, y) in points {
        let powers = Vector3::new(1.0, x, x * x);
        normal += powers * powers.transpose();
        right += powers * y;
    }
    let solved = normal.try_inverse()? * right;
    solved.iter().all(|value| value.is_finite()).then(|| solved.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FrequencyGrid, Measurand, Response, ResponseFigures};

    /// Sums over some hundred levels.
    const ROUNDING_DB: f64 = 1e-9;

    fn grid() -> FrequencyGrid {
        let hz = |f| Frequency::new(f).unwrap();
        FrequencyGrid::logarithmic(hz(20.0), hz(20e3), 24)
    }

    /// A response with so much bass, all of it so much louder.
    fn with_bass(bass_db: f64, level_db: f64) -> Curve<Decibel> {
        let level = |f: f64| level_db + if f < 150.0 { bass_db } else { 0.0 };
        Curve::from_fn(grid(), level).unwrap()
    }

    fn outcome(bass_db: f64, level_db: f64) -> Outcome {
        let ratio = |f: f64| amplitude_ratio(with_bass(bass_db, level_db).at(f).unwrap());
        let response = Response::from_fn(grid(), |f| ratio(f).into()).unwrap();
        Outcome::Response { response, figures: ResponseFigures::default() }
    }

    fn reference(bass: &[f64]) -> Reference {
        let seatings = bass.iter().map(|&db| with_bass(db, -30.0)).collect();
        Reference::of(TraceKind::Response, seatings).unwrap()
    }

    fn against(bass: &[f64], bass_db: f64) -> AgainstReference {
        let mut watch = Watch::new(Steadiness::default(), Some(reference(bass)));
        watch.look(&outcome(bass_db, -12.0), Vec::new(), 1.0).against.unwrap()
    }

    #[test]
    fn less_bass_than_any_further_seating_of_the_reference_would_have_is_below_it() {
        let seatings = [3.8, 4.0, 4.2];
        let leaks = against(&seatings, 0.0);
        assert!((leaks.bass_db + 4.0).abs() < ROUNDING_DB, "at any level: {leaks:?}");
        assert_eq!(leaks.verdict, BassVerdict::Below);
        // s = 0.2, t(2) = 4.3027 of a table: 4.3027 · 0.2 · √(4/3).
        assert!((leaks.allowance_db - 0.993_7).abs() < 1e-3, "{leaks:?}");
        assert_eq!(against(&seatings, 3.1).verdict, BassVerdict::Within);
        assert_eq!(against(&seatings, 5.1).verdict, BassVerdict::Above);
    }

    #[test]
    fn a_single_seating_tells_no_spread_and_allows_a_decibel() {
        let of_one = against(&[4.0], 2.9);
        assert_eq!((of_one.verdict, of_one.seatings), (BassVerdict::Below, 1));
        assert_eq!(of_one.reference_bass_db.sd, None);
        assert_eq!(against(&[4.0], 3.1).verdict, BassVerdict::Within);
    }

    #[test]
    fn a_refused_sweep_has_no_figures_and_begins_anew() {
        let mut watch = Watch::new(Steadiness::default(), Some(reference(&[4.0])));
        for at in 1..=4 {
            watch.look(&outcome(4.0, -12.0), Vec::new(), f64::from(at));
        }
        let kind = FindingKind::DroppedFrames { frames: 9 };
        let findings = vec![Finding::refusal(kind).in_take(1)];
        let refused = watch.look(&Outcome::Refused(Measurand::Response), findings, 5.0);
        assert_eq!((refused.sweep, refused.seen.is_some()), (5, false));
        assert_eq!(refused.motion.name(), "settling");
        assert_eq!((refused.against, refused.findings[0].take), (None, None));
        assert!(!watch.look(&outcome(4.0, -12.0), Vec::new(), 6.0).motion.is_steady());
    }

    #[test]
    fn a_resonance_is_placed_between_the_points_of_the_grid() {
        let hump = |f: f64| 40.0 - 3.0 * (f / 61.3).ln().powi(2);
        let level = Curve::from_fn(grid(), hump).unwrap();
        let (hz, ohm) = highest_in_bass(&level).unwrap();
        assert!((hz / 61.3 - 1.0).abs() < 1e-6 && (ohm - 100.0).abs() < 1e-4, "{hz} {ohm}");
    }

    #[test]
    fn a_reference_without_bass_is_refused() {
        let hz = |f| Frequency::new(f).unwrap();
        let short = FrequencyGrid::logarithmic(hz(100.0), hz(20e3), 24);
        let curve = Curve::from_fn(short, |_| 0.0).unwrap();
        let refused = Reference::of(TraceKind::Response, vec![curve]);
        assert_eq!(refused, Err(StudyError::NoBass));
        let none = Reference::of(TraceKind::Response, Vec::new());
        assert!(matches!(none, Err(StudyError::NoSeatings { .. })));
    }
}
