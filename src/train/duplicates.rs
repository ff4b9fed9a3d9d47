//! Documents that occur more than once: among the training documents, and in the test file again.

use std::collections::BTreeMap;

use serde::Serialize;

use super::TrainingSet;
use crate::{
    corpus::{
        LabelledCorpus,
        near_duplicates::{Likeness, Sketches},
    },
    learn::metrics::TaskMetrics,
    text::{Fields, Printable},
};

/// How many groups, and documents of a group, are named.
const NAMED_GROUPS: usize = 20;
const NAMED_DOCUMENTS: usize = 10;
/// How many test rows are named.
const NAMED_LEAKS: usize = 1000;
/// How many of each are shown to a person.
const SHOWN: usize = 5;

/// What was found of near-duplicates (see [`corpus::near_duplicates`](crate::corpus::near_duplicates)).
#[derive(Clone, Debug, Default, Serialize)]
pub struct Duplicates {
    /// Whether each group stays in one fold and counts as one document; otherwise they were only reported.
    pub counted_once: bool,
    /// How many groups there are, of two documents or more.
    pub groups: usize,
    /// How many documents are in groups.
    pub documents: usize,
    /// How many documents are left if each group counts as one.
    pub different_documents: usize,
    /// How many groups have documents whose labels differ in some task.
    pub conflicting_groups: usize,
    /// Groups whose labels differ, the first in the file first.
    pub conflicts: Vec<DuplicateGroup>,
    /// The largest other groups; of equals the first in the file.
    pub largest: Vec<DuplicateGroup>,
    /// For each task with a test file, the test documents that are training documents as well.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub leaks: BTreeMap<String, Leaks>,
}

/// Documents that are the same, or nearly.
#[derive(Clone, Debug, Serialize)]
pub struct DuplicateGroup {
    /// How many there are.
    pub size: usize,
    /// The first of them.
    pub documents: Vec<NamedDocument>,
}

/// A training document, as a person finds it.
#[derive(Clone, Debug, Serialize)]
pub struct NamedDocument {
    /// Its id.
    pub id: String,
    /// Its line in the file; absent for seeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Its labels in all tasks.
    pub labels: Vec<String>,
}

/// Test documents that the model has learned from, or nearly. They are never taken out, but scored apart.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Leaks {
    /// How many there are.
    pub documents: usize,
    /// The first thousand.
    pub rows: Vec<Leak>,
    /// Accuracy on the test documents that are no leaks; absent until judged, or if none is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_without: Option<f64>,
    /// Macro-F1 on the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macro_f1_without: Option<f64>,
    /// The test documents that are no leaks.
    #[serde(skip)]
    pub clean_rows: Vec<usize>,
}

/// A test document, and the training document that it is like.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Leak {
    pub test_line: u64,
    pub test_id: String,
    pub train_line: u64,
    pub train_id: String,
    /// Jaccard similarity of their shingles, from 0.8 to 1.
    pub similarity: f64,
    /// Whether they have the same labels.
    pub same_labels: bool,
}

impl Duplicates {
    /// Looks for near-duplicates among the articles, and for those of the test files (each with the number of its task) that are like one
    /// of the articles about the task. If `count_once`, the training
    /// takes notice: a group stays in one fold and counts as one document. The test documents have no part in the groups.
    pub fn find(set: &mut TrainingSet, tests: &[(usize, &LabelledCorpus)], count_once: bool) -> Self {
        let articles: Vec<Fields> = set.texts[..set.articles()].iter().filter_map(|texts| texts.first().copied()).collect();
        let sketches = Sketches::new(&articles);
        let group_of = sketches.groups();
        let mut found = Duplicates { counted_once: count_once, ..Self::of_groups(set, &group_of) };
        for &(task, test) in tests {
            let documents: Vec<Fields> = test.documents.iter().map(|document| document.fields()).collect();
            let likeness = sketches.find(&Sketches::new(&documents));
            found.leaks.insert(set.tasks[task].name.clone(), Leaks::new(set, task, test, &likeness, &group_of));
        }
        if count_once {
            set.group_of = group_of;
        }
        found
    }

