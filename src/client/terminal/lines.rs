//! Text and bars in a given number of columns.

use std::fmt;

use anstyle::Style;
use textwrap::{Options, WordSplitter, WrapAlgorithm, core::display_width};

use crate::text::Printable;

/// `text` between the codes that turn `style` on and off.
pub(super) fn paint(style: Style, text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{style}{text}{style:#}"))
}

/// `text` in lines of at most `width` columns, the last one ended by `…` if there would be more than `max_lines`. No
/// text is no line.
pub(super) fn wrap(text: &Printable, width: usize, max_lines: usize) -> Vec<String> {
    let options = Options::new(width).word_splitter(WordSplitter::NoHyphenation).wrap_algorithm(WrapAlgorithm::FirstFit);
    let wrapped = if text.is_empty() { Vec::new() } else { textwrap::wrap(text, options) };
    let is_cut = wrapped.len() > max_lines;
    let mut lines: Vec<String> = wrapped.into_iter().take(max_lines).map(Into::into).collect();
    if let Some(last) = lines.last_mut().filter(|_| is_cut) {
        *last = cut(last, width.saturating_sub(1)) + "…";
    }
    lines
}

/// `text` in at most `width` columns, ended by `…` where it does not fit.
pub(super) fn fit(text: &Printable, width: usize) -> String {
    if display_width(text) <= width { text.to_string() } else { cut(text, width.saturating_sub(1)) + "…" }
}

/// `text`, filled up to `width` columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(display_width(text));
    format!("{text}{:missing$}", "")
}

/// The longest beginning of `text` that takes at most `width` columns.
fn cut(text: &str, width: usize) -> String {
    let mut used = 0;
    let fitting = text.chars().take_while(|character| {
        used += display_width(character.encode_utf8(&mut [0; 4]));
        used <= width
    });
    fitting.collect::<String>().trim_end().to_owned()
}

/// A bar that fills `share`, from 0 to 1, of `cells` columns, to an eighth of a column. A share above 0 is always seen.
pub(super) fn bar(share: f32, cells: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * (cells * 8) as f32).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { eighths };
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// A pair of scales: `share`, from -1 to 1, is a bar to the right or, below 0, to the left of a line in the middle, with `cells` columns on
/// either side. To the left it is exact to half a column: Unicode has no more blocks that end at the right.
pub(super) fn balance(share: f32, cells: usize) -> String {
    if share >= 0.0 {
        return format!("{:cells$}│{}", "", pad(&bar(share, cells), cells));
    }
    let halves = (-share.max(-1.0) * (cells * 2) as f32).round().max(1.0) as usize;
    let left = ["", "▐"][halves % 2].to_owned() + &"█".repeat(halves / 2);
    format!("{left:>cells$}│{:cells$}", "")
}

/// A contribution or a score, with its sign: `+1.32`, `−0.41`.
pub(super) fn signed(number: f32) -> String {
    let digits = format!("{:.2}", number.abs());
    let sign = if number < 0.0 && digits != "0.00" { '−' } else { '+' };
    format!("{sign}{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_grows_by_eighths_of_a_column() {
        let bars = [0.0, 0.001, 0.125, 0.5, 0.75, 1.0].map(|share| bar(share, 2));
        assert_eq!(bars, ["", "▏", "▎", "█", "█▌", "██"]);
    }

    #[test]
    fn a_bar_of_no_number_is_empty_and_none_is_too_long() {
        assert_eq!((bar(f32::NAN, 4), bar(7.0, 2), bar(-1.0, 2)), (String::new(), "██".into(), String::new()));
    }

    #[test]
    fn what_speaks_against_goes_to_the_left() {
        let scales = [1.0, 0.25, 0.0, -0.001, -0.75, -9.0].map(|share| balance(share, 2));
        assert_eq!(scales, ["  │██", "  │▌ ", "  │  ", " ▐│  ", "▐█│  ", "██│  "]);
    }

    #[test]
    fn numbers_have_a_sign_unless_they_round_to_nothing() {
        assert_eq!([1.319, -0.41, -0.001].map(signed), ["+1.32", "−0.41", "+0.00"]);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let text = Printable::new("難民を救助した");
        assert_eq!(fit(&text, 14), "難民を救助した");
        assert_eq!(fit(&text, 8), "難民を…");
        assert_eq!(pad("難", 4), "難  ");
        assert_eq!(wrap(&text, 7, 9), ["難民を", "救助し", "た"]);
    }

    #[test]
    fn no_text_takes_no_line() {
        assert!(wrap(&Printable::new(" "), 8, 2).is_empty());
    }

    #[test]
    fn too_many_lines_are_cut_with_a_mark() {
        assert_eq!(wrap(&Printable::new("one two three four"), 8, 2), ["one two", "three…"]);
        assert_eq!(wrap(&Printable::new("one two three fo"), 8, 2), ["one two", "three fo"]);
    }
}
