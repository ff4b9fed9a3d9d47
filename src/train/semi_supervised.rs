//! Learning from documents without labels, where labels are few.
//!
//! Vocabulary and document frequencies come from all documents. Naive Bayes with expectation-maximisation guesses the labels of those
//! that have none ([`crate::learn::naive_bayes`]), and the ordinary model is learned from labels and guesses together. So the model is
//! like any other, and better where the labelled documents have too few of the words that tell labels apart.
//!
//! It helps if the labels are what the archive's documents differ in most; if not, it harms. Which of the two, held-out labelled
//! documents say: they were neither learned from nor guessed.

use std::{
    collections::{BTreeSet, HashSet},
    time::Instant,
};

use linfa::{DatasetBase, ParamGuard, dataset::Records, traits::Fit};
use ndarray::{Array1, Array2, ArrayView1, Axis, concatenate};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    Recipe, TrainError, TrainedModel, TrainingSet,
    cross_validation::{CrossValidation, Judged},
};
use crate::{
    corpus::{TaskKind, UnlabelledCorpus},
    features::{ParamsError, SparseRows, TfIdfParams, TfIdfValidParams, Vocabulary},
    learn::{
        metrics,
        naive_bayes::memberships_of_unlabelled,
        sparse_logistic_regression::{SparseLogisticRegression, SparseLogisticRegressionValidParams},
    },
    text::hex,
};

/// For naive Bayes a document has at most this many words: those of a longer one count for less. It takes words as independent, so
/// that a long document would be far too sure of its label.
const MAX_WORDS: f32 = 100.0;

/// What the unlabelled documents brought, for people and for `--report`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct UnlabelledFigures {
    /// How many documents the archive has.
    pub documents_read: usize,
    /// How many were offered to learning: no more than the largest sample, none twice, none that is a labelled one.
    pub documents_used: usize,
    /// How many rows of the archive can't be used.
    pub rows_skipped: usize,
    /// Figures on held-out labelled documents with a model of the labelled documents alone.
    pub without: HeldOut,
    /// The same with a model of both.
    pub with: HeldOut,
    /// How much better `with` is than `without`, in accuracy; negative if worse.
    pub gain: f64,
    /// Whether the model was learned from both: if the log-loss on the held-out documents is lower so.
    pub chosen: bool,
}

/// Figures on held-out labelled documents, the mean over the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HeldOut {
    /// Share of documents whose labels are all right.
    pub accuracy: f64,
    /// In nats.
    pub log_loss: f64,
}

/// Labelled documents, and beside them those of an archive that are no labelled ones; each once.
pub struct SemiSupervised<'a> {
    labelled: &'a TrainingSet<'a>,
    both: TrainingSet<'a>,
    documents_read: usize,
    rows_skipped: usize,
}

impl<'a> SemiSupervised<'a> {
    /// Puts them together. Fails where nothing could be learned from the archive: if no task has exactly one label a document, as the
    /// step supposes, or if all of the archive's documents are labelled ones.
    pub fn new(labelled: &'a TrainingSet<'a>, archive: &'a UnlabelledCorpus) -> Result<Self, TrainError> {
        if labelled.tasks.iter().all(|task| task.kind == TaskKind::MultiLabel) {
            return Err(TrainError::NoSingleLabelTask);
        }
        let both = with_unlabelled(labelled, archive)?;
        Ok(SemiSupervised { labelled, both, documents_read: archive.read, rows_skipped: archive.skipped })
    }

