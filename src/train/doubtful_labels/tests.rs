use ndarray::array;

use super::*;
use crate::{
    corpus::{Document, LabelledCorpus},
    train::Recipe,
};

const LABELS: [&str; 3] = ["money", "music", "sport"];

/// Documents of nine words: some of their label, some of any. Every twentieth has another label than its words.
fn corpus(is_multi_label: bool) -> (LabelledCorpus, Vec<usize>) {
    let mut corpus = LabelledCorpus { is_multi_label, ..LabelledCorpus::default() };
    let mut flipped = Vec::new();
    for n in 0..600_usize {
        let label = n % 3;
        let words = (0..9)
            .map(|w| if w < 5 { format!("{}{} ", LABELS[label], (n * 7 + w * 11) % 23) } else { format!("any{} ", (n * 5 + w * 3) % 40) });
        corpus.documents.push(Document { id: format!("d{n}"), text: words.collect(), ..Document::default() });
        let given = if n % 20 == 0 { (label + 1) % 3 } else { label };
        if given != label {
            flipped.push(n);
        }
        corpus.labels.push(vec![LABELS[given].to_owned()]);
        corpus.lines.push(n as u64 + 1);
    }
    (corpus, flipped)
}

#[test]
fn planted_wrong_labels_are_found_with_the_right_one_suggested() {
    let (corpus, flipped) = corpus(false);
    let set = TrainingSet::of_labelled(&[("topic", &corpus)]);
    let doubts = Recipe::for_labelled_files().train_on(&set).unwrap().doubts;
    let found: Vec<&Doubt> = doubts.iter().take(flipped.len()).filter(|doubt| flipped.contains(&doubt.document)).collect();
    assert!(found.len() * 10 >= flipped.len() * 9, "{} of {}", found.len(), flipped.len());
    assert!(found.iter().all(|doubt| doubt.label == doubt.document % 3 && doubt.suggested > doubt.given));
    assert!(doubts.is_sorted_by(|left, right| left.given - left.suggested <= right.given - right.suggested));

    let words = DoubtfulLabels::new(&set, &doubts);
    assert_eq!((words.count, words.first[0].line), (doubts.len(), Some(doubts[0].document as u64 + 1)));
    assert_eq!(words.first[0].suggested, [LABELS[doubts[0].document % 3]]);
    let summary = words.summary();
    assert_eq!(summary.matches("or rather").count(), 10, "{summary}");
}

#[test]
fn in_multi_label_tasks_labels_too_many_and_missing_ones_are_found_one_by_one() {
    let (corpus, flipped) = corpus(true);
    let set = TrainingSet::of_labelled(&[("topic", &corpus)]);
    let doubts = Recipe::for_labelled_files().train_on(&set).unwrap().doubts;
    // Each flipped label is one too many and one missing.
    let right = |doubt: &&Doubt| flipped.contains(&doubt.document) && [0, 1].contains(&((doubt.label + 3 - doubt.document % 3) % 3));
    let found = doubts.iter().take(2 * flipped.len()).filter(right).count();
    assert!(found * 10 >= 2 * flipped.len() * 9, "{found} of {}", 2 * flipped.len());
    let words = DoubtfulLabels::new(&set, &doubts);
    assert!(words.first.iter().any(|doubt| doubt.suggested.is_empty()) && words.first.iter().any(|doubt| doubt.suggested.len() == 2));
}

#[test]
fn a_class_is_suggested_by_what_is_usual_for_it() {
    // Those given class 1 have .45 of it in the mean, so that .4 is not enough, and .5 is. Class 2 was given to nobody.
    let probabilities = array![[0.9, 0.1, 0.0], [0.9, 0.1, 0.0], [0.3, 0.5, 0.2], [0.2, 0.4, 0.4], [0.35, 0.4, 0.25], [0.1, 0.5, 0.4]];
    let given = [0, 0, 1, 1, 0, 0];
    let probabilities = &probabilities;
    let case = |(document, &given)| Case { document, given, probability: move |class| probabilities[[document, class]] };
    let cases: Vec<_> = given.iter().enumerate().map(case).collect();
    let found: Vec<_> = confidently_other(&cases, 3).into_iter().map(|(case, class)| (case.document, class)).collect();
    assert_eq!(found, [(5, 1)]);
}
