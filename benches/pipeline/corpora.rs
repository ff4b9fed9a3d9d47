//! The documents that the benchmarks run over.

use std::{fmt, path::Path, sync::LazyLock};

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};
use slugline::{
    corpus::{Document, LabelledCorpus},
    text::Fields,
};

const DOCUMENTS: usize = 10_000;
const WORDS_A_DOCUMENT: usize = 40;
const VOCABULARY: usize = 20_000;
const LABELS: usize = 20;
/// How many words belong to one label alone.
const WORDS_OF_A_LABEL: usize = 200;
/// One word in so many is one of the label's own.
const OWN_WORD_EVERY: usize = 6;

/// A labelled corpus with its name, which stands in the table of figures.
pub struct Corpus {
    name: &'static str,
    pub rows: LabelledCorpus,
}

impl fmt::Display for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Corpus {
    pub fn fields(&self) -> Vec<Fields<'_>> {
        self.rows.documents.iter().map(Document::fields).collect()
    }

    /// Length of all texts, in bytes.
    pub fn bytes(&self) -> usize {
        self.fields().iter().map(Fields::len).sum()
    }
}

/// A made-up corpus, and AG News where `SLUGLINE_DATA` tells of it.
pub fn corpora() -> &'static [Corpus] {
    static CORPORA: LazyLock<Vec<Corpus>> = LazyLock::new(|| {
        let mut corpora = vec![Corpus { name: "made_up", rows: made_up() }];
        match std::env::var_os("SLUGLINE_DATA") {
            None => eprintln!("without ag_news: SLUGLINE_DATA, the folder it is in, is not set"),
            Some(folder) => match LabelledCorpus::read(&Path::new(&folder).join("ag_news/train.jsonl")) {
                Ok(rows) => corpora.push(Corpus { name: "ag_news", rows }),
                Err(error) => eprintln!("without ag_news: {error}"),
            },
        }
        corpora
    });
    &CORPORA
}

/// Documents of words drawn by Zipf's law, the same on every machine.
fn made_up() -> LabelledCorpus {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let (common, own) = (Zipf::new(VOCABULARY), Zipf::new(WORDS_OF_A_LABEL));
    let mut corpus = LabelledCorpus::default();
    for number in 0..DOCUMENTS {
        let label = number % LABELS;
        let mut text = String::new();
        for place in 0..WORDS_A_DOCUMENT {
            let word = match place % OWN_WORD_EVERY {
                0 => VOCABULARY + label * WORDS_OF_A_LABEL + own.draw(&mut random),
                _ => common.draw(&mut random),
            };
            spell(word, &mut text);
            text.push(' ');
        }
        corpus.documents.push(Document { id: number.to_string(), text, ..Document::default() });
        corpus.labels.push(vec![format!("label-{label:02}")]);
        corpus.lines.push(number as u64 + 1);
    }
    corpus
}

/// Ranks from 0, the first twice as likely as the second and three times as likely as the third.
struct Zipf {
    running_sums: Vec<f64>,
}

impl Zipf {
    fn new(ranks: usize) -> Self {
        let sum = |sum: &mut f64, rank: usize| {
            *sum += 1.0 / rank as f64;
            Some(*sum)
        };
        Zipf { running_sums: (1..=ranks).scan(0.0, sum).collect() }
    }

    fn draw(&self, random: &mut Xoshiro256PlusPlus) -> usize {
        let last = self.running_sums.len() - 1;
        let share = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let at = share * self.running_sums[last];
        self.running_sums.partition_point(|&sum| sum <= at).min(last)
    }
}

/// Appends a word of syllables, another one for each number.
fn spell(mut number: usize, text: &mut String) {
    loop {
        text.push(char::from(b"bcdfghjklmnprstvwxyz"[number % 100 / 5]));
        text.push(char::from(b"aeiou"[number % 5]));
        if number < 100 {
            return;
        }
        number = number / 100 - 1;
    }
}
