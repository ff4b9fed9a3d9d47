//! Scores of articles by models that have not seen them: what is calibrated on, and what is measured.

use std::borrow::Cow;

use linfa::traits::PredictInplace;
use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::{
    CalibrationEffort, CalibrationFigures, CandidateFigures, TrainError, TrainingSet,
    calibrator::{Calibrator, Fitted, choose, single_labels},
    diagnostics::{Diagnostics, uncalibrated_reliability},
    recipe::{Recipe, Seconds},
};
use crate::{
    corpus::{TaskKind, splits::stratified_folds},
    features::{IgnoredColumns, TokenizedCorpus},
    learn::{
        calibration::{Calibration, Line},
        metrics::{self, TaskMetrics},
        reliability::Reliability,
        selective::Statements,
        thresholds::{self, ThresholdAim},
    },
};

/// The held-out scores of all articles, for each task articles by labels.
pub(super) struct CrossValidation {
    folds: usize,
    fold_of: Vec<usize>,
    scores: Vec<Array2<f32>>,
    kinds: Vec<TaskKind>,
    effort: CalibrationEffort,
    aim: ThresholdAim,
}

/// How scores become labels.
pub(super) struct Decision {
    pub calibration: Calibration,
    /// One a label of a multi-label task.
    pub thresholds: Option<Vec<f32>>,
    /// Labels that can't be given with the precision asked for.
    pub out_of_reach: Vec<usize>,
}