    fn of_groups(set: &TrainingSet, group_of: &[u32]) -> Self {
        let mut members: Vec<(u32, u32)> = group_of.iter().copied().zip(0..).collect();
        members.sort_unstable();
        let groups = members.chunk_by(|left, right| left.0 == right.0);
        let mut found = Duplicates { different_documents: groups.clone().count(), ..Duplicates::default() };
        let mut others = Vec::new();
        for group in groups.filter(|group| group.len() > 1) {
            found.groups += 1;
            found.documents += group.len();
            if !contradicts_itself(set, group) {
                others.push(group);
                continue;
            }
            found.conflicting_groups += 1;
            if found.conflicts.len() < NAMED_GROUPS {
                found.conflicts.push(DuplicateGroup::new(set, group));
            }
        }
        others.sort_by_key(|group| std::cmp::Reverse(group.len()));
        found.largest = others.into_iter().take(NAMED_GROUPS).map(|group| DuplicateGroup::new(set, group)).collect();
        found
    }

    /// What a person reads of it; empty if there is nothing to say.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        if self.groups > 0 {
            let counted = if self.counted_once { "each group counts once" } else { "each of them counts" };
            text += &format!("{} of the documents are near-duplicates, in {} groups: {counted}\n", self.documents, self.groups);
        }
        if self.conflicting_groups > 0 {
            text += &format!("{} of these groups have labels that differ:\n", self.conflicting_groups);
        }
        for group in self.conflicts.iter().take(SHOWN) {
            let documents: Vec<String> =
                group.documents.iter().map(|document| format!("{} [{}]", document.place(), document.labels.join(", "))).collect();
            text += &format!("  {}{}\n", documents.join("  =  "), if group.size > group.documents.len() { "  = .." } else { "" });
        }
        for leaks in self.leaks.values().filter(|leaks| leaks.documents > 0) {
            text += &format!("{} of the test documents are in the training file as well:\n", leaks.documents);
            for leak in leaks.rows.iter().take(SHOWN) {
                text +=
                    &format!("  test line {} is training line {}, similarity {:.2}\n", leak.test_line, leak.train_line, leak.similarity);
            }
        }
        text
    }
}

/// Whether the labels of a group differ in a task that some of its documents say something about.
fn contradicts_itself(set: &TrainingSet, group: &[(u32, u32)]) -> bool {
    let sorted = |document: u32, task: usize| {
        let mut labels = set.labels(document as usize, task).to_vec();
        labels.sort_unstable();
        labels
    };
    (0..set.tasks.len()).any(|task| {
        let mut about = group.iter().map(|entry| entry.1).filter(|&document| set.is_about(document as usize, task));
        let first = about.next().map(|document| sorted(document, task));
        about.any(|document| Some(sorted(document, task)) != first)
    })
}

impl DuplicateGroup {
    fn new(set: &TrainingSet, group: &[(u32, u32)]) -> Self {
        let documents = group.iter().take(NAMED_DOCUMENTS).map(|entry| NamedDocument::new(set, entry.1 as usize)).collect();
        DuplicateGroup { size: group.len(), documents }
    }
}

/// The names of the labels of one article in one task.
fn labels_of(set: &TrainingSet, article: usize, task: usize) -> Vec<String> {
    set.labels(article, task).iter().map(|&label| set.tasks[task].labels[label].name.clone()).collect()
}

impl NamedDocument {
    fn new(set: &TrainingSet, document: usize) -> Self {
        NamedDocument {
            id: set.ids[document].to_owned(),
            line: set.lines.get(document).copied(),
            labels: (0..set.tasks.len()).flat_map(|task| labels_of(set, document, task)).collect(),
        }
    }

