//! Is every channel connected to what it is said to be?

use num_complex::Complex64;

use super::take::GatedChannel;
use crate::dsp::edge::{causal_low_edge, high_edge};
use crate::dsp::line::Line;
use crate::dsp::transform::Transform;
use crate::model::{Band, Finding, FindingKind};
use crate::quantity::{SampleRate, amplitude_db, power_db};

/// The level of a channel's response in narrow bands, up to where its sweep ends.
pub(super) struct Levels {
    /// Middle of each band in hertz.
    hz: Vec<f64>,
    /// Level of each re the stimulus.
    db: Vec<f64>,
}

/// Bands per octave.
const PER_OCTAVE: i32 = 24;
const LOWEST_HZ: f64 = 40.0;

impl Levels {
    /// The levels of the first sweep of a channel.
    pub(super) fn of(channel: &GatedChannel, band: Band, rate: SampleRate) -> Self {
        channel.sweeps.first().map_or(Self { hz: Vec::new(), db: Vec::new() }, |sweep| {
            Self::of_piece(&sweep.piece, band, rate)
        })
    }

    fn of_piece(piece: &[f64], band: Band, rate: SampleRate) -> Self {
        /// The last of the sweep, where its fade leaves nothing to divide by.
        const UP_TO: f64 = 0.985;
        let mut transform = Transform::at_least(piece.len());
        let spectrum = transform.forward(piece);
        let bin_hz = rate.as_f64() / transform.len() as f64;
        let power = |k: usize| {
            let f = k as f64 * bin_hz;
            let edges = causal_low_edge(band, f).norm() * high_edge(band, f);
            spectrum[k].norm_sqr() / (edges * edges)
        };
        let edge = |k: i32| {
            LOWEST_HZ.max(band.flat_from_hz) * (f64::from(k) / f64::from(PER_OCTAVE)).exp2()
        };
        let top_hz = UP_TO * band.stop_hz;
        let (mut hz, mut db) = (Vec::new(), Vec::new());
        for k in (0..).take_while(|&k| edge(k + 1) < top_hz) {
            let first = (edge(k) / bin_hz).round() as usize;
            let end = ((edge(k + 1) / bin_hz).round() as usize).max(first + 1).min(spectrum.len());
            let mean = (first..end).map(power).sum::<f64>() / (end - first.min(end)).max(1) as f64;
            hz.push((edge(k) * edge(k + 1)).sqrt());
            db.push(power_db(mean.max(f64::MIN_POSITIVE)));
        }
        Self { hz, db }
    }

    /// The difference between the loudest and the quietest third of an octave, 50 Hz to 15 kHz.
    fn spread_db(&self) -> f64 {
        const RANGE_HZ: std::ops::RangeInclusive<f64> = 50.0..=15e3;
        let inside: Vec<f64> = self
            .hz
            .iter()
            .zip(&self.db)
            .filter(|(hz, _)| RANGE_HZ.contains(*hz))
            .map(|(_, &db)| db)
            .collect();
        let thirds = inside.chunks_exact(PER_OCTAVE as usize / 3);
        let means = thirds.map(|third| third.iter().sum::<f64>() / third.len() as f64);
        let (least, most) = means.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), db| {
            (least.min(db), most.max(db))
        });
        (most - least).max(0.0)
    }
}

/// One of two channels of a response.
pub(super) struct Side<'a> {
    /// Its index, counted from zero.
    pub(super) index: usize,
    /// Its levels.
    pub(super) levels: &'a Levels,
    /// The lag of its peak in samples.
    pub(super) delay: isize,
}

/// The finding about a reference and a measured channel that seem to be exchanged: the reference
/// is coloured as only a transducer is, while the measured channel is flat as only a wire is.
///
/// Sound is late too, so a coloured reference that comes first is only a warning.
pub(super) fn swapped(reference: &Side<'_>, measured: &Side<'_>) -> Option<Finding> {
    /// What an electrical path stays within, a coupling capacitor and a transformer included.
    const FLAT_DB: f64 = 3.0;
    /// No headphone stays within this, nor does a loudspeaker in a room.
    const COLOURED_DB: f64 = 8.0;
    let flat = measured.levels.spread_db() < FLAT_DB;
    if !flat || reference.levels.spread_db() < COLOURED_DB {
        return None;
    }
    let kind = FindingKind::ChannelsSwapped {
        reference: reference.index + 1,
        measured: measured.index + 1,
    };
    let is_late = reference.delay >= measured.delay;
    Some(if is_late { Finding::refusal(kind) } else { Finding::warning(kind) })
}

