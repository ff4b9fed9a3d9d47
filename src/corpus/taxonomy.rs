//! The taxonomy: which questions a model answers about a document, and which answers there are.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::encoding::line_of;
use crate::text::language;

/// The tasks of a model and the languages it is taught in. The order of tasks and labels is that of the file, and is kept everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taxonomy {
    /// BCP-47 codes of the languages that the seeds are written in.
    pub languages: Vec<String>,
    /// The tasks. The first one is single-label, and its labels are the folders of the seed articles.
    pub tasks: Vec<Task>,
}

/// One question about a document, such as its topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Name, also the key of the task in an article's front matter: `topic`.
    pub name: String,
    /// The task as people read it: "Topic".
    pub display_name: String,
    /// What is asked.
    pub description: String,
    /// Whether a document has exactly one label or any number.
    pub kind: TaskKind,
    /// The possible answers, parents before their children.
    pub labels: Vec<Label>,
}

/// Whether a document has exactly one label of a task or any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Exactly one.
    SingleLabel,
    /// Any number, none included.
    MultiLabel,
}

/// A possible answer of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Name, a path where labels have parents: `society/migration`.
    pub name: String,
    /// The label as people read it: "Migration".
    pub display_name: String,
    /// What falls under it.
    pub description: String,
    /// Its code in an outside vocabulary: `medtop:20000771` of the IPTC Media Topics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Taxonomy {
    /// Reads and checks a taxonomy in TOML. `path` is only for the error.
    pub fn parse(toml: &str, path: &Path) -> Result<Taxonomy, TaxonomyError> {
        Self::parse_with_lines(toml, path).map(|(taxonomy, _)| taxonomy)
    }

    /// As [`Taxonomy::parse`], with the line in `toml` of each label's name, by task and label.
    pub(super) fn parse_with_lines(toml: &str, path: &Path) -> Result<(Taxonomy, Vec<Vec<usize>>), TaxonomyError> {
        let error = |line, problem| TaxonomyError { path: path.to_owned(), line, problem };
        let file: TaxonomyFile = toml::from_str(toml).map_err(|toml_error| {
            let line = toml_error.span().map_or(1, |span| line_of(toml, span.start));
            error(line, TaxonomyProblem::Toml(toml_error.message().trim().to_owned()))
        })?;
        let task_lines: Vec<usize> = file.tasks.iter().map(|task| line_of(toml, task.name.span().start)).collect();
        let lines: Vec<Vec<usize>> =
            file.tasks.iter().map(|task| task.labels.iter().map(|label| line_of(toml, label.name.span().start)).collect()).collect();
        let taxonomy = file.into_taxonomy();
        taxonomy.check().map_err(|(place, problem)| {
            let line = match place {
                Place::File => 1,
                Place::Task(task) => task_lines[task],
                Place::Label(task, label) => lines[task][label],
            };
            error(line, problem)
        })?;
        Ok((taxonomy, lines))
    }

    /// The task of this name.
    pub fn task(&self, name: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.name == name)
    }

    fn check(&self) -> Result<(), (Place, TaxonomyProblem)> {
        if self.languages.is_empty() {
            return Err((Place::File, TaxonomyProblem::NoLanguages));
        }
        let mut languages = HashSet::new();
        for language in &self.languages {
            if !language::is_code(language) {
                return Err((Place::File, TaxonomyProblem::BadLanguage(language.clone())));
            }
            if !languages.insert(language.to_ascii_lowercase()) {
                return Err((Place::File, TaxonomyProblem::DuplicateLanguage(language.clone())));
            }
        }
        let first = self.tasks.first().ok_or((Place::File, TaxonomyProblem::NoTasks))?;
        if first.kind != TaskKind::SingleLabel {
            return Err((Place::Task(0), TaxonomyProblem::FirstTaskNotSingleLabel(first.name.clone())));
        }
        let mut names = HashSet::new();
        for (index, task) in self.tasks.iter().enumerate() {
            let problem = if !is_name(&task.name) {
                Some(TaxonomyProblem::BadTaskName(task.name.clone()))
            } else if task.name == "title" {
                Some(TaxonomyProblem::ReservedTaskName(task.name.clone()))
            } else if !names.insert(task.name.as_str()) {
                Some(TaxonomyProblem::DuplicateTask(task.name.clone()))
            } else if task.labels.is_empty() {
                Some(TaxonomyProblem::NoLabels(task.name.clone()))
            } else {
                None
            };
            if let Some(problem) = problem {
                return Err((Place::Task(index), problem));
            }
            task.check().map_err(|(label, problem)| (Place::Label(index, label), problem))?;
        }
        Ok(())
    }
}

impl Task {
    /// A task over labels that come from somebody's data and not from a taxonomy: the names are taken as they are and also shown as they are.
    pub fn new_flat(name: &str, kind: TaskKind, labels: impl IntoIterator<Item = impl Into<String>>) -> Task {
        let labels = labels.into_iter().map(Into::into).map(|name: String| Label {
            display_name: name.clone(),
            name,
            description: String::new(),
            code: None,
        });
        Task { name: name.to_owned(), display_name: name.to_owned(), description: String::new(), kind, labels: labels.collect() }
    }

