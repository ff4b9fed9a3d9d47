//! How good labels and probabilities are.

use ndarray::{ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use super::reliability::Statements;

/// Quality of one task over documents that the model had not learned from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskMetrics {
    /// How many documents were judged.
    pub documents: usize,
    /// Share of documents whose labels were all right (multi-label: subset accuracy).
    pub accuracy: f64,
    /// Mean F1 over the labels that occur.
    pub macro_f1: f64,
    /// F1 over all decisions together.
    pub micro_f1: f64,
    /// Mean negative logarithm of the probability given to the truth, in nats; multi-label: a decision a label.
    pub log_loss: f64,
    /// Expected calibration error, from 0 to 1.
    pub ece: f64,
    /// One entry a label, in the task's order.
    pub labels: Vec<LabelMetrics>,
}

/// Quality of one label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelMetrics {
    /// Share of the documents given the label that have it; 0 if none was given it.
    pub precision: f64,
    /// Share of the documents having the label that were given it; 0 if none has it.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// How many documents have the label.
    pub support: usize,
}

/// Judges a single-label task: `probabilities` are documents by labels, `truth` the right label of each document. The label given is
/// the most probable one. A `truth` that is no label of the task counts as wrong, and as certain to be so in the log-loss (at 1e-7).
pub fn evaluate_single(probabilities: ArrayView2<f32>, truth: &[usize]) -> TaskMetrics {
    let mut counts = vec![Counts::default(); probabilities.ncols()];
    let mut statements = Statements::default();
    let (mut right, mut log_loss) = (0, 0.0);
    for (row, &label) in probabilities.rows().into_iter().zip(truth) {
        let best = best(row);
        right += usize::from(best == label);
        counts[best].given += 1;
        if let Some(counts) = counts.get_mut(label) {
            counts.support += 1;
            counts.right += usize::from(best == label);
        }
        log_loss += negative_log(row.get(label).copied().unwrap_or(0.0));
        statements.add(row[best], best == label);
    }
    TaskMetrics::new(truth.len(), right, log_loss / truth.len().max(1) as f64, statements.calibration_error(), &counts)
}

/// Judges a multi-label task; all three are documents by labels.
pub fn evaluate_multi(probabilities: ArrayView2<f32>, selected: ArrayView2<bool>, truth: ArrayView2<bool>) -> TaskMetrics {
    let (documents, labels) = truth.dim();
    let mut counts = vec![Counts::default(); labels];
    let (mut log_loss, mut ece) = (0.0, 0.0);
    for (label, counts) in counts.iter_mut().enumerate() {
        let mut statements = Statements::default();
        for document in 0..documents {
            let at = [document, label];
            counts.given += usize::from(selected[at]);
            counts.support += usize::from(truth[at]);
            counts.right += usize::from(selected[at] && truth[at]);
            log_loss += negative_log(if truth[at] { probabilities[at] } else { 1.0 - probabilities[at] });
            statements.add(probabilities[at], truth[at]);
        }
        ece += statements.calibration_error() / labels as f64;
    }
    let right = selected.rows().into_iter().zip(truth.rows()).filter(|(given, wanted)| given == wanted).count();
    TaskMetrics::new(documents, right, log_loss / (documents * labels).max(1) as f64, ece, &counts)
}

/// The first of the highest numbers.
pub fn best(row: ArrayView1<f32>) -> usize {
    row.iter().enumerate().fold(0, |best, (label, p)| if *p > row[best] { label } else { best })
}

/// A table of the metrics, as a person reads them: a line a label, then the task's figures.
pub fn table(metrics: &TaskMetrics, label_names: &[&str]) -> String {
    let width = label_names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(12);
    let mut table = format!("  {:width$}  precision  recall      F1  support\n", "");
    for (label, name) in metrics.labels.iter().zip(label_names) {
        table += &format!("  {name:width$}  {:9.3}  {:6.3}  {:6.3}  {:7}\n", label.precision, label.recall, label.f1, label.support);
    }
    table
        + &format!(
            "\n  accuracy {:.3}   macro-F1 {:.3}   micro-F1 {:.3}   log-loss {:.3}   calibration error {:.3}   {} documents\n",
            metrics.accuracy, metrics.macro_f1, metrics.micro_f1, metrics.log_loss, metrics.ece, metrics.documents
        )
}

