//! The folder of trained models: `<models>/<name>/<version>/` and `<models>/<name>/aliases.json`.
//!
//! A version appears all at once, by renaming a folder that is complete, and its model never changes. Aliases are replaced all at once
//! too. So whoever opens the store at any moment finds whole models only.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    Model, ModelError,
    aliases::{STABLE, lock, move_alias, read_aliases},
    card::CARD,
    file::{self, EncodedModel, MANIFEST, TENSORS},
    out_of_fold::OUT_OF_FOLD,
};

/// Where models are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        self.aliases.get(STABLE).or(self.versions.last()).copied()
    }

    /// That there is no such version, with those that there are.
    pub fn unknown_version(&self, version: &str) -> ModelError {
        let known: Vec<String> = self.versions.iter().map(u32::to_string).chain(self.aliases.keys().cloned()).collect();
        ModelError::UnknownVersion { name: self.name.clone(), version: version.to_owned(), known: known.join(", ") }
    }
}

/// The name of a model in a store, and what there is of it, or why that can't be read.
pub type SurveyedModel = (String, Result<ModelEntry, ModelError>);

/// What the two files of a version look like from outside: for each its length in bytes and the time of its last change, if it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VersionStamp {
    manifest: Option<(u64, Option<SystemTime>)>,
    tensors: Option<(u64, Option<SystemTime>)>,
}

/// What became of a model that was to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is this new version.
    New(u32),
    /// This version is identical to it already, so nothing was written.
    Already(u32),
}

/// The folder of models that is used if none is named.
const DEFAULT_FOLDER: &str = "models";

impl Store {
    /// The store in a folder, or an error if there is no such folder.
    pub fn folder(path: impl Into<PathBuf>) -> Result<Store, ModelError> {
        let path = path.into();
        if path.is_dir() { Ok(Store::Folder(path)) } else { Err(ModelError::NoFolder(path)) }
    }

    /// The store in `folder`; without one, that in `./models` if there are models in it, or else the compiled-in one.
    pub fn find(folder: Option<&Path>) -> Result<Store, ModelError> {
        match folder {
            Some(folder) => Store::folder(folder),
            None => match Store::folder(DEFAULT_FOLDER).map(|store| (store.models(), store)) {
                Err(ModelError::NoFolder(_)) | Ok((Err(ModelError::NoModels(_)), _)) => Ok(Store::Embedded),
                found => found.map(|(_, store)| store),
            },
        }
    }

    /// The models in it, by name: at least one.
    pub fn models(&self) -> Result<Vec<ModelEntry>, ModelError> {
        self.survey()?.into_iter().map(|(_, entry)| entry).collect()
    }

