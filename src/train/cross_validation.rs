//! Scores of articles by models that have not seen them: what is calibrated on, and what is measured.

use linfa::traits::PredictInplace;
use ndarray::{Array2, ArrayView2, Axis};

use super::{
    TrainError, TrainingSet,
    diagnostics::{Diagnostics, uncalibrated_reliability},
    recipe::{Recipe, Seconds},
};
use crate::{
    corpus::{TaskKind, splits::stratified_folds},
    features::TokenizedCorpus,
    learn::{
        calibration::{self, Line},
        math::{sigmoid, softmax},
        metrics::{self, TaskMetrics},
        reliability::Reliability,
    },
};

/// The held-out scores of all articles, for each task articles by labels.
pub(super) struct CrossValidation {
    folds: usize,
    fold_of: Vec<usize>,
    scores: Vec<Array2<f32>>,
    kinds: Vec<TaskKind>,
}

/// How scores become labels.
pub(super) struct Decision {
    pub calibration: Vec<Line>,
    pub thresholds: Option<Vec<f32>>,
}

/// A task's decision, and how good it is.
pub(super) struct Judged {
    pub decision: Decision,
    pub metrics: TaskMetrics,
    /// What was judged: articles by labels, each by a decision that had not seen the article; zero for those that say nothing about the
    /// task.
    pub probabilities: Array2<f32>,
    selected: Array2<bool>,
}

impl CrossValidation {
    /// Holds out each fold in turn. Features are learned anew without it, too; glossaries are always learned from.
    pub fn run(recipe: &Recipe, set: &TrainingSet) -> Result<Self, TrainError> {
        Self::run_on_eighths(recipe, set, 8)
    }

    /// The same, learning from so many eighths of the articles that are not held out, in which labels keep their proportions.
    pub fn run_on_eighths(recipe: &Recipe, set: &TrainingSet, eighths: usize) -> Result<Self, TrainError> {
        let fold_of = stratified_folds(&set.strata(), &set.group_of, recipe.folds);
        let mut scores: Vec<Array2<f32>> = set.tasks.iter().map(|task| Array2::zeros((set.articles(), task.labels.len()))).collect();
        for fold in 0..recipe.folds {
            let (held_out, kept): (Vec<usize>, Vec<usize>) =
                (0..set.texts.len()).partition(|&document| document < set.articles() && fold_of[document] == fold);
            let kept = if eighths < 8 { thinned(set, &kept, eighths) } else { kept };
            let (vectorizer, learned) = recipe.fit(set, &kept, &mut Seconds::default())?;
            let texts: Vec<_> = held_out.iter().map(|&document| set.texts[document].clone()).collect();
            let rows = vectorizer.transform(&TokenizedCorpus::new(&texts, vectorizer.settings().analyzer));
            for (task, learned) in learned.iter().enumerate() {
                let mut of_fold = learned.default_target(&rows);
                learned.predict_inplace(&rows, &mut of_fold);
                for (row, &document) in held_out.iter().enumerate() {
                    scores[task].row_mut(document).assign(&of_fold.row(row));
                }
            }
        }
        Ok(CrossValidation { folds: recipe.folds, fold_of, scores, kinds: set.tasks.iter().map(|task| task.kind).collect() })
    }

    /// The decision for a task, from all held-out scores. It is judged fold by fold, each by a decision from the other folds, so that
    /// no document is judged by what was learned from it.
    pub fn judge(&self, task: usize, set: &TrainingSet) -> Judged {
        let scores = &self.scores[task];
        let about = set.articles_about(task);
        let truth = set.targets(task, &(0..set.articles()).collect::<Vec<_>>());
        let mut probabilities = Array2::zeros(scores.dim());
        let mut selected = Array2::from_elem(scores.dim(), false);
        for fold in 0..self.folds {
            let (of_fold, others): (Vec<usize>, Vec<usize>) = about.iter().partition(|&&document| self.fold_of[document] == fold);
            let decision = self.decide(task, &others, truth.view());
            for document in of_fold {
                let of_document = decision.probabilities(self.kinds[task], scores.row(document).as_slice().unwrap_or_default());
                for (label, &probability) in of_document.iter().enumerate() {
                    probabilities[[document, label]] = probability;
                    selected[[document, label]] = decision.thresholds.as_ref().is_some_and(|thresholds| probability >= thresholds[label]);
                }
            }
        }
        let judged = |of: &Array2<f32>| of.select(Axis(0), &about);
        let truth_about = truth.select(Axis(0), &about);
        let metrics = match self.kinds[task] {
            TaskKind::SingleLabel => metrics::evaluate_single(judged(&probabilities).view(), &single_labels(truth_about.view())),
            TaskKind::MultiLabel => {
                metrics::evaluate_multi(judged(&probabilities).view(), selected.select(Axis(0), &about).view(), truth_about.view())
            }
        };
        Judged { decision: self.decide(task, &about, truth.view()), metrics, probabilities, selected }
    }

