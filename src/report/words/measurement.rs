//! What a single measurement found.

use super::{capitalised, listed};
use crate::model::{
    BalancedFigures, Conditions, CrosstalkFigures, Curve, Finding, ImpedanceFigures, Measurement,
    Outcome, OutputFigures, ResponseFigures, Severity,
};
use crate::quantity::Uncertain;
use crate::quantity::unit::Ohm;
use crate::report::digits::{fixed, hertz, ohms, prose_db, significant};

/// More maxima of an impedance than this are counted, not listed.
const MOST_RESONANCES: usize = 4;

/// What came out of a measurement, in one or two paragraphs; the reason if nothing did.
#[must_use]
pub fn measurement(measurement: &Measurement) -> Vec<String> {
    let paragraphs = match &measurement.outcome {
        Outcome::Response { figures, .. } => {
            vec![timing(figures, &measurement.conditions), bass(figures)]
        }
        Outcome::Impedance { impedance, figures, .. } => {
            let magnitude = impedance.magnitude();
            vec![extremes(figures, &magnitude), resonances(figures, &magnitude)]
        }
        Outcome::OutputImpedance { figures, .. } => vec![output(figures)],
        Outcome::Crosstalk { figures, .. } => vec![crosstalk(figures)],
        Outcome::Refused(_) => vec![refused(&measurement.findings)],
    };
    let joined = paragraphs.into_iter().map(|sentences| sentences.join(" "));
    joined.filter(|paragraph| !paragraph.is_empty()).collect()
}

/// One paragraph per finding, the gravest first, each with its take.
#[must_use]
pub fn findings(findings: &[Finding]) -> Vec<String> {
    let mut ordered: Vec<&Finding> = findings.iter().collect();
    ordered.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    ordered.into_iter().map(remark).collect()
}

fn remark(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Note => "Note",
        Severity::Warning => "Warning",
        Severity::Refusal => "Refused",
    };
    let take = finding.take.map_or_else(String::new, |take| format!(", take {take}"));
    format!("{severity}{take}: {}.", finding.message().trim_end_matches('.'))
}

fn output(figures: &OutputFigures) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(ohm) = figures.at_1khz_ohm {
        let u = figures.u_at_1khz_ohm.unwrap_or_default();
        sentences.push(format!("The output impedance is {} Ω at 1 kHz.", Uncertain::new(ohm, u)));
    }
    match figures.linear {
        Some(true) => sentences.push("All loads agree on one linear output.".to_owned()),
        Some(false) => sentences.push("The loads do not agree on one linear output.".to_owned()),
        None => {}
    }
    sentences.extend(figures.balanced.as_ref().map(swing));
    sentences
}

/// Whether a balanced output doubles what one leg gives.
fn swing(figures: &BalancedFigures) -> String {
    /// Half a decibel is more than unequal legs make.
    const DB: f64 = 0.5;
    const DOUBLED_DB: f64 = 6.02;
    let swing = figures.swing_db;
    let what = if (swing - DOUBLED_DB).abs() < DB {
        "it doubles the voltage, as two driven legs do"
    } else if swing.abs() < DB {
        "one leg is ground, so that it gives no more than a single-ended output"
    } else {
        "the legs are not driven alike"
    };
    format!("Between its legs there are {} over one leg: {what}.", prose_db(swing, None))
}

fn crosstalk(figures: &CrosstalkFigures) -> Vec<String> {
    let mut sentences = Vec::new();
    for take in &figures.takes {
        let Some(at) = take.at_1khz else { continue };
        let more = if at.or_more { "more than " } else { "" };
        let db = fixed(at.separation_db, 1);
        sentences
            .push(format!("With {} the channels are {more}{db} dB apart at 1 kHz.", take.name));
    }
    if let Some((ohm, u)) = figures.return_ohm.zip(figures.u_return_ohm) {
        sentences.push(format!("They share a return of {} Ω.", Uncertain::new(ohm, u)));
    }
    for of in &figures.predicted {
        let Some(at) = of.at_1khz else { continue };
        let db = fixed(at.separation_db, 1);
        sentences.push(format!("Across the drivers of {} that leaves {db} dB.", of.name));
    }
    sentences
}

fn refused(findings: &[Finding]) -> Vec<String> {
    let reasons = findings.iter().filter(|finding| finding.is_refusal()).map(remark);
    std::iter::once("There is no result: the takes were refused.".to_owned())
        .chain(reasons)
        .collect()
}

fn timing(figures: &ResponseFigures, conditions: &Conditions) -> Vec<String> {
    let delay = figures.delay_samples.map(|samples| {
        let verb = if samples < 0.0 { "leads" } else { "follows" };
        let time = conditions.takes.first().filter(|take| take.rate_hz > 0).map_or_else(
            String::new,
            |take| {
                let milliseconds = samples.abs() / f64::from(take.rate_hz) * 1e3;
                format!(" ({} ms)", significant(milliseconds, 3))
            },
        );
        format!("The response {verb} the stimulus by {} samples{time}.", fixed(samples.abs(), 1))
    });
    let noise = figures.peak_to_noise_db.map(|db| {
        format!("The peak of its impulse response stands {} dB above the noise.", fixed(db, 0))
    });
    let inverted = figures.inverted.then(|| "Its polarity is inverted.".to_owned());
    [delay, noise, inverted].into_iter().flatten().collect()
}

