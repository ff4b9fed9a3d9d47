//! Numbers of 16 bits.

/// The upper half of a 32-bit floating-point number: its sign, its exponent, and 7 of the 23 bits of its fraction (bfloat16).
///
/// A weight learned from some hundred documents is not known to three digits. Rounded to this, a model's probabilities move in the third
/// or fourth digit, by as much up as down, and its weights take half the room: in memory, where classifying waits for them, and on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BFloat16(u16);

impl BFloat16 {
    /// The nearest one to a finite number; of two as near, the one that is even.
    pub fn nearest(number: f32) -> Self {
        let bits = number.to_bits();
        let round_up = 0x7fff + ((bits >> 16) & 1);
        BFloat16((bits.saturating_add(round_up) >> 16) as u16)
    }

    /// From its two bytes, the lower one first.
    pub fn from_le_bytes(bytes: [u8; 2]) -> Self {
        BFloat16(u16::from_le_bytes(bytes))
    }

    /// Its two bytes, the lower one first.
    pub fn to_le_bytes(self) -> [u8; 2] {
        self.0.to_le_bytes()
    }
}

impl From<BFloat16> for f32 {
    #[inline]
    fn from(number: BFloat16) -> f32 {
        f32::from_bits(u32::from(number.0) << 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halfway_between_two_the_even_one_is_nearest() {
        let nearest = |number: f32| f32::from(BFloat16::nearest(number));
        assert_eq!([nearest(1.0), nearest(-0.5), nearest(0.0)], [1.0, -0.5, 0.0]);
        // Around 1 they are 1/128 apart.
        assert_eq!(nearest(1.0 + 1.0 / 256.0), 1.0);
        assert_eq!(nearest(1.0 + 3.0 / 256.0), 1.0 + 2.0 / 128.0);
        assert_eq!(nearest(1.0 + 1.1 / 256.0), 1.0 + 1.0 / 128.0);
    }

    proptest! {
        #[test]
        fn rounding_moves_a_number_by_less_than_a_part_in_256_and_only_once(number in -1e12_f32..1e12) {
            let rounded = BFloat16::nearest(number);
            prop_assert!((f32::from(rounded) - number).abs() <= number.abs() / 256.0);
            prop_assert_eq!(BFloat16::nearest(rounded.into()), rounded);
            prop_assert_eq!(BFloat16::from_le_bytes(rounded.to_le_bytes()), rounded);
        }
    }
}
