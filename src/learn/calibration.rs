//! From scores to honest probabilities, learned on documents that were held out.

use ndarray::{ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use super::math::{ln_1p_exp, softmax};

/// A straight line from score to log-odds, which keeps evidence additive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What a score is multiplied by.
    pub slope: f32,
    /// What is added then.
    pub offset: f32,
}

impl Line {
    /// `slope * score + offset`
    pub fn apply(&self, score: f32) -> f32 {
        self.slope * score + self.offset
    }
}

/// Temperature scaling (Guo et al. 2017) for a single-label task: the slope by which to multiply all scores before the softmax so
/// that the mean negative log-probability of the `truth` is least. `scores` are documents by labels, from models that had not seen
/// the document.
///
/// The loss is convex in the slope, so its derivative changes sign once: bisection finds where.
pub fn temperature(scores: ArrayView2<f32>, truth: &[usize]) -> Line {
    let mut scaled = Vec::new();
    let mut probabilities = Vec::new();
    let mut derivative = |slope: f32| {
        let mut sum = 0.0;
        for (row, &label) in scores.rows().into_iter().zip(truth) {
            scaled.clear();
            scaled.extend(row.iter().map(|score| score * slope));
            softmax(&scaled, &mut probabilities);
            let expected: f64 = row.iter().zip(&probabilities).map(|(s, p)| f64::from(*s) * f64::from(*p)).sum();
            sum += expected - f64::from(row[label]);
        }
        sum
    };
    let (mut low, mut high) = (1.0 / 64.0, 64.0_f32);
    for _ in 0..40 {
        let middle = (low * high).sqrt();
        if derivative(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Line { slope: (low * high).sqrt(), offset: 0.0 }
}

/// Platt scaling (Platt 1999, with the targets and the Newton method of Lin, Lin and Weng 2007) for one label: the line whose logistic
/// function gives `truth` the least log-loss, with targets drawn in a little so that few documents can't claim certainty.
pub fn platt(scores: ArrayView1<f32>, truth: ArrayView1<bool>) -> Line {
    let positives = truth.iter().filter(|t| **t).count() as f64;
    let negatives = truth.len() as f64 - positives;
    let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let target = |has: bool| if has { high } else { low };
    let loss = |slope: f64, offset: f64| -> f64 {
        scores
            .iter()
            .zip(truth)
            .map(|(&s, &t)| ln_1p_exp(slope * f64::from(s) + offset) - target(t) * (slope * f64::from(s) + offset))
            .sum()
    };
    let (mut slope, mut offset) = (0.0, libm::log((positives + 1.0) / (negatives + 1.0)));
    let mut current = loss(slope, offset);
    for _ in 0..100 {
        let (mut g_slope, mut g_offset) = (0.0, 0.0);
        let (mut h_ss, mut h_so, mut h_oo) = (1e-12, 0.0, 1e-12);
        for (&s, &t) in scores.iter().zip(truth) {
            let s = f64::from(s);
            let p = 1.0 / (1.0 + libm::exp(-(slope * s + offset)));
            let (error, curvature) = (p - target(t), p * (1.0 - p));
            g_slope += error * s;
            g_offset += error;
            h_ss += curvature * s * s;
            h_so += curvature * s;
            h_oo += curvature;
        }
        if g_slope.abs() < 1e-7 && g_offset.abs() < 1e-7 {
            break;
        }
        let determinant = h_ss * h_oo - h_so * h_so;
        let d_slope = -(h_oo * g_slope - h_so * g_offset) / determinant;
        let d_offset = -(h_ss * g_offset - h_so * g_slope) / determinant;
        let descent = g_slope * d_slope + g_offset * d_offset;
        let mut step = 1.0;
        loop {
            let next = loss(slope + step * d_slope, offset + step * d_offset);
            if next < current + 1e-4 * step * descent {
                slope += step * d_slope;
                offset += step * d_offset;
                current = next;
                break;
            }
            step *= 0.5;
            if step < 1e-10 {
                return Line { slope: slope as f32, offset: offset as f32 };
            }
        }
    }
    Line { slope: slope as f32, offset: offset as f32 }
}

/// The threshold on a label's probabilities that gives the highest F1 on documents that were held out; half way between the two
/// probabilities that it parts.
pub fn threshold_for_f1(probabilities: ArrayView1<f32>, truth: ArrayView1<bool>) -> f32 {
    let mut ranked: Vec<(f32, bool)> = probabilities.iter().copied().zip(truth.iter().copied()).collect();
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    let positives = ranked.iter().filter(|(_, has)| *has).count();
    let (mut best_f1, mut best, mut hits) = (0.0, 0.5, 0);
    for (taken, pair) in ranked.iter().enumerate() {
        hits += usize::from(pair.1);
        let next = ranked.get(taken + 1).map_or(0.0, |next| next.0);
        if next == pair.0 {
            continue;
        }
        let f1 = 2.0 * hits as f64 / (taken + 1 + positives) as f64;
        if f1 > best_f1 {
            (best_f1, best) = (f1, 0.5 * (pair.0 + next));
        }
    }
    best
}
