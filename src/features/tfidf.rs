//! TF-IDF with the document frequencies of the training documents, kept.

use std::collections::HashMap;

use linfa::ParamGuard;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Analyzer, AnalyzerParams, BREAK, ParamsError, SparseRows, Texts, TokenSink, TokenizedCorpus, Vocabulary, analyzer::for_each_ngram,
    ngram_counts::NgramCounts, vocabulary::Slot,
};
use crate::text::{Field, Fields, Token, language::Screen};

/// Settings of a [`TfIdfVectorizer`], checked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TfIdfValidParams {
    /// How words and n-grams are made.
    pub analyzer: AnalyzerParams,
    /// The fewest training documents that a term must occur in.
    pub min_df: u32,
    /// The largest share of training documents that a term may occur in.
    pub max_df: f64,
    /// Whether a term that occurs `tf` times in a document counts `1 + ln(tf)` instead of `tf`.
    pub sublinear_tf: bool,
}

/// Settings of a [`TfIdfVectorizer`]. The defaults are those of scikit-learn with `ngram_range=(1, 2), min_df=2, sublinear_tf=True`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TfIdfParams(TfIdfValidParams);

impl Default for TfIdfParams {
    fn default() -> Self {
        TfIdfParams(TfIdfValidParams { analyzer: AnalyzerParams::default(), min_df: 2, max_df: 1.0, sublinear_tf: true })
    }
}

impl TfIdfParams {
    /// How words and n-grams are made.
    pub fn analyzer(mut self, analyzer: AnalyzerParams) -> Self {
        self.0.analyzer = analyzer;
        self
    }

    /// The fewest training documents that a term must occur in.
    pub fn min_df(mut self, min_df: u32) -> Self {
        self.0.min_df = min_df;
        self
    }

    /// The largest share of training documents that a term may occur in.
    pub fn max_df(mut self, max_df: f64) -> Self {
        self.0.max_df = max_df;
        self
    }

    /// Whether counts within a document are taken as `1 + ln(tf)`.
    pub fn sublinear_tf(mut self, sublinear_tf: bool) -> Self {
        self.0.sublinear_tf = sublinear_tf;
        self
    }
}

/// For settings that someone else has written down, and that so may not have been checked.
impl From<TfIdfValidParams> for TfIdfParams {
    fn from(params: TfIdfValidParams) -> Self {
        TfIdfParams(params)
    }
}

impl ParamGuard for TfIdfParams {
    type Checked = TfIdfValidParams;
    type Error = ParamsError;

