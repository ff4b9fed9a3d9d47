//! Why a label has its score.

use std::ops::Range;

use crate::text::Field;

/// The exact parts of one label's score: `score` = `intercept` + all sentences' contributions = `intercept` + all terms' contributions.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The label's score, as in [`super::TaskClassification::scores`].
    pub score: f32,
    /// The score of a document without a single known term.
    pub intercept: f32,
    /// Every sentence that moved the score, by falling size of its contribution.
    pub sentences: Vec<SentenceContribution>,
    /// Every term that moved the score, by falling size of its contribution.
    pub terms: Vec<TermContribution>,
}

/// A sentence's share of a score.
#[derive(Clone, Debug, PartialEq)]
pub struct SentenceContribution {
    /// The text that the sentence stands in.
    pub field: Field,
    /// Where it stands there, in bytes.
    pub range: Range<usize>,
    /// Its share, in log-odds.
    pub contribution: f32,
}

/// A term's share of a score.
#[derive(Clone, Debug, PartialEq)]
pub struct TermContribution {
    /// The term as the vocabulary has it.
    pub term: String,
    /// Its share, in log-odds.
    pub contribution: f32,
    /// Every place where it stands, in reading order: the field, and the bytes there.
    pub occurrences: Vec<(Field, Range<usize>)>,
}
