use super::*;
use crate::{
    api::request::Encoding,
    corpus::TaskKind,
    model::{SentenceContribution, TermContribution},
    text::Field,
};

const TITLE: &str = "Caf\u{e9} 🦀";
const TEXT: &str = "e\u{301}t\u{e9} 👩🏽‍🚀. Zwei.";

fn document() -> Document<'static> {
    Document { id: "a", fields: Fields { title: TITLE, text: TEXT }, language: None }
}

fn tasks() -> [Task; 2] {
    [
        Task::new_flat("topic", TaskKind::SingleLabel, ["sport", "health", "weather"]),
        Task::new_flat("stance", TaskKind::MultiLabel, ["legal", "economic"]),
    ]
}

fn classification() -> Classification {
    let task = |probabilities: &[f32], selected: &[bool]| TaskClassification {
        scores: probabilities.iter().map(|p| p * 10.0).collect(),
        probabilities: probabilities.to_vec(),
        subtree_probabilities: vec![None; probabilities.len()],
        selected: selected.to_vec(),
        abstention: None,
    };
    Classification {
        language: "en".into(),
        language_supported: true,
        tasks: vec![task(&[0.25, 0.5, 0.25], &[false, true, false]), task(&[0.25, 0.75], &[false, true])],
    }
}

fn everything() -> Selection {
    Selection {
        tasks: vec![0, 1],
        min_probability: 0.0,
        max_labels: None,
        evidence: Evidence::Terms,
        encoding: Encoding::Utf8,
        max_evidence: 100,
        explain_labels: vec![],
    }
}

fn explanation() -> Explanation {
    let sentence = |field, range, contribution| SentenceContribution { field, range, contribution };
    let term = |term: &str, contribution, occurrences| TermContribution { term: term.into(), contribution, occurrences };
    let second = TEXT.find("Zwei").unwrap();
    Explanation {
        score: 3.0,
        intercept: 0.5,
        sentences: vec![
            sentence(Field::Text, second..TEXT.len(), 2.0),
            sentence(Field::Title, 0..TITLE.len(), 1.0),
            sentence(Field::Text, 0..second - 1, -0.5),
            sentence(Field::Text, 1..1, 0.0),
        ],
        terms: vec![
            term("zwei", 2.0, vec![(Field::Text, second..second + 4)]),
            term("caf", 1.0, vec![(Field::Title, 0..5)]),
            term("et", -0.5, vec![(Field::Text, 0..6)]),
            term("x", -0.0, vec![]),
        ],
    }
}

/// The answer, where every explained label has the same explanation.
fn answer(classification: &Classification, selection: &Selection) -> v1::Classification {
    let told = Told::choose(classification, selection);
    let explanations = vec![explanation(); told.explained.len()];
    let tasks = tasks();
    told.answer(&document(), "models/news/versions/3", &[&tasks[0], &tasks[1]], classification, &explanations, selection)
}

fn labels(task: &v1::TaskClassification) -> Vec<&str> {
    task.labels.iter().map(|label| label.name.as_str()).collect()
}

fn explained(answer: &v1::Classification) -> Vec<Vec<&str>> {
    answer.tasks.iter().map(|task| task.evidence.iter().map(|evidence| evidence.label.as_str()).collect()).collect()
}

#[test]
fn labels_come_by_falling_probability_and_equal_ones_in_the_order_of_the_taxonomy() {
    let answer = answer(&classification(), &everything());
    assert_eq!(labels(&answer.tasks[0]), ["health", "sport", "weather"]);
    assert_eq!(labels(&answer.tasks[1]), ["economic", "legal"]);
    assert_eq!((answer.document_id.as_str(), answer.model_version.as_str()), ("a", "models/news/versions/3"));
    let best = &answer.tasks[0].labels[0];
    assert_eq!((best.probability, best.score, best.selected, best.display_name.as_str()), (0.5, 5.0, true, "health"));
}

#[test]
fn only_the_tasks_asked_for_are_told() {
    let answer = answer(&classification(), &Selection { tasks: vec![1], ..everything() });
    assert_eq!(answer.tasks.len(), 1);
    assert_eq!(answer.tasks[0].task, "stance");
    assert_eq!(explained(&answer), [["economic"]]);
}

#[test]
fn less_probable_labels_are_left_out_from_the_bound_on_and_by_number() {
    let at = |min_probability, max_labels| {
        let selection = Selection { min_probability, max_labels, ..everything() };
        labels(&answer(&classification(), &selection).tasks[0]).len()
    };
    assert_eq!((at(0.25, None), at(0.26, None), at(0.6, None)), (3, 1, 0));
    assert_eq!((at(0.0, Some(2)), at(0.0, Some(9)), at(0.5, Some(2))), (2, 3, 1));
}

