//! From text to word tokens.

use super::{
    hash,
    normalise::{is_word_char, normalise},
};

/// A word in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where the word begins, in bytes.
    pub begin: u32,
    /// Where it ends, in bytes.
    pub end: u32,
    /// [`hash::word`] of its normal form.
    pub hash: u64,
}

impl Token {
    /// The word as it stands in the text.
    pub fn surface<'a>(&self, text: &'a str) -> &'a str {
        &text[self.begin as usize..self.end as usize]
    }
}

/// Longest text that is read, in bytes; what lies beyond has no tokens.
const MAX_TEXT: usize = u32::MAX as usize;

/// Calls `each` with every word of `text` that has at least two characters in its normal form.
///
/// A word is a longest run of letters, digits, combining marks and underscores: scikit-learn's token pattern, so that "Canada's"
/// gives "canada" and "don't" gives "don".
pub fn tokens(text: &str, mut each: impl FnMut(Token)) {
    let bytes = text.as_bytes();
    let length = bytes.len().min(MAX_TEXT);
    let mut buffer = String::new();
    let mut at = 0;
    while at < length {
        if !IN_WORD[bytes[at] as usize] {
            at += 1;
            continue;
        }
        let begin = at;
        while at < length && IN_WORD[bytes[at] as usize] && bytes[at].is_ascii() {
            at += 1;
        }
        if at < length && !bytes[at].is_ascii() {
            // Some other script, or punctuation beyond ASCII: go on by characters.
            at = end_of_word(text, at);
            if at == begin {
                at += text[begin..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
            if at > length {
                break;
            }
        }
        let word = &bytes[begin..at];
        if word.is_ascii() {
            if word.len() > 1 {
                each(Token { begin: begin as u32, end: at as u32, hash: hash::ascii_word(bytes, begin, at) });
            }
        } else {
            buffer.clear();
            normalise(&text[begin..at], &mut buffer);
            if buffer.chars().nth(1).is_some() {
                each(Token { begin: begin as u32, end: at as u32, hash: hash::word(buffer.as_bytes()) });
            }
        }
    }
}

/// The first position from `at` on that is not in a word. `at` is on a character boundary.
fn end_of_word(text: &str, at: usize) -> usize {
    text[at..].find(|c| !is_word_char(c)).map_or(text.len(), |length| at + length)
}

/// Whether a byte can be part of a word; those beyond ASCII are looked at again as characters.
static IN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = b.is_ascii_alphanumeric() || b == b'_' || !b.is_ascii();
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<&str> {
        let mut words = Vec::new();
        tokens(text, |token| words.push(token.surface(text)));
        words
    }

    #[test]
    fn words_are_runs_of_letters_digits_and_marks() {
        assert_eq!(
            words("Canada’s 8,900 km border: don't \"close\" it—now! co-operate snake_case"),
            ["Canada", "900", "km", "border", "don", "close", "it", "now", "co", "operate", "snake_case"]
        );
        assert_eq!(words("Valparai\u{301}so São Paulo Київ"), ["Valparai\u{301}so", "São", "Paulo", "Київ"]);
        assert_eq!(words("immi\u{ad}gration"), ["immi\u{ad}gration"]);
        assert_eq!(words(""), [""; 0]);
        assert_eq!(words("a € b … é “”"), [""; 0]);
    }

    #[test]
    fn case_and_composition_do_not_change_the_hash() {
        let hash = |text: &str| {
            let mut found = Vec::new();
            tokens(text, |token| found.push(token.hash));
            found
        };
        assert_eq!(hash("BORDER Guards"), hash("border guards"));
        assert_eq!(hash("CAFE\u{301}"), hash("café"));
        assert_ne!(hash("border"), hash("boarder"));
    }

    proptest! {
        #[test]
        fn any_text_gives_tokens_in_order_each_hashed_by_its_normal_form(text in any::<String>()) {
            let mut end = 0;
            tokens(&text, |token| {
                assert!(token.begin >= end && token.begin < token.end);
                end = token.end;
                let mut normal = String::new();
                normalise(token.surface(&text), &mut normal);
                assert_eq!(token.hash, hash::word(normal.as_bytes()));
                assert!(normal.chars().count() > 1);
            });
        }
    }
}
