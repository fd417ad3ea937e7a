//! The legs of a balanced output.

use num_complex::Complex64;

use super::voltages::{Voltage, Voltages, across, difference};
use super::{AT_HZ, impedance, middle};
use crate::measure::analyser::MeasureError;
use crate::metrology::thevenin::{LoadedTake, output};
use crate::model::{
    BalancedFigures, Curve, FrequencyGrid, Impedance, Legs, OutputBench, OutputTap, TestLoad,
};
use crate::quantity::unit::Ohm;
use crate::quantity::{Uncertain, amplitude_db};

/// Below this share of the other leg's voltage a leg is ground.
const GROUND: f64 = 0.05;

/// The impedances of both legs and what is said of them; no impedances if one is ground.
pub(super) fn legs(
    grid: &FrequencyGrid,
    taken: &[(TestLoad, &Voltages)],
    bench: &OutputBench,
) -> Result<(Option<Legs>, Option<BalancedFigures>), MeasureError> {
    let lightest = taken.iter().max_by(|(a, _), (b, _)| {
        let ohm = |load: &TestLoad| load.ohm().unwrap_or(f64::INFINITY);
        ohm(a).total_cmp(&ohm(b))
    });
    let Some((first, second)) = lightest.and_then(|(_, v)| Some((&v.first, v.second.as_ref()?)))
    else {
        return Ok((None, None));
    };
    let middle = |of: &dyn Fn(Complex64, Complex64) -> f64| {
        let pairs = first.values.iter().zip(&second.values);
        middle(grid.hz(), pairs.map(|(&p, &n)| of(p, n))).unwrap_or_default()
    };
    let figures = BalancedFigures {
        swing_db: amplitude_db(middle(&|p, n| (p - n).norm() / p.norm().max(n.norm()))),
        symmetry_db: amplitude_db(middle(&|p, n| (p + n).norm() / (p - n).norm())),
        ..BalancedFigures::default()
    };
    let is_ground = |share: f64| share < GROUND;
    if is_ground(middle(&|p, n| n.norm() / p.norm()))
        || is_ground(middle(&|p, n| p.norm() / n.norm()))
    {
        return Ok((None, Some(figures)));
    }
    let alone = OutputBench { tap: OutputTap::Plug, ..*bench };
    let leg = |of: &dyn Fn(&Voltages) -> Option<Voltage>| -> Result<Impedance, MeasureError> {
        let takes: Vec<LoadedTake> = taken
            .iter()
            .filter_map(|(load, voltages)| {
                let own = of(voltages)?;
                let between = Voltage {
                    values: difference(&voltages.first, voltages.second.as_ref()?),
                    noise: own.noise.clone(),
                };
                let across = Some(across(&between, &own, |_| Complex64::ONE));
                Some(LoadedTake { load: *load, ratio: own.values, noise: own.noise, across })
            })
            .collect();
        Ok(impedance(grid, &output(grid.hz(), &takes, &alone)?)?)
    };
    let turned = |voltage: &Voltage, sign: f64| Voltage {
        values: voltage.values.iter().map(|v| v * sign).collect(),
        noise: voltage.noise.clone(),
    };
    let positive = leg(&|voltages| Some(turned(&voltages.first, 1.0)))?;
    let negative = leg(&|voltages| Some(turned(voltages.second.as_ref()?, -1.0)))?;
    let figures = of_legs(&figures, &positive, &negative);
    Ok((Some(Legs { positive, negative }), Some(figures)))
}

fn of_legs(
    figures: &BalancedFigures,
    positive: &Impedance,
    negative: &Impedance,
) -> BalancedFigures {
    let (p, n) = (positive.magnitude(), negative.magnitude());
    let at = |curve: &Curve<Ohm>| Some(Uncertain::new(curve.at(AT_HZ).ok()?, curve.u_at(AT_HZ)?));
    let (positive, negative) = (at(&p), at(&n));
    let common = positive.zip(negative).map(|(p, n)| {
        let sum = p.value + n.value;
        let by = |other: f64| (other / sum) * (other / sum);
        Uncertain::new(p.value * n.value / sum, (by(n.value) * p.u).hypot(by(p.value) * n.u))
    });
    let value = |of: Option<Uncertain>| of.map(|of| of.value);
    let error = |of: Option<Uncertain>| of.map(|of| of.u);
    BalancedFigures {
        positive_ohm: value(positive),
        u_positive_ohm: error(positive),
        negative_ohm: value(negative),
        u_negative_ohm: error(negative),
        common_ohm: value(common),
        u_common_ohm: error(common),
        ..figures.clone()
    }
}
