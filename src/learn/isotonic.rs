//! Isotonic calibration: the rising function of a score that fits what happened best.

use ndarray::{ArrayView1, ArrayView2};

/// A label's probability as a rising function of its score (Zadrozny and Elkan 2002), by pooling adjacent violators (Ayer et al. 1955).
///
/// It is measured beside the calibrations that models are served with and not served itself: it has many free values where labels are rare, and
/// on the sets that it was measured on it never had the lowest log-loss on held-out documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Isotonic {
    /// Mean score and probability of each pool, by rising score; between them the function is straight, beyond them it is level.
    pools: Vec<(f64, f64)>,
}

impl Isotonic {
    /// Learns from the scores of documents that were held out, and whether they have the label. A pool of `n` documents, `k` of which have
    /// it, stands for `(k + 1/2) / (n + 1)`, so that few documents can't claim certainty.
    pub fn fit(scores: ArrayView1<f32>, truth: ArrayView1<bool>) -> Self {
        let mut ranked: Vec<(f32, bool)> = scores.iter().copied().zip(truth.iter().copied()).collect();
        ranked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut pools: Vec<Pool> = Vec::new();
        let mut last_score = None;
        for (score, has) in ranked {
            let mut pool = Pool { documents: 1.0, with: f64::from(u8::from(has)), sum: f64::from(score) };
            let is_tie = last_score.replace(score) == Some(score);
            // A tie with the score before belongs to its pool; and no pool may have a lower share than the one before it.
            while let Some(before) = pools.pop_if(|before| before.share() >= pool.share() || (is_tie && pool.documents == 1.0)) {
                pool = Pool { documents: before.documents + pool.documents, with: before.with + pool.with, sum: before.sum + pool.sum };
            }
            pools.push(pool);
        }
        let mut highest = 0.0_f64;
        let smooth = |pool: Pool| {
            // Drawing small pools in can undo the order by a hair.
            highest = highest.max((pool.with + 0.5) / (pool.documents + 1.0));
            (pool.sum / pool.documents, highest)
        };
        Isotonic { pools: pools.into_iter().map(smooth).collect() }
    }

    /// One function a label of a task; both arrays are documents by labels.
    pub fn fit_each(scores: ArrayView2<f32>, truth: ArrayView2<bool>) -> Vec<Self> {
        (0..scores.ncols()).map(|label| Isotonic::fit(scores.column(label), truth.column(label))).collect()
    }

    /// The probability at a score.
    pub fn apply(&self, score: f32) -> f32 {
        let score = f64::from(score);
        let above = self.pools.partition_point(|pool| pool.0 < score);
        let probability = match (above.checked_sub(1).and_then(|below| self.pools.get(below)), self.pools.get(above)) {
            (Some(below), Some(above)) => below.1 + (above.1 - below.1) * (score - below.0) / (above.0 - below.0),
            (Some(end), None) | (None, Some(end)) => end.1,
            (None, None) => 0.5,
        };
        probability as f32
    }
}

/// Neighbouring documents that get the same probability.
struct Pool {
    documents: f64,
    with: f64,
    sum: f64,
}

impl Pool {
    fn share(&self) -> f64 {
        self.with / self.documents
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    #[test]
    fn neighbours_out_of_order_are_pooled() {
        let fitted = Isotonic::fit(array![1.0, 2.0, 3.0, 4.0].view(), array![false, true, false, true].view());
        // Pools {1}, {2, 3}, {4}, with shares 0, 1/2, 1, drawn in.
        assert_eq!(fitted.pools, [(1.0, 0.25), (2.5, 0.5), (4.0, 0.75)]);
        assert_eq!((fitted.apply(-9.0), fitted.apply(1.75), fitted.apply(9.0)), (0.25, 0.375, 0.75));
    }

    proptest! {
        #[test]
        fn it_never_falls_and_never_claims_certainty(documents in prop::collection::vec((-3_i8..3, any::<bool>()), 0..60)) {
            let scores = documents.iter().map(|(s, _)| f32::from(*s)).collect::<ndarray::Array1<_>>();
            let fitted = Isotonic::fit(scores.view(), documents.iter().map(|(_, t)| *t).collect::<ndarray::Array1<_>>().view());
            let values: Vec<f32> = (-40..40).map(|n| fitted.apply(n as f32 * 0.1)).collect();
            prop_assert!(values.windows(2).all(|pair| pair[0] <= pair[1] + 1e-6));
            prop_assert!(values.iter().all(|p| *p > 0.0 && *p < 1.0));
        }
    }
}