    fn check_ref(&self) -> Result<&TfIdfValidParams, ParamsError> {
        let (min, max) = self.0.analyzer.ngram_range;
        if min < 1 || max < min || max > 5 {
            return Err(ParamsError::NgramRange(min, max));
        }
        if !(self.0.max_df > 0.0 && self.0.max_df <= 1.0) {
            return Err(ParamsError::MaxDf(self.0.max_df));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<TfIdfValidParams, ParamsError> {
        self.check_ref().copied()
    }
}

/// Turns documents into rows: for a term that occurs `tf` times, `(1 + ln tf) * idf`, the row scaled to length 1, with
/// `idf = ln((1 + n) / (1 + df)) + 1` from the `n` training documents, `df` of which have the term.
///
/// These are scikit-learn's `TfidfVectorizer` with `smooth_idf` and `norm='l2'`. linfa's own vectorizer takes the document
/// frequencies from the batch that it transforms, so one document alone would have none.
#[derive(Clone, Debug)]
pub struct TfIdfVectorizer {
    params: TfIdfValidParams,
    vocabulary: Vocabulary,
    idf: Vec<f32>,
}

/// Working memory of a vectorizer, kept from one document to the next; one a thread.
pub struct Scratch {
    analyzer: Analyzer,
    counted: Counted,
    ngrams: NgramCounts,
    row: Vec<(u32, f32)>,
}

/// The words of the document at hand, and what was counted of them.
#[derive(Default)]
struct Counted {
    words: Vec<u64>,
    screen: Screen,
}

impl Scratch {
    /// What was counted of the document that was transformed last.
    pub fn screen(&self) -> Screen {
        self.counted.screen
    }
}

impl TokenSink for Counted {
    fn word(&mut self, hash: u64, _: Field, _: Token) {
        self.words.push(hash);
    }

    fn end_of_field(&mut self) {
        self.words.push(BREAK);
    }

    fn seen(&mut self, is_function_word: bool, is_number: bool) {
        self.screen.words += u32::from(!is_number);
        self.screen.numbers += u32::from(is_number);
        self.screen.function_words += u32::from(is_function_word);
    }
}

impl TfIdfValidParams {
    /// Learns vocabulary and document frequencies from all documents; gives their words too, to make rows of.
    ///
    /// Columns are ordered by falling document frequency, then by term, so that the columns in most use lie together.
    pub fn fit(&self, documents: &[impl Texts]) -> Result<(TfIdfVectorizer, TokenizedCorpus), ParamsError> {
        self.fit_keeping(documents, documents.len())
    }

    /// The same; of the documents from `kept_from` on every term is kept, in however few documents it occurs: they are lists of terms that
    /// someone has chosen.
    pub fn fit_keeping(&self, documents: &[impl Texts], kept_from: usize) -> Result<(TfIdfVectorizer, TokenizedCorpus), ParamsError> {
        let corpus = TokenizedCorpus::new(documents, self.analyzer);
        let mut names = Names { analyzer: Analyzer::new(self.analyzer), document: usize::MAX, words: Words::default() };
        let vectorizer = self.fit_tokenized(&corpus, kept_from, |document, begin, n| names.get(documents, document, begin, n))?;
        Ok((vectorizer, corpus))
    }

    /// The same for documents that are words already; `name` gives the term of `n` words that begins at a place in a document.
    pub fn fit_tokenized(
        &self,
        corpus: &TokenizedCorpus,
        kept_from: usize,
        mut name: impl FnMut(usize, usize, usize) -> String,
    ) -> Result<TfIdfVectorizer, ParamsError> {
        let documents = corpus.len();
        let max_df = (self.max_df * documents as f64) as u32;
        let mut kept = occurrences(corpus, self.analyzer.ngram_range, kept_from, |o| {
            (o.is_kept || o.document_frequency >= self.min_df) && o.document_frequency <= max_df
        });
        if kept.is_empty() {
            return Err(ParamsError::EmptyVocabulary { min_df: self.min_df, documents });
        }
        kept.sort_unstable_by_key(|o| (o.document, o.begin, o.n)); // so that each document is read once for its names
        let mut terms: Vec<(u32, Box<str>)> =
            kept.iter().map(|o| (o.document_frequency, name(o.document as usize, o.begin as usize, o.n as usize).into())).collect();
        terms.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let idf = terms.iter().map(|&(df, _)| (libm::log((1.0 + documents as f64) / (1.0 + f64::from(df))) + 1.0) as f32).collect();
        // Two terms can't be the same: they have different hashes.
        TfIdfVectorizer::new(*self, terms.into_iter().map(|(_, term)| term).collect(), idf)
            .map_err(|_| ParamsError::EmptyVocabulary { min_df: self.min_df, documents })
    }
}

/// Finds the terms behind places in documents.
struct Names {
    analyzer: Analyzer,
    /// The document whose words are at hand.
    document: usize,
    words: Words,
}

/// Where the words of a document stand: the text, the field, the token. Breaks are `None`.
#[derive(Default)]
struct Words {
    text: usize,
    places: Vec<Option<(usize, Field, Token)>>,
}

impl TokenSink for Words {
    fn word(&mut self, _: u64, field: Field, token: Token) {
        self.places.push(Some((self.text, field, token)));
    }
    fn end_of_field(&mut self) {
        self.places.push(None);
    }
    fn seen(&mut self, _: bool, _: bool) {}
}

impl Names {
    fn get(&mut self, documents: &[impl Texts], document: usize, begin: usize, n: usize) -> String {
        let texts = documents[document].texts();
        if self.document != document {
            (self.document, self.words) = (document, Words::default());
            for (number, &text) in texts.iter().enumerate() {
                self.words.text = number;
                self.analyzer.analyze(text, &mut self.words);
                self.words.end_of_field();
            }
        }
        let places = self.words.places[begin..begin + n].iter().flatten();
        self.analyzer.term(places.map(|&(text, field, token)| token.surface(texts[text].get(field))))
    }
}

/// From how many words the n-grams of one part are counted: tables of some ten megabytes.
const WORDS_A_PART: usize = 1 << 21;

/// In how many documents an n-gram occurs, and where it was first seen.
#[derive(Clone, Copy)]
struct Occurrence {
    document_frequency: u32,
    document: u32,
    begin: u32,
    n: u8,
    /// Whether it is a term of a document whose terms are all kept.
    is_kept: bool,
}

/// The n-grams of a corpus that are `wanted`, in no order.
///
/// Most n-grams of a large corpus occur once, and counting takes more memory than all that is kept of it. So it is done part by part, each
/// with the n-grams of some hashes: in as many parts as the threads have work for, and as keep each one's table small.
fn occurrences(
    corpus: &TokenizedCorpus,
    ngram_range: (u8, u8),
    kept_from: usize,
    wanted: impl Fn(&Occurrence) -> bool + Sync,
) -> Vec<Occurrence> {
    let parts = (rayon::current_num_threads() * 2).max(corpus.words() / WORDS_A_PART).next_power_of_two();
    (0..parts)
        .into_par_iter()
        .map(|part| {
            let mut counts: HashMap<u64, Occurrence, ByHash> = HashMap::default();
            for document in 0..corpus.len() {
                let number = document as u32;
                for_each_ngram(corpus.document(document), ngram_range, |hash, begin, n| {
                    if (hash >> 32) as usize % parts != part {
                        return;
                    }
                    let new = Occurrence { document_frequency: 0, document: u32::MAX, begin: begin as u32, n: n as u8, is_kept: false };
                    let seen = counts.entry(hash).or_insert(new);
                    if seen.document != number {
                        // The place is kept from the last document: it says which document was counted last.
                        *seen = Occurrence {
                            document_frequency: seen.document_frequency + 1,
                            document: number,
                            begin: begin as u32,
                            n: n as u8,
                            is_kept: seen.is_kept || document >= kept_from,
                        };
                    }
                });
            }
            counts.into_values().filter(&wanted).collect::<Vec<_>>()
        })
        .collect::<Vec<_>>()
        .concat()
}

/// Takes a number that is a hash already as its own hash.
#[derive(Clone, Copy, Default)]
struct ByHash;

impl std::hash::BuildHasher for ByHash {
    type Hasher = Itself;
    fn build_hasher(&self) -> Itself {
        Itself(0)
    }
}

struct Itself(u64);

impl std::hash::Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

impl TfIdfVectorizer {
    /// Settings to begin with.
    pub fn params() -> TfIdfParams {
        TfIdfParams::default()
    }

    /// A vectorizer that was fitted before. Returns the term that occurs twice, if one does.
    pub fn new(params: TfIdfValidParams, terms: Vec<Box<str>>, idf: Vec<f32>) -> Result<Self, Box<str>> {
        Ok(TfIdfVectorizer { params, vocabulary: Vocabulary::new(terms)?, idf })
    }

    /// Its settings.
    pub fn settings(&self) -> &TfIdfValidParams {
        &self.params
    }

    /// Its terms.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The inverse document frequency of each term.
    pub fn idf(&self) -> &[f32] {
        &self.idf
    }

    /// Working memory for this vectorizer.
    pub fn scratch(&self) -> Scratch {
        Scratch {
            analyzer: Analyzer::new(self.params.analyzer),
            counted: Counted::default(),
            ngrams: NgramCounts::default(),
            row: Vec::new(),
        }
    }

    /// The row of one document: (column, value) in the order of first occurrence. [`Scratch::screen`] then tells what was counted.
    pub fn transform_one<'s>(&self, document: Fields, scratch: &'s mut Scratch) -> &'s [(u32, f32)] {
        self.transform_one_telling(document, scratch, |_| ())
    }

