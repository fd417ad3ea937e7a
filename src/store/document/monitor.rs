//! What a live view shows, one document for each sweep.

use serde_json::{Map, Value, json};

use super::{findings, head, value};
use crate::model::{AgainstReference, Glimpse, Motion, Seen, TraceKind};

/// The document of one sweep of a live view. One that was refused has no figures.
#[must_use]
pub fn glimpse(glimpse: &Glimpse) -> Value {
    let mut document = head("monitor");
    document.insert("sweep".to_owned(), glimpse.sweep.into());
    document.insert("at_s".to_owned(), glimpse.at_s.into());
    document.insert("motion".to_owned(), motion(glimpse.motion));
    document.insert("figures".to_owned(), glimpse.seen.as_ref().map_or(json!({}), figures));
    if let Some(against) = &glimpse.against {
        document.insert("against_reference".to_owned(), compared(against));
    }
    document.insert("findings".to_owned(), findings(&glimpse.findings));
    Value::Object(document)
}

fn motion(motion: Motion) -> Value {
    let mut object = json!({ "state": motion.name() });
    match motion {
        Motion::Settling { alike, wanted } => {
            object["alike"] = alike.into();
            object["wanted"] = wanted.into();
        }
        Motion::Steady { bass_db, level_db } | Motion::Moved { bass_db, level_db } => {
            object["bass_db"] = bass_db.into();
            object["level_db"] = level_db.into();
        }
    }
    object
}

fn figures(seen: &Seen) -> Value {
    let mut object = Map::new();
    let mut figure = |name: &str, known: Option<f64>| {
        if let Some(known) = known {
            object.insert(name.to_owned(), known.into());
        }
    };
    match seen.kind {
        TraceKind::Response => {
            figure("level_db", seen.middle_db);
            figure("bass_shelf_db", seen.bass_db);
            figure("corner_minus_3_db_hz", seen.corner_minus_3_db_hz);
        }
        TraceKind::Impedance => {
            let resonance = seen.resonance.as_ref();
            figure("resonance_hz", resonance.map(|resonance| resonance.frequency_hz));
            figure("resonance_ohm", resonance.map(|resonance| resonance.peak_ohm));
        }
    }
    Value::Object(object)
}

fn compared(against: &AgainstReference) -> Value {
    let mut object = json!({
        "seatings": against.seatings,
        "reference_bass_db": value(&against.reference_bass_db),
        "bass_db": against.bass_db,
        "allowance_db": against.allowance_db,
        "verdict": against.verdict.name(),
    });
    if let Some((frequency, height)) = against.resonance {
        object["resonance_frequency_ratio"] = frequency.into();
        object["resonance_height_ratio"] = height.into();
    }
    object
}
