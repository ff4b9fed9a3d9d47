//! Text: from characters to tokens, sentences and a language.

mod fields;
pub mod figures;
pub mod hash;
mod hex;
pub mod language;
mod normalise;
mod printable;
pub mod sentences;
mod stem;
pub mod stopwords;
mod tokens;

pub use fields::{Field, Fields};
pub use hex::hex;
pub use normalise::normalise;
pub use printable::Printable;
pub use stem::StemMemo;
pub use tokens::{Token, tokens};
