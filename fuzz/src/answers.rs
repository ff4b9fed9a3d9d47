//! What must hold of every answer, whatever was asked.

use prost::Message;
use slugline::{
    api::{Engine, v1},
    corpus::TaskKind,
};

/// The largest difference, in log-odds, that rounding a score to 32 bits explains where its parts add up to `size` in size.
fn rounding(size: f32) -> f32 {
    1e-4 * (1.0 + size)
}

/// Checks the answer for a document. `options` are those that it was asked with, and are right, as there is an answer.
pub fn check(engine: &Engine, document: &v1::Document, options: &v1::ClassificationOptions, answer: &v1::Classification) {
    let encoded = answer.encode_to_vec();
    let decoded = v1::Classification::decode(encoded.as_slice()).expect("what was encoded can be decoded");
    assert_eq!(&decoded, answer, "a message is what its bytes say; no number of it is NaN");

    assert_eq!(answer.document_id, document.id);
    let model = engine.registry().resolve(&options.model_version).expect("the options were right");
    assert_eq!(answer.model_version, model.resource_name());
    for task in &answer.tasks {
        let manifest = model.manifest().tasks.iter().find(|manifest| manifest.task.name == task.task);
        check_task(&manifest.expect("the model has the task").task, task, options);
        task.evidence.iter().for_each(|evidence| check_evidence(document, options, task, evidence));
    }
}

fn check_task(task: &slugline::corpus::Task, answer: &v1::TaskClassification, options: &v1::ClassificationOptions) {
    let labels = &answer.labels;
    assert!(labels.iter().all(|label| (options.min_probability..=1.0).contains(&label.probability)), "{labels:?}");
    assert!(labels.is_sorted_by(|a, b| a.probability >= b.probability), "labels come by falling probability");
    for label in labels {
        assert!(task.label_index(&label.name).is_some());
        // Both are rounded sums.
        assert!(label.subtree_probability.is_none_or(|subtree| subtree >= label.probability && subtree <= 1.0), "{label:?}");
        assert!(!label.selected || answer.abstention.is_none(), "an abstention selects nothing");
    }
    if options.min_probability == 0.0 && options.max_labels == 0 {
        assert_eq!(labels.len(), task.labels.len());
        if task.kind == TaskKind::SingleLabel {
            let sum: f32 = labels.iter().map(|label| label.probability).sum();
            assert!((sum - 1.0).abs() < 1e-4, "the probabilities of {} add up to {sum}", task.name);
            assert_eq!(labels.iter().filter(|label| label.selected).count(), usize::from(answer.abstention.is_none()));
        }
    }
}

fn check_evidence(
    document: &v1::Document,
    options: &v1::ClassificationOptions,
    answer: &v1::TaskClassification,
    evidence: &v1::LabelEvidence,
) {
    let has_terms = options.evidence() == v1::EvidenceLevel::Terms;
    let sentences = || evidence.sentences.iter().map(|sentence| sentence.contribution).chain([evidence.other_sentences]);
    let terms = || evidence.terms.iter().map(|term| term.contribution).chain([evidence.other_terms]);
    let check_sum = |parts: &mut dyn Iterator<Item = f32>| {
        let parts: Vec<f32> = parts.chain([evidence.intercept]).collect();
        let (sum, size): (f32, f32) = (parts.iter().sum(), parts.iter().map(|part| part.abs()).sum());
        assert!((sum - evidence.score).abs() <= rounding(size), "contributions add up to {sum}, not to {}: {evidence:?}", evidence.score);
        size
    };
    let size = check_sum(&mut sentences());
    if has_terms {
        check_sum(&mut terms());
    }
    if let Some(label) = answer.labels.iter().find(|label| label.name == evidence.label) {
        assert!(
            (label.score - evidence.score).abs() <= rounding(size),
            "the score is {}, and explained is {}",
            label.score,
            evidence.score
        );
    }

    let text = |span: &v1::TextSpan| stretch(document, options.encoding_type(), span);
    for sentence in &evidence.sentences {
        assert_eq!(text(sentence.span.as_ref().expect("a sentence stands somewhere")), sentence.text);
    }
    for term in &evidence.terms {
        let occurrences: Vec<&str> = term.occurrences.iter().map(text).collect();
        assert_eq!(occurrences.first(), Some(&term.text.as_str()));
        assert!(!occurrences.contains(&""));
    }
}

/// The text that a span names. Panics if it lies beyond the text or off its characters' boundaries.
fn stretch<'d>(document: &'d v1::Document, encoding: v1::EncodingType, span: &v1::TextSpan) -> &'d str {
    let text = match span.field() {
        v1::DocumentField::Title => &document.title,
        v1::DocumentField::Content => &document.content,
        v1::DocumentField::Unspecified => panic!("a span without a field: {span:?}"),
    };
    let units = |character: char| match encoding {
        v1::EncodingType::Utf16 => character.len_utf16(),
        v1::EncodingType::Utf32 => 1,
        _ => character.len_utf8(),
    };
    let byte = |offset: i32| {
        let mut before = 0;
        let mut boundaries = text.char_indices().map(|(at, character)| {
            let boundary = (before, at);
            before += units(character);
            boundary
        });
        let offset = offset as usize;
        match boundaries.find(|&(units, _)| units >= offset) {
            Some((found, at)) => (found == offset).then_some(at),
            None => (before == offset).then_some(text.len()),
        }
    };
    let (begin, end) = (byte(span.begin_offset), byte(span.end_offset));
    &text[begin.expect("a span begins on a character's boundary")..end.expect("a span ends on a character's boundary")]
}
