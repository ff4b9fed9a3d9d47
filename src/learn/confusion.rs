//! Which labels are taken for which.

use serde::Serialize;

/// Counts of documents by the label that they have (rows) and the label that they were given (columns).
///
/// Both have one place more than there are labels: the last row is for what was given to documents that lack nothing, or that have a
/// label the task does not know; the last column is for labels that were missed with nothing wrong given in their place. In a
/// single-label task the last column stays empty. In a multi-label task every label that a document should have had is counted with
/// every label that it should not have been given (Heydarian, Doyle and Samavi 2022).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Confusion {
    counts: Vec<Vec<usize>>,
}

impl Confusion {
    /// Of a task with so many labels, nothing counted yet.
    pub fn new(labels: usize) -> Self {
        Confusion { counts: vec![vec![0; labels + 1]; labels + 1] }
    }

    /// Takes in one document: the labels that it has and those that it was given. A number that is no label is one the task lacks.
    pub fn add(&mut self, truth: &[usize], given: &[usize]) {
        let none = self.labels();
        let missed: Vec<usize> = truth.iter().filter(|label| !given.contains(label)).map(|&label| label.min(none)).collect();
        let wrong: Vec<usize> = given.iter().copied().filter(|label| !truth.contains(label)).collect();
        for &label in truth.iter().filter(|label| given.contains(label)) {
            self.counts[label][label] += 1;
        }
        let or_none = |labels: Vec<usize>| if labels.is_empty() { vec![none] } else { labels };
        if missed.is_empty() && wrong.is_empty() {
            return;
        }
        let wrong = or_none(wrong);
        for row in or_none(missed) {
            for &column in &wrong {
                self.counts[row][column] += 1;
            }
        }
    }

    /// How many labels the task has.
    pub fn labels(&self) -> usize {
        self.counts.len().saturating_sub(1)
    }

    /// How often a document with the label `truth` was given `given`; the number of labels stands for none.
    pub fn count(&self, truth: usize, given: usize) -> usize {
        self.counts[truth][given]
    }

    /// All that is counted of documents that have a label.
    pub fn row_sum(&self, truth: usize) -> usize {
        self.counts[truth].iter().sum()
    }

    /// The mistakes (truth, given, count), the most frequent first, at most `most`.
    pub fn worst(&self, most: usize) -> Vec<(usize, usize, usize)> {
        let mut mistakes: Vec<(usize, usize, usize)> = Vec::new();
        for (truth, row) in self.counts.iter().enumerate() {
            mistakes.extend(row.iter().enumerate().filter(|&(given, &count)| given != truth && count > 0).map(|(g, &c)| (truth, g, c)));
        }
        mistakes.sort_by_key(|&(truth, given, count)| (std::cmp::Reverse(count), truth, given));
        mistakes.truncate(most);
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_label_document_is_counted_once() {
        let mut confusion = Confusion::new(2);
        confusion.add(&[0], &[0]);
        confusion.add(&[0], &[1]);
        confusion.add(&[usize::MAX], &[1]);
        assert_eq!((confusion.count(0, 0), confusion.count(0, 1), confusion.count(2, 1), confusion.row_sum(0)), (1, 1, 1, 2));
        assert_eq!(confusion.worst(9), [(0, 1, 1), (2, 1, 1)]);
    }

    #[test]
    fn of_several_labels_what_was_missed_is_held_against_what_was_wrong() {
        let mut confusion = Confusion::new(3);
        confusion.add(&[0, 1], &[0, 2]); // 1 was taken for 2
        confusion.add(&[1], &[]); // 1 was missed
        confusion.add(&[], &[2]); // 2 came from nothing
        confusion.add(&[], &[]);
        assert_eq!(confusion.worst(9), [(1, 2, 1), (1, 3, 1), (3, 2, 1)]);
        assert_eq!(confusion.count(0, 0), 1);
    }
}