    /// The index of the label of this name.
    pub fn label_index(&self, name: &str) -> Option<usize> {
        self.labels.iter().position(|label| label.name == name)
    }

    /// The indices of all labels below `label`, itself not included. None if there is no such label.
    pub fn descendants(&self, label: usize) -> impl Iterator<Item = usize> {
        let parent = self.labels.get(label).map(|label| label.name.as_str());
        self.labels.iter().enumerate().filter_map(move |(index, candidate)| {
            let below = candidate.name.strip_prefix(parent?)?;
            below.starts_with('/').then_some(index)
        })
    }

    fn check(&self) -> Result<(), (usize, TaxonomyProblem)> {
        let mut seen = HashSet::new();
        for (index, label) in self.labels.iter().enumerate() {
            let (task, name) = (self.name.clone(), label.name.clone());
            if !label.name.split('/').all(is_name) {
                return Err((index, TaxonomyProblem::BadLabelName { task, name }));
            }
            if let Some((parent, _)) = label.name.rsplit_once('/')
                && !seen.contains(parent)
            {
                let parent = parent.to_owned();
                return Err((
                    index,
                    match self.label_index(&parent) {
                        Some(_) => TaxonomyProblem::ChildBeforeParent { task, name, parent },
                        None => TaxonomyProblem::ParentMissing { task, name, parent },
                    },
                ));
            }
            if !seen.insert(label.name.as_str()) {
                return Err((index, TaxonomyProblem::DuplicateLabel { task, name }));
            }
        }
        Ok(())
    }
}

/// What is wrong with a taxonomy, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: {problem}", .path.display())]
pub struct TaxonomyError {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: TaxonomyProblem,
}

/// What can be wrong with a taxonomy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TaxonomyProblem {
    #[error("not a taxonomy in TOML: {0}")]
    Toml(String),
    #[error("no languages: write the BCP-47 codes of the languages that the seeds are in, such as `languages = [\"en\"]`")]
    NoLanguages,
    #[error("language {0:?} is not a BCP-47 code such as \"en\" or \"pt-BR\"")]
    BadLanguage(String),
    #[error("language {0:?} is listed twice: remove one")]
    DuplicateLanguage(String),
    #[error("no tasks: add at least one [[tasks]] with a name, a kind and [[tasks.labels]]")]
    NoTasks,
    #[error("task {0:?} comes first and so must be single_label: its labels are the folders of the articles")]
    FirstTaskNotSingleLabel(String),
    #[error("task name {0:?} may only have lower-case letters a-z, digits, `_` and `-`, and not be empty")]
    BadTaskName(String),
    #[error("a task can't be named {0:?}: articles have their own key of that name")]
    ReservedTaskName(String),
    #[error("there are two tasks named {0:?}: rename or remove one")]
    DuplicateTask(String),
    #[error("task {0:?} has no labels: add [[tasks.labels]] below it")]
    NoLabels(String),
    #[error(
        "label {name:?} of task {task:?}: each part of the path may only have lower-case letters a-z, digits, `_` and `-`, and not be empty"
    )]
    BadLabelName { task: String, name: String },
    #[error("task {task:?} has two labels named {name:?}: rename or remove one")]
    DuplicateLabel { task: String, name: String },
    #[error("label {name:?} of task {task:?} has no parent: add a label {parent:?} before it")]
    ParentMissing { task: String, name: String, parent: String },
    #[error("label {name:?} of task {task:?} comes before its parent: move it below {parent:?}")]
    ChildBeforeParent { task: String, name: String, parent: String },
}

enum Place {
    File,
    Task(usize),
    Label(usize, usize),
}

/// The file as people write it: names with their places, the rest optional where the name can stand in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaxonomyFile {
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    tasks: Vec<TaskEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskEntry {
    name: Spanned<String>,
    display_name: Option<String>,
    #[serde(default)]
    description: String,
    kind: TaskKind,
    #[serde(default)]
    labels: Vec<LabelEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelEntry {
    name: Spanned<String>,
    display_name: Option<String>,
    #[serde(default)]
    description: String,
    code: Option<String>,
}

impl TaxonomyFile {
    fn into_taxonomy(self) -> Taxonomy {
        let label = |entry: LabelEntry| {
            let name = entry.name.into_inner();
            Label {
                display_name: entry.display_name.unwrap_or_else(|| name.clone()),
                name,
                description: entry.description,
                code: entry.code,
            }
        };
        let task = |entry: TaskEntry| {
            let name = entry.name.into_inner();
            Task {
                display_name: entry.display_name.unwrap_or_else(|| name.clone()),
                name,
                description: entry.description,
                kind: entry.kind,
                labels: entry.labels.into_iter().map(label).collect(),
            }
        };
        Taxonomy { languages: self.languages, tasks: self.tasks.into_iter().map(task).collect() }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

#[cfg(test)]
mod tests;
