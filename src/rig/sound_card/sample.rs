//! Samples as a device takes and gives them, and as numbers of full scale.

use cpal::{I24, SizedSample};

use crate::model::SampleFormat;

/// A sample type that a device may use.
///
/// 1.0 of full scale is 2^(bits − 1) in an integer format, in both directions: what was played
/// and came back unchanged is the same number. The largest positive integer lies one step below.
pub(super) trait Wire: SizedSample + Send + 'static {
    /// No sound.
    const SILENCE: Self;
    /// How a recording names this format.
    const STORED: SampleFormat;

    /// The nearest sample to a value; what lies outside full scale becomes full scale.
    fn from_full_scale(value: f64) -> Self;

    /// The value of a sample, exactly.
    fn to_full_scale(self) -> f64;
}

impl Wire for f32 {
    const SILENCE: Self = 0.0;
    const STORED: SampleFormat = SampleFormat::Float;

    fn from_full_scale(value: f64) -> Self {
        value.clamp(-1.0, 1.0) as Self
    }

    fn to_full_scale(self) -> f64 {
        f64::from(self)
    }
}

impl Wire for f64 {
    const SILENCE: Self = 0.0;
    const STORED: SampleFormat = SampleFormat::Float;

    fn from_full_scale(value: f64) -> Self {
        value.clamp(-1.0, 1.0)
    }

    fn to_full_scale(self) -> f64 {
        self
    }
}

macro_rules! integers {
    ($($name:ty, $bits:literal;)*) => {$(
        impl Wire for $name {
            const SILENCE: Self = 0;
            const STORED: SampleFormat = SampleFormat::Integer($bits);

            fn from_full_scale(value: f64) -> Self {
                // A cast of a float saturates at both ends of the integer's range.
                (value * 2_f64.powi($bits - 1)).round() as Self
            }

            fn to_full_scale(self) -> f64 {
                f64::from(self) * 2_f64.powi(1 - $bits)
            }
        }
    )*};
}

integers! {
    i16, 16;
    i32, 32;
}

/// One unit of full scale in 24-bit steps.
const FULL_SCALE_24: f64 = 8_388_608.0;

impl Wire for I24 {
    const SILENCE: Self = cpal::Sample::EQUILIBRIUM;
    const STORED: SampleFormat = SampleFormat::Integer(24);

    fn from_full_scale(value: f64) -> Self {
        let steps = (value * FULL_SCALE_24).round().clamp(-FULL_SCALE_24, FULL_SCALE_24 - 1.0);
        Self::new_unchecked(steps as i32)
    }

    fn to_full_scale(self) -> f64 {
        // Only the lower three of its four bytes count: a driver may leave the uppermost zero
        // where the sign should be.
        f64::from((self.inner() << 8) >> 8) / FULL_SCALE_24
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::float_cmp, reason = "exact by construction")]
    fn assert_exact<T: Wire>(values: &[f64]) {
        for &value in values {
            assert_eq!(T::from_full_scale(value).to_full_scale(), value, "{:?}", T::STORED);
        }
    }

    #[test]
    fn whole_steps_survive_the_way_out_and_back() {
        let values = [0.0, 0.5, -0.5, 2_f64.powi(-15), -1.0, 1.0 - 2_f64.powi(-15)];
        assert_exact::<i16>(&values);
        assert_exact::<I24>(&values);
        assert_exact::<i32>(&values);
        assert_exact::<f32>(&values);
        assert_exact::<f64>(&values);
    }

    #[test]
    fn full_scale_and_beyond_do_not_wrap() {
        assert_eq!(i16::from_full_scale(1.0), i16::MAX);
        assert_eq!(i16::from_full_scale(-7.0), i16::MIN);
        assert_eq!(i32::from_full_scale(1.5), i32::MAX);
        assert_eq!(I24::from_full_scale(1.0).inner(), (1 << 23) - 1);
    }

    #[test]
    fn a_24_bit_sample_without_its_sign_byte_is_still_negative() {
        let sample = I24::new_unchecked(0x00ff_ffff);
        assert!((sample.to_full_scale() + 1.0 / FULL_SCALE_24).abs() < f64::EPSILON);
    }
}
