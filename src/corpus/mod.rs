//! Corpora: documents, the taxonomy they are labelled by, the seeds, and the readers of files.
//!
//! - [`Taxonomy`]: the tasks and labels, from `seeds/taxonomy.toml`.
//! - [`Seeds`]: all that a model is taught from, checked, with every mistake named by file and line.
//! - [`near_duplicates`]: documents that are the same, or nearly.
//! - [`LabelledCorpus`], [`UnlabelledCorpus`]: a file or an archive as a whole, to learn from.
//! - [`read_documents`], [`read_labelled`]: the documents of files, one by one, however large the files.

mod article;
mod counterfactuals;
mod document;
mod document_hash;
mod encoding;
mod front_matter;
mod glossary;
mod labelled_corpus;
pub mod near_duplicates;
mod nearest;
pub mod readers;
mod seed_error;
mod seeds;
pub mod splits;
mod taxonomy;
mod unlabelled_corpus;

pub use article::{Article, markdown_document, parse_article};
pub use counterfactuals::{Counterfactuals, Identity};
pub use document::Document;
pub use document_hash::{DocumentHash, NotADocumentHash};
pub use encoding::EncodingError;
pub use glossary::Glossary;
pub use labelled_corpus::{LabelledCorpus, LabelledCorpusError};
pub use readers::{LabelledRow, Row, read_documents, read_labelled};
pub use seed_error::{SeedError, SeedErrors, SeedNotice, SeedProblem, SeedWarning};
pub use seeds::Seeds;
pub use taxonomy::{Label, Task, TaskKind, Taxonomy, TaxonomyError, TaxonomyProblem};
pub use unlabelled_corpus::{MAX_UNLABELLED_DOCUMENTS, UnlabelledCorpus, UnlabelledCorpusError};
