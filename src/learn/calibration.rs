//! From scores to honest probabilities, learned on documents that were held out.

use ndarray::{Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use super::{
    math::{ln_1p_exp, sigmoid, softmax},
    saturation::Saturation,
};

/// The most scores that lines are fitted on together; from more, evenly spaced documents are taken. There are two numbers a label to find.
pub(super) const MOST_SCORES: usize = 1 << 20;

/// The most documents that one label's line is fitted on one by one; more are pooled by their scores, in so many steps.
const MOST_POINTS: usize = 1 << 17;
const STEPS: usize = 1 << 12;

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
    /// Leaves scores as they are.
    pub const IDENTITY: Line = Line { slope: 1.0, offset: 0.0 };

    /// `slope * score + offset`
    pub fn apply(&self, score: f32) -> f32 {
        self.slope * score + self.offset
    }
}

/// From the raw scores of a document to its probabilities in one task: a line a label and, for single-label tasks, maybe a bend.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// One line a label.
    pub lines: Vec<Line>,
    /// How scores level off after their line.
    pub saturation: Option<Saturation>,
}

impl Calibration {
    /// Lines without a bend.
    pub fn straight(lines: Vec<Line>) -> Self {
        Calibration { lines, saturation: None }
    }

    /// The probabilities of documents from their raw scores, both documents by labels: the softmax of a document's calibrated scores or, in
    /// a multi-label task, the logistic function of each.
    pub fn probabilities(&self, is_multi_label: bool, raw: ArrayView2<f32>) -> Array2<f32> {
        let mut probabilities = Array2::zeros(raw.dim());
        let mut of_row = Vec::with_capacity(raw.ncols());
        for (row, mut target) in raw.rows().into_iter().zip(probabilities.rows_mut()) {
            let scores = self.scores(row);
            if is_multi_label {
                of_row.clear();
                of_row.extend(scores.into_iter().map(sigmoid));
            } else {
                softmax(&scores, &mut of_row);
            }
            target.assign(&ArrayView1::from(&of_row));
        }
        probabilities
    }

    fn scores(&self, raw: ArrayView1<f32>) -> Vec<f32> {
        let bend = |z: f32| self.saturation.map_or(z, |saturation| saturation.apply(z));
        raw.iter().zip(&self.lines).map(|(score, line)| bend(line.apply(*score))).collect()
    }
}

