//! The beginning of a document, as far as a report needs it.

use crate::text::{Fields, Printable};

/// How many characters of a document are shown.
const EXCERPT: usize = 100;
/// How many bytes of each of its texts are looked at: more than so many characters may take, so that not all of a long text is copied.
const LOOKED_AT: usize = EXCERPT * 8;

/// The beginning of a document, on one line.
pub(super) fn excerpt(document: Fields) -> String {
    let head = |text: &str| Printable::new(&text[..text.floor_char_boundary(LOOKED_AT)]).to_string();
    let (title, text) = (head(document.title), head(document.text));
    let parts = [title, text].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    parts.join(" ").chars().take(EXCERPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_of_at_most_a_hundred_characters_that_steers_nothing() {
        let document = Fields { title: "A\u{1b}[31m \u{202e}title", text: "and\n\n a  text" };
        assert_eq!(excerpt(document), "A␛[31m �title and a text");
        assert_eq!(excerpt(Fields { title: "", text: &"é".repeat(500) }).chars().count(), 100);
    }
}
