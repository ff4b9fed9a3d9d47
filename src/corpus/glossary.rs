//! Glossaries: terms that are typical of a label and rare elsewhere.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::seed_error::{SeedError, SeedProblem};

/// The terms of one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glossary {
    /// Where it stands, relative to the seeds folder: `glossaries/topic/society/migration.txt`.
    pub path: PathBuf,
    /// The task, as an index into the taxonomy's tasks.
    pub task: usize,
    /// The label, as an index into the task's labels.
    pub label: usize,
    /// The terms, each of one or several words parted by single spaces, in the order of the file. Never empty.
    pub terms: Vec<String>,
}

/// Reads the terms of a glossary, each with its line: one a line, white space folded; blank lines and those that begin with `#` are skipped.
/// Terms that differ only in upper and lower case are the same. Gives all that is wrong.
pub(super) fn parse_terms(text: &str, path: &Path) -> Result<Vec<(usize, String)>, Vec<SeedError>> {
    let (mut terms, mut errors) = (Vec::new(), Vec::new());
    let mut first_lines: HashMap<String, usize> = HashMap::new();
    for (line, raw) in text.lines().enumerate().map(|(index, raw)| (index + 1, raw)) {
        let term = raw.split_whitespace().collect::<Vec<_>>().join(" ");
        if term.is_empty() || term.starts_with('#') {
            continue;
        }
        let first_line = *first_lines.entry(same_term(&term)).or_insert(line);
        if first_line == line {
            terms.push((line, term));
        } else {
            errors.push(SeedError::new(path, line, SeedProblem::DuplicateTerm { term, first_line }));
        }
    }
    if terms.is_empty() {
        errors.push(SeedError::new(path, None, SeedProblem::EmptyGlossary));
    }
    if errors.is_empty() { Ok(terms) } else { Err(errors) }
}

/// The form in which two terms are compared.
pub(super) fn same_term(term: &str) -> String {
    term.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<(usize, String)>, Vec<String>> {
        parse_terms(text, Path::new("glossaries/topic/sport.txt")).map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_term_a_line_with_white_space_folded_and_comments_skipped() {
        let terms = parse("# ball games\r\n\r\n  penalty\t shoot-out \r\nslam  dunk\n#end").unwrap();
        assert_eq!(terms, [(3, "penalty shoot-out".to_owned()), (4, "slam dunk".to_owned())]);
    }

    #[test]
    fn a_term_that_stands_twice_is_named_with_both_lines() {
        let errors = parse("try\nscrum\nTry\nscrum").unwrap_err();
        assert_eq!(errors[0], "glossaries/topic/sport.txt:3: the term \"Try\" already stands in line 1: remove one");
        assert_eq!(errors.len(), 2);
    }

    #[test]
    fn a_glossary_without_terms_is_an_error() {
        assert!(parse("# nothing\n\n").unwrap_err()[0].contains("no terms"));
        assert!(parse("").is_err());
    }
}
