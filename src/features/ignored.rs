//! Terms that a task must not look at.

use std::collections::HashSet;

use super::{Analyzer, SparseRows, TfIdfVectorizer};
use crate::text::tokens;

/// The columns of terms that a task ignores: neither learning nor classifying sees them, as if they stood in no document.
///
/// Rows are scaled to length 1 with all their columns; without some, what is left is scaled to length 1 again.
#[derive(Clone, Debug)]
pub struct IgnoredColumns(Vec<bool>);

impl IgnoredColumns {
    /// The columns whose term is one of `terms` or holds one as words in a row. None if no column is.
    pub fn find(vectorizer: &TfIdfVectorizer, terms: &[String]) -> Option<Self> {
        let analyzer = Analyzer::new(vectorizer.settings().analyzer);
        let form = |term: &String| {
            let mut words = Vec::new();
            tokens(term, |token| words.push(token.surface(term)));
            analyzer.term(words.into_iter())
        };
        let ignored: HashSet<String> = terms.iter().map(form).filter(|form| !form.is_empty()).collect();
        if ignored.is_empty() {
            return None;
        }
        let is_ignored = |term: &str| {
            let words: Vec<&str> = term.split(' ').collect();
            let runs = (1..=words.len()).flat_map(|n| words.windows(n));
            runs.into_iter().any(|run| ignored.contains(&run.join(" ")))
        };
        let columns: Vec<bool> = vectorizer.vocabulary().terms().iter().map(|term| is_ignored(term)).collect();
        columns.contains(&true).then_some(IgnoredColumns(columns))
    }

    /// Whether a column is ignored.
    pub fn contains(&self, column: u32) -> bool {
        self.0[column as usize]
    }

    /// By how much what is left of a row must be multiplied to have length 1; 0 if nothing is left.
    pub fn scale(&self, row: &[(u32, f32)]) -> f32 {
        let rest: f32 = row.iter().filter(|(column, _)| !self.contains(*column)).map(|(_, value)| value * value).sum();
        if rest > 0.0 { 1.0 / rest.sqrt() } else { 0.0 }
    }

    /// The rows as the task sees them.
    pub fn without(&self, rows: &SparseRows) -> SparseRows {
        let mut left = SparseRows::new(self.0.len());
        let mut seen = Vec::new();
        for row in rows.rows() {
            let scale = self.scale(row);
            seen.clear();
            seen.extend(row.iter().filter(|(column, _)| !self.contains(*column)).map(|&(column, value)| (column, value * scale)));
            left.push(&seen);
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use linfa::{ParamGuard, dataset::Records};

    use super::*;
    use crate::{features::AnalyzerParams, text::Fields};

    fn vectorizer(texts: &[&str]) -> (TfIdfVectorizer, SparseRows) {
        let analyzer = AnalyzerParams { stem: true, ..Default::default() };
        let documents: Vec<Fields> = texts.iter().map(|text| Fields { title: "", text }).collect();
        let (vectorizer, corpus) = TfIdfVectorizer::params().analyzer(analyzer).min_df(1).check().unwrap().fit(&documents).unwrap();
        let rows = vectorizer.transform(&corpus);
        (vectorizer, rows)
    }

    #[test]
    fn a_term_is_ignored_in_all_its_forms_and_in_all_that_hold_it() {
        let (vectorizer, _) = vectorizer(&["Two Syrians met South Korean sailors", "a Syrian sailor of the south"]);
        let ignored = IgnoredColumns::find(&vectorizer, &["Syrian".to_owned(), "South Korean".to_owned()]).unwrap();
        let terms = vectorizer.vocabulary().terms().iter().enumerate();
        let mut found: Vec<&str> = terms.filter(|(column, _)| ignored.contains(*column as u32)).map(|(_, term)| &**term).collect();
        found.sort_unstable();
        assert_eq!(found, ["south korean", "syrian", "syrian met", "syrian sailor", "two syrian"]);
    }

    #[test]
    fn documents_that_differ_in_ignored_words_alone_have_one_row() {
        let (vectorizer, rows) = vectorizer(&["the Syrian family waits", "the Norwegian family waits", "Syrian"]);
        let ignored = IgnoredColumns::find(&vectorizer, &["syrian".to_owned(), "norwegian".to_owned()]).unwrap();
        let seen = ignored.without(&rows);
        assert_eq!(seen.row(0), seen.row(1));
        let length: f32 = seen.row(0).iter().map(|(_, value)| value * value).sum();
        assert!((length - 1.0).abs() < 1e-6);
        assert_eq!((seen.row(2), ignored.scale(rows.row(2)), seen.nsamples()), (&[][..], 0.0, 3));
        assert!(IgnoredColumns::find(&vectorizer, &["absent".to_owned()]).is_none() && IgnoredColumns::find(&vectorizer, &[]).is_none());
    }
}
