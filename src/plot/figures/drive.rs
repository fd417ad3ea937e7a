//! What a headphone needs for a level, and what an amplifier offers it.

use super::{Caption, points, spoken_hz};
use crate::model::{Curve, Drive, Reach};
use crate::plot::{
    Annotation, Figure, FrequencyAxis, Panel, Point, Scale, Series, Spacing, Stroke, Weight,
};
use crate::quantity::unit::Milliampere;

/// The colour of what is needed.
const NEED: usize = 0;

/// The voltage that the level takes over what the outputs of the amplifier offer, with the worst
/// place of the better one marked; below it the current and its limit.
#[must_use]
pub fn drive(drive: &Drive, caption: &Caption) -> Figure {
    let mut voltage = Panel::new("Voltage", Scale::Volt(Spacing::Logarithmic));
    voltage.series.push(needed(points(&drive.need.voltage)));
    for (i, reach) in drive.reach.iter().enumerate() {
        voltage.series.push(offered(reach, NEED + 1 + i));
    }
    voltage.annotations.extend(worst(drive));
    let headroom = drive.target.headroom().db();
    let level = format!("Needed for {}", drive.target.level());
    let mut notes =
        vec![if headroom > 0.0 { format!("{level} and {headroom} dB of headroom") } else { level }];
    let mut current = Panel::new("Current", Scale::Ampere(Spacing::Logarithmic));
    current.series.push(needed(amperes(&drive.need.current)));
    if let Some(limit_a) = drive.amplifier.map(|a| a.limit_a()).filter(|a| a.is_finite()) {
        current.series.push(limit(drive, limit_a));
        notes.push(format!("Dotted: the amplifier's limit of {:.0} mA", 1e3 * limit_a));
    }
    Figure { below: Some(current), ..caption.on(voltage, notes) }
}

fn needed(points: Vec<Point>) -> Series {
    Series { stroke: Stroke::Solid, ..Series::named("needed", NEED, points) }
}

/// What an output offers. The second is broken: where the current is the limit both are the same.
fn offered(reach: &Reach, slot: usize) -> Series {
    let stroke = if slot == NEED + 1 { Stroke::Solid } else { Stroke::Dashed };
    Series { stroke, ..Series::named(reach.wiring.name(), slot, points(&reach.voltage)) }
}

fn amperes(current: &Curve<Milliampere>) -> Vec<Point> {
    current.points().map(|(hz, value)| Point { hz, value: value / 1e3 }).collect()
}

/// The limit of the current, from end to end. It is a curve and no line to compare with, as the
/// axis is made for curves.
fn limit(drive: &Drive, value: f64) -> Series {
    let grid = drive.need.current.grid();
    let ends = [grid.first_hz(), grid.last_hz()].map(|hz| Point { hz, value });
    Series {
        stroke: Stroke::Dotted,
        weight: Weight::Normal,
        ..Series::thin(NEED + 3, ends.to_vec())
    }
}

/// How much the better output has to spare, or lacks, where that is worst.
fn worst(drive: &Drive) -> Option<Annotation> {
    let reach = drive.best()?;
    let worst = reach.worst;
    let size = worst.margin_db.abs();
    let text = if reach.is_enough() {
        format!("{size:.1} dB to spare at {}", spoken_hz(worst.hz))
    } else {
        format!("{size:.1} dB short at {}", spoken_hz(worst.hz))
    };
    let at = Point { hz: worst.hz, value: worst.voltage_v };
    FrequencyAxis::AUDIO.contains(worst.hz).then_some(Annotation {
        at,
        text,
        slot: NEED + drive.reach.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;
    use crate::study::drive::specimen;

    fn figure(amplifier: bool) -> Figure {
        let found = specimen::drive(110.0, amplifier.then(specimen::amplifier));
        drive(&found, &sample::caption("Drive"))
    }

    #[test]
    fn what_outputs_offer_lies_beside_what_is_needed() {
        let figure = figure(true);
        let names: Vec<_> =
            figure.panel.series.iter().filter_map(|series| series.label.as_deref()).collect();
        assert_eq!(names, ["needed", "single-ended", "balanced"]);
        let [mark] = figure.panel.annotations.as_slice() else { panic!("one mark") };
        assert_eq!((mark.text.as_str(), mark.slot), ("1.0 dB short at 20 Hz", 2));
        assert!((figure.below.unwrap().series[1].points[0].value - 0.05).abs() < 1e-12);
        let footer = figure.footer.unwrap();
        assert!(footer.starts_with("Needed for 110 dB SPL"), "{footer}");
        assert!(footer.ends_with("limit of 50 mA"), "{footer}");
    }

    #[test]
    fn without_an_amplifier_the_need_is_all_there_is() {
        let figure = figure(false);
        assert_eq!(figure.panel.series.len(), 1);
        assert!(figure.panel.annotations.is_empty());
        assert!(figure.below.unwrap().series.len() == 1);
    }
}
