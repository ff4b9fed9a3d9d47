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
    /// A task that leaves nothing to decide.
    #[error("task \"{task}\" has {labels} labels, and a task with one label a document needs 2, any other 1")]
    TooFewLabels {
        /// The task.
        task: String,
        /// How many labels it has.
        labels: usize,
    },
    /// Not every fold would have a document.
    #[error("there are {documents} documents, and {folds} are needed, one a fold")]
    FewerThanFolds {
        /// How many documents there are.
        documents: usize,
        /// How many folds there are.
        folds: usize,
    },
    /// Near-duplicates stay together, so not every fold would have a document.
    #[error(
        "of {documents} documents only {different} are different, and {folds} are needed, one a fold: add documents, or keep duplicates apart"
    )]
    TooMuchAlike {
        /// How many documents there are.
        documents: usize,
        /// How many there are if near-duplicates count once.
        different: usize,
        /// How many folds there are.
        folds: usize,
    },
    /// Unlabelled documents where nothing can be learned from them.
    #[error(
        "unlabelled documents teach nothing here: the step takes each document to have exactly one label, and no task is such a task; leave --unlabelled out, or write \"label\": \"x\" instead of a list"
    )]
    NoSingleLabelTask,
    /// All unlabelled documents are known already.
    #[error("each of the {read} unlabelled documents is a labelled one as well: name an archive that has others")]
    NothingUnlabelled {
        /// How many documents the archive has.
        read: usize,
    },
    /// The features can't be made.
    #[error(transparent)]
    Features(#[from] ParamsError),
    /// The weights can't be learned.
    #[error(transparent)]
    Learner(#[from] SparseLogisticRegressionError),
}
