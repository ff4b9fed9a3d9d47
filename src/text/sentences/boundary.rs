//! Terminators: which `.`, `!`, `?` and `…` end a sentence.
//!
//! A run of terminators takes the quotes and brackets that close right after it. Then what precedes and what follows decide:
//!
//! | before | ends a sentence if |
//! |---|---|
//! | a word, a number, `!`, `?`, an ellipsis | what follows does not go on in lower case |
//! | "Mr.", "Gen.", "e.g." | never |
//! | "No.", "Sept." | neither a number nor lower case follows |
//! | "a.m." | a capitalised word follows, but no weekday, month or time zone |
//! | "U.S.", "Inc.", "Calif.", an initial | a word follows that begins sentences ("The", "He", "But") |
//!
//! The last row is the one that guesses: "the U.S. The" ends there and "the U.S. Army" does not; "the U.S. Prices" is missed,
//! which joins two sentences instead of cutting one through the middle of a name.

use super::abbreviations::{self, Kind};
use super::lines::list_marker;

/// Looking back further than this for the word before a period finds no abbreviation (in bytes).
const LONGEST_WORD: usize = 24;
/// More opening quotes and brackets than this do not stand before a word.
const MOST_OPENERS: usize = 4;
/// Names that end in an exclamation mark.
const EXCLAIMED_NAMES: &[&str] = &["Jeopardy", "Yahoo"];
/// Words that begin sentences, and in a name or a headline hardly follow an abbreviation: so no "To", "Of" or "And", which do
/// in headlines written with capitals ("U.S. To Send Aid").
const SENTENCE_OPENERS: &[&str] = &[
    "A",
    "According",
    "After",
    "All",
    "Although",
    "An",
    "Another",
    "As",
    "At",
    "Because",
    "Before",
    "Both",
    "But",
    "During",
    "Each",
    "Earlier",
    "Even",
    "Every",
    "He",
    "Her",
    "Here",
    "His",
    "How",
    "However",
    "I",
    "If",
    "In",
    "It",
    "Its",
    "Last",
    "Many",
    "Meanwhile",
    "More",
    "Most",
    "My",
    "Neither",
    "No",
    "Nobody",
    "None",
    "Nor",
    "Not",
    "Now",
    "On",
    "Once",
    "One",
    "Only",
    "Others",
    "Our",
    "Several",
    "She",
    "Since",
    "So",
    "Some",
    "Still",
    "Such",
    "That",
    "The",
    "Their",
    "Then",
    "There",
    "These",
    "They",
    "This",
    "Those",
    "Though",
    "Through",
    "Under",
    "Unlike",
    "Until",
    "We",
    "What",
    "When",
    "Where",
    "Whether",
    "While",
    "Who",
    "Why",
    "Yet",
    "You",
    "Your",
];

pub fn is_terminator(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？')
}

pub fn is_closer(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '»' | '›' | ')' | ']' | '}')
}

fn is_opener(c: char) -> bool {
    matches!(c, '"' | '\'' | '“' | '‘' | '„' | '«' | '‹' | '(' | '[' | '{' | '¿' | '¡')
}

/// Byte offsets in `block` at which a sentence ends, rising. The end of the block itself may be among them.
pub fn ends(block: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let start = block.len() - block.trim_start().len();
    // "1. Close the road": the number's own period ends nothing.
    let mut at = start + list_marker(&block[start..]);
    while let Some(offset) = block[at..].find(is_terminator) {
        let run = at + offset;
        let run_end = end_of_run(block, run);
        let end = end_of_closers(block, run_end);
        if is_end(block, run, run_end, end) {
            ends.push(end);
        }
        at = end;
    }
    ends
}

/// Past the terminators that begin at `run`: "?!", "...", and the spaced ". . ." of old typescripts.
fn end_of_run(block: &str, run: usize) -> usize {
    let mut end = run;
    loop {
        let rest = &block[end..];
        let without_space = rest.strip_prefix(' ').filter(|_| end > run && block[..end].ends_with('.'));
        match rest.chars().next() {
            Some(c) if is_terminator(c) => end += c.len_utf8(),
            _ if without_space.is_some_and(|rest| rest.starts_with('.')) => end += 2,
            _ => return end,
        }
    }
}

/// Past the quotes and brackets that close after a run. A curly quote closes even after a space, since it can do nothing else.
fn end_of_closers(block: &str, run_end: usize) -> usize {
    let rest = &block[run_end..];
    let end = block.len() - rest.trim_start_matches(is_closer).len();
    let after_space = block[end..].trim_start();
    match after_space.strip_prefix('”') {
        Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => block.len() - rest.len(),
        _ => end,
    }
}

