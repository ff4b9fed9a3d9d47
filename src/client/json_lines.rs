//! Answers as JSON Lines, the form that other programs read: one object a line, the same bytes whether the answer came from a model
//! in this process or from a server.
//!
//! Everything is written straight from the answer, nothing is copied: give a buffered writer.

use std::io;

use serde::{Serialize, Serializer};

use crate::api::v1;

/// Which labels of each task to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LabelFilter {
    /// All that the answer has, also those of a task that abstained.
    #[default]
    All,
    /// Those that the model gives the document.
    Selected,
    /// The most probable one of each task, selected or not.
    Best,
}

/// A document that could not be classified: one row of `<output>.errors.jsonl`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ErrorRow<'a> {
    /// The document's id.
    pub id: &'a str,
    /// The file, or `-`, that it was read from.
    pub source: &'a str,
    /// Its line there, counted from 1, where the file has one document a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What was wrong.
    pub error: &'a str,
}

/// Writes what `answer` says of the document `id`, as one line.
///
/// # Errors
/// Whatever `out` fails with.
pub fn write_answer(out: &mut impl io::Write, id: &str, answer: &v1::Classification, labels: LabelFilter) -> io::Result<()> {
    let has_evidence = answer.tasks.iter().any(|task| !task.evidence.is_empty());
    write_line(
        out,
        &AnswerRow {
            id,
            model_version: &answer.model_version,
            language: &answer.language_code,
            tasks: Tasks { tasks: &answer.tasks, labels },
            evidence: has_evidence.then_some(Evidence(&answer.tasks)),
        },
    )
}

/// Writes why a document has no answer, as one line.
///
/// # Errors
/// Whatever `out` fails with.
pub fn write_error(out: &mut impl io::Write, row: &ErrorRow) -> io::Result<()> {
    write_line(out, row)
}

fn write_line(out: &mut impl io::Write, row: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, row)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct AnswerRow<'a> {
    id: &'a str,
    model_version: &'a str,
    language: &'a str,
    tasks: Tasks<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence<'a>>,
}

/// A map from each task's name to its labels, in the answer's order.
struct Tasks<'a> {
    tasks: &'a [v1::TaskClassification],
    labels: LabelFilter,
}

impl Serialize for Tasks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.tasks.iter().map(|task| {
            let abstained = task.abstention.as_ref().map(|abstention| reason_name(abstention.reason()));
            (&task.task, TaskRow { labels: Labels { labels: &task.labels, filter: self.labels }, abstained })
        }))
    }
}

#[derive(Serialize)]
struct TaskRow<'a> {
    labels: Labels<'a>,
    abstained: Option<&'static str>,
}

fn reason_name(reason: v1::AbstentionReason) -> &'static str {
    match reason {
        v1::AbstentionReason::Unspecified => "unspecified",
        v1::AbstentionReason::UnsupportedLanguage => "unsupported_language",
        v1::AbstentionReason::UnknownVocabulary => "unknown_vocabulary",
    }
}

struct Labels<'a> {
    labels: &'a [v1::LabelClassification],
    filter: LabelFilter,
}

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let labels = self.labels.iter();
        match self.filter {
            LabelFilter::All => serializer.collect_seq(labels.map(LabelRow::of)),
            LabelFilter::Selected => serializer.collect_seq(labels.filter(|label| label.selected).map(LabelRow::of)),
            LabelFilter::Best => serializer.collect_seq(labels.take(1).map(LabelRow::of)), // they come by falling probability
        }
    }
}

#[derive(Serialize)]
struct LabelRow<'a> {
    name: &'a str,
    probability: f32,
    selected: bool,
}

impl<'a> LabelRow<'a> {
    fn of(label: &'a v1::LabelClassification) -> Self {
        Self { name: &label.name, probability: label.probability, selected: label.selected }
    }
}

/// A map from the name of each task that has evidence to the labels explained.
struct Evidence<'a>(&'a [v1::TaskClassification]);

impl Serialize for Evidence<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let explained = self.0.iter().filter(|task| !task.evidence.is_empty());
        serializer.collect_map(explained.map(|task| (&task.task, Rows(&task.evidence, EvidenceRow::of))))
    }
}

