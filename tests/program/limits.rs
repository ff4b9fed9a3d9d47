//! What the server does with too much of something: it refuses that, says so, and serves the others.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use h2::client::Builder;
use prost::Message as _;
use slugline::api::v1::{
    BatchClassifyDocumentsRequest, BatchClassifyDocumentsResponse, ClassificationOptions, ClassifyDocumentRequest, Document, EvidenceLevel,
    StreamClassifyDocumentsRequest, StreamClassifyDocumentsResponse, batch_classify_documents_result::Outcome,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tonic::Code;

use crate::{
    Server, documents,
    raw::{CLASSIFY, Ended, LONG, RawCall, RawClient, STREAM, framed},
};

const BATCH: &str = "/slugline.v1.ClassificationService/BatchClassifyDocuments";

fn request() -> ClassifyDocumentRequest {
    ClassifyDocumentRequest { document: Some(documents().remove(0)), options: None }
}

/// A request whose document has so many bytes.
fn long_request(bytes: usize) -> ClassifyDocumentRequest {
    let content = "The minister spoke of the harbour. ".repeat(bytes / 35 + 1)[..bytes].to_owned();
    ClassifyDocumentRequest { document: Some(Document { content, ..Default::default() }), options: None }
}

async fn start(arguments: &[&str]) -> Server {
    let server = Server::start(arguments);
    server.client().await; // has its models
    server
}

async fn assert_serves(server: &Server) {
    let ended = RawClient::connect(server.address).await.call(CLASSIFY, &request()).await.unwrap();
    assert_eq!(ended.code, Code::Ok, "{ended:?}");
}

fn assert_refused(ended: &Ended, code: Code, reason: &str) {
    let info = ended.details.error_info().unwrap_or_else(|| panic!("{ended:?} has no ErrorInfo"));
    assert_eq!((ended.code, info.reason.as_str()), (code, reason), "{ended:?}");
}

fn assert_shed(ended: &Ended) {
    assert_refused(ended, Code::ResourceExhausted, "OVERLOADED");
    assert!(ended.details.retry_info().is_some_and(|info| info.retry_delay.is_some()), "{ended:?}");
}

/// Sends the body of a call that has sent nothing of it yet, and gives how the call ended.
async fn finish(mut call: RawCall) -> Ended {
    call.body.send_data(framed(&request()), true).unwrap();
    call.end().await.unwrap()
}

/// Waits until the server has closed a connection.
async fn closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    // It may be reset, which is an error.
    let _ = timeout(LONG, stream.read_to_end(&mut rest)).await.expect("the server closes the connection");
}

#[tokio::test]
async fn calls_beyond_the_places_wait_and_beyond_the_queue_they_are_told_to_come_back() {
    let server =
        start(&["--limits-max-concurrent-calls", "1", "--limits-max-queued-calls", "1", "--limits-max-queue-milliseconds", "30000"]).await;
    let (one, other) = (RawClient::connect(server.address).await, RawClient::connect(server.address).await);
    // The server can't know that nothing comes, so this call keeps its place.
    let works = one.begin(CLASSIFY, &[]).await.unwrap();
    let mut waits = one.begin(CLASSIFY, &[]).await.unwrap();
    waits.body.send_data(framed(&request()), true).unwrap();
    // On the connection that has sent those two before, so the server has them when it has this.
    assert_shed(&one.call(CLASSIFY, &request()).await.unwrap());
    assert_shed(&other.call(CLASSIFY, &request()).await.unwrap());
    server.client().await; // health is asked as before
    assert_eq!(finish(works).await.code, Code::Ok);
    assert_eq!(waits.end().await.unwrap().code, Code::Ok);
    assert_serves(&server).await;
}

#[tokio::test]
async fn a_call_that_waits_too_long_and_one_whose_caller_goes_leave_the_queue() {
    let server =
        start(&["--limits-max-concurrent-calls", "1", "--limits-max-queued-calls", "1", "--limits-max-queue-milliseconds", "100"]).await;
    let client = RawClient::connect(server.address).await;
    let works = client.begin(CLASSIFY, &[]).await.unwrap();
    assert_shed(&client.call(CLASSIFY, &request()).await.unwrap());
    let mut gone = client.begin(CLASSIFY, &[]).await.unwrap();
    gone.body.send_reset(h2::Reason::CANCEL);
    timeout(LONG, async { while !client.call(CLASSIFY, &request()).await.unwrap().message.contains("waited too long") {} })
        .await
        .expect("the one that has gone leaves its place in the queue");
    drop(works);
    assert_serves(&server).await;
}