/// The finding about a channel whose band ends as a converter of sample rates ends it.
///
/// The filter before a conversion falls by 30 dB and more within a sixth of an octave below half
/// the lower rate, and nothing comes back above; a device, even one with a filter of eighth order,
/// takes three times as long.
pub(super) fn resampled(levels: &Levels) -> Option<Finding> {
    const NYQUIST_HZ: [f64; 8] = [4e3, 5512.5, 8e3, 11_025.0, 16e3, 22_050.0, 24e3, 44_100.0];
    const STEEP_DB: f64 = 30.0;
    const STAYING_DB: f64 = 25.0;
    const SIXTH: usize = PER_OCTAVE as usize / 6;
    let (hz, db) = (&levels.hz, &levels.db);
    let falls = |i: usize| {
        let before = db[i - SIXTH];
        db[i] < before - STEEP_DB && db[i..].iter().all(|&after| after < before - STAYING_DB)
    };
    let first = (SIXTH..db.len()).find(|&i| falls(i))?;
    let belongs = |&nyquist: &f64| (0.86 * nyquist..1.015 * nyquist).contains(&hz[first]);
    let nyquist = NYQUIST_HZ.into_iter().find(belongs)?;
    let (cutoff_hz, rate_hz) = (hz[first], 2.0 * nyquist);
    Some(Finding::warning(FindingKind::Resampled { cutoff_hz, rate_hz, image_db: None }))
}

/// The finding about a response (its values at frequencies in hertz) of a channel (counted from
/// zero) that is what a capacitance of some picofarads between two wires lets through.
///
/// A quiet microphone has a low level too, but no headphone a straight slope of 6 dB per octave
/// over four octaves. Against a reference its phase is that of a current into a resistor.
pub(super) fn crosstalk(
    index: usize,
    (hz, values): (&[f64], &[Complex64]),
    is_against_reference: bool,
) -> Option<Finding> {
    const BELOW_DB: f64 = -40.0;
    const SLOPE_DB: std::ops::RangeInclusive<f64> = 4.5..=7.5;
    /// A headphone scatters around any line by more.
    const STRAIGHT: f64 = 0.97;
    const RANGE_HZ: std::ops::RangeInclusive<f64> = 500.0..=8e3;
    const QUARTER_TURN_DEG: std::ops::RangeInclusive<f64> = 55.0..=125.0;
    let inside = || hz.iter().zip(values).filter(|(hz, _)| RANGE_HZ.contains(*hz));
    let points: Vec<(f64, f64)> =
        inside().map(|(hz, v)| (hz.log2(), amplitude_db(v.norm()))).collect();
    let line = Line::through(&points)?;
    let nearest = inside().min_by(|a, b| {
        let away = |hz: f64| (hz / 1e3).ln().abs();
        away(*a.0).total_cmp(&away(*b.0))
    });
    let level_db = amplitude_db(nearest?.1.norm());
    let slope_db_per_octave = line.slope;
    let looks_so = level_db < BELOW_DB
        && SLOPE_DB.contains(&slope_db_per_octave)
        && line.explained >= STRAIGHT;
    let mut phases: Vec<f64> = inside().map(|(_, v)| v.arg().to_degrees()).collect();
    let middle = phases.len() / 2;
    let phase = *phases.select_nth_unstable_by(middle, f64::total_cmp).1;
    let leads = !is_against_reference || QUARTER_TURN_DEG.contains(&phase);
    let channel = index + 1;
    (looks_so && leads).then(|| {
        Finding::refusal(FindingKind::CrosstalkOnly { channel, level_db, slope_db_per_octave })
    })
}

/// The findings about the ratio of the sense channel over the reference channel (indices counted
/// from zero) that no passive load behind a resistor has: it lies below one and in the right half
/// plane in both topologies, being Z/(Z + R) or R/(Z + R).
pub(super) fn ratio_faults(
    ratio: &[Complex64],
    (reference, sense): (usize, usize),
) -> Vec<Finding> {
    /// Beyond what inputs differ by that were never matched.
    const ABOVE_ONE: f64 = 1.02;
    /// This share of the points says so; the rest may be noise.
    const NEARLY_ALL: f64 = 0.95;
    let share = |holds: &dyn Fn(&Complex64) -> bool| {
        ratio.iter().filter(|&m| holds(m)).count() as f64 / ratio.len().max(1) as f64
    };
    let mut faults = Vec::new();
    if share(&|m| m.norm() > ABOVE_ONE) > 0.5 && share(&|m| m.norm() > 1.0) >= NEARLY_ALL {
        let (reference, measured) = (reference + 1, sense + 1);
        faults.push(Finding::refusal(FindingKind::ChannelsSwapped { reference, measured }));
    }
    if share(&|m| m.re < 0.0) >= NEARLY_ALL {
        faults.push(Finding::refusal(FindingKind::PolarityInverted { channel: sense + 1 }));
    }
    faults
}
