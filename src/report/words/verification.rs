//! Whether measured responses are the predicted ones.

use super::curves::ranges;
use super::listed;
use crate::model::{Source, SourceComparison, Verdict, Verification, VerifiedPart};
use crate::report::digits::{chosen, fixed, hertz, level};

/// One paragraph for each response that was held against its prediction.
#[must_use]
pub fn verifications(comparison: &SourceComparison) -> Vec<String> {
    comparison.verifications.iter().map(verification).collect()
}

fn verification(seen: &Verification) -> String {
    /// These differences are thousandths of a decibel.
    const FINE_DECIMALS: usize = 3;
    let grid = seen.residual.grid();
    let agreement = format!(
        "The response on {}, predicted from that on {}, is the measured one to {} dB (rms) from {} \
         to {}; the largest difference is {}, at {}.",
        named(&seen.source),
        named(&seen.from),
        fixed(seen.rms_db, FINE_DECIMALS),
        hertz(grid.first_hz()),
        hertz(grid.last_hz()),
        level(seen.worst_db, seen.u_worst_db()),
        hertz(seen.worst_hz),
    );
    let verdict = match &seen.verdict {
        Ok(verdict) => told(verdict),
        Err(unstated) => unknown(unstated),
    };
    format!("{agreement} {verdict}")
}

fn named(source: &Source) -> String {
    match source.output() {
        Some(output) => output.name.clone(),
        None => format!("{} Ω", chosen(source.ohm())),
    }
}

fn told(verdict: &Verdict) -> String {
    let percent = format!("{:.0} %", 100.0 * verdict.share_inside);
    if verdict.is_inside() {
        return format!(
            "The difference lies inside its uncertainty: within k = 2 at {percent} of the \
             frequencies."
        );
    }
    format!(
        "The difference lies outside its uncertainty {} (within k = 2 at {percent} of the \
         frequencies): the headphone was moved, a source is not what it is said to be, or the \
         impedance is that of another headphone.",
        ranges(&verdict.outside)
    )
}

fn unknown(unstated: &[VerifiedPart]) -> String {
    let parts: Vec<String> = unstated.iter().map(|part| words(*part).to_owned()).collect();
    let verb = if parts.len() == 1 { "states" } else { "state" };
    format!(
        "Whether that is inside its uncertainty cannot be told: {} {verb} none.",
        listed(&parts)
    )
}

const fn words(part: VerifiedPart) -> &'static str {
    match part {
        VerifiedPart::Impedance => "the impedance",
        VerifiedPart::Response => "the response that it starts from",
        VerifiedPart::Measured => "the measured response",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span;
    use crate::report::specimen;

    fn of(verdict: Result<Verdict, Vec<VerifiedPart>>) -> String {
        verification(&Verification { verdict, ..specimen::verification() })
    }

    #[test]
    fn an_agreement_is_told_with_its_size_and_its_verdict() {
        assert_eq!(
            of(Ok(Verdict { share_inside: 0.97, outside: Vec::new() })),
            "The response on 20 Ω, predicted from that on 0 Ω, is the measured one to 0.004 dB \
             (rms) from 20 Hz to 19.9 kHz; the largest difference is 0.01 dB, at 3.45 \
             kHz. The difference lies inside its uncertainty: within k = 2 at 97 % of the \
             frequencies."
        );
    }

    #[test]
    fn a_disagreement_says_where_and_what_may_be_wrong() {
        let outside = vec![Span { from_hz: 60.0, to_hz: 240.0 }];
        let told = of(Ok(Verdict { share_inside: 0.4, outside }));
        assert!(
            told.contains("outside its uncertainty from 60 Hz to 240 Hz (within k = 2 at 40 %")
        );
        assert!(told.contains("was moved"), "{told}");
    }

    #[test]
    fn without_uncertainties_there_is_no_verdict() {
        let told = of(Err(vec![VerifiedPart::Impedance]));
        assert!(told.ends_with("cannot be told: the impedance states none."), "{told}");
        let told = of(Err(vec![VerifiedPart::Impedance, VerifiedPart::Measured]));
        assert!(told.ends_with("the impedance and the measured response state none."), "{told}");
    }
}
