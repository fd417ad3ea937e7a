//! How numbers are written: as many digits as the uncertainty leaves, and a true minus sign.

/// Stands where a figure could not be determined.
pub(super) const ABSENT: &str = "–";

/// More decimals of a level or a resistance than this say nothing to a reader.
const MOST_DECIMALS: usize = 3;

/// Decimals that so many significant digits of an uncertainty take.
///
/// An uncertainty of zero says nothing about digits: `otherwise` are taken.
pub(super) fn decimals_of(u: f64, significant: u8, otherwise: usize) -> usize {
    if !u.is_finite() || u <= 0.0 {
        return otherwise;
    }
    let leading = u.log10().floor();
    (f64::from(significant) - 1.0 - leading).clamp(0.0, MOST_DECIMALS as f64) as usize
}

/// A number with so many decimals; what rounds to zero has no sign.
pub(super) fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        return format!("−{text}");
    }
    text
}

/// A number with its sign, `+` or `−`; what rounds to zero has none.
pub(super) fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let plus = value > 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    if plus { format!("+{text}") } else { text }
}

/// A number with so many significant digits, at most [`MOST_DECIMALS`] decimals, and all digits
/// before the point.
pub(super) fn significant(value: f64, digits: u8) -> String {
    fixed(value, decimals_of(value.abs(), digits, 0))
}

/// A level in prose, without its sign: tenths of a decibel, hundredths where the uncertainty or
/// the smallness of the value asks for them.
pub(super) fn prose_db(value: f64, u: Option<f64>) -> String {
    let fine = u.map_or(value.abs() < 1.0, |u| u < 0.1);
    let decimals = if fine { 2 } else { 1 };
    let text = fixed(value.abs(), decimals);
    if text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        return format!("{text} dB");
    }
    format!("less than {} dB", if fine { "0.01" } else { "0.1" })
}

/// A frequency with its unit in two or three digits: `95 Hz`, `1 kHz`, `3.42 kHz`.
pub(super) fn hertz(frequency_hz: f64) -> String {
    /// From here on, three digits are shorter in kilohertz.
    const KILO: f64 = 999.5;
    if frequency_hz < KILO {
        return format!("{frequency_hz:.0} Hz");
    }
    let text = significant(frequency_hz / 1e3, 3);
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text.as_str()
    };
    format!("{text} kHz")
}

/// The nominal middle of an octave: `31.5 Hz`, `125 Hz`, `2 kHz`.
pub(super) fn octave_hz(centre_hz: f64) -> String {
    if centre_hz.fract() > 0.0 { format!("{centre_hz:.1} Hz") } else { hertz(centre_hz) }
}

/// An impedance with its unit: three digits, or `± U (k = 2)` if its standard uncertainty is known.
pub(super) fn ohms(value_ohm: f64, u_ohm: Option<f64>) -> String {
    let Some(u) = u_ohm.filter(|u| u.is_finite() && *u > 0.0) else {
        return format!("{} Ω", significant(value_ohm, 3));
    };
    let expanded = 2.0 * u;
    let decimals = decimals_of(expanded, 2, 0);
    format!("{} ± {} Ω (k = 2)", fixed(value_ohm, decimals), fixed(expanded, decimals))
}

/// A level in prose, without its sign: with `± U (k = 2)` if its standard uncertainty is known and
/// can be printed, else as [`prose_db`].
pub(super) fn level(value_db: f64, u_db: Option<f64>) -> String {
    /// Less is printed as nothing.
    const LEAST_DB: f64 = 5e-4;
    let expanded = u_db.map(|u| 2.0 * u).filter(|u| u.is_finite() && *u >= LEAST_DB);
    let Some(expanded) = expanded else { return prose_db(value_db, None) };
    let decimals = decimals_of(expanded, 2, 2);
    format!("{} ± {} dB (k = 2)", fixed(value_db.abs(), decimals), fixed(expanded, decimals))
}

/// A resistance that must not be exceeded, rounded down: two digits, and all digits before the
/// point.
pub(super) fn at_most(value: f64) -> String {
    /// Finest step that is printed.
    const FINEST: f64 = 1e-3;
    let decimals = decimals_of(value, 2, 0);
    let step = 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
    // Fifteen digits hold 7.6 as 7.6 · (1 ± 1e-15): without the nudge its floor would be 7.5.
    let down = (value * step * (1.0 + 1e-12)).floor() / step;
    if down < FINEST {
        return format!("less than {FINEST}");
    }
    fixed(down, decimals)
}

/// A resistance that somebody chose, as it was written: `120 Ω`, `0.1 Ω`.
pub(super) fn chosen(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(fixed(-0.004, 2), "0.00");
        assert_eq!(signed(0.004, 2), "0.00");
        assert_eq!(signed(-1.25, 1), "−1.2");
        assert_eq!(signed(1.26, 1), "+1.3");
    }

    #[test]
    fn a_level_shows_the_uncertainty_that_can_be_printed() {
        assert_eq!(level(-3.4567, Some(0.02)), "3.457 ± 0.040 dB (k = 2)");
        assert_eq!(level(3.4567, Some(0.12)), "3.46 ± 0.24 dB (k = 2)");
        assert_eq!(level(3.4567, Some(1e-4)), "3.5 dB");
        assert_eq!(level(0.4567, None), "0.46 dB");
    }

    #[test]
    fn digits_follow_the_uncertainty() {
        assert_eq!(ohms(304.256, Some(0.6)), "304.3 ± 1.2 Ω (k = 2)");
        assert_eq!(ohms(304.256, Some(6.0)), "304 ± 12 Ω (k = 2)");
        assert_eq!(ohms(32.04, Some(0.008)), "32.040 ± 0.016 Ω (k = 2)");
        assert_eq!(ohms(32.04, None), "32.0 Ω");
        assert_eq!(ohms(1204.2, Some(f64::NAN)), "1204 Ω");
    }

    #[test]
    fn levels_in_prose_are_short() {
        assert_eq!(prose_db(-1.238, Some(0.05)), "1.24 dB");
        assert_eq!(prose_db(-5.84, Some(0.4)), "5.8 dB");
        assert_eq!(prose_db(5.84, None), "5.8 dB");
        assert_eq!(prose_db(0.384, None), "0.38 dB");
        assert_eq!(prose_db(0.001, None), "less than 0.01 dB");
    }

    #[test]
    fn frequencies_are_short() {
        assert_eq!(hertz(94.6), "95 Hz");
        assert_eq!(hertz(999.9), "1 kHz");
        assert_eq!(hertz(3421.0), "3.42 kHz");
        assert_eq!(hertz(19_911.0), "19.9 kHz");
    }

    #[test]
    fn a_limit_is_rounded_down() {
        assert_eq!(at_most(7.69), "7.6");
        assert_eq!(at_most(7.6), "7.6");
        assert_eq!(at_most(0.567), "0.56");
        assert_eq!(at_most(92.9), "92");
        assert_eq!(at_most(1234.5), "1234");
        assert_eq!(at_most(1e-5), "less than 0.001");
    }

    #[test]
    fn a_chosen_resistance_is_written_as_it_was() {
        assert_eq!(chosen(120.0), "120");
        assert_eq!(chosen(0.1), "0.1");
        assert_eq!(chosen(0.0), "0");
    }
}
