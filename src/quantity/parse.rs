//! Reading numbers with units the way people write them: `20Hz`, `4k7`, `1.5s`, `-12dBFS`, `1M`.

/// A text that is not the quantity that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a {quantity} (expected something like {example})")]
pub struct ParseQuantityError {
    text: String,
    quantity: &'static str,
    example: &'static str,
}

/// Reads a number with an optional SI prefix and an optional unit, in the base unit.
///
/// The prefix may stand for the decimal point, as on components: `4k7` is 4700, `0R1` is 0.1.
/// `units` are the spellings accepted behind the number (compared without regard to case).
///
/// # Errors
///
/// When the text holds no number, a number that is not finite, an unknown prefix or another unit.
pub fn parse_number(
    text: &str,
    quantity: &'static str,
    units: &[&str],
    example: &'static str,
) -> Result<f64, ParseQuantityError> {
    let refuse = || ParseQuantityError { text: text.to_owned(), quantity, example };
    let trimmed = text.trim().replace('\u{2212}', "-");
    let bare = strip_unit(&trimmed, units).trim_end();
    let value = plain(bare).or_else(|| prefixed(bare)).ok_or_else(refuse)?;
    if value.is_finite() { Ok(value) } else { Err(refuse()) }
}

fn strip_unit<'a>(text: &'a str, units: &[&str]) -> &'a str {
    for unit in units {
        let Some(at) = text.len().checked_sub(unit.len()) else { continue };
        if let (Some(head), Some(tail)) = (text.get(..at), text.get(at..))
            && tail.eq_ignore_ascii_case(unit)
        {
            return head;
        }
    }
    text
}

/// A number without any prefix. `inf`, `nan` and the like are not numbers here.
fn plain(text: &str) -> Option<f64> {
    let numeric = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if numeric { text.parse().ok() } else { None }
}

fn prefixed(text: &str) -> Option<f64> {
    let (at, letter) = text.char_indices().find(|(_, c)| c.is_alphabetic())?;
    let exponent = match letter {
        'p' => -12,
        'n' => -9,
        'u' | 'µ' | 'μ' => -6,
        'm' => -3,
        'R' | 'r' => 0,
        'k' | 'K' => 3,
        'M' => 6,
        'G' => 9,
        _ => return None,
    };
    let head = text[..at].trim_end();
    let tail = &text[at + letter.len_utf8()..];
    if tail.is_empty() {
        return Some(plain(head)? * 10_f64.powi(exponent));
    }
    let digits_only = tail.bytes().all(|b| b.is_ascii_digit());
    if head.contains('.') || !digits_only {
        return None;
    }
    Some(plain(&format!("{head}.{tail}"))? * 10_f64.powi(exponent))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ohm(text: &str) -> Option<f64> {
        parse_number(text, "resistance", &["ohm", "Ω"], "4k7").ok()
    }

    fn assert_reads(text: &str, expected: f64) {
        let value = ohm(text).unwrap_or_else(|| panic!("{text} was refused"));
        assert!((value - expected).abs() <= 1e-12 * expected.abs(), "{text}: {value}");
    }

    #[test]
    fn a_prefix_may_stand_for_the_decimal_point() {
        assert_reads("4k7", 4700.0);
        assert_reads("0R1", 0.1);
        assert_reads("1M", 1e6);
        assert_reads("2m2", 2.2e-3);
    }

    #[test]
    fn units_and_blanks_are_accepted_behind_the_number() {
        assert_reads("33ohm", 33.0);
        assert_reads("33 Ω", 33.0);
        assert_reads("4.7 kΩ", 4700.0);
        assert_reads("1e3", 1000.0);
        assert_reads("\u{2212}5", -5.0);
    }

    #[test]
    fn what_is_not_a_finite_number_is_refused() {
        for text in ["", "Hz", "nan", "inf", "1e999", "4k7k", "4.7k1", "12dB", "1,5", "--3", "0x10"]
        {
            assert_eq!(ohm(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_panic(text in ".{0,12}") {
            let _ = ohm(&text);
        }

        #[test]
        fn a_printed_number_is_read_back(value in -1e9_f64..1e9) {
            prop_assert_eq!(ohm(&format!("{value}")), Some(value));
        }
    }
}
