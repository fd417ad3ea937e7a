//! The seal of a headphone from its impedance.

use super::{Caption, close_range, points};
use crate::model::{SealBand, SealComparison, SealFeature, SealPart};
use crate::plot::{
    Band, BandPoint, Figure, FrequencyAxis, Panel, Point, ReferenceLine, Scale, Series, Spacing,
};
use crate::quantity::Frequency;

/// The colours of now and of the reference seatings.
const NOW: usize = 0;
const REFERENCE: usize = 1;

/// The change of the real part of the impedance over that of the imaginary part, 20 Hz to 1 kHz, with
/// a band of what chance does and a thin line for each reference seating. A bar below marks the bands
/// that stand out for themselves.
#[must_use]
pub fn seal(seal: &SealComparison, caption: &Caption) -> Figure {
    let real = panel("Real part, change", seal, &seal.real, |band| band.real);
    let imaginary = panel("Imaginary part, change", seal, &seal.imaginary, |band| band.imaginary);
    let band = seal.test.map(|_| "Band: what chance does".to_owned());
    let outstanding = seal.bands.iter().flat_map(|band| [band.real, band.imaginary]);
    let any = outstanding.into_iter().any(|feature| seal.stands_out(feature));
    let notes = [
        Some("Experimental".to_owned()),
        band,
        Some("Thin: reference seatings".to_owned()),
        any.then(|| "Bar: stands out".to_owned()),
        Some("Without coil temperature and suspension".to_owned()),
    ];
    let figure = caption.on(real, notes.into_iter().flatten());
    Figure { frequency: axis(), below: Some(imaginary), ..figure }
}

/// 20 Hz to 1 kHz.
fn axis() -> FrequencyAxis {
    let ends = (Frequency::new(20.0), Frequency::new(1e3));
    let (Ok(from), Ok(to)) = ends else { return FrequencyAxis::AUDIO };
    FrequencyAxis::new(from, to).unwrap_or_default()
}

fn panel(
    title: &str,
    seal: &SealComparison,
    part: &SealPart,
    of: fn(&SealBand) -> SealFeature,
) -> Panel {
    let mut panel = Panel::new(title, Scale::Ohm(Spacing::Linear));
    let seatings = part.references.iter().map(|seating| Series::thin(REFERENCE, points(seating)));
    panel.series.extend(seatings);
    if let (Some(test), Some(u)) = (seal.test, part.change.u()) {
        let flat = part.change.points().map(|(hz, _)| (hz, 0.0));
        let reach = u.iter().map(|u| test.limit * u);
        let borders = flat.zip(reach).map(|((hz, zero), reach)| BandPoint {
            hz,
            lower: zero - reach,
            upper: zero + reach,
        });
        panel.bands.push(Band { slot: REFERENCE, points: borders.collect() });
    }
    panel.series.push(Series::named("now", NOW, points(&part.change)));
    let (low, high) = close_range(&panel);
    panel.axis.range = Some((low, high));
    panel.series.extend(bars(seal, of, 0.94 * low));
    panel.references.push(ReferenceLine { value: 0.0, label: None });
    panel
}

/// A bar for each third of an octave that stands out.
fn bars(seal: &SealComparison, of: fn(&SealBand) -> SealFeature, value: f64) -> Vec<Series> {
    let half = (1.0_f64 / 6.0).exp2();
    let outstanding = seal.bands.iter().filter(|band| seal.stands_out(of(band)));
    let bar = |band: &SealBand| {
        let ends = [band.centre_hz / half, band.centre_hz * half];
        let points = ends.map(|hz| Point { hz, value }).into();
        Series { label: None, ..Series::named("", NOW, points) }
    };
    outstanding.map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;
    use crate::study::seal::specimen;

    #[test]
    fn the_real_part_stands_over_the_imaginary_part_with_what_chance_does() {
        let figure = seal(&specimen::leaking(), &sample::caption("Seal"));
        let below = figure.below.unwrap();
        assert_eq!(below.axis.title, "Imaginary part, change");
        for panel in [&figure.panel, &below] {
            let thin = panel.series.iter().filter(|series| series.slot == REFERENCE).count();
            assert_eq!((thin, panel.bands.len()), (5, 1));
            let (low, high) = panel.axis.range.unwrap();
            assert!((low + high).abs() < 1e-12);
        }
        assert!(figure.footer.unwrap().starts_with("Experimental"));
    }

    #[test]
    fn what_is_as_it_was_has_no_bars() {
        let figure = seal(&specimen::alike(), &sample::caption("Seal"));
        assert_eq!(figure.panel.series.len(), 6);
    }
}
