//! Any bytes as a request, from decoding it to encoding its answer, by the default model.
//!
//! The first byte of the input says which call it is.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use prost::Message;
use slugline::{
    api::{ApiError, Engine, Limits, StreamState, v1},
    model::{Registry, Store},
};
use slugline_fuzz::answers;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let (registry, _) = Registry::load(&Store::Embedded, 0).expect("a default model is compiled in");
    Engine::new(Arc::new(registry), Limits::default())
});

fuzz_target!(|bytes: &[u8]| {
    let Some((call, bytes)) = bytes.split_first() else { return };
    match call % 5 {
        0 => v1::ClassifyDocumentRequest::decode(bytes).map_or((), |request| drop(classify(&request))),
        1 => v1::BatchClassifyDocumentsRequest::decode(bytes).map_or((), |request| batch(&request)),
        2 => stream(bytes),
        3 => v1::GetModelRequest::decode(bytes).map_or((), |request| finish(ENGINE.get_model(&request))),
        _ => v1::ListModelsRequest::decode(bytes).map_or((), |request| finish(ENGINE.list_models(&request))),
    }
});

fn classify(request: &v1::ClassifyDocumentRequest) -> Option<v1::Classification> {
    let answer = ENGINE.classify_document(request);
    let classification = answer.as_ref().ok().and_then(|answer| answer.classification.clone());
    finish(answer);
    if let (Some(document), Some(classification)) = (&request.document, &classification) {
        answers::check(&ENGINE, document, &request.options.clone().unwrap_or_default(), classification);
    }
    classification
}

fn batch(request: &v1::BatchClassifyDocumentsRequest) {
    use v1::batch_classify_documents_result::Outcome;

    let answer = ENGINE.classify_batch(request, &|| true);
    for (document, result) in request.documents.iter().zip(answer.iter().flat_map(|answer| &answer.results)) {
        let alone = classify(&v1::ClassifyDocumentRequest { document: Some(document.clone()), options: request.options.clone() });
        match result.outcome.as_ref().expect("each document has an outcome") {
            Outcome::Classification(classification) => assert_eq!(alone.as_ref(), Some(classification)),
            Outcome::Error(error) => assert!(alone.is_none() && !error.message.is_empty()),
        }
    }
    assert!(answer.as_ref().map_or(true, |answer| answer.results.len() == request.documents.len()));
    finish(answer);
}

fn stream(mut bytes: &[u8]) {
    use v1::stream_classify_documents_response::Outcome;

    let mut state = StreamState::default();
    let mut options = None;
    while let Ok(request) = v1::StreamClassifyDocumentsRequest::decode_length_delimited(&mut bytes) {
        let answer = ENGINE.classify_in_stream(&mut state, &request);
        assert_eq!(answer.request_id, request.request_id);
        options = request.options.or(options);
        let alone = classify(&v1::ClassifyDocumentRequest { document: request.document, options: options.clone() });
        match answer.outcome.as_ref().expect("each request has an outcome") {
            Outcome::Classification(classification) => assert_eq!(alone.as_ref(), Some(classification)),
            Outcome::Error(error) => assert!(alone.is_none() && !error.message.is_empty()),
        }
        assert!(!answer.encode_to_vec().is_empty());
        if bytes.is_empty() {
            return;
        }
    }
}

/// What the server does with an answer.
fn finish(answer: Result<impl Message, ApiError>) {
    match answer {
        Ok(message) => drop(message.encode_to_vec()),
        Err(error) => {
            assert!(error != ApiError::Internal, "no request is answered by a defect");
            let (code, status) = (error.code(), tonic::Status::from(error));
            assert!(status.code() == code && !status.message().is_empty());
            // Details travel in headers, and clients take 8 KiB of those.
            assert!(status.details().len() + status.message().len() < 6 << 10, "the status is too large: {status:?}");
        }
    }
}
