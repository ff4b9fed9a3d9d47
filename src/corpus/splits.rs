//! Parting documents into folds.

use std::hash::Hash;

use crate::text::hash;

/// Gives each document one of `folds` folds, so that documents with the same `key` are spread evenly over them.
///
/// Which fold a document falls into depends on its id and on what other keys there are, not on the order of the documents.
pub fn stratified_folds<K: Ord + Hash>(documents: &[(K, &str)], folds: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.sort_by_cached_key(|&document| {
        let (key, id) = &documents[document];
        (key, hash::word(id.as_bytes()), *id)
    });
    let mut fold_of = vec![0; documents.len()];
    for (place, document) in order.into_iter().enumerate() {
        fold_of[document] = place % folds;
    }
    fold_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_spread_evenly_whatever_the_order() {
        let ids: Vec<String> = (0..60).map(|n| format!("document {n}")).collect();
        let mut documents: Vec<(usize, &str)> = ids.iter().enumerate().map(|(n, id)| (n % 3, id.as_str())).collect();
        let folds = stratified_folds(&documents, 5);
        for key in 0..3 {
            for fold in 0..5 {
                assert_eq!((0..60).filter(|&n| n % 3 == key && folds[n] == fold).count(), 4);
            }
        }
        documents.reverse();
        let mut reversed = stratified_folds(&documents, 5);
        reversed.reverse();
        assert_eq!(folds, reversed);
    }
}
