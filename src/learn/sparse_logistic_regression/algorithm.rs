use std::sync::{Mutex, PoisonError};

use linfa::{
    DatasetBase,
    dataset::{AsMultiTargets, Records},
    traits::{Fit, PredictInplace},
};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    ClassWeight, SparseLogisticRegressionError as Error, SparseLogisticRegressionParams, SparseLogisticRegressionValidParams,
    feature::{Aligned, Feature, Packed},
    naive_bayes::log_ratios,
    solver::Problem,
};
use crate::{
    features::SparseRows,
    learn::{bfloat16::BFloat16, linear_scores::linear_scores},
};

/// Up to so many features, 64 MB for eight labels, a cache is some help. Beyond them rounding scales pays, for ten labels then cost no more
/// than eight.
const MOST_CACHED_FEATURES: usize = 1 << 20;

/// One linear score a label: `score_l = intercept_l + sum_f x_f * w_fl`, learned for each label against all the others.
///
/// Each label minimises `(|w|^2 + b^2) / 2 + C * sum_i v_i * loss_i`, with `v_i` the weight of the row, times the class weight. With
/// a naive Bayes power above 0, `w_f^2` counts `w_f^2 / r_f^2`, with `r_f` the feature's log-ratio to that power, which is the same as
/// learning from features multiplied by `r_f`: those that tell nothing about the label keep the weight 0. A fit gives the same bits for the same input and seed, on any number of threads.
///
/// ```
/// use linfa::{DatasetBase, prelude::*};
/// use ndarray::array;
/// use slugline::{features::SparseRows, learn::sparse_logistic_regression::SparseLogisticRegression};
///
/// let mut rows = SparseRows::new(2);
/// rows.push(&[(0, 1.0)]);
/// rows.push(&[(1, 1.0)]);
/// let labels = array![[true], [false]];
/// let model = SparseLogisticRegression::params().c(10.0).fit(&DatasetBase::new(rows.clone(), labels))?;
/// let mut scores = model.default_target(&rows);
/// model.predict_inplace(&rows, &mut scores);
/// assert!(scores[[0, 0]] > 0.0 && scores[[1, 0]] < 0.0);
/// # Ok::<(), slugline::learn::sparse_logistic_regression::SparseLogisticRegressionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SparseLogisticRegression {
    /// Weights, features by labels: one feature's weights for all labels lie side by side.
    weights: Array2<f32>,
    intercepts: Array1<f32>,
}

impl SparseLogisticRegression {
    /// Settings to begin with.
    pub fn params() -> SparseLogisticRegressionParams {
        SparseLogisticRegressionParams::default()
    }

    /// A model with these weights (features by labels) and intercepts (one a label).
    pub fn new(weights: Array2<f32>, intercepts: Array1<f32>) -> Self {
        assert_eq!(weights.ncols(), intercepts.len(), "one intercept a label");
        SparseLogisticRegression { weights: weights.as_standard_layout().into_owned(), intercepts }
    }

    /// Weights, features by labels.
    pub fn weights(&self) -> &Array2<f32> {
        &self.weights
    }

    /// Intercepts, one a label.
    pub fn intercepts(&self) -> &Array1<f32> {
        &self.intercepts
    }

    /// The scores of one row, one a label.
    pub fn scores(&self, row: &[(u32, f32)], scores: &mut Vec<f32>) {
        let (weights, intercepts) = (self.weights.as_slice(), self.intercepts.as_slice());
        linear_scores(row, weights.unwrap_or_default(), intercepts.unwrap_or_default(), scores);
    }
}

impl<T: AsMultiTargets<Elem = bool>> Fit<SparseRows, T, Error> for SparseLogisticRegressionValidParams {
    type Object = SparseLogisticRegression;

    /// Learns from rows and a matrix that says which row (first index) has which label (second index).
    fn fit(&self, dataset: &DatasetBase<SparseRows, T>) -> Result<SparseLogisticRegression, Error> {
        let (rows, targets) = (dataset.records(), dataset.targets().as_multi_targets());
        if rows.nsamples() != targets.nrows() {
            return Err(Error::Mismatch { rows: rows.nsamples(), targets: targets.nrows() });
        }
        if rows.nsamples() == 0 {
            return Err(Error::NoRows);
        }
        let row_weights = dataset.weights().filter(|weights| !weights.is_empty());
        if let Some(weights) = row_weights.filter(|weights| weights.len() != rows.nsamples()) {
            return Err(Error::Weights { rows: rows.nsamples(), weights: weights.len() });
        }
        // A row waits for memory once for all labels of a block; few labels are rather shared out to the threads.
        let labels = targets.ncols();
        Ok(if labels <= 8 {
            self.fit_blocks::<2, Packed<2>>(rows, targets, row_weights, 2)
        } else if rows.nfeatures() <= MOST_CACHED_FEATURES {
            self.fit_blocks::<8, Aligned<8>>(rows, targets, row_weights, 8)
        } else {
            // All blocks take as long, however few labels they have, and so none is left with the last few.
            let blocks = labels.div_ceil(10).max(2);
            self.fit_blocks::<10, Aligned<10, BFloat16>>(rows, targets, row_weights, labels.div_ceil(blocks))
        })
    }
}

