//! One complex factor per frequency, and how a response is freed of it.

use ndarray::Array1;
use num_complex::Complex64;

use crate::model::{
    Covariance, Curve, CurveError, FrequencyGrid, LoopbackCalibration, MicrophoneCalibration,
    Polar, Response,
};
use crate::quantity::unit::{Decibel, Degree};
use crate::quantity::{DB_PER_NEPER, amplitude_ratio};

/// What stands between a response and how it was measured: one complex factor per frequency, with
/// its covariance where it is known.
///
/// ```text
/// measured = response · term        response = measured / term
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorTerm {
    factor: Response,
}

impl ErrorTerm {
    /// A term that is known as a spectrum.
    #[must_use]
    pub const fn new(factor: Response) -> Self {
        Self { factor }
    }

    /// What the converters do, at the frequencies of a grid; with the delay between output and
    /// input (or between the inputs) turned back in if the measured phase holds it, in seconds.
    ///
    /// # Errors
    ///
    /// When the grid reaches outside the calibration.
    pub fn of_loopback(
        loopback: &LoopbackCalibration,
        grid: &FrequencyGrid,
        delay_in_phase_s: f64,
    ) -> Result<Self, CurveError> {
        let still = Self::of_polar(&loopback.response, grid, 1.0, None)?;
        let turn = |f: f64| Complex64::cis(-std::f64::consts::TAU * f * delay_in_phase_s);
        // A known turn is certain; without any covariance the term's would be lost.
        let certain = vec![Covariance::default(); grid.len()];
        let turned = Response::from_fn(grid.clone(), turn)?.with_covariance(certain)?;
        still.embed(&turned).map(Self::new)
    }

    /// What the microphone does, at the frequencies of a grid; `None` if only its sensitivity is
    /// known. A curve without phase leaves the phase as it is.
    ///
    /// # Errors
    ///
    /// When the grid reaches outside the maker's curve.
    pub fn of_microphone(
        microphone: &MicrophoneCalibration,
        grid: &FrequencyGrid,
    ) -> Result<Option<Self>, CurveError> {
        let Some(polar) = &microphone.response else { return Ok(None) };
        let sign = microphone.sign.factor();
        Self::of_polar(polar, grid, sign, microphone.tolerance_db).map(Some)
    }

    /// Interpolated in decibels and degrees, both over the logarithm of frequency. A tolerance in
    /// decibels stands for the uncertainty of a magnitude that states none.
    fn of_polar(
        polar: &Polar<Decibel>,
        grid: &FrequencyGrid,
        sign: f64,
        tolerance_db: Option<f64>,
    ) -> Result<Self, CurveError> {
        let magnitude = polar.magnitude().resampled_onto(grid)?;
        let phase =
            polar.phase().map(|phase| unwrapped(phase)?.resampled_onto(grid)).transpose()?;
        let value = |k: usize| {
            let degrees = phase.as_ref().map_or(0.0, |phase| phase.values()[k]);
            let ratio = amplitude_ratio(sign * magnitude.values()[k]);
            Complex64::from_polar(ratio, (sign * degrees).to_radians())
        };
        let values: Array1<Complex64> = (0..grid.len()).map(value).collect();
        // Rectangular within the tolerance (JCGM 100:2008, 4.3.7).
        let stated = tolerance_db.map(|half_width| half_width / 3_f64.sqrt());
        let covariance = |k: usize| {
            let u_db = magnitude.u().map(|u| u[k]).or(stated)?;
            let u_phase = phase.as_ref().and_then(Curve::u).map_or(0.0, |u| u[k].to_radians());
            let size = values[k].norm();
            Some(Covariance::polar(values[k], u_db / DB_PER_NEPER * size, u_phase * size))
        };
        let covariance: Option<Vec<_>> = (0..grid.len()).map(covariance).collect();
        let factor = Response::new(grid.clone(), values)?;
        let factor = match covariance {
            Some(covariance) => factor.with_covariance(covariance)?,
            None => factor,
        };
        Ok(Self { factor })
    }

    /// The factor.
    #[must_use]
    pub const fn factor(&self) -> &Response {
        &self.factor
    }

