//! Plain text files: one document each, perhaps with its headline above it.

use crate::corpus::Document;

/// A first line may have this many characters to be a headline.
const MAX_TITLE_CHARS: usize = 200;

/// The document in a plain text: if the first line that is not blank is followed by a blank one, and then more, and is of at most 200
/// characters, it is the title.
pub fn plain_text_document(id: &str, text: &str) -> Document {
    let unix;
    let text = match text.contains('\r') {
        true => {
            unix = text.replace("\r\n", "\n");
            unix.trim()
        }
        false => text.trim(),
    };
    let (title, body) = match text.split_once('\n') {
        Some((first, rest)) if first.chars().nth(MAX_TITLE_CHARS).is_none() && begins_with_blank_line(rest) => (first.trim(), rest.trim()),
        _ => ("", text),
    };
    Document { id: id.to_owned(), title: title.to_owned(), text: body.to_owned(), language: None }
}

fn begins_with_blank_line(text: &str) -> bool {
    text.split_once('\n').is_some_and(|(first, _)| first.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String) {
        let document = plain_text_document("a.txt", text);
        (document.title, document.text)
    }

    #[test]
    fn a_first_line_with_a_blank_line_below_it_is_the_title() {
        let expected = ("Storm hits coast".to_owned(), "Waves rose.\n\nRoads closed.".to_owned());
        assert_eq!(parts("Storm hits coast\n\nWaves rose.\n\nRoads closed.\n"), expected);
        assert_eq!(parts("\r\nStorm hits coast \r\n \r\nWaves rose.\r\n\r\nRoads closed."), expected);
    }

    #[test]
    fn any_other_text_has_no_title() {
        for text in ["One line.", "Two\nlines.", "A paragraph\nof lines.\n\nAnother.", "Trailing blank.\n\n"] {
            assert_eq!(parts(text), (String::new(), text.trim().to_owned()));
        }
    }

    #[test]
    fn a_title_has_at_most_200_characters() {
        let text = |length| format!("{}\n\nText.", "é".repeat(length));
        assert_eq!(parts(&text(200)).1, "Text.");
        assert_eq!(parts(&text(201)).0, "");
    }

    #[test]
    fn nothing_gives_a_blank_document() {
        assert!(plain_text_document("a.txt", "").is_blank());
        assert!(plain_text_document("a.txt", " \r\n\n ").is_blank());
    }
}