impl SparseLogisticRegressionValidParams {
    /// Learns so many labels at a time, at most `L`.
    fn fit_blocks<const L: usize, F: Feature<L>>(
        &self,
        rows: &SparseRows,
        targets: ArrayView2<bool>,
        row_weights: Option<&[f32]>,
        labels_a_block: usize,
    ) -> SparseLogisticRegression {
        // Filled in block by block: what the solver needs beside is let go as soon as a block is done.
        let learned = Mutex::new((Array2::zeros((rows.nfeatures(), targets.ncols())), Array1::zeros(targets.ncols())));
        (0..targets.ncols().div_ceil(labels_a_block)).into_par_iter().for_each(|block| {
            let labels = block * labels_a_block..((block + 1) * labels_a_block).min(targets.ncols());
            let targets = targets.slice(s![.., labels.clone()]);
            let features: Vec<F> = if self.naive_bayes_power > 0.0 {
                log_ratios(rows, targets, self.naive_bayes_power).map(F::scaled).collect()
            } else {
                vec![F::scaled([1.0; L]); rows.nfeatures()]
            };
            let class_weights = self.class_weights(targets, row_weights);
            let solution = Problem { rows, targets, row_weights, class_weights }.solve(self, features, self.seed ^ block as u64);
            let mut learned = learned.lock().unwrap_or_else(PoisonError::into_inner);
            let (weights, intercepts) = &mut *learned;
            for (feature, mut weights) in solution.features.iter().zip(weights.slice_mut(s![.., labels.clone()]).rows_mut()) {
                weights.iter_mut().zip(feature.weights()).for_each(|(weight, found)| *weight = *found);
            }
            intercepts.slice_mut(s![labels]).iter_mut().zip(solution.intercepts).for_each(|(intercept, found)| *intercept = found as f32);
        });
        let (weights, intercepts) = learned.into_inner().unwrap_or_else(PoisonError::into_inner);
        SparseLogisticRegression { weights, intercepts }
    }

    /// For each label, what a row without it counts, and what one with it.
    fn class_weights<const L: usize>(&self, targets: ArrayView2<bool>, row_weights: Option<&[f32]>) -> [[f64; 2]; L] {
        let weight_of = |row: usize| row_weights.map_or(1.0, |weights| f64::from(weights[row]));
        let mut class_weights = [[1.0; 2]; L];
        if self.class_weight == ClassWeight::Balanced {
            let all: f64 = (0..targets.nrows()).map(weight_of).sum();
            for (has_label, class_weights) in targets.columns().into_iter().zip(&mut class_weights) {
                let with: f64 = has_label.iter().enumerate().filter(|(_, has)| **has).map(|(row, _)| weight_of(row)).sum();
                *class_weights = [all / (2.0 * (all - with)), all / (2.0 * with)];
            }
        }
        class_weights
    }
}

impl PredictInplace<SparseRows, Array2<f32>> for SparseLogisticRegression {
    /// Fills in the scores, rows by labels.
    fn predict_inplace(&self, rows: &SparseRows, scores: &mut Array2<f32>) {
        let mut of_row = Vec::new();
        for (row, mut target) in rows.rows().zip(scores.rows_mut()) {
            self.scores(row, &mut of_row);
            target.assign(&ArrayView1::from(&of_row));
        }
    }

