//! Front matter: TOML between two lines of `+++` at the head of a text.

/// A text parted into its front matter and its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrontMatter<'a> {
    /// What stands between the `+++` lines. It begins at line 2 of the file.
    pub toml: &'a str,
    /// What follows, and the line of the file it begins at.
    pub body: &'a str,
    /// See `body`.
    pub body_line: usize,
}

/// The line of the file at which [`FrontMatter::toml`] begins.
pub(super) const TOML_LINE: usize = 2;

/// There is a `+++` at the head of the text, but none that ends the front matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclosed;

/// Parts a text into front matter and body. None if it does not begin with a line of `+++`.
pub(super) fn split(text: &str) -> Result<Option<FrontMatter<'_>>, Unclosed> {
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| is_fence(line)) else { return Ok(None) };
    let mut end = first.len();
    for (index, line) in lines.enumerate() {
        if is_fence(line) {
            let body = &text[end + line.len()..];
            return Ok(Some(FrontMatter { toml: &text[first.len()..end], body, body_line: TOML_LINE + index + 1 }));
        }
        end += line.len();
    }
    Err(Unclosed)
}

fn is_fence(line: &str) -> bool {
    line.trim_end() == "+++"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_front_matter_from_body_with_any_line_ends() {
        let parts = split("+++\na = 1\nb = 2\n+++\nBody.\n").unwrap().unwrap();
        assert_eq!(parts, FrontMatter { toml: "a = 1\nb = 2\n", body: "Body.\n", body_line: 5 });
        let parts = split("+++ \r\na = 1\r\n+++\r\nBody.").unwrap().unwrap();
        assert_eq!(parts, FrontMatter { toml: "a = 1\r\n", body: "Body.", body_line: 4 });
        let parts = split("+++\n+++").unwrap().unwrap();
        assert_eq!(parts, FrontMatter { toml: "", body: "", body_line: 3 });
    }

    #[test]
    fn a_text_that_does_not_begin_with_a_fence_has_none() {
        for text in ["", "Plain.", "\n+++\na = 1\n+++\n", "++++\n+++\n", "Text\n+++\n"] {
            assert_eq!(split(text), Ok(None), "{text:?}");
        }
    }

    #[test]
    fn a_fence_that_is_never_closed_is_an_error() {
        for text in ["+++", "+++\ntitle = \"x\"\nBody without an end", "+++\n ++++\n"] {
            assert_eq!(split(text), Err(Unclosed), "{text:?}");
        }
    }
}
