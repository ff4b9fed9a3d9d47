//! Text: from characters to tokens, sentences and a language.

mod fields;
pub mod figures;
pub mod hash;
pub mod language;
mod normalise;
pub mod sentences;
mod stem;
pub mod stopwords;
mod tokens;

pub use fields::{Field, Fields};
pub use normalise::normalise;
pub use stem::StemMemo;
pub use tokens::{Token, tokens};
