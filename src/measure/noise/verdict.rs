//! Is a take good enough, and is there more between its sweeps than noise?

use ndarray::Array1;
use num_complex::Complex64;

use super::super::analyser::Analyser;
use crate::metrology::repeats::{Predicted, RepeatedMean, scatter};
use crate::metrology::statistics::f_exceedance;
use crate::model::{Covariance, Finding, FindingKind};
use crate::quantity::{DB_PER_NEPER, power_db};

/// The sweeps of one take and what is known about them, on the grid of the result.
pub(super) struct Sweeps<'a> {
    pub(super) values: &'a [Array1<Complex64>],
    pub(super) averaged: &'a RepeatedMean,
    pub(super) predicted: Option<&'a Predicted>,
    /// By how much a relative error of each value is larger in the result.
    pub(super) leverage: &'a [f64],
}

/// A band of a third of an octave with the grid points in it.
struct Third {
    from_hz: f64,
    to_hz: f64,
    points: std::ops::Range<usize>,
}

impl Third {
    /// The bands whose middle lies between two frequencies and that a grid covers.
    fn within(hz: &[f64], from_hz: f64, to_hz: f64) -> Vec<Self> {
        let side = (1.0_f64 / 6.0).exp2();
        let (first, last) = (hz[0], hz[hz.len() - 1]);
        let middles = (-60..=60).map(|k| 1000.0 * (f64::from(k) / 3.0).exp2());
        let wanted = middles.filter(|f| (from_hz..=to_hz).contains(f) && *f >= first && *f <= last);
        let third = |middle: f64| {
            let (from_hz, to_hz) = ((middle / side).max(first), (middle * side).min(last));
            let start = hz.partition_point(|&f| f < from_hz);
            let points = start..hz.partition_point(|&f| f <= to_hz);
            Self { from_hz, to_hz, points }
        };
        wanted.map(third).filter(|third| !third.points.is_empty()).collect()
    }

    fn mean(&self, of: impl Fn(usize) -> f64) -> f64 {
        self.points.clone().map(of).sum::<f64>() / self.points.len() as f64
    }
}

/// How far the noise of a band leaves the result from what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    Good,
    Poor,
    Useless,
}

/// A band that lies so far below the loudest octave holds no sound of a headphone: it is what a
/// filter stops, where noise is no fault of the take. In decibels.
const STOPPED_DB: f64 = 30.0;

impl Grade {
    /// Half widths of the 95 % interval in decibels, from which a band is poor, and useless.
    const LIMITS_DB: [f64; 2] = [0.5, 2.0];

    fn of(octave: &Octave, loudest: f64) -> Self {
        let [poor, useless] = Self::LIMITS_DB;
        let is_stopped = power_db(octave.power / loudest) < -STOPPED_DB;
        match octave.half_width_db {
            wide if wide > useless && !is_stopped => Self::Useless,
            wide if wide > poor => Self::Poor,
            _ => Self::Good,
        }
    }
}

/// An octave with its least certain third.
struct Octave {
    from_hz: f64,
    to_hz: f64,
    half_width_db: f64,
    snr_db: f64,
    /// Power of the values in that third.
    power: f64,
}

/// A third of an octave in which the sweeps differ by more than noise.
struct Unsteady {
    third: usize,
    ratio: f64,
    effect_db: f64,
}

impl Analyser {
    /// What the sweeps of a take tell about noise, time variance and drift of level.
    pub(super) fn verdicts(&self, sweeps: &Sweeps<'_>) -> Vec<Finding> {
        let mut findings = self.low_snr(sweeps);
        findings.extend(self.time_variant(sweeps));
        findings.extend(self.level_drift(sweeps));
        findings
    }

