//! The trained classifier.

use std::ops::Range;

use super::{Abstention, Classification, Explanation, Manifest, SentenceContribution, TaskClassification, TermContribution, Weights};
use crate::{
    corpus::{Task, TaskKind},
    features::{self, Analyzer, BREAK, IgnoredColumns, TfIdfVectorizer, TokenSink, for_each_ngram},
    learn::{
        math::{sigmoid, softmax},
        metrics,
    },
    text::{Field, Fields, Token, language, sentences::sentences},
};

/// A trained model, ready to classify.
pub struct Model {
    name: String,
    version: u32,
    resource_name: String,
    manifest: Manifest,
    vectorizer: TfIdfVectorizer,
    weights: Weights,
    /// The columns of the weights that belong to each task.
    columns: Vec<Range<usize>>,
    /// For each task, what it does not look at.
    ignored: Vec<Option<IgnoredColumns>>,
    /// For each label of each task the labels below it.
    descendants: Vec<Vec<Vec<usize>>>,
}

/// Working memory for classifying, kept from one document to the next; one a thread.
pub struct Scratch {
    features: features::Scratch,
    scores: Vec<f32>,
}

impl Scratch {
    /// The scores of the document that was classified last, before calibration: those of all tasks, one after another.
    pub fn raw_scores(&self) -> &[f32] {
        &self.scores
    }
}

impl Model {
    /// Puts a model together. The manifest must fit the weights: the labels of its tasks, in order, are their columns.
    pub(crate) fn new(name: &str, version: u32, mut manifest: Manifest, vectorizer: TfIdfVectorizer, weights: Weights) -> Self {
        manifest.vocabulary = Vec::new(); // The vectorizer has it.
        let mut end = 0;
        let mut next = |labels: usize| {
            end += labels;
            end - labels..end
        };
        let columns = manifest.tasks.iter().map(|task| next(task.task.labels.len())).collect();
        let below = |task: &Task| (0..task.labels.len()).map(|label| task.descendants(label).collect()).collect();
        let descendants = manifest.tasks.iter().map(|task| below(&task.task)).collect();
        let ignored = manifest.tasks.iter().map(|task| IgnoredColumns::find(&vectorizer, &task.ignored_terms)).collect();
        let resource_name = format!("models/{name}/versions/{version}");
        Model { name: name.to_owned(), version, resource_name, manifest, vectorizer, weights, columns, ignored, descendants }
    }

    /// Its name: "news".
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version: 3.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Both together: "models/news/versions/3".
    pub fn resource_name(&self) -> &str {
        &self.resource_name
    }

    /// What its manifest says, but for the vocabulary.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// How many terms it knows.
    pub fn vocabulary_size(&self) -> usize {
        self.vectorizer.vocabulary().len()
    }

    /// Working memory for this model.
    pub fn scratch(&self) -> Scratch {
        Scratch { features: self.vectorizer.scratch(), scores: Vec::new() }
    }

    /// Classifies a document. `stated_language` is its BCP-47 code, where someone has stated it.
    pub fn classify(&self, document: Fields, stated_language: Option<&str>, scratch: &mut Scratch) -> Classification {
        let row = self.vectorizer.transform_one_telling(document, &mut scratch.features, |column| self.weights.prefetch(column));
        self.weights.scores(row, &mut scratch.scores);
        for (ignored, columns) in self.ignored.iter().zip(&self.columns) {
            let Some(ignored) = ignored else { continue };
            // The weights of what is ignored are 0: only the length of the row is another.
            let scale = ignored.scale(row);
            for column in columns.clone() {
                let intercept = self.weights.intercepts()[column];
                scratch.scores[column] = intercept + (scratch.scores[column] - intercept) * scale;
            }
        }
        let screen = scratch.features.screen();
        let language = match stated_language {
            Some(code) => code,
            None => language::identify(document.title, document.text, screen, self.manifest.languages == ["en"]),
        };
        let language_supported = self.supports(language);
        let abstention = if !language_supported {
            Some(Abstention::UnsupportedLanguage { language: language.to_owned(), supported: self.manifest.languages.clone() })
        } else if screen.known_words == 0 || screen.known_words * 10 < screen.words {
            Some(Abstention::UnknownVocabulary { known: screen.known_words, words: screen.words })
        } else {
            None
        };
        let tasks = (0..self.columns.len()).map(|task| self.decide(task, &scratch.scores, abstention.clone())).collect();
        Classification { language: language.to_owned(), language_supported, tasks }
    }

