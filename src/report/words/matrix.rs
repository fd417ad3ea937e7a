//! What every one of several sources does to every one of several headphones.

use super::{capitalised, counted, listed, quoted};
use crate::model::{DeviationClass, MatrixCell, Pair, SourceMatrix, Span};
use crate::report::digits::{decimals_of, fixed, hertz, significant};

/// Names more than these are counted.
const MOST_NAMES: usize = 5;
/// Coverage factor: about 95 %.
const K: f64 = 2.0;

/// Paragraphs on how many pairs can be heard and which is worst, on what the rule of an eighth
/// was worth, and on what is not known.
#[must_use]
pub fn matrix(matrix: &SourceMatrix) -> Vec<String> {
    let paragraphs = [audible(matrix), eighth_rule(matrix), narrow(matrix), unknown(matrix)];
    paragraphs.into_iter().flatten().collect()
}

fn audible(matrix: &SourceMatrix) -> Option<String> {
    let worst = matrix.worst()?;
    let all = matrix.pairs().count();
    let from = |class| matrix.pairs().filter(|pair| pair.effect.class() >= class).count();
    let [inaudible, _, audible, _] = DeviationClass::EDGES_DB;
    Some(format!(
        "Of {} the response deviates by less than {inaudible} dB in {}, which nobody hears, and by \
         {audible} dB or more in {}. Most deviates {}: {}, furthest from its level at 1 kHz at {}.",
        counted(all, "pair", "pairs"),
        all - from(DeviationClass::Slight),
        from(DeviationClass::Audible),
        named(worst),
        deviation(worst),
        hertz(worst.effect.worst_hz)
    ))
}

fn named(pair: Pair<'_>) -> String {
    let source = if pair.source.is_measured {
        format!("{} ({} Ω)", quoted(&pair.source.name), significant(pair.source.ohm, 2))
    } else {
        pair.source.name.clone()
    };
    format!("{} on {source}", quoted(&pair.row.headphone))
}

/// From peak to peak, with its expanded uncertainty where one is known.
fn deviation(pair: Pair<'_>) -> String {
    const DECIMALS: usize = 2;
    let figure = pair.effect.peak_to_peak;
    let Some(expanded) = figure.u_db.map(|u| K * u).filter(|u| *u > 0.0) else {
        return format!("{} dB from peak to peak", fixed(figure.db, DECIMALS));
    };
    let decimals = decimals_of(expanded, 2, DECIMALS);
    let (value, expanded) = (fixed(figure.db, decimals), fixed(expanded, decimals));
    format!("{value} ± {expanded} dB (k = 2) from peak to peak")
}

/// How far the rule can be relied upon with these headphones and sources.
fn eighth_rule(matrix: &SourceMatrix) -> Option<String> {
    let [_, hardly, ..] = DeviationClass::EDGES_DB;
    let of = |keeps: bool| matrix.pairs().filter(move |p| p.effect.keeps_eighth_rule == keeps);
    let broken = of(false).count();
    if broken == 0 {
        return None;
    }
    let anyway = of(false).filter(|pair| pair.effect.peak_to_peak.db < hardly).count();
    let stay = match (anyway, broken) {
        (0, 1) => "which is not".to_owned(),
        (0, _) => "none of which is".to_owned(),
        (1, 1) => "and is all the same".to_owned(),
        (1, _) => "one of which is all the same".to_owned(),
        (some, _) => format!("{some} of which are all the same"),
    };
    let kept = Pair::worst_of(of(true)).map_or(String::new(), |pair| {
        let most = fixed(pair.effect.peak_to_peak.db, 2);
        format!(" Where it is kept, the response deviates by {most} dB at most.")
    });
    let pairs = capitalised(&counted(broken, "pair breaks", "pairs break"));
    Some(format!(
        "{pairs} the rule of an eighth (the source has more than an eighth of the headphone's \
         smallest impedance), {stay} below {hardly} dB.{kept}"
    ))
}