    /// One finding for each run of octaves in which noise leaves the result too uncertain.
    fn low_snr(&self, sweeps: &Sweeps<'_>) -> Vec<Finding> {
        let Some(covariance) = &sweeps.averaged.covariance else { return Vec::new() };
        let octaves = self.octaves(sweeps, covariance);
        let loudest = octaves.iter().map(|octave| octave.power).fold(0.0, f64::max);
        let grade = |octave: &Octave| Grade::of(octave, loudest);
        let runs = octaves.chunk_by(|a, b| grade(a) == grade(b) && a.to_hz >= b.from_hz);
        runs.filter_map(|run| {
            let worst = run.iter().max_by(|a, b| a.half_width_db.total_cmp(&b.half_width_db))?;
            let grade = grade(worst);
            let limit_db = Grade::LIMITS_DB[usize::from(grade == Grade::Useless)];
            let kind = FindingKind::LowSnr {
                from_hz: run.first()?.from_hz,
                to_hz: run.last()?.to_hz,
                snr_db: worst.snr_db,
                half_width_db: worst.half_width_db,
                limit_db,
            };
            match grade {
                Grade::Good => None,
                Grade::Poor => Some(Finding::warning(kind)),
                Grade::Useless => Some(Finding::refusal(kind)),
            }
        })
        .collect()
    }

    /// The octaves from 30 Hz to 16 kHz as far as the result covers them.
    fn octaves(&self, sweeps: &Sweeps<'_>, covariance: &[Covariance]) -> Vec<Octave> {
        const JUDGED_HZ: (f64, f64) = (30.0, 16e3);
        let (hz, mean) = (self.resolution.grid().hz(), &sweeps.averaged.mean);
        let octave = |middle: f64| {
            let side = 0.5_f64.exp2();
            let from_hz = (middle / side).max(JUDGED_HZ.0).max(hz[0]);
            let to_hz = (middle * side).min(JUDGED_HZ.1).min(hz[hz.len() - 1]);
            let thirds = Third::within(hz, from_hz, to_hz);
            let certainty = thirds.iter().map(|third| {
                let power = third.mean(|k| mean[k].norm_sqr());
                let noise = third.mean(|k| covariance[k].rr + covariance[k].ii);
                let leverage = third.mean(|k| sweeps.leverage[k]);
                // Both components have half of it, and twice one is the 95 % interval.
                let half_width = 2.0 * (0.5 * noise / power).sqrt() * leverage;
                (DB_PER_NEPER * half_width, power_db(power / noise), power)
            });
            let worst = certainty.max_by(|a, b| a.0.total_cmp(&b.0))?;
            let (half_width_db, snr_db, power) = worst;
            Some(Octave { from_hz, to_hz, half_width_db, snr_db, power })
        };
        (-5..=4).filter_map(|k| octave(1000.0 * f64::from(k).exp2())).collect()
    }

    /// Whether the sweeps differ by more than the silence before them explains.
    fn time_variant(&self, sweeps: &Sweeps<'_>) -> Option<Finding> {
        /// What is worth a word, and what a warning: standard deviations between sweeps in decibels.
        const NOTICEABLE_DB: f64 = 0.02;
        const MATTERS_DB: f64 = 0.1;
        let hz = self.resolution.grid().hz();
        let thirds = Third::within(hz, hz[0], hz[hz.len() - 1]);
        let unsteady = self.unsteady(sweeps, &thirds)?;
        let worst = unsteady.iter().max_by(|a, b| a.effect_db.total_cmp(&b.effect_db))?;
        if worst.effect_db < NOTICEABLE_DB {
            return None;
        }
        let adjoining = |a: &Unsteady, b: &Unsteady| a.third + 1 == b.third;
        let run = unsteady
            .chunk_by(adjoining)
            .find(|run| run.iter().any(|band| band.third == worst.third))?;
        let kind = FindingKind::TimeVariant {
            from_hz: thirds[run.first()?.third].from_hz,
            to_hz: thirds[run.last()?.third].to_hz,
            ratio_db: power_db(worst.ratio),
            effect_db: worst.effect_db,
        };
        let matters = worst.effect_db >= MATTERS_DB;
        Some(if matters { Finding::warning(kind) } else { Finding::note(kind) })
    }