#[test]
fn selected_labels_are_explained_and_those_asked_for() {
    let told = |explain_labels: &[(usize, usize)]| {
        let selection = Selection { explain_labels: explain_labels.to_vec(), ..everything() };
        explained(&answer(&classification(), &selection)).into_iter().map(|names| names.join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(told(&[]), ["health", "economic"]);
    assert_eq!(told(&[(0, 2), (1, 0), (1, 1)]), ["health weather", "economic legal"]);
}

#[test]
fn a_label_that_is_left_out_is_explained_only_if_asked_for() {
    let selection = Selection { min_probability: 0.6, explain_labels: vec![(0, 2)], ..everything() };
    assert_eq!(explained(&answer(&classification(), &selection)), [["weather"], ["economic"]]);
}

#[test]
fn a_task_that_abstains_explains_only_what_is_asked_for() {
    let mut classification = classification();
    classification.tasks[0].abstention = Some(Abstention::UnknownVocabulary { known: 1, words: 9 });
    let answer = answer(&classification, &Selection { explain_labels: vec![(0, 0)], ..everything() });
    assert_eq!(explained(&answer), [["sport"], ["economic"]]);
    let abstention = answer.tasks[0].abstention.as_ref().unwrap();
    assert_eq!(abstention.reason(), v1::AbstentionReason::UnknownVocabulary);
    assert!(abstention.detail.contains("1 of the document's 9 words"));
}

#[test]
fn no_evidence_is_given_unasked_and_terms_only_where_terms_are_asked_for() {
    let none = Selection { evidence: Evidence::None, explain_labels: vec![(0, 0)], ..everything() };
    assert!(explained(&answer(&classification(), &none)).iter().all(Vec::is_empty));
    let sentences = answer(&classification(), &Selection { evidence: Evidence::Sentences, ..everything() });
    let evidence = &sentences.tasks[0].evidence[0];
    assert_eq!((evidence.sentences.len(), evidence.terms.len(), evidence.other_terms), (3, 0, 0.0));
}

#[test]
fn parts_that_contribute_nothing_are_not_listed() {
    let answer = answer(&classification(), &everything());
    let evidence = &answer.tasks[0].evidence[0];
    assert_eq!((evidence.sentences.len(), evidence.terms.len()), (3, 3));
    assert_eq!((evidence.other_sentences, evidence.other_terms), (0.0, 0.0));
}

#[test]
fn evidence_beyond_the_limit_is_told_as_one_sum() {
    let answer = answer(&classification(), &Selection { max_evidence: 1, ..everything() });
    let evidence = &answer.tasks[0].evidence[0];
    assert_eq!((evidence.sentences.len(), evidence.terms.len()), (1, 1));
    assert_eq!(evidence.intercept + evidence.sentences[0].contribution + evidence.other_sentences, evidence.score);
    assert_eq!(evidence.intercept + evidence.terms[0].contribution + evidence.other_terms, evidence.score);
}

/// A stretch of a text, cut as a caller with such strings would.
fn slice(span: &v1::TextSpan, encoding: Encoding) -> String {
    let text = if span.field() == v1::DocumentField::Title { TITLE } else { TEXT };
    let range = span.begin_offset as usize..span.end_offset as usize;
    match encoding {
        Encoding::Utf8 => text[range].to_owned(),
        Encoding::Utf16 => String::from_utf16(&text.encode_utf16().collect::<Vec<_>>()[range]).unwrap(),
        Encoding::Utf32 => text.chars().skip(range.start).take(range.len()).collect(),
    }
}

#[test]
fn offsets_cut_sentences_and_terms_out_of_their_field_in_every_encoding() {
    for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
        let answer = answer(&classification(), &Selection { encoding, ..everything() });
        let evidence = &answer.tasks[1].evidence[0];
        let sentences: Vec<_> = evidence.sentences.iter().map(|sentence| sentence.text.as_str()).collect();
        assert_eq!(sentences, ["Zwei.", TITLE, "e\u{301}t\u{e9} 👩🏽‍🚀."]);
        for sentence in &evidence.sentences {
            assert_eq!(slice(sentence.span.as_ref().unwrap(), encoding), sentence.text, "{encoding:?}");
        }
        let terms: Vec<_> = evidence.terms.iter().map(|term| term.text.as_str()).collect();
        assert_eq!(terms, ["Zwei", "Caf\u{e9}", "e\u{301}t\u{e9}"]);
        for term in &evidence.terms {
            assert_eq!(slice(&term.occurrences[0], encoding), term.text, "{encoding:?}");
        }
    }
}
