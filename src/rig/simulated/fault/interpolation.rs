//! The value of a band-limited signal between its samples.

/// Samples on each side of a position that contribute to the value there.
pub(super) const HALF: usize = 14;
const TAPS: usize = 2 * HALF;

/// Rows of the table between two neighbouring samples. A cubic between four rows misses the
/// kernel by 3/128·π⁴/512⁴, 3e−11.
const PHASES: usize = 512;

/// A sinc under a Kaiser window, for signals that hold nothing above a quarter of their rate.
///
/// Passes 0 to 0.25 of the rate and stops what repeats from 0.75 on, both to 190 dB: for a window
/// of `2·HALF` samples and a transition of half the rate, β = 0.1102·(A − 8.7) = 20 (Kaiser 1974;
/// Oppenheim & Schafer 2010, eq. 7.75).
pub(super) struct Kernel {
    /// Weights of the taps at each phase, from one row before 0 to one row after 1.
    rows: Vec<[f64; TAPS]>,
}

impl Kernel {
    const BETA: f64 = 20.0;

    pub(super) fn new() -> Self {
        let row = |row: usize| {
            let phase = (row as f64 - 1.0) / PHASES as f64;
            std::array::from_fn(|tap| Self::at(phase + HALF as f64 - 1.0 - tap as f64))
        };
        Self { rows: (0..PHASES + 3).map(row).collect() }
    }

    /// The kernel at a distance in samples.
    fn at(distance: f64) -> f64 {
        let angle = std::f64::consts::PI * distance;
        let sinc = if distance.abs() < 1e-9 { 1.0 } else { angle.sin() / angle };
        let inside = (1.0 - (distance / HALF as f64).powi(2)).max(0.0).sqrt();
        sinc * bessel_i0(Self::BETA * inside) / bessel_i0(Self::BETA)
    }

    /// The weights of the taps for a position so far behind the sample at the middle, 0 to 1.
    fn weights(&self, fraction: f64) -> [f64; TAPS] {
        let place = fraction * PHASES as f64;
        let row = (place as usize).min(PHASES - 1);
        let t = place - row as f64;
        // Lagrange through the rows at −1, 0, 1 and 2.
        let cubic = [
            -t * (t - 1.0) * (t - 2.0) / 6.0,
            (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0,
            -(t + 1.0) * t * (t - 2.0) / 2.0,
            (t + 1.0) * t * (t - 1.0) / 6.0,
        ];
        let rows = [&self.rows[row], &self.rows[row + 1], &self.rows[row + 2], &self.rows[row + 3]];
        std::array::from_fn(|tap| (0..4).map(|i| cubic[i] * rows[i][tap]).sum())
    }
}

/// One period of two signals that can be read between their samples.
pub(super) struct Continuous {
    kernel: Kernel,
    /// The period with its end before and its beginning behind it.
    periods: [Vec<f64>; 2],
    length: usize,
}

impl Continuous {
    /// Two periods of equal length, longer than the kernel.
    pub(super) fn new(signals: [Vec<f64>; 2]) -> Self {
        let length = signals[0].len();
        let periods = signals.map(|signal| {
            let (before, behind) = (&signal[length - HALF..], &signal[..HALF]);
            [before, &signal, behind].concat()
        });
        Self { kernel: Kernel::new(), periods, length }
    }

    /// The values of both at a position in samples, which is taken modulo the period.
    pub(super) fn at(&self, position: f64) -> [f64; 2] {
        let position = position.rem_euclid(self.length as f64);
        let sample = (position as usize).min(self.length - 1);
        let weights = self.kernel.weights(position - sample as f64);
        [0, 1].map(|signal| {
            let taps = &self.periods[signal][sample + 1..=sample + TAPS];
            taps.iter().zip(&weights).map(|(value, weight)| value * weight).sum()
        })
    }
}

/// The modified Bessel function of order zero (Abramowitz & Stegun 9.6.12).
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..100 {
        term *= quarter / f64::from(k * k);
        sum += term;
        if term < sum * f64::EPSILON {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bessel_function_has_its_tabulated_values() {
        // Abramowitz & Stegun, table 9.8: e^−x·I₀(x) at 2 and 20, ten digits.
        for (x, scaled) in [(2.0_f64, 0.308_508_322_5), (20.0, 0.089_780_311_9)] {
            assert!((bessel_i0(x) * (-x).exp() - scaled).abs() < 1e-10, "{x}");
        }
    }

    #[test]
    fn a_sample_is_itself() {
        let signal: Vec<f64> = (0..64).map(|k| f64::from(k * 37 % 64) / 64.0).collect();
        let continuous = Continuous::new([signal.clone(), signal.clone()]);
        for (k, value) in signal.iter().enumerate() {
            assert!((continuous.at(k as f64)[0] - value).abs() < 1e-12);
        }
    }

    #[test]
    fn a_constant_stays_one_between_all_samples() {
        /// 190 dB for each of the repetitions on both sides, and the table.
        const RIPPLE: f64 = 1e-9;
        let continuous = Continuous::new([vec![1.0; 64], vec![1.0; 64]]);
        for step in 0..997 {
            let value = continuous.at(f64::from(step) * 0.064_37)[1];
            assert!((value - 1.0).abs() < RIPPLE, "{value}");
        }
    }
}
