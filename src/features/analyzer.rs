//! From an article's texts to the words and n-grams that count.

use std::sync::LazyLock;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::text::{Field, Fields, StemMemo, Token, hash, normalise, stopwords, tokens};

/// The place of a word where n-grams end: between title and text. No word has this hash.
pub const BREAK: u64 = 0;

/// How words and n-grams are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalyzerParams {
    /// Whether words are reduced to their stem (Snowball English).
    pub stem: bool,
    /// Whether function words are left out, before n-grams are made.
    pub drop_stopwords: bool,
    /// The fewest and the most words in a term.
    pub ngram_range: (u8, u8),
}

impl Default for AnalyzerParams {
    fn default() -> Self {
        AnalyzerParams { stem: false, drop_stopwords: false, ngram_range: (1, 2) }
    }
}

/// A setting that makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParamsError {
    /// The n-gram range is empty or too long.
    #[error("ngram_range is ({0}, {1}): it must be at least 1, at most 5, and not fall")]
    NgramRange(u8, u8),
    /// A document frequency limit is out of range.
    #[error("max_df is {0}: it must be above 0 and at most 1, the share of documents that a term may occur in")]
    MaxDf(f64),
    /// The vocabulary came out empty.
    #[error("no term is left: the documents have no words, or min_df {min_df} is too high for {documents} documents")]
    EmptyVocabulary {
        /// The fewest documents that a term must occur in.
        min_df: u32,
        /// How many documents there are.
        documents: usize,
    },
}

/// Makes the tokens of articles, with what was counted on the way.
pub struct Analyzer {
    params: AnalyzerParams,
    memo: StemMemo,
}

/// What [`Analyzer::analyze`] hands over.
pub trait TokenSink {
    /// A word that counts: the hash of its stem or normal form, and where it stands.
    fn word(&mut self, hash: u64, field: Field, token: Token);
    /// The end of a text; no n-gram reaches across it.
    fn end_of_field(&mut self);
    /// Any word, before stop-words are dropped: whether it is a function word of English, or digits alone.
    fn seen(&mut self, is_function_word: bool, is_number: bool);
}

impl Analyzer {
    /// An analyzer with these settings.
    pub fn new(params: AnalyzerParams) -> Self {
        Analyzer { params, memo: StemMemo::default() }
    }

    /// Goes through an article's words.
    pub fn analyze(&mut self, document: Fields, sink: &mut impl TokenSink) {
        let function_words = function_words();
        for (field, text) in document.iter() {
            tokens(text, |token| {
                let is_function_word = function_words.contains(token.hash);
                let surface = token.surface(text);
                let begins_with_digit = surface.as_bytes()[0].is_ascii_digit();
                sink.seen(is_function_word, begins_with_digit && surface.bytes().all(|b| b.is_ascii_digit()));
                if is_function_word && self.params.drop_stopwords {
                    return;
                }
                let hash = if self.params.stem { self.memo.stem_hash(token.hash, surface) } else { token.hash };
                sink.word(hash, field, token);
            });
            if field == Field::Title {
                sink.end_of_field();
            }
        }
    }

    /// Goes through the words of several texts, with a break after each.
    pub fn analyze_all(&mut self, document: &impl Texts, sink: &mut impl TokenSink) {
        for &text in document.texts() {
            self.analyze(text, sink);
            sink.end_of_field();
        }
    }

    /// The term whose words stand in the text as `surfaces`, as vocabularies write it.
    pub fn term<'a>(&self, surfaces: impl Iterator<Item = &'a str>) -> String {
        let mut term = String::new();
        for surface in surfaces {
            if !term.is_empty() {
                term.push(' ');
            }
            if self.params.stem { self.memo.stem(surface, &mut term) } else { normalise(surface, &mut term) }
        }
        term
    }
}

/// Calls `each` with the hash of every n-gram of the words, the place of its first word, and how many words it has.
#[inline]
pub fn for_each_ngram(words: &[u64], (min, max): (u8, u8), mut each: impl FnMut(u64, usize, usize)) {
    for begin in 0..words.len() {
        let mut hash = words[begin];
        if hash == BREAK {
            continue;
        }
        if min == 1 {
            each(hash, begin, 1);
        }
        for n in 2..=usize::from(max) {
            match words.get(begin + n - 1) {
                None | Some(&BREAK) => break,
                Some(&word) => hash = hash::extend(hash, word),
            }
            if n >= usize::from(min) {
                each(hash, begin, n);
            }
        }
    }
}

