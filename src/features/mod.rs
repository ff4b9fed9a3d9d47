//! Features: from tokens to sparse TF-IDF rows.
