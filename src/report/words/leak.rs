//! The leak that would explain what a state changes.

use super::quoted;
use crate::model::{
    Back, EquivalentLeak, FittedSize, LeakBasis, LeakVerdict, NoLeak, StateComparison,
    StateDifference,
};
use crate::report::digits::{chosen, hertz, prose_db, significant};

/// One paragraph for each state that a leak was looked for in: how large it is and what that rests
/// on, or why the change is not told as one.
#[must_use]
pub fn leaks(comparison: &StateComparison) -> Vec<String> {
    comparison.differences.iter().filter_map(paragraph).collect()
}

/// What is said about the leak of one state, if it was looked for.
fn paragraph(difference: &StateDifference) -> Option<String> {
    let state = quoted(&difference.state);
    Some(match difference.leak.as_ref()? {
        LeakVerdict::Fitted(leak) => [found(&state, leak), rests_on(leak)].join(" "),
        LeakVerdict::Refused(no_leak) => refused(&state, no_leak),
    })
}

fn found(state: &str, leak: &EquivalentLeak) -> String {
    let (hole, slit) = (sized(leak.hole), sized(leak.slit));
    let better =
        if leak.slit.rms_residual_db < leak.hole.rms_residual_db { "slit" } else { "hole" };
    format!(
        "The change of {state} is that of a leak like a round hole {hole} wide, or a slit {slit} \
         high and {} wide, both {} long; the {better} comes nearer, to {} (root mean square). \
         Which shape the leak has, the curve does not say.",
        agreed(leak.slit_width_mm),
        agreed(leak.length_mm),
        prose_db(leak.rms_residual_db(), None),
    )
}

fn sized(size: FittedSize) -> String {
    let [from, mm, to] = [size.from_mm, size.mm, size.to_mm].map(|mm| significant(mm, 2));
    if size.from_mm > 0.0 {
        format!("{mm} mm ({from} to {to} mm)")
    } else {
        format!("{mm} mm (up to {to} mm, or nearly nothing)")
    }
}

fn rests_on(leak: &EquivalentLeak) -> String {
    match &leak.basis {
        LeakBasis::Calibrated { state, hole_mm } => {
            let times = leak.hole.mm / hole_mm;
            let far = if (0.5..=2.0).contains(&times) {
                ""
            } else {
                " The leak is not within a factor of two of that hole, which makes it less sure."
            };
            format!(
                "The intervals hold with 95 % what the seatings and the width of the drilled hole \
                 ({}, {} wide) leave open.{far}",
                quoted(state),
                agreed(*hole_mm)
            )
        }
        LeakBasis::FrontVolume { cm3 } => {
            let back = if leak.back == Back::Unknown { " and a closed back" } else { "" };
            format!(
                "That assumes {} cm³ of air before the diaphragm{back}; as the diaphragm gives way \
                 too, such sizes are a tenth to a quarter too small. The intervals hold with 95 % \
                 what the seatings leave open, not that. A further state with a drilled hole of \
                 known width would tell the size without it.",
                chosen(*cm3)
            )
        }
    }
}

fn refused(state: &str, no_leak: &NoLeak) -> String {
    match no_leak {
        NoLeak::TooFewSeatings { state: single } => format!(
            "No leak is fitted to {state}: there is only one seating of {}, and a leak is told \
             from the way a headphone sits by two of each state or more.",
            quoted(single)
        ),
        NoLeak::Band { from_hz, to_hz } => format!(
            "No leak is fitted to {state}: the curves cover {} to {}, and leaks are seen from 20 \
             Hz to 1 kHz.",
            hertz(*from_hz),
            hertz(*to_hz)
        ),
        NoLeak::OpenBack => format!(
            "No leak is fitted to {state}: with an open back a leak takes hardly any bass away, \
             and how much is not known without a further state with a drilled hole."
        ),
        NoLeak::Rises { by_db, u_db } => format!(
            "The change of {state} is not told as a leak: its bass rises by {} (standard error \
             {}), and a leak takes bass away.",
            prose_db(*by_db, Some(*u_db)),
            prose_db(*u_db, None)
        ),
        NoLeak::Treble { octave_hz, by_db, bass_db } => format!(
            "The change of {state} is not told as a leak: from {} to {} it is {}, from 20 Hz to \
             40 Hz {}, and a leak leaves what lies above 1 kHz as it is. The pads or the position \
             have changed as well.",
            hertz(octave_hz.0),
            hertz(octave_hz.1),
            with_sign(*by_db),
            with_sign(*bass_db)
        ),
        NoLeak::Unseen { hides_mm, length_mm } => {
            let length = agreed(*length_mm);
            let largest = hides_mm.map_or_else(
                || "a hole of any size".to_owned(),
                |mm| format!("a hole up to {} wide and {length} long", millimetres(mm)),
            );
            format!(
                "No leak is seen in {state}: behind what its seatings spread {largest} could hide."
            )
        }
        NoLeak::CalibrationUnseen { state: drilled } => format!(
            "No leak is fitted to {state}: the drilled hole of {} does not change the bass by more \
             than the seatings spread. Either it was closed, or this headphone hardly loses bass \
             through any leak.",
            quoted(drilled)
        ),
        NoLeak::Shape { rms_residual_db, rms_db } => format!(
            "The change of {state} is not told as a leak: neither a hole nor a slit of any size \
             has such a change; the better one leaves {} of {} (root mean squares, 20 Hz to 1 kHz).",
            prose_db(*rms_residual_db, None),
            prose_db(*rms_db, None)
        ),
    }
}

