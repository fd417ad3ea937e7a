//! The nominal impedance of a headphone.

/// Values that makers print (IEC 60268-5's rule: the minimum is not below 80 % of the rated value).
const NOMINAL_OHM: [f64; 22] = [
    4.0, 8.0, 16.0, 24.0, 25.0, 32.0, 38.0, 50.0, 55.0, 60.0, 62.0, 64.0, 80.0, 100.0, 120.0,
    150.0, 200.0, 250.0, 300.0, 400.0, 470.0, 600.0,
];

/// The usual value in ohms of which the smallest magnitude (in ohms) is not below 80 %; none above
/// the highest of them.
#[must_use]
pub fn nominal_ohm(minimum_ohm: f64) -> Option<f64> {
    let fits = |nominal: &f64| minimum_ohm >= 0.8 * nominal;
    let highest = NOMINAL_OHM.last()?;
    // One step further would be twice the highest, as 300 Ω and 600 Ω are.
    if fits(&(2.0 * highest)) {
        return None;
    }
    NOMINAL_OHM.into_iter().rfind(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_may_lie_a_fifth_below_the_nominal_value() {
        assert_eq!(nominal_ohm(32.0 * 0.8), Some(32.0));
        assert_eq!(nominal_ohm(32.0 * 0.79), Some(25.0));
        assert_eq!((nominal_ohm(3.0), nominal_ohm(2000.0)), (None, None));
    }
}
