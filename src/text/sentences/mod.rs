//! Sentences: where one ends and the next begins, in English news text.
//!
//! Two questions, in two files. [`lines`]: which line breaks end a sentence (a blank line, a headline, a bullet) and which
//! only wrap a line. [`boundary`]: which of `.`, `!`, `?` and `…` end a sentence, given the [`abbreviations`] that end in a
//! period of their own.
//!
//! The rules follow what Kiss and Strunk ("Unsupervised Multilingual Sentence Boundary Detection", 2006) found to decide
//! most cases, with lists in place of their statistics: is the word before the period an abbreviation, and is the word after
//! it one that begins sentences. Unicode's own rules (UAX #29) know neither, and break after "Mr." and "U.S.".

mod abbreviations;
mod boundary;
mod lines;

use std::ops::Range;

/// The sentences of `text` as byte ranges.
///
/// They come in order, do not overlap, lie on character boundaries, have no white space at either end, and together cover
/// every character that is not white space. Headlines and list items are sentences of their own. A closing quote or bracket
/// belongs to the sentence that it closes.
///
/// Time is linear in the length of the text, whatever the text is.
///
/// ```
/// # use slugline::text::sentences::sentences;
/// let text = "Mr. Lee left the U.S. on Monday. He did not say why.";
/// let found: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
/// assert_eq!(found, ["Mr. Lee left the U.S. on Monday.", "He did not say why."]);
/// ```
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for block in lines::blocks(text) {
        let mut start = block.start;
        for end in boundary::ends(&text[block.clone()]) {
            push_trimmed(text, start..block.start + end, &mut found);
            start = block.start + end;
        }
        push_trimmed(text, start..block.end, &mut found);
    }
    found
}

fn push_trimmed(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let piece = &text[range.clone()];
    let start = range.start + (piece.len() - piece.trim_start().len());
    let end = start + piece.trim().len();
    if start < end {
        found.push(start..end);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Instant;

    pub fn split(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|range| &text[range]).collect()
    }

    fn assert_covers(text: &str) {
        let ranges = sentences(text);
        let mut last_end = 0;
        for range in &ranges {
            assert!(last_end <= range.start && range.start < range.end, "{ranges:?} of {text:?}");
            let gap = &text[last_end..range.start];
            assert!(gap.trim().is_empty(), "{gap:?} is in no sentence of {text:?}");
            assert_eq!(text[range.clone()].trim(), &text[range.clone()]);
            last_end = range.end;
        }
        assert!(text[last_end..].trim().is_empty(), "the end of {text:?} is in no sentence");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_string_is_covered_in_order_without_overlap(text in any::<String>()) {
            assert_covers(&text);
        }

        #[test]
        fn strings_made_of_what_the_rules_look_at_are_covered(
            text in "([.!?…。]|[\"”“’'()\\[\\]]|[ \t\n\r\u{2028}\u{a0}]|Mr|U|S|a.m|Inc|The|he|1|- |é|東|İ|ß){0,60}"
        ) {
            assert_covers(&text);
        }
    }

    #[test]
    fn nothing_and_white_space_have_no_sentence() {
        assert!(sentences("").is_empty());
        assert!(sentences(" \r\n\t\u{a0}\n").is_empty());
    }

    #[test]
    fn an_article_splits_into_headline_and_sentences() {
        let text = "Ferry Link To Reopen In May\n\n\
            Gov. Ana Ruiz said on Friday that the line, closed since Jan. 3, would reopen. “It was overdue,” she told \
            reporters. “Nobody should wait 2.5 hours.”\r\n\r\nThe U.S. Coast Guard agreed.";
        assert_eq!(
            split(text),
            [
                "Ferry Link To Reopen In May",
                "Gov. Ana Ruiz said on Friday that the line, closed since Jan. 3, would reopen.",
                "“It was overdue,” she told reporters.",
                "“Nobody should wait 2.5 hours.”",
                "The U.S. Coast Guard agreed.",
            ]
        );
    }

    /// A quadratic scan of a megabyte takes minutes, a linear one some milliseconds: the limit is far from both.
    #[test]
    fn hostile_megabytes_take_linear_time() {
        for unit in [".", ". ", "\"", "\n", "\r\n", "a.", ".(", ".\" ", "? ", "(", ". (", "a", "A.\n", "U.S. ", "- \n", " ”", ".   "] {
            let text = unit.repeat(1_000_000 / unit.len());
            let begin = Instant::now();
            let ranges = sentences(&text);
            assert!(begin.elapsed().as_secs() < 5, "{unit:?} took {:?} for {}", begin.elapsed(), ranges.len());
        }
        let mut far = ".".to_owned();
        far.push_str(&" ".repeat(1_000_000));
        far.push('x');
        assert_eq!(sentences(&far).len(), 1);
    }
}