fn with_sign(db: f64) -> String {
    format!("{}{}", if db < 0.0 { '−' } else { '+' }, prose_db(db, None))
}

/// A length that was found.
fn millimetres(mm: f64) -> String {
    format!("{} mm", significant(mm, 2))
}

/// A length that somebody chose.
fn agreed(mm: f64) -> String {
    format!("{} mm", chosen(mm))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen;

    fn said(verdict: LeakVerdict) -> String {
        let states =
            vec![specimen::state("none", 6, 0.0, 0.2), specimen::state("worn", 6, -5.0, 1.0)];
        let mut comparison = specimen::comparison(states);
        comparison.differences[0].leak = Some(verdict);
        leaks(&comparison).remove(0)
    }

    fn refusal(no_leak: NoLeak) -> String {
        said(LeakVerdict::Refused(no_leak))
    }

    fn assert_says(text: &str, parts: &[&str]) {
        for part in parts {
            assert!(text.contains(part), "'{part}' is not in '{text}'");
        }
    }

    #[test]
    fn a_leak_has_two_shapes_with_their_intervals_and_what_they_rest_on() {
        let leak = specimen::leak();
        assert_says(
            &said(LeakVerdict::Fitted(Box::new(leak.clone()))),
            &[
                "“worn” is that of a leak like a round hole 2.3 mm (1.9 to 2.8 mm) wide",
                "or a slit 0.36 mm (0.31 to 0.42 mm) high and 10 mm wide, both 10 mm long",
                "the slit comes nearer, to 0.62 dB (root mean square). Which shape",
                "35 cm³ of air before the diaphragm and a closed back;",
                "a tenth to a quarter too small",
            ],
        );
        let basis = LeakBasis::Calibrated { state: "drilled".to_owned(), hole_mm: 1.0 };
        let calibrated = EquivalentLeak { basis, back: Back::Closed, ..leak };
        let text = said(LeakVerdict::Fitted(Box::new(calibrated)));
        assert_says(&text, &["(“drilled”, 1 mm wide)", "not within a factor of two"]);
        assert!(!text.contains("assumes"), "{text}");
    }

    #[test]
    fn what_is_no_leak_says_why() {
        let state = || "none".to_owned();
        let single = refusal(NoLeak::TooFewSeatings { state: state() });
        assert_says(&single, &["only one seating of “none”"]);
        let band = refusal(NoLeak::Band { from_hz: 100.0, to_hz: 8e3 });
        assert_says(&band, &["cover 100 Hz to 8 kHz"]);
        assert_says(&refusal(NoLeak::OpenBack), &["open back"]);
        let rises = refusal(NoLeak::Rises { by_db: 1.23, u_db: 0.2 });
        assert_says(&rises, &["rises by 1.2 dB (standard error 0.20 dB)"]);
        let treble = NoLeak::Treble { octave_hz: (2e3, 4e3), by_db: -1.5, bass_db: -1.3 };
        assert_says(&refusal(treble), &["from 2 kHz to 4 kHz it is −1.5 dB", "40 Hz −1.3 dB"]);
        let unseen = |hides_mm| refusal(NoLeak::Unseen { hides_mm, length_mm: 10.0 });
        assert_says(&unseen(Some(0.62)), &["a hole up to 0.62 mm wide and 10 mm long could hide"]);
        assert_says(&unseen(None), &["a hole of any size could hide"]);
        let calibration = refusal(NoLeak::CalibrationUnseen { state: state() });
        assert_says(&calibration, &["the drilled hole of “none” does not change the bass"]);
        let shape = refusal(NoLeak::Shape { rms_residual_db: 0.4, rms_db: 0.9 });
        assert_says(&shape, &["leaves 0.40 dB of 0.90 dB"]);
    }
}