    /// The models in it, by name: at least one. If one can't be read, the others still are.
    pub fn survey(&self) -> Result<Vec<SurveyedModel>, ModelError> {
        let Store::Folder(folder) = self else {
            let embedded = embedded::FILES.ok_or(ModelError::NotEmbedded)?;
            let aliases = BTreeMap::from([(STABLE.to_owned(), embedded.version)]);
            let entry = ModelEntry { name: embedded::NAME.to_owned(), versions: vec![embedded.version], aliases };
            return Ok(vec![(entry.name.clone(), Ok(entry))]);
        };
        let mut models = Vec::new();
        for name in folder_names(folder)? {
            let path = folder.join(&name);
            if check_name(&name).is_err() {
                continue;
            }
            let entry = match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => read_entry(&name, &path),
                Err(problem) if problem.kind() != io::ErrorKind::NotFound => Err(io_error(&path)(problem)),
                _ => continue,
            };
            if entry.as_ref().map_or(true, |entry| !entry.versions.is_empty()) {
                models.push((name, entry));
            }
        }
        models.sort_by(|(a, _), (b, _)| a.cmp(b));
        if models.is_empty() { Err(ModelError::NoModels(folder.clone())) } else { Ok(models) }
    }

    /// The model of this name.
    ///
    /// # Errors
    /// [`ModelError::UnknownModel`] if there is none, with those that there are, or if it can't be read.
    pub fn entry(&self, name: &str) -> Result<ModelEntry, ModelError> {
        let mut models = self.survey()?;
        match models.iter().position(|(model, _)| model == name) {
            Some(index) => models.swap_remove(index).1,
            None => {
                let known: Vec<&str> = models.iter().map(|(model, _)| model.as_str()).collect();
                Err(ModelError::UnknownModel { name: name.to_owned(), known: known.join(", ") })
            }
        }
    }

    /// Whether a model has a folder, be it an empty one.
    pub(super) fn has_folder(&self, name: &str) -> bool {
        matches!(self, Store::Folder(models) if models.join(name).is_dir())
    }

    /// What the files of a version look like from outside. If it is the same twice, they have not changed in between.
    pub fn stamp(&self, name: &str, version: u32) -> VersionStamp {
        let Store::Folder(models) = self else { return VersionStamp::default() };
        let folder = models.join(name).join(version.to_string());
        let stamp = |file: &str| {
            let metadata = fs::metadata(folder.join(file)).ok()?;
            Some((metadata.len(), metadata.modified().ok()))
        };
        VersionStamp { manifest: stamp(MANIFEST), tensors: stamp(TENSORS) }
    }

    /// Opens one version, checking every byte of it.
    pub fn load(&self, name: &str, version: u32) -> Result<Model, ModelError> {
        match self {
            Store::Embedded => {
                let embedded = embedded::FILES.ok_or(ModelError::NotEmbedded)?;
                file::decode(name, version, embedded.manifest, embedded.tensors, Path::new("<default model>"))
            }
            Store::Folder(models) => {
                let folder = models.join(name).join(version.to_string());
                if !folder.is_dir() {
                    return Err(ModelError::NoVersion { folder: models.clone(), name: name.into(), version });
                }
                let read = |file: &str| fs::read(folder.join(file)).map_err(io_error(&folder.join(file)));
                file::decode(name, version, &read(MANIFEST)?, &read(TENSORS)?, &folder)
            }
        }
    }

    /// Publishes a model as a new version and lets `alias` stand for it; where that is `stable`, what answered before becomes `previous`. If
    /// a version is identical to it, no alias moves; only where nothing is `stable` yet and this is to be, it is that version.
    ///
    /// Nothing of it is seen before all of it is on the disk. What publications have left that were killed is removed.
    pub fn publish(&self, name: &str, model: &EncodedModel, alias: &str) -> Result<Published, ModelError> {
        let Store::Folder(models) = self else { return Err(ModelError::ReadOnly) };
        check_name(name)?;
        check_name(alias)?;
        let folder = models.join(name);
        // Whatever went wrong in making it, a model that can't be opened is never published.
        file::decode(name, 0, &model.manifest, &model.tensors, &folder)?;
        fs::create_dir_all(&folder).map_err(io_error(&folder))?;
        let lock = lock(&folder)?;
        if lock.is_some() {
            remove_leftovers(&folder)?;
        }
        let mut entry = read_entry(name, &folder)?;
        let is_same = |version: &&u32| fs::read(folder.join(version.to_string()).join(MANIFEST)).is_ok_and(|m| m == model.manifest);
        if let Some(&same) = entry.versions.iter().find(is_same) {
            complete(&folder.join(same.to_string()), model)?;
            if alias == STABLE && !entry.aliases.contains_key(STABLE) {
                move_alias(&folder, entry, STABLE, same)?;
            }
            return Ok(Published::Already(same));
        }
        let unfinished = tempfile::Builder::new().prefix(PUBLISHING).tempdir_in(&folder).map_err(io_error(&folder))?;
        for (file, bytes) in
            [(TENSORS, &model.tensors), (MANIFEST, &model.manifest), (CARD, &model.card), (OUT_OF_FOLD, &model.out_of_fold)]
        {
            write_synced(&unfinished.path().join(file), bytes)?;
        }
        sync_folder(unfinished.path())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(unfinished.path(), fs::Permissions::from_mode(0o755)).map_err(io_error(unfinished.path()))?;
        }
        let mut version = entry.versions.last().map_or(1, |newest| newest + 1);
        // Where there are no locks, another trainer may take the number first: a rename onto a folder that is not empty fails, and the next
        // number is tried.
        while let Err(error) = fs::rename(unfinished.path(), folder.join(version.to_string())) {
            if !matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists) {
                return Err(io_error(&folder.join(version.to_string()))(error));
            }
            version += 1;
        }
        sync_folder(&folder)?;
        if let Some(former) = entry.default_version()
            && alias != STABLE
        {
            // Without this the newest would answer, which is this one now.
            entry.aliases.entry(STABLE.to_owned()).or_insert(former);
        }
        move_alias(&folder, entry, alias, version)?;
        Ok(Published::New(version))
    }
}

