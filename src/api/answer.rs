//! What a model says, as the messages of the interface.

use super::{
    offsets::Offsets,
    request::{Document, Evidence, Selection},
    v1,
};
use crate::{
    corpus::Task,
    model::{Abstention, Classification, Explanation, TaskClassification},
    text::Fields,
};

/// The part of an answer that a selection lets through: which labels are told and which explained, as indices.
pub(super) struct Told {
    /// For each task of the selection, its labels by falling probability.
    labels: Vec<Vec<usize>>,
    /// (task, label) of all labels that are explained, task by task, by falling probability.
    pub(super) explained: Vec<(usize, usize)>,
}

impl Told {
    /// Chooses what to tell of a classification.
    ///
    /// Explained are the labels that the answer has as selected, and those of `explain_labels` in the tasks that are answered.
    pub(super) fn choose(classification: &Classification, selection: &Selection) -> Told {
        let (mut labels, mut explained) = (Vec::with_capacity(selection.tasks.len()), Vec::new());
        for &task in &selection.tasks {
            let answer = &classification.tasks[task];
            let ranked = by_falling_probability(answer);
            let enough = |&&label: &&usize| answer.probabilities[label] >= selection.min_probability;
            let told: Vec<usize> = ranked.iter().filter(enough).take(selection.max_labels.unwrap_or(usize::MAX)).copied().collect();
            if selection.evidence > Evidence::None {
                let is_selected = |label| answer.abstention.is_none() && answer.selected[label] && told.contains(&label);
                let is_asked_for = |label| selection.explain_labels.binary_search(&(task, label)).is_ok();
                explained.extend(ranked.into_iter().filter(|&label| is_asked_for(label) || is_selected(label)).map(|label| (task, label)));
            }
            labels.push(told);
        }
        Told { labels, explained }
    }

    /// The message. `explanations` are those of [`Told::explained`], in its order; `tasks` are all the model's.
    pub(super) fn answer(
        &self,
        document: &Document,
        model_version: &str,
        tasks: &[&Task],
        classification: &Classification,
        explanations: &[Explanation],
        selection: &Selection,
    ) -> v1::Classification {
        let mut evidence = evidence(document.fields, explanations, selection).into_iter().zip(&self.explained).peekable();
        let answers = selection.tasks.iter().zip(&self.labels).map(|(&index, told)| {
            let (task, answer) = (tasks[index], &classification.tasks[index]);
            let mut of_task = Vec::new();
            while let Some((mut message, &(_, label))) = evidence.next_if(|(_, (task, _))| *task == index) {
                message.label.clone_from(&task.labels[label].name);
                of_task.push(message);
            }
            v1::TaskClassification {
                task: task.name.clone(),
                labels: told.iter().map(|&label| label_message(task, answer, label)).collect(),
                abstention: answer.abstention.as_ref().map(abstention_message),
                evidence: of_task,
            }
        });
        let answers = answers.collect();
        v1::Classification {
            document_id: document.id.to_owned(),
            model_version: model_version.to_owned(),
            language_code: classification.language.clone(),
            language_supported: classification.language_supported,
            tasks: answers,
        }
    }
}

/// All labels of a task; equal ones stay in the order of the taxonomy.
fn by_falling_probability(answer: &TaskClassification) -> Vec<usize> {
    let mut labels: Vec<usize> = (0..answer.probabilities.len()).collect();
    labels.sort_by(|&a, &b| answer.probabilities[b].total_cmp(&answer.probabilities[a]));
    labels
}

fn label_message(task: &Task, answer: &TaskClassification, label: usize) -> v1::LabelClassification {
    v1::LabelClassification {
        name: task.labels[label].name.clone(),
        display_name: task.labels[label].display_name.clone(),
        probability: answer.probabilities[label],
        subtree_probability: answer.subtree_probabilities[label],
        selected: answer.selected[label],
        score: answer.scores[label],
    }
}

fn abstention_message(abstention: &Abstention) -> v1::Abstention {
    let reason = match abstention {
        Abstention::UnsupportedLanguage { .. } => v1::AbstentionReason::UnsupportedLanguage,
        Abstention::UnknownVocabulary { .. } => v1::AbstentionReason::UnknownVocabulary,
    };
    v1::Abstention { reason: reason as i32, detail: abstention.to_string() }
}

/// The parts of explanations that a selection lets through. The labels' names are still empty.
fn evidence(document: Fields, explanations: &[Explanation], selection: &Selection) -> Vec<v1::LabelEvidence> {
    let parts: Vec<_> = explanations
        .iter()
        .map(|explanation| {
            let terms = if selection.evidence == Evidence::Terms { explanation.terms.as_slice() } else { &[] };
            (
                explanation,
                cut(&explanation.sentences, selection.max_evidence, |sentence| sentence.contribution),
                cut(terms, selection.max_evidence, |term| term.contribution),
            )
        })
        .collect();

    let sentence_ranges = parts.iter().flat_map(|(_, sentences, _)| &sentences.shown).map(|sentence| (sentence.field, &sentence.range));
    let term_ranges =
        parts.iter().flat_map(|(_, _, terms)| &terms.shown).flat_map(|term| &term.occurrences).map(|(field, range)| (*field, range));
    let offsets = Offsets::new(document, selection.encoding, sentence_ranges.chain(term_ranges));
    let text = |field, range: &std::ops::Range<usize>| document.get(field).get(range.clone()).unwrap_or_default().to_owned();

    parts
        .iter()
        .map(|(explanation, sentences, terms)| v1::LabelEvidence {
            label: String::new(),
            score: explanation.score,
            intercept: explanation.intercept,
            sentences: sentences
                .shown
                .iter()
                .map(|sentence| v1::SentenceEvidence {
                    span: Some(offsets.span(sentence.field, &sentence.range)),
                    text: text(sentence.field, &sentence.range),
                    contribution: sentence.contribution,
                })
                .collect(),
            other_sentences: sentences.rest,
            terms: terms
                .shown
                .iter()
                .map(|term| v1::TermEvidence {
                    term: term.term.clone(),
                    text: term.occurrences.first().map(|(field, range)| text(*field, range)).unwrap_or_default(),
                    contribution: term.contribution,
                    occurrences: term.occurrences.iter().map(|(field, range)| offsets.span(*field, range)).collect(),
                })
                .collect(),
            other_terms: terms.rest,
        })
        .collect()
}

/// The parts of a score that are shown, and what the others add up to.
struct Cut<'e, T> {
    shown: Vec<&'e T>,
    rest: f32,
}

/// Keeps the first `max` parts that contribute anything.
fn cut<T>(parts: &[T], max: usize, contribution: impl Fn(&T) -> f32) -> Cut<'_, T> {
    let mut moving = parts.iter().filter(|part| contribution(part) != 0.0);
    let shown = moving.by_ref().take(max).collect();
    // In f64, so that thousands of small parts add up to what they are. From 0 on, for the sum of nothing is -0.
    let rest = moving.fold(0.0, |rest, part| rest + f64::from(contribution(part)));
    Cut { shown, rest: rest as f32 }
}

#[cfg(test)]
mod tests;
