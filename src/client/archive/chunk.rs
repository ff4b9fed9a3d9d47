//! Rows that are classified and written together.

use std::io::{self, Write};
use std::path::PathBuf;

use super::Form;
use crate::{
    api::v1,
    client::{
        Classifier, ClientError,
        json_lines::{ErrorRow, LabelFilter, write_answer, write_error},
        terminal,
    },
    corpus::{Document, Row},
};

/// So many documents share what a call costs, ...
const MAX_DOCUMENTS: usize = 256;
/// ... unless they are large: no chunk takes a further row from this size on.
const MAX_BYTES: usize = 4 << 20;
/// The first chunk is small, so that the first answers come soon and few rows still keep all workers busy; each further one is twice as
/// large.
const FIRST_DOCUMENTS: usize = 8;

/// The rows in chunks.
pub(super) struct Chunks<I> {
    rows: I,
    documents: usize,
}

impl<I: Iterator<Item = Row>> Chunks<I> {
    pub fn new(rows: I) -> Self {
        Self { rows, documents: FIRST_DOCUMENTS }
    }
}

impl<I: Iterator<Item = Row>> Iterator for Chunks<I> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let mut chunk = Chunk::default();
        let mut bytes = 0;
        while chunk.rows.len() < self.documents && bytes < MAX_BYTES {
            let Some(Row { source, line, id, document }) = self.rows.next() else { break };
            let refused = match document {
                Ok(document) => {
                    bytes += document.title.len() + document.text.len();
                    chunk.documents.push(document);
                    None
                }
                Err(error) => Some(error.to_string()),
            };
            chunk.rows.push(ReadRow { source, line, id, refused });
        }
        self.documents = (self.documents * 2).min(MAX_DOCUMENTS);
        (!chunk.rows.is_empty()).then_some(chunk)
    }
}

/// Some rows, and the documents of those that have one.
#[derive(Default)]
pub(super) struct Chunk {
    rows: Vec<ReadRow>,
    documents: Vec<Document>,
}

struct ReadRow {
    source: PathBuf,
    line: Option<u64>,
    id: String,
    /// Why it is no document, if it is none.
    refused: Option<String>,
}

/// A chunk as it is written.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The answers.
    pub output: Vec<u8>,
    /// The rows that could not be classified, and why.
    pub errors: Vec<u8>,
    /// How many rows the chunk has.
    pub rows: u64,
    /// How many of them are among the errors.
    pub failed: u64,
}

impl Chunk {
    /// Classifies the documents and writes down what came of each row, in the rows' order.
    pub fn classify(self, classifier: &dyn Classifier, options: &v1::ClassificationOptions, form: Form) -> Result<Rendered, ClientError> {
        let answers = if self.documents.is_empty() { Vec::new() } else { classifier.classify(&self.documents, options)? };
        if answers.len() != self.documents.len() {
            return Err(ClientError::Defect("there is another number of answers than of documents"));
        }
        let mut answered = self.documents.iter().zip(answers);
        let mut rendered = Rendered { rows: self.rows.len() as u64, ..Rendered::default() };
        for row in self.rows {
            let outcome = match row.refused.clone() {
                Some(reason) => Err(reason),
                None => match answered.next() {
                    Some((document, answer)) => answer.map(|answer| (document, answer)),
                    None => return Err(ClientError::Defect("a row has no answer")),
                },
            };
            let written = match outcome {
                Ok((document, answer)) => write_row(&mut rendered.output, &row.id, document, answer, form),
                Err(reason) => {
                    rendered.failed += 1;
                    write_failure(&mut rendered.errors, &row, &reason, form)
                }
            };
            written.map_err(|error| ClientError::Write { output: "to memory".to_owned(), error })?;
        }
        Ok(rendered)
    }
}

fn write_row(out: &mut Vec<u8>, id: &str, document: &Document, mut answer: v1::Classification, form: Form) -> io::Result<()> {
    match form {
        Form::JsonLines(labels) => write_answer(out, id, &answer, labels),
        Form::Terminal(labels, style) => {
            for task in &mut answer.tasks {
                match labels {
                    LabelFilter::All => {}
                    LabelFilter::Selected => task.labels.retain(|label| label.selected),
                    LabelFilter::Best => task.labels.truncate(1),
                }
            }
            terminal::render(out, document, &answer, style)
        }
    }
}

fn write_failure(out: &mut Vec<u8>, row: &ReadRow, reason: &str, form: Form) -> io::Result<()> {
    let source = row.source.to_string_lossy();
    match form {
        Form::JsonLines(_) => write_error(out, &ErrorRow { id: &row.id, source: &source, line: row.line, error: reason }),
        Form::Terminal(..) => {
            let line = row.line.map(|line| format!(":{line}")).unwrap_or_default();
            // A file's name, or a text that is quoted, must not steer the terminal.
            let message = format!("error: {source}{line}: {reason}").replace(char::is_control, "\u{FFFD}");
            writeln!(out, "{message}")
        }
    }
}
