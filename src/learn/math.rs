//! Exponentials and logarithms that give the same bits on every machine: those of the `libm` crate.

/// `1 / (1 + exp(-score))`
pub fn sigmoid(score: f32) -> f32 {
    (1.0 / (1.0 + libm::exp(-f64::from(score)))) as f32
}

/// Turns scores into probabilities that add up to 1: `exp(s_l) / sum_k exp(s_k)`.
pub fn softmax(scores: &[f32], probabilities: &mut Vec<f32>) {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = scores.iter().map(|&score| libm::exp(f64::from(score - highest))).collect();
    let sum: f64 = exponentials.iter().sum();
    probabilities.clear();
    probabilities.extend(exponentials.iter().map(|e| (e / sum) as f32));
}

/// `ln(1 + exp(x))` without overflow.
pub(crate) fn ln_1p_exp(x: f64) -> f64 {
    if x > 0.0 { x + libm::log1p(libm::exp(-x)) } else { libm::log1p(libm::exp(x)) }
}
