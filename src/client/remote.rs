//! Classification by servers, over gRPC.

use std::{
    error::Error,
    future::Future,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use prost::Message;
use tokio::runtime::Runtime;
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;

use super::{
    Answer, Classifier, ClientError, TaskLabels,
    classifier::{answers, message},
};
use crate::{
    api::v1::{self, classification_service_client::ClassificationServiceClient, model_service_client::ModelServiceClient},
    corpus::Document,
};

/// Messages of either way may be this large: an answer with evidence is larger than its document.
const MAX_MESSAGE_BYTES: usize = 64 << 20;
/// No call carries more documents, ...
const MAX_BATCH_DOCUMENTS: usize = 1000;
/// ... nor more bytes of them.
const MAX_BATCH_BYTES: usize = 16 << 20;
/// How often a call is tried, each time at the next endpoint.
const ATTEMPTS: u32 = 7;
/// How long to wait before the second attempt; twice as long before each further one, so some 6 seconds in all.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// A server may ask for another wait, but not for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How many calls at once an endpoint is given.
const CALLS_PER_ENDPOINT: usize = 8;

/// Answers from servers, used in turn. A call that a server can't take now is tried again at the next one.
pub struct RemoteClassifier {
    runtime: Runtime,
    channels: Vec<(String, Channel)>,
    next: AtomicUsize,
    first_wait: Duration,
}

impl RemoteClassifier {
    /// Prepares connections to `endpoints`: "http://127.0.0.1:50051", or without the "http://". They are made when they are needed.
    ///
    /// # Errors
    /// If one is no such address.
    pub fn connect(endpoints: &[String]) -> Result<Self, ClientError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| ClientError::Write { output: "to the network".to_owned(), error })?;
        let channels = {
            let _entered = runtime.enter(); // a channel that connects later wants to know where
            endpoints.iter().map(|endpoint| channel(endpoint)).collect::<Result<_, _>>()?
        };
        Ok(Self { runtime, channels, next: AtomicUsize::new(0), first_wait: FIRST_WAIT })
    }

    /// Calls the endpoints in turn until one answers.
    fn call<T, F>(&self, call: impl Fn(Channel) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut wait = self.first_wait;
        let mut attempt = 1;
        loop {
            let (endpoint, channel) = &self.channels[(first + attempt as usize - 1) % self.channels.len()];
            let status = match self.runtime.block_on(call(channel.clone())) {
                Ok(response) => return Ok(response),
                Err(status) => status,
            };
            if !may_pass(&status) || attempt == ATTEMPTS {
                return Err(Failure { endpoint: endpoint.clone(), status, attempts: attempt });
            }
            let asked = status.get_details_retry_info().and_then(|info| info.retry_delay).unwrap_or_default();
            // Calls that were refused together come back apart: each waits up to a quarter longer, by its number.
            let apart = wait.mul_f64(first as f64 * 0.618 % 1.0 / 4.0);
            std::thread::sleep((wait + apart).max(asked).min(LONGEST_WAIT));
            wait *= 2;
            attempt += 1;
        }
    }

    /// Classifies what one call may carry, in halves if the answer turns out too large for a message.
    fn classify_batch(&self, documents: &[v1::Document], options: &v1::ClassificationOptions) -> Result<Vec<Answer>, ClientError> {
        let request = v1::BatchClassifyDocumentsRequest { documents: documents.to_vec(), options: Some(options.clone()) };
        let called = self.call(|channel| {
            let mut client = ClassificationServiceClient::new(channel)
                .max_decoding_message_size(MAX_MESSAGE_BYTES)
                .max_encoding_message_size(MAX_MESSAGE_BYTES);
            let request = request.clone();
            async move { client.batch_classify_documents(request).await.map(|response| response.into_inner()) }
        });
        match called {
            Ok(response) if response.results.len() == documents.len() => Ok(answers(response)),
            Ok(_) => Err(ClientError::Defect("a server gave another number of results than there were documents")),
            Err(failure) if failure.status.code() == Code::OutOfRange => match documents {
                [_] => Ok(vec![Err(failure.status.message().to_owned())]),
                _ => {
                    let (first, second) = documents.split_at(documents.len() / 2);
                    let mut answers = self.classify_batch(first, options)?;
                    answers.extend(self.classify_batch(second, options)?);
                    Ok(answers)
                }
            },
            Err(failure) => Err(failure.into()),
        }
    }
}

