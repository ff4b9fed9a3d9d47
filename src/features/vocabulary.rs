//! The terms that a model knows, each with its column.

use crate::text::hash;

/// The terms of a model in the order of their columns, and a table from a term's hash to its column.
///
/// The table is open-addressed with linear probing; a slot holds the hash, the column and the term's weight, so that a term costs
/// one cache line. A byte of the hash stands apart for each slot: most n-grams of a text are in no vocabulary, and these bytes, which
/// stay in the second-level cache, nearly always show it.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    terms: Vec<Box<str>>,
    slots: Vec<Slot>,
    /// For each slot 0 if it is free, otherwise [`tag`] of its hash.
    tags: Vec<u8>,
    shift: u32,
}

/// The lowest byte of a hash, but never 0. The slot comes from the highest bits.
#[inline]
fn tag(hash: u64) -> u8 {
    (hash as u8).max(1)
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
        let bits = (terms.len() + terms.len() / 4).next_power_of_two().max(16).trailing_zeros();
        let mut vocabulary = Vocabulary { terms, slots: vec![Slot::default(); 1 << bits], tags: vec![0; 1 << bits], shift: 64 - bits };
        for (column, (&hash, &weight)) in hashes.iter().zip(weights).enumerate() {
            let mut slot = (hash >> vocabulary.shift) as usize;
            while vocabulary.slots[slot].column_plus_one != 0 {
                if vocabulary.slots[slot].hash == hash {
                    return Err(vocabulary.terms.swap_remove(column));
                }
                slot = (slot + 1) & (vocabulary.slots.len() - 1);
            }
            vocabulary.tags[slot] = tag(hash);
            vocabulary.slots[slot] = Slot { hash, column_plus_one: column as u32 + 1, weight };
        }
        Ok(vocabulary)
    }

    /// The column and the weight of the term with this hash.
    #[inline]
    pub fn get(&self, hash: u64) -> Option<(u32, f32)> {
        self.get_from(self.likely_slot(hash)?, hash)
    }

    /// The first slot that may hold the term with this hash; none if it is not known. One in some hundred unknown terms gets one too.
    #[inline]
    pub(super) fn likely_slot(&self, hash: u64) -> Option<u32> {
        let wanted = tag(hash);
        let mut slot = (hash >> self.shift) as usize;
        loop {
            match self.tags[slot] {
                0 => return None,
                found if found == wanted => return Some(slot as u32),
                _ => slot = (slot + 1) & (self.tags.len() - 1),
            }
        }
    }

    /// As [`Vocabulary::get`], from the slot that [`Vocabulary::likely_slot`] gave for the hash.
    #[inline]
    pub(super) fn get_from(&self, slot: u32, hash: u64) -> Option<(u32, f32)> {
        let mut slot = slot as usize;
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
