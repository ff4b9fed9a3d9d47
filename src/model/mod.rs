//! The trained model: classifier, explanation, file, store, registry.

pub mod card;
mod classification;
mod classifier;
mod error;
mod explanation;
pub mod file;
mod manifest;
mod registry;
mod store;

pub use classification::{Abstention, Classification, TaskClassification};
pub use classifier::{Model, Scratch};
pub use error::ModelError;
pub use explanation::{Explanation, SentenceContribution, TermContribution};
pub use manifest::{CounterfactualFigures, FORMAT_VERSION, LabelShift, Manifest, TaskManifest, TensorsFile, TrainingData};
pub use registry::{ModelRef, NotAModelRef, Registry, VersionRef};
pub use store::{ModelEntry, Published, Store};
