//! Corpora: documents, the taxonomy they are labelled by, the seeds, and the readers of files.

mod document;

pub use document::Document;
