//! What answers documents, wherever it runs.

use super::ClientError;
use crate::{
    api::v1,
    corpus::{Document, TaskKind},
};

/// What became of one document: its classification, or why there is none.
pub type Answer = Result<v1::Classification, String>;

/// Answers documents, in this process or on servers. Calls block, and may come from many threads at once.
pub trait Classifier: Send + Sync {
    /// One answer a document, in their order.
    ///
    /// # Errors
    /// If not one of them could be answered, for a reason that is not the documents'.
    fn classify(&self, documents: &[Document], options: &v1::ClassificationOptions) -> Result<Vec<Answer>, ClientError>;

    /// The labels of a task of the model version with this resource name, as answers have it: "models/news/versions/3".
    ///
    /// # Errors
    /// If there is no such version, or it has no such task.
    fn task_labels(&self, model_version: &str, task: &str) -> Result<TaskLabels, ClientError>;

    /// How many calls at once keep it busy.
    fn parallel_calls(&self) -> usize;
}

/// The possible answers of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskLabels {
    /// Whether a document has exactly one label or any number.
    pub kind: TaskKind,
    /// The labels' names, in the task's order.
    pub names: Vec<String>,
}

impl TaskLabels {
    /// The labels of a task, from what is told of a model.
    pub(super) fn find(response: v1::GetModelResponse, model_version: &str, task: &str) -> Result<Self, ClientError> {
        let tasks = response.version.map(|version| version.tasks).unwrap_or_default();
        let found = tasks.into_iter().find(|known| known.name == task);
        let found = found.ok_or_else(|| ClientError::Usage(format!("{model_version} has no task \"{task}\"; see slugline models show")))?;
        let kind = if found.kind() == v1::TaskKind::MultiLabel { TaskKind::MultiLabel } else { TaskKind::SingleLabel };
        Ok(Self { kind, names: found.labels.into_iter().map(|label| label.name).collect() })
    }
}

/// The document as the interface has it.
pub(super) fn message(document: &Document) -> v1::Document {
    v1::Document {
        id: document.id.clone(),
        title: document.title.clone(),
        content: document.text.clone(),
        language_code: document.language.clone().unwrap_or_default(),
    }
}

/// One answer a document from a batch's response.
pub(super) fn answers(response: v1::BatchClassifyDocumentsResponse) -> Vec<Answer> {
    use v1::batch_classify_documents_result::Outcome;
    let answers = response.results.into_iter().map(|result| match result.outcome {
        Some(Outcome::Classification(answer)) => Ok(answer),
        Some(Outcome::Error(status)) => Err(status.message),
        None => Err("the server's result is neither an answer nor an error: is it a newer version? update this program".to_owned()),
    });
    answers.collect()
}
