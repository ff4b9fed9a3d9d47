//! How fast each step is, from text to labels: `cargo bench`. With `SLUGLINE_DATA` set, also over AG News.
//!
//! Steps over a whole corpus run on all threads of the pool (`RAYON_NUM_THREADS`), steps of one document on one.

mod corpora;

use std::sync::atomic::{AtomicUsize, Ordering};

use corpora::{Corpus, corpora};
use divan::{
    Bencher, black_box,
    counter::{BytesCount, ItemsCount},
};
use linfa::{DatasetBase, ParamGuard, traits::Fit};
use ndarray::Array2;
use slugline::{
    features::{Analyzer, AnalyzerParams, SparseRows, TfIdfValidParams, TfIdfVectorizer, TokenSink, TokenizedCorpus},
    learn::sparse_logistic_regression::{SparseLogisticRegression, SparseLogisticRegressionValidParams},
    text::{Field, Token},
    train::{Recipe, TrainingSet},
};

fn main() {
    divan::main();
}

/// One document after another, over and over.
struct Turn<'a, T> {
    items: &'a [T],
    next: AtomicUsize,
}

impl<'a, T> Turn<'a, T> {
    fn of(items: &'a [T]) -> Self {
        Turn { items, next: AtomicUsize::new(0) }
    }

    fn take(&self) -> &'a T {
        &self.items[self.next.fetch_add(1, Ordering::Relaxed) % self.items.len()]
    }
}

/// Takes words so that they can't be left out, and keeps none.
struct Sum(u64);

impl TokenSink for Sum {
    fn word(&mut self, hash: u64, _: Field, _: Token) {
        self.0 ^= hash;
    }
    fn end_of_field(&mut self) {}
    fn seen(&mut self, _: bool, _: bool) {}
}

fn vectorizer_settings() -> TfIdfValidParams {
    Recipe::for_labelled_files().vectorizer.check().expect("the recipe's settings are right")
}

fn learner_settings() -> SparseLogisticRegressionValidParams {
    Recipe::for_labelled_files().learner.check().expect("the recipe's settings are right")
}

fn features(corpus: &Corpus) -> (TfIdfVectorizer, TokenizedCorpus) {
    vectorizer_settings().fit(&corpus.fields()).expect("the corpus has words")
}

fn dataset(corpus: &Corpus) -> DatasetBase<SparseRows, Array2<bool>> {
    let (vectorizer, words) = features(corpus);
    let task = corpus.rows.task("label");
    let labels = corpus.rows.label_indices(&task);
    let targets = Array2::from_shape_fn((labels.len(), task.labels.len()), |(row, label)| labels[row].contains(&label));
    DatasetBase::new(vectorizer.transform(&words), targets)
}

#[divan::bench_group(name = "one_document", sample_size = 1000)]
mod one_document {
    use super::*;

    #[divan::bench(args = corpora())]
    fn tokenise(bencher: Bencher, corpus: &Corpus) {
        let documents = corpus.fields();
        let turn = Turn::of(&documents);
        let mut analyzer = Analyzer::new(AnalyzerParams::default());
        bencher.counter(BytesCount::new(corpus.bytes() / documents.len())).bench_local(|| {
            let mut sum = Sum(0);
            analyzer.analyze(*turn.take(), &mut sum);
            sum.0
        });
    }

    #[divan::bench(args = corpora())]
    fn vectorise(bencher: Bencher, corpus: &Corpus) {
        let documents = corpus.fields();
        let turn = Turn::of(&documents);
        let (vectorizer, _) = features(corpus);
        let mut scratch = vectorizer.scratch();
        bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
            black_box(vectorizer.transform_one(*turn.take(), &mut scratch));
        });
    }

    #[divan::bench(args = corpora())]
    fn score(bencher: Bencher, corpus: &Corpus) {
        let dataset = dataset(corpus);
        let learned = learner_settings().fit(&dataset).expect("the corpus can be learned");
        let rows: Vec<_> = dataset.records().rows().collect();
        let turn = Turn::of(&rows);
        let mut scores = Vec::new();
        bencher.counter(ItemsCount::new(1_usize)).bench_local(|| learned.scores(turn.take(), black_box(&mut scores)));
    }

    /// From text to calibrated probabilities and the label chosen.
    #[divan::bench(args = corpora())]
    fn classify(bencher: Bencher, corpus: &Corpus) {
        let set = TrainingSet::of_labelled(&[("label", &corpus.rows)]);
        let model = Recipe::for_labelled_files().train_on(&set).expect("the corpus can be learned").into_model("bench");
        let documents = corpus.fields();
        let turn = Turn::of(&documents);
        let mut scratch = model.scratch();
        bencher.counter(ItemsCount::new(1_usize)).bench_local(|| model.classify(*turn.take(), Some("en"), &mut scratch));
    }
}

#[divan::bench_group(name = "whole_corpus", sample_count = 10, sample_size = 1)]
mod whole_corpus {
    use super::*;

    fn documents(corpus: &Corpus) -> ItemsCount {
        ItemsCount::new(corpus.rows.documents.len())
    }

    #[divan::bench(args = corpora())]
    fn tokenise(bencher: Bencher, corpus: &Corpus) {
        let fields = corpus.fields();
        bencher.counter(documents(corpus)).bench(|| TokenizedCorpus::new(&fields, AnalyzerParams::default()));
    }

    /// Vocabulary and document frequencies, from text.
    #[divan::bench(args = corpora())]
    fn fit_features(bencher: Bencher, corpus: &Corpus) {
        let (settings, fields) = (vectorizer_settings(), corpus.fields());
        bencher.counter(documents(corpus)).bench(|| settings.fit(&fields));
    }

    #[divan::bench(args = corpora())]
    fn vectorise(bencher: Bencher, corpus: &Corpus) {
        let (vectorizer, words) = features(corpus);
        bencher.counter(documents(corpus)).bench(|| vectorizer.transform(&words));
    }

    #[divan::bench(args = corpora())]
    fn fit_learner(bencher: Bencher, corpus: &Corpus) {
        let (settings, dataset) = (learner_settings(), dataset(corpus));
        bencher.counter(documents(corpus)).bench(|| -> SparseLogisticRegression { settings.fit(&dataset).expect("it can be learned") });
    }
}