fn bass(figures: &ResponseFigures) -> Vec<String> {
    let shelf = figures.bass_shelf_db.map(|db| {
        let direction = if db < 0.0 { "below" } else { "above" };
        format!(
            "The bass, 20–100 Hz, lies {} {direction} the mean level of 300 Hz–1 kHz.",
            prose_db(db, None)
        )
    });
    let corner =
        figures.corner_minus_3_db_hz.map(|hz| format!("It has fallen by 3 dB at {}.", hertz(hz)));
    [shelf, corner].into_iter().flatten().collect()
}

fn extremes(figures: &ImpedanceFigures, magnitude: &Curve<Ohm>) -> Vec<String> {
    let with_u = |ohm: f64, hz: f64| ohms(ohm, magnitude.u_at(hz));
    let range = format!(
        "The impedance is lowest at {}, {}, and highest at {}, {}.",
        hertz(figures.minimum_hz),
        with_u(figures.minimum_ohm, figures.minimum_hz),
        hertz(figures.maximum_hz),
        with_u(figures.maximum_ohm, figures.maximum_hz),
    );
    let at_1khz = figures.at_1khz_ohm.map(|ohm| format!("At 1 kHz it is {}.", with_u(ohm, 1e3)));
    let nominal = figures.nominal_ohm.map(|ohm| {
        format!(
            "The largest standard value that it nowhere falls more than 20 % below, and so its \
             nominal impedance, is {}.",
            ohms(ohm, None)
        )
    });
    let unsure = magnitude.u().is_none().then(|| "Its uncertainty is not known.".to_owned());
    [Some(range), at_1khz, nominal, unsure].into_iter().flatten().collect()
}

fn resonances(figures: &ImpedanceFigures, magnitude: &Curve<Ohm>) -> Vec<String> {
    let all = &figures.resonances;
    let listed_ones: Vec<String> = (all.iter().take(MOST_RESONANCES))
        .map(|peak| {
            let ohm = ohms(peak.peak_ohm, magnitude.u_at(peak.frequency_hz));
            format!("{} ({ohm})", hertz(peak.frequency_hz))
        })
        .collect();
    let subject = match all.len() {
        0 => return Vec::new(),
        1 => "a maximum",
        _ => "maxima",
    };
    let more = all.len().saturating_sub(MOST_RESONANCES);
    let rest = if more > 0 { format!("; {more} more follow above") } else { String::new() };
    vec![capitalised(&format!("it has {subject} at {}{rest}.", listed(&listed_ones)))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FindingKind;
    use crate::report::specimen::{
        impedance_measurement, refused_measurement, response_measurement,
    };

    #[test]
    fn an_impedance_is_told_with_twice_its_standard_uncertainty() {
        assert_eq!(
            measurement(&impedance_measurement(Some(0.6))),
            [
                "The impedance is lowest at 1.2 kHz, 302.4 ± 1.2 Ω (k = 2), and highest at 95 Hz, \
                 570.1 ± 1.2 Ω (k = 2). At 1 kHz it is 304.2 ± 1.2 Ω (k = 2). The largest standard \
                 value that it nowhere falls more than 20 % below, and so its nominal impedance, \
                 is 300 Ω.",
                "It has maxima at 95 Hz (570.1 ± 1.2 Ω (k = 2)) and 3.6 kHz (320.0 ± 1.2 Ω \
                 (k = 2)).",
            ]
        );
    }

    #[test]
    fn an_impedance_without_uncertainty_says_so() {
        let paragraphs = measurement(&impedance_measurement(None));
        assert!(paragraphs[0].contains("lowest at 1.2 kHz, 302 Ω,"), "{}", paragraphs[0]);
        assert!(paragraphs[0].ends_with("Its uncertainty is not known."), "{}", paragraphs[0]);
    }

    #[test]
    fn a_response_is_told_by_delay_noise_and_bass() {
        let figures = ResponseFigures {
            delay_samples: Some(480.2),
            inverted: true,
            peak_to_noise_db: Some(61.7),
            bass_shelf_db: Some(-1.2),
            corner_minus_3_db_hz: Some(31.6),
            ..ResponseFigures::default()
        };
        assert_eq!(
            measurement(&response_measurement(figures)),
            [
                "The response follows the stimulus by 480.2 samples (10.0 ms). The peak of its \
                 impulse response stands 62 dB above the noise. Its polarity is inverted.",
                "The bass, 20–100 Hz, lies 1.2 dB below the mean level of 300 Hz–1 kHz. It has \
                 fallen by 3 dB at 32 Hz.",
            ]
        );
    }

    #[test]
    fn absent_figures_have_no_sentence() {
        assert_eq!(measurement(&response_measurement(ResponseFigures::default())), [""; 0]);
    }

    #[test]
    fn a_refused_measurement_says_why() {
        let clipped =
            FindingKind::Clipped { channel: 1, samples: 12, first_at_s: 1.5, level_dbfs: 0.0 };
        let findings = vec![
            Finding::note(FindingKind::SingleSweep { predicted: false }),
            Finding::refusal(clipped).in_take(2),
        ];
        let paragraphs = measurement(&refused_measurement(findings.clone()));
        assert!(
            paragraphs[0].starts_with(
                "There is no result: the takes were refused. Refused, take 2: channel 1"
            )
        );
        assert!(!paragraphs[0].contains("only one sweep"));
        let all = super::findings(&findings);
        assert!(all[0].starts_with("Refused") && all[1].starts_with("Note: there is only one"));
    }
}
