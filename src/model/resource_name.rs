//! The names that requests know models by: "models/news/versions/3".

use std::{fmt, str::FromStr};

use super::ModelListing;

/// A resource name, taken apart: `models/{model}` or `models/{model}/versions/{number or alias}` (as in AIP-122).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelRef<'a> {
    /// Name of the model: "news".
    pub model: &'a str,
    /// Which of its versions.
    pub version: VersionRef<'a>,
}

/// Which version of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionRef<'a> {
    /// The one that answers for the model's name alone.
    Default,
    /// The one of this number.
    Number(u32),
    /// The one that this alias stands for.
    Alias(&'a str),
}

impl<'a> ModelRef<'a> {
    /// Takes a resource name apart. It says nothing of whether there is such a model.
    ///
    /// # Errors
    /// If it has not the form of one.
    pub fn parse(name: &'a str) -> Result<ModelRef<'a>, NotAModelRef> {
        let mut segments = name.split('/');
        let (Some("models"), Some(model)) = (segments.next(), segments.next()) else { return Err(NotAModelRef) };
        let version = match (segments.next(), segments.next(), segments.next()) {
            (None, _, _) => VersionRef::Default,
            (Some("versions"), Some(version), None) => VersionRef::parse(version)?,
            _ => return Err(NotAModelRef),
        };
        if is_segment(model) { Ok(ModelRef { model, version }) } else { Err(NotAModelRef) }
    }
}

impl<'a> VersionRef<'a> {
    /// A number without leading zeros, or else an alias.
    fn parse(segment: &'a str) -> Result<VersionRef<'a>, NotAModelRef> {
        if segment.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = u32::from_str(segment).map_err(|_| NotAModelRef)?;
            return if segment.starts_with('0') { Err(NotAModelRef) } else { Ok(VersionRef::Number(number)) };
        }
        if is_segment(segment) { Ok(VersionRef::Alias(segment)) } else { Err(NotAModelRef) }
    }

    /// The number that it has in a model.
    pub fn number_in(&self, model: &ModelListing) -> Option<u32> {
        match *self {
            VersionRef::Default => model.default_version,
            VersionRef::Number(number) => Some(number),
            VersionRef::Alias(alias) => model.aliases.get(alias).copied(),
        }
    }
}

/// Letters, digits, `_`, `-` and `.`, not beginning with a `.`.
fn is_segment(segment: &str) -> bool {
    !segment.is_empty()
        && !segment.starts_with('.')
        && segment.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
}

impl fmt::Display for ModelRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "models/{}", self.model)?;
        match self.version {
            VersionRef::Default => Ok(()),
            VersionRef::Number(number) => write!(f, "/versions/{number}"),
            VersionRef::Alias(alias) => write!(f, "/versions/{alias}"),
        }
    }
}

/// That a text has not the form of a model's resource name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name of a model has the form models/news, models/news/versions/3 or models/news/versions/stable")]
pub struct NotAModelRef;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_name_is_taken_apart_and_put_together_again() {
        for (name, version) in [
            ("models/news", VersionRef::Default),
            ("models/news/versions/3", VersionRef::Number(3)),
            ("models/news/versions/stable", VersionRef::Alias("stable")),
            ("models/news/versions/2026-11", VersionRef::Alias("2026-11")),
        ] {
            let parsed = ModelRef::parse(name).unwrap();
            assert_eq!(parsed, ModelRef { model: "news", version });
            assert_eq!(parsed.to_string(), name);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in [
            "",
            "news",
            "models",
            "models/",
            "models/news/",
            "models/news/versions",
            "models/news/versions/",
            "models/news/versions/3/",
            "models/news/versions/03",
            "models/news/versions/0",
            "models/news/versions/99999999999",
            "models/../models/news",
            "models/news/versions/../1",
            "models/news/versions/..",
            "models/..",
            "models/a b",
            "/etc",
            "/models/news",
        ] {
            assert_eq!(ModelRef::parse(name), Err(NotAModelRef), "{name}");
        }
    }

    #[test]
    fn a_version_is_looked_up_by_number_alias_and_default() {
        let model = ModelListing {
            aliases: [("stable".to_owned(), 2), ("next".to_owned(), 3)].into(),
            default_version: Some(2),
            ..Default::default()
        };
        assert_eq!(VersionRef::Default.number_in(&model), Some(2));
        assert_eq!(VersionRef::Alias("next").number_in(&model), Some(3));
        assert_eq!(VersionRef::Alias("old").number_in(&model), None);
        assert_eq!(VersionRef::Number(1).number_in(&model), Some(1));
    }
}
