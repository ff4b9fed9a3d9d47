//! The folder of trained models: `<models>/<name>/<version>/` and `<models>/<name>/aliases.json`.

use std::{collections::BTreeMap, path::PathBuf};

use super::{Model, ModelError};

/// Where models are kept.
#[derive(Clone, Debug)]
pub enum Store {
    /// A folder.
    Folder(PathBuf),
    /// The one model that is compiled into the program.
    Embedded,
}

/// A model in a store, with what versions there are of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelEntry {
    /// Its name: "news".
    pub name: String,
    /// The numbers of its versions, rising.
    pub versions: Vec<u32>,
    /// Names that stand for a version.
    pub aliases: BTreeMap<String, u32>,
}

impl ModelEntry {
    /// The version that is meant when only the model is named: `stable`, or else the newest.
    pub fn default_version(&self) -> Option<u32> {
        self.aliases.get("stable").or(self.versions.last()).copied()
    }
}

impl Store {
    /// The store in a folder, or an error if there is no such folder.
    pub fn folder(_path: impl Into<PathBuf>) -> Result<Store, ModelError> {
        todo!()
    }

    /// The models in it, by name.
    pub fn models(&self) -> Result<Vec<ModelEntry>, ModelError> {
        todo!()
    }

    /// Opens one version.
    pub fn load(&self, _name: &str, _version: u32) -> Result<Model, ModelError> {
        todo!()
    }

    /// Makes `alias` stand for `version`, atomically.
    pub fn set_alias(&self, _name: &str, _alias: &str, _version: u32) -> Result<(), ModelError> {
        todo!()
    }
}
