//! How much a request may ask.

/// Bounds of a request, so that one caller can't take all the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest document, title and content together, in bytes of UTF-8.
    pub max_document_bytes: usize,
    /// The largest number of documents in a batch.
    pub max_batch_documents: usize,
    /// The largest answer, in bytes of protobuf.
    pub max_answer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_document_bytes: 1 << 20, max_batch_documents: 1000, max_answer_bytes: 64 << 20 }
    }
}
