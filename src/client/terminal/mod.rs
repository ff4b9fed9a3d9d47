//! What a person sees of an answer: the labels with their probabilities as bars and, with evidence, the article with the sentences
//! that made the model decide, each beside what it weighed.
//!
//! Colours are always written. Give a writer that takes them out where they don't belong, such as `anstream::AutoStream`; nothing is told by
//! colour alone. Nothing in a document can steer the terminal.

mod article;
mod evidence;
mod labels;
mod lines;
mod palette;
#[cfg(test)]
mod tests;

use std::io;

use anstyle::Style as TextStyle;

use crate::{api::v1, corpus::Document, text::Printable};
use lines::{fit, paint, wrap};
use palette::Marks;

const BOLD: TextStyle = TextStyle::new().bold();
const DIM: TextStyle = TextStyle::new().dimmed();
const PLAIN: TextStyle = TextStyle::new();

/// A headline longer than this is cut.
const TITLE_LINES: usize = 4;
/// What is read as prose is set no wider than this: longer lines are hard to follow.
const MEASURE: usize = 110;

/// How to lay an answer out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal. Taken as at least 32, where lines have no room, and at most 200.
    pub width: usize,
}

impl Style {
    /// As wide as the terminal at stdout, or 80 columns where there is none.
    pub fn of_stdout() -> Self {
        let columns = terminal_size::terminal_size_of(io::stdout()).map(|(terminal_size::Width(columns), _)| usize::from(columns));
        Self { width: columns.unwrap_or(80) }
    }
}

/// Writes what `answer` says of `document`, for people, and an empty line. Offsets in the answer must be in UTF-8 bytes.
///
/// # Errors
/// Whatever `out` fails with.
pub fn render(out: &mut impl io::Write, document: &Document, answer: &v1::Classification, style: Style) -> io::Result<()> {
    let width = style.width.clamp(32, 200);
    let marks = Marks::of(answer);
    write_head(out, document, answer, width)?;
    labels::write(out, answer, &marks, width)?;
    if answer.tasks.iter().any(|task| !task.evidence.is_empty()) {
        evidence::write(out, document, answer, &marks, width)?;
    }
    writeln!(out)
}

/// The headline, or how the text begins where there is none, and what the answer is about and by whom.
fn write_head(out: &mut impl io::Write, document: &Document, answer: &v1::Classification, width: usize) -> io::Result<()> {
    let title = Printable::new(&document.title);
    let measure = width.min(MEASURE) - 2;
    if title.is_empty() {
        writeln!(out, "{} {}", paint(BOLD, "▌"), fit(&Printable::new(&document.text), measure))?;
    } else {
        for line in wrap(&title, measure, TITLE_LINES) {
            writeln!(out, "{} {}", paint(BOLD, "▌"), paint(BOLD, &line))?;
        }
    }
    let language = if answer.language_supported { "" } else { ", not supported" };
    let id = if document.id.is_empty() { "" } else { " · " };
    let about = format!("{} · {}{language}{id}{}", answer.model_version, answer.language_code, document.id);
    writeln!(out, "  {}", paint(DIM, &fit(&Printable::new(&about), measure)))
}
