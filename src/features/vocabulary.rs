//! The terms that a model knows, each with its column.

use crate::text::hash;

/// The terms of a model in the order of their columns, and a table from a term's hash to its column.
///
/// The table is open-addressed with linear probing; a slot holds the hash, the column and the term's weight, so that a term costs
/// one cache line.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    terms: Vec<Box<str>>,
    slots: Vec<Slot>,
    shift: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
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
        let bits = (terms.len() * 2).next_power_of_two().max(16).trailing_zeros();
        let mut vocabulary = Vocabulary { terms, slots: vec![Slot::default(); 1 << bits], shift: 64 - bits };
        for (column, (&hash, &weight)) in hashes.iter().zip(weights).enumerate() {
            let mut slot = (hash >> vocabulary.shift) as usize;
            while vocabulary.slots[slot].column_plus_one != 0 {
                if vocabulary.slots[slot].hash == hash {
                    return Err(vocabulary.terms.swap_remove(column));
                }
                slot = (slot + 1) & (vocabulary.slots.len() - 1);
            }
            vocabulary.slots[slot] = Slot { hash, column_plus_one: column as u32 + 1, weight };
        }
        Ok(vocabulary)
    }

    /// The column and the weight of the term with this hash.
    #[inline]
    pub fn get(&self, hash: u64) -> Option<(u32, f32)> {
        let mut slot = (hash >> self.shift) as usize;
        loop {
            let found = &self.slots[slot];
            if found.column_plus_one == 0 {
                return None;
            }
            if found.hash == hash {
                return Some((found.column_plus_one - 1, found.weight));
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
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