    /// The same; `each` is told of every column as soon as it is known.
    pub fn transform_one_telling<'s>(&self, document: Fields, scratch: &'s mut Scratch, each: impl FnMut(u32)) -> &'s [(u32, f32)] {
        let Scratch { analyzer, counted, ngrams, row } = scratch;
        counted.words.clear();
        counted.screen = Screen::default();
        analyzer.analyze(document, counted);
        self.weigh(&counted.words, ngrams, row, &mut counted.screen.known_words, each);
        &scratch.row
    }

    /// The rows of many documents, made on all threads of the pool.
    pub fn transform(&self, corpus: &TokenizedCorpus) -> SparseRows {
        let chunk = corpus.len().div_ceil(rayon::current_num_threads() * 4).max(1);
        let parts: Vec<SparseRows> = (0..corpus.len().div_ceil(chunk))
            .into_par_iter()
            .map(|part| {
                let mut ngrams = NgramCounts::default();
                let mut row = Vec::new();
                let mut rows = SparseRows::new(self.vocabulary.len());
                for document in part * chunk..((part + 1) * chunk).min(corpus.len()) {
                    self.weigh(corpus.document(document), &mut ngrams, &mut row, &mut 0, |_| ());
                    rows.push(&row);
                }
                rows
            })
            .collect();
        SparseRows::concatenate(self.vocabulary.len(), parts)
    }

    /// Fills `row` from the words of a document.
    ///
    /// Looking a term up waits for memory: the first slots of a batch are fetched before any is looked at, so that they come together.
    fn weigh(&self, words: &[u64], ngrams: &mut NgramCounts, row: &mut Vec<(u32, f32)>, known_words: &mut u32, mut each: impl FnMut(u32)) {
        const BATCH: usize = 64;
        ngrams.count(words, self.params.analyzer.ngram_range, &self.vocabulary);
        row.clear();
        let mut sum_of_squares = 0.0;
        let mut homes = [Slot::default(); BATCH];
        for batch in ngrams.counted().chunks(BATCH) {
            for (home, ngram) in homes.iter_mut().zip(batch) {
                *home = self.vocabulary.home(ngram.hash);
            }
            for (home, ngram) in homes.iter().zip(batch) {
                let Some(column) = self.vocabulary.get_from(*home, ngram.hash) else { continue };
                each(column);
                *known_words += if ngram.is_word { ngram.count } else { 0 };
                let tf = match ngram.count {
                    1 => 1.0,
                    count if self.params.sublinear_tf => 1.0 + ln(count),
                    count => count as f32,
                };
                let value = self.idf[column as usize] * tf;
                sum_of_squares += value * value;
                row.push((column, value));
            }
        }
        let scale = 1.0 / sum_of_squares.sqrt();
        row.iter_mut().for_each(|(_, value)| *value *= scale);
    }
}

