//! What a model says of a document.

use std::fmt;

/// The answer for one document.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    /// BCP-47 code of the document's language, as stated or as detected; `und` where neither is known.
    pub language: String,
    /// Whether the model was trained for that language; `und` counts as supported.
    pub language_supported: bool,
    /// One entry for each of the model's tasks, in their order.
    pub tasks: Vec<TaskClassification>,
}

/// The answer for one document in one task. Each vector has one entry a label, in the task's order.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskClassification {
    /// Calibrated scores, in log-odds: the probability is their logistic function (multi-label) or their softmax (single-label).
    pub scores: Vec<f32>,
    /// Probability of exactly this label.
    pub probabilities: Vec<f32>,
    /// For a label with children: probability of it or any label below it.
    pub subtree_probabilities: Vec<Option<f32>>,
    /// Whether the document is given the label.
    pub selected: Vec<bool>,
    /// Why no label is selected, if the model can't tell.
    pub abstention: Option<Abstention>,
}

/// Why a model gives a document no label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Abstention {
    /// The document is in a language that the model was not trained for.
    UnsupportedLanguage {
        /// BCP-47 code of the document's language.
        language: String,
        /// BCP-47 codes of the languages that the model knows.
        supported: Vec<String>,
    },
    /// Too few of the document's words are in the vocabulary.
    UnknownVocabulary {
        /// How many words are.
        known: u32,
        /// How many words the document has.
        words: u32,
    },
}

impl fmt::Display for Abstention {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Abstention::UnsupportedLanguage { language, supported } => {
                write!(f, "the document is in the language \"{language}\", and the model was trained for {}", supported.join(", "))
            }
            Abstention::UnknownVocabulary { known, words } => {
                write!(f, "the model knows {known} of the document's {words} words, too few to tell")
            }
        }
    }
}
