//! `ClassificationService` of `proto/`, over the engine: which thread works, and when.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use tracing::{Instrument as _, Span, error};

use super::{served_models::ServedModels, stop::Stop};
use crate::api::{
    ApiError, Engine, StreamState,
    v1::{self, stream_classify_documents_response::Outcome},
};

/// A document of fewer bytes is classified on the thread that has read it, in less than it takes to wake another one. A larger one
/// would keep that thread from other connections.
const INLINE_BYTES: usize = 64 << 10;

/// How many answers of a stream may wait for the client to take them.
const WAITING_ANSWERS: usize = 16;

/// The service. Until there are models it answers that they are being loaded.
#[derive(Clone)]
pub(super) struct Service {
    models: Arc<ServedModels>,
    stop: Stop,
}

impl Service {
    pub(super) fn new(models: Arc<ServedModels>, stop: Stop) -> Service {
        Service { models, stop }
    }
}

#[tonic::async_trait]
impl v1::classification_service_server::ClassificationService for Service {
    async fn classify_document(
        &self,
        request: Request<v1::ClassifyDocumentRequest>,
    ) -> Result<Response<v1::ClassifyDocumentResponse>, Status> {
        let (engine, request) = (self.models.engine()?, request.into_inner());
        let response = if is_small(request.document.as_ref()) {
            guarded(|| engine.classify_document(&request))??
        } else {
            elsewhere(move || engine.classify_document(&request)).await??
        };
        Ok(Response::new(response))
    }

    async fn batch_classify_documents(
        &self,
        request: Request<v1::BatchClassifyDocumentsRequest>,
    ) -> Result<Response<v1::BatchClassifyDocumentsResponse>, Status> {
        let (engine, request) = (self.models.engine()?, request.into_inner());
        let response = elsewhere(move || engine.classify_batch(&request)).await??;
        Ok(Response::new(response))
    }

    type StreamClassifyDocumentsStream = ReceiverStream<Result<v1::StreamClassifyDocumentsResponse, Status>>;

    async fn stream_classify_documents(
        &self,
        requests: Request<Streaming<v1::StreamClassifyDocumentsRequest>>,
    ) -> Result<Response<Self::StreamClassifyDocumentsStream>, Status> {
        self.models.engine()?;
        let (sender, answers) = mpsc::channel(WAITING_ANSWERS);
        tokio::spawn(answer_stream(self.models.clone(), requests.into_inner(), sender, self.stop.clone()).in_current_span());
        Ok(Response::new(ReceiverStream::new(answers)))
    }
}

/// Answers the requests of one stream in their order. It reads the next request only when there is room for its answer: a client that
/// takes no answers is not read from, and HTTP/2 makes it wait.
async fn answer_stream(
    models: Arc<ServedModels>,
    mut requests: Streaming<v1::StreamClassifyDocumentsRequest>,
    answers: mpsc::Sender<Result<v1::StreamClassifyDocumentsResponse, Status>>,
    mut stop: Stop,
) {
    let mut state = StreamState::default();
    // No room means that the client has gone.
    while let Ok(room) = answers.reserve().await {
        let next = if stop.is_overdue() {
            Err(ApiError::Stopping.into())
        } else {
            tokio::select! {
                biased;
                next = requests.message() => next,
                () = answers.closed() => return,
                () = stop.idle() => Err(ApiError::Stopping.into()),
            }
        };
        match next {
            // Each document by the models of its own moment: a silent stream holds none.
            Ok(Some(request)) => match models.engine() {
                Ok(engine) => room.send(Ok(answer(engine, &mut state, request).await)),
                Err(error) => return room.send(Err(error.into())),
            },
            Ok(None) => return,
            Err(status) => return room.send(Err(status)),
        }
    }
}

async fn answer(
    engine: Arc<Engine>,
    state: &mut StreamState,
    request: v1::StreamClassifyDocumentsRequest,
) -> v1::StreamClassifyDocumentsResponse {
    let request_id = request.request_id.clone();
    let response = if is_small(request.document.as_ref()) {
        guarded(|| engine.classify_in_stream(state, &request))
    } else {
        let mut moved = state.clone();
        let work = move || (engine.classify_in_stream(&mut moved, &request), moved);
        elsewhere(work).await.map(|(response, moved)| {
            *state = moved;
            response
        })
    };
    response.unwrap_or_else(|error| v1::StreamClassifyDocumentsResponse { request_id, outcome: Some(Outcome::Error(error.into())) })
}

fn is_small(document: Option<&v1::Document>) -> bool {
    document.is_none_or(|document| document.title.len() + document.content.len() < INLINE_BYTES)
}

/// Works on a thread where long work keeps nobody waiting.
async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    let span = Span::current();
    let done = tokio::task::spawn_blocking(move || span.in_scope(|| guarded(work))).await;
    done.unwrap_or(Err(ApiError::Internal)) // the runtime is shutting down
}

/// Works, and makes an error of a panic: a defect of ours shall fail one document, not a stream of them.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, ApiError> {
    // What the work shares with others are the engine's immutable models, and scratches, which the pool drops on a panic.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        error!(panic = message_of(panic.as_ref()), "a defect: classifying panicked");
        ApiError::Internal
    })
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        assert_eq!(guarded(|| -> u32 { panic!("on purpose") }), Err(ApiError::Internal));
        assert_eq!(guarded(|| 3), Ok(3));
    }

    #[test]
    fn a_document_is_small_by_title_and_content_together() {
        let half = "a".repeat(INLINE_BYTES / 2);
        let mut document = v1::Document { title: half.clone(), content: half, ..Default::default() };
        assert!(!is_small(Some(&document)));
        document.content.pop();
        assert!(is_small(Some(&document)) && is_small(None));
    }

    #[tokio::test]
    async fn calls_wait_for_the_models() {
        use v1::{classification_service_server::ClassificationService as _, model_service_server::ModelService as _};
        let (_stopper, stop) = super::super::stop::channel();
        let (models, _) = ServedModels::start(Some("/nowhere".into()), Default::default(), std::time::Duration::MAX).unwrap();
        let service = Service::new(models.clone(), stop);
        let model_service = super::super::model_service::ModelService::new(models, false);
        let statuses = [
            service.classify_document(Request::new(Default::default())).await.unwrap_err(),
            service.batch_classify_documents(Request::new(Default::default())).await.unwrap_err(),
            model_service.list_models(Request::new(Default::default())).await.unwrap_err(),
            model_service.get_model(Request::new(Default::default())).await.unwrap_err(),
        ];
        assert!(statuses.iter().all(|status| status.code() == tonic::Code::Unavailable), "{statuses:?}");
    }
}