/// Which headphones and outputs were measured over a part of the audible range only.
fn narrow(matrix: &SourceMatrix) -> Option<String> {
    /// Ends nearer than a sixth of an octave make no difference that matters.
    const NEAR: f64 = 1.12;
    let is_narrow = |band: Span| band.from_hz > 20.0 * NEAR || band.to_hz < 20e3 / NEAR;
    let pairs = || matrix.pairs().filter(|pair| is_narrow(pair.effect.band));
    let widest = |band: Span, pair: Pair<'_>| Span {
        from_hz: band.from_hz.max(pair.effect.band.from_hz),
        to_hz: band.to_hz.min(pair.effect.band.to_hz),
    };
    let count = pairs().count();
    let narrowest = pairs().fold(Span { from_hz: 0.0, to_hz: f64::INFINITY }, widest);
    (count > 0).then(|| {
        format!(
            "In {} the curves do not cover 20 Hz to 20 kHz (the least that is covered is {} to \
             {}): outside, the deviation may be larger.",
            counted(count, "pair", "pairs"),
            hertz(narrowest.from_hz),
            hertz(narrowest.to_hz)
        )
    })
}

/// What has no row, no column or no cell, and why.
fn unknown(matrix: &SourceMatrix) -> Option<String> {
    let out = matrix.left_out.iter().map(|out| format!("{}: {}", quoted(&out.name), out.reason));
    let cells = matrix.rows.iter().flat_map(|row| {
        let cells = matrix.sources.iter().zip(&row.cells);
        cells.filter_map(|(source, cell)| match cell {
            MatrixCell::Known(_) => None,
            MatrixCell::Unknown(reason) => {
                let (row, source) = (quoted(&row.headphone), quoted(&source.name));
                Some(format!("{row} on {source}: {reason}"))
            }
        })
    });
    let mut reasons: Vec<String> = out.chain(cells).collect();
    let count = reasons.len();
    if count > MOST_NAMES {
        reasons.truncate(MOST_NAMES);
        reasons.push(format!("{} more", count - MOST_NAMES));
    }
    (count > 0).then(|| format!("Not known is {}.", listed(&reasons)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::matrix::specimen;

    #[test]
    fn the_worst_pair_and_the_worth_of_the_rule_are_told() {
        let paragraphs = matrix(&specimen::matrix());
        assert_eq!(
            paragraphs,
            [
                "Of six pairs the response deviates by less than 0.1 dB in 4, which nobody hears, \
                 and by 1 dB or more in 2. Most deviates “closed” on 120 Ω: 4.534 ± 0.018 dB \
                 (k = 2) from peak to peak, furthest from its level at 1 kHz at 85 Hz.",
                "Four pairs break the rule of an eighth (the source has more than an eighth of the \
                 headphone's smallest impedance), 2 of which are all the same below 0.5 dB. Where \
                 it is kept, the response deviates by 0.00 dB at most.",
                "Not known is “half”: 1000 Hz lies outside the data (20 Hz to 500 Hz).",
            ]
        );
    }

    #[test]
    fn a_deviation_has_its_uncertainty_where_it_is_known() {
        let mut found = specimen::matrix();
        found.sources.truncate(2);
        for row in &mut found.rows {
            row.cells.truncate(2);
        }
        let told = matrix(&found).join(" ");
        assert!(told.contains("“closed” on “amp” (10 Ω): 1.137 ± 0.047 dB (k = 2)"), "{told}");
    }

    #[test]
    fn a_band_that_is_narrower_than_hearing_is_told() {
        let mut found = specimen::matrix();
        if let MatrixCell::Known(effect) = &mut found.rows[0].cells[0] {
            effect.band = Span { from_hz: 100.0, to_hz: 10e3 };
        }
        let told = matrix(&found).join(" ");
        assert!(told.contains("In one pair the curves do not cover"), "{told}");
        assert!(told.contains("100 Hz to 10 kHz"), "{told}");
    }
}
