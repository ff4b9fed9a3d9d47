//! The readable part of a model's files: `manifest.json`.

use serde::{Deserialize, Serialize};

use crate::{
    corpus::Task,
    features::TfIdfValidParams,
    learn::{
        calibration::Line, metrics::TaskMetrics, saturation::Saturation, sparse_logistic_regression::SparseLogisticRegressionValidParams,
    },
};

/// Version of the file format that this program writes, and the newest that it reads.
///
/// 1: weights of 32 bits; still read. 2: of 16, bfloat16.
pub const FORMAT_VERSION: u32 = 2;

/// What `manifest.json` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the file format.
    pub format_version: u32,
    /// SHA-256 of the manifest itself, computed with this value all zeros. The manifest names the checksum of the tensors, so this
    /// says which model it is.
    pub fingerprint: String,
    /// The program that trained it.
    pub trainer: String,
    /// BCP-47 codes of the languages it was trained for; none means any.
    pub languages: Vec<String>,
    /// What it was trained on.
    pub training_data: TrainingData,
    /// How it turns text into features.
    pub vectorizer: TfIdfValidParams,
    /// The tasks, in the order of the weights' columns.
    pub tasks: Vec<TaskManifest>,
    /// The file of numbers that belongs to it.
    pub tensors: TensorsFile,
    /// The terms that it knows, in the order of the weights' rows.
    pub vocabulary: Vec<Box<str>>,
}

/// One task of a model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskManifest {
    /// The task and its labels.
    pub task: Task,
    /// How it was learned.
    pub learner: SparseLogisticRegressionValidParams,
    /// One line a label, from score to log-odds.
    pub calibration: Vec<Line>,
    /// How scores level off after their line; only in single-label tasks, and not in all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saturation: Option<Saturation>,
    /// The probability from which on each label is selected; only in multi-label tasks.
    pub thresholds: Option<Vec<f32>>,
    /// Terms that it does not look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored_terms: Vec<String>,
    /// By how much its answers move with who a text is about, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterfactuals: Option<CounterfactualFigures>,
    /// How well the model did on documents that were held out of its training.
    pub metrics: TaskMetrics,
}

impl TaskManifest {
    /// The probability from which on a label of a multi-label task is selected.
    pub fn threshold(&self, label: usize) -> f32 {
        self.thresholds.as_ref().map_or(0.5, |thresholds| thresholds[label])
    }
}

/// Answers to texts that differ in nothing but who they are about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterfactualFigures {
    /// How many texts there are.
    pub frames: usize,
    /// How many peoples, religions, sexes and regions each was told of.
    pub identities: usize,
    /// One entry a label, in the task's order.
    pub labels: Vec<LabelShift>,
}

/// How a label's answers move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelShift {
    /// The label's name.
    pub label: String,
    /// The largest difference of its probability between two identities in the same text.
    pub largest_shift: f32,
    /// In how many texts it is given for some identities and not for others.
    pub crossings: usize,
}

/// What a model was trained on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingData {
    /// SHA-256 over all training files together.
    pub fingerprint: String,
    /// How many labelled articles.
    pub articles: usize,
    /// How many glossary terms.
    pub glossary_terms: usize,
}

/// The file of numbers beside the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorsFile {
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}
