//! Why labels have their scores: each explained label's sum, the terms that moved it, and the article.

use std::io;

use textwrap::core::display_width;

use super::{BOLD, DIM, MEASURE, article, lines::*, palette::Marks};
use crate::{api::v1, corpus::Document, text::Printable};

/// How many sentences a label are shown at most.
const SENTENCES: usize = 5;
/// A sentence is shown only if it weighs at least this share of what the label's weightiest one does.
const WORTH_SHOWING: f32 = 0.05;
/// How many terms for a label, and how many against it, are shown at most.
const TERMS: usize = 8;
/// A term longer than this is cut.
const LONGEST_TERM: usize = 24;

pub(super) fn write(
    out: &mut impl io::Write,
    document: &Document,
    answer: &v1::Classification,
    marks: &Marks,
    width: usize,
) -> io::Result<()> {
    let width = width.min(MEASURE);
    writeln!(out, "\n{}", paint(BOLD, "why"))?;
    for task in &answer.tasks {
        for evidence in &task.evidence {
            write_label(out, task, evidence, marks, width)?;
        }
    }
    let explained = answer.tasks.iter().flat_map(|task| task.evidence.iter().map(move |evidence| (task, evidence)));
    let marked = explained.filter_map(|(task, evidence)| marks.get(&task.task, &evidence.label).map(|mark| (mark, evidence)));
    let sentences = marked.flat_map(|(mark, evidence)| telling(evidence).iter().map(move |sentence| (mark, sentence)));
    article::write(out, document, sentences, width)
}

/// The sentences of a label that are shown: they come by falling size of their contribution, so it is the first ones.
fn telling(evidence: &v1::LabelEvidence) -> &[v1::SentenceEvidence] {
    let largest = evidence.sentences.first().map_or(0.0, |sentence| sentence.contribution.abs());
    let is_telling = |sentence: &&v1::SentenceEvidence| sentence.contribution.abs() >= WORTH_SHOWING * largest;
    &evidence.sentences[..evidence.sentences.iter().take(SENTENCES).take_while(is_telling).count()]
}

fn write_label(
    out: &mut impl io::Write,
    task: &v1::TaskClassification,
    evidence: &v1::LabelEvidence,
    marks: &Marks,
    width: usize,
) -> io::Result<()> {
    let Some(mark) = marks.get(&task.task, &evidence.label) else { return Ok(()) };
    let label = task.labels.iter().find(|label| label.name == evidence.label && !label.display_name.is_empty());
    let name = fit(&Printable::new(label.map_or(&evidence.label, |label| &label.display_name)), width - 12);
    let style = mark.style();
    writeln!(out, "  {} {}  {}", paint(style, mark.sign), paint(style.bold(), &name), paint(BOLD, &signed(evidence.score)))?;
    let below: f32 = telling(evidence).iter().map(|sentence| sentence.contribution).sum();
    let rest = evidence.score - evidence.intercept - below;
    let sum = format!(
        "{} to start with, {} from the sentences below, {} from the rest of the text",
        signed(evidence.intercept),
        signed(below),
        signed(rest)
    );
    for line in wrap(&Printable::new(&sum), width - 4, 3) {
        writeln!(out, "    {}", paint(DIM, &line))?;
    }
    write_terms(out, "for", evidence.terms.iter().filter(|term| term.contribution > 0.0), width)?;
    write_terms(out, "against", evidence.terms.iter().filter(|term| term.contribution < 0.0), width)
}

/// A row of terms, each with its contribution, in as many lines as it takes. A term and its number stay together.
fn write_terms<'a>(
    out: &mut impl io::Write,
    side: &str,
    terms: impl Iterator<Item = &'a v1::TermEvidence>,
    width: usize,
) -> io::Result<()> {
    const INDENT: usize = 13;
    let mut used = 0;
    for term in terms.take(TERMS) {
        let text = Printable::new(if term.text.is_empty() { &term.term } else { &term.text });
        let text = fit(&text, LONGEST_TERM.min(width - INDENT - 8));
        let number = signed(term.contribution);
        let columns = display_width(&text) + 1 + display_width(&number);
        if used == 0 {
            write!(out, "    {}", paint(DIM, &pad(side, INDENT - 4)))?;
            used = INDENT;
        } else if used + 2 + columns <= width {
            write!(out, "  ")?;
            used += 2;
        } else {
            write!(out, "\n{:INDENT$}", "")?;
            used = INDENT;
        }
        write!(out, "{text} {}", paint(DIM, &number))?;
        used += columns;
    }
    if used > 0 { writeln!(out) } else { Ok(()) }
}
