//! Seed articles: a headline, a text, and the labels that a person has given them.

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::Document;
use super::encoding::line_of;
use super::front_matter::{self, TOML_LINE};
use super::nearest::nearest;
use super::readers::plain_text_document;
use super::seed_error::{SeedError, SeedProblem};
use super::taxonomy::{Task, TaskKind, Taxonomy};

/// A labelled article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// Where it stands, relative to the seeds folder: `articles/society/migration/quota-summit-quarrel.md`.
    pub path: PathBuf,
    /// Its text. The id is the path.
    pub document: Document,
    /// Its labels: one entry a task, in the taxonomy's order, with indices into the task's labels in rising order. A single-label task has
    /// exactly one.
    pub labels: Vec<Vec<usize>>,
}

/// Reads a seed article: front matter with a `title` and one key a task, a string where the task is single-label and an array where it is
/// multi-label, then plain text. Gives ALL that is wrong with it.
///
/// `path` is relative to the seeds folder; if it begins with `articles/`, the folder must be the article's label in the first task.
pub fn parse_article(text: &str, path: &Path, taxonomy: &Taxonomy) -> Result<Article, Vec<SeedError>> {
    let error = |line: usize, problem| SeedError::new(path, line, problem);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let parts = match front_matter::split(text) {
        Ok(Some(parts)) => parts,
        Ok(None) => return Err(vec![error(1, SeedProblem::NoFrontMatter)]),
        Err(front_matter::Unclosed) => return Err(vec![error(1, SeedProblem::UnclosedFrontMatter)]),
    };
    let mut errors = Vec::new();
    let (table, toml_errors) = DeTable::parse_recoverable(parts.toml);
    for toml_error in toml_errors {
        let line = toml_line(parts.toml, toml_error.span().map_or(0, |span| span.start));
        errors.push(error(line, SeedProblem::Toml(toml_error.message().trim().replace('\n', "; "))));
    }
    let broken_toml = !errors.is_empty();
    let mut title = None;
    let mut labels = vec![None; taxonomy.tasks.len()];
    for (key, value) in table.get_ref() {
        let name = key.get_ref().as_ref();
        let line = toml_line(parts.toml, value.span().start);
        let mut entry = Entry { key: name, line, errors: &mut errors, locate: |start| toml_line(parts.toml, start), error: &error };
        if name == "title" {
            title = Some(entry.title(value.get_ref()));
        } else if let Some(task) = taxonomy.tasks.iter().position(|task| task.name == name) {
            labels[task] = Some(entry.labels(value.get_ref(), &taxonomy.tasks[task]));
        } else {
            let line = toml_line(parts.toml, key.span().start);
            let known = taxonomy.tasks.iter().map(|task| task.name.as_str()).chain(["title"]);
            errors.push(error(line, SeedProblem::UnknownKey { key: name.to_owned(), nearest: nearest(name, known) }));
        }
    }
    // A key may only seem to be missing, or to have its value, where the TOML is broken.
    if !broken_toml {
        if title.is_none() {
            errors.push(error(1, missing("title", "`title = \"..\"`".to_owned())));
        }
        for (task, _) in taxonomy.tasks.iter().zip(&labels).filter(|(_, labels)| labels.is_none()) {
            let example = match task.kind {
                TaskKind::SingleLabel => format!("`{} = \"..\"`", task.name),
                TaskKind::MultiLabel => format!("`{0} = [\"..\"]`, or `{0} = []` for none", task.name),
            };
            errors.push(error(1, missing(&task.name, example)));
        }
    }
    if let (Some(folder), Some(task), Some(Some(Some(given)))) = (label_folder(path), taxonomy.tasks.first(), labels.first())
        && !broken_toml
        && let [(label, line)] = given[..]
        && task.labels[label].name != folder
        && task.label_index(&folder).is_some()
    {
        let label = task.labels[label].name.clone();
        errors.push(error(line, SeedProblem::NotInItsFolder { task: task.name.clone(), label, folder }));
    }
    let body = parts.body.trim();
    if body.is_empty() {
        errors.push(error(parts.body_line, SeedProblem::EmptyBody));
    }
    if !errors.is_empty() {
        errors.sort_by_key(|error| error.line);
        return Err(errors);
    }
    let id = path.display().to_string();
    let document = Document { id, title: title.flatten().unwrap_or_default(), text: unix_lines(body), language: None };
    let indices = |given: Option<Option<Vec<(usize, usize)>>>| {
        let mut indices: Vec<usize> = given.flatten().unwrap_or_default().into_iter().map(|(label, _)| label).collect();
        indices.sort_unstable();
        indices
    };
    Ok(Article { path: path.to_owned(), document, labels: labels.into_iter().map(indices).collect() })
}