    /// The response that was measured through this term, freed of it. Both uncertainties are in
    /// the result; a response whose own is not known has none.
    ///
    /// ```text
    /// z = m/t      U(z) = J U(m) Jᵀ with J = 1/t,  plus J U(t) Jᵀ with J = −m/t²
    /// ```
    ///
    /// # Errors
    ///
    /// When the grids differ or the term is zero somewhere.
    pub fn apply(&self, measured: &Response) -> Result<Response, CurveError> {
        self.combined(measured, |m, t| (m / t, t.inv(), -m / (t * t)))
    }

    /// A response as it is measured through this term; what [`Self::apply`] takes away again.
    ///
    /// # Errors
    ///
    /// When the grids differ.
    pub fn embed(&self, response: &Response) -> Result<Response, CurveError> {
        self.combined(response, |r, t| (r * t, t, r))
    }

    /// A function of both with its derivatives by the response and by the term.
    fn combined(
        &self,
        response: &Response,
        of: impl Fn(Complex64, Complex64) -> (Complex64, Complex64, Complex64),
    ) -> Result<Response, CurveError> {
        let (expected, found) = (response.grid(), self.factor.grid());
        if expected != found {
            return Err(CurveError::Length { expected: expected.len(), found: found.len() });
        }
        let pairs = response.values().iter().zip(self.factor.values());
        let parts: Vec<_> = pairs.map(|(&r, &t)| of(r, t)).collect();
        let values = parts.iter().map(|(value, ..)| *value).collect();
        let result = Response::new(expected.clone(), values)?;
        let Some(own) = response.covariance() else { return Ok(result) };
        let term = self.factor.covariance();
        let covariance = parts.iter().enumerate().map(|(k, (_, by_response, by_term))| {
            let from_term = term.map_or(Covariance::default(), |term| term[k].scaled(*by_term));
            own[k].scaled(*by_response).plus(from_term)
        });
        result.with_covariance(covariance.collect())
    }
}

