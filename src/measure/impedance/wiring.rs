//! What the numbers tell about a jig that is wired unlike its description.

use ndarray::Array1;
use num_complex::Complex64;

use super::circuit::Circuit;
use super::error_terms::ErrorTerms;
use crate::model::{
    Balance, Finding, FindingKind, Impedance, ImpedanceCalibration, Jig, MeasuredStandard, Topology,
};

/// Where standards are told apart: every jig is a plain divider there.
const MIDDLE_HZ: f64 = 1e3;

/// What speaks against a jig from its description alone.
pub(super) fn described(jig: &Jig) -> Option<Finding> {
    let grounded = jig.drive == Balance::Balanced && jig.input == Balance::SingleEnded;
    grounded.then(|| Finding::refusal(FindingKind::BalancedDriveGrounded))
}

/// What standards tell about the jig they were measured through.
pub(super) fn of_standards(calibration: &ImpedanceCalibration, terms: &ErrorTerms) -> Vec<Finding> {
    let jig = &calibration.jig;
    let expected = Circuit::of(jig, MIDDLE_HZ).terms();
    let known = |measured: &MeasuredStandard| match measured.standard.impedance(MIDDLE_HZ) {
        Some(z) => expected.ratio(z),
        None => expected.a / expected.c,
    };
    let found = |measured: &MeasuredStandard| {
        let hz = measured.ratio.hz();
        let at = hz.partition_point(|&f| f < MIDDLE_HZ).min(hz.len() - 1);
        measured.ratio.values()[at]
    };
    let mut findings = Vec::new();
    let through = calibration.standards.iter().filter(|s| s.standard.kind.is_through_the_jig());
    let standards: Vec<&MeasuredStandard> = through.collect();
    for one in &standards {
        /// Gains and a resistor that are not quite what they should be move a ratio by less.
        const CLOSER: f64 = 3.0;
        let off = |other: &MeasuredStandard| (found(one) - known(other)).norm();
        let nearest = standards.iter().min_by(|a, b| off(a).total_cmp(&off(b)));
        if let Some(nearest) = nearest.filter(|nearest| CLOSER * off(nearest) < off(one)) {
            findings.push(Finding::refusal(FindingKind::StandardsConfused {
                said: one.standard.kind.to_string(),
                looks_like: nearest.standard.kind.to_string(),
                ratio: found(one).norm(),
                expected: known(one).norm(),
            }));
        }
    }
    if findings.is_empty() {
        findings.extend(wrong_resistor(calibration, terms));
    }
    findings
}

/// The sense resistor that the standards show, if it is not the one that is described.
fn wrong_resistor(calibration: &ImpedanceCalibration, terms: &ErrorTerms) -> Option<Finding> {
    /// Beyond the tolerances by this much it is another resistor.
    const CERTAIN: f64 = 3.0;
    let (jig, ratio) = (&calibration.jig, &calibration.standards.first()?.ratio);
    let at = ratio.hz().partition_point(|&f| f < MIDDLE_HZ).min(ratio.hz().len() - 1);
    let (found, u_found) = terms.resistor(at)?;
    let stated = 1.0 / Circuit::of(jig, MIDDLE_HZ).terms().c.re;
    // An input that is not stated makes it smaller.
    let least = match jig.input_resistance {
        Some(_) => stated,
        None => 1.0 / (1.0 / stated + 1.0 / Jig::LOWEST_INPUT_OHM),
    };
    // Leads that are not stated are in series with it.
    let most = match jig.lead_resistance {
        Some(_) => stated,
        None => stated + Jig::LONGEST_LEADS_OHM,
    };
    let u_stated = jig.resistor_tolerance.fraction() * stated;
    let away = (found - most).max(least - found);
    let is_wrong = away > u_stated + CERTAIN * u_found;
    is_wrong.then(|| {
        Finding::warning(FindingKind::WrongSenseResistor {
            stated_ohm: stated,
            found_ohm: found,
            u_ohm: u_found,
        })
    })
}

/// What is to be said of impedances that are those of no headphone.
pub(super) fn extremes(jig: &Jig, impedances: impl Iterator<Item = Complex64>) -> Option<Finding> {
    /// Several times the highest impedance of a headphone, and less than a line input has, which
    /// is all that is there without one.
    const OPEN_OHM: f64 = 5e3;
    /// Less than the coil of any headphone with its cable.
    const SHORTED_OHM: f64 = 0.2;
    // What is infinite is open too.
    let norms = impedances.map(|z| if z.is_finite() { z.norm() } else { f64::INFINITY });
    let (lowest_ohm, highest_ohm) = norms
        .fold((f64::INFINITY, 0.0_f64), |(least, most), norm| (least.min(norm), most.max(norm)));
    if lowest_ohm > OPEN_OHM && lowest_ohm.is_finite() {
        let low_side = jig.topology == Topology::LowSide;
        return Some(Finding::refusal(FindingKind::NotConnected { lowest_ohm, low_side }));
    }
    // Cables are measured too: that is no refusal.
    let shorted = highest_ohm < SHORTED_OHM && highest_ohm > 0.0;
    shorted.then(|| Finding::warning(FindingKind::JigShorted { highest_ohm }))
}

/// Whether both nodes carry the same signal, but for what two inputs differ by.
pub(super) fn no_current(ratio: &Array1<Complex64>) -> Option<FindingKind> {
    /// The magnitude of the ratio varies by less than this over frequency …
    const SAME: f64 = 2e-3;
    /// … is this close to one, which gains that were never matched allow for …
    const EQUAL_GAINS: f64 = 0.05;
    /// … and its phase, in radians, is that of two inputs that sample a little apart.
    const EQUAL_PHASES: f64 = 0.03;
    let mean = ratio.iter().map(|m| m.norm()).sum::<f64>() / ratio.len().max(1) as f64;
    let difference = ratio.iter().map(|m| (m.norm() - mean).abs()).fold(0.0, f64::max);
    let turn = ratio.iter().map(|m| m.arg().abs()).fold(0.0, f64::max);
    let same = difference < SAME && (mean - 1.0).abs() < EQUAL_GAINS && turn < EQUAL_PHASES;
    same.then_some(FindingKind::NoCurrent { difference })
}

/// What an impedance tells about how the jig is wired.
pub(super) fn remarks_on(ratio: &Array1<Complex64>, impedance: &Impedance) -> Vec<Finding> {
    /// A real part this negative, re the magnitude, is not noise.
    const NEGATIVE: f64 = -0.05;
    if let Some(kind) = no_current(ratio) {
        return vec![Finding::warning(kind)];
    }
    let mut remarks = Vec::new();
    let worst = impedance
        .hz()
        .iter()
        .zip(impedance.values())
        .min_by(|(_, a), (_, b)| (a.re / a.norm()).total_cmp(&(b.re / b.norm())));
    if let Some((&frequency_hz, z)) = worst
        && z.re < NEGATIVE * z.norm()
    {
        let kind = FindingKind::NotPassive { frequency_hz, real_ohm: z.re };
        remarks.push(Finding::warning(kind));
    }
    remarks
}
