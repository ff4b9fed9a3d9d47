//! What a model has learned, as it is kept.

use crate::{
    features::prefetch,
    learn::{bfloat16::BFloat16, linear_scores::linear_scores, sparse_logistic_regression::SparseLogisticRegression},
};

/// The weights of a model, terms by labels, one term's for all labels side by side, and the intercepts of the labels.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    weights: Vec<BFloat16>,
    intercepts: Vec<f32>,
}

impl Weights {
    /// Weights for as many labels as there are intercepts.
    pub(super) fn new(weights: Vec<BFloat16>, intercepts: Vec<f32>) -> Self {
        Weights { weights, intercepts }
    }

    /// What was learned, rounded.
    pub fn rounded(learned: &SparseLogisticRegression) -> Self {
        let weights = learned.weights().iter().map(|weight| BFloat16::nearest(*weight)).collect();
        Weights { weights, intercepts: learned.intercepts().to_vec() }
    }

    /// The scores of one row, one a label.
    pub fn scores(&self, row: &[(u32, f32)], scores: &mut Vec<f32>) {
        linear_scores(row, &self.weights, &self.intercepts, scores);
    }

    /// Has the weights of a term fetched: [`Weights::scores`] is going to ask for them.
    #[inline]
    pub fn prefetch(&self, term: u32) {
        const A_CACHE_LINE: usize = 64 / size_of::<BFloat16>();
        let labels = self.intercepts.len();
        let first = term as usize * labels;
        (first..first + labels).step_by(A_CACHE_LINE).for_each(|place| prefetch(&self.weights, place));
    }

    /// How much a term speaks for a label.
    pub fn get(&self, term: u32, label: usize) -> f32 {
        self.weights[term as usize * self.intercepts.len() + label].into()
    }

    /// All weights.
    pub fn as_slice(&self) -> &[BFloat16] {
        &self.weights
    }

    /// The scores of a document without a known term.
    pub fn intercepts(&self) -> &[f32] {
        &self.intercepts
    }
}