    /// The bands in which the scatter of the sweeps exceeds the prediction.
    fn unsteady(&self, sweeps: &Sweeps<'_>, thirds: &[Third]) -> Option<Vec<Unsteady>> {
        /// False alarms of all bands together.
        const PROBABILITY: f64 = 0.01;
        /// The prediction may be off by a decibel: noise does not stay as it is in the silence.
        const TOLERANCE: f64 = 1.25;
        let predicted = sweeps.predicted?;
        let repeats = sweeps.values.len();
        if repeats < 2 {
            return None;
        }
        let scatter = scatter(sweeps.values, &sweeps.averaged.mean);
        let band = |(at, third): (usize, &Third)| {
            let (shown, noise) =
                (third.mean(|k| scatter[k]), third.mean(|k| predicted.variance[k]));
            let cells = self.cells(third.from_hz, third.to_hz).min(third.points.len() as f64);
            let dof = (2.0 * (repeats - 1) as f64 * cells, third.mean(|k| predicted.dof[k]));
            let ratio = Some(shown / noise).filter(|ratio| ratio.is_finite())?;
            let chance = f_exceedance(ratio / TOLERANCE, dof)?;
            let power = third.mean(|k| sweeps.averaged.mean[k].norm_sqr());
            let excess = (0.5 * (shown - noise).max(0.0) / power).sqrt();
            let effect_db = DB_PER_NEPER * excess * third.mean(|k| sweeps.leverage[k]);
            let beyond_chance = chance * (thirds.len() as f64) < PROBABILITY;
            beyond_chance.then_some(Unsteady { third: at, ratio, effect_db })
        };
        Some(thirds.iter().enumerate().filter_map(band).collect())
    }

    /// Whether the level rises or falls from sweep to sweep.
    fn level_drift(&self, sweeps: &Sweeps<'_>) -> Option<Finding> {
        /// Coils that warm reach this, in decibels per sweep.
        const LIMIT_DB: f64 = 0.02;
        /// Standard deviations that a slope must have over nothing: once in 1000 by chance.
        const SIGNIFICANT: f64 = 3.3;
        let repeats = sweeps.values.len();
        if repeats < 2 {
            return None;
        }
        let weights = self.drift_weights(sweeps)?;
        let total: f64 = weights.iter().map(|w| w.weight).sum();
        let independent: f64 = weights.iter().map(|w| w.weight * w.share).sum();
        let mean = &sweeps.averaged.mean;
        let level = |sweep: &Array1<Complex64>| {
            let terms = weights.iter().enumerate().map(|(k, w)| {
                let nepers = (sweep[k].norm() / mean[k].norm()).ln();
                if nepers.is_finite() { w.weight * nepers } else { 0.0 }
            });
            DB_PER_NEPER * terms.sum::<f64>() / total
        };
        let centre = 0.5 * (repeats - 1) as f64;
        let steps = (0..repeats).map(|m| m as f64 - centre);
        let spread: f64 = steps.clone().map(|step| step * step).sum();
        let moments = steps.zip(sweeps.values).map(|(step, sweep)| step * level(sweep));
        let db_per_sweep = moments.sum::<f64>() / spread;
        let u = DB_PER_NEPER * (0.5 / independent / spread).sqrt();
        let drifts = db_per_sweep.abs() > LIMIT_DB.max(SIGNIFICANT * u);
        drifts.then(|| Finding::warning(FindingKind::LevelDrift { db_per_sweep }))
    }

    /// How much the level of each grid point counts: its power over its noise.
    fn drift_weights(&self, sweeps: &Sweeps<'_>) -> Option<Vec<DriftWeight>> {
        /// No point counts for more, so that one without noise is not the only one.
        const SUREST: f64 = 1e8;
        let covariance = sweeps.averaged.covariance.as_ref()?;
        let (hz, repeats) = (self.resolution.grid().hz(), sweeps.values.len() as f64);
        let half_step = (0.5 / f64::from(self.analysis.points_per_octave)).exp2();
        let weight = |k: usize| {
            let noise = repeats * (covariance[k].rr + covariance[k].ii);
            let snr = sweeps.averaged.mean[k].norm_sqr() / noise;
            let weight = if snr.is_finite() { snr.min(SUREST) } else { SUREST };
            // Below, grid points lie closer than values are independent.
            let apart = hz[k] * (half_step - 1.0 / half_step);
            let cells = apart * self.analysis.gate_after.s() / self.smoothed_cells(hz[k]);
            let share = cells.min(1.0);
            DriftWeight { weight, share }
        };
        Some((0..hz.len()).map(weight).collect())
    }
}

struct DriftWeight {
    weight: f64,
    /// How much of an independent value the point is.
    share: f64,
}
