//! Byte offsets in the unit that the caller counts in.

use super::{request::Encoding, v1};
use crate::text::{Field, Fields};
use std::ops::Range;

/// The offsets of one document that an answer names. They are collected first, and then converted in one walk over each text.
pub(super) struct Offsets {
    /// `None` where bytes are the unit.
    converted: Option<[Converted; 2]>,
}

/// Byte offsets in one text, rising, and the units before each.
struct Converted {
    bytes: Vec<usize>,
    units: Vec<usize>,
}

impl Offsets {
    /// Converts both ends of all `ranges`.
    pub(super) fn new<'r>(document: Fields, encoding: Encoding, ranges: impl Iterator<Item = (Field, &'r Range<usize>)>) -> Offsets {
        if encoding == Encoding::Utf8 {
            return Offsets { converted: None };
        }
        let mut bytes = [Vec::new(), Vec::new()];
        for (field, range) in ranges {
            bytes[field as usize].extend([range.start, range.end]);
        }
        let [title, text] = bytes;
        Offsets { converted: Some([Converted::new(document.title, encoding, title), Converted::new(document.text, encoding, text)]) }
    }

    /// A range in the caller's unit. It must be one of those given to [`Offsets::new`].
    pub(super) fn span(&self, field: Field, range: &Range<usize>) -> v1::TextSpan {
        let unit = |byte| match &self.converted {
            None => byte,
            Some(fields) => fields[field as usize].units_before(byte),
        };
        let message_field = match field {
            Field::Title => v1::DocumentField::Title,
            Field::Text => v1::DocumentField::Content,
        };
        v1::TextSpan { field: message_field as i32, begin_offset: offset(unit(range.start)), end_offset: offset(unit(range.end)) }
    }
}

impl Converted {
    fn new(text: &str, encoding: Encoding, mut bytes: Vec<usize>) -> Converted {
        bytes.sort_unstable();
        bytes.dedup();
        let (mut at, mut before) = (0, 0);
        let units = bytes
            .iter()
            .map(|&byte| {
                before += units(text.as_bytes().get(at..byte).unwrap_or_default(), encoding);
                at = byte;
                before
            })
            .collect();
        Converted { bytes, units }
    }

    fn units_before(&self, byte: usize) -> usize {
        self.bytes.binary_search(&byte).map_or(byte, |index| self.units[index])
    }
}

/// How many units a stretch of UTF-8 has in an encoding. A code point is one byte that continues no other; those of four bytes are
/// surrogate pairs in UTF-16.
fn units(text: &[u8], encoding: Encoding) -> usize {
    let code_points = || text.iter().filter(|&&byte| byte & 0b1100_0000 != 0b1000_0000).count();
    let pairs = || text.iter().filter(|&&byte| byte >= 0b1111_0000).count();
    match encoding {
        Encoding::Utf8 => text.len(),
        Encoding::Utf16 => code_points() + pairs(),
        Encoding::Utf32 => code_points(),
    }
}

/// An offset as messages have it. Documents are limited to far fewer bytes than `i32` can count.
pub(super) fn offset(offset: usize) -> i32 {
    i32::try_from(offset).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Emoji with a modifier and joiners, a flag, combining marks, Chinese, and plain letters.
    const TEXT: &str = "a👩🏽‍🚀 e\u{301}🇩🇪漢字 z\u{308}\u{323}.";
    const TITLE: &str = "é🦀!";

    fn spans(encoding: Encoding) -> Vec<(Field, Range<usize>, v1::TextSpan)> {
        let document = Fields { title: TITLE, text: TEXT };
        let ranges: Vec<(Field, Range<usize>)> = document
            .iter()
            .flat_map(|(field, text)| text.char_indices().rev().map(move |(at, character)| (field, at..at + character.len_utf8())))
            .collect();
        let offsets = Offsets::new(document, encoding, ranges.iter().map(|(field, range)| (*field, range)));
        ranges.into_iter().map(|(field, range)| (field, range.clone(), offsets.span(field, &range))).collect()
    }

    fn check(encoding: Encoding, length: impl Fn(&str) -> usize) {
        for (field, range, span) in spans(encoding) {
            let (text, number) = match field {
                Field::Title => (TITLE, 1),
                Field::Text => (TEXT, 2),
            };
            assert_eq!(span.field, number);
            assert_eq!(span.begin_offset as usize, length(&text[..range.start]), "{encoding:?} {range:?}");
            assert_eq!(span.end_offset as usize, length(&text[..range.end]), "{encoding:?} {range:?}");
        }
    }

    #[test]
    fn utf8_offsets_count_bytes() {
        check(Encoding::Utf8, str::len);
    }

    #[test]
    fn utf16_offsets_count_units_of_which_an_emoji_has_two() {
        check(Encoding::Utf16, |text| text.encode_utf16().count());
    }

    #[test]
    fn utf32_offsets_count_code_points() {
        check(Encoding::Utf32, |text| text.chars().count());
    }
}
