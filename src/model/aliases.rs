//! Names that stand for a version: `<models>/<name>/aliases.json`, such as `{"stable": 3, "canary": 4}`.
//!
//! The file is replaced all at once, and whoever changes it holds a lock from reading to writing. So trainers, the command line and
//! servers can all change it, and no change gets lost.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::Path,
};

use super::{
    ModelEntry, ModelError, Store,
    store::{check_name, io_error, read_entry, replace_file},
};

/// The alias that requests mean when they name no version.
pub const STABLE: &str = "stable";
/// The newest version that does not answer unless it is asked for by name.
pub const CANARY: &str = "canary";
/// What `stable` stood for before it was changed.
pub const PREVIOUS: &str = "previous";

const ALIASES: &str = "aliases.json";
const LOCK: &str = ".lock";

/// What became of a version that was to have an alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activated {
    /// The alias stands for this version now.
    Now(u32),
    /// It stood for this version already, so nothing was written.
    Already(u32),
}

impl Store {
    /// Lets an alias stand for a version. Where `stable` moves, what answered before becomes `previous`.
    ///
    /// # Errors
    /// If there is no such model or version, or the version can't be opened: then nothing has changed. If the store can't be changed.
    pub fn activate(&self, name: &str, alias: &str, version: u32) -> Result<Activated, ModelError> {
        self.point(name, alias, |entry| {
            if entry.versions.contains(&version) { Ok(version) } else { Err(entry.unknown_version(&version.to_string())) }
        })
    }

    /// Lets the version answer again that did before the last change.
    ///
    /// # Errors
    /// As for [`Store::activate`], and if no earlier version is remembered.
    pub fn rollback(&self, name: &str) -> Result<Activated, ModelError> {
        self.point(name, STABLE, |entry| {
            entry.aliases.get(PREVIOUS).copied().ok_or_else(|| ModelError::NoPreviousVersion { name: name.to_owned() })
        })
    }

    /// Lets an alias stand for the version that `choose` takes, after opening it.
    fn point(&self, name: &str, alias: &str, choose: impl FnOnce(&ModelEntry) -> Result<u32, ModelError>) -> Result<Activated, ModelError> {
        let Store::Folder(models) = self else { return Err(ModelError::ReadOnly) };
        check_name(alias)?;
        self.entry(name)?; // or the error that names those that there are
        let folder = models.join(name);
        let _lock = lock(&folder)?;
        let entry = read_entry(name, &folder)?;
        let version = choose(&entry)?;
        self.load(name, version)?;
        if entry.aliases.get(alias) == Some(&version) {
            return Ok(Activated::Already(version));
        }
        move_alias(&folder, entry, alias, version)?;
        Ok(Activated::Now(version))
    }

    /// Lets an alias stand for a version that is known to be right, and remembers nothing.
    pub fn set_alias(&self, name: &str, alias: &str, version: u32) -> Result<(), ModelError> {
        let Store::Folder(models) = self else { return Err(ModelError::ReadOnly) };
        check_name(name)?;
        check_name(alias)?;
        let folder = models.join(name);
        if !folder.join(version.to_string()).is_dir() {
            return Err(ModelError::NoVersion { folder: models.clone(), name: name.into(), version });
        }
        let _lock = lock(&folder)?;
        let mut aliases = read_aliases(&folder)?;
        aliases.insert(alias.to_owned(), version);
        write_aliases(&folder, &aliases)
    }
}

/// Lets an alias of a model stand for a version. Where `stable` moves, what answered before becomes `previous`. Whoever calls it holds the
/// lock, and has read the `entry` since.
pub(super) fn move_alias(model: &Path, entry: ModelEntry, alias: &str, version: u32) -> Result<(), ModelError> {
    let former = entry.default_version();
    let mut aliases = entry.aliases;
    if let Some(former) = former.filter(|&former| alias == STABLE && former != version) {
        aliases.insert(PREVIOUS.to_owned(), former);
    }
    aliases.insert(alias.to_owned(), version);
    write_aliases(model, &aliases)
}

