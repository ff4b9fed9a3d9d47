//! `ClassificationService` of `proto/`, over the engine: which thread works, and when.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use prost::Message as _;
use tokio::{
    sync::{Semaphore, mpsc},
    time::sleep_until,
};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming, codegen::BoxStream};
use tracing::error;

use super::{
    admission::Admission, buffered::Held, calls::mended, config::Config, deadline::Deadline, served_models::ServedModels, shadow::Shadow,
    stop::Stop,
};
use crate::api::{
    ApiError, Engine, StreamState,
    v1::{self, stream_classify_documents_response::Outcome},
};

/// A document of fewer bytes is classified on the thread that has read it. A larger one would keep that thread from other connections.
const INLINE_BYTES: usize = 16 << 10;
/// How many times as long it takes to explain a document as to classify it.
const EXPLAINING: usize = 8;

/// The service. Until there are models it answers that they are being loaded.
#[derive(Clone)]
pub(super) struct Service {
    models: Arc<ServedModels>,
    shadow: Option<Shadow>,
    stop: Stop,
    admission: Arc<Admission>,
    /// Lets as many long works run at once as there are cores: more of them would only keep the threads waiting that serve connections.
    cores: Arc<Semaphore>,
    waiting_answers: usize,
    max_message_bytes: usize,
}

impl Service {
    pub(super) fn new(
        config: &Config,
        models: Arc<ServedModels>,
        shadow: Option<Shadow>,
        stop: Stop,
        admission: Arc<Admission>,
    ) -> Service {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Service {
            models,
            shadow,
            stop,
            admission,
            cores: Arc::new(Semaphore::new(cores)),
            waiting_answers: config.limits.max_stream_documents,
            max_message_bytes: config.max_message_bytes,
        }
    }
}

#[tonic::async_trait]
impl v1::classification_service_server::ClassificationService for Service {
    async fn classify_document(
        &self,
        request: Request<v1::ClassifyDocumentRequest>,
    ) -> Result<Response<v1::ClassifyDocumentResponse>, Status> {
        let (engine, request, shadow) = (self.models.engine()?, request.into_inner(), self.shadow.clone());
        let is_quick = is_quick(request.document.as_ref(), request.options.as_ref());
        let work = move || {
            let response = engine.classify_document(&request)?;
            offer(&shadow, &engine, request.document.as_ref(), response.classification.as_ref());
            Ok::<_, ApiError>(response)
        };
        let response = if is_quick { guarded(work) } else { self.elsewhere(move |_| work()).await };
        Ok(Response::new(response??))
    }

    async fn batch_classify_documents(
        &self,
        request: Request<v1::BatchClassifyDocumentsRequest>,
    ) -> Result<Response<v1::BatchClassifyDocumentsResponse>, Status> {
        use v1::batch_classify_documents_result::Outcome;

        let (engine, request, shadow) = (self.models.engine()?, request.into_inner(), self.shadow.clone());
        let work = move |wanted: &dyn Fn() -> bool| {
            let response = engine.classify_batch(&request, wanted)?;
            for (document, result) in request.documents.iter().zip(&response.results) {
                if let Some(Outcome::Classification(answer)) = &result.outcome {
                    offer(&shadow, &engine, Some(document), Some(answer));
                }
            }
            Ok::<_, ApiError>(response)
        };
        Ok(Response::new(self.elsewhere(work).await??))
    }

    type StreamClassifyDocumentsStream = BoxStream<v1::StreamClassifyDocumentsResponse>;

    async fn stream_classify_documents(
        &self,
        requests: Request<Streaming<v1::StreamClassifyDocumentsRequest>>,
    ) -> Result<Response<Self::StreamClassifyDocumentsStream>, Status> {
        self.models.engine()?;
        let (sender, answers) = mpsc::channel(self.waiting_answers);
        tokio::spawn(self.clone().answer_stream(requests, sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(answers).map(|Waiting { answer, .. }| answer))))
    }
}

/// An answer that waits for the caller to take it, and what it holds meanwhile.
struct Waiting {
    answer: Result<v1::StreamClassifyDocumentsResponse, Status>,
    #[expect(dead_code, reason = "it is held until this is dropped")]
    held: Option<Held>,
}

impl Service {
    /// Answers the requests of one stream in their order. It reads the next request only when there is room for its answer: a client that
    /// takes no answers is not read from, and HTTP/2 makes it wait.
    async fn answer_stream(self, requests: Request<Streaming<v1::StreamClassifyDocumentsRequest>>, answers: mpsc::Sender<Waiting>) {
        let held = requests.extensions().get::<Arc<Held>>().cloned();
        let deadline = requests.extensions().get::<Deadline>().copied();
        let ending = answers.clone();
        tokio::select! {
            () = self.answer_in_order(requests.into_inner(), answers, held) => {}
            () = passed(deadline) => {
                // Nobody waits for an answer that there is no room for.
                let _ = ending.try_send(Waiting { answer: Err(ApiError::DeadlineExceeded.into()), held: None });
            }
        }
    }

