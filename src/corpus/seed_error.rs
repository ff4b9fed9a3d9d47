//! What can be wrong with seeds, in words for the person who will mend it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::encoding::EncodingError;
use super::nearest::suggestion;
use super::taxonomy::TaxonomyProblem;

/// All that is wrong with a seeds folder, by file and line. Never empty.
#[derive(Debug)]
pub struct SeedErrors(pub(super) Vec<SeedError>);

impl SeedErrors {
    /// The single errors.
    pub fn errors(&self) -> &[SeedError] {
        &self.0
    }
}

impl fmt::Display for SeedErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "{error}")?;
        }
        match self.0.len() {
            1 => write!(f, "1 error in the seeds"),
            count => write!(f, "{count} errors in the seeds"),
        }
    }
}

impl std::error::Error for SeedErrors {}

/// One thing that is wrong, and where: `seeds/articles/sport/final.md:3: ...`.
#[derive(Debug)]
pub struct SeedError {
    /// The file or folder.
    pub path: PathBuf,
    /// The line, counted from 1, if it is a matter of one.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: SeedProblem,
}

impl SeedError {
    pub(super) fn new(path: &Path, line: impl Into<Option<usize>>, problem: SeedProblem) -> SeedError {
        SeedError { path: path.to_owned(), line: line.into(), problem }
    }
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        place(f, &self.path, self.line)?;
        write!(f, "{}", self.problem)
    }
}

impl std::error::Error for SeedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.problem.source()
    }
}

fn place(f: &mut fmt::Formatter<'_>, path: &Path, line: Option<usize>) -> fmt::Result {
    match line {
        Some(line) => write!(f, "{}:{line}: ", path.display()),
        None => write!(f, "{}: ", path.display()),
    }
}

/// What can be wrong with a seed file.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SeedProblem {
    #[error("can't be read: {0}")]
    Unreadable(std::io::Error),
    #[error("{0}")]
    Encoding(#[from] EncodingError),
    #[error("{0}")]
    Taxonomy(#[from] TaxonomyProblem),
    #[error("{0}")]
    Counterfactuals(String),
    #[error("no front matter: begin the file with a line `+++`, then `title = \"..\"` and one key a task, then another line `+++`")]
    NoFrontMatter,
    #[error("the front matter has no end: put a line `+++` below its last key")]
    UnclosedFrontMatter,
    #[error("the front matter is not TOML: {0}")]
    Toml(String),
    #[error("`{key}` is missing: add {example}")]
    MissingKey { key: String, example: String },
    #[error("unknown key `{key}`: {}", suggestion(.nearest))]
    UnknownKey { key: String, nearest: Vec<String> },
    #[error("`{key}` must be {expected}, and is {found}")]
    WrongType { key: String, expected: &'static str, found: &'static str },
    #[error("unknown {task} {label:?}: {}", suggestion(.nearest))]
    UnknownLabel { task: String, label: String, nearest: Vec<String> },
    #[error("{label:?} stands twice in `{task}`: remove one")]
    DuplicateLabel { task: String, label: String },
    #[error("`{task}` is {label:?}, but the file is in the folder of {folder:?}: move the file, or change the key")]
    NotInItsFolder { task: String, label: String, folder: String },
    #[error("the title is empty: write the headline of the article")]
    EmptyTitle,
    #[error("no text below the front matter: write the article there")]
    EmptyBody,
    #[error("the same text as {}: remove one of them", .other.display())]
    DuplicateArticle { other: PathBuf },
    #[error("folder of an unknown {task} {label:?}: {}", suggestion(.nearest))]
    UnknownFolder { task: String, label: String, nearest: Vec<String> },
    #[error("named after an unknown task {task:?}: {}", suggestion(.nearest))]
    UnknownTask { task: String, nearest: Vec<String> },
    #[error("no terms: write one a line, or remove the file")]
    EmptyGlossary,
    #[error("the term {term:?} already stands in line {first_line}: remove one")]
    DuplicateTerm { term: String, first_line: usize },
    #[error(
        "unexpected: seeds are taxonomy.toml, articles/<label>/<name>.md, glossaries/<task>/<label>.txt, ignored/<task>.txt and counterfactuals.toml; move it away, or begin its name with a dot"
    )]
    UnexpectedFile,
    #[error("not a folder of seeds: name the folder that has taxonomy.toml in it")]
    NotAFolder,
    #[error("no articles: write at least one, as articles/<label>/<name>.md")]
    NoArticles,
}

/// Something in the seeds that is allowed but perhaps not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedWarning {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// What is noticed.
    pub notice: SeedNotice,
}

impl fmt::Display for SeedWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        place(f, &self.path, Some(self.line))?;
        write!(f, "{}", self.notice)
    }
}

/// What can be noticed about seeds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SeedNotice {
    #[error("the term {term:?} is also under {other_label:?} ({}:{other_line}): keep it where it is typical", .other_path.display())]
    TermUnderSeveralLabels { term: String, other_label: String, other_path: PathBuf, other_line: usize },
    #[error("no article has the {task} {label:?}: write some, or remove the label")]
    LabelWithoutArticle { task: String, label: String },
}
