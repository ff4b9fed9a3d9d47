//! Calibrating the labels of a single-label task together: a line a label, fitted on the probability of the truth.

use ndarray::{ArrayView2, Axis};
use rayon::prelude::*;

use super::{
    calibration::{Line, MOST_SCORES, temperature},
    minimise::minimise,
    saturation::{Saturation, saturate_with_slope},
};

/// What draws each label's line to the one that all share, in nats a squared unit of log-slope and of offset. On held-out documents of three
/// sets the log-loss is the same to three digits from 0.3 to 10.
const PENALTY: f64 = 1.0;
/// The most steps downhill. By then the log-loss has its fourth digit.
const MOST_STEPS: usize = 30;
/// How many scores the shared line is found on, which is up to three numbers.
const MOST_SCORES_SHARED: usize = 1 << 16;
/// How many documents a thread takes at a time. Fixed, for sums must not depend on the number of threads.
const CHUNK: usize = 512;

/// Vector scaling (Guo et al. 2017): a slope and an offset a label whose softmax gives the `truth` the least log-loss, drawn towards
/// temperature scaling. `scores` are documents by labels, from models that had not seen the document.
pub fn vector_scaling(scores: ArrayView2<f32>, truth: &[usize]) -> Vec<Line> {
    let sample = Sample::take(scores, truth, MOST_SCORES);
    let few = Sample::take(scores, truth, MOST_SCORES_SHARED);
    let shared = temperature(few.scores.view(), &few.truth);
    let start = Shared { log_slope: libm::log(f64::from(shared.slope)), offset: 0.0, log_k: None };
    sample.fit_lines(start).0
}

/// Vector scaling with a [`Saturation`]: lines and bend are fitted together, each line drawn towards the one that all labels share, and the
/// bend towards Platt scaling.
pub fn saturating_scaling(scores: ArrayView2<f32>, truth: &[usize]) -> (Vec<Line>, Saturation) {
    let shared = Sample::take(scores, truth, MOST_SCORES_SHARED).fit_shared();
    let (lines, log_k) = Sample::take(scores, truth, MOST_SCORES).fit_lines(shared);
    (lines, Saturation::new(libm::exp(log_k.unwrap_or(0.0)) as f32).unwrap_or(Saturation::OF_PLATT))
}

/// One line for all labels. Without a bend, `log_k` is none.
struct Shared {
    log_slope: f64,
    offset: f64,
    log_k: Option<f64>,
}

/// Documents to fit on.
struct Sample {
    scores: ndarray::Array2<f32>,
    truth: Vec<usize>,
}

impl Sample {
    fn take(scores: ArrayView2<f32>, truth: &[usize], most_scores: usize) -> Self {
        let every = scores.len().div_ceil(most_scores).max(1);
        let taken: Vec<usize> = (0..truth.len()).step_by(every).collect();
        Sample { scores: scores.select(Axis(0), &taken), truth: taken.iter().map(|&document| truth[document]).collect() }
    }

    fn fit_shared(&self) -> Shared {
        let labels = self.scores.ncols();
        let squares: f64 = self.scores.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
        // Twice the scores brought to unit size is near what calibrated scores look like.
        let start = libm::log(2.0 / libm::sqrt(squares / self.scores.len().max(1) as f64).max(1e-6));
        let fitted = minimise(vec![start, 0.0, 0.0], MOST_STEPS, |v, gradient| {
            let sums = self.loss(&vec![libm::exp(v[0]); labels], &vec![v[1]; labels], Some(libm::exp(v[2])));
            gradient[0] = sums.by_log_slope.iter().sum();
            gradient[1] = sums.by_offset.iter().sum();
            gradient[2] = sums.by_log_k + 2.0 * PENALTY * v[2];
            sums.loss + PENALTY * v[2] * v[2]
        });
        Shared { log_slope: fitted[0], offset: fitted[1], log_k: Some(fitted[2]) }
    }

