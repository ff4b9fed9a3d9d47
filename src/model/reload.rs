//! How an open registry follows its store.
//!
//! Whatever is wrong in the store changes nothing of what is open already: a version that can't be opened leaves the former one where
//! it was, under all its names.

use std::collections::BTreeMap;

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
            found.sort_by(|(a, _), (b, _)| a.cmp(b));
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
    /// - A model whose versions or aliases can't be read stays as it was; one whose folder is gone goes.
    /// - If there is no store any more, or nothing in it can answer, all stays as it was.
    pub fn reload(&self, store: &Store) -> Reload {
        let found = match store.survey() {
            Ok(found) => found,
            Err(problem) => return Reload { registry: None, problems: vec![problem_of("models".to_owned(), &problem)] },
        };
        let mut next = Draft::new(self, store);
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
        let problem = match (self.former.opened.get(&key), self.former.refused.get(&key), known_problem()) {
            (Some(former), _, _) if former.stamp == stamp => {
                self.next.opened.insert(key, former.clone());
                return true;
            }
            (_, Some(former), Some(problem)) if *former == stamp => problem,
            _ => match self.store.load(&model.name, version) {
                Ok(opened) => {
                    self.next.opened.insert(key, OpenedVersion { model: opened.into(), stamp });
                    return true;
                }
                Err(error) => {
                    let name = ModelRef { model: &model.name, version: VersionRef::Number(version) }.to_string();
                    let problem = error.to_string();
                    self.problems.push(ReloadProblem { name, problem: problem.clone() });
                    problem
                }
            },
        };
        model.refused.insert(version, problem);
        self.next.refused.insert(key, stamp);
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