/// What the folders and files are called that are still being written.
const PUBLISHING: &str = ".publishing-";
const UNFINISHED: &str = ".unfinished-";

/// Removes what those have left who were killed while they wrote. Only they can have: whoever calls it holds the lock.
fn remove_leftovers(folder: &Path) -> Result<(), ModelError> {
    for name in folder_names(folder)? {
        let path = folder.join(&name);
        let removed = match () {
            () if name.starts_with(PUBLISHING) => fs::remove_dir_all(&path),
            () if name.starts_with(UNFINISHED) => fs::remove_file(&path),
            () => continue,
        };
        removed.map_err(io_error(&path))?;
    }
    Ok(())
}

/// Gives a version that was published by an older program what newer ones have beside the model.
fn complete(version: &Path, model: &EncodedModel) -> Result<(), ModelError> {
    remove_leftovers(version)?;
    let (card, out_of_fold) = (version.join(CARD), version.join(OUT_OF_FOLD));
    // A card that is there may have been added to by hand.
    if !card.exists() {
        replace_file(&card, &model.card)?;
    }
    // Predictions that are there may be damaged.
    if !fs::read(&out_of_fold).is_ok_and(|bytes| bytes == model.out_of_fold) {
        replace_file(&out_of_fold, &model.out_of_fold)?;
    }
    Ok(())
}

/// Lower-case letters, digits, `-` and `_`, a letter first: safe as a folder's name and in a resource name.
pub(crate) fn check_name(name: &str) -> Result<(), ModelError> {
    let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(safe) {
        Ok(())
    } else {
        Err(ModelError::Name(name.into()))
    }
}

/// The number that a version's folder is named by.
fn version_number(folder: &str) -> Option<u32> {
    folder.parse().ok().filter(|number: &u32| *number > 0 && number.to_string() == folder)
}

pub(super) fn read_entry(name: &str, folder: &Path) -> Result<ModelEntry, ModelError> {
    let mut versions: Vec<u32> = folder_names(folder)?.iter().filter_map(|version| version_number(version)).collect();
    versions.sort_unstable();
    Ok(ModelEntry { name: name.to_owned(), versions, aliases: read_aliases(folder)? })
}

fn folder_names(folder: &Path) -> Result<Vec<String>, ModelError> {
    let names: Result<Vec<_>, _> = fs::read_dir(folder).map_err(io_error(folder))?.map(|entry| Ok(entry?.file_name())).collect();
    Ok(names.map_err(io_error(folder))?.into_iter().filter_map(|name| name.into_string().ok()).collect())
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(io_error(path))
}

/// Writes a file all at once, in place of the one that may be there.
pub(super) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut unfinished = tempfile::Builder::new();
    unfinished.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        unfinished.permissions(fs::Permissions::from_mode(0o644));
    }
    let mut unfinished = unfinished.tempfile_in(folder).map_err(io_error(folder))?;
    unfinished.write_all(bytes).and_then(|()| unfinished.as_file().sync_all()).map_err(io_error(path))?;
    unfinished.persist(path).map_err(|error| io_error(path)(error.error))?;
    sync_folder(folder)
}

/// Makes names in a folder durable. Only Unix opens folders as files; elsewhere the system sees to it.
fn sync_folder(folder: &Path) -> Result<(), ModelError> {
    if cfg!(unix) { File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error(folder)) } else { Ok(()) }
}

pub(super) fn io_error(path: &Path) -> impl Fn(io::Error) -> ModelError + use<> {
    let path = path.to_owned();
    move |source| ModelError::Io { path: path.clone(), source }
}

/// The default model, as build.rs found it.
mod embedded {
    pub(super) const NAME: &str = "news";

    #[derive(Clone, Copy)]
    pub(super) struct DefaultModel {
        pub(super) version: u32,
        pub(super) manifest: &'static [u8],
        pub(super) tensors: &'static [u8],
    }

    include!(concat!(env!("OUT_DIR"), "/default_model.rs"));
}
