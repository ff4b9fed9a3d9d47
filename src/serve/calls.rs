//! One line in the log for each call: which method, what became of it, how long it took. Nothing of what is in it.

use std::time::Duration;

use tonic::{
    Code,
    body::Body,
    codegen::http::{Request, Response},
};
use tower_http::{
    classify::{GrpcErrorsAsFailures, GrpcFailureClass, SharedClassifier},
    trace::TraceLayer,
};
use tracing::{Span, debug, error, info, info_span};

type GrpcClassifier = SharedClassifier<GrpcErrorsAsFailures>;

/// The layer that logs calls.
pub(super) type LogCalls = TraceLayer<
    GrpcClassifier,
    fn(&Request<Body>) -> Span,
    (),
    fn(&Response<Body>, Duration, &Span),
    (),
    (),
    fn(GrpcFailureClass, Duration, &Span),
>;

/// The layer that logs calls. All that is logged meanwhile is within the span of its call.
pub(super) fn log_calls() -> LogCalls {
    TraceLayer::new_for_grpc()
        .make_span_with(span as fn(&Request<Body>) -> Span)
        .on_request(())
        .on_body_chunk(())
        .on_eos(())
        .on_response(answered as fn(&Response<Body>, Duration, &Span))
        .on_failure(failed as fn(GrpcFailureClass, Duration, &Span))
}

fn span(request: &Request<Body>) -> Span {
    info_span!("call", method = request.uri().path())
}

/// A failure whose status is in the headers is logged by [`failed`].
fn answered(response: &Response<Body>, latency: Duration, _: &Span) {
    if response.headers().get("grpc-status").is_none_or(|status| status == "0") {
        info!(status = "Ok", latency_us = microseconds(latency), "answered");
    }
}

fn failed(failure: GrpcFailureClass, latency: Duration, _: &Span) {
    let latency_us = microseconds(latency);
    match failure {
        GrpcFailureClass::Status(status) => match Code::from_i32(status.code_raw()) {
            status @ (Code::Unknown | Code::Internal | Code::DataLoss) => error!(?status, latency_us, "failed"),
            status => info!(?status, latency_us, "refused"),
        },
        // The connection broke, which is the caller's affair.
        broken => debug!(problem = %broken, latency_us, "broken off"),
    }
}

fn microseconds(latency: Duration) -> u64 {
    u64::try_from(latency.as_micros()).unwrap_or(u64::MAX)
}
