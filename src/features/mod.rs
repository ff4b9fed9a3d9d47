//! Features: from tokens to sparse TF-IDF rows.

mod analyzer;
mod ignored;
mod ngram_counts;
mod prefetch;
mod sparse_rows;
mod tfidf;
mod vocabulary;

pub use analyzer::{Analyzer, AnalyzerParams, BREAK, ParamsError, Texts, TokenSink, TokenizedCorpus, for_each_ngram};
pub use ignored::IgnoredColumns;
pub use prefetch::prefetch;
pub use sparse_rows::SparseRows;
pub use tfidf::{Scratch, TfIdfParams, TfIdfValidParams, TfIdfVectorizer};
pub use vocabulary::Vocabulary;
