//! The document of a seal that was told from the impedance.

use serde_json::{Value, json};

use super::comparison::difference;
use super::table::WideTable;
use super::{head, without_nulls};
use crate::model::{
    AirLoad, SealBand, SealComparison, SealFeature, SealTest, SealVerdict, SmallestLeak,
};

/// The document of a seal: the verdict with what it rests on, each band, the change over frequency,
/// and what a microphone said, where it was asked.
#[must_use]
pub fn seal(seal: &SealComparison) -> Value {
    let mut document = head("seal");
    let (from_mm, to_mm) = match seal.verdict {
        SealVerdict::Leak(leak) => (leak.from_mm, leak.to_mm),
        _ => (None, None),
    };
    let (smallest_mm, unseen_mm) = match seal.smallest_leak {
        Some(SmallestLeak::AtMost { diameter_mm }) => (Some(diameter_mm), None),
        Some(SmallestLeak::Above { diameter_mm }) => (None, Some(diameter_mm)),
        None => (None, None),
    };
    let acoustic = seal.acoustic.as_ref().and_then(|states| states.differences.first());
    let figures = json!({
        "experimental": true,
        "verdict": seal.verdict.name(),
        "negative": seal.verdict.is_negative(),
        "references": seal.references,
        "now": seal.now,
        "same_jig": seal.same_jig,
        "impedance": seal.test.map(test),
        "air_load": seal.air_load.map(air_load),
        "leak_from_mm": from_mm,
        "leak_to_mm": to_mm,
        "smallest_leak_mm": smallest_mm,
        "smallest_leak_above_mm": unseen_mm,
        "smallest_share_of_off_head": seal.smallest_share_of_off_head,
        "leaks": seal.leaks.iter().map(|leak| json!({
            "diameter_mm": leak.diameter_mm,
            "size": leak.size,
            "seen": seal.test.map(|test| leak.size >= test.seen),
        })).collect::<Vec<_>>(),
        "bands": seal.bands.iter().map(|one| band(seal, one)).collect::<Vec<_>>(),
        "acoustic": acoustic.map(difference),
    });
    let (real, imaginary) = (&seal.real.change, &seal.imaginary.change);
    let curve = json!({
        "frequency_hz": real.hz(),
        "real_ohm": real.values().to_vec(),
        "u_real_ohm": real.u().map(|u| u.to_vec()),
        "imaginary_ohm": imaginary.values().to_vec(),
        "u_imaginary_ohm": imaginary.u().map(|u| u.to_vec()),
    });
    document.insert("curve".to_owned(), curve);
    document.insert("figures".to_owned(), figures);
    document.insert("findings".to_owned(), json!([]));
    without_nulls(Value::Object(document))
}

fn test(test: SealTest) -> Value {
    json!({
        "size": test.size,
        "limit": test.limit,
        "p": test.p,
        "false_alarms": test.false_alarms,
        "seen_from_size": test.seen,
    })
}

fn air_load(load: AirLoad) -> Value {
    json!({ "share": load.share, "limit": load.limit, "false_alarms": load.false_alarms })
}

fn band(seal: &SealComparison, band: &SealBand) -> Value {
    let SealBand { centre_hz, real, imaginary } = *band;
    // What is seen four times in five, if all bands change as much for their spread.
    let seen = |feature: SealFeature| Some(seal.test?.seen * feature.u_ohm?);
    json!({
        "frequency_hz": centre_hz,
        "real_ohm": real.change_ohm,
        "u_real_ohm": real.u_ohm,
        "real_seen_from_ohm": seen(real),
        "imaginary_ohm": imaginary.change_ohm,
        "u_imaginary_ohm": imaginary.u_ohm,
        "imaginary_seen_from_ohm": seen(imaginary),
        "stands_out": seal.stands_out(real) || seal.stands_out(imaginary),
    })
}

/// The change over frequency: `frequency_hz`, then `real_ohm` and `imaginary_ohm`, what chance gives
/// them with `u_` in front, and each reference seating as `reference_1_real_ohm`.
#[must_use]
pub fn seal_csv(seal: &SealComparison) -> String {
    let mut table = WideTable::default();
    for (part, of) in [("real", &seal.real), ("imaginary", &seal.imaginary)] {
        table.add(&format!("{part}_ohm"), &of.change);
        for (i, seating) in of.references.iter().enumerate() {
            table.add(&format!("reference_{}_{part}_ohm", i + 1), seating);
        }
    }
    table.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::seal::specimen;

    #[test]
    fn a_seal_has_the_keys_that_others_read() {
        let document = seal(&specimen::leaking());
        assert_eq!((&document["schema"], &document["kind"]), (&json!(1), &json!("seal")));
        let figures = &document["figures"];
        assert_eq!(figures["experimental"], json!(true));
        assert_eq!((&figures["verdict"], &figures["negative"]), (&json!("leak"), &json!(true)));
        for (object, keys) in [
            (&figures["impedance"], &["size", "limit", "p", "seen_from_size"][..]),
            (&figures["air_load"], &["share", "limit"]),
            (&figures["leaks"][0], &["diameter_mm", "size"]),
            (&figures["bands"][0], &["frequency_hz", "real_ohm", "imaginary_seen_from_ohm"]),
            (figures, &["smallest_leak_mm", "smallest_share_of_off_head", "references"]),
        ] {
            for key in keys {
                assert!(object[key].is_number(), "{key}: {object}");
            }
        }
        assert!(document["curve"]["u_imaginary_ohm"].is_array());
    }

    #[test]
    fn the_table_has_both_parts_and_each_reference_seating() {
        let text = seal_csv(&specimen::leaking());
        let head: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        assert_eq!(head[..4], ["frequency_hz", "real_ohm", "u_real_ohm", "reference_1_real_ohm"]);
        assert!(head.contains(&"reference_5_imaginary_ohm"), "{head:?}");
    }
}
