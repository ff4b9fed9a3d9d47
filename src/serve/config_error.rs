//! What can be wrong with a configuration.

use std::path::PathBuf;

/// What is wrong with a configuration. Every message names the key, and where its value came from.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such file, or it can't be read.
    #[error("can't read the configuration {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML, or has a key or a value that means nothing.
    #[error("{}: {source}", .path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// What and where.
        source: Box<toml::de::Error>,
    },
    /// A flag or an environment variable means nothing.
    #[error("{name} is {value:?}: {problem}")]
    Override {
        /// The flag, or the variable.
        name: String,
        /// Its value.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A value makes no sense.
    #[error("the setting {key} {problem}")]
    Value {
        /// Its key, as in the file.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}
