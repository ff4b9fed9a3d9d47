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
    let bytes = &text.as_bytes()[..text.len().min(MAX_TEXT)];
    let is_ascii = bytes.is_ascii();
    let mut run = |begin: usize, end: usize| {
        if is_ascii || bytes[begin..end].is_ascii() {
            if end - begin > 1 {
                each(Token { begin: begin as u32, end: end as u32, hash: hash::ascii_word(bytes, begin, end) });
            }
        } else {
            words_beyond_ascii(text, begin, end, &mut each);
        }
    };
    let mut begin = None;
    // The last block may be empty: what is filled up with zeros, which are in no word, ends the last one.
    for first in (0..=bytes.len()).step_by(BLOCK) {
        let rest = &bytes[first..];
        let in_word = rest.first_chunk().map_or_else(|| in_word(&padded(rest)), in_word);
        // A bit for each byte at which a run begins, and for the first byte after one.
        let mut edges = in_word ^ ((in_word << 1) | u64::from(begin.is_some()));
        while edges != 0 {
            let at = first + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            match begin.take() {
                None => begin = Some(at),
                Some(begin) => run(begin, at),
            }
        }
    }
}

/// How many bytes are looked at together.
const BLOCK: usize = 64;

fn padded(rest: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// The words in a run of bytes that may be in words, with characters beyond ASCII among them: some of another script, others
/// punctuation.
fn words_beyond_ascii(text: &str, begin: usize, end: usize, each: &mut impl FnMut(Token)) {
    let mut normal = String::new();
    let Some(run) = text.get(begin..end) else { return };
    for word in run.split(|c| !is_word_char(c)) {
        normal.clear();
        normalise(word, &mut normal);
        if normal.chars().nth(1).is_some() {
            let begin = begin + (word.as_ptr() as usize - run.as_ptr() as usize);
            each(Token { begin: begin as u32, end: (begin + word.len()) as u32, hash: hash::word(normal.as_bytes()) });
        }
    }
}

/// For each byte of a block, the first in the lowest bit, whether it can be part of a word: letters, digits, the underscore, and all
/// beyond ASCII, which are looked at again as characters.
#[inline]
fn in_word(block: &[u8; BLOCK]) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const TOP: u64 = EACH * 0x80;
    let (eights, _) = block.as_chunks::<8>();
    eights.iter().rev().fold(0, |bits, eight| {
        let eight = u64::from_le_bytes(*eight);
        let ascii = eight & !TOP;
        let lower = ascii | (EACH * 0x20);
        // The top bit of a byte is set if the byte is at least, or above, so much.
        let from = |bytes: u64, least: u8| bytes + EACH * u64::from(0x80 - least);
        let letters = from(lower, b'a') & !from(lower, b'z' + 1);
        let digits = from(ascii, b'0') & !from(ascii, b'9' + 1);
        let underscores = from(ascii, b'_') & !from(ascii, b'_' + 1);
        let found = (letters | digits | underscores | eight) & TOP;
        // Gathers the eight top bits into one byte.
        (bits << 8) | ((found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56)
    })
}

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