    /// From a document's raw scores to one task's answer.
    fn decide(&self, task: usize, raw: &[f32], abstention: Option<Abstention>) -> TaskClassification {
        let manifest = &self.manifest.tasks[task];
        let raw = &raw[self.columns[task].clone()];
        let bend = |z: f32| manifest.saturation.map_or(z, |saturation| saturation.apply(z));
        let scores: Vec<f32> = raw.iter().zip(&manifest.calibration).map(|(score, line)| bend(line.apply(*score))).collect();
        let mut probabilities = Vec::with_capacity(scores.len());
        let mut selected = vec![false; scores.len()];
        let mut subtree_probabilities = vec![None; scores.len()];
        match manifest.task.kind {
            TaskKind::SingleLabel => {
                softmax(&scores, &mut probabilities);
                if !scores.is_empty() {
                    selected[metrics::best(ndarray::aview1(&probabilities))] = true;
                }
                for (label, below) in self.descendants[task].iter().enumerate().filter(|(_, below)| !below.is_empty()) {
                    let below: f32 = below.iter().map(|&label| probabilities[label]).sum();
                    subtree_probabilities[label] = Some((probabilities[label] + below).min(1.0));
                }
            }
            TaskKind::MultiLabel => {
                probabilities.extend(scores.iter().map(|score| sigmoid(*score)));
                for (label, selected) in selected.iter_mut().enumerate() {
                    *selected = probabilities[label] >= manifest.threshold(label);
                }
            }
        }
        if abstention.is_some() {
            selected.fill(false);
        }
        TaskClassification { scores, probabilities, subtree_probabilities, selected, abstention }
    }

    /// Whether the model was trained for a language, its region and script aside; what is undetermined may be.
    fn supports(&self, language: &str) -> bool {
        let primary = |code: &str| code.split('-').next().unwrap_or_default().to_ascii_lowercase();
        language == language::UNDETERMINED
            || self.manifest.languages.is_empty()
            || self.manifest.languages.iter().any(|known| primary(known) == primary(language))
    }

    /// Explains the scores of labels, each given as (task, label), in that order.
    ///
    /// A term's contribution is its weight times its value in the document's row, on the scale of the calibrated score; where that levels
    /// off, all contributions shrink alike, so that they still add up ([`crate::learn::saturation::Saturation::mean_slope`]). Each of the
    /// term's occurrences has an equal share in it, and gives that to the sentence where it begins.
    pub fn explain(&self, document: Fields, labels: &[(usize, usize)], scratch: &mut Scratch) -> Vec<Explanation> {
        let row = self.vectorizer.transform_one(document, &mut scratch.features);
        let places = Places::find(document, &self.vectorizer);
        let labels_of = |&(task, label): &(usize, usize)| self.explain_label(row, &places, task, label);
        labels.iter().map(labels_of).collect()
    }

