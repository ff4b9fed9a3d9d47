//! How the server stops: what it has accepted it answers, and nobody can keep it.

use std::time::{Duration, Instant};

use slugline::api::v1::ClassifyDocumentRequest;
use tokio::{net::TcpStream, task::JoinSet};
use tonic::{Code, transport::Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::v1::{ServerReflectionRequest, server_reflection_client::ServerReflectionClient};

use crate::{
    Server, documents,
    raw::{CLASSIFY, RawClient, framed},
};

fn request() -> ClassifyDocumentRequest {
    ClassifyDocumentRequest { document: Some(documents().remove(0)), options: None }
}

/// Waits until the server has ended, and gives its exit code.
async fn ended(mut server: Server) -> Option<i32> {
    tokio::task::spawn_blocking(move || server.process.wait().unwrap().code()).await.unwrap()
}

#[tokio::test]
async fn clients_that_want_nothing_do_not_hold_the_stop() {
    let server = Server::start(&[]);
    let channel = Endpoint::new(server.endpoint()).unwrap().connect().await.unwrap();
    server.client().await;
    let _silent = TcpStream::connect(server.address).await.unwrap();
    let _idle = RawClient::connect(server.address).await;
    let mut health = HealthClient::new(channel.clone()).watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    let never = tokio_stream::pending::<ServerReflectionRequest>();
    let _reflection = ServerReflectionClient::new(channel).server_reflection_info(never).await.unwrap();
    assert_eq!(health.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    let began = Instant::now();
    server.signal("TERM");
    assert_eq!(ended(server).await, Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_call_that_can_not_be_answered_is_broken_off_at_the_limit_and_the_exit_code_tells() {
    let server = Server::start(&["--drain-seconds", "1"]);
    server.client().await;
    let client = RawClient::connect(server.address).await;
    let _body_never_comes = client.begin(CLASSIFY, &[]).await.unwrap();
    assert_eq!(client.call(CLASSIFY, &request()).await.unwrap().code, Code::Ok); // so the server has the other one too
    server.signal("TERM");
    assert_eq!(ended(server).await, Some(1));
}

#[tokio::test]
async fn in_the_delay_the_server_is_not_serving_by_health_and_answers_all_the_same() {
    let server = Server::start(&["--stop-delay-seconds", "2"]);
    server.client().await;
    let mut health = HealthClient::new(Endpoint::new(server.endpoint()).unwrap().connect().await.unwrap());
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    server.signal("TERM");
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    let ended_call = RawClient::connect(server.address).await.call(CLASSIFY, &request()).await.unwrap();
    assert_eq!(ended_call.code, Code::Ok);
    assert_eq!(ended(server).await, Some(0));
}

/// Calls without pause until no more calls can be sent, and gives how many there were. All of them must be answered.
async fn call_until_refused(client: RawClient, answered: tokio::sync::mpsc::Sender<()>) -> usize {
    let body = framed(&request());
    let mut count = 0;
    while let Ok(mut call) = client.begin(CLASSIFY, &[]).await {
        call.body.send_data(body.clone(), true).unwrap();
        let ended = call.end().await.expect("a call that was sent is answered");
        assert_eq!(ended.code, Code::Ok, "{ended:?}");
        count += 1;
        let _ = answered.try_send(());
    }
    count
}

#[tokio::test]
async fn no_call_is_lost_when_a_server_under_load_is_stopped() {
    for _ in 0..20 {
        let server = Server::start(&[]);
        server.client().await;
        let _silent = TcpStream::connect(server.address).await.unwrap();
        let (sender, mut answered) = tokio::sync::mpsc::channel(1);
        let mut clients = JoinSet::new();
        for _ in 0..8 {
            clients.spawn(call_until_refused(RawClient::connect(server.address).await, sender.clone()));
        }
        for _ in 0..20 {
            answered.recv().await.unwrap();
        }
        server.signal("TERM");
        let counts = clients.join_all().await;
        assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
        assert_eq!(ended(server).await, Some(0));
    }
}
