//! The return that both channels of an amplifier share: what it does to the idle channel, and how
//! large it is.
//!
//! Two sources V (driven) and xV (idle), each behind Zs, feed two loads Z whose returns meet in a
//! node; from there Rr leads to the amplifier's ground. With T = Z + Zs the node's voltage is n·V,
//!
//! ```text
//! n = (1 + x) Rr / (T + 2 Rr)
//! ```
//!
//! and an input whose ground is tied to that node, or to the amplifier's ground, sees
//!
//! ```text
//! common       h = (x − n) / (1 − n)                 −Rr / (T + Rr) for x = 0
//! amplifier    h = (n Zs + x Z) / (n Zs + Z)
//! ```
//!
//! of the driven channel at the idle one. Without load either is x, the amplifier's own crosstalk.

mod inferred;

use num_complex::Complex64;

pub use self::inferred::{IdleRatio, Inferred, Untold, inferred, power, u_gain};
use crate::model::Ground;
use crate::quantity::Uncertain;

/// Linear in x and Rr up to factors that differ from one by crosstalk itself, so the fit is
/// repeated with better ones: each time the error shrinks by the separation, or by 2 Rr/T.
const ROUNDS: usize = 8;

/// Idle over driven channel.
///
/// `own` is the amplifier's own crosstalk x, `shared` the return Rr, `load` Z (`None` is open) and
/// `source` Zs, all in ohms.
#[must_use]
pub fn crosstalk(
    ground: Ground,
    own: Complex64,
    shared: Complex64,
    load: Option<Complex64>,
    source: Complex64,
) -> Complex64 {
    let Some(z) = load else { return own };
    let node = (1.0 + own) * shared / (z + source + 2.0 * shared);
    match ground {
        Ground::Common => (own - node) / (1.0 - node),
        Ground::Amplifier => (node * source + own * z) / (node * source + z),
    }
}

/// Takes of one driven channel, over frequency.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedRatios {
    /// Idle over driven channel in each take, at each frequency.
    pub ratio: Vec<Vec<Complex64>>,
    /// E|h − E h|² of each; all alike if absent.
    pub variance: Option<Vec<Vec<f64>>>,
    /// The load in each take, at each frequency; `None` is open.
    pub load: Vec<Option<Vec<Complex64>>>,
}

/// What takes tell of the return at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SharedAt {
    /// The amplifier's own crosstalk; nothing if all takes have one load, which cannot tell.
    pub own: Complex64,
    /// E|δ|² of it.
    pub own_variance: f64,
    /// The return in ohms.
    pub shared: Complex64,
    /// E|δ|² of it.
    pub variance: f64,
}

/// What the variances of values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variances {
    /// Known, from repeats or silence.
    Known,
    /// Not known: they only weigh the values against each other.
    Weights,
}

/// A return as one resistance and one inductance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SharedReturn {
    /// The resistance in ohms.
    pub resistance_ohm: Uncertain,
    /// The inductance in henries; nothing where the takes show none.
    pub inductance_h: Option<Uncertain>,
}

impl SharedReturn {
    /// The impedance at a frequency in hertz.
    #[must_use]
    pub fn impedance(&self, hz: f64) -> Complex64 {
        let henry = self.inductance_h.map_or(0.0, |henry| henry.value);
        Complex64::new(self.resistance_ohm.value, std::f64::consts::TAU * hz * henry)
    }
}

impl LoadedRatios {
    /// Whether the loads differ, so that x and Rr are told apart.
    #[must_use]
    pub fn tells_own(&self) -> bool {
        self.load.windows(2).any(|pair| pair[0] != pair[1])
    }

    /// x and Rr at each frequency by least squares over the takes, weighted by their noise; `None`
    /// if no take has a load, or `source` is zero where the inputs see nothing but its share.
    #[must_use]
    pub fn solve(&self, ground: Ground, source: &[Complex64]) -> Option<Vec<SharedAt>> {
        let tells_own = self.tells_own();
        (0..source.len()).map(|i| self.solve_at(i, ground, source[i], tells_own)).collect()
    }