/// The document in a `.md` file, whose labels, if it has any, do not matter: with front matter, the `title` in it and the text below it;
/// without, a plain text. The error is a sentence, with the line.
pub fn markdown_document(id: &str, text: &str) -> Result<Document, (usize, SeedProblem)> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let Some(parts) = front_matter::split(text).map_err(|front_matter::Unclosed| (1, SeedProblem::UnclosedFrontMatter))? else {
        return Ok(plain_text_document(id, text));
    };
    let table = DeTable::parse(parts.toml).map_err(|error| {
        let line = toml_line(parts.toml, error.span().map_or(0, |span| span.start));
        (line, SeedProblem::Toml(error.message().trim().replace('\n', "; ")))
    })?;
    let title = match table.get_ref().iter().find(|(key, _)| key.get_ref() == "title") {
        None => String::new(),
        Some((_, value)) => match value.get_ref() {
            DeValue::String(title) => title.trim().to_owned(),
            other => {
                let problem = SeedProblem::WrongType { key: "title".to_owned(), expected: "a string", found: kind_of(other) };
                return Err((toml_line(parts.toml, value.span().start), problem));
            }
        },
    };
    Ok(Document { id: id.to_owned(), title, text: unix_lines(parts.body.trim()), language: None })
}

/// The label whose folder an article's path is in: `society/migration`.
fn label_folder(path: &Path) -> Option<String> {
    let folder = path.parent()?.strip_prefix("articles").ok()?;
    let parts: Vec<&str> = folder.iter().map(|part| part.to_str()).collect::<Option<_>>()?;
    Some(parts.join("/"))
}

/// One key of the front matter, being read.
struct Entry<'a, L, E> {
    key: &'a str,
    line: usize,
    errors: &'a mut Vec<SeedError>,
    locate: L,
    error: E,
}

impl<L: Fn(usize) -> usize, E: Fn(usize, SeedProblem) -> SeedError> Entry<'_, L, E> {
    fn title(&mut self, value: &DeValue<'_>) -> Option<String> {
        match value {
            DeValue::String(title) if title.trim().is_empty() => self.fail(self.line, SeedProblem::EmptyTitle),
            DeValue::String(title) => return Some(title.trim().to_owned()),
            other => self.wrong_type(self.line, "a string", other),
        }
        None
    }

    /// The labels with their lines; None if any is wrong.
    fn labels(&mut self, value: &DeValue<'_>, task: &Task) -> Option<Vec<(usize, usize)>> {
        match (task.kind, value) {
            (TaskKind::SingleLabel, DeValue::String(name)) => self.label(self.line, name, task).map(|label| vec![(label, self.line)]),
            (TaskKind::SingleLabel, other) => {
                self.wrong_type(self.line, "a string, the one label", other);
                None
            }
            (TaskKind::MultiLabel, DeValue::Array(items)) => {
                let before = self.errors.len();
                let mut labels: Vec<(usize, usize)> = Vec::new();
                for item in items.iter() {
                    let line = (self.locate)(item.span().start);
                    match item.get_ref() {
                        DeValue::String(name) => match self.label(line, name, task) {
                            Some(label) if labels.iter().any(|&(other, _)| other == label) => {
                                self.fail(line, SeedProblem::DuplicateLabel { task: task.name.clone(), label: name.to_string() });
                            }
                            Some(label) => labels.push((label, line)),
                            None => {}
                        },
                        other => self.wrong_type(line, "a list of strings", other),
                    }
                }
                (self.errors.len() == before).then_some(labels)
            }
            (TaskKind::MultiLabel, other) => {
                self.wrong_type(self.line, "a list of labels such as [\"..\"]", other);
                None
            }
        }
    }

    fn label(&mut self, line: usize, name: &str, task: &Task) -> Option<usize> {
        let label = task.label_index(name);
        if label.is_none() {
            let nearest = nearest(name, task.labels.iter().map(|label| label.name.as_str()));
            self.fail(line, SeedProblem::UnknownLabel { task: task.name.clone(), label: name.to_owned(), nearest });
        }
        label
    }

    fn wrong_type(&mut self, line: usize, expected: &'static str, found: &DeValue<'_>) {
        self.fail(line, SeedProblem::WrongType { key: self.key.to_owned(), expected, found: kind_of(found) });
    }

    fn fail(&mut self, line: usize, problem: SeedProblem) {
        self.errors.push((self.error)(line, problem));
    }
}

fn missing(key: &str, example: String) -> SeedProblem {
    SeedProblem::MissingKey { key: key.to_owned(), example }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn toml_line(toml: &str, offset: usize) -> usize {
    TOML_LINE - 1 + line_of(toml, offset)
}

/// The text with Unix line ends.
fn unix_lines(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n") } else { text.to_owned() }
}

#[cfg(test)]
mod tests;
