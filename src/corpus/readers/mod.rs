//! Readers: the documents of files, one by one, however large the files.
//!
//! A file that can't be opened or is of an unknown kind is an error before anything is read. After that nothing stops the reading: what
//! can't be a document comes out as a row with the reason, and the next row follows.

mod error;
mod inputs;
mod json_row;
mod labelled;
mod lines;
mod plain_text;

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::PathBuf;
use std::vec::IntoIter;

pub use error::{LabelledError, ReadError, RowError};
pub use labelled::{LabelledRow, read_labelled};
pub use plain_text::plain_text_document;

use super::Document;
use super::article::markdown_document;
use super::encoding::decode;
use inputs::{Input, Kind};
use json_row::JsonRow;
use lines::{Line, Lines};

/// A line of JSON Lines, and a file that is one document, may be this long, in bytes. What is longer is refused, not held in memory.
pub const MAX_ROW_BYTES: usize = 64 << 20;

/// One document that was read, or why there is none.
#[derive(Debug)]
pub struct Row {
    /// The file, as it was given or found in a folder that was given; `-` for standard input.
    pub source: PathBuf,
    /// The line of a JSON Lines file, counted from 1. For a file that is one document, the line that is wrong, if one is.
    pub line: Option<u64>,
    /// The document's id: its own, or the number of its line; for a file that is one document, the path.
    pub id: String,
    /// The document, never a blank one.
    pub document: Result<Document, RowError>,
}

/// Reads the documents of `inputs`, in their order: `.jsonl` or `.ndjson` (one JSON object a line: `text`, or `content`, and `title`, of
/// which one may be missing, and perhaps `id`), `.txt`, `.md` with or without front matter, folders of such files in sorted order, and `-`
/// for standard input, which is JSON Lines if it begins with `{` and else one plain text.
pub fn read_documents(inputs: &[PathBuf]) -> Result<impl Iterator<Item = Row> + Send + use<>, ReadError> {
    Ok(Documents { inputs: inputs::expand(inputs)?.into_iter(), lines: None })
}

/// The rows of one input after another.
struct Documents {
    inputs: IntoIter<Input>,
    lines: Option<JsonLines>,
}

impl Iterator for Documents {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            if let Some(lines) = &mut self.lines {
                match lines.next() {
                    Some(row) => return Some(row),
                    None => self.lines = None,
                }
            }
            let Input { path, kind } = self.inputs.next()?;
            let opened = match kind {
                Kind::StandardInput => open_stream(path, Box::new(io::stdin())),
                Kind::JsonLines => File::open(&path)
                    .map(|file| Opened::Lines(JsonLines::new(path.clone(), Box::new(file))))
                    .unwrap_or_else(|error| Opened::Row(failed(path, RowError::Unreadable(error)))),
                Kind::PlainText => Opened::Row(read_whole(path, |id, text| Ok(plain_text_document(id, text)))),
                Kind::Markdown => Opened::Row(read_whole(path, |id, text| {
                    markdown_document(id, text).map_err(|(line, problem)| (line, RowError::FrontMatter(problem.to_string())))
                })),
            };
            match opened {
                Opened::Lines(lines) => self.lines = Some(lines),
                Opened::Row(row) => return Some(row),
                Opened::Nothing => {}
            }
        }
    }
}

enum Opened {
    Lines(JsonLines),
    Row(Row),
    Nothing,
}

/// A stream without a name, which is JSON Lines if its first byte that is not blank is `{`.
fn open_stream(source: PathBuf, stream: Box<dyn Read + Send>) -> Opened {
    let mut stream = BufReader::new(stream);
    let mut head = Vec::new();
    let first = loop {
        let mut byte = [0];
        match stream.read_exact(&mut byte) {
            Ok(()) => head.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break None,
            Err(error) => return Opened::Row(failed(source, RowError::Unreadable(error))),
        }
        let blank = byte[0].is_ascii_whitespace() || b"\xEF\xBB\xBF".starts_with(&head);
        if !blank || head.len() > MAX_ROW_BYTES {
            break Some(byte[0]);
        }
    };
    let whole = Cursor::new(head).chain(stream);
    match first {
        None => Opened::Nothing,
        Some(b'{') => Opened::Lines(JsonLines::new(source, Box::new(whole))),
        Some(_) => Opened::Row(read_text(source, whole, |id, text| Ok(plain_text_document(id, text)))),
    }
}

/// The rows of one JSON Lines file.
struct JsonLines {
    source: PathBuf,
    lines: Lines,
}

impl JsonLines {
    fn new(source: PathBuf, stream: Box<dyn Read + Send>) -> JsonLines {
        JsonLines { source, lines: Lines::new(stream, MAX_ROW_BYTES) }
    }
}

impl Iterator for JsonLines {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let Line { number, content } = self.lines.next_line()?;
        let row = content.and_then(|line| JsonRow::parse(line, false));
        let (id, document) = match row {
            Ok(mut row) => (row.take_id(), row.into_document()),
            Err(error) => (None, Err(error)),
        };
        let id = id.unwrap_or_else(|| number.to_string());
        let document = document.map(|document| Document { id: id.clone(), ..document });
        Some(Row { source: self.source.clone(), line: Some(number), id, document })
    }
}

/// A file that is one document.
fn read_whole(path: PathBuf, parse: impl Fn(&str, &str) -> Result<Document, (usize, RowError)>) -> Row {
    match File::open(&path) {
        Ok(file) => read_text(path, file, parse),
        Err(error) => failed(path, RowError::Unreadable(error)),
    }
}

fn read_text(source: PathBuf, stream: impl Read, parse: impl Fn(&str, &str) -> Result<Document, (usize, RowError)>) -> Row {
    let id = source.display().to_string();
    let mut bytes = Vec::new();
    let document = match stream.take(MAX_ROW_BYTES as u64 + 1).read_to_end(&mut bytes) {
        Err(error) => Err((None, RowError::Unreadable(error))),
        Ok(length) if length > MAX_ROW_BYTES => Err((None, RowError::TooLong { limit: MAX_ROW_BYTES })),
        Ok(_) => match decode(bytes) {
            Err(error) => Err((Some(error.line()), RowError::Encoding(error))),
            Ok(text) => parse(&id, &text).map_err(|(line, error)| (Some(line), error)),
        },
    };
    match document {
        Ok(document) if document.is_blank() => Row { source, line: None, id, document: Err(RowError::Blank) },
        Ok(document) => Row { source, line: None, id, document: Ok(document) },
        Err((line, error)) => Row { source, line: line.map(|line| line as u64), id, document: Err(error) },
    }
}

fn failed(source: PathBuf, error: RowError) -> Row {
    Row { id: source.display().to_string(), source, line: None, document: Err(error) }
}

#[cfg(test)]
mod tests;
