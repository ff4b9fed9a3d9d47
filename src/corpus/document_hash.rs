//! Which document it is, told by its text alone.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::text::Fields;

/// The first 64 bits of SHA-256 over title and text as they were read, written as 16 hexadecimal digits. The same text has the same hash
/// in any file, under any id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentHash(u64);

impl DocumentHash {
    /// That of a document.
    pub fn of(document: Fields) -> DocumentHash {
        let mut hash = Sha256::new();
        add(&mut hash, document);
        DocumentHash(hash.finalize().iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }
}

/// Takes a document into a hash, each text after its length, so that no two documents are taken in alike.
pub(super) fn add(hash: &mut Sha256, document: Fields) {
    for (_, text) in document.iter() {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
}

impl fmt::Display for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// That a text is no document's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a document's hash is 16 hexadecimal digits")]
pub struct NotADocumentHash;

impl FromStr for DocumentHash {
    type Err = NotADocumentHash;

    fn from_str(digits: &str) -> Result<Self, NotADocumentHash> {
        let is_hash = digits.len() == 16 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if is_hash { u64::from_str_radix(digits, 16).map(DocumentHash).map_err(|_| NotADocumentHash) } else { Err(NotADocumentHash) }
    }
}

impl TryFrom<String> for DocumentHash {
    type Error = NotADocumentHash;

    fn try_from(digits: String) -> Result<Self, NotADocumentHash> {
        digits.parse()
    }
}

impl From<DocumentHash> for String {
    fn from(hash: DocumentHash) -> String {
        hash.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(title: &str, text: &str) -> DocumentHash {
        DocumentHash::of(Fields { title, text })
    }

    #[test]
    fn it_tells_documents_apart_by_both_texts_and_where_one_ends() {
        assert_eq!(hash("a", "b"), hash("a", "b"));
        for other in [hash("ab", ""), hash("", "ab"), hash("b", "a"), hash("a", "b ")] {
            assert_ne!(hash("a", "b"), other);
        }
    }

    #[test]
    fn it_is_written_as_sixteen_digits_and_read_again() {
        // What Python's hashlib makes of the lengths as 8 bytes each, little-endian, and the texts.
        assert_eq!(hash("a", "b").to_string(), "cf6ab613e3942391");
        assert_eq!("cf6ab613e3942391".parse(), Ok(hash("a", "b")));
        assert_eq!(DocumentHash(7).to_string(), "0000000000000007");
        for wrong in ["", "7", "000000000000000G", "00000000000000000", "+000000000000007", "00000000000000AB"] {
            assert_eq!(wrong.parse::<DocumentHash>(), Err(NotADocumentHash), "{wrong}");
        }
    }
}