    /// The variables are each label's log-slope and its offset, as differences from the shared line, and then the bend.
    fn fit_lines(&self, shared: Shared) -> (Vec<Line>, Option<f64>) {
        let labels = self.scores.ncols();
        let start: Vec<f64> = std::iter::repeat_n(0.0, 2 * labels).chain(shared.log_k).collect();
        let slopes = |v: &[f64]| -> Vec<f64> { v[..labels].iter().map(|d| libm::exp(shared.log_slope + d)).collect() };
        let offsets = |v: &[f64]| -> Vec<f64> { v[labels..2 * labels].iter().map(|d| shared.offset + d).collect() };
        let fitted = minimise(start, MOST_STEPS, |v, gradient| {
            let sums = self.loss(&slopes(v), &offsets(v), v.get(2 * labels).map(|log_k| libm::exp(*log_k)));
            gradient[..labels].copy_from_slice(&sums.by_log_slope);
            gradient[labels..2 * labels].copy_from_slice(&sums.by_offset);
            if let Some(last) = gradient.get_mut(2 * labels) {
                *last = sums.by_log_k;
            }
            gradient.iter_mut().zip(v).for_each(|(g, v)| *g += 2.0 * PENALTY * v);
            sums.loss + PENALTY * v.iter().map(|v| v * v).sum::<f64>()
        });
        let lines = slopes(&fitted).into_iter().zip(offsets(&fitted));
        (lines.map(|(slope, offset)| Line { slope: slope as f32, offset: offset as f32 }).collect(), fitted.get(2 * labels).copied())
    }

    /// The log-loss, in nats over all documents, and its derivatives.
    ///
    /// With `z = slope * s + offset` and `p` the softmax of `g(z)`: `d loss / d z_l = (p_l - [l is the truth]) * g'(z_l)`.
    fn loss(&self, slopes: &[f64], offsets: &[f64], k: Option<f64>) -> Sums {
        let labels = slopes.len();
        let documents: Vec<usize> = (0..self.truth.len()).collect();
        let of_chunk = |documents: &[usize]| {
            let mut sums = Sums::new(labels);
            let mut bent = vec![(0.0, 0.0); labels];
            let mut probabilities = vec![0.0; labels];
            for &document in documents {
                let scores = self.scores.row(document);
                for (label, score) in scores.iter().enumerate() {
                    let z = slopes[label] * f64::from(*score) + offsets[label];
                    bent[label] = k.map_or((z, 1.0), |k| saturate_with_slope(z, k));
                }
                let highest = bent.iter().map(|(g, _)| *g).fold(f64::NEG_INFINITY, f64::max);
                for (p, (g, _)) in probabilities.iter_mut().zip(&bent) {
                    *p = libm::exp(g - highest);
                }
                let sum: f64 = probabilities.iter().sum();
                let truth = self.truth[document];
                sums.loss += libm::log(sum) + highest - bent[truth].0;
                for (label, score) in scores.iter().enumerate() {
                    let error = probabilities[label] / sum - f64::from(u8::from(label == truth));
                    let (g, slope) = bent[label];
                    let by_z = error * slope;
                    sums.by_log_slope[label] += by_z * slopes[label] * f64::from(*score);
                    sums.by_offset[label] += by_z;
                    // d g / d ln k = -g - exp(-z) / (1 + k exp(-z))
                    sums.by_log_k += error * (-g - slope);
                }
            }
            sums
        };
        let chunks: Vec<Sums> = documents.par_chunks(CHUNK).map(of_chunk).collect();
        chunks.into_iter().fold(Sums::new(labels), Sums::add)
    }
}

/// A loss and its derivatives by each label's log-slope and offset, and by the logarithm of `k`.
struct Sums {
    loss: f64,
    by_log_slope: Vec<f64>,
    by_offset: Vec<f64>,
    by_log_k: f64,
}

impl Sums {
    fn new(labels: usize) -> Self {
        Sums { loss: 0.0, by_log_slope: vec![0.0; labels], by_offset: vec![0.0; labels], by_log_k: 0.0 }
    }

