/// Why a model can't be learned.
#[derive(Debug, thiserror::Error)]
pub enum SparseLogisticRegressionError {
    /// The regularisation strength is no positive number.
    #[error("C is {0}: it must be a number above 0")]
    C(f64),
    /// The tolerance is no positive number.
    #[error("tolerance is {0}: it must be a number above 0")]
    Tolerance(f64),
    /// The naive Bayes power is out of range.
    #[error("naive_bayes_power is {0}: it must be a number from 0 to 2")]
    NaiveBayesPower(f64),
    /// Not one pass over the data is allowed.
    #[error("max_passes is 0: at least one pass is needed")]
    MaxPasses,
    /// Rows and labels don't match.
    #[error("there are {rows} rows but {targets} rows of labels")]
    Mismatch {
        /// How many rows there are.
        rows: usize,
        /// How many rows of labels.
        targets: usize,
    },
    /// Weights that are not one a row.
    #[error("there are {rows} rows but {weights} weights: give one weight a row, or none")]
    Weights {
        /// How many rows there are.
        rows: usize,
        /// How many weights there are.
        weights: usize,
    },
    /// There is nothing to learn from.
    #[error("there are no rows to learn from")]
    NoRows,
    /// What linfa found.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}
