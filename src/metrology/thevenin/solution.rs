//! The fit at one frequency.

use num_complex::Complex64;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::LoadedTake;
use crate::metrology::statistics::median;
use crate::model::{Covariance, Jig, OutputBench, OutputTap, TestLoad};
use crate::quantity::Capacitance;

/// A take at one frequency.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    /// What it was loaded with.
    pub(super) load: TestLoad,
    /// Voltage over drive.
    pub(super) voltage: Complex64,
    /// By how much the admittance changes for each ohm in series with the load, in siemens per ohm.
    pub(super) by_ohm: Complex64,
    /// How much of an input's admittance the output sees.
    pub(super) by_input: Complex64,
    /// Admittance at the output: of the load with its leads, and of the inputs.
    admittance: Complex64,
    noise: Covariance,
    /// Relative standard deviation of the gain from take to take, of each part.
    drift: f64,
    /// Standard deviation of the admittance by the load's resistance, and of each part by noise.
    u_admittance: (f64, f64),
}

/// Different loads, in the order of the takes.
pub(super) fn distinct(takes: &[LoadedTake]) -> Vec<TestLoad> {
    let mut loads: Vec<TestLoad> = Vec::new();
    for take in takes {
        if !loads.contains(&take.load) {
            loads.push(take.load);
        }
    }
    loads
}

/// Resistance of the leads that is reckoned with, in ohms, and its half-width.
pub(super) fn leads(bench: &OutputBench) -> (f64, f64) {
    if bench.tap == OutputTap::FourWire {
        return (0.0, 0.0);
    }
    let half = 0.5 * OutputBench::LONGEST_LEADS_OHM;
    bench.lead_resistance.map_or((half, half), |leads| (leads.ohm(), 0.0))
}

/// Standard deviation of the contacts between the tap of the voltage and the load, in ohms.
pub(super) fn contact(bench: &OutputBench) -> f64 {
    if bench.tap == OutputTap::FourWire { 0.0 } else { bench.contact_resistance.ohm() }
}

/// Conductance and capacitance of the input that are reckoned with, and their half-widths.
pub(super) fn input(bench: &OutputBench) -> ((f64, f64), (f64, f64)) {
    let known = |value: f64| (value, Jig::INPUT_TOLERANCE * value);
    let unknown = |most: f64| (0.5 * most, 0.5 * most);
    let conductance = bench.input_resistance.map(|r| r.ohm().recip());
    let capacitance = bench.input_capacitance.map(Capacitance::farad);
    (
        conductance.map_or_else(|| unknown(Jig::LOWEST_INPUT_OHM.recip()), known),
        capacitance.map_or_else(|| unknown(Jig::LARGEST_INPUT_F), known),
    )
}

/// The relative standard deviation that a drift in decibels is.
pub(super) fn relative(drift_db: f64) -> f64 {
    10_f64.powf(drift_db / 20.0) - 1.0
}

impl Taken {
    pub(super) fn at(takes: &[LoadedTake], bench: &OutputBench, hz: f64, i: usize) -> Vec<Self> {
        let ((conductance, _), (capacitance, _)) = input(bench);
        let of_input = Complex64::new(conductance, std::f64::consts::TAU * hz * capacitance);
        let (leads, half) = leads(bench);
        let contact = contact(bench);
        let of = |take: &LoadedTake| {
            let across = take.across.as_ref();
            let share = across.map_or(Complex64::ONE, |across| across.share[i]);
            let conductance = take.load.ohm().map_or(0.0, |ohm| (ohm + leads).recip());
            let u_ohm = take.load.ohm().map_or(0.0, |ohm| {
                let tolerance = bench.load_tolerance.fraction() * ohm;
                ((tolerance * tolerance + half * half) / 3.0 + contact * contact).sqrt()
            });
            let by_ohm = -share * conductance * conductance;
            let by_input = match bench.tap {
                OutputTap::Plug => Complex64::ONE,
                OutputTap::Balanced => Complex64::from(0.5),
                OutputTap::FourWire => 1.0 + share,
            };
            Self {
                load: take.load,
                voltage: take.ratio[i],
                by_ohm,
                by_input,
                admittance: share * conductance + by_input * of_input,
                noise: take.noise.get(i).copied().unwrap_or_default(),
                drift: relative(bench.drift_db),
                u_admittance: (
                    by_ohm.norm() * u_ohm,
                    across.map_or(0.0, |across| across.u[i] * conductance),
                ),
            }
        };
        takes.iter().map(of).collect()
    }
}

