//! The gate: a new version answers only if it is not worse than the one that answers now.
//!
//! Both are judged on the same documents, those that both were trained on, by what each predicted while the document was held out of its
//! training. The metrics in the manifests would not do: each is over the documents of its own training.

use std::{collections::BTreeMap, fmt};

use ndarray::{Array2, s};

use super::{TrainedModel, TrainingSet};
use crate::{
    corpus::TaskKind,
    learn::metrics,
    model::{Manifest, Model, ModelError, OutOfFold, Store, TaskManifest},
    text::figures::{counted, thousands},
};

/// A version may be worse by this much in micro-F1, where nobody says otherwise.
pub const DEFAULT_TOLERANCE: f64 = 0.01;
/// By how many tolerances the log-loss, in nats, may be higher. It moves more than micro-F1 does.
const LOG_LOSS_TOLERANCES: f64 = 5.0;
/// With fewer documents in common there is nothing to be said.
const MIN_DOCUMENTS: usize = 50;

/// How a new version compares with the one that answers now.
#[derive(Clone, Debug, PartialEq)]
pub enum Gate {
    /// The new version is the one that answers.
    Same,
    /// It can't be said, for this reason.
    NotCompared(String),
    /// It was measured.
    Compared(Comparison),
}

/// Two versions of a model on the same documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Resource name of the version that answers now.
    pub live: String,
    /// How much lower the micro-F1 of the new one may be.
    pub tolerance: f64,
    /// The tasks of the version that answers now.
    pub tasks: Vec<TaskComparison>,
}

/// Two versions of a model in one task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskComparison {
    /// The task's name.
    pub task: String,
    /// How many documents both were trained on.
    pub documents: usize,
    /// How good the version is that answers now.
    pub live: HeldOutFigures,
    /// How good the new one is.
    pub new: HeldOutFigures,
    /// What follows.
    pub verdict: Verdict,
}

/// How good a version is on documents that were held out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeldOutFigures {
    /// F1 over all decisions together; where a document has exactly one label, the share that was right.
    pub micro_f1: f64,
    /// In nats.
    pub log_loss: f64,
}

/// What a comparison says of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The new version is as good, within the tolerance, or better.
    AsGood,
    /// It is worse.
    Worse,
    /// It does not have this task, or asks for one label where it was any number, or the other way round.
    Missing,
    /// Too few documents say something about it.
    TooFewDocuments,
}

impl Gate {
    /// Compares a model that was trained on `set`, and has this fingerprint, with the version of `name` that answers now.
    pub fn compare(store: &Store, name: &str, set: &TrainingSet, trained: &TrainedModel, fingerprint: &str, tolerance: f64) -> Gate {
        let live = match answering(store, name) {
            Ok(Some(live)) => live,
            Ok(None) => return Gate::NotCompared(format!("there is no earlier version of {name}")),
            Err(error) => return Gate::NotCompared(error.to_string()),
        };
        if live.manifest().fingerprint == fingerprint {
            return Gate::Same;
        }
        let (predictions, problem) = match store.out_of_fold(name, live.version(), live.manifest()) {
            Ok(Some(predictions)) => (predictions, None),
            Ok(None) => (OutOfFold::default(), Some(format!("{} has no predictions on held-out documents", live.resource_name()))),
            Err(error) => (OutOfFold::default(), Some(error.to_string())),
        };
        let new = Version { manifest: &trained.manifest, predictions: &trained.out_of_fold };
        let tasks = compare_tasks(set, new, Version { manifest: live.manifest(), predictions: &predictions }, tolerance);
        if tasks.iter().all(|task| task.verdict == Verdict::TooFewDocuments) {
            let most = tasks.iter().map(|task| task.documents).max().unwrap_or_default();
            let too_few = || {
                let documents = counted(most, "document", "documents");
                format!("{documents} in common with {}, and {MIN_DOCUMENTS} are needed", live.resource_name())
            };
            return Gate::NotCompared(problem.unwrap_or_else(too_few));
        }
        Gate::Compared(Comparison { live: live.resource_name().to_owned(), tolerance, tasks })
    }

    /// Whether the new version may answer. What can't be compared may.
    pub fn is_open(&self) -> bool {
        match self {
            Gate::Same | Gate::NotCompared(_) => true,
            Gate::Compared(comparison) => !comparison.tasks.iter().any(|task| matches!(task.verdict, Verdict::Worse | Verdict::Missing)),
        }
    }
}

/// The version that answers for a model's name alone, if there is one.
fn answering(store: &Store, name: &str) -> Result<Option<Model>, ModelError> {
    let models = match store.survey() {
        Err(ModelError::NoModels(_)) => return Ok(None),
        models => models?,
    };
    let entry = models.into_iter().find(|(model, _)| model == name).map(|(_, entry)| entry).transpose()?;
    entry.and_then(|entry| entry.default_version()).map(|version| store.load(name, version)).transpose()
}

/// A version, with what it predicted of its training documents.
#[derive(Clone, Copy)]
struct Version<'a> {
    manifest: &'a Manifest,
    predictions: &'a OutOfFold,
}

/// A document in one task: what each version says of it, and the new one's labels.
struct CommonDocument<'a> {
    live: &'a [f32],
    new: &'a [f32],
    labels: &'a [usize],
}