/// A task's decision, and how good it is.
pub(super) struct Judged {
    pub decision: Decision,
    pub metrics: TaskMetrics,
    /// What was judged: articles by labels, each by a decision that had not seen the article; zero for those that say nothing about the
    /// task.
    pub probabilities: Array2<f32>,
    selected: Array2<bool>,
    /// How the calibrations compared.
    pub figures: CalibrationFigures,
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
                let ignored = IgnoredColumns::find(&vectorizer, &set.ignored[task]);
                let rows = ignored.map_or(Cow::Borrowed(&rows), |ignored| Cow::Owned(ignored.without(&rows)));
                let mut of_fold = learned.default_target(&rows);
                learned.predict_inplace(&rows, &mut of_fold);
                for (row, &document) in held_out.iter().enumerate() {
                    scores[task].row_mut(document).assign(&of_fold.row(row));
                }
            }
        }
        let kinds = set.tasks.iter().map(|task| task.kind).collect();
        Ok(CrossValidation { folds: recipe.folds, fold_of, scores, kinds, effort: recipe.calibration, aim: recipe.thresholds })
    }

    /// As [`CrossValidation::judge`], for each task.
    pub fn judge_all(&self, set: &TrainingSet) -> Vec<Judged> {
        (0..self.kinds.len()).map(|task| self.judge(task, set)).collect()
    }

    /// The decision for a task, from all held-out scores. It is judged fold by fold, each by a decision from the other folds, so that
    /// no document is judged by what was learned from it; and of several calibrations the one that is judged best is taken.
    pub fn judge(&self, task: usize, set: &TrainingSet) -> Judged {
        let kind = self.kinds[task];
        let about = set.articles_about(task);
        let truth = set.targets(task, &(0..set.articles()).collect::<Vec<_>>());
        let candidates = Calibrator::candidates(self.effort, kind);
        let mut measured = Vec::with_capacity(candidates.len());
        // What the one that is the best so far gave: all together would be six times the scores.
        let mut best = None;
        for &calibrator in candidates {
            let judged = self.judge_calibrator(calibrator, task, &about, truth.view());
            let TaskMetrics { log_loss, ece, accuracy, .. } = judged.2;
            measured.push(CandidateFigures { name: calibrator.name(kind), eligible: calibrator.is_eligible(), log_loss, ece, accuracy });
            if best.is_none() || choose(&measured).0 + 1 == measured.len() {
                best = Some(judged);
            }
        }
        let (place, reason) = choose(&measured);
        let figures = CalibrationFigures { chosen: measured[place].name, reason, folds: self.folds, candidates: measured };
        let (probabilities, selected, metrics) = best.expect("there is a calibrator for each kind of task");
        let decision = self.decide(candidates[place], task, &about, truth.view());
        Judged { decision, metrics, probabilities, selected, figures }
    }

    /// The probabilities of the articles `about` a task by one calibrator, each from the other folds, which labels they select, and how
    /// good they are.
    fn judge_calibrator(
        &self,
        calibrator: Calibrator,
        task: usize,
        about: &[usize],
        truth: ArrayView2<bool>,
    ) -> (Array2<f32>, Array2<bool>, TaskMetrics) {
        let (kind, scores) = (self.kinds[task], &self.scores[task]);
        let of_fold = |fold: usize| {
            let (of_fold, others): (Vec<usize>, Vec<usize>) = about.iter().partition(|&&document| self.fold_of[document] == fold);
            let fitted = self.fit(calibrator, task, &others, truth);
            let thresholds = self.thresholds(&fitted, task, &others, truth).0;
            let probabilities = fitted.probabilities(kind, scores.select(Axis(0), &of_fold).view());
            (of_fold, probabilities, thresholds)
        };
        let folds: Vec<_> = (0..self.folds).into_par_iter().map(of_fold).collect();
        let mut probabilities = Array2::zeros(scores.dim());
        let mut selected = Array2::from_elem(scores.dim(), false);
        for (documents, of_fold, thresholds) in folds {
            for (&document, row) in documents.iter().zip(of_fold.rows()) {
                probabilities.row_mut(document).assign(&row);
                for (label, &probability) in row.iter().enumerate() {
                    selected[[document, label]] = thresholds.as_ref().is_some_and(|thresholds| probability >= thresholds[label]);
                }
            }
        }
        let (judged, truth) = (probabilities.select(Axis(0), about), truth.select(Axis(0), about));
        let metrics = match kind {
            TaskKind::SingleLabel => metrics::evaluate_single(judged.view(), &single_labels(truth.view())),
            TaskKind::MultiLabel => metrics::evaluate_multi(judged.view(), selected.select(Axis(0), about).view(), truth.view()),
        };
        (probabilities, selected, metrics)
    }

    /// The best label of each article about the task.
    pub fn statements(&self, task: usize, set: &TrainingSet, judged: &Judged) -> Statements {
        let about = set.articles_about(task);
        let probabilities = judged.probabilities.select(Axis(0), &about);
        Statements::of_best_labels(probabilities.view(), |row, label| set.labels(about[row], task).contains(&label))
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
    fn decide(&self, calibrator: Calibrator, task: usize, documents: &[usize], truth: ArrayView2<bool>) -> Decision {
        let fitted = self.fit(calibrator, task, documents, truth);
        let (thresholds, out_of_reach) = self.thresholds(&fitted, task, documents, truth);
        let calibration = match fitted {
            Fitted::Served(calibration) => calibration,
            // Not reached: only what a model can be served with is chosen.
            Fitted::Isotonic(labels) => Calibration::straight(vec![Line::IDENTITY; labels.len()]),
        };
        Decision { calibration, thresholds, out_of_reach }
    }

    fn fit(&self, calibrator: Calibrator, task: usize, documents: &[usize], truth: ArrayView2<bool>) -> Fitted {
        let scores = self.scores[task].select(Axis(0), documents);
        calibrator.fit(self.kinds[task], scores.view(), truth.select(Axis(0), documents).view())
    }

    /// The thresholds of a multi-label task, and the labels for which there is none as good as was asked for.
    fn thresholds(&self, fitted: &Fitted, task: usize, documents: &[usize], truth: ArrayView2<bool>) -> (Option<Vec<f32>>, Vec<usize>) {
        if self.kinds[task] == TaskKind::SingleLabel {
            return (None, Vec::new());
        }
        let probabilities = fitted.probabilities(TaskKind::MultiLabel, self.scores[task].select(Axis(0), documents).view());
        let truth = truth.select(Axis(0), documents);
        let mut out_of_reach = Vec::new();
        let threshold = |label: usize| {
            self.aim.choose(probabilities.column(label), truth.column(label)).unwrap_or_else(|| {
                out_of_reach.push(label);
                thresholds::NEVER
            })
        };
        (Some((0..truth.ncols()).map(threshold).collect()), out_of_reach)
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
