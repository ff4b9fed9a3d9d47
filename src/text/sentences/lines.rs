//! Line breaks: which ones end a sentence.
//!
//! A blank line always does, and so does the break before a list item. For the others it matters whether the paragraph is
//! hard-wrapped, that is, broken to fit a column as e-mail and wire copy are. It is if a line goes on in lower case on the
//! next, or if of three lines or more half were wrapped by the typesetter's test: the first word of the next line would not
//! have fitted. In a hard-wrapped paragraph only a line that had ample room for the next word ends a sentence (a headline, a
//! signature). In any other each line does. And a line that lacks an end never does if the next goes on in lower case.

use super::boundary::{is_closer, is_terminator};
use std::ops::Range;

/// The columns that text is wrapped to: newspapers' scripts start at about 40, code and e-mail end at 100.
const WRAP_COLUMNS: std::ops::RangeInclusive<usize> = 40..=100;
/// In hard-wrapped text a line counts as full from here on, in per cent of the column: people wrap raggedly.
const FULL_PERCENT: usize = 75;

/// Divides `text` at the line breaks that end a sentence. The blocks cover all of it but white space, in order.
pub fn blocks(text: &str) -> Vec<Range<usize>> {
    let mut blocks = Vec::new();
    let mut paragraph: Vec<Range<usize>> = Vec::new();
    for line in lines(text) {
        if text[line.clone()].trim().is_empty() {
            push_paragraph(text, &paragraph, &mut blocks);
            paragraph.clear();
        } else {
            paragraph.push(line);
        }
    }
    push_paragraph(text, &paragraph, &mut blocks);
    blocks
}

/// Lines without their breaks: LF, CRLF, CR, and U+2028 and U+2029, which web pages leave behind.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let rest = &text[start..];
        let line = match rest.find(['\n', '\r', '\u{2028}', '\u{2029}']) {
            Some(length) => {
                let line = start..start + length;
                let after = &rest[length..];
                let break_length = if after.starts_with("\r\n") { 2 } else { after.chars().next().map_or(0, char::len_utf8) };
                start += length + break_length;
                line
            }
            None => {
                done = true;
                start..text.len()
            }
        };
        Some(line)
    })
}

fn push_paragraph(text: &str, paragraph: &[Range<usize>], blocks: &mut Vec<Range<usize>>) {
    let Some(first) = paragraph.first() else { return };
    let column = wrapping_column(text, paragraph);
    let mut block = first.clone();
    for pair in paragraph.windows(2) {
        let (line, next) = (&text[pair[0].clone()], &text[pair[1].clone()]);
        let is_wrap = || column.is_some_and(|column| width_with_next_word(line, next) > column * FULL_PERCENT / 100);
        if !is_list_item(next) && (goes_on(line, next) || is_wrap()) {
            block.end = pair[1].end;
        } else {
            blocks.push(block);
            block = pair[1].clone();
        }
    }
    blocks.push(block);
}

/// The column that the paragraph is hard-wrapped at, if it is.
fn wrapping_column(text: &str, paragraph: &[Range<usize>]) -> Option<usize> {
    let column = paragraph.iter().map(|line| width(&text[line.clone()])).max()?;
    if !WRAP_COLUMNS.contains(&column) {
        return None;
    }
    let (mut full, mut going_on) = (0, 0);
    for pair in paragraph.windows(2) {
        let (line, next) = (&text[pair[0].clone()], &text[pair[1].clone()]);
        full += usize::from(width_with_next_word(line, next) > column);
        going_on += usize::from(goes_on(line, next));
    }
    let is_wrapped = going_on > 0 || paragraph.len() >= 3 && full * 2 >= paragraph.len() - 1;
    is_wrapped.then_some(column)
}

/// In characters, an indent included.
fn width(line: &str) -> usize {
    line.trim_end().chars().count()
}

fn width_with_next_word(line: &str, next: &str) -> usize {
    width(line) + 1 + next.split_whitespace().next().map_or(0, |word| word.chars().count())
}

fn goes_on(line: &str, next: &str) -> bool {
    !has_end(line) && next.trim_start().starts_with(char::is_lowercase)
}

fn has_end(line: &str) -> bool {
    line.trim_end_matches(|c: char| c.is_whitespace() || is_closer(c)).ends_with(is_terminator)
}

