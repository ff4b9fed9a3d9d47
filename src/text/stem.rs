//! Stems, each found once and remembered.

use rust_stemmers::{Algorithm, Stemmer};

use super::{hash, normalise};

/// Remembers the stem's hash for each word's hash, so that a frequent word is stemmed once.
///
/// A table of fixed size in which a later word takes the place of an earlier one: however many words a text brings, it does not
/// grow. It changes how fast an answer comes, never the answer.
pub struct StemMemo {
    stemmer: Stemmer,
    slots: Box<[(u64, u64)]>,
    buffer: String,
}

const SLOTS: usize = 1 << 14;

impl Default for StemMemo {
    fn default() -> Self {
        StemMemo { stemmer: Stemmer::create(Algorithm::English), slots: vec![(0, 0); SLOTS].into(), buffer: String::new() }
    }
}

impl StemMemo {
    /// Hash of the stem of the word `surface`, whose normal form hashes to `word`.
    pub fn stem_hash(&mut self, word: u64, surface: &str) -> u64 {
        let slot = (word >> 32) as usize % SLOTS;
        if self.slots[slot].0 != word {
            self.buffer.clear();
            normalise(surface, &mut self.buffer);
            self.slots[slot] = (word, hash::word(stem(&self.stemmer, &self.buffer).as_bytes()));
        }
        self.slots[slot].1
    }

    /// Appends the stem of the word `surface` to `out`.
    pub fn stem(&self, surface: &str, out: &mut String) {
        let mut normal = String::new();
        normalise(surface, &mut normal);
        out.push_str(&stem(&self.stemmer, &normal));
    }
}

/// Longest word, in bytes, that is worth a stemmer's time; a longer one is no English word.
const MAX_STEMMED: usize = 64;

/// The Snowball English stem (Porter2) of a word in normal form.
fn stem<'a>(stemmer: &Stemmer, normal: &'a str) -> std::borrow::Cow<'a, str> {
    if normal.len() > MAX_STEMMED { normal.into() } else { stemmer.stem(normal) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem() {
        let mut memo = StemMemo::default();
        let mut of = |word: &str| {
            let mut normal = String::new();
            normalise(word, &mut normal);
            memo.stem_hash(hash::word(normal.as_bytes()), word)
        };
        assert_eq!(of("immigrants"), of("Immigrant"));
        assert_eq!(of("crossing"), of("crossed"));
        assert_ne!(of("crossing"), of("border"));
        assert_eq!(of("crossing"), of("crossing"), "the second time, from memory");
    }

    #[test]
    fn an_endless_word_is_left_as_it_is() {
        let (mut out, word) = (String::new(), "running".repeat(1000));
        StemMemo::default().stem(&word, &mut out);
        assert_eq!(out, word);
    }
}