/// A list whose items are turned into rows as they are written.
struct Rows<'a, T, R>(&'a [T], fn(&'a T) -> R);

impl<T, R: Serialize> Serialize for Rows<'_, T, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}

#[derive(Serialize)]
struct EvidenceRow<'a> {
    label: &'a str,
    score: f32,
    intercept: f32,
    sentences: Rows<'a, v1::SentenceEvidence, SentenceRow<'a>>,
    other_sentences: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<Rows<'a, v1::TermEvidence, TermRow<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other_terms: Option<f32>,
}

impl<'a> EvidenceRow<'a> {
    fn of(evidence: &'a v1::LabelEvidence) -> Self {
        let has_terms = !evidence.terms.is_empty() || evidence.other_terms != 0.0;
        Self {
            label: &evidence.label,
            score: evidence.score,
            intercept: evidence.intercept,
            sentences: Rows(&evidence.sentences, SentenceRow::of),
            other_sentences: evidence.other_sentences,
            terms: has_terms.then_some(Rows(&evidence.terms, TermRow::of)),
            other_terms: has_terms.then_some(evidence.other_terms),
        }
    }
}

#[derive(Serialize)]
struct SentenceRow<'a> {
    #[serde(flatten)]
    span: SpanRow,
    text: &'a str,
    contribution: f32,
}

impl<'a> SentenceRow<'a> {
    fn of(sentence: &'a v1::SentenceEvidence) -> Self {
        let span = SpanRow::of(sentence.span.as_ref().unwrap_or(&v1::TextSpan::default()));
        Self { span, text: &sentence.text, contribution: sentence.contribution }
    }
}

#[derive(Serialize)]
struct TermRow<'a> {
    term: &'a str,
    text: &'a str,
    contribution: f32,
    occurrences: Rows<'a, v1::TextSpan, SpanRow>,
}

