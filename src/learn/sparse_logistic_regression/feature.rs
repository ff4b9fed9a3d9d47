//! How what is learned of a feature lies in memory.
//!
//! Of a large problem the solver waits for features, and so for cache lines: the fewer a feature takes, and the more labels it is there for,
//! the shorter.

use crate::learn::bfloat16::BFloat16;

/// One feature, for each of `L` labels.
pub(super) trait Feature<const L: usize>: Copy {
    /// A feature that is multiplied by a scale for each label, and weighs nothing yet.
    fn scaled(scales: [f64; L]) -> Self;

    /// The weights for rows as they are.
    fn weights(&self) -> &[f32; L];

    /// The same, to change them.
    fn weights_mut(&mut self) -> &mut [f32; L];

    /// The squares of what the feature is multiplied by: once for scaling the row, once for taking the scale into the weight.
    fn squared_scales(&self) -> [f32; L];
}

/// How a squared scale is kept.
pub(super) trait Scale: Copy + Into<f32> {
    fn of(squared: f32) -> Self;
}

impl Scale for f32 {
    fn of(squared: f32) -> Self {
        squared
    }
}

/// In half the room, with eight binary digits. Scales are fixed before learning begins, so that what is learned is the very optimum for scales
/// that are a five-hundredth larger or smaller at most.
impl Scale for BFloat16 {
    fn of(squared: f32) -> Self {
        BFloat16::nearest(squared)
    }
}

/// As it comes: four features of two labels are a cache line.
#[derive(Clone, Copy)]
pub(super) struct Packed<const L: usize, S = f32> {
    weights: [f32; L],
    squared_scales: [S; L],
}

impl<const L: usize, S: Scale> Feature<L> for Packed<L, S> {
    fn scaled(scales: [f64; L]) -> Self {
        Packed { weights: [0.0; L], squared_scales: scales.map(|scale| S::of((scale * scale) as f32)) }
    }

    #[inline]
    fn weights(&self) -> &[f32; L] {
        &self.weights
    }

    #[inline]
    fn weights_mut(&mut self) -> &mut [f32; L] {
        &mut self.weights
    }

    #[inline]
    fn squared_scales(&self) -> [f32; L] {
        self.squared_scales.map(Into::into)
    }
}

/// Begins where a cache line does, as an allocator alone would not see to: eight labels are just that line, and ten are with scales of 16 bits.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Aligned<const L: usize, S = f32>(Packed<L, S>);

impl<const L: usize, S: Scale> Feature<L> for Aligned<L, S> {
    fn scaled(scales: [f64; L]) -> Self {
        Aligned(Packed::scaled(scales))
    }

    #[inline]
    fn weights(&self) -> &[f32; L] {
        self.0.weights()
    }

    #[inline]
    fn weights_mut(&mut self) -> &mut [f32; L] {
        self.0.weights_mut()
    }

    #[inline]
    fn squared_scales(&self) -> [f32; L] {
        self.0.squared_scales()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_labels_and_ten_with_small_scales_are_one_cache_line_and_two_are_a_quarter() {
        assert_eq!((size_of::<Aligned<8>>(), align_of::<Aligned<8>>()), (64, 64));
        assert_eq!((size_of::<Aligned<10, BFloat16>>(), align_of::<Aligned<10, BFloat16>>()), (64, 64));
        assert_eq!(size_of::<Packed<2>>(), 16);
    }

    #[test]
    fn small_scales_are_the_nearest_and_one_and_nothing_stay_what_they_are() {
        let small = |scales: [f64; 2]| Packed::<2, BFloat16>::scaled(scales).squared_scales();
        assert_eq!(small([1.0, 0.0]), [1.0, 0.0]);
        for scale in [1e-4, 0.3, 0.77, 1.9, 9.5] {
            let ([rounded, _], [exact, _]) = (small([scale; 2]), Packed::<2>::scaled([scale; 2]).squared_scales());
            // Half of the last of eight binary digits.
            assert!((rounded / exact - 1.0).abs() <= 1.0 / 256.0, "{scale}: {rounded} for {exact}");
        }
    }
}
