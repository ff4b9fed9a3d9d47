//! The seeds: all that a model is taught from, read from one folder.
//!
//! ```text
//! taxonomy.toml                        the tasks and their labels
//! articles/<label>/<name>.md           articles, in the folder of their label in the first task
//! glossaries/<task>/<label>.txt        terms that are typical of a label
//! ignored/<task>.txt                   terms that a task must not look at
//! counterfactuals.toml                 texts that differ in nothing but who they are about, to measure by
//! ```
//!
//! A label that is a path is a path here as well: `articles/society/migration/`, `glossaries/topic/society/migration.txt`. Hidden files,
//! `README.md` and `WRITING.md` are skipped.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::article::{Article, parse_article};
use super::counterfactuals::Counterfactuals;
use super::encoding::decode;
use super::glossary::{Glossary, parse_terms, same_term};
use super::nearest::nearest;
use super::seed_error::{SeedError, SeedErrors, SeedNotice, SeedProblem, SeedWarning};
use super::taxonomy::{Task, Taxonomy};
use crate::text::hex;

/// What a model is taught from. Everything is in the order of the paths' bytes, on every file system.
#[derive(Clone, Debug)]
pub struct Seeds {
    /// The tasks and labels.
    pub taxonomy: Taxonomy,
    /// The labelled articles.
    pub articles: Vec<Article>,
    /// The terms of labels. Not every label needs some.
    pub glossaries: Vec<Glossary>,
    /// For each task, terms that it must not look at: neither its learning nor its answers depend on them.
    pub ignored: Vec<Vec<String>>,
    /// What shows whether it matters who a text is about; nothing is learned from it.
    pub counterfactuals: Option<Counterfactuals>,
    /// What is allowed but perhaps not meant.
    pub warnings: Vec<SeedWarning>,
    /// SHA-256, in hexadecimal, over all seed files: for each, in order, the length of its path in bytes as a little-endian u64, the path
    /// (relative, parted by `/`), the length of its content as a little-endian u64, and the content.
    pub fingerprint: String,
}

impl Seeds {
    /// Reads and checks a folder of seeds. Gives ALL that is wrong with it, by file and line, so that one look mends it.
    pub fn load(folder: &Path) -> Result<Seeds, SeedErrors> {
        if !folder.is_dir() {
            return Err(SeedErrors(vec![SeedError::new(folder, None, SeedProblem::NotAFolder)]));
        }
        let (files, mut errors) = list_files(folder);
        let taxonomy = read_taxonomy(folder).map_err(|error| errors.push(error)).ok();
        let mut loading = Loading::default();
        for relative in &files {
            loading.add(folder, relative, taxonomy.as_ref().map(|(taxonomy, _)| taxonomy));
        }
        errors.append(&mut loading.errors);
        let Some((taxonomy, label_lines)) = taxonomy else { return Err(SeedErrors(errors)) };
        if loading.articles.is_empty() && errors.is_empty() {
            errors.push(SeedError::new(folder, None, SeedProblem::NoArticles));
        }
        for (path, other) in same_articles(&loading.articles) {
            errors.push(SeedError::new(&folder.join(path), None, SeedProblem::DuplicateArticle { other: folder.join(other) }));
        }
        if !errors.is_empty() {
            errors.sort_by(|left, right| (&left.path, left.line).cmp(&(&right.path, right.line)));
            return Err(SeedErrors(errors));
        }
        let mut warnings = labels_without_articles(folder, &taxonomy, &label_lines, &loading.articles);
        warnings.extend(shared_terms(folder, &taxonomy, &loading.glossaries));
        let glossaries = loading.glossaries.into_iter().map(|(glossary, _)| glossary).collect();
        let mut ignored = vec![Vec::new(); taxonomy.tasks.len()];
        loading.ignored.into_iter().for_each(|(task, terms)| ignored[task] = terms);
        let fingerprint = hex(&loading.hash.finalize());
        Ok(Seeds {
            taxonomy,
            articles: loading.articles,
            glossaries,
            ignored,
            counterfactuals: loading.counterfactuals,
            warnings,
            fingerprint,
        })
    }
}

const TAXONOMY: &str = "taxonomy.toml";
const COUNTERFACTUALS: &str = "counterfactuals.toml";

