//! Labels with so few documents that little can be said of them.

use super::TrainingSet;

/// Below how many documents the figures of a label say little: one document more or less moves its recall by a tenth and more.
const WEAK: usize = 10;

/// Warnings about labels with too few documents, near-duplicates counted once: fewer than folds, so that they can't be held out in each,
/// or fewer than ten. A line each, with the labels by name.
pub fn scarce_labels(set: &TrainingSet, folds: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    for (number, task) in set.tasks.iter().enumerate() {
        let counts = set.different_articles_by_label(number);
        let named = |range: std::ops::Range<usize>| {
            let labels = task.labels.iter().zip(&counts).filter(|(_, count)| range.contains(count));
            labels.map(|(label, count)| format!("{} ({count})", label.name)).collect::<Vec<_>>()
        };
        let (few, weak) = (named(0..folds), named(folds..WEAK));
        if !few.is_empty() {
            warnings.push(format!(
                "{}: too few documents to hold some out in each of {folds} folds, so these labels can't be calibrated or measured: {}. Add documents, or take the label out",
                task.name,
                few.join(", ")
            ));
        }
        if !weak.is_empty() {
            let names = weak.join(", ");
            warnings.push(format!("{}: fewer than {WEAK} documents, so the figures of these labels are weak: {names}", task.name));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        corpus::{Document, LabelledCorpus},
        train::Duplicates,
    };

    #[test]
    fn labels_are_named_by_how_many_different_documents_they_have() {
        let rows: Vec<(String, &str)> = [("often", 10), ("seldom", 9), ("hardly", 2)]
            .into_iter()
            .flat_map(|(label, count)| (0..count).map(move |n| (format!("{label} document number {}", n + 10), label)))
            .chain((0..5).map(|_| ("hardly ever, and always the same".to_owned(), "same")))
            .collect();
        let corpus = LabelledCorpus {
            documents: rows.iter().map(|row| Document { text: row.0.clone(), ..Document::default() }).collect(),
            labels: rows.iter().map(|row| vec![row.1.to_owned()]).collect(),
            ..LabelledCorpus::default()
        };
        let mut set = TrainingSet::of_labelled(&[("topic", &corpus)]);
        Duplicates::find(&mut set, &[], true);
        let warnings = scarce_labels(&set, 3);
        assert!(warnings[0].contains("hardly (2), same (1)."), "{warnings:?}");
        assert!(warnings[1].ends_with("seldom (9)"), "{warnings:?}");
        assert_eq!(warnings.len(), 2);
    }
}
