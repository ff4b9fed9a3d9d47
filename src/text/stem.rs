//! Stems, each found once and remembered.

use rust_stemmers::{Algorithm, Stemmer};

use super::{hash, normalise};

/// Remembers the stem's hash for each word's hash, so that a frequent word is stemmed once.
///
/// A table of fixed size in which a later word takes the place of an earlier one: however many words a text brings, it does not
/// grow. It changes how fast an answer comes, never the answer.
pub struct StemMemo {
    stemmer: Stemmer,
    /// The hashes of words and of their stems. Two words that want one place both have it, the one seen last first: with room for one, a
    /// long article has pairs of words that would drive each other out again and again.
    places: Box<[[(u64, u64); 2]]>,
    buffer: String,
}

const PLACES: usize = 1 << 13;

impl Default for StemMemo {
    fn default() -> Self {
        StemMemo { stemmer: Stemmer::create(Algorithm::English), places: vec![[(0, 0); 2]; PLACES].into(), buffer: String::new() }
    }
}

impl StemMemo {
    /// Hash of the stem of the word `surface`, whose normal form hashes to `word`.
    pub fn stem_hash(&mut self, word: u64, surface: &str) -> u64 {
        let [first, second] = &mut self.places[(word >> 32) as usize % PLACES];
        if first.0 != word {
            std::mem::swap(first, second);
            if first.0 != word {
                self.buffer.clear();
                normalise(surface, &mut self.buffer);
                *first = (word, hash::word(stem(&self.stemmer, &self.buffer).as_bytes()));
            }
        }
        first.1
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
    fn words_that_want_one_place_have_each_its_own_stem() {
        let (mut memo, plain) = (StemMemo::default(), StemMemo::default());
        let words: Vec<String> = (0..4 * PLACES).map(|n| format!("crossing{n:x}s")).collect();
        for word in words.iter().chain(words.iter().rev()) {
            let mut stem = String::new();
            plain.stem(word, &mut stem);
            assert_eq!(memo.stem_hash(hash::word(word.as_bytes()), word), hash::word(stem.as_bytes()), "{word}");
        }
    }

    #[test]
    fn an_endless_word_is_left_as_it_is() {
        let (mut out, word) = (String::new(), "running".repeat(1000));
        StemMemo::default().stem(&word, &mut out);
        assert_eq!(out, word);
    }
}
