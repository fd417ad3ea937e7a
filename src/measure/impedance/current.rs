//! What the harmonics of a take tell about the current through the headphone.

use ndarray::Array1;
use num_complex::Complex64;

use crate::dsp::harmonics::{Harmonic, Harmonics};
use crate::measure::take::GatedChannel;
use crate::model::{Finding, FindingKind, Jig, SenseAcross};

/// The amplitude of a harmonic of the sense input re its fundamental, beyond what the reference
/// input has: what both have is the amplifier's, and cancels in the ratio.
fn excess(
    source: Option<&GatedChannel>,
    sense: &GatedChannel,
    which: impl Fn(&Harmonics) -> Harmonic,
) -> f64 {
    /// A harmonic counts if it lies this far above what is there without it.
    const CLEAR_DB: f64 = 10.0;
    let power = |channel: &GatedChannel| {
        let harmonic = which(channel.harmonics.as_ref()?);
        let power = 10_f64.powf(0.1 * harmonic.level_db);
        (harmonic.level_db > harmonic.floor_db + CLEAR_DB).then_some(power)
    };
    let of_source = source.and_then(power).unwrap_or(0.0);
    power(sense).map_or(0.0, |power| (power - of_source).max(0.0)).sqrt()
}

/// By how much the level of the drive changes the ratio, relative, as far as the harmonics tell.
///
/// A characteristic `x + k·x³` raises the fundamental of amplitude A by 3kA²/4 and has a third
/// harmonic of kA²/4: three times the third harmonic.
pub(super) fn bend(source: Option<&GatedChannel>, sense: &GatedChannel) -> f64 {
    const FUNDAMENTAL_PER_THIRD: f64 = 3.0;
    FUNDAMENTAL_PER_THIRD * excess(source, sense, |harmonics| harmonics.third)
}

/// The refusal of a take whose current has harmonics of more than a hundredth that the drive has
/// not: an impedance is that of a linear headphone.
///
/// A harmonic current δi falls off the sense resistor R and so, with a stiff source, also off the
/// headphone's voltage Z·i, of which it is the share δi/i·R/Z.
pub(super) fn distorted(
    jig: &Jig,
    source: Option<&GatedChannel>,
    sense: &GatedChannel,
    ratio: &Array1<Complex64>,
) -> Option<Finding> {
    const MOST_PERCENT: f64 = 1.0;
    let mut magnitudes: Vec<f64> = match jig.sense() {
        SenseAcross::Headphone => ratio.iter().map(|m| (m / (1.0 - m)).norm()).collect(),
        SenseAcross::Resistor => vec![1.0],
    };
    magnitudes.retain(|magnitude| magnitude.is_finite());
    magnitudes.sort_by(f64::total_cmp);
    let per_voltage = magnitudes.get(magnitudes.len() / 2)?;
    let orders: [(u8, f64); 2] = [
        (2, excess(source, sense, |harmonics| harmonics.second)),
        (3, excess(source, sense, |harmonics| harmonics.third)),
    ];
    let (order, largest) = orders.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let percent = 100.0 * largest * per_voltage;
    let kind = FindingKind::CurrentDistorted { order, percent };
    (percent > MOST_PERCENT).then(|| Finding::refusal(kind))
}
