//! Requests are checked here, at the border, and nowhere else: what comes out of this file is right.

use std::sync::Arc;

use super::{
    Limits, Violations,
    error::{ApiError, listed, quoted},
    v1,
};
use crate::{
    corpus::Task,
    model::{Absence, Model, ModelRef, Registry},
    text::{Fields, language},
};

/// `ClassificationOptions.max_evidence` where a request has none.
const DEFAULT_MAX_EVIDENCE: usize = 100;

/// Checked `ClassificationOptions`.
#[derive(Clone)]
pub struct Options {
    /// The model version that answers.
    pub model: Arc<Model>,
    /// The rest, which is about the tasks of that model.
    pub selection: Arc<Selection>,
}

/// What an answer is to tell, as indices into one model's tasks and labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The tasks that are answered, in the model's order.
    pub tasks: Vec<usize>,
    /// Labels of a lower probability are left out.
    pub min_probability: f32,
    /// The largest number of labels a task; all if `None`.
    pub max_labels: Option<usize>,
    /// How much is explained.
    pub evidence: Evidence,
    /// The unit of offsets.
    pub encoding: Encoding,
    /// The largest number of sentences, and of terms, a label.
    pub max_evidence: usize,
    /// Labels that are explained even if they are not selected: (task, label), sorted.
    pub explain_labels: Vec<(usize, usize)>,
}

/// How much is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Nothing.
    None,
    /// Sentences.
    Sentences,
    /// Sentences and terms.
    Terms,
}

/// The unit of offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// 16-bit units.
    Utf16,
    /// Code points.
    Utf32,
}

impl Options {
    /// Checks options; none are the same as empty ones.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`], with all that is wrong, or [`ApiError::VersionNotLoaded`].
    pub fn parse(options: Option<&v1::ClassificationOptions>, registry: &Registry) -> Result<Options, ApiError> {
        let mut violations = Violations::default();
        let options = Options::check(options, registry, &mut violations)?;
        violations.or(options)
    }

    /// What is wrong with the request goes into `violations`; that the server does not have the version is an error of another kind.
    pub(super) fn check(
        options: Option<&v1::ClassificationOptions>,
        registry: &Registry,
        violations: &mut Violations,
    ) -> Result<Option<Options>, ApiError> {
        let unset = v1::ClassificationOptions::default();
        let options = options.unwrap_or(&unset);
        let name = &options.model_version;
        let model = registry.resolve(name);
        if model.is_none() {
            let problem = match ModelRef::parse(name) {
                Err(problem) if !name.is_empty() => format!("{problem}, not {}", quoted(name)),
                _ => match ApiError::model_not_found(name, registry) {
                    unknown @ ApiError::ModelNotFound { .. } => unknown.to_string(),
                    error => return Err(error),
                },
            };
            violations.add("options.model_version", problem);
        }
        let tasks: Option<Vec<&Task>> = model.map(|model| model.manifest().tasks.iter().map(|task| &task.task).collect());
        let selection = Selection::check(options, tasks.as_deref(), violations);
        Ok(model.map(|model| Options { model: model.clone(), selection: selection.into() }))
    }
}

impl Selection {
    /// Checks all that is not about which model. `model_tasks` are all tasks of the model; where it is unknown, names of tasks and labels can't be checked.
    fn check(options: &v1::ClassificationOptions, model_tasks: Option<&[&Task]>, violations: &mut Violations) -> Selection {
        // `contains` is false for NaN.
        if !(0.0..=1.0).contains(&options.min_probability) {
            violations.add("options.min_probability", format!("is from 0 to 1, not {}", options.min_probability));
        }
        let max_labels = count(options.max_labels, "options.max_labels", violations);
        let max_evidence = count(options.max_evidence, "options.max_evidence", violations);
        let evidence = match v1::EvidenceLevel::try_from(options.evidence) {
            Ok(v1::EvidenceLevel::Unspecified | v1::EvidenceLevel::None) => Evidence::None,
            Ok(v1::EvidenceLevel::Sentences) => Evidence::Sentences,
            Ok(v1::EvidenceLevel::Terms) => Evidence::Terms,
            Err(_) => {
                violations.add("options.evidence", format!("is no EvidenceLevel that this server knows: {}", options.evidence));
                Evidence::None
            }
        };
        let encoding = match v1::EncodingType::try_from(options.encoding_type) {
            Ok(v1::EncodingType::Unspecified | v1::EncodingType::Utf8) => Encoding::Utf8,
            Ok(v1::EncodingType::Utf16) => Encoding::Utf16,
            Ok(v1::EncodingType::Utf32) => Encoding::Utf32,
            Err(_) => {
                violations.add("options.encoding_type", format!("is no EncodingType that this server knows: {}", options.encoding_type));
                Encoding::Utf8
            }
        };
        let (tasks, explain_labels) = match model_tasks {
            Some(model_tasks) => {
                (tasks(&options.tasks, model_tasks, violations), explain_labels(&options.explain_labels, model_tasks, violations))
            }
            None => Default::default(),
        };
        Selection {
            tasks,
            min_probability: options.min_probability,
            max_labels,
            evidence,
            encoding,
            max_evidence: max_evidence.unwrap_or(DEFAULT_MAX_EVIDENCE),
            explain_labels,
        }
    }
}

