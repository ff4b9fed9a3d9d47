//! How an open registry follows its store.
//!
//! Whatever is wrong in the store changes nothing of what is open already: a version that can't be opened leaves the former one where
//! it was, under all its names.

use std::{collections::BTreeMap, io};

use super::{
    ModelEntry, ModelError, ModelListing, ModelRef, Registry, Store, VersionRef,
    aliases::STABLE,
    registry::{OpenedVersion, default_model},
};

/// What came of looking at the store again.
pub struct Reload {
    /// The new registry, if anything is other than before.
    pub registry: Option<Registry>,
    /// What could not be read. A version is told once, until its files change; the rest each time.
    pub problems: Vec<ReloadProblem>,
}

/// Something that can't be read from the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReloadProblem {
    /// Its resource name: a version "models/news/versions/3", a model "models/news", or all "models".
    pub name: String,
    /// What is wrong, where, and what to do.
    pub problem: String,
}

impl Registry {
    /// Opens, for every model of the store, the versions that aliases name, the one that answers for the model's name alone, and the
    /// `newest` ones. Gives what could not be opened, too.
    ///
    /// The default model is "news" or, without one of this name, the first by name.
    ///
    /// # Errors
    /// If the store can't be read or has no model, or the version can't be opened that answers where no model is named.
    pub fn load(store: &Store, newest: usize) -> Result<(Registry, Vec<ReloadProblem>), ModelError> {
        let mut found = store.survey()?;
        let name = default_model(found.iter().map(|(name, _)| name.as_str())).unwrap_or_default().to_owned();
        let mut start =
            Registry { models: Vec::new(), opened: BTreeMap::new(), refused: BTreeMap::new(), default_model: name.clone(), newest };
        if let Some(index) = found.iter().position(|(model, _)| *model == name) {
            let (_, entry) = found.swap_remove(index);
            let entry = entry?;
            if let Some(version) = entry.default_version() {
                let opened = OpenedVersion { stamp: store.stamp(&name, version), model: store.load(&name, version)?.into() };
                start.opened.insert((name.clone(), version), opened);
            }
            found.push((name, Ok(entry)));
        }
        let mut next = Draft::new(&start, store);
        found.into_iter().for_each(|(name, entry)| next.add(name, entry));
        Ok(next.finish())
    }

    /// Looks at the store again. Versions whose files are the same stay open as they are, and nothing of them is read; so this is cheap
    /// when nothing has changed.
    ///
    /// - An alias whose version can't be opened stands for the version that it stood for before, or for none.
    /// - A version that can't be opened is never the default one.
    /// - A model whose versions or aliases can't be read, or that has no versions any more, stays as it was; one whose folder is gone goes.
    /// - If there is no store any more, or nothing in it can answer, all stays as it was.
    pub fn reload(&self, store: &Store) -> Reload {
        let found = match store.survey() {
            Ok(found) => found,
            Err(problem) => return Reload { registry: None, problems: vec![problem_of("models".to_owned(), &problem)] },
        };
        let mut next = Draft::new(self, store);
        // Someone may be about to put other versions in the place of those that were there.
        let is_empty = |model: &&ModelListing| !found.iter().any(|(name, _)| *name == model.name) && store.has_folder(&model.name);
        self.models.iter().filter(is_empty).for_each(|model| next.keep_as_it_was(&model.name));
        found.into_iter().for_each(|(name, entry)| next.add(name, entry));
        let (registry, problems) = next.finish();
        let answers = registry.resolve("").is_some();
        let changed = registry.models != self.models
            || registry.opened != self.opened
            || registry.refused != self.refused
            || registry.default_model != self.default_model;
        Reload { registry: (answers && changed).then_some(registry), problems }
    }
}

/// A registry in the making.
struct Draft<'a> {
    former: &'a Registry,
    store: &'a Store,
    next: Registry,
    problems: Vec<ReloadProblem>,
}

impl<'a> Draft<'a> {
    fn new(former: &'a Registry, store: &'a Store) -> Self {
        let next = Registry {
            models: Vec::new(),
            opened: BTreeMap::new(),
            refused: BTreeMap::new(),
            default_model: former.default_model.clone(),
            newest: former.newest,
        };
        Draft { former, store, next, problems: Vec::new() }
    }

    /// Adds a model as it is in the store, or as it was if that can't be read.
    fn add(&mut self, name: String, entry: Result<ModelEntry, ModelError>) {
        match entry {
            Ok(entry) => self.add_entry(entry),
            Err(problem) => {
                self.keep_as_it_was(&name);
                let name = ModelRef { model: &name, version: VersionRef::Default }.to_string();
                self.problems.push(problem_of(name, &problem));
            }
        }
    }

