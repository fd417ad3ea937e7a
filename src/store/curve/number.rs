//! Numbers the way other programs write them.

/// What stands between the whole part and the fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decimal {
    /// 1234.5, perhaps with thousands marks: 1,234.5.
    Point,
    /// 1234,5, perhaps with thousands marks: 1.234,5.
    Comma,
}

impl Decimal {
    const fn mark(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    const fn thousands(self) -> char {
        match self {
            Self::Point => ',',
            Self::Comma => '.',
        }
    }
}

/// A number, and how many of its marks could also be read otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Written {
    pub(super) value: f64,
    /// Points, commas and blanks that were taken as thousands marks.
    pub(super) doubtful: usize,
}

/// A cell that is longer is no number.
const LONGEST: usize = 64;

/// Reads a number; `None` if the cell is anything else, or not finite.
///
/// Accepted are signs (also U+2212), missing zeros around the mark (`.5`, `5.`), exponents, and
/// thousands marks in groups of three: point or comma, apostrophe, blank, no-break blank.
pub(super) fn parse(cell: &str, decimal: Decimal) -> Option<Written> {
    if cell.len() > LONGEST {
        return None;
    }
    let (negative, unsigned) = match cell.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, cell.strip_prefix('+').unwrap_or(cell)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once(decimal.mark()).unwrap_or((mantissa, ""));
    let (whole, doubtful) = without_thousands(whole, decimal)?;
    if !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let value: f64 = format!("{whole}.{fraction}e{exponent}").parse().ok()?;
    let value = if negative { -value } else { value };
    value.is_finite().then_some(Written { value, doubtful })
}

fn exponent_of(text: &str) -> Option<i32> {
    let digits = text.trim_start_matches(['+', '-']);
    if digits.is_empty() || digits.len() > 4 || text.len() > digits.len() + 1 {
        return None;
    }
    if is_digits(digits) { text.parse().ok() } else { None }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn without_thousands(whole: &str, decimal: Decimal) -> Option<(String, usize)> {
    let is_mark =
        |c: char| matches!(c, '\'' | '\u{2019}' | '\u{a0}' | ' ') || c == decimal.thousands();
    let mut groups = whole.split(is_mark);
    let first = groups.next()?;
    if !is_digits(first) {
        return None;
    }
    let mut digits = first.to_owned();
    for group in groups {
        let wrong = group.len() != 3 || !is_digits(group);
        if wrong || first.is_empty() || first.len() > 3 {
            return None;
        }
        digits.push_str(group);
    }
    let doubtful = whole.chars().filter(|&c| c == decimal.thousands() || c == ' ').count();
    Some((digits, doubtful))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(cell: &str) -> Option<f64> {
        parse(cell, Decimal::Point).map(|written| written.value)
    }

    fn comma(cell: &str) -> Option<f64> {
        parse(cell, Decimal::Comma).map(|written| written.value)
    }

    #[test]
    fn numbers_met_in_the_wild_are_read() {
        for (cell, value) in [
            ("-.8643", -0.8643),
            ("00017.43921", 17.43921),
            ("+20.", 20.0),
            ("2.0000E+01", 20.0),
            ("1,234.5", 1234.5),
            ("1\u{a0}234.5", 1234.5),
            ("1'234", 1234.0),
            ("\u{2212}3", -3.0),
        ] {
            assert_eq!(point(cell), Some(value), "{cell}");
        }
        assert_eq!(comma("-14,5"), Some(-14.5));
        assert_eq!(comma("1.234,5"), Some(1234.5));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for cell in [
            "", "-", ".", "nan", "inf", "1e", "1e999", "1,23", "12\"", "20Hz", "1e+-2", "--1",
            "0x1",
        ] {
            assert_eq!(point(cell), None, "{cell}");
        }
        assert_eq!(comma("1.23"), None);
    }

    #[test]
    fn a_mark_that_could_be_the_decimal_one_is_doubtful() {
        assert_eq!(parse("80,973", Decimal::Point).unwrap().doubtful, 1);
        assert_eq!(parse("80,973", Decimal::Comma).unwrap().doubtful, 0);
        assert_eq!(parse("1\u{a0}000", Decimal::Point).unwrap().doubtful, 0);
    }

    proptest! {
        #[test]
        fn a_printed_number_is_read_back(value in -1e9_f64..1e9) {
            let printed = format!("{value}");
            prop_assert_eq!(point(&printed), Some(value));
            prop_assert_eq!(comma(&printed.replace('.', ",")), Some(value));
        }

        #[test]
        fn any_cell_is_read_or_refused_without_panic(cell in ".{0,20}") {
            let _ = (point(&cell), comma(&cell));
        }
    }
}