/// Does a sentence end at `end`, after the terminators `run..run_end` and the closers that follow them?
fn is_end(block: &str, run: usize, run_end: usize, end: usize) -> bool {
    let after = &block[end..];
    let next = after.trim_start();
    if next.is_empty() {
        return true;
    }
    let marks = &block[run..run_end];
    let before = word_before(block, run);
    let next = Next::read(next);
    if marks.ends_with(['。', '！', '？']) {
        return true;
    }
    if !after.starts_with(char::is_whitespace) {
        // A missing space, as scraped pages have it: "he said.The". Anything else is a decimal, a domain, a file name.
        return next.opens_sentence && block[..run].ends_with(char::is_lowercase);
    }
    if next.goes_on {
        return false;
    }
    if marks != "." {
        let is_omission = block[..run].ends_with(['(', '[']) && end > run_end;
        let is_name = marks == "!" && EXCLAIMED_NAMES.contains(&before);
        return !is_omission && !is_name;
    }
    match abbreviations::kind(before) {
        Kind::Word => true,
        Kind::Leading => false,
        Kind::BeforeNumber => !next.is_number,
        Kind::TimeOfDay => next.is_capitalised && !next.is_time,
        Kind::Anywhere => next.opens_sentence,
    }
}

/// The word that ends where the period at `run` stands, without what opens before it. Empty if it is too long to matter.
fn word_before(block: &str, run: usize) -> &str {
    let mut start = run;
    for (offset, c) in block[..run].char_indices().rev() {
        if c.is_whitespace() || is_opener(c) || matches!(c, '-' | '–' | '—' | '/' | ',') {
            break;
        }
        start = offset;
        if run - start > LONGEST_WORD {
            return "";
        }
    }
    &block[start..run]
}

/// What follows a terminator, read once.
struct Next {
    /// It can not begin a sentence: lower case, or a comma, or a closing bracket.
    goes_on: bool,
    is_number: bool,
    is_capitalised: bool,
    /// It is one of [`SENTENCE_OPENERS`].
    opens_sentence: bool,
    is_time: bool,
}

impl Next {
    fn read(text: &str) -> Self {
        let mut rest = text;
        for _ in 0..MOST_OPENERS {
            rest = rest.strip_prefix(is_opener).unwrap_or(rest);
        }
        let word = first_word(rest);
        let mut chars = rest.chars();
        let (first, second) = (chars.next(), chars.next());
        // "iPhone" and "eBay" begin sentences.
        let is_lower = first.is_some_and(char::is_lowercase) && !second.is_some_and(char::is_uppercase);
        Self {
            goes_on: is_lower || first.is_some_and(|c| matches!(c, ',' | ';' | ':' | ')' | ']' | '}')),
            is_number: first.is_some_and(|c| c.is_ascii_digit()),
            is_capitalised: first.is_some_and(char::is_uppercase),
            // "No. 1" is a rank, and "A.J." a name.
            opens_sentence: is_sentence_opener(word) && !rest[word.len()..].starts_with('.'),
            is_time: is_time(word),
        }
    }
}

/// The letters and digits that `text` begins with; empty if they are too many for a word that matters here.
fn first_word(text: &str) -> &str {
    let length = text.char_indices().take(LONGEST_WORD).find(|(_, c)| !c.is_alphanumeric());
    match length {
        Some((length, _)) => &text[..length],
        None if text.len() <= LONGEST_WORD => text,
        None => "",
    }
}

/// Also all in capitals, for texts that are.
fn is_sentence_opener(word: &str) -> bool {
    word.starts_with(char::is_uppercase) && SENTENCE_OPENERS.iter().any(|opener| opener.eq_ignore_ascii_case(word))
}

fn is_time(word: &str) -> bool {
    const DAYS_AND_MONTHS: &[&str] = &[
        "Mon",
        "Tue",
        "Wed",
        "Thu",
        "Fri",
        "Sat",
        "Sun",
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
        "Eastern",
        "Central",
        "Pacific",
        "Mountain",
        "Greenwich",
    ];
    let is_zone = (2..=5).contains(&word.len()) && word.chars().all(char::is_uppercase);
    is_zone || DAYS_AND_MONTHS.iter().any(|name| word.starts_with(name))
}

