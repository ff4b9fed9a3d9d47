//! What can go wrong in training.

use crate::{features::ParamsError, learn::sparse_logistic_regression::SparseLogisticRegressionError};

/// Why no model could be trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A label that the model could never give.
    #[error(
        "label \"{label}\" of task \"{task}\" has {documents} articles, and {needed} are needed: write more, or take the label out of taxonomy.toml"
    )]
    TooFewDocuments {
        /// The task.
        task: String,
        /// Its label.
        label: String,
        /// How many articles have it.
        documents: usize,
        /// How many it needs.
        needed: usize,
    },
    /// The features can't be made.
    #[error(transparent)]
    Features(#[from] ParamsError),
    /// The weights can't be learned.
    #[error(transparent)]
    Learner(#[from] SparseLogisticRegressionError),
}
