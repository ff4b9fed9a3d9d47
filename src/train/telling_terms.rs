//! Which terms speak most for and against each label.

use ndarray::Axis;
use serde::Serialize;

use super::{TrainedModel, TrainingSet};
use crate::features::{SparseRows, TokenizedCorpus};

/// The most telling terms of a label, the strongest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LabelTerms {
    /// Terms that speak for it, and stand mostly in documents that have it.
    #[serde(rename = "for")]
    pub in_favour: Vec<TellingTerm>,
    /// Terms that speak against it, and stand mostly in documents that do not.
    pub against: Vec<TellingTerm>,
}

/// A term, and how far it parts the documents that have a label from the others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TellingTerm {
    /// The term, words in the form that the model knows them in.
    pub term: String,
    /// Its weight times the difference of its mean values in documents with and without the label. Over all terms these add up to the
    /// gap between the mean scores of the two.
    pub separation: f32,
}

/// How many documents of each label are looked at: enough for a mean, and few beside what was learned from.
const DOCUMENTS_A_LABEL: usize = 200;

/// The `most` terms for and against each label, by task and label. Large weights of rare terms tell little of how a model decides, and
/// frequent words that stand everywhere alike tell nothing, so a term counts by how far it parts documents. Articles are taken evenly
/// over the set, so that twice the same come out.
pub fn telling_terms(trained: &TrainedModel, set: &TrainingSet, most: usize) -> Vec<Vec<LabelTerms>> {
    let mut first_column = 0;
    (0..set.tasks.len())
        .map(|task| {
            let labels = set.tasks[task].labels.len();
            let columns = first_column..first_column + labels;
            first_column = columns.end;
            let documents = sample(set, task);
            let texts: Vec<_> = documents.iter().map(|&document| set.texts[document].clone()).collect();
            let vectorizer = trained.vectorizer();
            let rows = vectorizer.transform(&TokenizedCorpus::new(&texts, vectorizer.settings().analyzer));
            let all = sums(&rows, 0..documents.len(), vectorizer.vocabulary().len());
            let of_label = |(label, column)| {
                let having: Vec<usize> = (0..documents.len()).filter(|&row| set.labels(documents[row], task).contains(&label)).collect();
                let others = documents.len() - having.len();
                let of_having = sums(&rows, having.iter().copied(), all.len());
                let weights = trained.learned().weights().index_axis(Axis(1), column);
                let mean = |sum: f32, of: usize| sum / of.max(1) as f32;
                let separation =
                    |term: usize| weights[term] * (mean(of_having[term], having.len()) - mean(all[term] - of_having[term], others));
                let named = |speaks: &dyn Fn(f32) -> bool| {
                    let mut terms: Vec<(f32, usize)> = (0..all.len())
                        .filter(|&term| speaks(weights[term]))
                        .map(|term| (separation(term), term))
                        .filter(|(separation, _)| *separation > 1e-6)
                        .collect();
                    terms.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                    let term = |&(separation, term): &(f32, usize)| TellingTerm {
                        term: vectorizer.vocabulary().terms()[term].to_string(),
                        separation,
                    };
                    terms.iter().take(most).map(term).collect()
                };
                LabelTerms { in_favour: named(&|weight| weight > 0.0), against: named(&|weight| weight < 0.0) }
            };
            columns.enumerate().map(of_label).collect()
        })
        .collect()
}

/// Articles to look at, rising: of each label so many, evenly spaced.
fn sample(set: &TrainingSet, task: usize) -> Vec<usize> {
    let mut sample = Vec::new();
    for label in 0..set.tasks[task].labels.len() {
        let having: Vec<usize> = (0..set.articles()).filter(|&document| set.labels(document, task).contains(&label)).collect();
        let taken = having.len().min(DOCUMENTS_A_LABEL);
        sample.extend((0..taken).map(|n| having[n * having.len() / taken]));
    }
    sample.sort_unstable();
    sample.dedup();
    sample
}

/// The sum of each column over some rows.
fn sums(rows: &SparseRows, of: impl Iterator<Item = usize>, columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; columns];
    of.for_each(|row| rows.row(row).iter().for_each(|&(column, value)| sums[column as usize] += value));
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        corpus::{Document, LabelledCorpus},
        train::Recipe,
    };

    #[test]
    fn what_stands_in_a_labels_documents_speaks_for_it_and_against_the_other() {
        let document = |n: usize| Document {
            id: n.to_string(),
            text: if n.is_multiple_of(2) { format!("seen on day {n}: a ship") } else { format!("seen on day {n}: a train") },
            ..Default::default()
        };
        let corpus = LabelledCorpus {
            documents: (0..40).map(document).collect(),
            labels: (0..40).map(|n: usize| vec![if n.is_multiple_of(2) { "sea" } else { "rail" }.to_owned()]).collect(),
            ..Default::default()
        };
        let set = TrainingSet::of_labelled(&[("label", &corpus)]);
        let trained = Recipe::for_labelled_files().train_on(&set).unwrap();
        let terms = &telling_terms(&trained, &set, 2)[0];
        let names = |terms: &[TellingTerm]| terms.iter().map(|term| term.term.clone()).collect::<Vec<_>>();
        for (label, (own, other)) in [("train", "ship"), ("ship", "train")].into_iter().enumerate() {
            assert!(names(&terms[label].in_favour).iter().all(|term| term.contains(own)), "{terms:?}");
            assert!(names(&terms[label].against).iter().all(|term| term.contains(other)), "{terms:?}");
            assert!(terms[label].in_favour.iter().all(|term| term.separation > 0.0));
        }
    }
}