/// Temperature scaling (Guo et al. 2017) for a single-label task: the slope by which to multiply all scores before the softmax so
/// that the mean negative log-probability of the `truth` is least. `scores` are documents by labels, from models that had not seen
/// the document.
///
/// The loss is convex in the slope, so its derivative changes sign once: bisection finds where.
pub fn temperature(scores: ArrayView2<f32>, truth: &[usize]) -> Line {
    let every = scores.len().div_ceil(MOST_SCORES).max(1);
    let mut scaled = Vec::new();
    let mut probabilities = Vec::new();
    let mut derivative = |slope: f32| {
        let mut sum = 0.0;
        for (row, &label) in scores.rows().into_iter().zip(truth).step_by(every) {
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
        let next = if derivative(middle) < 0.0 { (middle, high) } else { (low, middle) };
        if next == (low, high) {
            break; // No number lies between the two.
        }
        (low, high) = next;
    }
    Line { slope: (low * high).sqrt(), offset: 0.0 }
}

/// Platt scaling (Platt 1999, with the targets and the Newton method of Lin, Lin and Weng 2007) for one label: the line whose logistic
/// function gives `truth` the least log-loss, with targets drawn in a little so that few documents can't claim certainty. Of very many
/// documents those with nearly the same score are taken together.
pub fn platt(scores: ArrayView1<f32>, truth: ArrayView1<bool>) -> Line {
    let positives = truth.iter().filter(|t| **t).count() as f64;
    let negatives = truth.len() as f64 - positives;
    let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let target = |has: bool| if has { high } else { low };
    let points = if truth.len() > MOST_POINTS { pooled(scores, truth) } else { single(scores, truth) };
    let loss = |slope: f64, offset: f64| -> f64 {
        points
            .iter()
            .map(|&Point { score, has, count }| count * (ln_1p_exp(slope * score + offset) - target(has) * (slope * score + offset)))
            .sum()
    };
    let (mut slope, mut offset) = (0.0, libm::log((positives + 1.0) / (negatives + 1.0)));
    let mut current = loss(slope, offset);
    for _ in 0..100 {
        let (mut g_slope, mut g_offset) = (0.0, 0.0);
        let (mut h_ss, mut h_so, mut h_oo) = (1e-12, 0.0, 1e-12);
        for &Point { score: s, has, count } in &points {
            let p = 1.0 / (1.0 + libm::exp(-(slope * s + offset)));
            let (error, curvature) = (count * (p - target(has)), count * p * (1.0 - p));
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

/// So many documents of one score, and whether they have the label.
struct Point {
    score: f64,
    has: bool,
    count: f64,
}

/// Each document by itself.
fn single(scores: ArrayView1<f32>, truth: ArrayView1<bool>) -> Vec<Point> {
    scores.iter().zip(truth).map(|(&score, &has)| Point { score: f64::from(score), has, count: 1.0 }).collect()
}

/// The scores cut into steps of the same width, for documents with the label and without it: a point for each step, at the mean of its
/// scores. The loss is nearly straight within a step, so that its mean is as good as each of its documents.
fn pooled(scores: ArrayView1<f32>, truth: ArrayView1<bool>) -> Vec<Point> {
    let (lowest, highest) = scores.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &s| (low.min(s), high.max(s)));
    let steps_a_unit = STEPS as f32 / (highest - lowest).max(f32::MIN_POSITIVE);
    let mut sums = vec![[(0.0, 0.0); 2]; STEPS];
    for (&score, &has) in scores.iter().zip(truth) {
        let step = (((score - lowest) * steps_a_unit) as usize).min(STEPS - 1);
        let (sum, count) = &mut sums[step][usize::from(has)];
        *sum += f64::from(score);
        *count += 1.0;
    }
    let points = sums.iter().flat_map(|[without, with]| [(without, false), (with, true)]);
    points.filter(|((_, count), _)| *count > 0.0).map(|(&(sum, count), has)| Point { score: sum / count, has, count }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use linfa::{Platt, composing::platt_scaling};
    use ndarray::Array1;

    /// Scores with a known relation to the truth, without a random number: a fixed sequence that fills the range evenly.
    fn even(n: usize) -> impl Iterator<Item = f32> {
        (0..n).map(|i| (i as f32 * 0.618_034).fract())
    }

    #[test]
    fn a_temperature_takes_back_what_scores_were_multiplied_by() {
        // Documents whose label follows the softmax of (s, 0): scaled up by 4, the scores are over-confident by 4.
        let honest: Vec<f32> = even(4000).map(|u| 6.0 * u - 3.0).collect();
        let truth: Vec<usize> =
            honest.iter().zip(even(4000).map(|u| (u * 97.0).fract())).map(|(s, u)| usize::from(u > sigmoid(*s))).collect();
        let scores = Array2::from_shape_fn((4000, 2), |(row, label)| if label == 0 { 4.0 * honest[row] } else { 0.0 });
        let line = temperature(scores.view(), &truth);
        assert!((line.slope - 0.25).abs() < 0.02, "{line:?}");
        assert_eq!(line.offset, 0.0);
    }

    #[test]
    fn platt_scaling_agrees_with_linfas() {
        let scores: Array1<f32> = even(300).map(|u| 4.0 * u - 2.0).collect();
        let truth: Array1<bool> =
            scores.iter().zip(even(300).map(|u| (u * 31.0).fract())).map(|(s, u)| u < sigmoid(1.5 * s - 1.0)).collect();
        let line = platt(scores.view(), truth.view());
        // linfa's function is 1 / (1 + exp(a * s + b)).
        let doubles = scores.mapv(f64::from);
        let params = Platt::<f64, ()>::params();
        let (a, b) = platt_scaling::platt_newton_method(doubles.view(), truth.view(), &linfa::ParamGuard::check(params).unwrap()).unwrap();
        assert!((f64::from(line.slope) + a).abs() < 1e-3 && (f64::from(line.offset) + b).abs() < 1e-3, "{line:?} {a} {b}");
    }

    #[test]
    fn many_documents_are_pooled_and_the_line_is_that_of_each_alone() {
        let documents = MOST_POINTS + 1;
        let scores: Array1<f32> = even(documents).map(|u| 8.0 * u - 6.0).collect();
        let truth: Array1<bool> =
            scores.iter().zip(even(documents).map(|u| (u * 31.0).fract())).map(|(s, u)| u < sigmoid(1.5 * s - 1.0)).collect();
        let points = pooled(scores.view(), truth.view());
        assert!(points.len() <= 2 * STEPS && points.iter().map(|point| point.count).sum::<f64>() == documents as f64);
        let (of_each, of_pools) = (single(scores.view(), truth.view()), platt(scores.view(), truth.view()));
        // At the least loss of each document alone, no step along the line leads downhill.
        let (slope, offset) = (f64::from(of_pools.slope), f64::from(of_pools.offset));
        let (mut by_slope, mut by_offset) = (0.0, 0.0);
        for point in &of_each {
            let error = 1.0 / (1.0 + libm::exp(-(slope * point.score + offset))) - f64::from(u8::from(point.has));
            by_slope += error * point.score / documents as f64;
            by_offset += error / documents as f64;
        }
        assert!(by_slope.abs() < 1e-4 && by_offset.abs() < 1e-4, "{of_pools:?} {by_slope} {by_offset}");
    }

    #[test]
    fn platt_scaling_survives_scores_that_part_the_labels_wholly_and_labels_nobody_has() {
        let scores = Array1::from(vec![-2.0, -1.0, 1.0, 2.0]);
        let parted = platt(scores.view(), scores.mapv(|s| s > 0.0).view());
        assert!(parted.slope > 0.0 && sigmoid(parted.apply(2.0)) < 1.0);
        let nobody = platt(scores.view(), scores.mapv(|_| false).view());
        assert!(scores.iter().all(|s| sigmoid(nobody.apply(*s)) < 0.5));
    }
}
