//! Judging a model by a labelled file that it was not trained on.

use std::time::Instant;

use ndarray::{Array2, ArrayView1, Axis};
use serde::Serialize;

use super::Diagnostics;
use crate::{
    corpus::{LabelledCorpus, TaskKind},
    learn::{
        calibration::{Calibration, Line},
        metrics::{self, TaskMetrics},
        selective::Statements,
    },
    model::{Abstention, Model},
};

/// How a model did on a test file.
#[derive(Clone, Debug)]
pub struct TestJudgement {
    /// Every row judged, abstained or not, by the best label.
    pub metrics: TaskMetrics,
    /// The same by the scores as they were before calibration.
    pub uncalibrated: TaskMetrics,
    /// What stands behind the metrics.
    pub diagnostics: Diagnostics,
    /// How good it was on the rows that were asked for apart; none if none were.
    pub of_rows: Option<TaskMetrics>,
    /// What came of abstaining.
    pub abstention: AbstentionFigures,
    /// The best label of each document.
    pub statements: Statements,
    /// How long it took to classify the file, in seconds.
    pub seconds: f64,
}

/// What comes of a model's abstaining: accuracy is that of the best label, which a model names also where it abstains. In multi-label
/// tasks the best label is right if it is one of the document's.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AbstentionFigures {
    /// How many documents were answered.
    pub answered: usize,
    /// How many were not for their language.
    pub unsupported_language: usize,
    /// How many were not for their unknown words.
    pub unknown_vocabulary: usize,
    /// Which share was answered.
    pub coverage: f64,
    /// Accuracy over the answered documents; none if there are none.
    pub accuracy_answered: Option<f64>,
    /// Accuracy over the others, had they been answered; none if there are none.
    pub accuracy_abstained: Option<f64>,
}

/// Classifies a test file on this thread, and judges every row of it in one task, abstained or not, by the best label; `rows` once more
/// apart.
pub fn judge_test_file(model: &Model, task: usize, test: &LabelledCorpus, rows: &[usize]) -> TestJudgement {
    let tasks = &model.manifest().tasks;
    let of = &tasks[task];
    let (documents, labels) = (test.documents.len(), of.task.labels.len());
    let first: usize = tasks[..task].iter().map(|task| task.task.labels.len()).sum();
    let mut raw = Array2::zeros((documents, labels));
    let mut probabilities = Array2::zeros((documents, labels));
    let mut abstained: Vec<Option<Abstention>> = Vec::with_capacity(documents);
    let start = Instant::now();
    let mut scratch = model.scratch();
    for (row, document) in test.documents.iter().enumerate() {
        let answer = model.classify(document.fields(), document.language.as_deref(), &mut scratch).tasks.swap_remove(task);
        probabilities.row_mut(row).assign(&ArrayView1::from(&answer.probabilities));
        raw.row_mut(row).assign(&ArrayView1::from(&scratch.raw_scores()[first..first + labels]));
        abstained.push(answer.abstention);
    }
    let seconds = start.elapsed().as_secs_f64();

    let truth = test.label_indices(&of.task);
    // By probability alone: an answer that abstains selects nothing.
    let threshold = |label: usize| of.thresholds.as_ref().map_or(f32::INFINITY, |thresholds| thresholds[label]);
    let selected_by = |probabilities: &Array2<f32>| {
        Array2::from_shape_fn(probabilities.dim(), |(row, label)| probabilities[[row, label]] >= threshold(label))
    };
    let judge = |probabilities: &Array2<f32>, rows: &[usize]| {
        let probabilities = probabilities.select(Axis(0), rows);
        match of.task.kind {
            TaskKind::SingleLabel => {
                let truth: Vec<usize> = rows.iter().map(|&row| truth[row].first().copied().unwrap_or(usize::MAX)).collect();
                metrics::evaluate_single(probabilities.view(), &truth)
            }
            TaskKind::MultiLabel => {
                let truth = Array2::from_shape_fn((rows.len(), labels), |(row, label)| truth[rows[row]].contains(&label));
                metrics::evaluate_multi(probabilities.view(), selected_by(&probabilities).view(), truth.view())
            }
        }
    };
    let all: Vec<usize> = (0..documents).collect();
    let untouched = Calibration::straight(vec![Line::IDENTITY; labels]).probabilities(of.task.kind == TaskKind::MultiLabel, raw.view());
    let labels_of: Vec<&[usize]> = truth.iter().map(Vec::as_slice).collect();
    let statements = Statements::of_best_labels(probabilities.view(), |document, label| truth[document].contains(&label));
    TestJudgement {
        metrics: judge(&probabilities, &all),
        uncalibrated: judge(&untouched, &all),
        diagnostics: Diagnostics::measure(of.task.kind, probabilities.view(), selected_by(&probabilities).view(), &labels_of),
        of_rows: (!rows.is_empty()).then(|| judge(&probabilities, rows)),
        abstention: AbstentionFigures::new(&statements, &abstained),
        statements,
        seconds,
    }
}

impl AbstentionFigures {
    /// From what was stated of each document, and why it was not answered, if it was not.
    fn new(best: &Statements, abstained: &[Option<Abstention>]) -> Self {
        let count = |of: fn(&Abstention) -> bool| abstained.iter().flatten().filter(|why| of(why)).count();
        let answered = abstained.iter().filter(|why| why.is_none()).count();
        let accuracy = |answers: bool| best.select(|document| abstained[document].is_none() == answers).accuracy();
        AbstentionFigures {
            answered,
            unsupported_language: count(|why| matches!(why, Abstention::UnsupportedLanguage { .. })),
            unknown_vocabulary: count(|why| matches!(why, Abstention::UnknownVocabulary { .. })),
            coverage: answered as f64 / abstained.len().max(1) as f64,
            accuracy_answered: accuracy(true),
            accuracy_abstained: accuracy(false),
        }
    }

    /// A line for people.
    pub fn line(&self) -> String {
        let documents = self.answered + self.unsupported_language + self.unknown_vocabulary;
        let percent = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.1} %", 100.0 * share));
        format!(
            "  answered {} of {documents} documents ({:.1} %): {} right; {} in another language and {} of unknown words: {} right, had they been answered\n",
            self.answered,
            100.0 * self.coverage,
            percent(self.accuracy_answered),
            self.unsupported_language,
            self.unknown_vocabulary,
            percent(self.accuracy_abstained),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abstaining_is_judged_apart_from_answering() {
        let best: Statements = [(0.9, true), (0.8, false), (0.7, true), (0.2, false)].into_iter().collect();
        let unknown = Some(Abstention::UnknownVocabulary { known: 0, words: 9 });
        let foreign = Some(Abstention::UnsupportedLanguage { language: "de".into(), supported: vec!["en".into()] });
        let figures = AbstentionFigures::new(&best, &[None, None, foreign, unknown]);
        assert_eq!((figures.answered, figures.unsupported_language, figures.unknown_vocabulary, figures.coverage), (2, 1, 1, 0.5));
        assert_eq!((figures.accuracy_answered, figures.accuracy_abstained), (Some(0.5), Some(0.5)));
        assert_eq!(AbstentionFigures::new(&best, &[const { None }; 4]).accuracy_abstained, None);
    }
}
