use super::*;
use crate::corpus::TaskKind;

fn model_tasks() -> [Task; 2] {
    [
        Task::new_flat("topic", TaskKind::SingleLabel, ["sport", "society", "society/migration"]),
        Task::new_flat("stance", TaskKind::MultiLabel, ["legal", "humanitarian"]),
    ]
}

/// The checked options, or the wrong fields.
fn select(change: impl FnOnce(&mut v1::ClassificationOptions)) -> Result<Selection, Vec<(String, String)>> {
    let mut options = v1::ClassificationOptions::default();
    change(&mut options);
    let mut violations = Violations::default();
    let tasks = model_tasks();
    let selection = Selection::check(&options, Some(&tasks.each_ref()), &mut violations);
    let found: Vec<_> = violations.iter().map(|(field, problem)| (field.to_owned(), problem.to_owned())).collect();
    if found.is_empty() { Ok(selection) } else { Err(found) }
}

fn wrong_fields(change: impl FnOnce(&mut v1::ClassificationOptions)) -> Vec<String> {
    select(change).unwrap_err().into_iter().map(|(field, _)| field).collect()
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn without_options_all_is_told_and_nothing_explained() {
    assert_eq!(
        select(|_| {}).unwrap(),
        Selection {
            tasks: vec![0, 1],
            min_probability: 0.0,
            max_labels: None,
            evidence: Evidence::None,
            encoding: Encoding::Utf8,
            max_evidence: 100,
            explain_labels: vec![],
        }
    );
}

#[test]
fn tasks_come_once_and_in_the_order_of_the_model() {
    let selection = select(|options| options.tasks = strings(&["stance", "topic", "stance"])).unwrap();
    assert_eq!(selection.tasks, [0, 1]);
    assert_eq!(select(|options| options.tasks = strings(&["stance"])).unwrap().tasks, [1]);
}

#[test]
fn labels_to_explain_may_be_paths() {
    let names = strings(&["stance/humanitarian", "topic/society/migration", "topic/society", "topic/society"]);
    assert_eq!(select(|options| options.explain_labels = names).unwrap().explain_labels, [(0, 1), (0, 2), (1, 1)]);
}

#[test]
fn the_bounds_of_a_probability_are_allowed_and_nothing_beyond() {
    for allowed in [0.0, -0.0, 0.5, 1.0] {
        assert_eq!(select(|options| options.min_probability = allowed).unwrap().min_probability, allowed);
    }
    for refused in [-0.1, 1.000_001, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(wrong_fields(|options| options.min_probability = refused), ["options.min_probability"], "{refused}");
    }
}

#[test]
fn evidence_and_encoding_are_told_apart() {
    let level = |level| select(|options| options.evidence = level).map(|selection| selection.evidence);
    assert_eq!([0, 1, 2, 3].map(|number| level(number).unwrap()), [Evidence::None, Evidence::None, Evidence::Sentences, Evidence::Terms]);
    let encoding = |number| select(|options| options.encoding_type = number).map(|selection| selection.encoding);
    assert_eq!([0, 1, 2, 3].map(|number| encoding(number).unwrap()), [Encoding::Utf8, Encoding::Utf8, Encoding::Utf16, Encoding::Utf32]);
    assert!(level(4).is_err() && encoding(-1).is_err());
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let fields = wrong_fields(|options| {
        options.tasks = strings(&["topic", "mood"]);
        options.min_probability = 2.0;
        options.max_labels = -1;
        options.max_evidence = i32::MIN;
        options.evidence = 99;
        options.encoding_type = 99;
        options.explain_labels = strings(&["topic/sport", "humanitarian", "mood/cheerful", "topic/gossip"]);
    });
    assert_eq!(
        fields,
        [
            "options.min_probability",
            "options.max_labels",
            "options.max_evidence",
            "options.evidence",
            "options.encoding_type",
            "options.tasks[1]",
            "options.explain_labels[1]",
            "options.explain_labels[2]",
            "options.explain_labels[3]",
        ]
    );
}

#[test]
fn an_unknown_task_is_quoted_with_those_that_there_are() {
    let problem = select(|options| options.tasks = strings(&["mood"])).unwrap_err().remove(0).1;
    assert_eq!(problem, "the model has no task \"mood\"; it has: topic, stance");
}

#[test]
fn where_the_model_is_unknown_the_rest_is_checked_all_the_same() {
    let options = v1::ClassificationOptions { max_labels: -1, tasks: strings(&["mood"]), ..Default::default() };
    let mut violations = Violations::default();
    Selection::check(&options, None, &mut violations);
    assert_eq!(violations.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["options.max_labels"]);
}

fn document(title: &str, content: &str, language_code: &str) -> v1::Document {
    v1::Document { id: "a".into(), title: title.into(), content: content.into(), language_code: language_code.into() }
}

fn wrong_document(document: Option<&v1::Document>, limits: &Limits) -> Vec<(String, String)> {
    match Document::parse(document, "documents[3]", limits) {
        Err(ApiError::InvalidRequest(violations)) => {
            violations.iter().map(|(field, problem)| (field.to_owned(), problem.to_owned())).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn wrong_document_field(title: &str, content: &str, language_code: &str) -> String {
    let mut wrong = wrong_document(Some(&document(title, content, language_code)), &Limits::default());
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    wrong.remove(0).0
}

#[test]
fn a_document_is_required_and_not_blank() {
    assert_eq!(wrong_document(None, &Limits::default())[0].0, "documents[3]");
    assert_eq!(wrong_document_field("", "", ""), "documents[3]");
    assert_eq!(wrong_document_field(" \t", "\n\u{a0}\n", ""), "documents[3]");
    for (title, content) in [("News", " "), ("", "News")] {
        let document = document(title, content, "");
        let checked = Document::parse(Some(&document), "document", &Limits::default()).unwrap();
        assert_eq!((checked.id, checked.fields.title, checked.fields.text, checked.language), ("a", title, content, None));
    }
}

#[test]
fn a_document_is_limited_in_bytes_of_title_and_content_together() {
    let limits = Limits { max_document_bytes: 10, ..Limits::default() };
    assert!(Document::parse(Some(&document("12345", "67890", "")), "document", &limits).is_ok());
    let (field, problem) = wrong_document(Some(&document("1234", "éééé", "")), &limits).remove(0);
    assert_eq!(field, "documents[3].content");
    assert_eq!(problem, "title and content together are 12 bytes of UTF-8, and the limit is 10 bytes");
    assert_eq!(wrong_document(Some(&document("12345678901", "", "")), &limits)[0].0, "documents[3].title");
}

#[test]
fn the_default_limit_is_told_in_mebibytes_too() {
    assert_eq!(bytes(Limits::default().max_document_bytes), "1048576 bytes (1 MiB)");
    assert_eq!(bytes((1 << 20) + 1), "1048577 bytes");
}

#[test]
fn a_language_code_has_the_syntax_of_bcp_47() {
    for code in ["en", "pt-BR", "zh-Hant-TW", "und", "de-1996", "en-x-a"] {
        let document = document("News", "", code);
        assert_eq!(Document::parse(Some(&document), "document", &Limits::default()).unwrap().language, Some(code));
    }
    for code in ["e", "12", "en_GB", "en-", "-en", "the English language", "english-language-", "abcdefghi", "én"] {
        assert_eq!(wrong_document_field("News", "", code), "documents[3].language_code", "{code}");
    }
}

#[test]
fn a_document_tells_all_that_is_wrong_with_it() {
    let fields: Vec<_> = wrong_document(Some(&document("", "", "?")), &Limits::default()).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["documents[3]", "documents[3].language_code"]);
}
