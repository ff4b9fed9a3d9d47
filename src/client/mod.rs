//! The clients: in-process and remote classification, the archive runner, what a terminal shows.
//!
//! - [`Classifier`]: what answers, [`LocalClassifier`] in this process or [`RemoteClassifier`] over gRPC.
//! - [`archive`]: rows in, answers out, in order, however many there are, and resumable.
//! - [`classify`], [`evaluate`], [`models`]: the commands of the `slugline` program, with their flags.

pub mod archive;
mod classifier;
pub mod classify;
pub mod evaluate;

mod error;

pub mod json_lines;
mod local;
pub mod models;
mod ordered;
pub mod progress;
mod remote;
mod source;
pub mod terminal;

pub use classifier::{Answer, Classifier, TaskLabels};
pub use error::ClientError;
pub use local::LocalClassifier;
pub use remote::RemoteClassifier;
pub use source::ModelSource;
