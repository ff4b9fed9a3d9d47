//! One line of JSON Lines: a document, and perhaps its labels.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use super::error::RowError;
use crate::corpus::Document;
use crate::corpus::encoding::EncodingError;
use crate::text::Printable;

/// The keys of a row that matter here, of whatever type they are. Other keys are skipped without being held.
#[derive(Default)]
pub(super) struct JsonRow {
    id: Value,
    title: Value,
    text: Value,
    content: Value,
    label: Value,
    labels: Value,
}

impl JsonRow {
    /// Reads a line; the keys `label` and `labels` only if they are asked for.
    pub fn parse(line: &str, with_labels: bool) -> Result<JsonRow, RowError> {
        let mut json = serde_json::Deserializer::from_str(line);
        let row = RowSeed { with_labels }.deserialize(&mut json).and_then(|row| json.end().map(|()| row));
        row.map_err(|error| match error.classify() {
            Category::Data => RowError::NotAnObject,
            Category::Syntax | Category::Eof | Category::Io => RowError::NotJson(without_line(&error)),
        })
    }

    /// The id, if it is a string that is not empty, or an integer.
    pub fn take_id(&mut self) -> Option<String> {
        match std::mem::take(&mut self.id) {
            Value::Text(id) if !id.is_empty() => Some(id),
            Value::Integer(id) => Some(id.to_string()),
            Value::Text(_) | Value::Absent => None,
            other => {
                self.id = other;
                None
            }
        }
    }

    /// The document, without its id. `text` goes before `content`; null is the same as nothing.
    pub fn into_document(self) -> Result<Document, RowError> {
        if !matches!(self.id, Value::Text(_) | Value::Integer(_) | Value::Absent) {
            return Err(RowError::WrongType { key: "id", expected: "a string or a 64-bit integer", found: self.id.kind() });
        }
        let title = self.title.into_text("title")?;
        let text = match self.text.into_text("text")? {
            Some(text) => Some(text),
            None => self.content.into_text("content")?,
        };
        if title.is_none() && text.is_none() {
            return Err(RowError::MissingText);
        }
        let document = Document { title: title.unwrap_or_default(), text: text.unwrap_or_default(), ..Document::default() };
        if document.title.contains('\0') || document.text.contains('\0') {
            return Err(EncodingError::Binary { line: 1 }.into());
        }
        if document.is_blank() {
            return Err(RowError::Blank);
        }
        Ok(document)
    }

    /// The labels, and whether they were given as a list.
    pub fn take_labels(&mut self) -> Result<(Vec<String>, bool), RowError> {
        const EXPECTED: &str = "a string or a list of strings";
        let (key, value) = match (std::mem::take(&mut self.label), std::mem::take(&mut self.labels)) {
            (Value::Absent, Value::Absent) => return Err(RowError::MissingLabel),
            (label, Value::Absent) => ("label", label),
            (Value::Absent, labels) => ("labels", labels),
            _ => return Err(RowError::TwoLabelKeys),
        };
        let (labels, is_list) = match value {
            Value::Text(label) if key == "label" => (vec![label], false),
            Value::List(items) => {
                let labels = items.into_iter().map(|item| match item {
                    Value::Text(label) => Ok(label),
                    other => Err(RowError::WrongType { key, expected: EXPECTED, found: other.kind_in_list() }),
                });
                (labels.collect::<Result<Vec<_>, _>>()?, true)
            }
            other if key == "labels" => return Err(RowError::WrongType { key, expected: "a list of strings", found: other.kind() }),
            other => return Err(RowError::WrongType { key, expected: EXPECTED, found: other.kind() }),
        };
        for (index, label) in labels.iter().enumerate() {
            if label.trim().is_empty() {
                return Err(RowError::BlankLabel);
            }
            let is_plain = label.bytes().all(|byte| byte.is_ascii_graphic());
            if !is_plain && *Printable::new(label) != **label {
                return Err(RowError::UnprintableLabel(label.clone()));
            }
            if labels[..index].contains(label) {
                return Err(RowError::DuplicateLabel(label.clone()));
            }
        }
        Ok((labels, is_list))
    }
}

/// A JSON value, as far as rows need it.
#[derive(Default)]
enum Value {
    /// No such key, or null.
    #[default]
    Absent,
    Text(String),
    Integer(i128),
    Number,
    Bool,
    /// With its items only where labels are read.
    List(Vec<Value>),
    Object,
}

impl Value {
    fn into_text(self, key: &'static str) -> Result<Option<String>, RowError> {
        match self {
            Value::Text(text) => Ok(Some(text)),
            Value::Absent => Ok(None),
            other => Err(RowError::WrongType { key, expected: "a string", found: other.kind() }),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Value::Absent => "null",
            Value::Text(_) => "a string",
            Value::Integer(_) | Value::Number => "a number",
            Value::Bool => "true or false",
            Value::List(_) => "a list",
            Value::Object => "an object",
        }
    }

    fn kind_in_list(&self) -> &'static str {
        match self {
            Value::Absent => "a list with null in it",
            Value::Text(_) => "a list of strings",
            Value::Integer(_) | Value::Number => "a list with a number in it",
            Value::Bool => "a list with true or false in it",
            Value::List(_) => "a list with a list in it",
            Value::Object => "a list with an object in it",
        }
    }
}

/// serde_json's message, with the column but without its "line 1": the line is that of the file.
fn without_line(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    format!("{} (column {})", message.strip_suffix(&place).unwrap_or(&message), error.column())
}

struct RowSeed {
    with_labels: bool,
}

impl<'de> DeserializeSeed<'de> for RowSeed {
    type Value = JsonRow;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<JsonRow, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed {
    type Value = JsonRow;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonRow, A::Error> {
        let mut row = JsonRow::default();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            let (slot, items) = match key {
                Key::Id => (&mut row.id, false),
                Key::Title => (&mut row.title, false),
                Key::Text => (&mut row.text, false),
                Key::Content => (&mut row.content, false),
                Key::Label if self.with_labels => (&mut row.label, true),
                Key::Labels if self.with_labels => (&mut row.labels, true),
                Key::Label | Key::Labels | Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *slot = map.next_value_seed(ValueSeed { items })?;
        }
        Ok(row)
    }
}

enum Key {
    Id,
    Title,
    Text,
    Content,
    Label,
    Labels,
    Other,
}

struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(match key {
            "id" => Key::Id,
            "title" => Key::Title,
            "text" => Key::Text,
            "content" => Key::Content,
            "label" => Key::Label,
            "labels" => Key::Labels,
            _ => Key::Other,
        })
    }
}

/// Reads a value of any type; the items of a list only if they are asked for.
struct ValueSeed {
    items: bool,
}

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Integer(number.into()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Bool)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        if self.items {
            // A list in the list is wrong in any case: its own items need not be held.
            while let Some(item) = list.next_element_seed(ValueSeed { items: false })? {
                items.push(item);
            }
        } else {
            while list.next_element::<IgnoredAny>()?.is_some() {}
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Object)
    }
}