impl Classifier for RemoteClassifier {
    fn classify(&self, documents: &[Document], options: &v1::ClassificationOptions) -> Result<Vec<Answer>, ClientError> {
        let messages: Vec<v1::Document> = documents.iter().map(message).collect();
        let mut answers = Vec::with_capacity(messages.len());
        for batch in batches(&messages) {
            match batch {
                [document] if document.encoded_len() > MAX_BATCH_BYTES => answers.push(Err(format!(
                    "the document has {} MiB, and a call carries {} MiB: split it into smaller documents",
                    document.encoded_len() >> 20,
                    MAX_BATCH_BYTES >> 20
                ))),
                _ => answers.extend(self.classify_batch(batch, options)?),
            }
        }
        Ok(answers)
    }

    fn task_labels(&self, model_version: &str, task: &str) -> Result<TaskLabels, ClientError> {
        let response = self.call(|channel| {
            let mut client = ModelServiceClient::new(channel);
            let request = v1::GetModelRequest { name: model_version.to_owned() };
            async move { client.get_model(request).await.map(|response| response.into_inner()) }
        })?;
        TaskLabels::find(response, model_version, task)
    }

    fn parallel_calls(&self) -> usize {
        (self.channels.len() * CALLS_PER_ENDPOINT).min(64)
    }
}

/// The documents, in their order, in as few parts as calls may carry. A document that no call may carry is a part of its own.
fn batches(documents: &[v1::Document]) -> Vec<&[v1::Document]> {
    let mut batches = Vec::new();
    let (mut begin, mut bytes) = (0, 0);
    for (index, document) in documents.iter().enumerate() {
        let size = document.encoded_len();
        if index > begin && (index - begin == MAX_BATCH_DOCUMENTS || bytes + size > MAX_BATCH_BYTES) {
            batches.push(&documents[begin..index]);
            (begin, bytes) = (index, 0);
        }
        bytes += size;
    }
    if begin < documents.len() {
        batches.push(&documents[begin..]);
    }
    batches
}

fn channel(endpoint: &str) -> Result<(String, Channel), ClientError> {
    let wrong = |reason: &str| ClientError::Usage(format!("--endpoint {endpoint}: {reason}; write it like http://127.0.0.1:50051"));
    let address = match endpoint.split_once("://") {
        None => format!("http://{endpoint}"),
        Some(("http", _)) => endpoint.to_owned(),
        Some(("https", _)) => return Err(wrong("this program does not speak TLS: name a proxy that does")),
        Some(_) => return Err(wrong("not an http address")),
    };
    let parsed = Endpoint::from_shared(address.clone()).map_err(|_| wrong("not an address"))?;
    if parsed.uri().host().is_none_or(str::is_empty) {
        return Err(wrong("no host in it"));
    }
    // A server that is gone without a word is noticed by the pings.
    let channel = parsed
        .connect_timeout(Duration::from_secs(5))
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
        .connect_lazy();
    Ok((address, channel))
}

/// Whether the call may succeed when it is tried again. Classifying twice does no harm, so a connection that broke is no reason to stop.
fn may_pass(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable | Code::ResourceExhausted => true,
        Code::Unknown | Code::Internal | Code::Cancelled => status.source().is_some(), // told by the connection, not by the server
        _ => false,
    }
}

/// A call that failed for good.
struct Failure {
    endpoint: String,
    status: Status,
    attempts: u32,
}

