//! How good labels and probabilities are.

use serde::{Deserialize, Serialize};

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
