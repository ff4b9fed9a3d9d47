//! Text: from characters to tokens, sentences and a language.
