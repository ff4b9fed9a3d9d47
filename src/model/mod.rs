//! The trained model: classifier, explanation, file, store, registry.

pub mod card;
mod classification;
mod classifier;
mod error;
mod explanation;
pub mod file;
mod manifest;
mod out_of_fold;
mod registry;
mod store;

pub use classification::{Abstention, Classification, TaskClassification};
pub use classifier::{Model, Scratch};
pub use error::ModelError;
pub use explanation::{Explanation, SentenceContribution, TermContribution};
pub use manifest::{CounterfactualFigures, FORMAT_VERSION, LabelShift, Manifest, TaskManifest, TensorsFile, TrainingData};
pub use out_of_fold::{MAX_DOCUMENTS as MAX_OUT_OF_FOLD_DOCUMENTS, OUT_OF_FOLD, OutOfFold};
pub use registry::{ModelRef, NotAModelRef, Registry, VersionRef};
pub use store::{ModelEntry, Published, Store};
