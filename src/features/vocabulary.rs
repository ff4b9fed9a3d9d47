//! The terms that a model knows, each with its column.

use super::prefetch;
use crate::text::hash;

/// The terms of a model in the order of their columns, and a table from a term's hash to its column.
///
/// The table is open-addressed with linear probing; a slot holds the column and what of the hash fits in beside it. Many n-grams of a text
/// are in no vocabulary: a filter of some bits a term, which stays in the second-level cache, shows it for nine in ten of them.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    terms: Vec<Box<str>>,
    slots: Vec<Slot>,
    /// By how much a hash is shifted to give the first slot that may hold it.
    shift: u32,
    /// How many bits of a slot are the column.
    column_bits: u32,
    /// One bit for each term's hash, the highest bits of which say where.
    filter: Vec<u64>,
    filter_shift: u32,
}

/// A place of the table: the low bits of the hash, and below them the column plus one; 0 if it is free.
///
/// Of the hash's high bits the slot's place speaks, so that hardly any of it is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Slot(u64);

impl Vocabulary {
    /// A vocabulary of terms (words in normal form, one space between two).
    ///
    /// Returns the term that occurs twice, if one does.
    pub fn new(terms: Vec<Box<str>>) -> Result<Self, Box<str>> {
        let hashes: Vec<u64> = terms.iter().map(|term| hash::term(term)).collect();
        let bits = (terms.len() * 2).next_power_of_two().max(16).trailing_zeros();
        let filter_bits = (terms.len() * 8).next_power_of_two().max(64).trailing_zeros();
        let mut vocabulary = Vocabulary {
            slots: vec![Slot::default(); 1 << bits],
            shift: 64 - bits,
            column_bits: usize::BITS - terms.len().leading_zeros(),
            filter: vec![0; 1 << (filter_bits - 6)],
            filter_shift: 64 - filter_bits,
            terms,
        };
        for (column, &hash) in hashes.iter().enumerate() {
            let mut slot = (hash >> vocabulary.shift) as usize;
            while vocabulary.slots[slot] != Slot::default() {
                if vocabulary.is_of(vocabulary.slots[slot], hash) {
                    return Err(vocabulary.terms.swap_remove(column));
                }
                slot = (slot + 1) & (vocabulary.slots.len() - 1);
            }
            let bit = hash >> vocabulary.filter_shift;
            vocabulary.filter[(bit >> 6) as usize] |= 1 << (bit & 63);
            vocabulary.slots[slot] = Slot((hash << vocabulary.column_bits) | (column as u64 + 1));
        }
        Ok(vocabulary)
    }

    /// The column of the term with this hash.
    pub fn get(&self, hash: u64) -> Option<u32> {
        self.may_know(hash).then(|| self.get_from(self.home(hash), hash)).flatten()
    }

    /// Whether a slot that is not free holds the term with this hash.
    #[inline]
    fn is_of(&self, slot: Slot, hash: u64) -> bool {
        (slot.0 ^ (hash << self.column_bits)) >> self.column_bits == 0
    }

    /// Whether the term with this hash may be known: true of all that are, and of one in ten that are not.
    #[inline]
    pub(super) fn may_know(&self, hash: u64) -> bool {
        let bit = hash >> self.filter_shift;
        (self.filter[(bit >> 6) as usize] >> (bit & 63)) & 1 != 0
    }

    /// Has the first slot that may hold the term with this hash fetched.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        prefetch(&self.slots, (hash >> self.shift) as usize);
    }

    /// What stands in the first slot that may hold the term with this hash.
    #[inline]
    pub(super) fn home(&self, hash: u64) -> Slot {
        self.slots[(hash >> self.shift) as usize]
    }

    /// As [`Vocabulary::get`], from what [`Vocabulary::home`] gave for the hash.
    #[inline]
    pub(super) fn get_from(&self, home: Slot, hash: u64) -> Option<u32> {
        let mut found = home;
        let mut slot = (hash >> self.shift) as usize;
        while !self.is_of(found, hash) {
            if found == Slot::default() {
                return None;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
            found = self.slots[slot];
        }
        // A free slot is that of a hash whose low bits are all 0.
        ((found.0 & ((1 << self.column_bits) - 1)) as u32).checked_sub(1)
    }

    /// The terms, in the order of their columns.
    pub fn terms(&self) -> &[Box<str>] {
        &self.terms
    }

    /// How many terms there are.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_is_found_with_its_column_and_nothing_else_is() {
        // As many as the bits of a column can just tell, and one more.
        for size in [0, 1, 4_095, 4_096] {
            let vocabulary = Vocabulary::new((0..size).map(|n| format!("term{n}").into()).collect()).unwrap();
            for n in 0..size {
                assert_eq!(vocabulary.get(hash::term(&format!("term{n}"))), Some(n));
                assert_eq!(vocabulary.get(hash::term(&format!("other{n}"))), None);
            }
            let passing = (0..size).filter(|n| vocabulary.may_know(hash::term(&format!("other{n}")))).count();
            assert!(passing <= size as usize / 5, "{passing} of {size} unknown terms pass the filter");
        }
    }

    #[test]
    fn a_term_that_stands_twice_is_given_back() {
        assert_eq!(&*Vocabulary::new(["a b", "c", "a b"].map(Into::into).to_vec()).unwrap_err(), "a b");
    }
}