    fn solve_at(
        &self,
        i: usize,
        ground: Ground,
        source: Complex64,
        tells_own: bool,
    ) -> Option<SharedAt> {
        let mut found = SharedAt {
            own: Complex64::ZERO,
            own_variance: 0.0,
            shared: Complex64::ZERO,
            variance: 0.0,
        };
        for _ in 0..ROUNDS {
            let mut sums = Sums::default();
            for (k, load) in self.load.iter().enumerate() {
                let h = self.ratio[k][i];
                let slope = load.as_ref().map_or(Complex64::ZERO, |load| {
                    slope(ground, (found.own, found.shared), h, load[i], source)
                });
                let variance = self.variance.as_ref().map_or(1.0, |variance| variance[k][i]);
                sums.add(slope, h, variance.max(f64::MIN_POSITIVE));
            }
            found = sums.solved(tells_own)?;
        }
        Some(found)
    }
}

/// By how much h rises with Rr, so that h = x + slope · Rr holds exactly once x and Rr do.
fn slope(
    ground: Ground,
    (own, shared): (Complex64, Complex64),
    h: Complex64,
    z: Complex64,
    source: Complex64,
) -> Complex64 {
    match ground {
        Ground::Common => -(1.0 - own) * (1.0 + h) / (z + source),
        Ground::Amplifier => (1.0 + own) / (z + source + 2.0 * shared) * source / z * (1.0 - h),
    }
}

/// The normal equations of h = x + slope · Rr.
#[derive(Default)]
struct Sums {
    w: f64,
    wb: Complex64,
    wbb: f64,
    wh: Complex64,
    wbh: Complex64,
}

impl Sums {
    fn add(&mut self, b: Complex64, h: Complex64, variance: f64) {
        let w = variance.recip();
        self.w += w;
        self.wb += w * b;
        self.wbb += w * b.norm_sqr();
        self.wh += w * h;
        self.wbh += w * b.conj() * h;
    }

    fn solved(&self, tells_own: bool) -> Option<SharedAt> {
        /// Loads that are closer to one load than rounding.
        const ALIKE: f64 = 1e-12;
        if !tells_own {
            let shared = self.wbh / self.wbb;
            let (own, own_variance) = (Complex64::ZERO, 0.0);
            let found = SharedAt { own, own_variance, shared, variance: self.wbb.recip() };
            return shared.is_finite().then_some(found);
        }
        let determinant = self.w * self.wbb - self.wb.norm_sqr();
        if determinant.is_nan() || determinant <= ALIKE * self.w * self.wbb {
            return None;
        }
        let shared = (self.w * self.wbh - self.wb.conj() * self.wh) / determinant;
        let own = (self.wh - self.wb * shared) / self.w;
        let (own_variance, variance) = (self.wbb / determinant, self.w / determinant);
        shared.is_finite().then_some(SharedAt { own, own_variance, shared, variance })
    }
}

