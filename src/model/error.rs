//! What can be wrong with a model's files.

use std::{io, path::PathBuf};

/// Why a model can't be opened or published. Every message names the file or folder.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was read or written.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The models folder does not exist.
    #[error("{}: there is no such folder; give the folder that holds the models, or train one with slugline-train", .0.display())]
    NoFolder(PathBuf),
    /// There is not one model.
    #[error("{}: there is no model in this folder; train one with slugline-train", .0.display())]
    NoModels(PathBuf),
    /// The program was built without a model.
    #[error("this program was built without a default model; give a folder of models with --models")]
    NotEmbedded,
    /// A model or a version is not there.
    #[error("{}: there is no version {version} of model \"{name}\"", folder.display())]
    NoVersion {
        /// The models folder.
        folder: PathBuf,
        /// The model's name.
        name: String,
        /// The version's number.
        version: u32,
    },
    /// There is no model of this name.
    #[error("there is no model \"{name}\"; there are: {known}")]
    UnknownModel {
        /// The name.
        name: String,
        /// The models that there are.
        known: String,
    },
    /// A model has no such version.
    #[error("there is no version {version} of model \"{name}\"; there are: {known}")]
    UnknownVersion {
        /// The model's name.
        name: String,
        /// The version's number, or an alias.
        version: String,
        /// The versions and aliases that there are.
        known: String,
    },
    /// There is nothing to roll back to.
    #[error("no earlier version of {name} is remembered; name the one to go back to: slugline models activate {name} N")]
    NoPreviousVersion {
        /// The model's name.
        name: String,
    },
    /// The embedded model can't be changed.
    #[error("the default model that is compiled into the program can't be changed; give a folder of models with --models")]
    ReadOnly,
    /// The name can't be a model's or an alias.
    #[error("the name \"{0}\" can't be given: use lower-case letters, digits, \"-\" and \"_\", at most 64, a letter first")]
    Name(String),
    /// Someone else's file.
    #[error("{}: this is not a Slugline model: {reason}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A model that a newer program has written.
    #[error("{}: the model has format version {found}, and this program reads up to {supported}; use a newer program, or train anew", path.display())]
    FormatVersion {
        /// The file.
        path: PathBuf,
        /// The version it names.
        found: u64,
        /// The newest version that is read.
        supported: u32,
    },
    /// The file is not as it was written.
    #[error("{}: the file is damaged or was edited: {reason}; publish the model anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
}
