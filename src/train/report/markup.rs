//! Text in HTML and SVG.

/// Text that stands in HTML, in an element or between quotes, as it is. What could turn the line around or is no character that a page
/// may hold shows as a replacement character (CVE-2021-42574).
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            '\n' | '\t' => escaped.push(' '),
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => escaped.push('\u{fffd}'),
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Text of the data within text of ours: escaped, kept from mixing its direction of writing with ours, and with places to break
/// after the marks that long labels are built with.
pub(super) fn data(text: &str) -> String {
    let mut breakable = escape(text);
    for mark in ["/", "_", "."] {
        breakable = breakable.replace(mark, &format!("{mark}<wbr/>"));
    }
    format!("<bdi>{breakable}</bdi>")
}

/// Roughly how many letters wide text is; those of East Asian scripts and emoji are two.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(|character| if character as u32 >= 0x1100 { 2 } else { 1 }).sum()
}

/// Text no wider than `most` letters, its end cut off for an ellipsis where it is.
pub(super) fn clipped(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut clipped = String::new();
    for character in text.chars() {
        if width(&clipped) + width(character.encode_utf8(&mut [0; 4])) >= most {
            break;
        }
        clipped.push(character);
    }
    clipped.trim_end().to_owned() + "…"
}

/// A figure between 0 and 1 with three decimals and no zero before the point: `.855`, `1.000`.
pub(super) fn share(value: f64) -> String {
    let text = format!("{value:.3}");
    text.strip_prefix('0').map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_text_is_markup() {
        assert_eq!(escape("<b a=\"x\" c='y'>&amp;"), "&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;amp;");
        assert_eq!(escape("a\u{202e}b\u{0}c\nd"), "a\u{fffd}b\u{fffd}c d");
        assert_eq!(data("rec.autos"), "<bdi>rec.<wbr/>autos</bdi>");
    }

    #[test]
    fn long_text_is_cut_where_it_is_too_wide() {
        assert_eq!(clipped("economy", 7), "economy");
        assert_eq!(clipped("economy", 6), "econo…");
        assert_eq!(clipped("経済新聞", 5), "経済…");
    }

    #[test]
    fn shares_have_no_zero_in_front() {
        assert_eq!([0.8551, 1.0, 0.0].map(share), [".855", "1.000", ".000"]);
    }
}
