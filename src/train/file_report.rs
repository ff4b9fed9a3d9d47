//! The report of a training on a labelled file, for programs to read.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    AbstentionFigures, CalibrationFigures, DoubtfulLabels, Duplicates, LearningCurve, Seconds, TaskReport, TestJudgement, TrainingReport,
    Trial, UnlabelledFigures,
};
use crate::learn::{metrics::TaskMetrics, reliability::Reliability, selective::RiskCoverage};

/// What `--report` writes: figures by task, seconds by step, and memory.
#[derive(Clone, Debug, Serialize)]
pub struct FileReport {
    /// The tasks by name; a labelled file has one.
    #[serde(flatten)]
    pub task: BTreeMap<String, TaskFigures>,
    /// What was tried to choose the settings, in order; nothing if they are the defaults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<Trial>,
    /// What the probabilities are worth, by task.
    pub probabilities: BTreeMap<String, ProbabilityFigures>,
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

/// What the probabilities are worth, on the test file; without one, on held-out training documents.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ProbabilityFigures {
    /// The calibrations that were compared, on held-out documents.
    pub calibration: CalibrationFigures,
    /// Before calibration and after it, on the test file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration_on_test: Option<BeforeAndAfter>,
    /// The reliability diagram: 15 bins from 0 to 1.
    pub reliability: Reliability,
    /// What answering only the surest documents gives.
    pub risk_coverage: Vec<RiskCoverage>,
    /// What comes of abstaining, on the test file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abstention: Option<AbstentionFigures>,
    /// Labels that can't be given with the precision that was asked for, and so are never given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub out_of_reach: Vec<String>,
}

/// Honesty of the raw scores, and of the calibrated ones.
#[derive(Clone, Copy, Debug, Serialize)]
#[allow(missing_docs)]
pub struct BeforeAndAfter {
    pub log_loss_before: f64,
    pub log_loss_after: f64,
    pub ece_before: f64,
    pub ece_after: f64,
}

impl ProbabilityFigures {
    /// Takes in how a test file was judged.
    pub fn judged_on(&mut self, test: &TestJudgement) {
        self.calibration_on_test = Some(BeforeAndAfter {
            log_loss_before: test.uncalibrated.log_loss,
            log_loss_after: test.metrics.log_loss,
            ece_before: test.uncalibrated.ece,
            ece_after: test.metrics.ece,
        });
        self.reliability = test.diagnostics.reliability.clone();
        self.risk_coverage = test.statements.risk_coverage();
        self.abstention = Some(test.abstention.clone());
    }
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
            probabilities: report.tasks.iter().map(|task| (by_task(task), task.probabilities.clone())).collect(),
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

/// The most memory that this process has held, in bytes, as Linux tells it.
pub fn peak_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kibibytes.unwrap_or_default() * 1024
}