/// Waits until nobody else publishes a version of this model or changes its aliases. Nobody does until the file is dropped, or the process
/// ends. None where the system has no locks.
pub(super) fn lock(model: &Path) -> Result<Option<File>, ModelError> {
    let path = model.join(LOCK);
    let file = File::options().create(true).append(true).open(&path).map_err(io_error(&path))?;
    match file.lock() {
        // Some network drives have no locks. Two changes at the same moment are seldom; no change at all would be worse.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(None),
        locked => locked.map(|()| Some(file)).map_err(io_error(&path)),
    }
}

pub(super) fn read_aliases(model: &Path) -> Result<BTreeMap<String, u32>, ModelError> {
    let path = model.join(ALIASES);
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(io_error(&path)(error)),
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| ModelError::Damaged { path, reason: error.to_string() }),
    }
}

fn write_aliases(model: &Path, aliases: &BTreeMap<String, u32>) -> Result<(), ModelError> {
    let text = serde_json::to_string_pretty(aliases).expect("a map from text to numbers is JSON") + "\n";
    replace_file(&model.join(ALIASES), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::store_of_copies::StoreOfCopies;

    fn aliases(copies: &StoreOfCopies) -> Vec<(String, u32)> {
        copies.store.entry("news").unwrap().aliases.into_iter().collect()
    }

    fn owned(aliases: &[(&str, u32)]) -> Vec<(String, u32)> {
        aliases.iter().map(|&(alias, version)| (alias.to_owned(), version)).collect()
    }

    fn copies() -> StoreOfCopies {
        let copies = StoreOfCopies::new("news", &[1, 2, 3]);
        copies.write_aliases("news", r#"{"stable": 3}"#);
        copies
    }

    #[test]
    fn another_version_answers_and_the_former_one_is_remembered() {
        let copies = copies();
        assert_eq!(copies.store.activate("news", STABLE, 1).unwrap(), Activated::Now(1));
        assert_eq!(aliases(&copies), owned(&[("previous", 3), ("stable", 1)]));
        assert_eq!(copies.store.activate("news", STABLE, 1).unwrap(), Activated::Already(1));
        assert_eq!(aliases(&copies), owned(&[("previous", 3), ("stable", 1)]), "to activate it again forgets nothing");
    }

    #[test]
    fn another_alias_moves_alone() {
        let copies = copies();
        copies.store.activate("news", "canary", 1).unwrap();
        copies.store.activate("news", "canary", 2).unwrap();
        assert_eq!(aliases(&copies), owned(&[("canary", 2), ("stable", 3)]));
        assert!(matches!(copies.store.activate("news", "../x", 1), Err(ModelError::Name(_))));
    }

    #[test]
    fn two_rollbacks_come_back_to_where_they_began() {
        let copies = copies();
        assert!(matches!(copies.store.rollback("news"), Err(ModelError::NoPreviousVersion { .. })));
        copies.store.activate("news", STABLE, 2).unwrap();
        copies.store.rollback("news").unwrap();
        assert_eq!(aliases(&copies), owned(&[("previous", 2), ("stable", 3)]));
        copies.store.rollback("news").unwrap();
        assert_eq!(aliases(&copies), owned(&[("previous", 3), ("stable", 2)]));
    }

    #[test]
    fn a_version_that_can_not_be_opened_moves_nothing() {
        let copies = copies();
        copies.add_broken("news", 4);
        assert!(matches!(copies.store.activate("news", STABLE, 4), Err(ModelError::Damaged { .. })));
        assert_eq!(aliases(&copies), owned(&[("stable", 3)]));
    }

    #[test]
    fn a_model_or_version_that_is_not_there_is_told_with_those_that_are() {
        let copies = copies();
        let problem = copies.store.activate("news", STABLE, 9).unwrap_err().to_string();
        assert_eq!(problem, "there is no version 9 of model \"news\"; there are: 1, 2, 3, stable");
        assert_eq!(copies.store.rollback("old").unwrap_err().to_string(), "there is no model \"old\"; there are: news");
    }

    #[test]
    fn changes_at_the_same_time_do_not_lose_each_other() {
        let copies = copies();
        std::thread::scope(|scope| {
            for writer in ["a", "b", "c", "d"] {
                let store = &copies.store;
                scope.spawn(move || (0..20).for_each(|n| store.set_alias("news", &format!("{writer}{n}"), 1).unwrap()));
            }
        });
        assert_eq!(aliases(&copies).len(), 4 * 20 + 1);
    }
}