    fn explain_label(&self, row: &[(u32, f32)], places: &Places, task: usize, label: usize) -> Explanation {
        let column = self.columns[task].start + label;
        let line = self.manifest.tasks[task].calibration[label];
        let scale = self.ignored[task].as_ref().map_or(1.0, |ignored| ignored.scale(row));
        let slope = f64::from(line.slope) * f64::from(scale);
        let weight_of = |term: u32| slope * f64::from(self.weights.get(term, column));
        let before = line.apply(self.weights.intercepts()[column]);
        let (intercept, shrink) = match self.manifest.tasks[task].saturation {
            None => (before, 1.0),
            Some(saturation) => {
                let after = f64::from(before) + row.iter().map(|&(term, value)| weight_of(term) * f64::from(value)).sum::<f64>();
                (saturation.apply(before), saturation.mean_slope(before, after as f32))
            }
        };
        let mut sentences = vec![0.0_f64; places.sentences.len()];
        let mut terms = Vec::new();
        let mut sum = 0.0;
        for &(term, value) in row {
            let contribution = weight_of(term) * f64::from(value) * shrink;
            if contribution == 0.0 {
                continue;
            }
            sum += contribution;
            let occurrences = places.of_term(term);
            for occurrence in occurrences {
                sentences[occurrence.sentence] += contribution / occurrences.len() as f64;
            }
            terms.push(TermContribution {
                term: self.vectorizer.vocabulary().terms()[term as usize].to_string(),
                contribution: contribution as f32,
                occurrences: occurrences.iter().map(|o| (o.field, o.range.clone())).collect(),
            });
        }
        let mut sentences: Vec<SentenceContribution> = sentences
            .into_iter()
            .zip(&places.sentences)
            .filter(|(contribution, _)| *contribution != 0.0)
            .map(|(contribution, (field, range))| SentenceContribution {
                field: *field,
                range: range.clone(),
                contribution: contribution as f32,
            })
            .collect();
        // Stable sorts: what weighs the same stays in reading order.
        sentences.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
        terms.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
        Explanation { score: (f64::from(intercept) + sum) as f32, intercept, sentences, terms }
    }
}

/// Where the known terms of a document stand.
struct Places {
    sentences: Vec<(Field, Range<usize>)>,
    /// Sorted by term, then by place.
    occurrences: Vec<Occurrence>,
}

struct Occurrence {
    term: u32,
    field: Field,
    range: Range<usize>,
    sentence: usize,
}

impl Places {
    fn find(document: Fields, vectorizer: &TfIdfVectorizer) -> Self {
        #[derive(Default)]
        struct Words(Vec<u64>, Vec<(Field, Range<usize>)>);
        impl TokenSink for Words {
            fn word(&mut self, hash: u64, field: Field, token: Token) {
                self.0.push(hash);
                self.1.push((field, token.begin as usize..token.end as usize));
            }
            fn end_of_field(&mut self) {
                self.0.push(BREAK);
                self.1.push((Field::Title, 0..0));
            }
            fn seen(&mut self, _: bool, _: bool) {}
        }
        let mut words = Words::default();
        let params = vectorizer.settings().analyzer;
        Analyzer::new(params).analyze(document, &mut words);
        let sentences: Vec<(Field, Range<usize>)> =
            document.iter().flat_map(|(field, text)| sentences(text).into_iter().map(move |range| (field, range))).collect();
        let mut occurrences = Vec::new();
        let mut sentence = 0;
        for_each_ngram(&words.0, params.ngram_range, |hash, begin, n| {
            let Some(term) = vectorizer.vocabulary().get(hash) else { return };
            let (field, first) = &words.1[begin];
            let (_, last) = &words.1[begin + n - 1];
            // N-grams come in reading order, and so do sentences; together these cover every word.
            while sentence + 1 < sentences.len() && (sentences[sentence].0, sentences[sentence].1.end) <= (*field, first.start) {
                sentence += 1;
            }
            occurrences.push(Occurrence { term, field: *field, range: first.start..last.end, sentence });
        });
        occurrences.sort_by_key(|occurrence| occurrence.term);
        Places { sentences, occurrences }
    }

    fn of_term(&self, term: u32) -> &[Occurrence] {
        let begin = self.occurrences.partition_point(|occurrence| occurrence.term < term);
        let end = self.occurrences.partition_point(|occurrence| occurrence.term <= term);
        &self.occurrences[begin..end]
    }
}
