//! At which frequencies a gated impulse response is evaluated, and how it is smoothed.

use ndarray::Array1;
use num_complex::Complex64;

use super::timing::Clock;
use crate::dsp::gate::Gate;
use crate::dsp::pointwise::PointwiseTransform;
use crate::dsp::smoothing::LogMean;
use crate::model::{AnalysisSpec, Band, FrequencyGrid};
use crate::quantity::SampleRate;

/// What smoothing takes the mean of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MeanOf {
    /// The power, with the phase of the complex mean: for levels.
    Power,
    /// The complex value: where no delay is left that would turn it, as in an impedance.
    Complex,
}

/// The grid of a result, and the frequencies that are evaluated to get there.
///
/// Without smoothing these are the same. With smoothing the gated spectrum is evaluated at every
/// frequency it resolves, and the mean over the window is taken of those.
pub(super) struct Resolution {
    grid: FrequencyGrid,
    dense: Option<(Vec<f64>, f64)>,
    pointwise: PointwiseTransform,
}

impl Resolution {
    /// For an analysis of a stimulus with the given band; `None` if they have no band in common.
    pub(super) fn new(analysis: &AnalysisSpec, band: Band, rate: SampleRate) -> Option<Self> {
        /// Grid points are computed from a power of two and may miss the band's edge by rounding.
        const ROUNDING: f64 = 1e-9;
        let whole =
            FrequencyGrid::logarithmic(analysis.from, analysis.to, analysis.points_per_octave);
        let (from, to) = (band.flat_from_hz * (1.0 - ROUNDING), band.flat_to_hz * (1.0 + ROUNDING));
        let grid = whole.within(from, to)?;
        let dense = analysis.smoothing.half_width().map(|half| {
            let spacing = rate.as_f64() / (2.0 * rate.as_f64() * analysis.gate_after.s()).max(64.0);
            let first = (grid.first_hz() * (-half).exp()).max(from);
            let last = (grid.last_hz() * half.exp()).min(to);
            let count = ((last - first) / spacing).ceil().max(1.0) as usize;
            let step = (last - first) / count as f64;
            ((0..=count).map(|k| first + k as f64 * step).collect(), half)
        });
        let gate = Gate::new(analysis, rate);
        let frames = gate.before() + gate.after();
        let pointwise = PointwiseTransform::new(frames, gate.before() as f64, rate);
        Some(Self { grid, dense, pointwise })
    }

    /// The grid of the result.
    pub(super) const fn grid(&self) -> &FrequencyGrid {
        &self.grid
    }

    /// The frequencies at which spectra are evaluated.
    pub(super) fn frequencies(&self) -> &[f64] {
        self.dense.as_ref().map_or(self.grid.hz(), |(dense, _)| dense)
    }

    /// The spectrum of a gated piece at [`Self::frequencies`], which are those of the player's
    /// clock: on a recorder's that is fast they lie lower.
    pub(super) fn evaluate(&mut self, piece: &[f64], clock: Clock) -> Vec<Complex64> {
        let frequencies = self.dense.as_ref().map_or(self.grid.hz(), |(dense, _)| dense);
        if clock == Clock::SAME {
            return self.pointwise.at(piece, frequencies);
        }
        let recorded: Vec<f64> = frequencies.iter().map(|f| f / clock.ratio).collect();
        self.pointwise.at(piece, &recorded)
    }

    /// Values at [`Self::frequencies`], smoothed onto the grid.
    pub(super) fn onto_grid(&self, values: Vec<Complex64>, mean_of: MeanOf) -> Array1<Complex64> {
        let Some((dense, half)) = &self.dense else { return values.into() };
        let mean = |part: &dyn Fn(&Complex64) -> f64| {
            LogMean::new(dense.iter().copied(), values.iter().map(part).collect())
        };
        let (re, im) = (mean(&|v| v.re), mean(&|v| v.im));
        let power = mean(&num_complex::Complex::norm_sqr);
        let at = |&f: &f64| {
            let complex = Complex64::new(re.at(f, *half), im.at(f, *half));
            match mean_of {
                MeanOf::Complex => complex,
                MeanOf::Power => Complex64::from_polar(power.at(f, *half).sqrt(), complex.arg()),
            }
        };
        self.grid.hz().iter().map(at).collect()
    }
}
