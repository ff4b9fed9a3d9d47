//! Text: from characters to tokens, sentences and a language.

pub mod language;
pub mod sentences;
pub mod stopwords;
