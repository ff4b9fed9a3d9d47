//! The bend that keeps a single-label task from claiming more the further its scores part.

use serde::{Deserialize, Serialize};

/// How scores level off on their way to probabilities: `g(z) = -ln(1 + k exp(-z)) / k`, with `k` above 0, and the probabilities of a
/// document are the softmax of its labels' `g(z)`.
///
/// One-against-the-rest scores say little once they are high: a margin far beyond 1 was never asked for, and some training labels are wrong.
/// A softmax of straight lines can't know that; it is too sure at the top and too doubtful in the middle. `g` is straight for low scores and
/// levels off at 0 for high ones. Other calibrations are its ends: with `k = 1`, `g` is the logarithm of the logistic function, and the softmax is
/// Platt scaling of each label, put to a sum of 1 (Zadrozny and Elkan 2002); for large `k`, with slopes grown to match, it is the softmax of
/// straight lines, vector scaling (Guo et al. 2017). As it is monotone, it never changes which of two scores of a label is the higher.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f32", into = "f32")]
pub struct Saturation(f32);

impl Saturation {
    /// The softmax of `g` is Platt scaling put to a sum of 1.
    pub const OF_PLATT: Saturation = Saturation(1.0);

    /// Takes `k`; none where it is no finite number above 0.
    pub fn new(k: f32) -> Option<Self> {
        (k.is_finite() && k > 0.0).then_some(Saturation(k))
    }

    /// `g(z)`; where that is too low for a number of 32 bits the lowest one, for no softmax can be taken of infinities.
    pub fn apply(self, z: f32) -> f32 {
        (saturate(f64::from(z), f64::from(self.0)) as f32).max(f32::MIN)
    }

    /// The mean slope of `g` between two points, `(g(to) - g(from)) / (to - from)`.
    ///
    /// This is what turns shares in `z` into shares in `g(z)`, from a document without a known term to the document at hand: the integrated
    /// gradients (Sundararajan et al. 2017; Aumann and Shapley's cost shares), which add up exactly.
    pub fn mean_slope(self, from: f32, to: f32) -> f64 {
        let (k, from, to) = (f64::from(self.0), f64::from(from), f64::from(to));
        if (to - from).abs() < 1e-6 {
            // g'(z), for the quotient would lose all its digits.
            return saturate_with_slope(from, k).1;
        }
        (saturate(to, k) - saturate(from, k)) / (to - from)
    }
}

impl TryFrom<f32> for Saturation {
    type Error = String;

    fn try_from(k: f32) -> Result<Self, String> {
        Saturation::new(k).ok_or_else(|| format!("saturation is {k}: it must be a number above 0"))
    }
}

impl From<Saturation> for f32 {
    fn from(saturation: Saturation) -> f32 {
        saturation.0
    }
}

/// `-ln(1 + k exp(-z)) / k`
fn saturate(z: f64, k: f64) -> f64 {
    saturate_with_slope(z, k).0
}

/// `g(z)` and its slope `exp(-z) / (1 + k exp(-z))`, without overflow.
pub(super) fn saturate_with_slope(z: f64, k: f64) -> (f64, f64) {
    if z > 0.0 {
        let e = libm::exp(-z);
        (-libm::log1p(k * e) / k, e / (1.0 + k * e))
    } else {
        let e = libm::exp(z);
        (-(libm::log(k + e) - z) / k, 1.0 / (e + k))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::math::{sigmoid, softmax};

    #[test]
    fn with_k_of_1_the_softmax_is_platt_scaling_put_to_a_sum_of_1() {
        let scores = [-2.0, 0.5, 3.0];
        let platt: Vec<f32> = scores.iter().map(|z| sigmoid(*z)).collect();
        let mut probabilities = Vec::new();
        softmax(&scores.map(|z| Saturation::OF_PLATT.apply(z)), &mut probabilities);
        for (p, expected) in probabilities.iter().zip(platt.iter().map(|p| p / platt.iter().sum::<f32>())) {
            assert!((p - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn it_rises_everywhere_levels_off_at_0_and_its_slope_is_its_derivative() {
        for k in [0.02, 1.0, 7.0] {
            let mut before = f64::NEG_INFINITY;
            for z in (-300..300).map(|n| f64::from(n) * 0.1) {
                let (value, slope) = saturate_with_slope(z, k);
                let derivative = (saturate(z + 1e-5, k) - saturate(z - 1e-5, k)) / 2e-5;
                assert!(value >= before && value <= 0.0 && value.is_finite(), "{k} {z}");
                assert!((slope - derivative).abs() <= 1e-4 * slope.max(1.0), "{k} {z} {slope} {derivative}");
                before = value;
            }
            assert!(saturate(60.0, k) > -1e-20);
        }
    }

    #[test]
    fn it_gives_a_number_for_every_score() {
        for k in [f32::MIN_POSITIVE, 1.0, f32::MAX] {
            let bend = Saturation::new(k).unwrap();
            assert!([f32::MIN, -1e3, 0.0, 1e3, f32::MAX].iter().all(|z| bend.apply(*z).is_finite()), "{k}");
        }
    }

    #[test]
    fn the_mean_slope_takes_one_value_exactly_to_the_other() {
        let bend = Saturation::new(0.3).unwrap();
        for (from, to) in [(-4.0, 2.0), (3.0, -1.0), (0.5, 0.5), (0.5, 0.500_000_06)] {
            let gap = f64::from(bend.apply(from)) + bend.mean_slope(from, to) * f64::from(to - from) - f64::from(bend.apply(to));
            assert!(gap.abs() < 1e-6, "{from} {to} {gap}");
        }
    }

    #[test]
    fn what_is_no_number_above_0_is_refused() {
        for text in ["0.0", "-1.0", "1e39"] {
            assert!(serde_json::from_str::<Saturation>(text).is_err(), "{text}");
        }
    }
}