/// A number of things, where 0 means that none is given.
fn count(value: i32, field: &str, violations: &mut Violations) -> Option<usize> {
    match usize::try_from(value) {
        Ok(0) => None,
        Ok(count) => Some(count),
        Err(_) => {
            violations.add(field, format!("is 0 or more, not {value}"));
            None
        }
    }
}

fn tasks(names: &[String], model_tasks: &[&Task], violations: &mut Violations) -> Vec<usize> {
    if names.is_empty() {
        return (0..model_tasks.len()).collect();
    }
    let mut tasks = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match task_index(name, model_tasks) {
            Ok(task) => tasks.push(task),
            Err(problem) => violations.add(format!("options.tasks[{index}]"), problem),
        }
    }
    tasks.sort_unstable();
    tasks.dedup();
    tasks
}

fn explain_labels(names: &[String], model_tasks: &[&Task], violations: &mut Violations) -> Vec<(usize, usize)> {
    let mut labels = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match label_index(name, model_tasks) {
            Ok(label) => labels.push(label),
            Err(problem) => violations.add(format!("options.explain_labels[{index}]"), problem),
        }
    }
    labels.sort_unstable();
    labels.dedup();
    labels
}

fn task_index(name: &str, model_tasks: &[&Task]) -> Result<usize, String> {
    model_tasks.iter().position(|task| task.name == name).ok_or_else(|| {
        let known = listed(model_tasks.iter().map(|task| task.name.as_str()));
        format!("the model has no task {}; it has: {known}", quoted(name))
    })
}

/// Finds a label by "task/label", where the label may be a path.
fn label_index(name: &str, model_tasks: &[&Task]) -> Result<(usize, usize), String> {
    let (task, label) = name
        .split_once('/')
        .ok_or_else(|| format!("a label is named with its task, such as \"stance/humanitarian\", not {}", quoted(name)))?;
    let task = task_index(task, model_tasks)?;
    let label_index = model_tasks[task].label_index(label);
    Ok((task, label_index.ok_or_else(|| format!("the task {} has no label {}", model_tasks[task].name, quoted(label)))?))
}

impl ApiError {
    /// Why the registry resolves no such name.
    pub(super) fn model_not_found(name: &str, registry: &Registry) -> ApiError {
        match registry.absence(name) {
            Absence::Unknown => {
                let known: Vec<&str> = registry.opened().map(|model| model.resource_name()).collect();
                ApiError::ModelNotFound { name: quoted(name), known: listed(known.into_iter()) }
            }
            Absence::Unopened { model, version } => ApiError::VersionNotLoaded {
                name: quoted(name),
                reason: format!("no alias names it; give it one: slugline models activate {model} {version} --alias NAME"),
            },
            Absence::Refused(problem) => ApiError::VersionNotLoaded { name: quoted(name), reason: problem },
        }
    }
}

/// A checked document, borrowed from its request.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The caller's own name for it; may be empty.
    pub id: &'a str,
    /// Title and content. One of them is not blank.
    pub fields: Fields<'a>,
    /// The language that the caller says it is in.
    pub language: Option<&'a str>,
}

impl<'a> Document<'a> {
    /// Checks a document. `path` is its path in the request, for errors: `document`, or `documents[3]` in a batch.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`], with all that is wrong.
    pub fn parse(document: Option<&'a v1::Document>, path: &str, limits: &Limits) -> Result<Document<'a>, ApiError> {
        let mut violations = Violations::default();
        let document = Document::check(document, path, limits, &mut violations);
        violations.or(document)
    }

    pub(super) fn check(
        document: Option<&'a v1::Document>,
        path: &str,
        limits: &Limits,
        violations: &mut Violations,
    ) -> Option<Document<'a>> {
        let Some(v1::Document { id, title, content, language_code }) = document else {
            violations.add(path, "is required");
            return None;
        };
        let fields = Fields { title, text: content };
        if fields.len() > limits.max_document_bytes {
            let longer = if title.len() > content.len() { "title" } else { "content" };
            violations.add(
                format!("{path}.{longer}"),
                format!(
                    "title and content together are {} bytes of UTF-8, and the limit is {}",
                    fields.len(),
                    bytes(limits.max_document_bytes)
                ),
            );
        } else if fields.iter().all(|(_, text)| text.trim().is_empty()) {
            violations.add(path, "title and content are blank; give one of them");
        }
        if !language_code.is_empty() && !language::is_code(language_code) {
            violations.add(
                format!("{path}.language_code"),
                format!("is a BCP-47 code such as \"en\" or \"pt-BR\", not {}", quoted(language_code)),
            );
        }
        Some(Document { id, fields, language: (!language_code.is_empty()).then_some(language_code) })
    }
}

/// A number of bytes, with its size in MiB where that is a whole number: "1048576 bytes (1 MiB)".
fn bytes(count: usize) -> String {
    match (count >> 20, count % (1 << 20)) {
        (mebibytes @ 1.., 0) => format!("{count} bytes ({mebibytes} MiB)"),
        _ => format!("{count} bytes"),
    }
}

#[cfg(test)]
mod tests;