fn is_list_item(line: &str) -> bool {
    let line = line.trim_start();
    list_marker(line) > 0
}

/// The length in bytes of the bullet or number that begins a list item (`- `, `• `, `12. `, `a) `, `(iv) `), or 0.
pub fn list_marker(line: &str) -> usize {
    let marker = line.split_whitespace().next().unwrap_or("");
    let is_item_label = |label: &str| {
        (1..=2).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_digit())
            || label.len() == 1 && label.bytes().all(|b| b.is_ascii_lowercase())
            || matches!(label, "ii" | "iii" | "iv" | "vi" | "vii" | "viii" | "ix")
    };
    let is_marker = match marker {
        "-" | "*" | "–" | "•" | "·" | "▪" | "◦" | "‣" | "●" | "■" => true,
        _ if marker.starts_with('(') => marker[1..].strip_suffix(')').is_some_and(is_item_label),
        _ => marker.strip_suffix(['.', ')']).is_some_and(is_item_label),
    };
    if is_marker { marker.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use crate::text::sentences::tests::split;

    #[test]
    fn a_blank_line_ends_a_sentence_even_in_mid_sentence() {
        assert_eq!(split("the council\n\nvoted"), ["the council", "voted"]);
        assert_eq!(split("the council\r\n \t\r\nvoted"), ["the council", "voted"]);
    }

    #[test]
    fn a_crlf_is_one_line_break_and_not_a_blank_line() {
        assert_eq!(split("the council\r\nvoted"), ["the council\r\nvoted"]);
    }

    #[test]
    fn a_headline_on_its_own_line_is_a_sentence() {
        assert_eq!(
            split("Council Votes To Close Library\nThe vote was close. Nobody cheered."),
            ["Council Votes To Close Library", "The vote was close.", "Nobody cheered."]
        );
    }

    #[test]
    fn hard_wrapped_text_goes_on_over_its_line_breaks() {
        let text = "The mayor of the port said on Tuesday that two ships\n\
                    Norway had sent would leave before the ice came, and\n\
                    Sweden would send a third one. A spokeswoman for Mr.\n\
                    Olsen said nothing.";
        assert_eq!(split(text).len(), 2);
        assert!(split(text)[1].starts_with("A spokeswoman"));
    }

    #[test]
    fn a_short_line_in_hard_wrapped_text_ends_a_sentence() {
        let text = "ICE HOLDS SHIPS IN PORT\n\
                    The mayor of the port said on Tuesday that two ships\n\
                    Norway had sent would leave before the ice came, and\n\
                    Sweden would send a third one with coal and with oil\n\
                    on board.\n\
                    J. Olsen reporting";
        let found = split(text);
        assert_eq!(found[0], "ICE HOLDS SHIPS IN PORT");
        assert_eq!(found.last(), Some(&"J. Olsen reporting"));
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn ragged_and_indented_wrapping_is_seen_by_the_lines_that_go_on_in_lower_case() {
        let text = "    The exchange in Halle said it would\n\
                    Monday begin to trade in futures on barley and in\n\
                    oats, which growers in\n\
                    Saxony had asked for.";
        assert_eq!(split(text).len(), 2);
        assert!(split(text)[0].ends_with("growers in"));
    }

    #[test]
    fn long_paragraph_lines_end_at_their_line_breaks() {
        let long = "Word after word of this line goes on well past any column that a person would have wrapped it to by hand or program";
        assert_eq!(split(&format!("{long}\nNext paragraph\n{long}")).len(), 3);
    }

    #[test]
    fn headlines_of_unlike_length_do_not_run_together() {
        let text = "Rain Delays Final Of Youth Tournament In Lyon\nBank Cuts Rates\nActor, 91, Dies\nTram Strike Ends";
        assert_eq!(split(text).len(), 4);
    }

    #[test]
    fn list_items_are_sentences_with_their_bullets() {
        assert_eq!(split("The plan:\n- more buses\n- fewer cars\n• trees"), ["The plan:", "- more buses", "- fewer cars", "• trees"]);
        assert_eq!(split("1. Close the road\n2. Open the park"), ["1. Close the road", "2. Open the park"]);
        assert_eq!(split("(a) fees\n(iv) fines\nb) tolls"), ["(a) fees", "(iv) fines", "b) tolls"]);
    }
}