impl From<Failure> for ClientError {
    fn from(Failure { endpoint, status, attempts }: Failure) -> Self {
        let reason = innermost(&status);
        match status.code() {
            Code::InvalidArgument | Code::NotFound | Code::FailedPrecondition | Code::Unauthenticated | Code::PermissionDenied => {
                ClientError::RefusedByServer { endpoint, reason }
            }
            _ if may_pass(&status) => ClientError::NoAnswer { endpoint, reason, attempts },
            Code::Unimplemented => {
                ClientError::ServerFailed { endpoint, reason: "it does not offer slugline.v1: is it a Slugline server?".to_owned() }
            }
            code => ClientError::ServerFailed { endpoint, reason: format!("{code:?}: {reason}") },
        }
    }
}

/// What a server says or, where none said anything, the first cause: "Connection refused (os error 111)".
fn innermost(status: &Status) -> String {
    let mut cause: Option<&dyn Error> = status.source();
    while let Some(deeper) = cause.and_then(Error::source) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| status.message().to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::{Arc, Mutex};

    use tonic::{Request, Response};
    use v1::classification_service_server::{ClassificationService, ClassificationServiceServer};

    type Handler = dyn Fn(&v1::BatchClassifyDocumentsRequest) -> Result<(), Status> + Send + Sync;

    /// A server that answers each document with its id, unless its handler has something against the request.
    #[derive(Clone)]
    struct Fake(Arc<Handler>);

    #[tonic::async_trait]
    impl ClassificationService for Fake {
        async fn batch_classify_documents(
            &self,
            request: Request<v1::BatchClassifyDocumentsRequest>,
        ) -> Result<Response<v1::BatchClassifyDocumentsResponse>, Status> {
            let request = request.into_inner();
            (self.0)(&request)?;
            let results = request.documents.into_iter().map(|document| {
                let answer = v1::Classification { document_id: document.id, ..Default::default() };
                let outcome = Some(v1::batch_classify_documents_result::Outcome::Classification(answer));
                v1::BatchClassifyDocumentsResult { outcome }
            });
            Ok(Response::new(v1::BatchClassifyDocumentsResponse { results: results.collect() }))
        }

        async fn classify_document(
            &self,
            _: Request<v1::ClassifyDocumentRequest>,
        ) -> Result<Response<v1::ClassifyDocumentResponse>, Status> {
            Err(Status::unimplemented("not here"))
        }

        type StreamClassifyDocumentsStream = tokio_stream::Empty<Result<v1::StreamClassifyDocumentsResponse, Status>>;

        async fn stream_classify_documents(
            &self,
            _: Request<tonic::Streaming<v1::StreamClassifyDocumentsRequest>>,
        ) -> Result<Response<Self::StreamClassifyDocumentsStream>, Status> {
            Err(Status::unimplemented("not here"))
        }
    }

    /// Serves on a free port for as long as the runtime lives.
    fn serve(
        runtime: &Runtime,
        handler: impl Fn(&v1::BatchClassifyDocumentsRequest) -> Result<(), Status> + Send + Sync + 'static,
    ) -> String {
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let service = ClassificationServiceServer::new(Fake(Arc::new(handler))).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        runtime.spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
        address
    }

    fn connect(endpoints: &[String]) -> RemoteClassifier {
        RemoteClassifier { first_wait: Duration::from_millis(1), ..RemoteClassifier::connect(endpoints).unwrap() }
    }

    fn documents(count: usize) -> Vec<Document> {
        (0..count).map(|id| Document { id: id.to_string(), text: "a".into(), ..Default::default() }).collect()
    }

    fn ids(answers: Result<Vec<Answer>, ClientError>) -> Vec<usize> {
        answers.unwrap().into_iter().map(|answer| answer.unwrap().document_id.parse().unwrap()).collect()
    }

    #[test]
    fn endpoints_are_used_in_turn_and_one_that_is_busy_or_gone_is_stepped_over() {
        let runtime = Runtime::new().unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let note = |name: &'static str, answer: Result<(), Status>| {
            let calls = calls.clone();
            move |_: &v1::BatchClassifyDocumentsRequest| {
                calls.lock().unwrap().push(name);
                answer.clone()
            }
        };
        let good = serve(&runtime, note("good", Ok(())));
        let busy = serve(&runtime, note("busy", Err(Status::resource_exhausted("busy"))));
        let gone = "127.0.0.1:1".to_owned();
        let classifier = connect(&[good, busy, gone]);
        for _ in 0..3 {
            assert_eq!(ids(classifier.classify(&documents(2), &Default::default())), [0, 1]);
        }
        assert_eq!(*calls.lock().unwrap(), ["good", "busy", "good", "good"]);
    }

    #[test]
    fn answers_too_large_for_a_message_are_asked_for_in_halves() {
        let runtime = Runtime::new().unwrap();
        let address = serve(&runtime, |request| match request.documents.len() {
            ..=3 => Ok(()),
            _ => Err(Status::out_of_range("too large")),
        });
        assert_eq!(ids(connect(&[address]).classify(&documents(11), &Default::default())), (0..11).collect::<Vec<_>>());
    }

    #[test]
    fn many_documents_go_in_several_calls_and_come_back_in_order() {
        let runtime = Runtime::new().unwrap();
        let address = serve(&runtime, |request| match request.documents.len() {
            ..=MAX_BATCH_DOCUMENTS => Ok(()),
            _ => Err(Status::invalid_argument("too many")),
        });
        assert_eq!(ids(connect(&[address]).classify(&documents(2500), &Default::default())), (0..2500).collect::<Vec<_>>());
    }

    #[test]
    fn a_call_that_is_wrong_is_tried_once_and_is_the_command_lines_fault() {
        let runtime = Runtime::new().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let address = serve(&runtime, move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Err(Status::invalid_argument("there is no task \"x\""))
        });
        let error = connect(std::slice::from_ref(&address)).classify(&documents(1), &Default::default()).unwrap_err();
        assert_eq!(error.to_string(), format!("http://{address} refuses the call: there is no task \"x\""));
        assert_eq!((error.exit_code(), calls.load(Ordering::Relaxed)), (2, 1));
    }

    fn document(bytes: usize) -> v1::Document {
        v1::Document { content: "x".repeat(bytes), ..Default::default() }
    }

    #[test]
    fn batches_keep_both_limits_and_lose_nothing() {
        let lengths = |documents: &[v1::Document]| batches(documents).iter().map(|batch| batch.len()).collect::<Vec<_>>();
        assert_eq!(lengths(&[]), [0_usize; 0]);
        assert_eq!(lengths(&vec![document(9); 2500]), [1000, 1000, 500]);
        assert_eq!(lengths(&vec![document(6 << 20); 5]), [2, 2, 1]);
        assert_eq!(lengths(&[document(1), document(20 << 20), document(1)]), [1, 1, 1]);
    }

    #[test]
    fn an_endpoint_may_lack_its_scheme_but_not_its_host() {
        let _in_runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = _in_runtime.enter();
        assert_eq!(channel("127.0.0.1:50051").unwrap().0, "http://127.0.0.1:50051");
        assert_eq!(channel("http://news.local:1").unwrap().0, "http://news.local:1");
        for wrong in ["", "https://a:1", "ftp://a", "http://", "a b"] {
            let error = channel(wrong).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{wrong}");
        }
    }

    #[test]
    fn a_server_that_is_not_there_is_named_with_the_reason() {
        // Nobody listens at the port of a listener that is gone.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let classifier = connect(std::slice::from_ref(&address));
        let error = classifier.classify(&[Document { text: "a".into(), ..Default::default() }], &Default::default()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&address) && text.contains("refused") && text.contains("7 times"), "{text}");
        assert_eq!(error.exit_code(), 1);
    }
}