    fn keep_as_it_was(&mut self, name: &str) {
        let of_model = |key: &(String, u32)| key.0 == name;
        self.next.models.extend(self.former.model(name).cloned());
        self.next.opened.extend(self.former.opened.iter().filter(|(key, _)| of_model(key)).map(|(key, v)| (key.clone(), v.clone())));
        self.next.refused.extend(self.former.refused.iter().filter(|(key, _)| of_model(key)).map(|(key, s)| (key.clone(), *s)));
    }

    fn add_entry(&mut self, entry: ModelEntry) {
        let (name, former) = (&entry.name, self.former.model(&entry.name));
        let mut model = ModelListing { name: name.clone(), ..Default::default() };
        for &version in entry.aliases.values() {
            self.open(&mut model, version);
        }
        // Without `stable`, the newest one answers. Those that can't be opened do not count.
        let mut missing = self.next.newest.max(usize::from(!entry.aliases.contains_key(STABLE)));
        for &version in entry.versions.iter().rev() {
            if missing == 0 {
                break;
            }
            if self.open(&mut model, version) {
                missing -= 1;
            }
        }
        for (alias, &version) in &entry.aliases {
            let before = former.and_then(|former| former.aliases.get(alias).copied());
            if let Some(version) = [Some(version), before].into_iter().flatten().find(|&version| self.keep(name, version)) {
                model.aliases.insert(alias.clone(), version);
            }
        }
        let is_open = |version: &u32| self.next.opened.contains_key(&(name.clone(), *version));
        let chosen = match entry.aliases.get(STABLE) {
            // If it can't be opened, better none than one that nobody has chosen to answer.
            Some(_) => model.aliases.get(STABLE).copied(),
            None => entry.versions.iter().rev().copied().find(is_open),
        };
        let before = former.and_then(|former| former.default_version);
        model.default_version = chosen.or_else(|| before.filter(|&version| self.keep(name, version)));
        model.versions = self.next.opened.range((name.clone(), 0)..=(name.clone(), u32::MAX)).map(|((_, version), _)| *version).collect();
        let elsewhere = |version: &u32| model.versions.contains(version) || model.refused.contains_key(version);
        model.unopened = entry.versions.iter().copied().filter(|version| !elsewhere(version)).collect();
        self.next.models.push(model);
    }

    /// Opens a version, unless its files are as they were the last time. Gives whether it is open now.
    fn open(&mut self, model: &mut ModelListing, version: u32) -> bool {
        let key = (model.name.clone(), version);
        if self.next.opened.contains_key(&key) || self.next.refused.contains_key(&key) {
            return self.next.opened.contains_key(&key);
        }
        // Before the files are read: if they change meanwhile, they are read again the next time.
        let stamp = self.store.stamp(&model.name, version);
        let known_problem = || self.former.model(&model.name)?.refused.get(&version).cloned();
        let mut refused_with = Some(stamp);
        let problem = match (self.former.opened.get(&key), self.former.refused.get(&key), known_problem()) {
            (Some(former), _, _) if former.stamp == stamp => {
                self.next.opened.insert(key, former.clone());
                return true;
            }
            (_, Some(former), Some(problem)) if *former == Some(stamp) => problem,
            _ => match self.store.load(&model.name, version) {
                Ok(opened) => {
                    self.next.opened.insert(key, OpenedVersion { model: opened.into(), stamp });
                    return true;
                }
                Err(error) => {
                    let name = ModelRef { model: &model.name, version: VersionRef::Number(version) }.to_string();
                    let unreadable = matches!(&error, ModelError::Io { source, .. } if source.kind() != io::ErrorKind::NotFound);
                    refused_with = (!unreadable).then_some(stamp);
                    self.problems.push(problem_of(name, &error));
                    error.to_string()
                }
            },
        };
        model.refused.insert(version, problem);
        self.next.refused.insert(key, refused_with);
        // Its files were right once, and what was made of them is here still.
        self.keep(&model.name, version)
    }

    /// Keeps a version that is open. Gives whether there is one.
    fn keep(&mut self, name: &str, version: u32) -> bool {
        let key = (name.to_owned(), version);
        if let Some(former) = self.former.opened.get(&key) {
            self.next.opened.entry(key.clone()).or_insert_with(|| former.clone());
        }
        self.next.opened.contains_key(&key)
    }

