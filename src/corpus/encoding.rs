//! From bytes to text: UTF-8 with or without a byte order mark, and a clear word about anything else.

/// Why bytes are not text that can be read here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// A byte that UTF-8 does not allow.
    #[error("not UTF-8 (byte 0x{byte:02X} at column {column}): save the file as UTF-8")]
    NotUtf8 {
        /// The first bad byte.
        byte: u8,
        /// The line it stands in, counted from 1.
        line: usize,
        /// Its place in the line in bytes, counted from 1.
        column: usize,
    },
    /// Another Unicode encoding.
    #[error("the file is in {0}: save it as UTF-8, for example with `iconv -f {0} -t UTF-8`")]
    OtherUnicode(&'static str),
    /// A NUL byte: no text has one.
    #[error("has a NUL character, so it is not text: is this a binary file?")]
    Binary {
        /// The line it stands in, counted from 1.
        line: usize,
    },
}

impl EncodingError {
    /// The line of the first offending byte, counted from 1.
    pub fn line(&self) -> usize {
        match self {
            EncodingError::NotUtf8 { line, .. } | EncodingError::Binary { line } => *line,
            EncodingError::OtherUnicode(_) => 1,
        }
    }
}

/// The whole of a file as text, without its byte order mark.
pub(super) fn decode(mut bytes: Vec<u8>) -> Result<String, EncodingError> {
    if let Some(encoding) = other_unicode(&bytes) {
        return Err(EncodingError::OtherUnicode(encoding));
    }
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(error.as_bytes(), error.utf8_error()))?;
    match text.find('\0') {
        Some(at) => Err(EncodingError::Binary { line: line_of(&text, at) }),
        None => Ok(text),
    }
}

/// UTF-8's byte order mark, which some editors put at the head of a file.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The name of the Unicode encoding, other than UTF-8, that a file beginning with these bytes is in. UTF-16 without a byte order mark is
/// known by its first character: every kind of file read here begins with an ASCII one, as a rule.
pub(super) fn other_unicode(head: &[u8]) -> Option<&'static str> {
    match head {
        [0xFF, 0xFE, 0, 0, ..] | [1..=0x7F, 0, 0, 0, ..] => Some("UTF-32LE"),
        [0, 0, 0xFE, 0xFF, ..] | [0, 0, 0, 1..=0x7F, ..] => Some("UTF-32BE"),
        [0xFF, 0xFE, ..] | [1..=0x7F, 0, 1..=0x7F, 0, ..] => Some("UTF-16LE"),
        [0xFE, 0xFF, ..] | [0, 1..=0x7F, 0, 1..=0x7F, ..] => Some("UTF-16BE"),
        _ => None,
    }
}

/// Where and what the first bad byte of `bytes` is.
pub(super) fn not_utf8(bytes: &[u8], error: std::str::Utf8Error) -> EncodingError {
    let (before, rest) = bytes.split_at(error.valid_up_to());
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    EncodingError::NotUtf8 {
        byte: rest.first().copied().unwrap_or_default(),
        line: 1 + before.iter().filter(|&&byte| byte == b'\n').count(),
        column: 1 + before.len() - line_start,
    }
}

/// The line, counted from 1, that the byte at `offset` stands in.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_is_read_with_and_without_a_byte_order_mark() {
        assert_eq!(decode("née".into()).unwrap(), "née");
        assert_eq!(decode(b"\xEF\xBB\xBFn\xC3\xA9e".to_vec()).unwrap(), "née");
        assert_eq!(decode(Vec::new()).unwrap(), "");
    }

    #[test]
    fn the_first_bad_byte_is_found_by_line_and_column() {
        let error = decode(b"one\ntwo caf\xE9\nthree\xFF".to_vec()).unwrap_err();
        assert_eq!(error, EncodingError::NotUtf8 { byte: 0xE9, line: 2, column: 8 });
        assert_eq!(decode(b"cut off \xE2\x82".to_vec()).unwrap_err().line(), 1);
    }

    #[test]
    fn other_unicode_encodings_are_named() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let with_mark = utf16("\u{FEFF}{\"text\": 1}");
        assert_eq!(decode(with_mark).unwrap_err(), EncodingError::OtherUnicode("UTF-16LE"));
        assert_eq!(decode(utf16("{\"text\": 1}")).unwrap_err(), EncodingError::OtherUnicode("UTF-16LE"));
        assert_eq!(decode(b"\xFE\xFF\0a".to_vec()).unwrap_err(), EncodingError::OtherUnicode("UTF-16BE"));
        assert_eq!(decode(b"\xFF\xFE\0\0a\0\0\0".to_vec()).unwrap_err(), EncodingError::OtherUnicode("UTF-32LE"));
    }

    #[test]
    fn a_nul_is_not_text() {
        assert_eq!(decode(b"ab\ncd\0ef".to_vec()).unwrap_err(), EncodingError::Binary { line: 2 });
    }
}
