//! Multinomial naive Bayes, and what it makes of documents without labels.

use linfa::dataset::Records;
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::math::softmax;
use crate::features::SparseRows;

/// Added to each count of a term in a label.
const SMOOTHING: f64 = 0.1;

/// The most rounds of expectation and maximisation; accuracy changes little after the first eight, but with very few labels it still does.
const MAX_ROUNDS: usize = 20;

/// The rounds end once fewer than one document in a thousand has a membership that changes by more than this.
const TOLERANCE: f32 = 0.01;

/// A smaller membership is taken as none. Most are far smaller, and to count their words would be most of the work.
const NEGLIGIBLE: f32 = 1e-4;

/// `ln P(label | document) = ln P(label) + sum_t x_t ln P(t | label) + constant`, with `x_t` the count of a term.
struct MultinomialNaiveBayes {
    /// `ln P(label)`; minus infinity for a label without a document.
    log_priors: Vec<f64>,
    /// `ln P(t | label)`, terms by labels.
    log_likelihoods: Array2<f64>,
}

impl MultinomialNaiveBayes {
    /// Learns from rows of counts, each belonging to each label by the share in `memberships` (rows by labels, row by row).
    fn fit(rows: &SparseRows, memberships: &[f32]) -> Self {
        let (terms, count) = (rows.nfeatures(), memberships.len() / rows.nsamples());
        let labels: Vec<(f64, Vec<f64>)> =
            (0..count).into_par_iter().map(|label| Self::fit_label(rows, memberships.iter().skip(label).step_by(count))).collect();
        let all: f64 = labels.iter().map(|(documents, _)| documents).sum();
        MultinomialNaiveBayes {
            log_priors: labels.iter().map(|(documents, _)| libm::log(documents / all)).collect(),
            log_likelihoods: Array2::from_shape_fn((terms, labels.len()), |(term, label)| labels[label].1[term]),
        }
    }

    /// How many documents a label has, and `ln P(t | label)` of each term. One label is one thread's work, so that sums run in one order.
    fn fit_label<'a>(rows: &SparseRows, memberships: impl Iterator<Item = &'a f32>) -> (f64, Vec<f64>) {
        let mut counts = vec![SMOOTHING; rows.nfeatures()];
        let mut documents = 0.0;
        for (row, &membership) in rows.rows().zip(memberships) {
            if membership >= NEGLIGIBLE {
                documents += f64::from(membership);
                row.iter().for_each(|&(term, count)| counts[term as usize] += f64::from(membership * count));
            }
        }
        let log_total = libm::log(counts.iter().sum());
        (documents, counts.into_iter().map(|count| libm::log(count) - log_total).collect())
    }

    /// The probability of each label given a row of counts.
    fn posteriors(&self, row: &[(u32, f32)], probabilities: &mut Vec<f32>) {
        let mut scores = self.log_priors.clone();
        for &(term, count) in row {
            for (score, log_likelihood) in scores.iter_mut().zip(self.log_likelihoods.row(term as usize)) {
                *score += f64::from(count) * log_likelihood;
            }
        }
        // The scores are large and negative: what is left after taking off the highest fits an f32.
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let relative: Vec<f32> = scores.into_iter().map(|score| (score - highest) as f32).collect();
        softmax(&relative, probabilities);
    }
}