impl<'a> TermRow<'a> {
    fn of(term: &'a v1::TermEvidence) -> Self {
        let occurrences = Rows(&term.occurrences, SpanRow::of as fn(&'a v1::TextSpan) -> SpanRow);
        Self { term: &term.term, text: &term.text, contribution: term.contribution, occurrences }
    }
}

#[derive(Serialize)]
struct SpanRow {
    field: &'static str,
    begin: i32,
    end: i32,
}

impl SpanRow {
    fn of(span: &v1::TextSpan) -> Self {
        let field = match span.field() {
            v1::DocumentField::Unspecified => "unspecified",
            v1::DocumentField::Title => "title",
            v1::DocumentField::Content => "content",
        };
        Self { field, begin: span.begin_offset, end: span.end_offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(name: &str, probability: f32, selected: bool) -> v1::LabelClassification {
        v1::LabelClassification { name: name.into(), probability, selected, ..Default::default() }
    }

    fn task(name: &str, labels: Vec<v1::LabelClassification>) -> v1::TaskClassification {
        v1::TaskClassification { task: name.into(), labels, ..Default::default() }
    }

    fn answer() -> v1::Classification {
        v1::Classification {
            document_id: "another id".into(),
            model_version: "models/news/versions/3".into(),
            language_code: "en".into(),
            language_supported: true,
            tasks: vec![
                task("topic", vec![label("society/migration", 0.7, true), label("politics", 0.3, false)]),
                task("stance", vec![label("legal", 0.91, true), label("humanitarian", 0.6, true), label("economic", 1e-7, false)]),
            ],
        }
    }

    fn line(answer: &v1::Classification, labels: LabelFilter) -> String {
        let mut out = Vec::new();
        write_answer(&mut out, "a\"1", answer, labels).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn span(field: v1::DocumentField, begin_offset: i32, end_offset: i32) -> v1::TextSpan {
        v1::TextSpan { field: field.into(), begin_offset, end_offset }
    }

    fn evidence() -> v1::LabelEvidence {
        v1::LabelEvidence {
            label: "legal".into(),
            score: 2.3,
            intercept: -1.5,
            sentences: vec![v1::SentenceEvidence {
                span: Some(span(v1::DocumentField::Content, 4, 9)),
                text: "Sued.".into(),
                contribution: 3.7,
            }],
            other_sentences: 0.1,
            ..Default::default()
        }
    }

    #[test]
    fn an_answer_is_one_line_of_the_agreed_form() {
        assert_eq!(
            line(&answer(), LabelFilter::All),
            concat!(
                r#"{"id":"a\"1","model_version":"models/news/versions/3","language":"en","tasks":{"#,
                r#""topic":{"labels":[{"name":"society/migration","probability":0.7,"selected":true},"#,
                r#"{"name":"politics","probability":0.3,"selected":false}],"abstained":null},"#,
                r#""stance":{"labels":[{"name":"legal","probability":0.91,"selected":true},"#,
                r#"{"name":"humanitarian","probability":0.6,"selected":true},"#,
                r#"{"name":"economic","probability":1e-7,"selected":false}],"abstained":null}}}"#,
                "\n"
            )
        );
    }

    fn names(answer: &v1::Classification, labels: LabelFilter) -> Vec<Vec<String>> {
        let row: serde_json::Value = serde_json::from_str(&line(answer, labels)).unwrap();
        let tasks = row["tasks"].as_object().unwrap().values();
        tasks.map(|task| task["labels"].as_array().unwrap().iter().map(|label| label["name"].as_str().unwrap().into()).collect()).collect()
    }

    #[test]
    fn selected_labels_are_those_the_model_gives() {
        assert_eq!(names(&answer(), LabelFilter::Selected), [vec!["society/migration"], vec!["legal", "humanitarian"]]);
    }

    #[test]
    fn the_best_label_is_the_most_probable_one_selected_or_not() {
        let mut answer = answer();
        answer.tasks[0].labels[0].selected = false;
        assert_eq!(names(&answer, LabelFilter::Best), [["society/migration"], ["legal"]]);
    }

    #[test]
    fn a_task_that_abstains_says_why_and_keeps_its_labels() {
        for (reason, name) in [
            (v1::AbstentionReason::UnsupportedLanguage, "unsupported_language"),
            (v1::AbstentionReason::UnknownVocabulary, "unknown_vocabulary"),
        ] {
            let mut answer = answer();
            answer.tasks[1].abstention = Some(v1::Abstention { reason: reason.into(), detail: "in words".into() });
            let row: serde_json::Value = serde_json::from_str(&line(&answer, LabelFilter::All)).unwrap();
            assert_eq!(row["tasks"]["stance"]["abstained"], name);
            assert_eq!(row["tasks"]["stance"]["labels"].as_array().unwrap().len(), 3);
            assert!(row["tasks"]["topic"]["abstained"].is_null());
        }
    }

    #[test]
    fn evidence_of_sentences_names_only_the_tasks_that_have_some() {
        let mut answer = answer();
        answer.tasks[1].evidence = vec![evidence()];
        let line = line(&answer, LabelFilter::Best);
        let (_, found) = line.split_once(r#","evidence":"#).unwrap();
        assert_eq!(
            found,
            concat!(
                r#"{"stance":[{"label":"legal","score":2.3,"intercept":-1.5,"#,
                r#""sentences":[{"field":"content","begin":4,"end":9,"text":"Sued.","contribution":3.7}],"other_sentences":0.1}]}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn evidence_of_terms_lists_every_place_where_they_stand() {
        let mut answer = answer();
        answer.tasks[0].evidence = vec![v1::LabelEvidence {
            sentences: vec![],
            terms: vec![v1::TermEvidence {
                term: "sue".into(),
                text: "Sued".into(),
                contribution: 3.5,
                occurrences: vec![span(v1::DocumentField::Title, 0, 4), span(v1::DocumentField::Content, 4, 8)],
            }],
            other_terms: 0.25,
            ..evidence()
        }];
        let line = line(&answer, LabelFilter::Best);
        let (_, found) = line.split_once(r#""terms":"#).unwrap();
        assert_eq!(
            found,
            concat!(
                r#"[{"term":"sue","text":"Sued","contribution":3.5,"occurrences":["#,
                r#"{"field":"title","begin":0,"end":4},{"field":"content","begin":4,"end":8}]}],"other_terms":0.25}]}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn an_error_row_has_a_line_only_where_its_source_has_lines() {
        let mut out = Vec::new();
        let row = ErrorRow { id: "7", source: "news.jsonl", line: Some(7), error: "the document is empty" };
        write_error(&mut out, &row).unwrap();
        write_error(&mut out, &ErrorRow { source: "a.txt", line: None, ..row }).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            concat!(
                r#"{"id":"7","source":"news.jsonl","line":7,"error":"the document is empty"}"#,
                "\n",
                r#"{"id":"7","source":"a.txt","error":"the document is empty"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_failing_writer_is_reported_as_it_failed() {
        let mut full = [0; 8];
        let error = write_answer(&mut full.as_mut_slice(), "1", &answer(), LabelFilter::All).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    }
}
