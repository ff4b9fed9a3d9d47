//! What happens around each call: it is let in or refused, held to its deadline, counted, and logged; its errors are given the form of ours.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::AtomicUsize},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};
use tonic::{
    Code, Status,
    body::Body,
    codegen::{
        Service as _,
        http::{Request, Response},
    },
    service::Routes,
};
use tracing::{debug, error, info};

use super::{
    activity::{Activity, OpenCall},
    admission::{Admission, Entry, Place},
    buffered::{Budget, Held},
    config::Config,
    deadline::{Deadline, stated_timeout},
};
use crate::api::{ApiError, v1::classification_service_server as classification};

/// All calls of all connections. Cheap to clone.
#[derive(Clone)]
pub(super) struct Calls {
    routes: Routes,
    admission: Arc<Admission>,
    budget: Arc<Budget>,
    /// How many calls are open that the server waits for when it stops.
    pub(super) open: Arc<AtomicUsize>,
    longest: Duration,
    max_message_bytes: usize,
}

/// The calls of one connection.
pub(super) struct ConnectionCalls {
    pub(super) calls: Calls,
    pub(super) activity: Arc<Activity>,
}

impl Calls {
    pub(super) fn new(routes: Routes, admission: Arc<Admission>, budget: Arc<Budget>, config: &Config) -> Calls {
        Calls {
            routes: routes.prepare(),
            admission,
            budget,
            open: Arc::default(),
            longest: Duration::from_secs(config.limits.max_call_seconds),
            max_message_bytes: config.max_message_bytes,
        }
    }

    /// Lets a call in, or refuses it.
    fn admit(&self, kind: Kind) -> Result<Admitted, ApiError> {
        match kind {
            Kind::Unary => self.admission.enter().map(Admitted::Call),
            Kind::Stream => self.admission.open_stream().map(Admitted::Stream),
        }
    }
}

/// The calls that are ours. Health and reflection are not held up, whatever happens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unary,
    Stream,
}

/// A call that was let in.
enum Admitted {
    Call(Entry),
    Stream(Place),
}

impl Kind {
    fn of(path: &str) -> Option<Kind> {
        let path = path.strip_prefix('/')?;
        match path.strip_prefix(classification::SERVICE_NAME) {
            Some("/StreamClassifyDocuments") => Some(Kind::Stream),
            _ => path.starts_with("slugline.").then_some(Kind::Unary),
        }
    }
}

type Answer = Result<Response<AnswerBody>, Infallible>;

/// hyper asks for the answer's future as soon as it has the call's headers, before it asks that future for anything: so all the calls that came
/// in one go are let in or refused in their order, before the first of them is worked on.
impl hyper::service::Service<Request<Incoming>> for ConnectionCalls {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut calls = self.calls.clone();
        let Some(kind) = Kind::of(request.uri().path()) else {
            let answer = calls.routes.call(request.map(|body| RequestBody { body, held: None }));
            return Box::pin(async { Ok(answer.await?.map(|body| AnswerBody { body, call: None, stream: None })) });
        };
        let began = Instant::now();
        let call = self.activity.open_call(&calls.open);
        let admitted = calls.admit(kind);
        let timeout = match (stated_timeout(request.headers()), kind) {
            (stated, Kind::Unary) => Some(stated.map_or(calls.longest, |stated| stated.min(calls.longest))),
            (stated, Kind::Stream) => stated,
        };
        let deadline = timeout.and_then(|timeout| began.checked_add(timeout));
        Box::pin(async move {
            let uri = request.uri().clone();
            let answering = calls.answer(request, admitted, deadline);
            let answered = match deadline {
                None => answering.await,
                Some(deadline) => timeout_at(deadline, answering).await.unwrap_or(Err(ApiError::DeadlineExceeded)),
            };
            let (answer, stream) = answered.unwrap_or_else(|error| (Status::from(error).into_http(), None));
            let status = Status::from_header_map(answer.headers());
            log(uri.path(), status.as_ref().map_or(Code::Ok, Status::code), began.elapsed());
            let answer = calls.mend(answer, status);
            Ok(answer.map(|body| AnswerBody { body, call: Some(call), stream }))
        })
    }
}

impl Calls {
    async fn answer(
        &mut self,
        mut request: Request<Incoming>,
        admitted: Result<Admitted, ApiError>,
        deadline: Option<Instant>,
    ) -> Result<(Response<Body>, Option<Place>), ApiError> {
        let held = Arc::new(self.budget.hold());
        let place = match admitted? {
            Admitted::Call(entry) => Some(entry.place().await?),
            Admitted::Stream(stream) => {
                request.extensions_mut().insert(held.clone());
                deadline.map(|deadline| request.extensions_mut().insert(Deadline(deadline)));
                let Ok(answer) = self.routes.call(request.map(|body| RequestBody { body, held: Some(held) })).await;
                return Ok((answer, Some(stream)));
            }
        };
        let Ok(answer) = self.routes.call(request.map(|body| RequestBody { body, held: Some(held) })).await;
        drop(place);
        Ok((answer, None))
    }

    /// Gives an error that tonic has made the form of ours.
    fn mend(&self, answer: Response<Body>, status: Option<Status>) -> Response<Body> {
        match status {
            Some(status) if status.code() != Code::Ok && status.details().is_empty() => mended(&status, self.max_message_bytes).into_http(),
            _ => answer,
        }
    }
}

/// An error that tonic has made, in the form of ours. It knows three: a message is too long, it is none, or there is no such method.
pub(super) fn mended(status: &Status, max_message_bytes: usize) -> Status {
    let error = match status.code() {
        Code::OutOfRange => ApiError::MessageTooLarge { limit: max_message_bytes },
        Code::Internal => ApiError::Malformed(status.message().to_owned()),
        Code::Unimplemented if status.message().is_empty() => ApiError::Unimplemented("there is no such method".to_owned()),
        Code::Unimplemented => ApiError::Unimplemented(status.message().to_owned()),
        _ => return status.clone(),
    };
    error.into()
}

/// One line for each call: which method, what became of it, how long it took. Nothing of what is in it.
fn log(method: &str, status: Code, latency: Duration) {
    let latency_us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
    match status {
        Code::Ok => debug!(method, latency_us, "answered"),
        Code::Unknown | Code::Internal | Code::DataLoss => error!(method, ?status, latency_us, "failed"),
        // In an overload there are too many of them to write each down.
        Code::ResourceExhausted => debug!(method, ?status, latency_us, "refused"),
        _ => info!(method, ?status, latency_us, "refused"),
    }
}

/// The body of a request. What has come of it counts as held.
pub(super) struct RequestBody {
    body: Incoming,
    held: Option<Arc<Held>>,
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = match std::task::ready!(Pin::new(&mut self.body).poll_frame(context)) {
            None => return Poll::Ready(None),
            Some(frame) => frame.map_err(|error| Status::from_error(Box::new(error))),
        };
        if let (Ok(frame), Some(held)) = (&frame, &self.held)
            && let Some(data) = frame.data_ref()
        {
            held.take(data.len())?;
        }
        Poll::Ready(Some(frame))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer. Its call is open until all of it is sent.
pub(super) struct AnswerBody {
    body: Body,
    call: Option<Arc<OpenCall>>,
    /// The place of a stream among the open ones.
    #[expect(dead_code, reason = "it is free when this is dropped")]
    stream: Option<Place>,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        let counted = |frame: Frame<Bytes>| match &self.call {
            Some(call) => frame.map_data(|data| Bytes::from_owner(call.sending(data))),
            None => frame,
        };
        Poll::Ready(frame.map(|frame| frame.map(counted)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
