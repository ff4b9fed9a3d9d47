//! Text of documents, as far as a line of a terminal or a report needs it.

use crate::text::Fields;

/// How many characters of a document are shown.
const EXCERPT: usize = 100;

/// The beginning of a document, on one line.
pub(super) fn excerpt(document: Fields) -> String {
    let words = document.iter().flat_map(|(_, text)| text.split_whitespace());
    let mut excerpt = String::new();
    for word in words {
        if !excerpt.is_empty() {
            excerpt.push(' ');
        }
        excerpt += word;
        // Some more than a character may take, so that not all of a long text is copied.
        if excerpt.len() > EXCERPT * 4 {
            break;
        }
    }
    printable(&excerpt).chars().take(EXCERPT).collect()
}

/// Text from a file without what could steer a terminal: control characters, and marks that turn the direction of writing.
pub(super) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_of_at_most_a_hundred_characters_that_steers_nothing() {
        let document = Fields { title: "A\u{1b}[31m \u{202e}title", text: "and\n\n a  text" };
        assert_eq!(excerpt(document), "A[31m title and a text");
        assert_eq!(excerpt(Fields { title: "", text: &"é".repeat(500) }).chars().count(), 100);
    }
}
