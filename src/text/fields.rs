//! The two texts that an article is made of.

/// The texts of one article, borrowed from wherever they are kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fields<'a> {
    /// The headline; may be empty.
    pub title: &'a str,
    /// The body; may be empty.
    pub text: &'a str,
}

/// One of the two texts of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// [`Fields::title`]
    Title,
    /// [`Fields::text`]
    Text,
}

impl<'a> Fields<'a> {
    /// The text of one field.
    pub fn get(&self, field: Field) -> &'a str {
        match field {
            Field::Title => self.title,
            Field::Text => self.text,
        }
    }

    /// Both fields, in reading order.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &'a str)> + use<'a> {
        [(Field::Title, self.title), (Field::Text, self.text)].into_iter()
    }

    /// Length of both texts together, in bytes.
    pub fn len(&self) -> usize {
        self.title.len() + self.text.len()
    }

    /// Whether there is no byte in either text.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
