//! Foreign text, made harmless to show.

use std::ops::Deref;

/// Text that may be shown on a terminal: one line, and no character in it does anything but stand there. Documents come from anywhere, and
/// a terminal obeys what it is sent: an escape sequence could clear the screen, rename the window or fake our output, and a
/// bidirectional override could turn a line around (CVE-2021-42574).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printable(String);

impl Printable {
    /// Control characters become their pictures (`␛`) or `�`; each run of white space becomes one space, at the ends none.
    pub fn new(text: &str) -> Self {
        let mut shown = String::with_capacity(text.len());
        for word in text.split_whitespace() {
            if !shown.is_empty() {
                shown.push(' ');
            }
            shown.extend(word.chars().map(harmless));
        }
        Self(shown)
    }
}

impl Deref for Printable {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

fn harmless(character: char) -> char {
    match character {
        // Unicode's pictures of the ASCII control characters stand in their order.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '␡',
        '\u{80}'..='\u{9f}' => char::REPLACEMENT_CHARACTER,
        // Embeddings, overrides and isolates: they reach past the text that they stand in.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        // Terminals don't agree whether a soft hyphen, a conjoining filler or a byte order mark takes a column.
        '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{feff}' => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_not_sent() {
        assert_eq!(&*Printable::new("a\x1b[31mb\x07\x7f\u{9b}2J"), "a␛[31mb␇␡�2J");
    }

    #[test]
    fn text_can_not_turn_the_line_around() {
        assert_eq!(&*Printable::new("x\u{202e}y\u{2066}z"), "x�y�z");
    }

    #[test]
    fn white_space_becomes_single_spaces_between_words() {
        assert_eq!(&*Printable::new("\r\n a\t\tb\u{a0}\u{2028}c \u{85}"), "a b c");
    }

    #[test]
    fn letters_of_every_script_and_emoji_stay() {
        let text = "Пример 例文 مثال 👩‍👩‍👧 e\u{301}";
        assert_eq!(&*Printable::new(text), text);
    }
}