    fn place(&self) -> String {
        self.line.map_or_else(|| Printable::new(&self.id).to_string(), |line| format!("line {line}"))
    }
}

impl Leaks {
    /// `likeness` has for each test document the article that it is most like.
    fn new(set: &TrainingSet, task: usize, test: &LabelledCorpus, likeness: &[Option<Likeness>], group_of: &[u32]) -> Self {
        let mut leaks = Leaks::default();
        // Of the articles of a group, the first that is about the task.
        let mut first_about = vec![None; group_of.len()];
        for (article, &group) in group_of.iter().enumerate().filter(|(article, _)| set.is_about(*article, task)) {
            first_about[group as usize].get_or_insert(article);
        }
        let learned_from = |found: &Likeness| {
            let article = found.document as usize;
            if set.is_about(article, task) { Some(article) } else { first_about[group_of[article] as usize] }
        };
        for (row, found) in likeness.iter().enumerate() {
            let Some((found, article)) = found.as_ref().and_then(|found| Some((found, learned_from(found)?))) else {
                leaks.clean_rows.push(row);
                continue;
            };
            leaks.documents += 1;
            if leaks.rows.len() == NAMED_LEAKS {
                continue;
            }
            let train = NamedDocument::new(set, article);
            let sorted = |labels: &[String]| {
                let mut labels = labels.to_vec();
                labels.sort_unstable();
                labels
            };
            leaks.rows.push(Leak {
                test_line: test.lines.get(row).copied().unwrap_or_default(),
                test_id: test.documents[row].id.clone(),
                train_line: train.line.unwrap_or_default(),
                train_id: train.id,
                similarity: found.similarity,
                same_labels: sorted(&labels_of(set, article, task)) == sorted(&test.labels[row]),
            });
        }
        leaks
    }

