//! How much a request may ask.

use serde::Deserialize;

/// Bounds of a request, so that one caller can't take all the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest document, title and content together, in bytes of UTF-8.
    pub max_document_bytes: usize,
    /// The largest number of documents in a batch.
    pub max_batch_documents: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_document_bytes: 1 << 20, max_batch_documents: 1000 }
    }
}