    /// Trains with the archive's documents and without, keeps what has the lower log-loss on held-out labelled documents, and tells both
    /// figures. Takes time in proportion to the archive, up to [`crate::corpus::MAX_UNLABELLED_DOCUMENTS`].
    pub fn train(&self, recipe: &Recipe) -> Result<(TrainedModel, UnlabelledFigures), TrainError> {
        recipe.check_support(self.labelled)?;
        let start = Instant::now();
        let validate = |set: &TrainingSet| -> Result<(CrossValidation, Vec<Judged>), TrainError> {
            let validation = CrossValidation::run(recipe, set)?;
            let judged = validation.judge_all(set);
            Ok((validation, judged))
        };
        let (of_labelled, of_both) = (validate(self.labelled)?, validate(&self.both)?);
        let (without, with) = (HeldOut::new(&of_labelled.1), HeldOut::new(&of_both.1));
        let calibrate = start.elapsed().as_secs_f64();
        let chosen = with.log_loss < without.log_loss;
        let (set, (validation, judged)) = if chosen { (&self.both, of_both) } else { (self.labelled, of_labelled) };
        let figures = UnlabelledFigures {
            documents_read: self.documents_read,
            documents_used: self.both.unlabelled.len(),
            rows_skipped: self.rows_skipped,
            without,
            with,
            gain: with.accuracy - without.accuracy,
            chosen,
        };
        Ok((recipe.train_validated(set, validation, judged, calibrate)?, figures))
    }
}

impl HeldOut {
    fn new(judged: &[Judged]) -> Self {
        let tasks = judged.len() as f64;
        judged.iter().fold(HeldOut { accuracy: 0.0, log_loss: 0.0 }, |sum, Judged { metrics, .. }| HeldOut {
            accuracy: sum.accuracy + metrics.accuracy / tasks,
            log_loss: sum.log_loss + metrics.log_loss / tasks,
        })
    }
}

impl std::fmt::Display for UnlabelledFigures {
    /// A few lines for a terminal.
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let UnlabelledFigures { documents_read, documents_used, without, with, .. } = self;
        writeln!(f, "Unlabelled: {documents_read} documents, of which {documents_used} were tried. On held-out labelled documents:\n")?;
        for (name, figures) in [("without them", without), ("with them", with)] {
            writeln!(f, "  {name:12}  accuracy {:.3}   log-loss {:.3}", figures.accuracy, figures.log_loss)?;
        }
        let chosen = if self.chosen { "The model is learned with them." } else { "The model is learned without them: they did not help." };
        write!(f, "\n{chosen}\n")
    }
}

/// The labelled documents, with those of the archive that are not among them; each once. A held-out document that was in the archive too would be learned from, by its guessed label, and its score would be too high.
fn with_unlabelled<'a>(set: &TrainingSet<'a>, archive: &'a UnlabelledCorpus) -> Result<TrainingSet<'a>, TrainError> {
    let mut known: HashSet<(&str, &str)> = set.texts.iter().flatten().map(|fields| (fields.title.trim(), fields.text.trim())).collect();
    let documents = archive.documents.iter().map(|document| document.fields());
    let unlabelled: Vec<_> =
        documents.filter(|fields| known.insert((fields.title.trim(), fields.text.trim()))).map(|fields| vec![fields]).collect();
    if unlabelled.is_empty() {
        return Err(TrainError::NothingUnlabelled { read: archive.read });
    }
    let mut both = set.clone();
    both.unlabelled = unlabelled;
    both.source.fingerprint = hex(&Sha256::digest(format!("{}{}", set.source.fingerprint, archive.fingerprint)));
    Ok(both)
}

/// The settings of features that are learned from unlabelled documents too. A term that occurs once in a whole archive is mostly a
/// misprint, and there would be millions of them.
pub(super) fn features(params: &TfIdfParams) -> Result<TfIdfValidParams, ParamsError> {
    let settings = params.check_ref()?;
    params.min_df(settings.min_df.max(2)).check()
}

/// Learns a single-label task from rows with their labels and weights (none: all 1), and rows without; all over the same vocabulary.
pub(super) fn fit(
    learner: &SparseLogisticRegressionValidParams,
    vocabulary: &Vocabulary,
    mut labelled: SparseRows,
    truth: Array2<bool>,
    mut weights: Array1<f32>,
    unlabelled: &SparseRows,
) -> Result<SparseLogisticRegression, TrainError> {
    let words = Words::of(vocabulary);
    let memberships = memberships_of_unlabelled(&words.counts(&labelled), truth.view(), &words.counts(unlabelled));
    let guesses: Vec<usize> = memberships.rows().into_iter().map(|row: ArrayView1<f32>| metrics::best(row)).collect();
    let guessed = Array2::from_shape_fn(memberships.dim(), |(row, label)| guesses[row] == label);
    labelled.append(unlabelled);
    let targets = concatenate(Axis(0), &[truth.view(), guessed.view()]).expect("both have one column a label");
    if !weights.is_empty() {
        weights = weights.into_iter().chain(std::iter::repeat_n(1.0, unlabelled.nsamples())).collect();
    }
    Ok(learner.fit(&DatasetBase::new(labelled, targets).with_weights(weights))?)
}

