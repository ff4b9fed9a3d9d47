//! Labelled data: JSON Lines whose rows have `label` or `labels`.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::MAX_ROW_BYTES;
use super::error::{LabelledError, ReadError};
use super::json_row::JsonRow;
use super::lines::{Line, Lines};
use crate::corpus::Document;

/// One labelled document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledRow {
    /// Its line in the file, counted from 1.
    pub line: u64,
    /// The document, never a blank one. Its id is the row's `id`, or else the number of its line.
    pub document: Document,
    /// The labels: exactly one if they are not a list, else any number, each once.
    pub labels: Vec<String>,
    /// Whether the file gives the labels as a list, which makes the task multi-label.
    pub is_list: bool,
}

/// Reads labelled data: one JSON object a line, as [`read_documents`](super::read_documents) reads them, with `"label": "x"`,
/// `"label": ["x", "y"]` or `"labels": ["x", "y"]`. A row that can't be used is an error with its line, and the next row follows.
pub fn read_labelled(path: &Path) -> Result<impl Iterator<Item = Result<LabelledRow, LabelledError>> + Send + use<>, ReadError> {
    let file = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
        true => Err(std::io::ErrorKind::IsADirectory.into()),
        false => Ok(file),
    });
    let file = file.map_err(|error| ReadError::Open { path: path.to_owned(), error })?;
    Ok(Labelled { path: path.to_owned(), lines: Lines::new(Box::new(file), MAX_ROW_BYTES) })
}

struct Labelled {
    path: PathBuf,
    lines: Lines,
}

impl Iterator for Labelled {
    type Item = Result<LabelledRow, LabelledError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Line { number, content } = self.lines.next_line()?;
        let row = content.and_then(|line| JsonRow::parse(line, true)).and_then(|mut row| {
            let id = row.take_id().unwrap_or_else(|| number.to_string());
            let (labels, is_list) = row.take_labels()?;
            let document = Document { id, ..row.into_document()? };
            Ok(LabelledRow { line: number, document, labels, is_list })
        });
        Some(row.map_err(|problem| LabelledError { path: self.path.clone(), line: number, problem }))
    }
}
