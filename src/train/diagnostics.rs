//! What stands behind a task's figures: which labels are mistaken for which, and whether probabilities mean what they say.

use ndarray::{Array2, ArrayView2};
use serde::Serialize;

use crate::{
    corpus::TaskKind,
    learn::{
        confusion::Confusion,
        math::{sigmoid, softmax},
        metrics,
        reliability::Reliability,
    },
};

/// Confusions and reliability of one task over documents that the model had not learned from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diagnostics {
    /// Which labels are given in place of which.
    pub confusion: Confusion,
    /// The probabilities: of a single-label task those of the best label, of a multi-label task those of all labels together.
    pub reliability: Reliability,
}

impl Diagnostics {
    /// Counts documents. `probabilities` and `selected` are documents by labels, `selected` being looked at for multi-label tasks
    /// alone; `truth` has the labels of each document, and may have numbers that are no label of the task.
    pub fn measure(kind: TaskKind, probabilities: ArrayView2<f32>, selected: ArrayView2<bool>, truth: &[&[usize]]) -> Self {
        let mut confusion = Confusion::new(probabilities.ncols());
        for (document, &truth) in truth.iter().enumerate() {
            let given: Vec<usize> = match kind {
                TaskKind::SingleLabel => vec![metrics::best(probabilities.row(document))],
                TaskKind::MultiLabel => selected.row(document).iter().enumerate().filter(|(_, s)| **s).map(|(label, _)| label).collect(),
            };
            confusion.add(truth, &given);
        }
        Diagnostics { confusion, reliability: reliability(kind, probabilities, truth) }
    }
}

/// The reliability of probabilities, documents by labels.
fn reliability(kind: TaskKind, probabilities: ArrayView2<f32>, truth: &[&[usize]]) -> Reliability {
    let mut reliability = Reliability::default();
    for (row, truth) in probabilities.rows().into_iter().zip(truth) {
        match kind {
            TaskKind::SingleLabel => {
                let best = metrics::best(row);
                reliability.add(row[best], truth.contains(&best));
            }
            TaskKind::MultiLabel => row.iter().enumerate().for_each(|(label, p)| reliability.add(*p, truth.contains(&label))),
        }
    }
    reliability
}

/// The reliability that raw scores (documents by labels) would have, taken for log-odds as they are.
pub(super) fn uncalibrated_reliability(kind: TaskKind, scores: ArrayView2<f32>, truth: &[&[usize]]) -> Reliability {
    let mut probabilities: Array2<f32> = scores.to_owned();
    match kind {
        TaskKind::SingleLabel => {
            let mut row_probabilities = Vec::new();
            for mut row in probabilities.rows_mut() {
                softmax(row.as_slice().unwrap_or_default(), &mut row_probabilities);
                row.iter_mut().zip(&row_probabilities).for_each(|(to, from)| *to = *from);
            }
        }
        TaskKind::MultiLabel => probabilities.mapv_inplace(sigmoid),
    }
    reliability(kind, probabilities.view(), truth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_single_label_task_is_judged_by_its_best_label_and_a_multi_label_task_by_all() {
        let probabilities = array![[0.9, 0.1], [0.4, 0.6]];
        let selected = array![[true, false], [false, false]];
        let truth: [&[usize]; 2] = [&[0], &[0]];
        let single = Diagnostics::measure(TaskKind::SingleLabel, probabilities.view(), selected.view(), &truth);
        assert_eq!(single.confusion.worst(9), [(0, 1, 1)]);
        assert_eq!(single.reliability.bins.iter().map(|bin| bin.count).sum::<usize>(), 2);
        let multi = Diagnostics::measure(TaskKind::MultiLabel, probabilities.view(), selected.view(), &truth);
        assert_eq!(multi.confusion.worst(9), [(0, 2, 1)]);
        assert_eq!(multi.reliability.bins.iter().map(|bin| bin.count).sum::<usize>(), 4);
    }

    #[test]
    fn uncalibrated_scores_are_taken_for_log_odds() {
        let truth: [&[usize]; 1] = [&[1]];
        let scores = array![[0.0, 0.0]];
        let single = uncalibrated_reliability(TaskKind::SingleLabel, scores.view(), &truth);
        assert_eq!(single.bins[7].mean_probability(), Some(0.5));
        assert_eq!(single.bins[7].happened, 0, "of two that are the same the first is the best");
        assert_eq!(uncalibrated_reliability(TaskKind::MultiLabel, scores.view(), &truth).bins[7].happened, 1);
    }
}
