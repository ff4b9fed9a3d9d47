//! The lines of a stream, of which none is held in memory beyond a limit.

use std::io::{self, BufRead, BufReader, Read};

use super::error::RowError;
use crate::corpus::encoding::{BYTE_ORDER_MARK, EncodingError, not_utf8, other_unicode};

/// Reads line by line into one buffer. Blank lines are skipped, and counted.
pub(super) struct Lines {
    stream: BufReader<Box<dyn Read + Send>>,
    buffer: Vec<u8>,
    number: u64,
    limit: usize,
    ended: bool,
}

/// A line that is not blank, or why it can't be read.
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub number: u64,
    /// Without a byte order mark; the line's end may be part of it.
    pub content: Result<&'a str, RowError>,
}

/// Large enough that reading is few system calls: 256 KiB.
const CHUNK_BYTES: usize = 256 << 10;

impl Lines {
    pub fn new(stream: Box<dyn Read + Send>, limit: usize) -> Lines {
        Lines { stream: BufReader::with_capacity(CHUNK_BYTES, stream), buffer: Vec::new(), number: 0, limit, ended: false }
    }

    /// The next line. After an error of the stream, or in a file of another encoding, there is no line more.
    pub fn next_line(&mut self) -> Option<Line<'_>> {
        let start = loop {
            if self.ended {
                return None;
            }
            self.number += 1;
            match self.fill() {
                Ok(true) => {}
                Ok(false) => {
                    self.ended = true;
                    return None;
                }
                Err(problem) => {
                    self.ended = matches!(problem, RowError::Unreadable(_));
                    return Some(Line { number: self.number, content: Err(problem) });
                }
            }
            let mut start = 0;
            if self.number == 1 {
                if let Some(encoding) = other_unicode(&self.buffer) {
                    self.ended = true;
                    return Some(Line { number: 1, content: Err(EncodingError::OtherUnicode(encoding).into()) });
                }
                if self.buffer.starts_with(BYTE_ORDER_MARK) {
                    start = BYTE_ORDER_MARK.len();
                }
            }
            if !self.buffer[start..].iter().all(u8::is_ascii_whitespace) {
                break start;
            }
        };
        let bytes = &self.buffer[start..];
        let content = std::str::from_utf8(bytes).map_err(|error| RowError::Encoding(not_utf8(bytes, error)));
        Some(Line { number: self.number, content })
    }

    /// Reads a line into the buffer; false at the end of the stream.
    fn fill(&mut self) -> Result<bool, RowError> {
        self.buffer.clear();
        let limit = self.limit as u64 + 1;
        let length = (&mut self.stream).take(limit).read_until(b'\n', &mut self.buffer).map_err(RowError::Unreadable)?;
        if length > self.limit && !self.buffer.ends_with(b"\n") {
            self.buffer = Vec::new();
            skip_line(&mut self.stream).map_err(RowError::Unreadable)?;
            return Err(RowError::TooLong { limit: self.limit });
        }
        Ok(length > 0)
    }
}

fn skip_line(stream: &mut impl BufRead) -> io::Result<()> {
    stream.skip_until(b'\n').map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], limit: usize) -> Vec<(u64, Result<String, String>)> {
        let mut lines = Lines::new(Box::new(io::Cursor::new(bytes.to_vec())), limit);
        let mut found = Vec::new();
        while let Some(Line { number, content }) = lines.next_line() {
            let content = content.map(|line| line.trim_end().to_owned()).map_err(|error| error.to_string());
            found.push((number, content));
        }
        found
    }

    #[test]
    fn blank_lines_are_skipped_and_counted() {
        assert_eq!(lines(b"\xEF\xBB\xBFa\r\n\r\n \nb", 99), [(1, Ok("a".to_owned())), (4, Ok("b".to_owned()))]);
        assert_eq!(lines(b"", 99), []);
        assert_eq!(lines(b"\n\n", 99), []);
    }

    #[test]
    fn a_line_beyond_the_limit_is_one_error_and_the_next_line_follows() {
        let found = lines(b"12345678\n1234567890\nok\n12345678", 8);
        assert_eq!(
            found.iter().map(|(number, content)| (*number, content.is_ok())).collect::<Vec<_>>(),
            [(1, true), (2, false), (3, true), (4, true)]
        );
    }

    #[test]
    fn a_line_too_long_leaves_no_memory_behind() {
        let mut lines = Lines::new(Box::new(io::repeat(b'x').take(10 << 20)), 1 << 20);
        assert!(lines.next_line().is_some_and(|line| matches!(line.content, Err(RowError::TooLong { .. }))));
        assert_eq!(lines.buffer.capacity(), 0);
        assert!(lines.next_line().is_none());
    }

    #[test]
    fn invalid_utf8_is_one_error_with_its_column() {
        let found = lines(b"ok\nab\xFFcd\nok", 99);
        assert_eq!(found[1].1.as_ref().unwrap_err(), "not UTF-8 (byte 0xFF at column 3): save the file as UTF-8");
        assert_eq!(found[2], (3, Ok("ok".to_owned())));
    }

    #[test]
    fn a_file_in_utf16_is_one_error_that_names_the_encoding() {
        let bytes: Vec<u8> = "\u{FEFF}{\"text\": 1}\n{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let found = lines(&bytes, 99);
        assert_eq!(found.len(), 1);
        assert!(found[0].1.as_ref().unwrap_err().contains("UTF-16LE"));
    }
}
