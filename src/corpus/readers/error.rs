//! Why files, and why rows of files, can't be read.

use std::io;
use std::path::PathBuf;

use crate::corpus::encoding::EncodingError;

/// Why reading can't begin.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No such file, or no right to it.
    #[error("can't read {}: {error}", .path.display())]
    Open {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// A file whose name does not say what it is.
    #[error(
        "{}: not a kind of file that can be read: name a .jsonl, .ndjson, .txt or .md file, a folder of them, or - for standard input",
        .path.display()
    )]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// A folder with nothing to read in it.
    #[error("{}: no .jsonl, .ndjson, .txt or .md file in this folder or below it", .path.display())]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// `-` stands twice.
    #[error("standard input can be read only once: name - once")]
    StandardInputTwice,
}

/// Why a row is not a document.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// The line is not JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// The line is JSON, but not an object.
    #[error("not a JSON object: write one object a line, such as {{\"text\": \"..\"}}")]
    NotAnObject,
    /// A key has a value of another type.
    #[error("`{key}` must be {expected}, and is {found}")]
    WrongType {
        /// The key.
        key: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// There is neither a text nor a title.
    #[error("neither `text` nor `title`: a document needs at least one of them")]
    MissingText,
    /// Title and text are empty or white space.
    #[error("blank: neither the title nor the text has a word")]
    Blank,
    /// Labelled data: there is no label.
    #[error("no `label`: add \"label\": \"..\", or \"labels\": [..] for any number of them")]
    MissingLabel,
    /// Labelled data: there are both `label` and `labels`.
    #[error("both `label` and `labels`: keep one of them")]
    TwoLabelKeys,
    /// Labelled data: a label without a name.
    #[error("a label is empty: give it a name, or remove it")]
    BlankLabel,
    /// Labelled data: a label that does not look like what it is.
    #[error("the label {0:?} has control characters, or white space other than single spaces between words: take them out")]
    UnprintableLabel(String),
    /// Labelled data: a label is listed twice.
    #[error("the label {0:?} stands twice: remove one")]
    DuplicateLabel(String),
    /// The front matter of a `.md` file is broken.
    #[error("{0}")]
    FrontMatter(String),
    /// Not text in UTF-8.
    #[error("{0}")]
    Encoding(#[from] EncodingError),
    /// A line, or a file that is one document, beyond what is held in memory.
    #[error("longer than {} MiB: split it into smaller documents", .limit >> 20)]
    TooLong {
        /// The largest length, in bytes.
        limit: usize,
    },
    /// The file broke off.
    #[error("can't be read: {0}")]
    Unreadable(io::Error),
}

/// Why labelled data can't be used, and where.
#[derive(Debug, thiserror::Error)]
#[error("{}:{line}: {problem}", .path.display())]
pub struct LabelledError {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong.
    pub problem: RowError,
}