/// Natural logarithm of a count, the frequent ones from a table.
fn ln(count: u32) -> f32 {
    static TABLE: std::sync::LazyLock<[f32; 64]> = std::sync::LazyLock::new(|| std::array::from_fn(|n| libm::log(n as f64) as f32));
    match TABLE.get(count as usize) {
        Some(&ln) => ln,
        None => libm::log(f64::from(count)) as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTS: [Fields<'static>; 3] = [
        Fields { title: "Border guards", text: "Guards stopped the crossing of refugees at the border." },
        Fields { title: "Refugees", text: "The refugees crossed the border at night." },
        Fields { title: "", text: "The night train crossed a bridge." },
    ];

    fn terms(vectorizer: &TfIdfVectorizer) -> Vec<&str> {
        vectorizer.vocabulary().terms().iter().map(|term| &**term).collect()
    }

    fn fitted(params: TfIdfParams) -> (TfIdfVectorizer, TokenizedCorpus) {
        params.check().unwrap().fit(&DOCUMENTS).unwrap()
    }

    #[test]
    fn frequent_terms_come_first_and_rare_ones_are_left_out() {
        let (vectorizer, _) = fitted(TfIdfVectorizer::params().analyzer(AnalyzerParams { ngram_range: (1, 2), ..Default::default() }));
        assert_eq!(terms(&vectorizer), ["the", "at", "border", "crossed", "night", "refugees", "the border"]);
        let (vectorizer, _) = fitted(TfIdfVectorizer::params().max_df(0.7).min_df(2));
        assert!(!terms(&vectorizer).contains(&"the"));
    }

    #[test]
    fn rare_terms_are_kept_where_every_term_is() {
        let (vectorizer, _) = TfIdfVectorizer::params().min_df(2).check().unwrap().fit_keeping(&DOCUMENTS, 2).unwrap();
        assert!(terms(&vectorizer).contains(&"bridge") && terms(&vectorizer).contains(&"night train"));
        assert!(!terms(&vectorizer).contains(&"stopped"), "it stands in one of the others");
    }

    #[test]
    fn stems_and_stop_words_are_switches() {
        let analyzer = AnalyzerParams { stem: true, drop_stopwords: true, ngram_range: (1, 1) };
        let (vectorizer, _) = fitted(TfIdfVectorizer::params().analyzer(analyzer));
        assert_eq!(terms(&vectorizer), ["cross", "border", "night", "refuge"]);
    }

    #[test]
    fn no_term_reaches_from_the_title_into_the_text() {
        let (vectorizer, _) = fitted(TfIdfVectorizer::params().min_df(1));
        assert!(terms(&vectorizer).contains(&"border guards"));
        assert!(!terms(&vectorizer).contains(&"guards guards") && !terms(&vectorizer).contains(&"refugees the"));
    }

    #[test]
    fn one_document_alone_has_the_row_that_it_has_among_others() {
        let (vectorizer, corpus) = fitted(TfIdfVectorizer::params().min_df(1));
        let rows = vectorizer.transform(&corpus);
        let mut scratch = vectorizer.scratch();
        for (row, document) in rows.rows().zip(DOCUMENTS) {
            assert_eq!(vectorizer.transform_one(document, &mut scratch), row);
            let length: f32 = row.iter().map(|(_, value)| value * value).sum();
            assert!((length - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn the_screen_counts_words_function_words_and_known_words() {
        let (vectorizer, _) = fitted(TfIdfVectorizer::params().min_df(1));
        let mut scratch = vectorizer.scratch();
        vectorizer.transform_one(Fields { title: "The border", text: "of elsewhere, 1234 and the refugees" }, &mut scratch);
        let screen = scratch.screen();
        assert_eq!((screen.words, screen.function_words, screen.known_words), (7, 4, 5));
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let range = |ngram_range| TfIdfVectorizer::params().analyzer(AnalyzerParams { ngram_range, ..Default::default() }).check();
        assert!(range((1, 5)).is_ok());
        for wrong in [(0, 1), (2, 1), (1, 6)] {
            assert_eq!(range(wrong), Err(ParamsError::NgramRange(wrong.0, wrong.1)));
        }
        assert!(TfIdfVectorizer::params().max_df(0.0).check().is_err());
        let empty = TfIdfVectorizer::params().min_df(9).check().unwrap().fit(&DOCUMENTS).map(|_| ());
        assert_eq!(empty, Err(ParamsError::EmptyVocabulary { min_df: 9, documents: 3 }));
    }
}