/// The columns that naive Bayes counts: single words, or where the vocabulary has none, its shortest terms. Longer ones would count
/// the same words again.
struct Words {
    /// For each column, that among the words.
    columns: Vec<Option<u32>>,
    count: usize,
}

impl Words {
    fn of(vocabulary: &Vocabulary) -> Self {
        let length = |term: &str| term.bytes().filter(|byte| *byte == b' ').count();
        let lengths: BTreeSet<usize> = vocabulary.terms().iter().map(|term| length(term)).collect();
        let shortest = lengths.first().copied().unwrap_or_default();
        let mut count = 0;
        let mut number = |term: &str| {
            (length(term) == shortest).then(|| {
                count += 1;
                count - 1
            })
        };
        let columns = vocabulary.terms().iter().map(|term| number(term)).collect();
        Words { columns, count: count as usize }
    }

    /// Each word counts once in each row that has it, however often it occurs, and all words of a row count at most [`MAX_WORDS`].
    fn counts(&self, rows: &SparseRows) -> SparseRows {
        let mut counts = SparseRows::new(self.count);
        let mut of_row: Vec<(u32, f32)> = Vec::new();
        for row in rows.rows() {
            of_row.clear();
            of_row.extend(row.iter().filter_map(|&(column, _)| Some((self.columns[column as usize]?, 1.0))));
            let weight = (MAX_WORDS / of_row.len() as f32).min(1.0);
            of_row.iter_mut().for_each(|(_, count)| *count = weight);
            counts.push(&of_row);
        }
        debug_assert_eq!(counts.nsamples(), rows.nsamples());
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Document, LabelledCorpus};

    const KITCHEN: [&str; 6] = ["soup", "bread", "oven", "spoon", "salt", "stew"];
    const GARDEN: [&str; 6] = ["rose", "spade", "hedge", "lawn", "seed", "moss"];

    /// A document of `length` of the words, which ones `n` says.
    fn document(n: usize, words: &[&str; 6], length: usize) -> Document {
        let text = (0..length).map(|k| words[(n + k * (1 + n / 6 % 2)) % 6]).collect::<Vec<_>>().join(" ");
        Document { id: format!("{} {n}", words[0]), text: format!("{text} day {}", n % 7), ..Document::default() }
    }

    /// Twelve labelled documents. If each has but one of the words, no other document of its label has that one.
    fn labelled(length: usize) -> LabelledCorpus {
        let mut corpus = LabelledCorpus::default();
        for n in 0..6 {
            for (label, words) in [("kitchen", &KITCHEN), ("garden", &GARDEN)] {
                corpus.documents.push(document(n, words, length));
                corpus.labels.push(vec![label.to_owned()]);
            }
        }
        corpus
    }

    fn archive() -> UnlabelledCorpus {
        let documents: Vec<Document> = (100..220).flat_map(|n| [document(n, &KITCHEN, 3), document(n, &GARDEN, 3)]).collect();
        UnlabelledCorpus { read: documents.len(), documents, ..UnlabelledCorpus::default() }
    }

