//! A labelled file as a whole: what a model of one task is learned from, or judged by.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use sha2::{Digest, Sha256};

use super::{
    Document, Task, TaskKind,
    readers::{LabelledError, ReadError, read_labelled},
};
use crate::text::hex;

/// All rows of a labelled file.
#[derive(Clone, Debug, Default)]
pub struct LabelledCorpus {
    /// The documents, in the order of the file.
    pub documents: Vec<Document>,
    /// The labels of each document.
    pub labels: Vec<Vec<String>>,
    /// The line of each document in the file, counted from 1.
    pub lines: Vec<u64>,
    /// Whether any row gives its labels as a list, which makes the task multi-label.
    pub is_multi_label: bool,
    /// SHA-256 of the file, in hexadecimal.
    pub fingerprint: String,
}

/// Why a labelled file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LabelledCorpusError {
    /// It can't be opened, or not to its end.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Rows are wrong. Nothing is learned from the others, for labels must not go missing unseen.
    #[error("{}\n{count} rows can't be used: mend them or take them out", .first.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Rows {
        /// The first few.
        first: Vec<LabelledError>,
        /// How many there are.
        count: usize,
    },
    /// There is no row.
    #[error("{0}: there is no labelled document in this file")]
    Empty(String),
}

/// How many wrong rows an error names.
const NAMED_ROWS: usize = 10;

impl LabelledCorpus {
    /// Reads a file of JSON Lines, as [`read_labelled`] does, and asks that every row is right.
    pub fn read(path: &Path) -> Result<Self, LabelledCorpusError> {
        let mut corpus = LabelledCorpus { fingerprint: fingerprint(path)?, ..Default::default() };
        let (mut first, mut count) = (Vec::new(), 0);
        for row in read_labelled(path)? {
            match row {
                Ok(row) => {
                    corpus.documents.push(row.document);
                    corpus.labels.push(row.labels);
                    corpus.lines.push(row.line);
                    corpus.is_multi_label |= row.is_list;
                }
                Err(error) => {
                    count += 1;
                    if first.len() < NAMED_ROWS {
                        first.push(error);
                    }
                }
            }
        }
        match (count, corpus.documents.is_empty()) {
            (0, false) => Ok(corpus),
            (0, true) => Err(LabelledCorpusError::Empty(path.display().to_string())),
            _ => Err(LabelledCorpusError::Rows { first, count }),
        }
    }

    /// The task that the labels make up, in the order of their names.
    pub fn task(&self, name: &str) -> Task {
        let labels: BTreeSet<&str> = self.labels.iter().flatten().map(String::as_str).collect();
        Task::new_flat(name, if self.is_multi_label { TaskKind::MultiLabel } else { TaskKind::SingleLabel }, labels)
    }

    /// The labels of each document as numbers of a task's labels; `usize::MAX` for one that the task does not have.
    pub fn label_indices(&self, task: &Task) -> Vec<Vec<usize>> {
        let index = |label: &String| task.label_index(label).unwrap_or(usize::MAX);
        self.labels.iter().map(|labels| labels.iter().map(index).collect()).collect()
    }
}

fn fingerprint(path: &Path) -> Result<String, ReadError> {
    let open = |error| ReadError::Open { path: path.to_owned(), error };
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(open)?);
    let mut hash = Sha256::new();
    loop {
        let bytes = file.fill_buf().map_err(open)?;
        if bytes.is_empty() {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(bytes);
        let read = bytes.len();
        file.consume(read);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(rows: &str) -> Result<LabelledCorpus, LabelledCorpusError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(rows.as_bytes()).unwrap();
        LabelledCorpus::read(file.path())
    }

    #[test]
    fn a_list_of_labels_makes_the_task_multi_label() {
        let single = read("{\"text\": \"a\", \"label\": \"y\"}\n{\"text\": \"b\", \"label\": \"x\"}\n").unwrap();
        let task = single.task("topic");
        assert_eq!(task.kind, TaskKind::SingleLabel);
        assert_eq!(single.label_indices(&task), [[1], [0]]);
        let multi = read("{\"text\": \"a\", \"labels\": [\"y\", \"x\"]}\n{\"text\": \"b\", \"labels\": []}\n").unwrap();
        assert_eq!(multi.task("topic").kind, TaskKind::MultiLabel);
    }

    #[test]
    fn one_wrong_row_stops_it_all_and_is_named() {
        let error = read("{\"text\": \"a\", \"label\": \"y\"}\n{\"text\": \"b\"}\nnot json\n").unwrap_err().to_string();
        assert!(error.contains(":2") && error.contains(":3") && error.contains("2 rows"), "{error}");
        assert!(matches!(read(""), Err(LabelledCorpusError::Empty(_))));
    }
}