/// What is analysed as one document: one article, or several texts that no n-gram reaches across.
pub trait Texts: Sync {
    /// The texts, in reading order.
    fn texts(&self) -> &[Fields<'_>];
}

impl Texts for Fields<'_> {
    fn texts(&self) -> &[Fields<'_>] {
        std::slice::from_ref(self)
    }
}

impl Texts for Vec<Fields<'_>> {
    fn texts(&self) -> &[Fields<'_>] {
        self
    }
}

/// The words of many documents, as hashes: analysed once, then counted and weighted as often as needed.
#[derive(Clone, Debug, Default)]
pub struct TokenizedCorpus {
    words: Vec<u64>,
    bounds: Vec<usize>,
}

impl TokenizedCorpus {
    /// Analyses documents on all threads of the pool.
    pub fn new(documents: &[impl Texts], params: AnalyzerParams) -> Self {
        let parts: Vec<TokenizedCorpus> = documents
            .par_chunks(documents.len().div_ceil(rayon::current_num_threads() * 4).max(1))
            .map(|chunk| {
                let mut analyzer = Analyzer::new(params);
                let mut part = TokenizedCorpus::default();
                for document in chunk {
                    analyzer.analyze_all(document, &mut part);
                    part.bounds.push(part.words.len());
                }
                part
            })
            .collect();
        let mut whole = TokenizedCorpus { words: Vec::with_capacity(parts.iter().map(|p| p.words.len()).sum()), bounds: vec![0] };
        for part in parts {
            let shift = whole.words.len();
            whole.words.extend_from_slice(&part.words);
            whole.bounds.extend(part.bounds.iter().map(|bound| bound + shift));
        }
        whole
    }

    /// A corpus of words that someone else has made.
    pub fn from_words<'a>(documents: impl IntoIterator<Item = &'a [&'a str]>) -> Self {
        let mut corpus = TokenizedCorpus { words: Vec::new(), bounds: vec![0] };
        for words in documents {
            corpus.words.extend(words.iter().map(|word| hash::word(word.as_bytes())));
            corpus.bounds.push(corpus.words.len());
        }
        corpus
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.bounds.len().saturating_sub(1)
    }

    /// How many words its documents have together, with the breaks between them.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The word hashes of one document, with [`BREAK`] between title and text.
    pub fn document(&self, document: usize) -> &[u64] {
        &self.words[self.bounds[document]..self.bounds[document + 1]]
    }
}

impl TokenSink for TokenizedCorpus {
    fn word(&mut self, hash: u64, _: Field, _: Token) {
        self.words.push(hash);
    }

    fn end_of_field(&mut self) {
        self.words.push(BREAK);
    }

    fn seen(&mut self, _: bool, _: bool) {}
}

/// The hashes of English function words, in a table small enough for the first-level cache, in buckets that are large enough: whether a
/// word is there takes no guess.
struct FunctionWords {
    buckets: [[u64; 2]; 1 << FunctionWords::BITS],
    /// Which bits of a hash say the bucket.
    shift: u32,
}

impl FunctionWords {
    const BITS: u32 = 10;

    /// The table with the first choice of bits that puts no three words into one bucket; none if there is no such choice.
    fn new(words: impl Iterator<Item = u64> + Clone) -> Option<Self> {
        (0..=u64::BITS - Self::BITS).find_map(|shift| {
            let mut table = FunctionWords { buckets: [[BREAK; 2]; 1 << Self::BITS], shift };
            for word in words.clone() {
                let bucket = &mut table.buckets[Self::bucket(word, shift)];
                *bucket.iter_mut().find(|place| **place == BREAK)? = word;
            }
            Some(table)
        })
    }

    #[inline]
    fn bucket(word: u64, shift: u32) -> usize {
        (word >> shift) as usize & ((1 << Self::BITS) - 1)
    }

    #[inline]
    fn contains(&self, word: u64) -> bool {
        let [first, second] = self.buckets[Self::bucket(word, self.shift)];
        (first == word) | (second == word)
    }
}

fn function_words() -> &'static FunctionWords {
    static WORDS: LazyLock<FunctionWords> = LazyLock::new(|| {
        let hashes = stopwords::ENGLISH.iter().map(|word| hash::word(word.as_bytes()));
        // The list and the hashes are fixed, and every test that analyses a text shows that there is a choice.
        FunctionWords::new(hashes).expect("some choice of bits suits the list of function words")
    });
    &WORDS
}