    fn finish(mut self) -> (Registry, Vec<ReloadProblem>) {
        self.next.models.sort_by(|a, b| a.name.cmp(&b.name));
        let able = self.next.models.iter().filter(|model| model.default_version.is_some()).map(|model| model.name.as_str());
        if let Some(name) = default_model(able) {
            self.next.default_model = name.to_owned();
        }
        (self.next, self.problems)
    }
}

fn problem_of(name: String, problem: &ModelError) -> ReloadProblem {
    ReloadProblem { name, problem: problem.to_string() }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc};

    use super::*;
    use crate::model::{Absence, file::MANIFEST, store_of_copies::StoreOfCopies};

    fn load(copies: &StoreOfCopies) -> Registry {
        Registry::load(&copies.store, 3).unwrap().0
    }

    /// The registry after another look at the store, and the names of what could not be read.
    fn reload(registry: Registry, copies: &StoreOfCopies) -> (Registry, Vec<String>) {
        let reload = registry.reload(&copies.store);
        (reload.registry.unwrap_or(registry), reload.problems.into_iter().map(|problem| problem.name).collect())
    }

    fn versions<'r>(registry: &'r Registry, model: &str) -> &'r [u32] {
        &registry.model(model).unwrap().versions
    }

    fn version(registry: &Registry, name: &str) -> Option<u32> {
        registry.resolve(name).map(|model| model.version())
    }

    #[test]
    fn versions_that_aliases_name_the_default_one_and_the_newest_are_opened() {
        let copies = StoreOfCopies::new("news", &[1, 2, 3, 4, 5, 6]);
        let registry = load(&copies);
        assert_eq!((versions(&registry, "news"), version(&registry, "")), (&[4, 5, 6][..], Some(6)));
        copies.write_aliases("news", r#"{"stable": 2, "canary": 6}"#);
        let (registry, _) = reload(registry, &copies);
        assert_eq!((versions(&registry, "news"), version(&registry, "")), (&[2, 4, 5, 6][..], Some(2)));
        assert_eq!(registry.model("news").unwrap().unopened, [1, 3]);
        assert_eq!(registry.absence("models/news/versions/3"), Absence::Unopened { model: "news".into(), version: 3 });
        let (only_named, _) = Registry::load(&copies.store, 0).unwrap();
        assert_eq!(versions(&only_named, "news"), [2, 6]);
    }

    #[test]
    fn nothing_is_made_anew_when_nothing_has_changed_and_versions_that_stay_are_shared() {
        let copies = StoreOfCopies::new("news", &[1]);
        let registry = load(&copies);
        assert!(registry.reload(&copies.store).registry.is_none());
        copies.add("news", 2);
        let new = registry.reload(&copies.store).registry.unwrap();
        let first = |registry: &Registry| registry.resolve("models/news/versions/1").unwrap().clone();
        assert!(Arc::ptr_eq(&first(&registry), &first(&new)));
        assert_eq!(version(&new, "models/news"), Some(2));
    }

    #[test]
    fn a_version_that_can_not_be_opened_changes_nothing_and_is_tried_again_only_when_its_files_change() {
        let copies = StoreOfCopies::new("news", &[1]);
        copies.add_broken("news", 2);
        copies.write_aliases("news", r#"{"stable": 1, "canary": 1}"#);
        let registry = load(&copies);
        copies.write_aliases("news", r#"{"stable": 2, "canary": 2, "new": 2}"#);
        let (registry, problems) = reload(registry, &copies);
        assert!(problems.is_empty(), "it was refused at the first load: {problems:?}");
        for name in ["models/news", "models/news/versions/canary"] {
            assert_eq!(version(&registry, name), Some(1), "{name}");
        }
        assert_eq!(version(&registry, "models/news/versions/new"), None);
        assert!(
            matches!(registry.absence("models/news/versions/2"), Absence::Refused(problem) if problem.contains("news/2/model.safetensors"))
        );
        copies.add("news", 2);
        let (registry, problems) = reload(registry, &copies);
        assert!(problems.is_empty());
        assert_eq!(version(&registry, "models/news"), Some(2));
        assert!(registry.model("news").unwrap().refused.is_empty());
    }

    #[test]
    fn a_version_that_can_not_even_be_read_is_tried_again_each_time() {
        let copies = StoreOfCopies::new("news", &[1]);
        copies.write_aliases("news", r#"{"stable": 1}"#);
        fs::create_dir_all(copies.version("news", 2).join(MANIFEST)).unwrap(); // a folder instead of a file
        let (registry, first) = reload(load(&copies), &copies);
        let (registry, second) = reload(registry, &copies);
        assert_eq!((first, second), (vec!["models/news/versions/2".to_owned()], vec!["models/news/versions/2".to_owned()]));
        assert!(registry.reload(&copies.store).registry.is_none());
    }

    #[test]
    fn broken_newest_versions_are_never_the_default_nor_push_good_ones_out() {
        let copies = StoreOfCopies::new("news", &[1, 2]);
        let registry = load(&copies);
        (3..=6).for_each(|version| copies.add_broken("news", version));
        let (registry, problems) = reload(registry, &copies);
        assert_eq!(problems.len(), 4);
        assert_eq!((versions(&registry, "news"), version(&registry, "")), (&[1, 2][..], Some(2)));
        assert!(registry.reload(&copies.store).problems.is_empty(), "told once");
    }

    #[test]
    fn a_version_whose_files_break_later_serves_on_and_so_does_one_that_vanishes_while_it_has_an_alias() {
        let copies = StoreOfCopies::new("news", &[1, 2, 3]);
        copies.write_aliases("news", r#"{"stable": 2, "canary": 1}"#);
        let registry = load(&copies);
        copies.remove("news", 1);
        copies.add_broken("news", 2);
        copies.add_broken("news", 3);
        let (registry, problems) = reload(registry, &copies);
        assert_eq!(problems, ["models/news/versions/1", "models/news/versions/2", "models/news/versions/3"]);
        for (name, number) in [("", 2), ("models/news/versions/canary", 1), ("models/news/versions/3", 3)] {
            assert_eq!(version(&registry, name), Some(number), "{name}");
        }
        copies.write_aliases("news", r#"{"stable": 2}"#);
        let (registry, _) = reload(registry, &copies);
        assert_eq!(versions(&registry, "news"), [2, 3], "nothing names version 1 any more");
    }

    #[test]
    fn a_model_that_can_not_be_read_stays_and_one_whose_folder_is_gone_goes() {
        let copies = StoreOfCopies::new("news", &[1]);
        copies.add("art", 1);
        copies.add("weather", 1);
        let registry = load(&copies);
        copies.write_aliases("news", "{");
        copies.remove("weather", 1);
        fs::remove_dir_all(copies.folder.path().join("art")).unwrap();
        copies.add("sport", 1);
        let (registry, problems) = reload(registry, &copies);
        assert_eq!(problems, ["models/news"]);
        assert_eq!(registry.models().iter().map(|model| model.name.as_str()).collect::<Vec<_>>(), ["news", "sport", "weather"]);
        assert_eq!((version(&registry, ""), version(&registry, "models/weather")), (Some(1), Some(1)));
    }

    #[test]
    fn without_a_store_or_anything_in_it_that_can_answer_all_stays_as_it_was() {
        let copies = StoreOfCopies::new("news", &[1]);
        let registry = load(&copies);
        copies.remove("news", 1);
        let (registry, problems) = reload(registry, &copies);
        assert_eq!((problems, version(&registry, "")), (vec!["models".to_owned()], Some(1)));
        copies.add_broken("art", 1);
        let (registry, _) = reload(registry, &copies);
        assert_eq!(version(&registry, ""), Some(1), "the only other model can't be opened");
        fs::remove_dir_all(copies.folder.path()).unwrap();
        assert_eq!(version(&reload(registry, &copies).0, ""), Some(1));
    }

    #[test]
    fn the_first_load_fails_only_if_the_version_that_answers_can_not_be_opened() {
        let copies = StoreOfCopies::new("news", &[1, 2]);
        copies.add_broken("news", 3);
        copies.add_broken("art", 1);
        assert!(Registry::load(&copies.store, 3).is_err(), "without aliases the newest version answers");
        copies.write_aliases("news", r#"{"stable": 2}"#);
        let (registry, problems) = Registry::load(&copies.store, 3).unwrap();
        assert_eq!(
            problems.iter().map(|problem| problem.name.as_str()).collect::<Vec<_>>(),
            ["models/art/versions/1", "models/news/versions/3"]
        );
        assert_eq!(version(&registry, ""), Some(2));
        assert!(matches!(registry.absence("models/art"), Absence::Refused(_)));
        copies.write_aliases("news", r#"{"stable": 3}"#);
        assert!(Registry::load(&copies.store, 3).is_err());
    }

    #[test]
    fn where_stable_can_not_be_opened_no_version_answers_that_nobody_has_chosen() {
        let copies = StoreOfCopies::new("news", &[1]);
        copies.add_broken("art", 1);
        copies.add("art", 2);
        copies.write_aliases("art", r#"{"stable": 1}"#);
        let registry = load(&copies);
        assert_eq!(version(&registry, "models/art"), None);
        assert_eq!(version(&registry, "models/art/versions/2"), Some(2));
    }
}
