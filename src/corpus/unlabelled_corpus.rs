//! An archive without labels, as far as one learns from it.

use std::path::PathBuf;

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};
use sha2::{Digest, Sha256};

use super::{
    Document, document_hash,
    readers::{ReadError, Row, read_documents},
};
use crate::text::hex;

/// How many documents are kept of a larger archive, each with the same chance.
pub const MAX_UNLABELLED_DOCUMENTS: usize = 50_000;

/// How much of a title and of a text is kept, in bytes. With [`MAX_UNLABELLED_DOCUMENTS`] it bounds the memory, however large the archive.
const MAX_FIELD_BYTES: usize = 8 << 10;

/// How many rows that can't be used are named.
const NAMED_ROWS: usize = 5;

/// Seed of the sample that is drawn from an archive that is too large.
const SEED: u64 = 42;

/// Documents of an archive: all of them, or an even sample of [`MAX_UNLABELLED_DOCUMENTS`].
#[derive(Clone, Debug, Default)]
pub struct UnlabelledCorpus {
    /// The documents, with at most 8 KiB of title and of text each.
    pub documents: Vec<Document>,
    /// How many documents the archive has, those not in the sample too.
    pub read: usize,
    /// How many rows can't be used.
    pub skipped: usize,
    /// The first few of them: where they stand, and what is wrong.
    pub first_skipped: Vec<String>,
    /// SHA-256 of the documents that were kept, in hexadecimal.
    pub fingerprint: String,
}

/// Why an archive can't be learned from.
#[derive(Debug, thiserror::Error)]
pub enum UnlabelledCorpusError {
    /// It can't be opened.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No row is a document.
    #[error("{}: not one document of {skipped} rows can be used{}", .path.display(), .first.iter().map(|row| format!("\n  {row}")).collect::<String>())]
    Empty {
        /// The archive.
        path: PathBuf,
        /// How many rows it has.
        skipped: usize,
        /// What is wrong with the first few.
        first: Vec<String>,
    },
}

impl UnlabelledCorpus {
    /// Reads an archive of any kind that [`read_documents`] knows; labels are passed over. Rows that can't be used are counted, not
    /// fatal: one document more or less does not matter here.
    pub fn read(path: &std::path::Path) -> Result<Self, UnlabelledCorpusError> {
        let corpus = UnlabelledCorpus::sample(read_documents(&[path.to_owned()])?, MAX_UNLABELLED_DOCUMENTS);
        if corpus.documents.is_empty() {
            return Err(UnlabelledCorpusError::Empty { path: path.to_owned(), skipped: corpus.skipped, first: corpus.first_skipped });
        }
        Ok(corpus)
    }

    /// Keeps up to `capacity` documents, each with the same chance (reservoir sampling: Vitter 1985, Algorithm R).
    fn sample(rows: impl Iterator<Item = Row>, capacity: usize) -> Self {
        let mut corpus = UnlabelledCorpus::default();
        let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
        for row in rows {
            match row.document {
                Err(error) => {
                    corpus.skipped += 1;
                    if corpus.first_skipped.len() < NAMED_ROWS {
                        let line = row.line.map(|line| format!(":{line}")).unwrap_or_default();
                        corpus.first_skipped.push(format!("{}{line}: {error}", row.source.display()));
                    }
                }
                Ok(document) => {
                    corpus.read += 1;
                    if corpus.documents.len() < capacity {
                        corpus.documents.push(shortened(document));
                    } else if let Some(place) = corpus.documents.get_mut((random.next_u64() % corpus.read as u64) as usize) {
                        *place = shortened(document);
                    }
                }
            }
        }
        corpus.fingerprint = fingerprint(&corpus.documents);
        corpus
    }
}

/// The document with as much of it as is kept.
fn shortened(document: Document) -> Document {
    let shorten = |text: String| match text.len() {
        0..=MAX_FIELD_BYTES => text,
        _ => text[..text.floor_char_boundary(MAX_FIELD_BYTES)].to_owned(),
    };
    Document { title: shorten(document.title), text: shorten(document.text), ..document }
}

fn fingerprint(documents: &[Document]) -> String {
    let mut hash = Sha256::new();
    for document in documents {
        document_hash::add(&mut hash, document.fields());
    }
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(rows: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
        file.write_all(rows.as_bytes()).unwrap();
        file
    }

    #[test]
    fn labels_are_passed_over_and_rows_that_can_not_be_used_are_counted_and_named() {
        let rows = "{\"text\": \"a\", \"label\": 7}\nnot json\n{\"content\": \"b\"}\n{\"title\": \"c\"}\n{}\n";
        let corpus = UnlabelledCorpus::read(file(rows).path()).unwrap();
        assert_eq!((corpus.documents.len(), corpus.read, corpus.skipped), (3, 3, 2));
        assert!(corpus.first_skipped[0].contains(":2: not JSON") && corpus.first_skipped[1].contains(":5: "), "{corpus:?}");
    }

    #[test]
    fn an_archive_without_a_document_is_an_error_that_names_it() {
        let file = file("not json\n{}\n");
        let error = UnlabelledCorpus::read(file.path()).unwrap_err().to_string();
        assert!(error.contains(file.path().to_str().unwrap()) && error.contains("2 rows") && error.contains(":1: not JSON"), "{error}");
    }

    #[test]
    fn a_sample_of_a_large_archive_is_drawn_evenly_and_always_the_same() {
        let rows = || {
            (0..1000).map(|n| Row {
                source: PathBuf::new(),
                line: None,
                id: String::new(),
                document: Ok(Document { text: n.to_string(), ..Document::default() }),
            })
        };
        let corpus = UnlabelledCorpus::sample(rows(), 100);
        assert_eq!((corpus.documents.len(), corpus.read), (100, 1000));
        let late = corpus.documents.iter().filter(|document| document.text.parse::<usize>().unwrap() >= 500).count();
        assert!((35..=65).contains(&late), "{late} of 100 are from the second half");
        assert_eq!(corpus.fingerprint, UnlabelledCorpus::sample(rows(), 100).fingerprint);
    }

    #[test]
    fn long_documents_are_cut_between_two_characters() {
        let long = Document { text: "é".repeat(MAX_FIELD_BYTES), title: "x".repeat(MAX_FIELD_BYTES + 1), ..Document::default() };
        let short = shortened(long);
        assert_eq!((short.text.len(), short.title.len()), (MAX_FIELD_BYTES, MAX_FIELD_BYTES));
    }
}