/// The phase without its jumps by whole turns, so that it can be interpolated.
fn unwrapped(phase: &Curve<Degree>) -> Result<Curve<Degree>, CurveError> {
    let mut last = 0.0;
    let values = phase.values().iter().map(|&degrees| {
        let turns = ((degrees - last) / 360.0_f64).round();
        last = degrees - 360.0 * turns;
        last
    });
    let smooth = Curve::new(phase.grid().clone(), values.collect())?;
    match phase.u() {
        Some(u) => smooth.with_u(u.clone()),
        None => Ok(smooth),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Against, CurveSign};
    use proptest::prelude::*;

    /// A handful of complex operations on values of size 0.01 to 100.
    const ROUNDING: f64 = 1e-12;

    fn grid() -> FrequencyGrid {
        FrequencyGrid::new(vec![100.0, 1e3, 10e3]).unwrap()
    }

    fn spectrum(polar: &[(f64, f64)], u: f64) -> Response {
        let values = polar.iter().map(|&(size, angle)| Complex64::from_polar(size, angle));
        let spectrum = Response::new(grid(), values.collect()).unwrap();
        spectrum.with_covariance(vec![Covariance::circular(u); 3]).unwrap()
    }

    fn curve<U: crate::quantity::unit::Unit>(values: [f64; 3]) -> Curve<U> {
        Curve::new(grid(), values.to_vec().into()).unwrap()
    }

    fn microphone(sign: CurveSign, phase: Option<[f64; 3]>) -> MicrophoneCalibration {
        let magnitude = curve([-1.0, 0.0, 3.0]);
        let response = match phase {
            Some(degrees) => Polar::new(magnitude, curve(degrees)).unwrap(),
            None => Polar::of_magnitude(magnitude),
        };
        MicrophoneCalibration {
            response: Some(response),
            sign,
            sensitivity: None,
            serial: None,
            header: Vec::new(),
            tolerance_db: Some(0.5),
        }
    }

    fn three() -> impl Strategy<Value = Vec<(f64, f64)>> {
        proptest::collection::vec((0.01..100.0, -3.0..3.0), 3)
    }

    proptest! {
        #[test]
        fn what_a_term_embeds_it_takes_away_again(
            x in three(), t in three(), u_x in 0.0..0.1, u_t in 1e-4..0.1,
        ) {
            let (x, term) = (spectrum(&x, u_x), ErrorTerm::new(spectrum(&t, u_t)));
            let again = term.apply(&term.embed(&x).unwrap()).unwrap();
            for (a, b) in again.values().iter().zip(x.values()) {
                prop_assert!((a - b).norm() <= ROUNDING * b.norm(), "{} {}", a, b);
            }
        }

        #[test]
        fn a_noisier_term_makes_the_result_less_certain(
            x in three(), t in three(), u_x in 1e-4..0.1, u_t in 1e-4..0.1,
        ) {
            let x = spectrum(&x, u_x);
            let relative = |u_t: f64| {
                let result = ErrorTerm::new(spectrum(&t, u_t)).apply(&x).unwrap();
                let covariance = result.covariance().unwrap();
                let at = |k: usize| covariance[k].u_magnitude(result.values()[k]) / result.values()[k].norm();
                [at(0), at(1), at(2)]
            };
            let own = [0, 1, 2].map(|k| u_x / x.values()[k].norm());
            let (quiet, noisy) = (relative(u_t), relative(2.0 * u_t));
            for k in 0..3 {
                // Independent relative uncertainties add as squares.
                let expected = own[k].hypot(u_t / t[k].0);
                prop_assert!((quiet[k] / expected - 1.0).abs() < 1e-9);
                prop_assert!(noisy[k] > quiet[k]);
            }
        }
    }

    #[test]
    fn a_response_is_subtracted_and_a_correction_added() {
        let flat = spectrum(&[(1.0, 0.0); 3], 1e-6);
        let level = |sign| {
            let term = ErrorTerm::of_microphone(&microphone(sign, None), &grid()).unwrap();
            term.unwrap().apply(&flat).unwrap().level().values().to_vec()
        };
        let off = |found: &[f64], expected: [f64; 3]| {
            found.iter().zip(expected).all(|(a, b)| (a - b).abs() < ROUNDING)
        };
        assert!(off(&level(CurveSign::Response), [1.0, 0.0, -3.0]));
        assert!(off(&level(CurveSign::Correction), [-1.0, 0.0, 3.0]));
    }

    #[test]
    fn a_curve_without_phase_leaves_the_phase_and_one_with_phase_takes_it_away() {
        let turned = spectrum(&[(1.0, 0.5); 3], 1e-6);
        let phase = |degrees| {
            let microphone = microphone(CurveSign::Response, degrees);
            let term = ErrorTerm::of_microphone(&microphone, &grid()).unwrap().unwrap();
            term.apply(&turned).unwrap().phase().values()[2]
        };
        assert!((phase(None) - 0.5_f64.to_degrees()).abs() < 1e-9);
        assert!((phase(Some([0.0, 10.0, 20.0])) - 0.5_f64.to_degrees() + 20.0).abs() < 1e-9);
    }

    #[test]
    fn the_tolerance_of_a_microphone_is_in_the_uncertainty_of_the_level() {
        let term = ErrorTerm::of_microphone(&microphone(CurveSign::Response, None), &grid());
        let flat = spectrum(&[(1.0, 0.0); 3], 1e-9);
        let result = term.unwrap().unwrap().apply(&flat).unwrap();
        let u = result.level().u().unwrap()[2];
        assert!((u - 0.5 / 3_f64.sqrt()).abs() < 1e-6, "{u}");
    }

    #[test]
    fn a_phase_that_jumps_by_a_turn_is_interpolated_across_the_jump() {
        let microphone = microphone(CurveSign::Response, Some([170.0, -170.0, -150.0]));
        let between = FrequencyGrid::new(vec![100.0 * 10_f64.sqrt()]).unwrap();
        let term = ErrorTerm::of_microphone(&microphone, &between).unwrap().unwrap();
        assert!((term.factor().values()[0].arg().to_degrees().abs() - 180.0).abs() < 1e-9);
    }

    #[test]
    fn the_delay_of_a_loopback_is_turned_back_into_the_phase_where_the_phase_holds_it() {
        let response = Polar::new(curve([0.0; 3]), curve([0.0; 3])).unwrap();
        let loopback = LoopbackCalibration {
            input: 1,
            against: Against::Stimulus,
            delay_samples: 48.0,
            response,
        };
        let term = ErrorTerm::of_loopback(&loopback, &grid(), 0.25e-3).unwrap();
        // A quarter of a millisecond is a quarter of a turn at 1 kHz.
        assert!((term.factor().phase().values()[1] + 90.0).abs() < 1e-9);
    }
}