#[tokio::test]
async fn streams_beyond_their_number_are_told_to_come_back() {
    let server = start(&["--limits-max-streams", "1"]).await;
    let client = RawClient::connect(server.address).await;
    let mut stream = client.begin(STREAM, &[]).await.unwrap();
    let message = StreamClassifyDocumentsRequest { request_id: "1".into(), document: Some(documents().remove(0)), options: None };
    assert_shed(&client.call(STREAM, &message).await.unwrap());
    stream.body.send_data(framed(&message), true).unwrap();
    let ended = stream.end().await.unwrap();
    let answer = StreamClassifyDocumentsResponse::decode(&ended.body[5..]).unwrap();
    assert_eq!((ended.code, answer.request_id.as_str()), (Code::Ok, "1"));
    assert_eq!(client.call(STREAM, &message).await.unwrap().code, Code::Ok);
}

#[tokio::test]
async fn requests_together_hold_no_more_memory_than_they_may() {
    let server =
        start(&["--limits-max-document-bytes", "10000", "--max-message-bytes", "15000", "--limits-max-buffered-bytes", "15000"]).await;
    let client = RawClient::connect(server.address).await;
    // Each fits into one frame, so that one of the two is refused before it holds anything.
    let message = framed(&long_request(9_000));
    let (most, last) = (message.slice(..message.len() - 1), message.slice(message.len() - 1..));
    let begin = async || {
        let mut call = client.begin(CLASSIFY, &[]).await.unwrap();
        call.body.send_data(most.clone(), false).unwrap();
        call.split()
    };
    let ((mut one_body, one), (mut other_body, other)) = (begin().await, begin().await);
    let (mut one, mut other) = (pin!(one), pin!(other));
    // Whichever comes second: the two are on the way together.
    let answered = tokio::select! {
        ended = &mut one => {
            assert_shed(&ended.unwrap());
            other_body.send_data(last, true).unwrap();
            other.await
        }
        ended = &mut other => {
            assert_shed(&ended.unwrap());
            one_body.send_data(last, true).unwrap();
            one.await
        }
    };
    assert_eq!(answered.unwrap().code, Code::Ok);
    assert_eq!(client.call(CLASSIFY, &long_request(9_000)).await.unwrap().code, Code::Ok, "what is over holds nothing");
}