fn negative_log(probability: f32) -> f64 {
    -libm::log(f64::from(probability).clamp(1e-7, 1.0))
}

#[derive(Clone, Copy, Default)]
struct Counts {
    given: usize,
    support: usize,
    right: usize,
}

impl Counts {
    fn metrics(&self) -> LabelMetrics {
        let share = |of: usize| if of == 0 { 0.0 } else { self.right as f64 / of as f64 };
        let f1 = if self.given + self.support == 0 { 0.0 } else { 2.0 * self.right as f64 / (self.given + self.support) as f64 };
        LabelMetrics { precision: share(self.given), recall: share(self.support), f1, support: self.support }
    }
}

impl TaskMetrics {
    fn new(documents: usize, right: usize, log_loss: f64, ece: f64, counts: &[Counts]) -> Self {
        let labels: Vec<LabelMetrics> = counts.iter().map(Counts::metrics).collect();
        let occurring = || counts.iter().zip(&labels).filter(|(counts, _)| counts.support + counts.given > 0);
        let total = counts.iter().fold(Counts::default(), |sum, counts| Counts {
            given: sum.given + counts.given,
            support: sum.support + counts.support,
            right: sum.right + counts.right,
        });
        TaskMetrics {
            documents,
            accuracy: right as f64 / documents.max(1) as f64,
            macro_f1: occurring().map(|(_, label)| label.f1).sum::<f64>() / occurring().count().max(1) as f64,
            micro_f1: total.metrics().f1,
            log_loss,
            ece,
            labels,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linfa::prelude::ToConfusionMatrix;
    use ndarray::{Array1, array};

    #[test]
    fn single_label_figures_agree_with_linfas_confusion_matrix() {
        let probabilities = array![[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.3, 0.6, 0.1]];
        let truth = [0, 1, 1, 2, 0];
        let metrics = evaluate_single(probabilities.view(), &truth);
        let given: Array1<usize> = probabilities.rows().into_iter().map(best).collect();
        let matrix = given.confusion_matrix(&linfa::DatasetBase::new((), ()).with_targets(Array1::from(truth.to_vec()))).unwrap();
        assert!((metrics.accuracy - f64::from(matrix.accuracy())).abs() < 1e-6);
        let expected = [(0.5, 0.5), (0.5, 0.5), (1.0, 1.0)];
        for (label, (precision, recall)) in metrics.labels.iter().zip(expected) {
            assert_eq!((label.precision, label.recall), (precision, recall));
        }
        assert!((metrics.macro_f1 - 2.0 / 3.0).abs() < 1e-12);
        let log_loss = -[0.7_f64, 0.8, 0.3, 0.6, 0.3].iter().map(|p| p.ln()).sum::<f64>() / 5.0;
        assert!((metrics.log_loss - log_loss).abs() < 1e-6);
    }

    #[test]
    fn multi_label_accuracy_asks_for_the_whole_set() {
        let truth = array![[true, false], [true, true], [false, false]];
        let selected = array![[true, false], [true, false], [false, false]];
        let probabilities = array![[0.9, 0.1], [0.8, 0.4], [0.2, 0.3]];
        let metrics = evaluate_multi(probabilities.view(), selected.view(), truth.view());
        assert!((metrics.accuracy - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(metrics.labels[1], LabelMetrics { precision: 0.0, recall: 0.0, f1: 0.0, support: 1 });
        assert!((metrics.micro_f1 - 0.8).abs() < 1e-12);
    }

    #[test]
    fn a_label_that_never_occurs_does_not_lower_the_mean() {
        let metrics = evaluate_single(array![[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]].view(), &[0, 1]);
        assert_eq!(metrics.macro_f1, 1.0);
    }

    #[test]
    fn a_label_that_the_task_does_not_have_counts_as_wrong() {
        let metrics = evaluate_single(array![[0.9, 0.1]].view(), &[7]);
        assert_eq!((metrics.accuracy, metrics.documents), (0.0, 1));
        assert!(metrics.log_loss > 10.0);
    }
}
