//! The trained model: classifier, explanation, file, store, aliases, registry.

mod aliases;
pub mod card;
mod classification;
mod classifier;
mod error;
mod explanation;
pub mod file;
mod manifest;
mod out_of_fold;
mod registry;
mod reload;
mod resource_name;
mod store;
#[cfg(test)]
pub(crate) mod store_of_copies;
mod weights;

pub use aliases::{Activated, CANARY, STABLE};
pub use classification::{Abstention, Classification, TaskClassification};
pub use classifier::{Model, Scratch};
pub use error::ModelError;
pub use explanation::{Explanation, SentenceContribution, TermContribution};
pub use manifest::{CounterfactualFigures, FORMAT_VERSION, LabelShift, Manifest, TaskManifest, TensorsFile, TrainingData};
pub use out_of_fold::{MAX_DOCUMENTS as MAX_OUT_OF_FOLD_DOCUMENTS, OUT_OF_FOLD, OutOfFold};
pub use registry::{Absence, ModelListing, Registry};
pub use reload::{Reload, ReloadProblem};
pub use resource_name::{ModelRef, NotAModelRef, VersionRef};
pub(crate) use store::check_name;
pub use store::{ModelEntry, Published, Store, SurveyedModel, VersionStamp};
pub(crate) use weights::Weights;
