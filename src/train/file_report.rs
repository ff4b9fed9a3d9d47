//! The report of a training on a labelled file, for programs to read.

use std::{collections::BTreeMap, time::Instant};

use ndarray::{Array2, Axis};
use serde::Serialize;

use super::{Diagnostics, DoubtfulLabels, Duplicates, LearningCurve, Seconds, TaskReport, TrainingReport, Trial, UnlabelledFigures};
use crate::{
    corpus::{LabelledCorpus, TaskKind},
    learn::metrics::{self, TaskMetrics},
    model::Model,
};

/// What `--report` writes: figures by task, seconds by step, and memory.
#[derive(Clone, Debug, Serialize)]
pub struct FileReport {
    /// The tasks by name; a labelled file has one.
    #[serde(flatten)]
    pub task: BTreeMap<String, TaskFigures>,
    /// What was tried to choose the settings, in order; nothing if they are the defaults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<Trial>,
    /// Documents that occur more than once.
    pub duplicates: Duplicates,
    /// Labels that may be wrong.
    pub doubtful_labels: DoubtfulLabels,
    /// What else may be wrong with the training documents.
    pub warnings: Vec<String>,
    /// How good the model is by how many documents it learned from, by task.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub learning_curve: BTreeMap<String, LearningCurve>,
    /// What unlabelled documents brought, if there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlabelled: Option<UnlabelledFigures>,
    /// How long each step took.
    pub seconds: StepSeconds,
    /// The most memory that the program held, in bytes; 0 where the system does not tell.
    pub peak_rss_bytes: u64,
}

/// How good a task is on the test file; without one, on held-out training documents.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct TaskFigures {
    pub accuracy: f64,
    pub macro_f1: f64,
    pub micro_f1: f64,
    pub log_loss: f64,
    pub ece: f64,
    pub train_documents: usize,
    pub test_documents: usize,
    pub labels: usize,
    pub features: usize,
}

/// Seconds of each step. `clean` is looking for duplicates; `learn` is the final fit alone; `predict` is classifying the test documents on one thread, from text to labels.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct StepSeconds {
    pub read: f64,
    pub clean: f64,
    pub features: f64,
    pub learn: f64,
    pub tune: f64,
    pub calibrate: f64,
    pub learning_curve: f64,
    pub predict: f64,
    pub total: f64,
}

impl StepSeconds {
    /// These, with those of a training.
    pub fn with(self, Seconds { features, learn, calibrate }: Seconds) -> Self {
        StepSeconds { features, learn, calibrate, ..self }
    }
}

impl From<&TrainingReport> for FileReport {
    fn from(report: &TrainingReport) -> Self {
        let by_task = |task: &TaskReport| task.task.name.clone();
        let figures = |task: &TaskReport| TaskFigures {
            train_documents: task.train_documents,
            test_documents: task.test.as_ref().map_or(0, |(metrics, _)| metrics.documents),
            ..TaskFigures::new(task.metrics(), report.features)
        };
        FileReport {
            task: report.tasks.iter().map(|task| (by_task(task), figures(task))).collect(),
            trials: report.trials.clone(),
            duplicates: report.duplicates.clone(),
            doubtful_labels: report.doubtful_labels.clone(),
            warnings: report.warnings.clone(),
            unlabelled: report.unlabelled,
            learning_curve: report.tasks.iter().map(|task| (by_task(task), task.learning_curve.clone())).collect(),
            seconds: report.seconds,
            peak_rss_bytes: report.peak_rss_bytes,
        }
    }
}

impl TaskFigures {
    /// Figures from metrics; the numbers of documents are left at 0.
    pub fn new(metrics: &TaskMetrics, features: usize) -> Self {
        TaskFigures {
            accuracy: metrics.accuracy,
            macro_f1: metrics.macro_f1,
            micro_f1: metrics.micro_f1,
            log_loss: metrics.log_loss,
            ece: metrics.ece,
            labels: metrics.labels.len(),
            features,
            ..TaskFigures::default()
        }
    }
}

/// How a model did on a test file.
#[derive(Clone, Debug)]
pub struct TestJudgement {
    /// How good it was.
    pub metrics: TaskMetrics,
    /// What stands behind that.
    pub diagnostics: Diagnostics,
    /// How good it was on the rows that were asked for apart; none if none were.
    pub of_rows: Option<TaskMetrics>,
    /// How long it took to classify the file, in seconds.
    pub seconds: f64,
}

/// Classifies a test file on this thread, and judges every row of it in one task, abstained or not, by the best label; `rows` once more
/// apart.
pub fn judge_test_file(model: &Model, task: usize, test: &LabelledCorpus, rows: &[usize]) -> TestJudgement {
    let of = &model.manifest().tasks[task];
    let (documents, labels) = (test.documents.len(), of.task.labels.len());
    let mut probabilities = Array2::zeros((documents, labels));
    let mut selected = Array2::from_elem((documents, labels), false);
    let start = Instant::now();
    let mut scratch = model.scratch();
    for (row, document) in test.documents.iter().enumerate() {
        let answer = &model.classify(document.fields(), document.language.as_deref(), &mut scratch).tasks[task];
        for label in 0..labels {
            probabilities[[row, label]] = answer.probabilities[label];
            // By probability alone: an answer that abstains selects nothing.
            selected[[row, label]] = of.thresholds.as_ref().is_some_and(|thresholds| answer.probabilities[label] >= thresholds[label]);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let truth = test.label_indices(&of.task);
    let labels_of: Vec<&[usize]> = truth.iter().map(Vec::as_slice).collect();
    let diagnostics = Diagnostics::measure(of.task.kind, probabilities.view(), selected.view(), &labels_of);
    let judge = |rows: &[usize]| {
        let probabilities = probabilities.select(Axis(0), rows);
        match of.task.kind {
            TaskKind::SingleLabel => {
                let truth: Vec<usize> = rows.iter().map(|&row| truth[row].first().copied().unwrap_or(usize::MAX)).collect();
                metrics::evaluate_single(probabilities.view(), &truth)
            }
            TaskKind::MultiLabel => {
                let truth = Array2::from_shape_fn((rows.len(), labels), |(row, label)| truth[rows[row]].contains(&label));
                metrics::evaluate_multi(probabilities.view(), selected.select(Axis(0), rows).view(), truth.view())
            }
        }
    };
    let all: Vec<usize> = (0..documents).collect();
    TestJudgement { metrics: judge(&all), diagnostics, of_rows: (!rows.is_empty()).then(|| judge(rows)), seconds }
}

/// The most memory that this process has held, in bytes, as Linux tells it.
pub fn peak_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kibibytes.unwrap_or_default() * 1024
}
