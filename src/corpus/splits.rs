//! Parting documents into folds.

use std::hash::Hash;

use crate::text::hash;

/// Gives each document one of `folds` folds, so that documents with the same `key` are spread evenly over them.
///
/// Documents of one group stay together, and count as one: `group_of` has for each document the number of one of its group, as
/// [`Sketches::groups`](super::near_duplicates::Sketches::groups) gives it. Which fold a document falls into depends on its id and on what
/// other keys there are, not on the order of the documents.
pub fn stratified_folds<K: Ord + Hash>(documents: &[(K, &str)], group_of: &[u32], folds: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.sort_by_cached_key(|&document| {
        let (key, id) = &documents[document];
        (key, hash::word(id.as_bytes()), *id)
    });
    let mut fold_of_group = vec![None; documents.len()];
    let mut groups = 0;
    for document in order {
        fold_of_group[group_of[document] as usize].get_or_insert_with(|| {
            groups += 1;
            (groups - 1) % folds
        });
    }
    group_of.iter().map(|&group| fold_of_group[group as usize].unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_spread_evenly_whatever_the_order() {
        let ids: Vec<String> = (0..60).map(|n| format!("document {n}")).collect();
        let mut documents: Vec<(usize, &str)> = ids.iter().enumerate().map(|(n, id)| (n % 3, id.as_str())).collect();
        let alone: Vec<u32> = (0..60).collect();
        let folds = stratified_folds(&documents, &alone, 5);
        for key in 0..3 {
            for fold in 0..5 {
                assert_eq!((0..60).filter(|&n| n % 3 == key && folds[n] == fold).count(), 4);
            }
        }
        documents.reverse();
        let mut reversed = stratified_folds(&documents, &alone, 5);
        reversed.reverse();
        assert_eq!(folds, reversed);
    }

    #[test]
    fn a_group_stays_together_and_counts_as_one() {
        let ids: Vec<String> = (0..60).map(|n| format!("document {n}")).collect();
        let documents: Vec<(usize, &str)> = ids.iter().enumerate().map(|(n, id)| (n % 2, id.as_str())).collect();
        // Four documents each, with both keys among them.
        let group_of: Vec<u32> = (0..60).map(|n| n / 4 * 4).collect();
        let folds = stratified_folds(&documents, &group_of, 5);
        assert!(folds.chunks(4).all(|group| group.iter().all(|fold| *fold == group[0])), "{folds:?}");
        for fold in 0..5 {
            assert_eq!(folds.iter().filter(|of| **of == fold).count(), 12);
        }
    }
}
