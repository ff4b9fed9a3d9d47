//! What is kept of a document to find its like: a hash of all its words, and one key a band of its MinHash signature.

use crate::text::{Fields, hash, tokens};

/// How many words make a shingle.
pub(super) const SHINGLE_WORDS: usize = 3;
/// How many keys a document has. Two documents are compared where one of them is the same.
pub(super) const BANDS: usize = 16;
/// How many minima go into a key.
const ROWS: usize = 5;
const BINS: usize = BANDS * ROWS;

/// What stands in a bin without a shingle.
const EMPTY: u64 = u64::MAX;

/// A document's sketch, 72 bytes whatever its length.
///
/// The signature is a one-permutation MinHash (Li, Owen and Zhang 2012): each shingle is hashed once, falls into one of 80 bins, and
/// each bin keeps its least hash, so that the work does not grow with the size of the signature. A bin without a shingle borrows from
/// another (Shrivastava 2017), each document looking in the same order. Two documents whose shingles have a Jaccard similarity of `j`
/// agree in a bin with probability `j`, and in at least one of 16 bands of 5 bins with `1 - (1 - j^5)^16`: 0.998 for 0.8, 0.04 for 0.3.
#[derive(Clone, Copy)]
pub(super) struct Sketch {
    /// Hash of all words in order; `None` without a word.
    pub words: Option<u64>,
    /// The keys of the bands.
    pub bands: [u32; BANDS],
}

/// Working memory, kept from one document to the next.
#[derive(Default)]
pub(super) struct Words(Vec<u64>);

impl Words {
    /// The sketch of a document.
    pub fn sketch(&mut self, document: Fields) -> Sketch {
        self.read(document);
        let words = self.0.iter().copied().reduce(hash::extend);
        let mut least = [EMPTY; BINS];
        self.for_each_shingle(|shingle| {
            let bin = ((shingle >> 32) * BINS as u64) >> 32;
            // Mixed again, for the high bits have chosen the bin.
            let least = &mut least[bin as usize];
            *least = (*least).min(hash::extend(shingle, 0));
        });
        if words.is_some() {
            fill_empty_bins(&mut least);
        }
        let key = |band: usize| (least[band * ROWS..(band + 1) * ROWS].iter().copied().fold(0, hash::extend) >> 32) as u32;
        Sketch { words, bands: std::array::from_fn(key) }
    }

    /// The different shingles of a document, in rising order.
    pub fn shingles(&mut self, document: Fields) -> Vec<u64> {
        self.read(document);
        let mut shingles = Vec::with_capacity(self.0.len());
        self.for_each_shingle(|shingle| shingles.push(shingle));
        shingles.sort_unstable();
        shingles.dedup();
        shingles
    }

    /// The title's words and the text's, as if they were one text: it does not matter where somebody has put the headline.
    fn read(&mut self, document: Fields) {
        self.0.clear();
        for (_, text) in document.iter() {
            tokens(text, |token| self.0.push(token.hash));
        }
    }

    /// Calls `each` with every run of three words; with all words if there are fewer, so that a text of one or two words is like no
    /// other but the same.
    fn for_each_shingle(&self, mut each: impl FnMut(u64)) {
        let words = &self.0;
        if words.is_empty() {
            return;
        }
        for shingle in words.windows(SHINGLE_WORDS.min(words.len())) {
            each(shingle.iter().copied().fold(shingle.len() as u64, hash::extend));
        }
    }
}

/// Copies into each empty bin what the first full bin has, looking around in an order that depends on the bin alone. One must be full.
fn fill_empty_bins(least: &mut [u64; BINS]) {
    let full = *least;
    for (bin, least) in least.iter_mut().enumerate() {
        let mut place = bin as u64;
        while *least == EMPTY {
            place = hash::extend(place, bin as u64 + 1);
            *least = full[(((place >> 32) * BINS as u64) >> 32) as usize];
        }
    }
}

/// The share of shingles that two documents have in common, of those that either has (Jaccard); both in rising order.
pub(super) fn jaccard(left: &[u64], right: &[u64]) -> f64 {
    let (mut at, mut common) = (0, 0_usize);
    for shingle in left {
        while right.get(at).is_some_and(|other| other < shingle) {
            at += 1;
        }
        common += usize::from(right.get(at) == Some(shingle));
    }
    common as f64 / (left.len() + right.len() - common).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(title: &str, text: &str) -> Sketch {
        Words::default().sketch(Fields { title, text })
    }

    #[test]
    fn a_sketch_knows_words_not_how_they_are_written() {
        let (one, other) = (sketch("", "The border is closed, again."), sketch("the BORDER", "is closed -- again"));
        assert_eq!((one.words, one.bands), (other.words, other.bands));
        assert_ne!(one.words, sketch("", "again the border is closed").words);
        assert_eq!(sketch("", "- ? -").words, None);
    }

    #[test]
    fn documents_agree_in_as_many_bins_as_they_share_shingles() {
        // 40 words, the last 10 of them different: 28 shingles are shared, of 48.
        let words = |salt: usize, n: usize| if n < 30 { format!("shared{n}") } else { format!("own{salt}x{n}") };
        let mut agreeing = 0;
        for trial in 0..200 {
            let text = |salt: usize| (0..40).map(|n| format!("t{trial}{} ", words(salt, n))).collect::<String>();
            let (one, other) = (sketch("", &text(1)), sketch("", &text(2)));
            agreeing += one.bands.iter().zip(&other.bands).filter(|(a, b)| a == b).count();
        }
        let (share, expected) = (agreeing as f64 / (200 * BANDS) as f64, (28.0_f64 / 48.0).powi(ROWS as i32));
        assert!((share - expected).abs() < 0.03, "{share} of the bands agree, expected {expected}");
    }

    #[test]
    fn the_similarity_is_jaccards() {
        assert_eq!(jaccard(&[1, 2, 3, 4], &[2, 4, 5]), 0.4);
        assert_eq!(jaccard(&[], &[]), 0.0);
    }
}
