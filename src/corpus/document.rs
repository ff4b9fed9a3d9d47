//! Documents: what is classified, and what is learned from.

use crate::text::Fields;

/// One article. Either text may be empty; a document is blank only if both are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The caller's name for it; may be empty.
    pub id: String,
    /// The headline.
    pub title: String,
    /// The body.
    pub text: String,
    /// BCP-47 code of its language, where someone has stated it.
    pub language: Option<String>,
}

impl Document {
    /// Its two texts.
    pub fn fields(&self) -> Fields<'_> {
        Fields { title: &self.title, text: &self.text }
    }

    /// Whether neither the title nor the text has a character that is not white space.
    pub fn is_blank(&self) -> bool {
        self.title.trim().is_empty() && self.text.trim().is_empty()
    }
}