/// The paths of all files below `folder`, relative and parted by `/`, in the order of their bytes.
fn list_files(folder: &Path) -> (Vec<String>, Vec<SeedError>) {
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    let walk = WalkDir::new(folder).follow_links(true).into_iter();
    // The folder itself may be called what it likes.
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_skipped(&entry.file_name().to_string_lossy())) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_owned();
                let cause = error.into_io_error().unwrap_or_else(|| io::Error::other("a symbolic link leads back to a folder above it"));
                errors.push(SeedError::new(&path, None, SeedProblem::Unreadable(cause)));
                continue;
            }
        };
        if entry.file_type().is_dir() {
            continue;
        }
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
        match parts {
            Some(parts) if entry.file_type().is_file() => files.push(parts.join("/")),
            _ => errors.push(SeedError::new(entry.path(), None, SeedProblem::UnexpectedFile)),
        }
    }
    files.sort_unstable();
    (files, errors)
}

fn is_skipped(name: &str) -> bool {
    name.starts_with('.') || name == "README.md" || name == "WRITING.md"
}

fn read_text(path: &Path) -> Result<(Vec<u8>, String), SeedError> {
    let bytes = std::fs::read(path).map_err(|error| SeedError::new(path, None, SeedProblem::Unreadable(error)))?;
    let text = decode(bytes.clone()).map_err(|error| SeedError::new(path, error.line(), SeedProblem::Encoding(error)))?;
    Ok((bytes, text))
}

fn read_taxonomy(folder: &Path) -> Result<(Taxonomy, Vec<Vec<usize>>), SeedError> {
    let path = folder.join(TAXONOMY);
    let (_, text) = read_text(&path)?;
    Taxonomy::parse_with_lines(&text, &path).map_err(|error| SeedError::new(&path, error.line, SeedProblem::Taxonomy(error.problem)))
}

/// What has been read so far.
#[derive(Default)]
struct Loading {
    articles: Vec<Article>,
    /// With the line of each term.
    glossaries: Vec<(Glossary, Vec<usize>)>,
    /// The terms that a task ignores, with its number.
    ignored: Vec<(usize, Vec<String>)>,
    counterfactuals: Option<Counterfactuals>,
    errors: Vec<SeedError>,
    hash: Sha256,
}

impl Loading {
    fn add(&mut self, folder: &Path, relative: &str, taxonomy: Option<&Taxonomy>) {
        let path = folder.join(relative);
        let Some(kind) = Kind::of(relative) else {
            return self.errors.push(SeedError::new(&path, None, SeedProblem::UnexpectedFile));
        };
        let (bytes, text) = match read_text(&path) {
            Ok(read) => read,
            // That the taxonomy can't be read is known already.
            Err(_) if matches!(kind, Kind::Taxonomy) => return,
            Err(error) => return self.errors.push(error),
        };
        for part in [relative.as_bytes(), &bytes] {
            self.hash.update((part.len() as u64).to_le_bytes());
            self.hash.update(part);
        }
        let Some(taxonomy) = taxonomy else { return };
        match kind {
            Kind::Taxonomy => {}
            Kind::Counterfactuals => match Counterfactuals::parse(&text) {
                Ok(read) => self.counterfactuals = Some(read),
                Err((line, problem)) => self.errors.push(SeedError::new(&path, line, SeedProblem::Counterfactuals(problem))),
            },
            Kind::Article { label } => self.add_article(&path, relative, label, &text, taxonomy),
            Kind::Glossary { task, label } => self.add_glossary(&path, relative, (task, label), &text, taxonomy),
            Kind::Ignored { task } => self.add_ignored(&path, task, &text, taxonomy),
        }
    }

    fn add_article(&mut self, path: &Path, relative: &str, folder: &str, text: &str, taxonomy: &Taxonomy) {
        // A checked taxonomy has a first task.
        if let Some(task) = taxonomy.tasks.first()
            && task.label_index(folder).is_none()
        {
            let (task, label, nearest) = unknown_label(task, folder);
            self.errors.push(SeedError::new(path, None, SeedProblem::UnknownFolder { task, label, nearest }));
        }
        match parse_article(text, Path::new(relative), taxonomy) {
            Ok(article) => self.articles.push(article),
            Err(errors) => self.errors.extend(errors.into_iter().map(|error| SeedError { path: path.to_owned(), ..error })),
        }
    }

    fn add_glossary(&mut self, path: &Path, relative: &str, (task, label): (&str, &str), text: &str, taxonomy: &Taxonomy) {
        let place = task_index(taxonomy, task).and_then(|index| match taxonomy.tasks[index].label_index(label) {
            Some(label) => Ok((index, label)),
            None => {
                let (task, label, nearest) = unknown_label(&taxonomy.tasks[index], label);
                Err(SeedProblem::UnknownLabel { task, label, nearest })
            }
        });
        match (place, parse_terms(text, path)) {
            (Ok((task, label)), Ok(terms)) => {
                let (lines, terms) = terms.into_iter().unzip();
                self.glossaries.push((Glossary { path: relative.into(), task, label, terms }, lines));
            }
            (place, terms) => {
                self.errors.extend(place.err().map(|problem| SeedError::new(path, None, problem)));
                self.errors.extend(terms.err().unwrap_or_default());
            }
        }
    }