    fn default_target(&self, rows: &SparseRows) -> Array2<f32> {
        Array2::zeros((rows.nsamples(), self.intercepts.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::sparse_logistic_regression::Loss;
    use linfa::ParamGuard;
    use ndarray::array;

    fn rows() -> SparseRows {
        let mut rows = SparseRows::new(3);
        for row in [&[(0, 1.0)][..], &[(0, 0.6), (2, 0.8)], &[(1, 1.0)], &[(1, 0.6), (2, 0.8)], &[]] {
            rows.push(row);
        }
        rows
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        let dataset = DatasetBase::new(rows(), array![[true, false], [true, true], [false, true], [false, false], [false, true]]);
        for loss in [Loss::Logistic, Loss::SquaredHinge] {
            let fit = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| SparseLogisticRegression::params().loss(loss).fit(&dataset).unwrap())
            };
            assert_eq!(fit(1), fit(2));
            assert_eq!(fit(1), fit(8));
        }
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let dataset = DatasetBase::new(rows(), array![[true], [true], [false], [false], [false]]);
        for c in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(SparseLogisticRegression::params().c(c).fit(&dataset), Err(Error::C(_))));
        }
        assert!(matches!(SparseLogisticRegression::params().tolerance(0.0).fit(&dataset), Err(Error::Tolerance(_))));
        assert!(matches!(SparseLogisticRegression::params().max_passes(0).fit(&dataset), Err(Error::MaxPasses)));
        let short = DatasetBase::new(rows(), array![[true], [false]]);
        assert!(matches!(SparseLogisticRegression::params().fit(&short), Err(Error::Mismatch { rows: 5, targets: 2 })));
    }

    #[test]
    fn a_row_without_weight_counts_for_nothing_and_does_not_keep_the_solver_going() {
        let few = SparseLogisticRegression::params().tolerance(1e-9).max_passes(100_000);
        let targets = array![[true], [true], [false], [false], [false]];
        for loss in [Loss::Logistic, Loss::SquaredHinge] {
            let weights = Array1::from_vec(vec![1.0, 1.0, 1.0, 1.0, 0.0]);
            let weighed = few.loss(loss).fit(&DatasetBase::new(rows(), targets.clone()).with_weights(weights)).unwrap();
            let without = DatasetBase::new(rows().select(&[0, 1, 2, 3]), targets.slice(s![..4, ..]).to_owned());
            let left_out = few.loss(loss).fit(&without).unwrap();
            for (a, b) in weighed.weights().iter().zip(left_out.weights()) {
                assert!((a - b).abs() < 1e-4, "{a} {b}");
            }
        }
    }

    #[test]
    fn weights_are_one_a_row() {
        let targets = array![[true], [true], [false], [false], [false]];
        let short = DatasetBase::new(rows(), targets).with_weights(Array1::from_vec(vec![1.0; 3]));
        assert!(matches!(SparseLogisticRegression::params().fit(&short), Err(Error::Weights { rows: 5, weights: 3 })));
    }

    #[test]
    fn naive_bayes_scales_features_and_its_weights_are_for_those_as_they_were() {
        let targets = array![[true], [true], [false], [false], [false]];
        let params = SparseLogisticRegression::params().tolerance(1e-9);
        let scaled_inside = params.naive_bayes_power(1.0).fit(&DatasetBase::new(rows(), targets.clone())).unwrap();
        let ratios = log_ratios(&rows(), targets.view(), 1.0).map(|[ratio]| ratio).collect::<Vec<f64>>();
        let mut scaled = SparseRows::new(3);
        for row in rows().rows() {
            scaled.push(&row.iter().map(|&(column, x)| (column, x * ratios[column as usize] as f32)).collect::<Vec<_>>());
        }
        let scaled_before = params.fit(&DatasetBase::new(scaled, targets)).unwrap();
        for (feature, &ratio) in ratios.iter().enumerate() {
            let (inside, before) = (scaled_inside.weights()[[feature, 0]], scaled_before.weights()[[feature, 0]]);
            assert!((inside - before * ratio as f32).abs() < 1e-5, "{feature}: {inside} {before} {ratio}");
        }
        assert!(matches!(params.naive_bayes_power(-1.0).check(), Err(Error::NaiveBayesPower(_))));
    }

    #[test]
    fn features_lie_in_memory_one_way_or_another_and_the_weights_are_the_same_but_for_rounded_scales() {
        let mut many = SparseRows::new(8);
        (0..200_u32).for_each(|n| many.push(&[(n % 3, 0.6), (3 + n * n % 5, 0.8)]));
        let targets = Array2::from_shape_fn((200, 12), |(row, label)| (row * (label + 3)) % 7 < 2 + row % 3);
        let params = SparseLogisticRegression::params().naive_bayes_power(1.0).tolerance(1e-6).max_passes(10_000).check().unwrap();
        let packed = params.fit_blocks::<2, Packed<2>>(&many, targets.view(), None, 2);
        let aligned = params.fit_blocks::<8, Aligned<8>>(&many, targets.view(), None, 8);
        let rounded = params.fit_blocks::<10, Aligned<10, BFloat16>>(&many, targets.view(), None, 6);
        let largest = |others: &SparseLogisticRegression| {
            packed.weights().iter().zip(others.weights()).map(|(a, b)| (a - b).abs() / (1.0 + a.abs())).fold(0.0, f32::max)
        };
        assert!(largest(&aligned) < 1e-4 && largest(&rounded) < 0.01, "{} {}", largest(&aligned), largest(&rounded));
    }

    #[test]
    fn balanced_weights_lift_a_rare_label() {
        let mut many = SparseRows::new(1);
        let targets = Array2::from_shape_fn((20, 1), |(row, _)| row == 0);
        (0..20).for_each(|_| many.push(&[(0, 1.0)]));
        let score = |weight: ClassWeight| {
            let model =
                SparseLogisticRegression::params().class_weight(weight).fit(&DatasetBase::new(many.clone(), targets.clone())).unwrap();
            let mut scores = Vec::new();
            model.scores(&[(0, 1.0)], &mut scores);
            scores[0]
        };
        assert!(score(ClassWeight::Equal) < -1.0);
        assert!(score(ClassWeight::Balanced).abs() < 0.05);
    }

    #[test]
    fn a_model_survives_serde() {
        let dataset = DatasetBase::new(rows(), array![[true], [true], [false], [false], [false]]);
        let model = SparseLogisticRegression::params().fit(&dataset).unwrap();
        let text = serde_json::to_string(&model).unwrap();
        assert_eq!(serde_json::from_str::<SparseLogisticRegression>(&text).unwrap(), model);
    }

    #[test]
    fn the_estimator_can_be_sent_and_shared() {
        fn shared<T: Send + Sync + Clone + Unpin>() {}
        shared::<SparseLogisticRegression>();
        shared::<SparseLogisticRegressionParams>();
    }
}
