//! The trained model: classifier, explanation, file, store.

mod classification;
mod explanation;
mod manifest;
mod registry;
mod store;

pub use classification::{Abstention, Classification, TaskClassification};
pub use explanation::{Explanation, SentenceContribution, TermContribution};
pub use manifest::{Manifest, TaskManifest, TrainingData};
pub use registry::{ModelRef, NotAModelRef, Registry, VersionRef};
pub use store::{ModelEntry, Store};

use crate::text::Fields;

/// Why a model can't be opened or published.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {}

/// A trained model, ready to classify.
pub struct Model {}

/// Working memory for classifying, kept from one document to the next; one a thread.
pub struct Scratch {}

impl Model {
    /// "news"
    pub fn name(&self) -> &str {
        todo!()
    }
    /// 3
    pub fn version(&self) -> u32 {
        todo!()
    }
    /// "models/news/versions/3"
    pub fn resource_name(&self) -> &str {
        todo!()
    }
    /// What its manifest says.
    pub fn manifest(&self) -> &Manifest {
        todo!()
    }
    /// How many terms it knows.
    pub fn vocabulary_size(&self) -> usize {
        todo!()
    }
    /// Working memory for this model.
    pub fn scratch(&self) -> Scratch {
        todo!()
    }
    /// Classifies a document. `language` is its BCP-47 code, where someone has stated it.
    pub fn classify(&self, _document: Fields, _language: Option<&str>, _scratch: &mut Scratch) -> Classification {
        todo!()
    }
    /// Explains the scores of labels, each given as (task, label), in that order.
    pub fn explain(&self, _document: Fields, _labels: &[(usize, usize)], _scratch: &mut Scratch) -> Vec<Explanation> {
        todo!()
    }
}
