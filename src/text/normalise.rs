//! The normal form of a word.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Appends the normal form of `word` to `out`: compatibility composition (NFKC, UAX #15), case folded, without invisible characters.
///
/// Folding goes through the upper case, which brings together what lower-casing alone leaves apart: `ß` and `ss`, the two small
/// sigmas, long s.
pub fn normalise(word: &str, out: &mut String) {
    if word.is_ascii() {
        out.extend(word.chars().map(|c| c.to_ascii_lowercase()));
    } else {
        // Lower case first: the upper case of a capital sharp s is itself.
        let folded = word.nfkc().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
        // What is left out must not keep apart what composes, such as a letter and its accent.
        out.extend(folded.filter(|&c| is_word_char(c) && !is_invisible(c)).nfkc());
    }
}

/// Whether a character is part of a word: letters, digits, marks upon them, the underscore, and what is not seen at all.
pub(super) fn is_word_char(c: char) -> bool {
    // The dashes and quotation marks of newspapers are no part of a word, and need no looking up in Unicode's tables.
    const PUNCTUATION: std::ops::RangeInclusive<char> = '\u{2010}'..='\u{2027}';
    if PUNCTUATION.contains(&c) {
        return false;
    }
    c.is_alphanumeric() || c == '_' || is_combining_mark(c) || is_invisible(c)
}

/// Characters that may stand within a word without being seen: soft hyphen, zero-width space and joiners, word joiner, byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(word: &str) -> String {
        let mut out = String::new();
        normalise(word, &mut out);
        out
    }

    #[test]
    fn one_word_in_many_spellings_has_one_normal_form() {
        assert_eq!(normal("Valparaíso"), "valparaíso");
        assert_eq!(normal("VALPARAI\u{301}SO"), "valparaíso");
        assert_eq!(normal("Straße"), normal("STRASSE"));
        assert_eq!(normal("ΟΔΟΣ"), normal("οδος"));
        assert_eq!(normal("ﬁre"), "fire");
        assert_eq!(normal("ＢＢＣ"), "bbc");
        assert_eq!(normal("immi\u{ad}gra\u{200b}tion"), "immigration");
        assert_eq!(normal("cafe\u{200d}\u{301}"), "café");
    }

    #[test]
    fn the_normal_form_is_its_own_normal_form() {
        for word in ["İstanbul", "ﷺ", "½", "ǅ", "ΐ", "e\u{301}\u{327}", "ẞ", "ŉ", "i\u{200b}\u{330}", "α\u{37a}"] {
            let once = normal(word);
            assert_eq!(normal(&once), once, "{word}");
            assert!(!once.contains(' '), "{word}");
        }
    }
}