#[tokio::test]
async fn a_deadline_that_passes_is_deadline_exceeded_in_calls_and_streams() {
    let server = start(&["--limits-max-call-seconds", "1"]).await;
    let client = RawClient::connect(server.address).await;
    for path in [CLASSIFY, STREAM] {
        let ended = client.begin(path, &[("grpc-timeout", "20m")]).await.unwrap().end().await.unwrap();
        assert_refused(&ended, Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    }
    let began = Instant::now();
    let ended = client.begin(CLASSIFY, &[("grpc-timeout", "1H")]).await.unwrap().end().await.unwrap();
    assert_refused(&ended, Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    assert!(began.elapsed() >= Duration::from_millis(900), "the server's own limit is not that short");
}

#[tokio::test]
async fn what_is_too_long_or_no_message_is_refused_with_the_limit() {
    let server = start(&["--limits-max-document-bytes", "1000", "--max-message-bytes", "2000"]).await;
    let client = RawClient::connect(server.address).await;
    let document = client.call(CLASSIFY, &long_request(1001)).await.unwrap();
    assert_refused(&document, Code::InvalidArgument, "INVALID_REQUEST");
    assert!(document.message.contains("1000 bytes"), "{document:?}");
    for path in [CLASSIFY, STREAM] {
        let message = client.call(path, &long_request(2001)).await.unwrap();
        assert_refused(&message, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
        assert!(message.message.contains("2000 bytes") && message.details.retry_info().is_none(), "{message:?}");
        let mut garbage = client.begin(path, &[]).await.unwrap();
        garbage.body.send_data(b"\0\0\0\0\x04\xff\xff\xff\xff".as_slice().into(), true).unwrap();
        assert_refused(&garbage.end().await.unwrap(), Code::InvalidArgument, "MALFORMED_MESSAGE");
    }
    let unknown = client.call("/slugline.v1.ClassificationService/Divine", &request()).await.unwrap();
    assert_refused(&unknown, Code::Unimplemented, "UNIMPLEMENTED");
}

#[tokio::test]
async fn documents_of_a_batch_whose_answers_have_no_room_fail_alone() {
    let server = start(&["--limits-max-document-bytes", "10000", "--max-message-bytes", "100000"]).await;
    let client = RawClient::connect(server.address).await;
    let document = long_request(500).document.unwrap();
    let options = ClassificationOptions { evidence: EvidenceLevel::Terms.into(), ..Default::default() };
    let batch = BatchClassifyDocumentsRequest { documents: vec![document.clone(); 100], options: Some(options.clone()) };
    let ended = client.call(BATCH, &batch).await.unwrap();
    assert_eq!(ended.code, Code::Ok, "{ended:?}");
    let results = BatchClassifyDocumentsResponse::decode(&ended.body[5..]).unwrap().results;
    let failed = results.iter().filter(|result| matches!(&result.outcome, Some(Outcome::Error(status)) if status.code == 8)).count();
    assert_eq!(results.len(), 100);
    assert!((1..100).contains(&failed) && ended.body.len() <= 100_005, "{failed} failed, {} bytes", ended.body.len());
}

#[tokio::test]
async fn a_client_that_is_slow_to_begin_is_closed() {
    let server = start(&["--connections-handshake-seconds", "1"]).await;
    for beginning in [&b""[..], b"PRI * HTTP/2.0\r\n"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        closed(&mut stream).await;
    }
    for wrong in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01", b"\0"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(wrong).await.unwrap();
        closed(&mut stream).await;
    }
    assert_serves(&server).await;
}

#[tokio::test]
async fn a_client_that_falls_silent_is_closed() {
    let server = start(&["--connections-keepalive-seconds", "1"]).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // It never answers a ping.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    closed(&mut stream).await;
    assert_serves(&server).await;
}

#[tokio::test]
async fn for_one_connection_too_many_the_one_that_has_been_idle_longest_goes() {
    let server = start(&["--connections-max-connections", "2"]).await;
    let works = RawClient::connect(server.address).await;
    let call = works.begin(CLASSIFY, &[]).await.unwrap();
    assert_eq!(works.call(CLASSIFY, &request()).await.unwrap().code, Code::Ok); // so the server has the first one too
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    assert_serves(&server).await;
    closed(&mut silent).await;
    assert_eq!(finish(call).await.code, Code::Ok);
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answers_is_closed_and_keeps_no_place() {
    let server = start(&["--connections-send-seconds", "1", "--limits-max-concurrent-calls", "1", "--limits-max-queued-calls", "0"]).await;
    let slow = RawClient::connect_with(server.address, Builder::new().initial_window_size(0)).await.unwrap();
    let mut call = slow.begin(CLASSIFY, &[]).await.unwrap();
    call.body.send_data(framed(&request()), true).unwrap();
    let _answer = call.head().await.unwrap();
    assert_serves(&server).await;
    let _ = timeout(LONG, slow.connection).await.expect("the server closes the connection").unwrap();
}

#[tokio::test]
async fn a_flood_of_calls_that_are_taken_back_at_once_harms_nobody_else() {
    let server = start(&[]).await;
    let flood = RawClient::connect(server.address).await;
    let mut begun = 0;
    for _ in 0..20_000 {
        let Ok(mut call) = flood.begin(CLASSIFY, &[]).await else { break };
        call.body.send_reset(h2::Reason::CANCEL);
        begun += 1;
    }
    assert_serves(&server).await;
    assert!(begun > 0);
}

/// HTTP/2 frames of a client that never reads: SETTINGS, which want to be acknowledged, or PINGs, which want to be answered.
#[tokio::test]
async fn a_flood_of_frames_that_want_an_answer_takes_no_memory_and_harms_nobody_else() {
    let server = start(&[]).await;
    let before = server.resident_megabytes();
    let settings = b"\0\0\0\x04\0\0\0\0\0".to_vec();
    let ping = [b"\0\0\x08\x06\0\0\0\0\0".as_slice(), b"12345678"].concat();
    let mut floods = Vec::new();
    for frame in [settings, ping] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
        let flood = frame.repeat(100_000);
        // The server closes the connection, or reads no more of it: either ends the flood.
        let writing = async { while stream.write_all(&flood).await.is_ok() {} };
        let _ = timeout(Duration::from_secs(2), writing).await;
        assert_serves(&server).await;
        floods.push(stream);
    }
    assert!(server.resident_megabytes() < before + 32, "{before} MB before, {} MB after", server.resident_megabytes());
}

#[tokio::test]
async fn headers_that_are_too_large_are_refused() {
    let server = start(&["--connections-max-header-bytes", "4096"]).await;
    let client = RawClient::connect(server.address).await;
    let large = "x".repeat(5000);
    // HTTP says so, not gRPC: the call never comes as far as that.
    let refused = match client.begin(CLASSIFY, &[("x-large", &large)]).await {
        Ok(call) => call.status().await,
        Err(_) => None,
    };
    assert!(refused.is_none_or(|status| status == 431), "{refused:?}");
    assert_serves(&server).await;
}