    /// Takes in how the model did on the test documents that are no leaks.
    pub fn judged(&mut self, without: &TaskMetrics) {
        (self.accuracy_without, self.macro_f1_without) = (Some(without.accuracy), Some(without.macro_f1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{corpus::Document, features::SparseRows, learn::sparse_logistic_regression::SparseLogisticRegression, train::Recipe};
    use linfa::{DatasetBase, traits::Fit};

    fn corpus(rows: &[(&str, &str)]) -> LabelledCorpus {
        let document = |(n, row): (usize, &(&str, &str))| Document { id: n.to_string(), text: row.0.to_owned(), ..Document::default() };
        LabelledCorpus {
            documents: rows.iter().enumerate().map(document).collect(),
            labels: rows.iter().map(|row| vec![row.1.to_owned()]).collect(),
            lines: (1..).take(rows.len()).collect(),
            ..LabelledCorpus::default()
        }
    }

    const ROWS: [(&str, &str); 7] = [
        ("the cup final ended in a draw", "sport"),
        ("The cup final ended in a draw!", "sport"),
        ("shares fell after the bank spoke", "money"),
        ("Shares fell after the bank spoke.", "sport"),
        ("a striker left the club", "sport"),
        ("the bank raised its rates", "money"),
        ("the league begins in may", "sport"),
    ];

    #[test]
    fn groups_are_counted_and_contradictions_named_by_line() {
        let corpus = corpus(&ROWS);
        let found = Duplicates::find(&mut TrainingSet::of_labelled(&[("topic", &corpus)]), &[], true);
        assert_eq!((found.groups, found.documents, found.different_documents, found.conflicting_groups), (2, 4, 5, 1));
        let conflict: Vec<_> = found.conflicts[0].documents.iter().map(|document| (document.line, document.labels[0].as_str())).collect();
        assert_eq!(conflict, [(Some(3), "money"), (Some(4), "sport")]);
        assert!(found.summary().contains("line 3 [money]  =  line 4 [sport]"), "{}", found.summary());
    }

    #[test]
    fn test_documents_that_were_learned_from_are_named_but_join_no_group() {
        let (train, test) = (corpus(&ROWS), corpus(&[("an open air concert", "music"), ("the Bank raised its rates", "money")]));
        let found = Duplicates::find(&mut TrainingSet::of_labelled(&[("topic", &train)]), &[(0, &test)], true);
        let leaks = &found.leaks["topic"];
        assert_eq!((leaks.documents, leaks.clean_rows.as_slice()), (1, &[0][..]));
        assert_eq!((leaks.rows[0].test_line, leaks.rows[0].train_line, leaks.rows[0].same_labels), (2, 6, true));
        assert_eq!(found.groups, 2);
    }

    #[test]
    fn a_copy_in_another_fold_does_not_flatter() {
        // Labels that nothing tells but having seen the very document.
        let text = |n: usize| (0..6).map(|word| format!("word{} ", (n * 31 + word * 17) * 7919 % 211)).collect::<String>();
        let documents: Vec<(String, &str)> = (0..60).map(|n| (text(n), ["heads", "tails"][n * n / 7 % 2])).collect();
        let rows: Vec<(&str, &str)> = documents.iter().chain(&documents).map(|row| (row.0.as_str(), row.1)).collect();
        let corpus = corpus(&rows);
        let accuracy = |count_once: bool| {
            let mut set = TrainingSet::of_labelled(&[("toss", &corpus)]);
            assert_eq!(Duplicates::find(&mut set, &[], count_once).groups, 60);
            Recipe::for_labelled_files().train_on(&set).unwrap().manifest.tasks[0].metrics.accuracy
        };
        let (once, often) = (accuracy(true), accuracy(false));
        // With the order in which the learner takes the documents these go from 0.55 to 0.57, and from 0.69 to 0.76.
        assert!(once < 0.6 && often > once + 0.1, "{once} {often}");
    }

    #[test]
    fn a_document_written_five_times_teaches_what_it_teaches_once() {
        let once = corpus(&ROWS[4..]);
        let mut rows = vec![ROWS[4]; 5];
        rows.extend(&ROWS[5..]);
        let often = corpus(&rows);
        let weights = |corpus: &LabelledCorpus, count_once: bool| {
            let mut set = TrainingSet::of_labelled(&[("topic", corpus)]);
            Duplicates::find(&mut set, &[], count_once);
            set.weights(&(0..set.articles()).collect::<Vec<_>>()).to_vec()
        };
        assert_eq!(weights(&often, true), [0.2, 0.2, 0.2, 0.2, 0.2, 1.0, 1.0]);
        assert!(weights(&once, true).is_empty() && weights(&often, false).is_empty());
        // Document frequencies count all, so only the learner is compared: with these weights its optimum is the same.
        let learned = |corpus: &LabelledCorpus, words: &[usize]| {
            let mut set = TrainingSet::of_labelled(&[("topic", corpus)]);
            Duplicates::find(&mut set, &[], true);
            let all: Vec<usize> = (0..set.articles()).collect();
            let mut rows = SparseRows::new(3);
            words.iter().for_each(|&word| rows.push(&[(word as u32, 1.0)]));
            let dataset = DatasetBase::new(rows, set.targets(0, &all)).with_weights(set.weights(&all));
            SparseLogisticRegression::params().tolerance(1e-9).fit(&dataset).unwrap().weights().clone()
        };
        let difference = learned(&often, &[0, 0, 0, 0, 0, 1, 2]) - learned(&once, &[0, 1, 2]);
        assert!(difference.iter().all(|d| d.abs() < 1e-5), "{difference}");
        // And five of one are not enough for folds.
        let mut set = TrainingSet::of_labelled(&[("topic", &often)]);
        assert!(Recipe { folds: 4, ..Recipe::for_labelled_files() }.check_support(&set).is_ok());
        Duplicates::find(&mut set, &[], true);
        let error = Recipe { folds: 4, ..Recipe::for_labelled_files() }.check_support(&set).unwrap_err();
        assert!(error.to_string().contains("only 3 are different"), "{error}");
    }
}