/// Open-circuit voltage and output impedance at one frequency.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fit {
    pub(super) open: Complex64,
    pub(super) impedance: Complex64,
    /// By how much the impedance moves for an error of each voltage.
    sensitivity: Vec<Complex64>,
    /// Inverse of the normal equations, of open-circuit voltage and impedance.
    covariance: [[Complex64; 2]; 2],
}

impl Fit {
    pub(super) fn of(takes: &[Taken]) -> Option<Self> {
        /// Far more than it takes: each step squares the error.
        const STEPS: usize = 6;
        let (mut open, mut impedance) = line(takes)?;
        let mut sensitivity = Vec::new();
        let mut covariance = [[Complex64::ZERO; 2]; 2];
        for _ in 0..STEPS {
            let weights: Vec<f64> =
                takes.iter().map(|take| variance(take, open, impedance).recip()).collect();
            let slopes: Vec<[Complex64; 2]> =
                takes.iter().map(|take| slopes(take, open, impedance)).collect();
            covariance = inverse_normal(&slopes, &weights)?;
            let rows = slopes.iter().zip(&weights).map(|(j, w)| {
                [0, 1]
                    .map(|i| (covariance[i][0] * j[0].conj() + covariance[i][1] * j[1].conj()) * *w)
            });
            let rows: Vec<[Complex64; 2]> = rows.collect();
            let mut step = [Complex64::ZERO; 2];
            for (take, row) in takes.iter().zip(&rows) {
                let off = take.voltage - voltage(take, open, impedance);
                step[0] += row[0] * off;
                step[1] += row[1] * off;
            }
            open += step[0];
            impedance += step[1];
            sensitivity = rows.into_iter().map(|row| row[1]).collect();
        }
        let sound = impedance.is_finite() && open.is_finite() && open.norm() > 0.0;
        sound.then_some(Self { open, impedance, sensitivity, covariance })
    }

    /// What the noise of the takes contributes to the covariance of the impedance.
    pub(super) fn noise(&self, takes: &[Taken]) -> Covariance {
        let lines = takes.iter().zip(&self.sensitivity);
        lines.fold(Covariance::default(), |sum, (take, &p)| {
            let by_share = p * by_admittance(take, self.open, self.impedance);
            let of_share = Covariance::circular(by_share.norm() * take.u_admittance.1);
            sum.plus(take.noise.scaled(p)).plus(of_share)
        })
    }

    /// Covariance of the open-circuit voltage, by everything that makes the takes differ.
    pub(super) fn of_open(&self) -> Covariance {
        // Of the complex variance half lies in each part.
        Covariance::circular((0.5 * self.covariance[0][0].re).max(0.0).sqrt())
    }

    /// By how much the impedance moves for errors of the voltage and of the admittance of a take.
    pub(super) fn moved(
        &self,
        (k, take): (usize, &Taken),
        voltage: Complex64,
        admittance: Complex64,
    ) -> Complex64 {
        self.sensitivity[k]
            * (voltage - by_admittance(take, self.open, self.impedance) * admittance)
    }

    pub(super) fn chi_squared(&self, takes: &[Taken]) -> f64 {
        let of = |take: &Taken| {
            let off = take.voltage - voltage(take, self.open, self.impedance);
            2.0 * off.norm_sqr() / variance(take, self.open, self.impedance)
        };
        takes.iter().map(of).sum()
    }

    /// By how much the voltage of another take is above what the fit says, in decibels, and the
    /// standard uncertainty of that.
    pub(super) fn against(&self, other: &[Taken]) -> (f64, f64) {
        const DB: f64 = 20.0 * std::f64::consts::LOG10_E;
        let Some(take) = other.first() else { return (0.0, f64::INFINITY) };
        let expected = voltage(take, self.open, self.impedance);
        let j = slopes(take, self.open, self.impedance);
        let mut of_fit = Complex64::ZERO;
        for a in 0..2 {
            for b in 0..2 {
                of_fit += j[a] * self.covariance[a][b] * j[b].conj();
            }
        }
        // Of the complex variance half lies along the value.
        let variance = 0.5 * (of_fit.re + variance(take, self.open, self.impedance));
        let off_db = DB * (take.voltage.norm() / expected.norm()).ln();
        (off_db, DB * variance.sqrt() / expected.norm())
    }
}

/// Start: `1/V = 1/A + (Z/A)·Y`, a straight line.
fn line(takes: &[Taken]) -> Option<(Complex64, Complex64)> {
    let (mut w, mut wy, mut wyy, mut wv, mut wyv) =
        (0.0, Complex64::ZERO, 0.0, Complex64::ZERO, Complex64::ZERO);
    for take in takes {
        let weight = take.voltage.norm_sqr();
        let (y, v) = (take.admittance, take.voltage.inv());
        w += weight;
        wy += weight * y;
        wyy += weight * y.norm_sqr();
        wv += weight * v;
        wyv += weight * y.conj() * v;
    }
    let determinant = w * wyy - wy.norm_sqr();
    let intercept = (wyy * wv - wy * wyv) / determinant;
    let slope = (w * wyv - wy.conj() * wv) / determinant;
    let (open, impedance) = (intercept.inv(), slope / intercept);
    (open.is_finite() && impedance.is_finite()).then_some((open, impedance))
}