/// One entry for each task of the live version.
fn compare_tasks(set: &TrainingSet, new: Version, live: Version, tolerance: f64) -> Vec<TaskComparison> {
    let hashes = set.hashes();
    let compare = |(live_number, live_task): (usize, &TaskManifest)| {
        let same = |task: &TaskManifest| task.task.name == live_task.task.name && task.task.kind == live_task.task.kind;
        let Some(new_number) = new.manifest.tasks.iter().position(same) else {
            return TaskComparison::without_figures(live_task, 0, Verdict::Missing);
        };
        let mut labels = BTreeMap::new();
        for article in set.articles_about(new_number) {
            labels.entry(hashes[article]).or_insert_with(|| set.labels(article, new_number));
        }
        let in_common = labels.into_iter().filter_map(|(document, labels)| {
            let live = live.predictions.probabilities(document, live_number)?;
            Some(CommonDocument { live, new: new.predictions.probabilities(document, new_number)?, labels })
        });
        let documents: Vec<CommonDocument> = in_common.collect();
        compare_task(&new.manifest.tasks[new_number], live_task, &documents, tolerance)
    };
    live.manifest.tasks.iter().enumerate().map(compare).collect()
}

fn compare_task(new: &TaskManifest, live: &TaskManifest, documents: &[CommonDocument], tolerance: f64) -> TaskComparison {
    if documents.len() < MIN_DOCUMENTS {
        return TaskComparison::without_figures(live, documents.len(), Verdict::TooFewDocuments);
    }
    // A column for each label of the new version, and after them one for each that only the live one has: to give one of these is wrong.
    let (own, mut width) = (new.task.labels.len(), new.task.labels.len());
    let mut column = |name: &str| {
        new.task.label_index(name).unwrap_or_else(|| {
            width += 1;
            width - 1
        })
    };
    let live_columns: Vec<usize> = live.task.labels.iter().map(|label| column(&label.name)).collect();
    let new_columns: Vec<usize> = (0..own).collect();
    let truth: Vec<&[usize]> = documents.iter().map(|document| document.labels).collect();
    let live_figures = judge(live, &live_columns, (own, width), documents.iter().map(|document| document.live), &truth);
    let new_figures = judge(new, &new_columns, (own, width), documents.iter().map(|document| document.new), &truth);
    let is_worse = new_figures.micro_f1 < live_figures.micro_f1 - tolerance
        || new_figures.log_loss > live_figures.log_loss + LOG_LOSS_TOLERANCES * tolerance;
    TaskComparison {
        task: live.task.name.clone(),
        documents: documents.len(),
        live: live_figures,
        new: new_figures,
        verdict: if is_worse { Verdict::Worse } else { Verdict::AsGood },
    }
}

/// Judges predictions by the labels that are true. Those of a version's label belong into one of `columns`; of these there are `width`, and
/// the first `own` are those that can be true. What is not predicted has the probability 0.
fn judge<'p>(
    task: &TaskManifest,
    columns: &[usize],
    (own, width): (usize, usize),
    predictions: impl Iterator<Item = &'p [f32]>,
    truth: &[&[usize]],
) -> HeldOutFigures {
    let mut probabilities = Array2::zeros((truth.len(), width));
    let mut selected = Array2::from_elem((truth.len(), width), false);
    for (row, predicted) in predictions.enumerate() {
        for (label, (&probability, &column)) in predicted.iter().zip(columns).enumerate() {
            probabilities[[row, column]] = probability;
            selected[[row, column]] = probability >= task.threshold(label);
        }
    }
    let metrics = match task.task.kind {
        TaskKind::SingleLabel => {
            let labels: Vec<usize> = truth.iter().map(|labels| labels.first().copied().unwrap_or(usize::MAX)).collect();
            metrics::evaluate_single(probabilities.view(), &labels)
        }
        TaskKind::MultiLabel => {
            let has = Array2::from_shape_fn((truth.len(), own), |(row, label)| truth[row].contains(&label));
            metrics::evaluate_multi(probabilities.slice(s![.., ..own]), selected.slice(s![.., ..own]), has.view())
        }
    };
    HeldOutFigures { micro_f1: metrics.micro_f1, log_loss: metrics.log_loss }
}

impl TaskComparison {
    fn without_figures(live: &TaskManifest, documents: usize, verdict: Verdict) -> TaskComparison {
        let (live, task) = (HeldOutFigures::default(), live.task.name.clone());
        TaskComparison { task, documents, live, new: live, verdict }
    }
}

impl fmt::Display for Gate {
    /// A line, or a small table, for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Gate::Same => Ok(()),
            Gate::NotCompared(reason) => writeln!(f, "not compared with the version that answers now: {reason}"),
            Gate::Compared(comparison) => comparison.fmt(f),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Comparison { live, tolerance, tasks } = self;
        writeln!(f, "Compared with {live}, which answers now, on documents that both had held out:\n")?;
        let width = tasks.iter().map(|task| task.task.chars().count()).max().unwrap_or(0).max(4);
        writeln!(f, "  {:width$}  documents  micro-F1 live     new  log-loss live     new", "task")?;
        for TaskComparison { task, documents, live, new, verdict } in tasks {
            let documents = thousands(*documents);
            match verdict {
                Verdict::AsGood | Verdict::Worse => writeln!(
                    f,
                    "  {task:width$}  {documents:>9}  {:13.4}  {:.4}  {:13.4}  {:.4}  {}",
                    live.micro_f1,
                    new.micro_f1,
                    live.log_loss,
                    new.log_loss,
                    if *verdict == Verdict::Worse { "worse" } else { "as good" }
                )?,
                Verdict::Missing => writeln!(f, "  {task:width$}  {:>9}  the new version does not have this task", "")?,
                Verdict::TooFewDocuments => writeln!(f, "  {task:width$}  {documents:>9}  too few to compare")?,
            }
        }
        let log_loss = LOG_LOSS_TOLERANCES * tolerance;
        writeln!(f, "\n  worse: a micro-F1 lower by more than {tolerance}, a log-loss higher by more than {log_loss:.4}, or no such task\n")
    }
}

#[cfg(test)]
mod tests;