    /// What stands behind the figures, and the reliability that the raw scores would have had.
    pub fn diagnose(&self, task: usize, set: &TrainingSet, judged: &Judged) -> (Diagnostics, Reliability) {
        let about = set.articles_about(task);
        let truth: Vec<&[usize]> = about.iter().map(|&document| set.labels(document, task)).collect();
        let (kind, rows) = (self.kinds[task], Axis(0));
        let (probabilities, selected) = (judged.probabilities.select(rows, &about), judged.selected.select(rows, &about));
        (
            Diagnostics::measure(kind, probabilities.view(), selected.view(), &truth),
            uncalibrated_reliability(kind, self.scores[task].select(rows, &about).view(), &truth),
        )
    }

    /// Calibrates on the held-out scores of `documents`, and chooses thresholds there.
    fn decide(&self, task: usize, documents: &[usize], truth: ArrayView2<bool>) -> Decision {
        let scores = self.scores[task].select(Axis(0), documents);
        let truth = truth.select(Axis(0), documents);
        let labels = scores.ncols();
        match self.kinds[task] {
            TaskKind::SingleLabel => {
                let line = calibration::temperature(scores.view(), &single_labels(truth.view()));
                Decision { calibration: vec![line; labels], thresholds: None }
            }
            TaskKind::MultiLabel => {
                let calibration: Vec<Line> =
                    (0..labels).map(|label| calibration::platt(scores.column(label), truth.column(label))).collect();
                let threshold = |label: usize| {
                    let probabilities = scores.column(label).mapv(|score| sigmoid(calibration[label].apply(score)));
                    calibration::threshold_for_f1(probabilities.view(), truth.column(label))
                };
                let thresholds = Some((0..labels).map(threshold).collect());
                Decision { calibration, thresholds }
            }
        }
    }
}

impl Decision {
    fn probabilities(&self, kind: TaskKind, scores: &[f32]) -> Vec<f32> {
        let calibrated: Vec<f32> = scores.iter().zip(&self.calibration).map(|(score, line)| line.apply(*score)).collect();
        match kind {
            TaskKind::SingleLabel => {
                let mut probabilities = Vec::new();
                softmax(&calibrated, &mut probabilities);
                probabilities
            }
            TaskKind::MultiLabel => calibrated.into_iter().map(sigmoid).collect(),
        }
    }
}

/// So many eighths of the articles among `kept`, and all of its glossary terms. Each part holds the smaller ones.
fn thinned(set: &TrainingSet, kept: &[usize], eighths: usize) -> Vec<usize> {
    let strata = set.strata();
    let articles: Vec<_> = kept.iter().filter_map(|&document| strata.get(document).copied()).collect();
    // A group goes by the place of its first article here.
    let mut first_of_group = vec![u32::MAX; strata.len()];
    let mut group_of = Vec::with_capacity(articles.len());
    for (&document, place) in kept.iter().take(articles.len()).zip(0..) {
        let first = &mut first_of_group[set.group_of[document] as usize];
        *first = (*first).min(place);
        group_of.push(*first);
    }
    let eighth_of = stratified_folds(&articles, &group_of, 8);
    let taken = |&(place, _): &(usize, &usize)| eighth_of.get(place).is_none_or(|&eighth| eighth < eighths);
    kept.iter().enumerate().filter(taken).map(|(_, &document)| document).collect()
}

/// The one label of each document; the loader has made sure of it.
fn single_labels(truth: ArrayView2<bool>) -> Vec<usize> {
    truth.rows().into_iter().map(|row| row.iter().position(|has| *has).unwrap_or_default()).collect()
}
