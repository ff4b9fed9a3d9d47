//! Line breaks: which ones end a sentence.
//!
//! A blank line always does, and so does the break before a list item. For the others it matters whether the text is
//! hard-wrapped, that is, broken to fit a column as e-mail and wire copy are. The test is the typesetter's: a line was wrapped
//! if the first word of the next line would not have fitted on it. A paragraph of three lines or more is hard-wrapped if that
//! holds for half of its lines or more; in it, only a line that had room for the next word ends a sentence (a headline, a signature).
//! In any other paragraph each line break ends a sentence, unless the line lacks an end and the next goes on in lower case.

use super::boundary::{is_closer, is_terminator};
use std::ops::Range;

/// The columns that text is wrapped to: newspapers' scripts start at about 40, code and e-mail end at 100.
const WRAP_COLUMNS: std::ops::RangeInclusive<usize> = 40..=100;

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
    let is_full = full_lines(text, paragraph);
    let full = is_full.iter().filter(|&&is_full| is_full).count();
    let is_wrapped = paragraph.len() >= 3 && full * 2 >= is_full.len();

    let mut block = first.clone();
    for (pair, is_full) in paragraph.windows(2).zip(is_full) {
        let (line, next) = (&text[pair[0].clone()], &text[pair[1].clone()]);
        let goes_on = !is_list_item(next) && if is_wrapped { is_full } else { !has_end(line) && starts_in_lower_case(next) };
        if goes_on {
            block.end = pair[1].end;
        } else {
            blocks.push(block);
            block = pair[1].clone();
        }
    }
    blocks.push(block);
}

/// For each line but the last: would the first word of the next line not have fitted on it?
fn full_lines(text: &str, paragraph: &[Range<usize>]) -> Vec<bool> {
    let widths: Vec<usize> = paragraph.iter().map(|line| text[line.clone()].trim().chars().count()).collect();
    let column = widths.iter().copied().max().unwrap_or(0);
    let can_wrap = WRAP_COLUMNS.contains(&column);
    paragraph
        .windows(2)
        .zip(&widths)
        .map(|(pair, width)| {
            let next_word = text[pair[1].clone()].split_whitespace().next().unwrap_or("");
            can_wrap && width + 1 + next_word.chars().count() > column
        })
        .collect()
}

fn has_end(line: &str) -> bool {
    line.trim_end_matches(|c: char| c.is_whitespace() || is_closer(c)).ends_with(is_terminator)
}

fn starts_in_lower_case(line: &str) -> bool {
    line.trim_start().starts_with(char::is_lowercase)
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