    #[test]
    fn a_word_that_only_the_archive_has_tells_the_label() {
        let mut corpus = labelled(1);
        for document in &mut corpus.documents {
            document.text = document.text.replace("stew", "a").replace("moss", "a");
        }
        let set = TrainingSet::of_labelled(&[("place", &corpus)]);
        let archive = archive();
        let (trained, figures) = SemiSupervised::new(&set, &archive).unwrap().train(&Recipe::for_labelled_files()).unwrap();
        assert!(figures.chosen && figures.gain > 0.2, "{figures:?}");
        let model = trained.into_model("place");
        let mut scratch = model.scratch();
        let stew = Document { text: "stew".to_owned(), ..Document::default() };
        let answer = model.classify(stew.fields(), None, &mut scratch);
        assert!(answer.tasks[0].probabilities[1] > 0.6, "labels are garden and kitchen: {:?}", answer.tasks[0].probabilities);
    }

    #[test]
    fn an_archive_that_does_not_help_is_left_out_and_the_model_is_the_one_without_it() {
        // Documents that part by something else than the labels: half of the words of both.
        let mixed = |n: usize| {
            let side = n % 2 * 3;
            let words: [&str; 6] = std::array::from_fn(|k| if k < 3 { KITCHEN[side + k] } else { GARDEN[side + k - 3] });
            document(n / 2, &words, 3)
        };
        let documents: Vec<Document> = (200..600).map(mixed).collect();
        let archive = UnlabelledCorpus { read: documents.len(), documents, ..UnlabelledCorpus::default() };
        let corpus = labelled(3);
        let set = TrainingSet::of_labelled(&[("place", &corpus)]);
        let recipe = Recipe::for_labelled_files();
        let (trained, figures) = SemiSupervised::new(&set, &archive).unwrap().train(&recipe).unwrap();
        assert!(!figures.chosen && figures.with.log_loss > figures.without.log_loss, "{figures:?}");
        assert_eq!(trained.encode().fingerprint, recipe.train_on(&set).unwrap().encode().fingerprint);
    }

    #[test]
    fn documents_that_are_labelled_or_come_twice_are_not_unlabelled_ones() {
        let corpus = labelled(3);
        let set = TrainingSet::of_labelled(&[("place", &corpus)]);
        let documents = vec![corpus.documents[0].clone(), corpus.documents[3].clone()];
        let mut archive = UnlabelledCorpus { read: 2, documents, ..UnlabelledCorpus::default() };
        assert!(matches!(with_unlabelled(&set, &archive), Err(TrainError::NothingUnlabelled { read: 2 })));
        let new = Document { text: "something new".to_owned(), ..Document::default() };
        archive.documents.extend([new.clone(), new]);
        assert_eq!(with_unlabelled(&set, &archive).unwrap().unlabelled.len(), 1);
    }

    #[test]
    fn tasks_with_any_number_of_labels_are_refused() {
        let corpus = LabelledCorpus { is_multi_label: true, ..labelled(3) };
        let set = TrainingSet::of_labelled(&[("place", &corpus)]);
        assert!(matches!(SemiSupervised::new(&set, &archive()), Err(TrainError::NoSingleLabelTask)));
    }

    #[test]
    fn words_count_once_pairs_not_at_all_and_long_rows_no_more_than_the_limit() {
        let terms: Vec<Box<str>> = (0..250).map(|n| if n % 2 == 0 { format!("w{n}") } else { format!("w{n} x") }.into()).collect();
        let words = Words::of(&Vocabulary::new(terms).unwrap());
        let mut rows = SparseRows::new(250);
        rows.push(&[(1, 0.3), (2, 0.9)]);
        rows.push(&(0..250).map(|column| (column, 0.1)).collect::<Vec<_>>());
        let counts = words.counts(&rows);
        assert_eq!(counts.row(0), [(1, 1.0)]);
        assert_eq!(counts.row(1).len(), 125);
        assert!((counts.row(1).iter().map(|(_, count)| count).sum::<f32>() - MAX_WORDS).abs() < 1e-3);
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        let (corpus, archive) = (labelled(1), archive());
        let set = TrainingSet::of_labelled(&[("place", &corpus)]);
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                SemiSupervised::new(&set, &archive).unwrap().train(&Recipe::for_labelled_files()).unwrap().0.encode().fingerprint
            })
        };
        assert_eq!(with(1), with(2));
        assert_eq!(with(1), with(8));
    }
}
