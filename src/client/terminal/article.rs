//! The article in its own order, its telling sentences in their labels' colours, each beside what it weighed.

use std::{collections::BTreeMap, io, ops::Range};

use super::{DIM, PLAIN, lines::*, palette::Mark};
use crate::{api::v1, corpus::Document, text::Printable};

/// An article of more lines than this is shown with `…` in place of what tells nothing.
const WHOLE: usize = 24;
/// A sentence of more lines than this is cut.
const SENTENCE_LINES: usize = 8;

/// What a sentence weighed for one label.
struct Vote {
    mark: Mark,
    contribution: f32,
}

/// A part of the article, as it is shown.
enum Part {
    /// A sentence that moved a score, in lines, with what it weighed, the largest first.
    Telling(Vec<String>, Vec<Vote>),
    /// Text between telling sentences, in lines.
    Between(Vec<String>),
    /// The end of a paragraph.
    Break,
}

/// How the lines are divided up: what a sentence weighed to the left, with a bar where there is room, the text to the right.
#[derive(Clone, Copy)]
struct Columns {
    /// Columns of the bar on either side of its middle, 0 for no bar.
    half_bar: usize,
    text: usize,
}

impl Columns {
    fn of(width: usize) -> Self {
        let half_bar = match width {
            ..56 => 0,
            56..80 => 2,
            _ => 4,
        };
        Self { half_bar, text: width - Self { half_bar, text: 0 }.margin() }
    }

    /// Everything to the left of the text.
    fn margin(self) -> usize {
        let bar = if self.half_bar == 0 { 0 } else { 2 * self.half_bar + 2 };
        "  ● +1.32 ".chars().count() + bar + 1
    }
}

/// Writes the article for people to see which sentences weighed what. It is shown whole if it is short.
pub(super) fn write<'a>(
    out: &mut impl io::Write,
    document: &Document,
    sentences: impl Iterator<Item = (Mark, &'a v1::SentenceEvidence)>,
    width: usize,
) -> io::Result<()> {
    let columns = Columns::of(width);
    let parts = parts(document, sentences, columns);
    let Some(largest) = largest(&parts) else { return Ok(()) };
    let lines = |part: &Part| match part {
        Part::Telling(lines, votes) => lines.len().max(votes.len()),
        Part::Between(lines) => lines.len(),
        Part::Break => 1,
    };
    let is_whole = parts.iter().map(lines).sum::<usize>() <= WHOLE;
    let mut is_left_out = false; // whether the line above is `…` already
    writeln!(out)?;
    for part in &parts {
        match part {
            Part::Telling(lines, votes) => write_telling(out, lines, votes, largest, columns)?,
            Part::Between(lines) if is_whole => write_between(out, lines, columns)?,
            Part::Between(_) if !is_left_out => write_between(out, &["…".to_owned()], columns)?,
            Part::Break if is_whole => writeln!(out)?,
            Part::Between(_) | Part::Break => continue,
        }
        is_left_out = !is_whole && matches!(part, Part::Between(_));
    }
    Ok(())
}

fn largest(parts: &[Part]) -> Option<f32> {
    let votes = parts.iter().filter_map(|part| if let Part::Telling(_, votes) = part { Some(votes) } else { None });
    votes.flatten().map(|vote| vote.contribution.abs()).reduce(f32::max)
}

/// The article in its order. Of the title, only its telling sentences: it stands above.
fn parts<'a>(document: &Document, sentences: impl Iterator<Item = (Mark, &'a v1::SentenceEvidence)>, columns: Columns) -> Vec<Part> {
    let mut by_place: BTreeMap<(i32, i32, i32), (&str, Vec<Vote>)> = BTreeMap::new();
    for (mark, sentence) in sentences {
        let span = sentence.span.unwrap_or_default();
        let (_, votes) = by_place.entry((span.field, span.begin_offset, span.end_offset)).or_insert((&sentence.text, Vec::new()));
        votes.push(Vote { mark, contribution: sentence.contribution });
    }
    let mut parts = Vec::new();
    let mut done = 0;
    for ((field, begin, end), (text, mut votes)) in by_place {
        votes.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
        if let Some(place) = place_in_text(&document.text, field, begin, end) {
            push_between(&mut parts, document.text.get(done..place.start).unwrap_or_default(), columns);
            done = place.end;
        }
        parts.push(Part::Telling(wrap(&Printable::new(text), columns.text, SENTENCE_LINES), votes));
        if field == i32::from(v1::DocumentField::Title) {
            parts.push(Part::Break);
        }
    }
    push_between(&mut parts, document.text.get(done..).unwrap_or_default(), columns);
    while let Some(Part::Break) = parts.last() {
        parts.pop();
    }
    parts
}

/// Where a span stands in the body, if it does: an answer from elsewhere may have offsets that this text does not have.
fn place_in_text(text: &str, field: i32, begin: i32, end: i32) -> Option<Range<usize>> {
    let is_content = field == i32::from(v1::DocumentField::Content);
    let place = usize::try_from(begin).ok()?..usize::try_from(end).ok()?;
    text.get(place.clone()).filter(|_| is_content).map(|_| place)
}

/// Adds the text between two telling sentences, paragraph by paragraph.
fn push_between(parts: &mut Vec<Part>, text: &str, columns: Columns) {
    let mut paragraph = String::new();
    let mut lines = text.split('\n').enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        // The first and the last line are what is left of the sentences' own lines, and no break if nothing is.
        let is_break = line.trim().is_empty() && number > 0 && lines.peek().is_some();
        paragraph.push_str(line);
        paragraph.push(' ');
        if is_break || lines.peek().is_none() {
            let shown = Printable::new(&paragraph);
            if !shown.is_empty() {
                parts.push(Part::Between(wrap(&shown, columns.text, usize::MAX)));
            }
            paragraph.clear();
        }
        if is_break && !matches!(parts.last(), None | Some(Part::Break)) {
            parts.push(Part::Break);
        }
    }
}

fn write_between(out: &mut impl io::Write, lines: &[String], columns: Columns) -> io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "{:margin$}{}", "", paint(DIM, line), margin = columns.margin()))
}

/// A sentence in the colour of the label that it speaks for the most, underlined if it speaks for several.
fn write_telling(out: &mut impl io::Write, lines: &[String], votes: &[Vote], largest: f32, columns: Columns) -> io::Result<()> {
    let mut speaks_for = votes.iter().filter(|vote| vote.contribution > 0.0);
    let style = match (speaks_for.next(), speaks_for.next()) {
        (None, _) => PLAIN,
        (Some(vote), None) => vote.mark.style(),
        (Some(vote), Some(_)) => vote.mark.style().underline(),
    };
    for row in 0..lines.len().max(votes.len()) {
        match votes.get(row) {
            Some(vote) => write_vote(out, vote, largest, columns)?,
            None => write!(out, "{:margin$}", "", margin = columns.margin())?,
        }
        match lines.get(row) {
            Some(line) => writeln!(out, "{}", paint(style, line))?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

fn write_vote(out: &mut impl io::Write, vote: &Vote, largest: f32, columns: Columns) -> io::Result<()> {
    let style = vote.mark.style();
    write!(out, "  {} {:>6} ", paint(style, vote.mark.sign), signed(vote.contribution))?;
    if columns.half_bar > 0 {
        write!(out, "{} ", paint(style, &balance(vote.contribution / largest, columns.half_bar)))?;
    }
    Ok(())
}
