//! What people read after a training: a few lines on the terminal, and a page.

mod honesty;
mod html;
mod markup;
mod plots;
mod sections;
mod terminal;

use serde::Serialize;

use super::{
    Diagnostics, DoubtfulLabels, Duplicates, LabelTerms, LearningCurve, ProbabilityFigures, StepSeconds, TestJudgement, TrainedModel,
    TrainingSet, Trial, UnlabelledFigures, telling_terms,
};
use crate::{
    corpus::{Task, TaskKind},
    learn::{metrics::TaskMetrics, reliability::Reliability},
    model::{TrainingData, card},
};

pub use terminal::{report, test_report};

/// All that the page says of a training.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TrainingReport {
    /// The program that trained it.
    pub trainer: String,
    /// The model's fingerprint; empty where it is not known.
    pub model_fingerprint: String,
    /// Where the model was published, as a resource name; none where it was not.
    pub published: Option<String>,
    /// What it learned from, as the user called it: a file, a folder.
    pub source: String,
    /// Fingerprint and counts of that.
    pub training_data: TrainingData,
    /// BCP-47 codes of the languages that it was trained for; none means any.
    pub languages: Vec<String>,
    /// The test files, as the user called them, and how many documents they have together; none where there is none.
    pub test: Option<(String, usize)>,
    /// How many parts the training documents were held out in.
    pub folds: usize,
    /// How many terms the model knows.
    pub features: usize,
    /// Settings of features, as (name, value).
    pub feature_settings: Vec<(String, String)>,
    /// One entry a task.
    pub tasks: Vec<TaskReport>,
    /// What was tried to choose settings, in order; empty where the defaults were taken.
    pub trials: Vec<Trial>,
    /// Documents that occur more than once, and test documents that are training documents.
    pub duplicates: Duplicates,
    /// Documents whose label may be wrong.
    pub doubtful_labels: DoubtfulLabels,
    /// What unlabelled documents brought, if there were any.
    pub unlabelled: Option<UnlabelledFigures>,
    /// What the user should know of, in whole sentences.
    pub warnings: Vec<String>,
    /// How long the steps took.
    pub seconds: StepSeconds,
    /// The most memory that the program held, in bytes; 0 where the system does not tell.
    pub peak_rss_bytes: u64,
}

/// What the page says of one task.
#[derive(Clone, Debug, Serialize)]
pub struct TaskReport {
    /// The task and its labels.
    pub task: Task,
    /// How many documents were learned from.
    pub train_documents: usize,
    /// Its learner's settings, as (name, value).
    pub learner_settings: Vec<(String, String)>,
    /// Figures on held-out training documents.
    pub held_out: TaskMetrics,
    /// What stands behind them.
    pub held_out_diagnostics: Diagnostics,
    /// The reliability that the raw scores would have there.
    pub uncalibrated: Reliability,
    /// What its probabilities are worth.
    pub probabilities: ProbabilityFigures,
    /// Figures on the test file, and what stands behind them.
    pub test: Option<(TaskMetrics, Diagnostics)>,
    /// How much more documents would help.
    pub learning_curve: LearningCurve,
    /// The most telling terms, one entry a label.
    pub terms: Vec<LabelTerms>,
}

/// The most terms for, and against, each label that the page shows.
const TERMS: usize = 8;

impl TrainingReport {
    /// What is known of a model as it comes from training. `curves` has one entry a task.
    pub fn new(trained: &TrainedModel, set: &TrainingSet, folds: usize, curves: Vec<LearningCurve>) -> Self {
        let manifest = &trained.manifest;
        let of_task = |(number, (curve, terms)): (usize, (LearningCurve, Vec<LabelTerms>))| {
            let task = &manifest.tasks[number];
            let (diagnostics, uncalibrated) = trained.diagnostics.get(number).cloned().unwrap_or_default();
            TaskReport {
                task: task.task.clone(),
                train_documents: set.articles_about(number).len(),
                learner_settings: card::settings(&task.learner),
                held_out: task.metrics.clone(),
                probabilities: trained.probabilities.get(number).map_or_else(ProbabilityFigures::default, |known| ProbabilityFigures {
                    calibration: known.calibration.clone(),
                    reliability: diagnostics.reliability.clone(),
                    risk_coverage: known.statements.risk_coverage(),
                    out_of_reach: known.out_of_reach.clone(),
                    ..ProbabilityFigures::default()
                }),
                held_out_diagnostics: diagnostics,
                uncalibrated,
                test: None,
                learning_curve: curve,
                terms,
            }
        };
        TrainingReport {
            trainer: manifest.trainer.clone(),
            training_data: manifest.training_data.clone(),
            languages: manifest.languages.clone(),
            folds,
            features: trained.vocabulary_size(),
            feature_settings: card::settings(&manifest.vectorizer),
            tasks: curves.into_iter().zip(telling_terms(trained, set, TERMS)).enumerate().map(of_task).collect(),
            ..TrainingReport::default()
        }
    }

    /// Adds how a task did on a test file.
    pub fn judged_on(&mut self, task: usize, file: &str, judgement: &TestJudgement) {
        let (files, documents) = self.test.get_or_insert_default();
        *files = if files.is_empty() { file.to_owned() } else { format!("{files}, {file}") };
        *documents += judgement.metrics.documents;
        if let Some(task) = self.tasks.get_mut(task) {
            task.probabilities.judged_on(judgement);
            task.test = Some((judgement.metrics.clone(), judgement.diagnostics.clone()));
        }
    }

    /// The page: one file of HTML that fetches nothing and runs nothing.
    pub fn to_html(&self) -> String {
        html::page(self)
    }
}

impl TaskReport {
    /// Figures on what it is to be judged by: the test file, or else the held-out training documents.
    pub(super) fn metrics(&self) -> &TaskMetrics {
        self.test.as_ref().map_or(&self.held_out, |(metrics, _)| metrics)
    }

    fn diagnostics(&self) -> &Diagnostics {
        self.test.as_ref().map_or(&self.held_out_diagnostics, |(_, diagnostics)| diagnostics)
    }

    fn is_single_label(&self) -> bool {
        self.task.kind == TaskKind::SingleLabel
    }

    /// A label's name as people read it; what a label's number is past the last stands for none.
    fn label(&self, label: usize) -> &str {
        self.task.labels.get(label).map_or("", |label| &label.display_name)
    }
}

#[cfg(test)]
mod tests;
