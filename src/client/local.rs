//! Classification in this process.

use std::{sync::Arc, thread};

use super::{
    Answer, Classifier, ClientError, TaskLabels,
    classifier::{answers, message},
};
use crate::{
    api::{Engine, Limits, v1},
    corpus::Document,
    model::{Registry, Store},
};

/// Answers from the models of a store, on the threads of its callers.
pub struct LocalClassifier {
    engine: Engine,
}

impl LocalClassifier {
    /// Opens the models of a store.
    ///
    /// # Errors
    /// If one of them can't be opened.
    pub fn open(store: &Store) -> Result<Self, ClientError> {
        let (registry, _) = Registry::load(store, 0)?; // what can't be opened is told to those who ask for it
        Ok(Self { engine: Engine::new(Arc::new(registry), Limits::default()) })
    }
}

impl Classifier for LocalClassifier {
    fn classify(&self, documents: &[Document], options: &v1::ClassificationOptions) -> Result<Vec<Answer>, ClientError> {
        let documents = documents.iter().map(message).collect();
        let request = v1::BatchClassifyDocumentsRequest { documents, options: Some(options.clone()) };
        Ok(answers(self.engine.classify_batch(&request)?))
    }

    fn task_labels(&self, model_version: &str, task: &str) -> Result<TaskLabels, ClientError> {
        let response = self.engine.get_model(&v1::GetModelRequest { name: model_version.to_owned() })?;
        TaskLabels::find(response, model_version, task)
    }

    fn parallel_calls(&self) -> usize {
        thread::available_parallelism().map_or(1, usize::from)
    }
}