/// The probability of each label for documents without one: `unlabelled` rows of counts by labels, from `labelled` rows of counts with
/// one label each, by expectation-maximisation (Nigam, McCallum, Thrun and Mitchell, "Text classification from labeled and unlabeled
/// documents using EM", Machine Learning 39, 2000).
///
/// A model is learned from the labelled rows; it says to which labels the others belong; a model is learned from both; and so on. Words
/// that stand beside the labelled documents' words lead on to other words. A label that no labelled row has is given to none.
///
/// Takes time in proportion to the number of entries times the number of labels, and gives the same bits on any number of threads.
pub fn memberships_of_unlabelled(labelled: &SparseRows, truth: ArrayView2<bool>, unlabelled: &SparseRows) -> Array2<f32> {
    let labels = truth.ncols();
    if labels == 0 || labelled.nsamples() == 0 {
        return Array2::zeros((unlabelled.nsamples(), labels));
    }
    let mut all = labelled.clone();
    all.append(unlabelled);
    // Row by row; those of the labelled rows stay as they are.
    let mut memberships: Vec<f32> = truth.iter().map(|&has| f32::from(u8::from(has))).collect();
    let known = memberships.len();
    memberships.resize(all.nsamples() * labels, 0.0);
    let mut model = MultinomialNaiveBayes::fit(labelled, &memberships[..known]);
    for _ in 0..MAX_ROUNDS {
        let changed = memberships[known..]
            .par_chunks_exact_mut(labels)
            .enumerate()
            .map_init(Vec::new, |posteriors, (row, memberships)| {
                model.posteriors(unlabelled.row(row), posteriors);
                let has_changed = memberships.iter().zip(posteriors.iter()).any(|(old, new)| (old - new).abs() > TOLERANCE);
                memberships.copy_from_slice(posteriors);
                usize::from(has_changed)
            })
            .sum::<usize>();
        if changed * 1000 < unlabelled.nsamples() {
            break;
        }
        model = MultinomialNaiveBayes::fit(&all, &memberships);
    }
    Array2::from_shape_fn((unlabelled.nsamples(), labels), |(row, label)| memberships[known + row * labels + label])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn rows(rows: &[&[u32]]) -> SparseRows {
        let mut counted = SparseRows::new(6);
        rows.iter().for_each(|terms| counted.push(&terms.iter().map(|&term| (term, 1.0)).collect::<Vec<_>>()));
        counted
    }

    /// Terms 0 to 2 go together, and so do 3 to 5; the labelled documents have 0 and 5 alone.
    fn chains() -> (SparseRows, Array2<bool>, SparseRows) {
        let unlabelled: Vec<&[u32]> = [&[0, 1][..], &[1, 2], &[0, 1], &[4, 5], &[3, 4], &[4, 5], &[2], &[3]].to_vec();
        (rows(&[&[0], &[5]]), array![[true, false, false], [false, true, false]], rows(&unlabelled))
    }

    #[test]
    fn a_word_that_no_labelled_document_has_is_learned_from_the_words_beside_it() {
        let (labelled, truth, unlabelled) = chains();
        let memberships = memberships_of_unlabelled(&labelled, truth.view(), &unlabelled);
        assert!(memberships[[6, 0]] > 0.9, "{memberships}");
        assert!(memberships[[7, 1]] > 0.9, "{memberships}");
    }

    #[test]
    fn a_label_without_a_labelled_document_is_given_to_none() {
        let (labelled, truth, unlabelled) = chains();
        let memberships = memberships_of_unlabelled(&labelled, truth.view(), &unlabelled);
        assert!(memberships.column(2).iter().all(|&membership| membership == 0.0));
        assert!(memberships.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-6));
    }

    #[test]
    fn posteriors_are_those_of_the_formula() {
        // One document a label; counts of term 0 are 1.1 and .1, the totals 1.6 each: term 0 is 11 times as likely in the first.
        let model = MultinomialNaiveBayes::fit(&rows(&[&[0], &[5]]), &[1.0, 0.0, 0.0, 1.0]);
        let mut probabilities = Vec::new();
        model.posteriors(&[(0, 1.0)], &mut probabilities);
        assert!((probabilities[0] - 11.0 / 12.0).abs() < 1e-6);
        model.posteriors(&[], &mut probabilities);
        assert_eq!(probabilities, [0.5, 0.5]);
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        let (labelled, truth, unlabelled) = chains();
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| memberships_of_unlabelled(&labelled, truth.view(), &unlabelled))
        };
        assert_eq!(with(1), with(2));
        assert_eq!(with(1), with(8));
    }
}