    async fn answer_in_order(
        &self,
        mut requests: Streaming<v1::StreamClassifyDocumentsRequest>,
        answers: mpsc::Sender<Waiting>,
        held: Option<Arc<Held>>,
    ) {
        let mut state = StreamState::default();
        let mut stop = self.stop.clone();
        // No room means that the client has gone.
        while let Ok(room) = answers.reserve().await {
            let next = if stop.is_overdue() {
                Err(ApiError::Stopping.into())
            } else {
                tokio::select! {
                    biased;
                    next = requests.message() => next.map_err(|status| mended(&status, self.max_message_bytes)),
                    () = answers.closed() => return,
                    () = stop.idle() => Err(ApiError::Stopping.into()),
                }
            };
            match next {
                Ok(Some(request)) => {
                    let answer = self.answer(&mut state, request).await;
                    let waiting = held.as_ref().map(|held| held.release_and_hold(answer.encoded_len()));
                    room.send(match waiting.transpose() {
                        Ok(held) => Waiting { answer: Ok(answer), held },
                        Err(error) => Waiting { answer: Ok(failed(answer.request_id, error)), held: None },
                    });
                }
                Ok(None) => return,
                Err(status) => return room.send(Waiting { answer: Err(status), held: None }),
            }
        }
    }

    async fn answer(&self, state: &mut StreamState, request: v1::StreamClassifyDocumentsRequest) -> v1::StreamClassifyDocumentsResponse {
        let request_id = request.request_id.clone();
        self.classify_in_stream(state, request).await.unwrap_or_else(|error| failed(request_id, error))
    }

    async fn classify_in_stream(
        &self,
        state: &mut StreamState,
        request: v1::StreamClassifyDocumentsRequest,
    ) -> Result<v1::StreamClassifyDocumentsResponse, ApiError> {
        let _place = self.admission.place().await?;
        let (engine, shadow) = (self.models.engine()?, self.shadow.clone());
        let is_quick = is_quick(request.document.as_ref(), request.options.as_ref());
        let work = move |state: &mut StreamState| {
            let response = engine.classify_in_stream(state, &request);
            if let Some(Outcome::Classification(answer)) = &response.outcome {
                offer(&shadow, &engine, request.document.as_ref(), Some(answer));
            }
            response
        };
        if is_quick {
            return guarded(|| work(state));
        }
        let mut moved = state.clone();
        let (response, moved) = self.elsewhere(move |_| (work(&mut moved), moved)).await?;
        *state = moved;
        Ok(response)
    }

    /// Works on a thread where long work keeps nobody waiting, when a core is free for it. `work` can ask whether its result is still wanted:
    /// not if the caller has gone, or its deadline has passed.
    async fn elsewhere<T: Send + 'static>(&self, work: impl FnOnce(&dyn Fn() -> bool) -> T + Send + 'static) -> Result<T, ApiError> {
        let core = self.cores.clone().acquire_owned().await.map_err(|_| ApiError::Internal)?; // never closed
        // Dropped with this future, if nobody waits for it any more.
        let caller = Arc::new(());
        let waiting = Arc::downgrade(&caller);
        let done = tokio::task::spawn_blocking(move || {
            let _core = core;
            guarded(|| work(&|| waiting.strong_count() > 0))
        });
        let done = done.await.unwrap_or(Err(ApiError::Internal)); // the runtime is shutting down
        drop(caller);
        done
    }
}

/// Lets the version that is tried out, if there is one, have a look at the document.
fn offer(shadow: &Option<Shadow>, engine: &Engine, document: Option<&v1::Document>, answer: Option<&v1::Classification>) {
    if let (Some(shadow), Some(document), Some(answer)) = (shadow, document, answer) {
        shadow.offer(engine, document, answer);
    }
}

/// The answer to a request of a stream that failed.
fn failed(request_id: String, error: ApiError) -> v1::StreamClassifyDocumentsResponse {
    v1::StreamClassifyDocumentsResponse { request_id, outcome: Some(Outcome::Error(error.into())) }
}

/// Waits until a deadline has passed; for ever if there is none.
async fn passed(deadline: Option<Deadline>) {
    match deadline {
        Some(Deadline(deadline)) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Whether a document is classified in less time than it takes to wake another thread for it, or not much more.
fn is_quick(document: Option<&v1::Document>, options: Option<&v1::ClassificationOptions>) -> bool {
    let bytes = document.map_or(0, |document| document.title.len() + document.content.len());
    let explains = options.is_some_and(|options| options.evidence() > v1::EvidenceLevel::None);
    bytes < if explains { INLINE_BYTES / EXPLAINING } else { INLINE_BYTES }
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
    fn a_document_is_quick_by_title_content_and_what_is_asked_of_it() {
        let half = "a".repeat(INLINE_BYTES / 2);
        let mut document = v1::Document { title: half.clone(), content: half, ..Default::default() };
        assert!(!is_quick(Some(&document), None));
        document.content.pop();
        assert!(is_quick(Some(&document), None) && is_quick(None, None));
        let mut options = v1::ClassificationOptions::default();
        assert!(is_quick(Some(&document), Some(&options)));
        options.set_evidence(v1::EvidenceLevel::Sentences);
        assert!(!is_quick(Some(&document), Some(&options)));
    }
    #[tokio::test]
    async fn calls_wait_for_the_models() {
        use v1::{classification_service_server::ClassificationService as _, model_service_server::ModelService as _};
        let config = Config::default();
        let (_stopper, stop) = super::super::stop::channel();
        let (models, _) = ServedModels::start(Some("/nowhere".into()), Default::default(), std::time::Duration::MAX).unwrap();
        let service = Service::new(&config, models.clone(), None, stop, Admission::new(&config.limits));
        let model_service = super::super::model_service::ModelService::new(models, false, None);
        let statuses = [
            service.classify_document(Request::new(Default::default())).await.unwrap_err(),
            service.batch_classify_documents(Request::new(Default::default())).await.unwrap_err(),
            model_service.list_models(Request::new(Default::default())).await.unwrap_err(),
            model_service.get_model(Request::new(Default::default())).await.unwrap_err(),
        ];
        assert!(statuses.iter().all(|status| status.code() == tonic::Code::Unavailable), "{statuses:?}");
    }
}
