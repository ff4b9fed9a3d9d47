//! For tests: a store whose versions are copies of one small model, so that any number of them is there at once.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use super::{
    Store,
    file::{MANIFEST, TENSORS},
};

/// A store in a folder of its own, which goes with it.
pub(crate) struct StoreOfCopies {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
}

impl StoreOfCopies {
    /// The store with these versions of one model.
    pub(crate) fn new(name: &str, versions: &[u32]) -> StoreOfCopies {
        let folder = TempDir::new().unwrap();
        let store = Store::folder(folder.path()).unwrap();
        let copies = StoreOfCopies { folder, store };
        versions.iter().for_each(|&version| copies.add(name, version));
        copies
    }

    /// Adds a version, or mends it.
    pub(crate) fn add(&self, name: &str, version: u32) {
        let (from, to) = (PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/compat/format-1"), self.version(name, version));
        fs::create_dir_all(&to).unwrap();
        for file in [MANIFEST, TENSORS] {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
    }

    /// Adds a version that is cut short, or cuts one short that is there.
    pub(crate) fn add_broken(&self, name: &str, version: u32) {
        self.add(name, version);
        let tensors = self.version(name, version).join(TENSORS);
        fs::File::options().write(true).open(&tensors).unwrap().set_len(100).unwrap();
    }

    /// Takes a version away.
    pub(crate) fn remove(&self, name: &str, version: u32) {
        fs::remove_dir_all(self.version(name, version)).unwrap();
    }

    /// Writes the aliases as they are given.
    pub(crate) fn write_aliases(&self, name: &str, json: &str) {
        fs::write(self.folder.path().join(name).join("aliases.json"), json).unwrap();
    }

    /// The folder of a version.
    pub(crate) fn version(&self, name: &str, version: u32) -> PathBuf {
        self.folder.path().join(name).join(version.to_string())
    }
}
