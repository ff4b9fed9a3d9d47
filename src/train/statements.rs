//! What a model stated of documents that it had not learned from, to be held against the truth.

use ndarray::ArrayView2;

use crate::{corpus::TaskKind, learn::reliability::Statements};

/// The statements of one task.
#[derive(Clone, Debug, Default)]
pub struct TaskStatements {
    /// The most probable label of each document, in their order.
    pub best: Statements,
    /// All that the calibration error is measured over: in a multi-label task each label of each document, otherwise the same as `best`.
    pub all: Statements,
}

impl TaskStatements {
    /// Takes probabilities, documents by labels; `is_right` says whether a document has a label.
    pub fn new(kind: TaskKind, probabilities: ArrayView2<f32>, is_right: impl Fn(usize, usize) -> bool) -> Self {
        let best = Statements::of_best_labels(probabilities, &is_right);
        let all = match kind {
            TaskKind::SingleLabel => best.clone(),
            TaskKind::MultiLabel => Statements::of_all_labels(probabilities, &is_right),
        };
        TaskStatements { best, all }
    }
}
