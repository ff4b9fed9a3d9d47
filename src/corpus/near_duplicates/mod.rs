//! Documents that are the same, or nearly: found by MinHash and banding (Broder 1997), then compared truly.
//!
//! Two documents are near-duplicates if the Jaccard similarity of their shingles, runs of three words, is at least
//! [`NEAR_DUPLICATE`]. Words are those that a model sees: case, punctuation and words of one character make no difference. All that is kept of a document on the way is a sketch of 72 bytes, so that a million documents are affordable.

mod sketch;

use std::collections::VecDeque;

use rayon::prelude::*;

use self::sketch::{BANDS, Sketch, Words, jaccard};
use crate::text::Fields;

/// The similarity from which on two documents count as the same text.
///
/// A changed word breaks three shingles, so that changing a share `f` of the words leaves about `(1 - 3f) / (1 + 3f)`: 0.8 is one word in
/// 27, a mended mistake, a new dateline or a longer last sentence. Retellings of a story, follow-ups and forms filled in anew lie far below.
pub const NEAR_DUPLICATE: f64 = 0.8;

/// With how many documents of a bucket each is compared: the first, and as many before it. Text that a site puts on all its pages
/// fills buckets with thousands of documents; the work must stay linear.
const COMPARED: usize = 8;

/// Sketches of documents, to find duplicates among them and in others.
pub struct Sketches<'a> {
    documents: &'a [Fields<'a>],
    sketches: Vec<Sketch>,
}

/// A document of another corpus that is the same, or nearly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// Its number there.
    pub document: u32,
    /// The Jaccard similarity, from [`NEAR_DUPLICATE`] to 1.
    pub similarity: f64,
}

impl<'a> Sketches<'a> {
    /// Sketches all documents, of which there must be fewer than 2^32.
    pub fn new(documents: &'a [Fields<'a>]) -> Self {
        let sketches = documents.par_iter().map_init(Words::default, |words, &document| words.sketch(document)).collect();
        Sketches { documents, sketches }
    }

    /// For each document the first of its group. A group holds all that near-duplicates, and theirs in turn, lead to; most documents are
    /// alone, and so their own first. Documents without a word are never duplicates.
    pub fn groups(&self) -> Vec<u32> {
        let mut groups = Groups::new(self.documents.len());
        let mut firsts = Vec::new();
        for same in self.by_words().chunk_by(|left, right| left.0 == right.0) {
            let first = same[0].1;
            firsts.push(first);
            same[1..].iter().for_each(|&(_, document)| groups.join(first, document));
        }
        groups.flatten();
        // Band after band, so that what is known to be one group is not compared again.
        for band in 0..BANDS {
            let entries = self.by_key(band, &firsts);
            let buckets: Vec<&[(u32, u32)]> = entries.chunk_by(|left, right| left.0 == right.0).filter(|bucket| bucket.len() > 1).collect();
            let pairs: Vec<(u32, u32)> =
                buckets.par_iter().map_init(Words::default, |words, bucket| self.pairs(bucket, &groups, words)).flatten_iter().collect();
            pairs.into_iter().for_each(|(left, right)| groups.join(left, right));
            groups.flatten();
        }
        groups.first
    }

    /// For each document of `others` the most similar one here, if any is a near-duplicate; of equals the first.
    pub fn find(&self, others: &Sketches) -> Vec<Option<Likeness>> {
        let by_words = self.by_words();
        let same = |sketch: &Sketch| {
            let words = sketch.words?;
            let place = by_words.partition_point(|entry| entry.0 < words);
            by_words.get(place).filter(|entry| entry.0 == words).map(|entry| Likeness { document: entry.1, similarity: 1.0 })
        };
        let mut found: Vec<Option<Likeness>> = others.sketches.par_iter().map(same).collect();
        let firsts: Vec<u32> = by_words.chunk_by(|left, right| left.0 == right.0).map(|same| same[0].1).collect();
        for band in 0..BANDS {
            let entries = self.by_key(band, &firsts);
            found.par_iter_mut().enumerate().for_each_init(Words::default, |words, (other, found)| {
                if others.sketches[other].words.is_none() || found.is_some_and(|found| found.similarity == 1.0) {
                    return;
                }
                let key = others.sketches[other].bands[band];
                let bucket = &entries[entries.partition_point(|entry| entry.0 < key)..];
                let bucket = bucket.iter().take(COMPARED).take_while(|entry| entry.0 == key);
                let mut shingles = None;
                for &(_, document) in bucket {
                    if found.is_some_and(|found| found.document == document) {
                        continue;
                    }
                    let shingles = shingles.get_or_insert_with(|| words.shingles(others.documents[other]));
                    let similarity = jaccard(shingles, &words.shingles(self.documents[document as usize]));
                    let better =
                        found.is_none_or(|best| similarity > best.similarity || similarity == best.similarity && document < best.document);
                    if similarity >= NEAR_DUPLICATE && better {
                        *found = Some(Likeness { document, similarity });
                    }
                }
            });
        }
        found
    }

    /// The documents with words, sorted by the hash of all their words, then by their number.
    fn by_words(&self) -> Vec<(u64, u32)> {
        let mut entries: Vec<(u64, u32)> =
            self.sketches.iter().zip(0..).filter_map(|(sketch, document)| Some((sketch.words?, document))).collect();
        entries.par_sort_unstable();
        entries
    }

    /// Some documents, sorted by their key in one band, then by their number.
    fn by_key(&self, band: usize, documents: &[u32]) -> Vec<(u32, u32)> {
        let mut entries: Vec<(u32, u32)> =
            documents.iter().map(|&document| (self.sketches[document as usize].bands[band], document)).collect();
        entries.par_sort_unstable();
        entries
    }

    /// Pairs of near-duplicates in a bucket that are not in one group yet; not all of them, but enough to join those that were compared.
    fn pairs(&self, bucket: &[(u32, u32)], groups: &Groups, words: &mut Words) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        let group = |document: u32| groups.first[document as usize];
        if bucket.iter().all(|&(_, document)| group(document) == group(bucket[0].1)) {
            return pairs;
        }
        let mut before: VecDeque<(u32, Vec<u64>)> = VecDeque::new();
        for &(_, document) in bucket {
            let shingles = words.shingles(self.documents[document as usize]);
            for (other, others) in before.iter().filter(|(other, _)| group(*other) != group(document)) {
                if jaccard(others, &shingles) >= NEAR_DUPLICATE {
                    pairs.push((*other, document));
                }
            }
            if before.len() == COMPARED {
                before.remove(1);
            }
            before.push_back((document, shingles));
        }
        pairs
    }
}

/// Disjoint sets of documents (union-find). Each is named by its first document, so that the order of joining leaves no trace.
struct Groups {
    /// A document of the same group, never a later one.
    first: Vec<u32>,
}

impl Groups {
    fn new(documents: usize) -> Self {
        Groups { first: (0..documents as u32).collect() }
    }

    fn root(&self, mut document: u32) -> u32 {
        while self.first[document as usize] != document {
            document = self.first[document as usize];
        }
        document
    }

    fn join(&mut self, left: u32, right: u32) {
        let (left, right) = (self.root(left), self.root(right));
        self.first[left.max(right) as usize] = left.min(right);
    }

    /// Points every document to the first of its group. In rising order one step is enough.
    fn flatten(&mut self) {
        for document in 0..self.first.len() {
            self.first[document] = self.first[self.first[document] as usize];
        }
    }
}

#[cfg(test)]
mod tests;