    fn add_ignored(&mut self, path: &Path, task: &str, text: &str, taxonomy: &Taxonomy) {
        match (task_index(taxonomy, task), parse_terms(text, path)) {
            (Ok(task), Ok(terms)) => self.ignored.push((task, terms.into_iter().map(|(_, term)| term).collect())),
            (task, terms) => {
                self.errors.extend(task.err().map(|problem| SeedError::new(path, None, problem)));
                self.errors.extend(terms.err().unwrap_or_default());
            }
        }
    }
}

fn task_index(taxonomy: &Taxonomy, name: &str) -> Result<usize, SeedProblem> {
    taxonomy.tasks.iter().position(|task| task.name == name).ok_or_else(|| {
        let nearest = nearest(name, taxonomy.tasks.iter().map(|task| task.name.as_str()));
        SeedProblem::UnknownTask { task: name.to_owned(), nearest }
    })
}

/// What a seed file is, by its relative path.
enum Kind<'a> {
    Taxonomy,
    Counterfactuals,
    Article { label: &'a str },
    Glossary { task: &'a str, label: &'a str },
    Ignored { task: &'a str },
}

impl<'a> Kind<'a> {
    fn of(relative: &'a str) -> Option<Kind<'a>> {
        if relative == TAXONOMY {
            return Some(Kind::Taxonomy);
        }
        if relative == COUNTERFACTUALS {
            return Some(Kind::Counterfactuals);
        }
        if let Some(rest) = relative.strip_prefix("articles/") {
            let (label, _) = rest.strip_suffix(".md")?.rsplit_once('/')?;
            return Some(Kind::Article { label });
        }
        if let Some(rest) = relative.strip_prefix("ignored/") {
            return Some(Kind::Ignored { task: rest.strip_suffix(".txt")? });
        }
        let (task, label) = relative.strip_prefix("glossaries/")?.strip_suffix(".txt")?.split_once('/')?;
        Some(Kind::Glossary { task, label })
    }
}

fn unknown_label(task: &Task, label: &str) -> (String, String, Vec<String>) {
    (task.name.clone(), label.to_owned(), nearest(label, task.labels.iter().map(|label| label.name.as_str())))
}

/// Articles whose text, white space and case aside, an earlier one has: their path and the earlier one's.
fn same_articles(articles: &[Article]) -> Vec<(&Path, &Path)> {
    let mut seen: HashMap<String, &Path> = HashMap::new();
    let mut same = Vec::new();
    for article in articles {
        let body = article.document.text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let first = *seen.entry(body).or_insert(&article.path);
        if first != article.path {
            same.push((article.path.as_path(), first));
        }
    }
    same
}

fn labels_without_articles(folder: &Path, taxonomy: &Taxonomy, lines: &[Vec<usize>], articles: &[Article]) -> Vec<SeedWarning> {
    let mut warnings = Vec::new();
    for (task_index, task) in taxonomy.tasks.iter().enumerate() {
        for (label_index, label) in task.labels.iter().enumerate() {
            if !articles.iter().any(|article| article.labels[task_index].contains(&label_index)) {
                let notice = SeedNotice::LabelWithoutArticle { task: task.name.clone(), label: label.name.clone() };
                warnings.push(SeedWarning { path: folder.join(TAXONOMY), line: lines[task_index][label_index], notice });
            }
        }
    }
    warnings
}

/// Terms that an earlier glossary of the same task has as well.
fn shared_terms(folder: &Path, taxonomy: &Taxonomy, glossaries: &[(Glossary, Vec<usize>)]) -> Vec<SeedWarning> {
    let mut first: HashMap<(usize, String), (&Glossary, usize)> = HashMap::new();
    let mut warnings = Vec::new();
    for (glossary, lines) in glossaries {
        for (term, &line) in glossary.terms.iter().zip(lines) {
            let (other, other_line) = *first.entry((glossary.task, same_term(term))).or_insert((glossary, line));
            if other.label != glossary.label {
                let notice = SeedNotice::TermUnderSeveralLabels {
                    term: term.clone(),
                    other_label: taxonomy.tasks[other.task].labels[other.label].name.clone(),
                    other_path: folder.join(&other.path),
                    other_line,
                };
                warnings.push(SeedWarning { path: folder.join(&glossary.path), line, notice });
            }
        }
    }
    warnings
}

#[cfg(test)]
mod tests;