fn voltage(take: &Taken, open: Complex64, impedance: Complex64) -> Complex64 {
    open / (1.0 + impedance * take.admittance)
}

/// Derivatives of the voltage by open-circuit voltage and impedance.
fn slopes(take: &Taken, open: Complex64, impedance: Complex64) -> [Complex64; 2] {
    let loaded = 1.0 + impedance * take.admittance;
    [loaded.inv(), -open * take.admittance / (loaded * loaded)]
}

fn by_admittance(take: &Taken, open: Complex64, impedance: Complex64) -> Complex64 {
    let loaded = 1.0 + impedance * take.admittance;
    -open * impedance / (loaded * loaded)
}

/// Variance of a voltage, both parts together: noise, gain, and the load's resistance.
fn variance(take: &Taken, open: Complex64, impedance: Complex64) -> f64 {
    /// No voltage is known better than this: rounding.
    const LEAST: f64 = 1e-9;
    let (by_load, by_noise) = take.u_admittance;
    let of_admittance = by_admittance(take, open, impedance).norm_sqr()
        * (by_load * by_load + 2.0 * by_noise * by_noise);
    let gain = take.voltage.norm_sqr() * (2.0 * take.drift * take.drift + LEAST * LEAST);
    take.noise.rr + take.noise.ii + gain + of_admittance
}

fn inverse_normal(slopes: &[[Complex64; 2]], weights: &[f64]) -> Option<[[Complex64; 2]; 2]> {
    let mut normal = [[Complex64::ZERO; 2]; 2];
    for (j, &w) in slopes.iter().zip(weights) {
        for a in 0..2 {
            for b in 0..2 {
                normal[a][b] += j[a].conj() * j[b] * w;
            }
        }
    }
    let determinant = normal[0][0] * normal[1][1] - normal[0][1] * normal[1][0];
    let inverse = determinant.inv();
    inverse.is_finite().then(|| {
        [
            [normal[1][1] * inverse, -normal[0][1] * inverse],
            [-normal[1][0] * inverse, normal[0][0] * inverse],
        ]
    })
}

/// What χ² of so many degrees of freedom exceeds by chance once in a thousand.
pub(super) fn limit(freedom: usize) -> f64 {
    const PROBABILITY: f64 = 0.999;
    let distribution = ChiSquared::new(freedom as f64);
    distribution.map_or(f64::INFINITY, |of| of.inverse_cdf(PROBABILITY))
}

/// The takes without a drift that is linear in time, as loads that come back show it; the takes as
/// they are if none does.
pub(super) fn without_drift(hz: &[f64], takes: &[LoadedTake]) -> Vec<LoadedTake> {
    let (mut up, mut down) = (Complex64::ZERO, 0.0);
    for load in distinct(takes) {
        let same: Vec<(f64, &LoadedTake)> = takes
            .iter()
            .enumerate()
            .filter(|(_, take)| take.load == load)
            .map(|(k, take)| (k as f64, take))
            .collect();
        let middle = same.iter().map(|(t, _)| t).sum::<f64>() / same.len() as f64;
        for (t, take) in &same {
            up += (t - middle) * change(hz, take, same[0].1);
            down += (t - middle) * (t - middle);
        }
    }
    let slope = if down > 0.0 { up / down } else { Complex64::ZERO };
    let corrected = takes.iter().enumerate().map(|(k, take)| {
        let factor = (-slope * k as f64).exp();
        LoadedTake { ratio: take.ratio.iter().map(|v| v * factor).collect(), ..take.clone() }
    });
    corrected.collect()
}

/// Logarithm of one take over another, in the middle of the band.
fn change(hz: &[f64], take: &LoadedTake, first: &LoadedTake) -> Complex64 {
    let logs: Vec<Complex64> = hz
        .iter()
        .zip(take.ratio.iter().zip(&first.ratio))
        .filter(|(f, _)| super::MIDDLE_HZ.contains(*f))
        .map(|(_, (a, b))| (a / b).ln())
        .collect();
    let part = |of: fn(&Complex64) -> f64| {
        median(&logs.iter().map(of).collect::<Vec<_>>()).unwrap_or_default()
    };
    Complex64::new(part(|z| z.re), part(|z| z.im))
}
