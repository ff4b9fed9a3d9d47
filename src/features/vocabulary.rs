//! The terms that a model knows, each with its column.

use crate::text::hash;

/// The terms of a model in the order of their columns, and a table from a term's hash to its column.
///
/// The table is open-addressed with linear probing; a slot holds the hash, the column and the term's weight, so that a term costs
/// one cache line. Many n-grams of a text are in no vocabulary: a filter of some bits a term, which stays in the second-level cache,
/// shows it for nine in ten of them.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    terms: Vec<Box<str>>,
    slots: Vec<Slot>,
    /// By how much a hash is shifted to give the first slot that may hold it.
    shift: u32,
    /// One bit for each term's hash, the highest bits of which say where.
    filter: Vec<u64>,
    filter_shift: u32,
}

/// A place of the table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    hash: u64,
    column_plus_one: u32,
    weight: f32,
}

impl Vocabulary {
    /// A vocabulary of terms (words in normal form, one space between two), each with a weight that [`Vocabulary::get`] gives back.
    ///
    /// Returns the term that occurs twice, if one does.
    pub fn new(terms: Vec<Box<str>>, weights: &[f32]) -> Result<Self, Box<str>> {
        let hashes: Vec<u64> = terms.iter().map(|term| hash::term(term)).collect();
        let bits = (terms.len() + terms.len() / 4).next_power_of_two().max(16).trailing_zeros();
        let filter_bits = (terms.len() * 8).next_power_of_two().max(64).trailing_zeros();
        let mut vocabulary = Vocabulary {
            terms,
            slots: vec![Slot::default(); 1 << bits],
            shift: 64 - bits,
            filter: vec![0; 1 << (filter_bits - 6)],
            filter_shift: 64 - filter_bits,
        };
        for (column, (&hash, &weight)) in hashes.iter().zip(weights).enumerate() {
            let mut slot = (hash >> vocabulary.shift) as usize;
            while vocabulary.slots[slot].column_plus_one != 0 {
                if vocabulary.slots[slot].hash == hash {
                    return Err(vocabulary.terms.swap_remove(column));
                }
                slot = (slot + 1) & (vocabulary.slots.len() - 1);
            }
            let bit = hash >> vocabulary.filter_shift;
            vocabulary.filter[(bit >> 6) as usize] |= 1 << (bit & 63);
            vocabulary.slots[slot] = Slot { hash, column_plus_one: column as u32 + 1, weight };
        }
        Ok(vocabulary)
    }

    /// The column and the weight of the term with this hash.
    pub fn get(&self, hash: u64) -> Option<(u32, f32)> {
        self.may_know(hash).then(|| self.get_from(self.home(hash), hash)).flatten()
    }

    /// Whether the term with this hash may be known: true of all that are, and of one in ten that are not.
    #[inline]
    pub(super) fn may_know(&self, hash: u64) -> bool {
        let bit = hash >> self.filter_shift;
        (self.filter[(bit >> 6) as usize] >> (bit & 63)) & 1 != 0
    }

    /// What stands in the first slot that may hold the term with this hash.
    #[inline]
    pub(super) fn home(&self, hash: u64) -> Slot {
        self.slots[(hash >> self.shift) as usize]
    }

    /// As [`Vocabulary::get`], from what [`Vocabulary::home`] gave for the hash.
    #[inline]
    pub(super) fn get_from(&self, home: Slot, hash: u64) -> Option<(u32, f32)> {
        let mut found = home;
        let mut slot = (hash >> self.shift) as usize;
        while found.hash != hash {
            if found.column_plus_one == 0 {
                return None;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
            found = self.slots[slot];
        }
        found.column_plus_one.checked_sub(1).map(|column| (column, found.weight))
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
    fn every_term_is_found_with_its_weight_and_nothing_else_is() {
        let terms: Vec<Box<str>> = (0..5_000).map(|n| format!("term{n}").into()).collect();
        let weights: Vec<f32> = (0..5_000).map(|n| n as f32).collect();
        let vocabulary = Vocabulary::new(terms, &weights).unwrap();
        for n in 0..5_000_u32 {
            assert_eq!(vocabulary.get(hash::term(&format!("term{n}"))), Some((n, n as f32)));
            assert_eq!(vocabulary.get(hash::term(&format!("other{n}"))), None);
        }
        let passing = (0..5_000).filter(|n| vocabulary.may_know(hash::term(&format!("other{n}")))).count();
        assert!(passing < 1_000, "{passing} of 5,000 unknown terms pass the filter");
    }

    #[test]
    fn a_term_that_stands_twice_is_given_back() {
        assert_eq!(&*Vocabulary::new(["a b", "c", "a b"].map(Into::into).to_vec(), &[1.0; 3]).unwrap_err(), "a b");
    }
}
