//! The models that a program has open, found by their resource names.

use std::{collections::BTreeMap, sync::Arc};

use super::{Model, ModelRef, VersionRef, VersionStamp};

/// The model that answers where nobody names one, if there is one of this name.
const PREFERRED_MODEL: &str = "news";

/// The opened models of a store. It never changes: [`Registry::reload`] makes a new one, which shares the models that stayed the same.
pub struct Registry {
    pub(super) models: Vec<ModelListing>,
    pub(super) opened: BTreeMap<(String, u32), OpenedVersion>,
    /// The versions that can't be opened, with what their files looked like: they are tried again when those change. None where the files
    /// could not even be read, which is not their fault: they are tried again each time.
    pub(super) refused: BTreeMap<(String, u32), Option<VersionStamp>>,
    pub(super) default_model: String,
    pub(super) newest: usize,
}

/// An opened version.
#[derive(Clone)]
pub(super) struct OpenedVersion {
    pub(super) model: Arc<Model>,
    /// What its files looked like just before it was read.
    pub(super) stamp: VersionStamp,
}

impl PartialEq for OpenedVersion {
    fn eq(&self, other: &Self) -> bool {
        self.stamp == other.stamp && Arc::ptr_eq(&self.model, &other.model)
    }
}

/// What can be asked of a model, and what can't.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelListing {
    /// Its name: "news".
    pub name: String,
    /// The numbers of the versions that are open, rising.
    pub versions: Vec<u32>,
    /// Names that stand for one of them.
    pub aliases: BTreeMap<String, u32>,
    /// The one that is meant when only the model is named. None if it can't be opened, and no other one has answered before.
    pub default_version: Option<u32>,
    /// The versions that can't be opened, with what is wrong with each.
    pub refused: BTreeMap<u32, String>,
    /// The versions that are not opened unless an alias names them, rising.
    pub unopened: Vec<u32>,
}

/// Why no opened version has a certain name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Nothing in the store has this name.
    Unknown,
    /// This version is there, and is not open because no alias names it.
    Unopened {
        /// The model's name.
        model: String,
        /// The version's number.
        version: u32,
    },
    /// It is there and can't be opened: what is wrong with it.
    Refused(String),
}

impl Registry {
    /// The models of the store, by name.
    pub fn models(&self) -> &[ModelListing] {
        &self.models
    }

    /// The model of this name: "news".
    pub fn model(&self, name: &str) -> Option<&ModelListing> {
        self.models.iter().find(|model| model.name == name)
    }

    /// The opened versions, by model and number.
    pub fn opened(&self) -> impl ExactSizeIterator<Item = &Arc<Model>> {
        self.opened.values().map(|version| &version.model)
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
        let model = self.model(name.model)?;
        self.opened.get(&(model.name.clone(), name.version.number_in(model)?)).map(|version| &version.model)
    }

    /// Why [`Registry::resolve`] finds nothing of this name.
    pub fn absence(&self, name: &str) -> Absence {
        let Some((model, name)) = ModelRef::parse(name).ok().and_then(|name| Some((self.model(name.model)?, name))) else {
            return Absence::Unknown;
        };
        let refused = match name.version.number_in(model) {
            Some(version) if model.unopened.contains(&version) => return Absence::Unopened { model: model.name.clone(), version },
            Some(version) => model.refused.get(&version),
            None if name.version == VersionRef::Default => model.refused.values().next_back(),
            None => None,
        };
        refused.map_or(Absence::Unknown, |problem| Absence::Refused(problem.clone()))
    }
}

/// The model that answers where nobody names one: "news" or, without one of this name, the first.
pub(super) fn default_model<'n>(names: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    names.clone().find(|&name| name == PREFERRED_MODEL).or(names.clone().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_is_the_default_model_or_else_the_first() {
        assert_eq!(default_model(["art", "news"].into_iter()), Some("news"));
        assert_eq!(default_model(["art", "sport"].into_iter()), Some("art"));
        assert_eq!(default_model([].into_iter()), None);
    }

    #[test]
    fn what_is_not_open_says_why() {
        let model = ModelListing {
            name: "news".into(),
            versions: vec![2],
            refused: [(3, "cut short".to_owned())].into(),
            unopened: vec![1],
            ..Default::default()
        };
        let registry =
            Registry { models: vec![model], opened: BTreeMap::new(), refused: BTreeMap::new(), default_model: "news".into(), newest: 1 };
        let absence = |name: &str| registry.absence(name);
        assert_eq!(absence("models/news/versions/1"), Absence::Unopened { model: "news".into(), version: 1 });
        assert_eq!(absence("models/news/versions/3"), Absence::Refused("cut short".into()));
        assert_eq!(absence("models/news"), Absence::Refused("cut short".into()), "nothing answers for it, for this reason");
        for name in ["models/news/versions/4", "models/news/versions/canary", "models/art", "art"] {
            assert_eq!(absence(name), Absence::Unknown, "{name}");
        }
    }
}