    fn add(mut self, other: Sums) -> Self {
        self.loss += other.loss;
        self.by_log_k += other.by_log_k;
        self.by_log_slope.iter_mut().zip(&other.by_log_slope).for_each(|(a, b)| *a += b);
        self.by_offset.iter_mut().zip(&other.by_offset).for_each(|(a, b)| *a += b);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::math::softmax;
    use ndarray::Array2;

    /// Documents of three labels whose truth follows the softmax of `honest(document, label)`, by a fixed sequence that fills the range evenly.
    fn documents(honest: impl Fn(&[f32]) -> Vec<f32>) -> (Array2<f32>, Vec<usize>) {
        let even = |n: usize, by: f32| (n as f32 * by).fract();
        let scores = Array2::from_shape_fn((6000, 3), |(n, label)| 3.0 * even(n, [0.618_034, 0.414_214, 0.732_051][label]) - 1.5);
        let truth = scores.rows().into_iter().enumerate().map(|(n, row)| {
            let mut probabilities = Vec::new();
            softmax(&honest(&row.to_vec()), &mut probabilities);
            let drawn = even(n, 0.645_751);
            usize::from(drawn > probabilities[0]) + usize::from(drawn > probabilities[0] + probabilities[1])
        });
        let truth = truth.collect();
        (scores, truth)
    }

    #[test]
    fn vector_scaling_finds_each_labels_own_line() {
        let (scores, truth) = documents(|s| vec![s[0], 2.0 * s[1], 3.0 * s[2] + 1.0]);
        let lines = vector_scaling(scores.view(), &truth);
        let found: Vec<f32> = lines.iter().map(|line| line.slope).chain([lines[2].offset - lines[0].offset]).collect();
        for (found, expected) in found.iter().zip([1.0, 2.0, 3.0, 1.0]) {
            assert!((found - expected).abs() < 0.2, "{lines:?}");
        }
    }

    #[test]
    fn a_bend_is_found_where_scores_level_off_and_the_loss_is_lower_for_it() {
        let bend = Saturation::new(0.5).unwrap();
        let (scores, truth) = documents(|s| s.iter().map(|s| bend.apply(4.0 * s + 1.0)).collect());
        let (lines, saturation) = saturating_scaling(scores.view(), &truth);
        let log_loss = |calibrated: &dyn Fn(usize, f32) -> f32| -> f64 {
            let of_row = |(row, &truth): (ndarray::ArrayView1<f32>, &usize)| {
                let mut probabilities = Vec::new();
                softmax(&row.iter().enumerate().map(|(label, s)| calibrated(label, *s)).collect::<Vec<_>>(), &mut probabilities);
                -libm::log(f64::from(probabilities[truth]))
            };
            scores.rows().into_iter().zip(&truth).map(of_row).sum::<f64>() / truth.len() as f64
        };
        let straight = vector_scaling(scores.view(), &truth);
        let honest = log_loss(&|_, s| bend.apply(4.0 * s + 1.0));
        let found = log_loss(&|label, s| saturation.apply(lines[label].apply(s)));
        let without = log_loss(&|label, s| straight[label].apply(s));
        assert!(found < honest + 0.001 && found < without - 0.01, "{found} {honest} {without} {saturation:?}");
    }

    #[test]
    fn the_derivatives_are_those_of_the_loss() {
        let (scores, truth) = documents(|s| s.to_vec());
        let sample = Sample::take(scores.view(), &truth, 600);
        let loss = |v: &[f64]| sample.loss(&[libm::exp(v[0]), 1.0, 2.0], &[v[1], 0.2, 0.0], Some(libm::exp(v[2])));
        let at = [0.3, -0.2, 0.4];
        let sums = loss(&at);
        for (n, analytic) in [sums.by_log_slope[0], sums.by_offset[0], sums.by_log_k].into_iter().enumerate() {
            let (mut above, mut below) = (at, at);
            above[n] += 1e-5;
            below[n] -= 1e-5;
            let numeric = (loss(&above).loss - loss(&below).loss) / 2e-5;
            assert!((numeric - analytic).abs() < 1e-4 * numeric.abs().max(1.0), "{n}: {numeric} {analytic}");
        }
    }
}
