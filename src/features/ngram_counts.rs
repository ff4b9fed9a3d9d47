//! How often each n-gram stands in a document.

use std::hash::{BuildHasher, RandomState};

use super::{Vocabulary, analyzer::for_each_ngram};

/// Counts the n-grams of one document after another; its memory is kept.
pub(super) struct NgramCounts {
    /// Hashes of the words, and of the longer n-grams that pass the vocabulary's filter; whether they are one word.
    likely: Vec<(u64, bool)>,
    /// The same, each once, in the order of first occurrence.
    counted: Vec<Ngram>,
    /// An open-addressed table: the places in `counted`, plus one; 0 if free.
    places: Vec<u32>,
    /// What hashes are multiplied by to give their slots: drawn by lot, so that no document can be made of words that all want one slot.
    key: u64,
}

/// An n-gram that may be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ngram {
    pub hash: u64,
    pub count: u32,
    /// Whether it is one word.
    pub is_word: bool,
}

impl Default for NgramCounts {
    fn default() -> Self {
        NgramCounts { likely: Vec::new(), counted: Vec::new(), places: Vec::new(), key: RandomState::new().hash_one(0) | 1 }
    }
}

impl NgramCounts {
    /// Counts a document's words, and those longer n-grams of them that pass the vocabulary's filter.
    pub fn count(&mut self, words: &[u64], ngram_range: (u8, u8), vocabulary: &Vocabulary) {
        self.find_likely(words, ngram_range, vocabulary);
        let bits = (self.likely.len() * 4).max(2).next_power_of_two().trailing_zeros();
        self.places.clear();
        self.places.resize(1 << bits, 0);
        self.counted.resize(self.likely.len(), Ngram { hash: 0, count: 0, is_word: false });
        let mut distinct = 0;
        for &(hash, is_word) in &self.likely {
            vocabulary.prefetch(hash);
            let mut slot = (hash.wrapping_mul(self.key) >> (u64::BITS - bits)) as usize;
            // Whether an n-gram is new can't be guessed, so that both cases are one: what is new takes the next place.
            loop {
                let place = self.places[slot] as usize;
                let is_new = place == 0;
                let place = if is_new { distinct } else { place - 1 };
                let ngram = &mut self.counted[place];
                if !is_new & (ngram.hash != hash) {
                    slot = (slot + 1) & ((1 << bits) - 1);
                    continue;
                }
                *ngram = Ngram { hash, count: 1 + if is_new { 0 } else { ngram.count }, is_word };
                self.places[slot] = place as u32 + 1;
                distinct += usize::from(is_new);
                break;
            }
        }
        self.counted.truncate(distinct);
    }

    /// The n-grams of the document counted last, each once, in the order of first occurrence.
    pub fn counted(&self) -> &[Ngram] {
        &self.counted
    }

    fn find_likely(&mut self, words: &[u64], ngram_range: (u8, u8), vocabulary: &Vocabulary) {
        let most = words.len() * usize::from(ngram_range.1 - ngram_range.0 + 1);
        self.likely.resize(most, (0, false));
        let mut count = 0;
        for_each_ngram(words, ngram_range, |hash, _, n| {
            // Always written, and kept only if likely: faster than guessing whether it will be.
            self.likely[count] = (hash, n == 1);
            // A word mostly is known: to look into the filter would cost more than it saves.
            count += usize::from(n == 1 || vocabulary.may_know(hash));
        });
        self.likely.truncate(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::hash;

    #[test]
    fn each_known_ngram_is_counted_once_in_the_order_of_first_occurrence() {
        let vocabulary = Vocabulary::new(["red", "door", "red door"].map(Into::into).to_vec()).unwrap();
        let word = |word: &str| hash::word(word.as_bytes());
        let (red, door) = (word("red"), word("door"));
        let mut counts = NgramCounts::default();
        for _ in 0..2 {
            counts.count(&[red, door, red, door, door], (1, 2), &vocabulary);
            let known: Vec<Ngram> = counts.counted().iter().copied().filter(|ngram| vocabulary.get(ngram.hash).is_some()).collect();
            let ngram = |hash, count, is_word| Ngram { hash, count, is_word };
            assert_eq!(known, [ngram(red, 2, true), ngram(hash::extend(red, door), 2, false), ngram(door, 3, true)]);
            counts.count(&[], (1, 2), &vocabulary);
            assert!(counts.counted().is_empty());
        }
    }
}