/// Resistance and inductance of the return by least squares over frequency.
///
/// `count` says how many independent values each point stands for, at most one. The standard errors
/// are those that the variances give; where the points scatter more than that, they grow with it,
/// and if the variances are no more than weights, the scatter alone tells them.
#[must_use]
pub fn series(
    hz: &[f64],
    found: &[SharedAt],
    count: &[f64],
    variances: Variances,
) -> Option<SharedReturn> {
    let (mut w_sum, mut w_re, mut w_omega, mut w_im, mut points) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for ((&f, at), &count) in hz.iter().zip(found).zip(count) {
        // Half of the noise is in either part.
        let w = count * 2.0 / at.variance;
        let omega = std::f64::consts::TAU * f;
        w_sum += w;
        w_re += w * at.shared.re;
        w_omega += w * omega * omega;
        w_im += w * omega * at.shared.im;
        points += count;
    }
    let (ohm, henry) = (w_re / w_sum, w_im / w_omega);
    let excess: f64 = hz
        .iter()
        .zip(found)
        .zip(count)
        .map(|((&f, at), &count)| {
            let model = Complex64::new(ohm, std::f64::consts::TAU * f * henry);
            count * 2.0 / at.variance * (at.shared - model).norm_sqr()
        })
        .sum();
    let scatter = (excess / (2.0 * points - 2.0).max(1.0)).sqrt();
    let grown = if variances == Variances::Known { scatter.max(1.0) } else { scatter };
    let resistance_ohm = Uncertain::new(ohm, grown / w_sum.sqrt());
    let inductance_h = Some(Uncertain::new(henry, grown / w_omega.sqrt()));
    (ohm.is_finite() && henry.is_finite()).then_some(SharedReturn { resistance_ohm, inductance_h })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDING: f64 = 1e-12;

    fn c(re: f64, im: f64) -> Complex64 {
        Complex64::new(re, im)
    }

    /// The node equations of the circuit, solved step by step for its currents.
    fn circuit(x: Complex64, r: Complex64, z: Complex64, zs: Complex64) -> [[Complex64; 2]; 2] {
        // (V − n)/T + (x V − n)/T = n/r with V = 1.
        let t = z + zs;
        let node = ((1.0 + x) / t) / (r.inv() + 2.0 / t);
        let at = |v: Complex64| v - (v - node) / t * zs;
        let (driven, idle) = (at(Complex64::ONE), at(x));
        [[driven - node, idle - node], [driven, idle]]
    }

    #[test]
    fn the_ratio_is_that_of_the_circuit_from_either_ground() {
        let (x, r, z, zs) = (c(1e-4, 3e-3), c(0.3, 0.02), c(30.0, 12.0), c(4.0, 1.0));
        let [common, amplifier] = circuit(x, r, z, zs);
        for (ground, [driven, idle]) in [(Ground::Common, common), (Ground::Amplifier, amplifier)] {
            let h = crosstalk(ground, x, r, Some(z), zs);
            assert!((h - idle / driven).norm() < ROUNDING, "{ground}");
        }
        let bare = crosstalk(Ground::Common, Complex64::ZERO, r, Some(z), zs);
        assert!((bare + r / (z + zs + r)).norm() < ROUNDING);
    }

    #[test]
    fn own_crosstalk_and_return_come_back_from_open_and_loaded_takes() {
        let (x, r, zs) = (c(1e-4, 3e-3), c(0.3, 0.02), c(4.0, 1.0));
        for ground in [Ground::Common, Ground::Amplifier] {
            let loads = [None, Some(c(33.0, 0.0)), Some(c(100.0, 40.0))];
            let ratios = LoadedRatios {
                ratio: loads.iter().map(|&z| vec![crosstalk(ground, x, r, z, zs)]).collect(),
                variance: Some(vec![vec![1e-12]; 3]),
                load: loads.iter().map(|z| z.map(|z| vec![z])).collect(),
            };
            let found = ratios.solve(ground, &[zs]).unwrap()[0];
            assert!((found.shared - r).norm() < 1e-9, "{ground} {found:?}");
            assert!((found.own - x).norm() < 1e-9, "{ground} {found:?}");
        }
    }

    #[test]
    fn one_load_alone_gives_the_return_and_open_takes_nothing() {
        let h = crosstalk(
            Ground::Common,
            Complex64::ZERO,
            c(0.2, 0.0),
            Some(c(32.0, 0.0)),
            c(1.0, 0.0),
        );
        let one = LoadedRatios {
            ratio: vec![vec![h]],
            variance: None,
            load: vec![Some(vec![c(32.0, 0.0)])],
        };
        let found = one.solve(Ground::Common, &[c(1.0, 0.0)]).unwrap()[0];
        assert!((found.shared - 0.2).norm() < ROUNDING);
        // From the amplifier's ground a source of 0 Ω hides the return.
        assert_eq!(one.solve(Ground::Amplifier, &[Complex64::ZERO]), None);
        let open = LoadedRatios { load: vec![None], ..one };
        assert_eq!(open.solve(Ground::Common, &[c(1.0, 0.0)]), None);
    }

    #[test]
    fn resistance_and_coil_of_a_return_are_told_apart() {
        let hz: Vec<f64> = (0..60).map(|k| 20.0 * (f64::from(k) / 6.0).exp2()).collect();
        let of = |f: &f64| SharedAt {
            own: Complex64::ZERO,
            own_variance: 0.0,
            shared: c(0.15, std::f64::consts::TAU * f * 1e-6),
            variance: 1e-8,
        };
        let found: Vec<SharedAt> = hz.iter().map(of).collect();
        let series = series(&hz, &found, &vec![1.0; hz.len()], Variances::Known).unwrap();
        assert!((series.resistance_ohm.value - 0.15).abs() < ROUNDING);
        assert!((series.inductance_h.unwrap().value / 1e-6 - 1.0).abs() < 1e-9);
        let u = (1e-8_f64 / 2.0 / 60.0).sqrt();
        assert!((series.resistance_ohm.u / u - 1.0).abs() < 1e-9);
    }
}