#[cfg(test)]
mod tests {
    use crate::text::sentences::tests::split;

    /// The sentences that `parts` are, joined by spaces, must come out as they went in.
    fn assert_split(parts: &[&str]) {
        assert_eq!(split(&parts.join(" ")), parts);
    }

    #[test]
    fn titles_never_end_a_sentence() {
        assert_split(&["Mr. Okafor met Mrs. Lind, Dr. Chen and Lt. Col. The Honourable B. Ash.", "They ate."]);
        assert_split(&["Gen. Sato told Sen. Ruiz and Gov. Hale, e.g. In Rome, i.e. Not here.", "Rep. Diaz left."]);
    }

    #[test]
    fn initials_belong_to_the_name() {
        assert_split(&["The prize went to A. B. Marsh and P.J. Olu.", "J. K. Tarn came second."]);
    }

    #[test]
    fn acronyms_end_a_sentence_only_before_a_word_that_begins_one() {
        assert_split(&["The U.S. Senate and the U.N. Security Council met at U.K. House.", "Both agreed."]);
        assert_split(&["He came back to the U.S.", "The court had asked for it."]);
        assert_split(&["She works for Acme Inc.", "He does not."]);
        assert_split(&["Acme Inc. Chief Executive Lena Moss and Bolt Ltd. Chairman Ian Fry, Ph.D. Student, met."]);
        assert_split(&["U.S. To Send Ships To U.K. And Japan"]);
        assert_split(&["The U.S. No. 2 seed won in Washington, D.C. Saturday."]);
    }

    #[test]
    fn a_time_of_day_ends_a_sentence_before_a_capital_that_is_no_day_or_zone() {
        assert_split(&["It began at 9 a.m. Tuesday and ended at 5 p.m. EST on Sunday.", "It was hot."]);
        assert_split(&["It began at 9 a.m.", "Police came at 10 p.m. and left."]);
    }

    #[test]
    fn an_abbreviation_before_a_number_goes_on_with_it() {
        assert_split(&["On Sept. 3 she lived at No. 10.", "By Jan. 2004 she had left."]);
        assert_split(&["Would he resign?", "He said no.", "The vote is in Feb.", "Nobody minds."]);
    }

    #[test]
    fn decimals_and_thousands_do_not_end_a_sentence() {
        assert_split(&["It grew 3.5 percent to 1.200 tonnes, or $4.50 each, in 2004.", "3 mines closed."]);
    }

    #[test]
    fn addresses_do_not_end_a_sentence() {
        assert_split(&["See https://news.example.org/a.b?c=d!e, or www.example.com.", "Write to ana.lee@example.co.uk."]);
        assert_split(&["Example.Com and index.Html merged."]);
    }

    #[test]
    fn an_ellipsis_ends_a_sentence_unless_it_goes_on_in_lower_case() {
        assert_split(&["He waited ... and waited… and left.", "So...", "He had gone.", "Gone…", "“We knew.”"]);
        assert_split(&["They “took [...] The Keys” and (…) Nothing else . . . or so.", "Who knows."]);
    }

    #[test]
    fn questions_and_exclamations_end_sentences() {
        assert_split(&["Who paid?!", "Nobody knows!", "“Stop!” he cried.", "“Why?” asked the judge.", "Yahoo! Mail failed."]);
    }

    #[test]
    fn closing_quotes_and_brackets_belong_to_the_sentence() {
        assert_split(&["“It is more awkward than harmful.”", "She left.", "\"It is late.\"", "(He agreed.)", "‘Yes.’", "End."]);
        assert_eq!(split("“It is late. ” She left.").len(), 2);
    }

    #[test]
    fn a_sentence_begins_with_a_quote_digit_bracket_or_sign() {
        assert_split(&["It rose.", "“Why?”", "It fell.", "12 firms closed.", "(Two more may.)", "$5 was paid.", "iPhone sales rose."]);
    }

    #[test]
    fn a_space_that_is_missing_after_a_sentence_does_not_join_two() {
        assert_eq!(split("It was late.The court rose.\"He agreed."), ["It was late.", "The court rose.\"", "He agreed."]);
    }

    #[test]
    fn text_with_spaces_around_its_marks_is_divided_too() {
        assert_split(&["I am proud of it .", "We won ( 2 / 2 ) !", "Did you ?", "Yes ."]);
    }

    #[test]
    fn a_word_before_lower_case_does_not_end_a_sentence() {
        assert_split(&["The govt. of the day and the est. cost of 3. or so."]);
    }
}
