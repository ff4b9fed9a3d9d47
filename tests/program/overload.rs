//! Ten times as many calls as the server takes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use slugline::{
    api::v1::{ClassificationOptions, ClassifyDocumentRequest, Document, EvidenceLevel},
    model::{Registry, Store},
};
use tokio::{task::JoinSet, time::interval};
use tonic::Code;

use crate::{
    Server, documents,
    raw::{CLASSIFY, RawClient, framed},
    repository,
};

/// What the server may hold beside its model when it is told to hold at most 64 MiB of requests and answers.
const RESIDENT_MEGABYTES: usize = 200;

/// A call that takes some milliseconds, so that ten times as many can be made from the same machine: every label is explained by every term.
fn costly_call() -> Bytes {
    let mut content = String::new();
    for document in documents().iter().cycle().take(60) {
        content += &format!("{}\n\n", document.content);
    }
    let (model, _) = Registry::load(&Store::folder(repository("models")).unwrap(), 0).unwrap();
    let tasks = &model.resolve("").unwrap().manifest().tasks;
    let labels = tasks.iter().flat_map(|task| task.task.labels.iter().map(|label| format!("{}/{}", task.task.name, label.name)));
    let options = ClassificationOptions {
        evidence: EvidenceLevel::Terms.into(),
        explain_labels: labels.collect(),
        max_evidence: 10,
        ..Default::default()
    };
    framed(&ClassifyDocumentRequest { document: Some(Document { content, ..Default::default() }), options: Some(options) })
}

/// Makes a call. Gives how long it took if it was answered, and nothing if the server refused it.
async fn call(client: Arc<RawClient>, body: Bytes) -> Option<Duration> {
    let began = Instant::now();
    let mut call = client.begin(CLASSIFY, &[]).await.unwrap();
    // The server may have refused it already, and reads no more.
    let _ = call.body.send_data(body, true);
    let ended = call.end().await.unwrap();
    match ended.code {
        Code::Ok => Some(began.elapsed()),
        Code::ResourceExhausted if ended.details.retry_info().is_some() => None,
        _ => panic!("{ended:?}"),
    }
}

fn percentile_99(mut latencies: Vec<Duration>) -> Duration {
    latencies.sort_unstable();
    latencies[latencies.len() * 99 / 100]
}

/// The 99th percentile of calls one after another, and how many of them there are in a second.
async fn unloaded(client: &Arc<RawClient>, body: &Bytes) -> (Duration, f64) {
    let began = Instant::now();
    let mut latencies = Vec::new();
    while latencies.len() < 200 {
        latencies.push(call(client.clone(), body.clone()).await.expect("the server has nothing else to do"));
    }
    let rate = latencies.len() as f64 / began.elapsed().as_secs_f64();
    (percentile_99(latencies), rate)
}

/// Makes so many calls a second, whether they are answered or not. Gives how long the answered ones took, and how many were refused.
async fn load(clients: &[Arc<RawClient>], body: &Bytes, rate: f64, duration: Duration) -> (Vec<Duration>, usize) {
    let (mut calls, began) = (JoinSet::new(), Instant::now());
    let (mut made, mut answered, mut refused) = (0, Vec::new(), 0);
    let mut count = |outcome: Option<Duration>| match outcome {
        Some(latency) => answered.push(latency),
        None => refused += 1,
    };
    let mut tick = interval(Duration::from_millis(1));
    while began.elapsed() < duration {
        tick.tick().await;
        while (made as f64) < rate * began.elapsed().as_secs_f64() {
            calls.spawn(call(clients[made % clients.len()].clone(), body.clone()));
            made += 1;
        }
        while let Some(outcome) = calls.try_join_next() {
            count(outcome.unwrap());
        }
    }
    while let Some(outcome) = calls.join_next().await {
        count(outcome.unwrap());
    }
    assert_eq!(answered.len() + refused, made, "every call is answered");
    (answered, refused)
}

/// `SLUGLINE_OVERLOAD_SECONDS=30 cargo test --release --test program overload -- --nocapture` is the long run.
#[tokio::test(flavor = "multi_thread")]
async fn in_an_overload_what_is_accepted_is_answered_soon_and_the_rest_at_once() {
    let seconds = std::env::var("SLUGLINE_OVERLOAD_SECONDS").map_or(2.0, |seconds| seconds.parse().unwrap());
    let server = Server::start(&[
        "--limits-max-concurrent-calls",
        "1",
        "--limits-max-queued-calls",
        "1",
        "--max-message-bytes",
        "1048576",
        "--limits-max-buffered-bytes",
        "67108864",
    ]);
    server.client().await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(Arc::new(RawClient::connect(server.address).await));
    }
    let body = costly_call();
    // Another program on the machine can make any one of these late.
    let mut rounds = Vec::new();
    for _ in 0..3 {
        let (before, rate) = unloaded(&clients[0], &body).await;
        let (answered, refused) = load(&clients, &body, 10.0 * rate, Duration::from_secs_f64(seconds)).await;
        let (count, loaded) = (answered.len(), percentile_99(answered));
        let (after, _) = unloaded(&clients[0], &body).await;
        println!(
            "{rate:.0} calls a second one after another, 99th percentile {before:?}; at 10 times that: {count} answered, 99th percentile \
             {loaded:?}, {refused} refused; afterwards {after:?}; resident {} MB",
            server.resident_megabytes()
        );
        assert!(count > 0 && refused > count, "{count} answered, {refused} refused");
        rounds.push((loaded.div_duration_f64(before), after.div_duration_f64(before)));
        if loaded < 5 * before && after < 3 * before {
            break;
        }
    }
    assert!(rounds.iter().any(|&(loaded, _)| loaded < 5.0), "99th percentile, times the unloaded one: {rounds:?}");
    assert!(rounds.iter().any(|&(_, after)| after < 3.0), "afterwards: {rounds:?}");
    assert!(server.resident_megabytes() < RESIDENT_MEGABYTES, "{} MB", server.resident_megabytes());
}
