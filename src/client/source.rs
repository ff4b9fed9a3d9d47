//! Where the answers come from: the flags `--models`, `--endpoint` and `--model`.

use std::{path::PathBuf, sync::Arc};

use super::{Classifier, ClientError, LocalClassifier, RemoteClassifier};
use crate::model::Store;

/// Which models to ask, and where they are.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ModelSource {
    /// Folder of models to classify with. Default: ./models if there is one, else the model that is compiled in
    #[arg(long, value_name = "FOLDER", conflicts_with = "endpoint")]
    pub models: Option<PathBuf>,
    /// Server to ask instead, such as http://127.0.0.1:50051. Give several to share the work among them
    #[arg(long, value_name = "URL")]
    pub endpoint: Vec<String>,
    /// Model to use: "news", or in full "models/news/versions/3". Default: the default model
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
}

impl ModelSource {
    /// Opens the models, or prepares the connections.
    ///
    /// # Errors
    /// If the models can't be opened or an endpoint is no address. Whether a server is there shows when it is asked.
    pub fn open(&self) -> Result<Arc<dyn Classifier>, ClientError> {
        if self.endpoint.is_empty() {
            Ok(Arc::new(LocalClassifier::open(&Store::find(self.models.as_deref())?)?))
        } else {
            Ok(Arc::new(RemoteClassifier::connect(&self.endpoint)?))
        }
    }

    /// The resource name to ask for; empty for the default model.
    pub fn model_version(&self) -> String {
        match &self.model {
            None => String::new(),
            Some(name) if name.starts_with("models/") => name.clone(),
            Some(name) => format!("models/{name}"),
        }
    }

    /// In words, for the record of a run. Servers come and go, so it does not say which.
    pub(super) fn describe(&self) -> String {
        match &self.models {
            _ if !self.endpoint.is_empty() => "servers".to_owned(),
            Some(folder) => folder.display().to_string(),
            None => "default".to_owned(),
        }
    }
}
