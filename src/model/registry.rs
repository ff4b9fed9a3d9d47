//! The models that a program has open, found by their resource names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
    str::FromStr,
    sync::Arc,
};

use super::{Model, ModelEntry, ModelError, Store};

/// The model that answers where nobody names one, if there is one of this name.
const PREFERRED_MODEL: &str = "news";
/// The opened models of a store. It never changes: a new version means a new registry.
pub struct Registry {
    entries: Vec<ModelEntry>,
    loaded: BTreeMap<(String, u32), Arc<Model>>,
    default_model: String,
}

impl Registry {
    /// Opens the models in a folder. Without one: those in `./models` if there is such a folder, or else the model that is compiled
    /// into the program.
    ///
    /// # Errors
    /// As for [`Registry::load`], and if the folder is not there.
    pub fn open(models: Option<&Path>) -> Result<Registry, ModelError> {
        Registry::load(&Store::find(models)?)
    }

    /// Opens, for every model of the store, the versions that aliases name and the one that answers for the model's name alone.
    ///
    /// The default model is "news" or, without one of this name, the first by name.
    ///
    /// # Errors
    /// If the store can't be read or has no model, or one of those versions can't be opened.
    pub fn load(store: &Store) -> Result<Registry, ModelError> {
        let entries = store.models()?;
        let mut loaded = BTreeMap::new();
        for entry in &entries {
            for version in versions_to_load(entry) {
                loaded.insert((entry.name.clone(), version), Arc::new(store.load(&entry.name, version)?));
            }
        }
        let default_model = default_model(&entries).to_owned();
        Ok(Registry { entries, loaded, default_model })
    }

    /// The models of the store, by name.
    pub fn entries(&self) -> &[ModelEntry] {
        &self.entries
    }

    /// The model of this name: "news".
    pub fn entry(&self, name: &str) -> Option<&ModelEntry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The opened versions, by model and number.
    pub fn loaded(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.loaded.values()
    }

    /// Name of the model that answers where nobody names one: "news".
    pub fn default_model(&self) -> &str {
        &self.default_model
    }

    /// The opened version that a resource name means: "models/news/versions/3", "models/news/versions/stable", "models/news", or ""
    /// for the default model.
    pub fn resolve(&self, name: &str) -> Option<&Arc<Model>> {
        if name.is_empty() {
            return self.find(&ModelRef { model: &self.default_model, version: VersionRef::Default });
        }
        self.find(&ModelRef::parse(name).ok()?)
    }

    fn find(&self, name: &ModelRef) -> Option<&Arc<Model>> {
        let entry = self.entry(name.model)?;
        self.loaded.get(&(entry.name.clone(), name.version.number_in(entry)?))
    }
}

/// The versions of a model that a registry opens.
fn versions_to_load(entry: &ModelEntry) -> BTreeSet<u32> {
    entry.aliases.values().copied().chain(entry.default_version()).collect()
}

/// Empty only if there is no model at all, which a store is an error for.
fn default_model(entries: &[ModelEntry]) -> &str {
    let preferred = entries.iter().find(|entry| entry.name == PREFERRED_MODEL);
    preferred.or(entries.first()).map_or("", |entry| &entry.name)
}

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
    pub fn number_in(&self, entry: &ModelEntry) -> Option<u32> {
        match *self {
            VersionRef::Default => entry.default_version(),
            VersionRef::Number(number) => Some(number),
            VersionRef::Alias(alias) => entry.aliases.get(alias).copied(),
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

    fn entry(name: &str, versions: &[u32], aliases: &[(&str, u32)]) -> ModelEntry {
        let aliases = aliases.iter().map(|&(alias, version)| (alias.to_owned(), version)).collect();
        ModelEntry { name: name.to_owned(), versions: versions.to_vec(), aliases }
    }

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
        let entry = entry("news", &[1, 2, 3], &[("stable", 2), ("next", 3)]);
        assert_eq!(VersionRef::Default.number_in(&entry), Some(2));
        assert_eq!(VersionRef::Alias("next").number_in(&entry), Some(3));
        assert_eq!(VersionRef::Alias("old").number_in(&entry), None);
        assert_eq!(VersionRef::Number(1).number_in(&entry), Some(1));
    }

    #[test]
    fn the_versions_that_answer_are_loaded_and_no_others() {
        let load = |aliases: &[(&str, u32)]| versions_to_load(&entry("news", &[1, 2, 3, 4], aliases)).into_iter().collect::<Vec<_>>();
        assert_eq!(load(&[]), [4], "without aliases, the newest");
        assert_eq!(load(&[("stable", 2), ("next", 3)]), [2, 3], "those that aliases name");
        assert_eq!(load(&[("next", 3)]), [3, 4], "without `stable`, the newest answers for the model's name");
    }

    #[test]
    fn news_is_the_default_model_or_else_the_first() {
        let (art, news) = (entry("art", &[1], &[]), entry("news", &[1], &[]));
        assert_eq!(default_model(&[art.clone(), news]), "news");
        assert_eq!(default_model(&[art]), "art");
        assert_eq!(default_model(&[]), "");
    }
}
