//! Models come and go while the server serves.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};
use slugline::{
    api::v1::{
        ActivateModelVersionRequest, BatchClassifyDocumentsRequest, Classification, ClassificationOptions, ClassifyDocumentRequest,
        GetModelRequest, GetShadowReportRequest, LabelAgreement, ListModelsRequest, Model, RollbackModelRequest,
        StreamClassifyDocumentsRequest, classification_service_client::ClassificationServiceClient,
        model_service_client::ModelServiceClient, stream_classify_documents_response::Outcome,
    },
    model::Store,
};
use tempfile::TempDir;
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

use super::{Server, documents, repository, slugline, stderr, stdout};

const MANIFEST: &str = "manifest.json";
const TENSORS: &str = "model.safetensors";
/// A model that is loaded in a moment.
const SMALL: &str = "tests/compat/format-1";

/// A folder of models with one model, "news".
struct Models(TempDir);

impl Models {
    fn new() -> Models {
        Models(TempDir::new().unwrap())
    }

    fn version(&self, version: u32) -> PathBuf {
        self.0.path().join("news").join(version.to_string())
    }

    /// Adds a version all at once, as the trainer does.
    fn publish(&self, version: u32, manifest: &[u8], tensors: &[u8]) {
        let unfinished = self.0.path().join("news").join(format!(".unfinished-{version}"));
        fs::create_dir_all(&unfinished).unwrap();
        fs::write(unfinished.join(MANIFEST), manifest).unwrap();
        fs::write(unfinished.join(TENSORS), tensors).unwrap();
        fs::rename(unfinished, self.version(version)).unwrap();
    }

    fn publish_small(&self, version: u32) {
        let (manifest, tensors) = files(SMALL);
        self.publish(version, &manifest, &tensors);
    }

    fn set_alias(&self, alias: &str, version: u32) {
        Store::folder(self.0.path()).unwrap().set_alias("news", alias, version).unwrap();
    }

    /// A server of these models. What it logs goes to the file `log` beside them.
    fn serve(&self, administration: bool) -> Server {
        let mut command = slugline();
        command.args(["serve", "--listen", "127.0.0.1:0", "--models"]).arg(self.0.path());
        command.env("SLUGLINE_SERVE_ADMINISTRATION", administration.to_string());
        Server::start_with(command.stderr(File::create(self.log()).unwrap()))
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("log")
    }
}

fn files(folder: &str) -> (Vec<u8>, Vec<u8>) {
    let read = |file: &str| fs::read(repository(folder).join(file)).unwrap();
    (read(MANIFEST), read(TENSORS))
}

/// The manifest of a model that answers a little otherwise.
fn otherwise(manifest: &[u8]) -> Vec<u8> {
    let mut manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap();
    let slope = &mut manifest["tasks"][0]["calibration"][0]["slope"];
    *slope = (slope.as_f64().unwrap() * 0.5).into();
    let zeros = "0".repeat(64);
    manifest["fingerprint"] = zeros.as_str().into();
    let text = serde_json::to_string_pretty(&manifest).unwrap();
    let fingerprint: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    text.replacen(&zeros, &fingerprint, 1).into_bytes()
}

async fn model_client(server: &Server) -> ModelServiceClient<Channel> {
    server.client().await; // which has waited until it serves
    ModelServiceClient::connect(server.endpoint()).await.unwrap()
}

async fn news(client: &mut ModelServiceClient<Channel>) -> Model {
    client.list_models(ListModelsRequest::default()).await.unwrap().into_inner().models.swap_remove(0)
}

/// Asks until the model is as it should be, as an operator would, for a minute at most.
async fn wait_until(client: &mut ModelServiceClient<Channel>, ready: impl Fn(&Model) -> bool) -> Model {
    let began = Instant::now();
    loop {
        let model = news(client).await;
        if ready(&model) {
            return model;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{model:?}");
    }
}

fn version_name(version: u32) -> String {
    format!("models/news/versions/{version}")
}

fn request(model_version: &str) -> ClassifyDocumentRequest {
    let options = ClassificationOptions { model_version: model_version.to_owned(), ..Default::default() };
    ClassifyDocumentRequest { document: documents().into_iter().next(), options: Some(options) }
}

async fn classify(client: &mut ClassificationServiceClient<Channel>, model_version: &str) -> Result<Classification, Status> {
    client.classify_document(request(model_version)).await.map(|response| response.into_inner().classification.unwrap())
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

#[tokio::test]
async fn versions_that_are_broken_or_not_all_there_yet_are_refused_once_and_nobody_notices() {
    let models = Models::new();
    let (manifest, tensors) = files(SMALL);
    models.publish(1, &manifest, &tensors);
    models.set_alias("stable", 1);
    let server = models.serve(false);
    let mut client = model_client(&server).await;
    let mut classifier = server.client().await;
    let stop = Arc::new(AtomicBool::new(false));
    let caller = tokio::spawn({
        let (mut classifier, stop) = (classifier.clone(), stop.clone());
        async move {
            while !stop.load(Ordering::Relaxed) {
                assert_eq!(classify(&mut classifier, "").await.unwrap().model_version, version_name(1));
            }
        }
    });

    let mut corrupt = tensors.clone();
    *corrupt.last_mut().unwrap() ^= 1;
    let newer = String::from_utf8(manifest.clone()).unwrap().replace("\"format_version\": 1", "\"format_version\": 99");
    let refused = async |client: &mut _, version: u32| {
        let is_refused = |model: &Model| model.refused_versions.iter().any(|refused| refused.name == version_name(version));
        let model = wait_until(client, is_refused).await;
        assert!(!model.versions.contains(&version_name(version)) && model.default_version == version_name(1), "{model:?}");
        model.refused_versions.into_iter().find(|refused| refused.name == version_name(version)).unwrap().problem
    };
    models.publish(2, &manifest, &corrupt);
    assert!(refused(&mut client, 2).await.contains("SHA-256"));
    models.publish(3, &manifest, &tensors[..tensors.len() / 2]);
    assert!(refused(&mut client, 3).await.contains("bytes, and the manifest says"));
    models.publish(4, newer.as_bytes(), &tensors);
    assert!(refused(&mut client, 4).await.contains("use a newer program"));
    // One that is copied by hand, file by file, where it can be seen.
    fs::create_dir(models.version(5)).unwrap();
    fs::write(models.version(5).join(MANIFEST), &manifest).unwrap();
    assert!(refused(&mut client, 5).await.contains(TENSORS));
    let status = classify(&mut classifier, &version_name(5)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::NotFound, "VERSION_NOT_LOADED".to_owned()));
    fs::write(models.version(5).join(TENSORS), &tensors).unwrap();
    wait_until(&mut client, |model| model.versions.contains(&version_name(5))).await;
    assert_eq!(classify(&mut classifier, &version_name(5)).await.unwrap().model_version, version_name(5));

    stop.store(true, Ordering::Relaxed);
    caller.await.unwrap();
    let log = fs::read_to_string(models.log()).unwrap();
    for version in 2..=5 {
        let lines = log.lines().filter(|line| line.contains("can't be loaded") && line.contains(&version_name(version))).count();
        assert_eq!(lines, 1, "version {version}\n{log}");
    }
}

#[tokio::test]
async fn a_version_that_the_command_line_activates_answers_without_a_restart() {
    let models = Models::new();
    let (manifest, tensors) = files(SMALL);
    models.publish(1, &manifest, &tensors);
    let server = models.serve(false);
    let mut client = model_client(&server).await;
    let run = |arguments: &[&str]| {
        let output = slugline().arg("models").args(arguments).arg("--models").arg(models.0.path()).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output).to_owned()
    };
    run(&["activate", "news", "1"]);
    models.publish(2, &otherwise(&manifest), &tensors);
    assert_eq!(run(&["activate", "news", "2", "--alias", "canary"]), "models/news/versions/2 is canary now\n");
    let model = wait_until(&mut client, |model| model.aliases.contains_key("canary")).await;
    assert_eq!(model.default_version, version_name(1));
    let mut classifier = server.client().await;
    // A stream that was opened before the change follows it with its next document.
    let (documents_in, requests) = tokio::sync::mpsc::channel(1);
    let mut stream =
        classifier.stream_classify_documents(tokio_stream::wrappers::ReceiverStream::new(requests)).await.unwrap().into_inner();
    let mut in_stream = async || {
        let document = documents().pop();
        documents_in.send(StreamClassifyDocumentsRequest { document, ..Default::default() }).await.unwrap();
        match stream.message().await.unwrap().unwrap().outcome.unwrap() {
            Outcome::Classification(answer) => answer.model_version,
            Outcome::Error(error) => panic!("{error:?}"),
        }
    };
    assert_eq!(in_stream().await, version_name(1));
    run(&["activate", "news", "2"]);
    wait_until(&mut client, |model| model.default_version == version_name(2)).await;
    assert_eq!(in_stream().await, version_name(2));
    assert_eq!(classify(&mut classifier, "").await.unwrap().model_version, version_name(2));
    run(&["rollback", "news"]);
    wait_until(&mut client, |model| model.default_version == version_name(1)).await;
    assert_eq!(in_stream().await, version_name(1));
}

#[tokio::test]
async fn an_administrator_s_call_returns_when_the_version_answers() {
    let models = Models::new();
    (1..=2).for_each(|version| models.publish_small(version));
    models.set_alias("stable", 1);
    let server = models.serve(true);
    let mut client = model_client(&server).await;
    let mut classifier = server.client().await;
    let activate = |name: &str, alias: &str| ActivateModelVersionRequest { name: name.into(), alias: alias.into() };

    models.publish_small(3);
    let model = client.activate_model_version(activate(&version_name(3), "")).await.unwrap().into_inner().model.unwrap();
    assert_eq!((&model.default_version, &model.aliases["previous"]), (&version_name(3), &version_name(1)));
    assert_eq!(classify(&mut classifier, "").await.unwrap().model_version, version_name(3));
    let model = client.activate_model_version(activate(&version_name(2), "canary")).await.unwrap().into_inner().model.unwrap();
    assert_eq!((&model.default_version, &model.aliases["canary"]), (&version_name(3), &version_name(2)));

    fs::create_dir(models.version(4)).unwrap();
    for (name, alias, code) in [
        (version_name(4), "", Code::FailedPrecondition),
        (version_name(9), "", Code::NotFound),
        ("models/art/versions/1".to_owned(), "", Code::NotFound),
        ("models/news".to_owned(), "", Code::InvalidArgument),
        (version_name(2), "Not a name", Code::InvalidArgument),
    ] {
        let status = client.activate_model_version(activate(&name, alias)).await.unwrap_err();
        assert_eq!((status.code(), status.get_details_error_info().is_some()), (code, true), "{name} {alias}: {status:?}");
        assert_eq!(classify(&mut classifier, "").await.unwrap().model_version, version_name(3));
    }

    let model = client.rollback_model(RollbackModelRequest { name: "models/news".into() }).await.unwrap().into_inner().model.unwrap();
    assert_eq!(model.default_version, version_name(1));
    assert_eq!(classify(&mut classifier, "").await.unwrap().model_version, version_name(1));
}

#[tokio::test]
async fn a_version_in_the_shadow_is_compared_with_what_all_three_methods_answer_and_answers_nothing() {
    let models = Models::new();
    let (manifest, tensors) = files(SMALL);
    models.publish(1, &manifest, &tensors);
    models.publish(2, &otherwise(&manifest), &tensors);
    models.set_alias("stable", 1);
    models.set_alias("canary", 2);
    let mut command = slugline();
    command.args(["serve", "--listen", "127.0.0.1:0", "--models"]).arg(models.0.path());
    command.args(["--shadow-version", "models/news/versions/canary", "--shadow-share", "1"]);
    let server = Server::start_with(command.stderr(Stdio::null()));
    let (mut client, mut classifier) = (model_client(&server).await, server.client().await);

    assert_eq!(classify(&mut classifier, "").await.unwrap().model_version, version_name(1));
    let batch = BatchClassifyDocumentsRequest { documents: documents(), options: None };
    let batch = classifier.batch_classify_documents(batch).await.unwrap().into_inner();
    let streamed =
        documents().into_iter().map(|document| StreamClassifyDocumentsRequest { document: Some(document), ..Default::default() });
    let mut stream = classifier.stream_classify_documents(tokio_stream::iter(streamed)).await.unwrap().into_inner();
    while stream.message().await.unwrap().is_some() {}

    let documents = 1 + 2 * i64::try_from(batch.results.len()).unwrap();
    let report = loop {
        let report = client.get_shadow_report(GetShadowReportRequest {}).await.unwrap().into_inner();
        if report.compared_count == documents {
            break report;
        }
        assert_eq!((report.dropped_count, report.unresolved_count, report.failed_count), (0, 0, 0));
    };
    assert_eq!((report.shadow.as_str(), report.model_version), ("models/news/versions/canary", version_name(2)));
    let count = |label: &LabelAgreement| label.both_count + label.only_live_count + label.only_shadow_count + label.neither_count;
    assert!(!report.labels.is_empty() && report.labels.iter().all(|label| count(label) == documents), "{:?}", report.labels);

    let without = models.serve(false);
    let status = model_client(&without).await.get_shadow_report(GetShadowReportRequest {}).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NO_SHADOW"));
}

#[tokio::test]
async fn models_change_only_where_that_is_allowed_and_possible() {
    let rollback = || RollbackModelRequest { name: "models/news".into() };
    let models = Models::new();
    models.publish_small(1);
    let server = models.serve(false);
    let mut client = model_client(&server).await;
    let request = ActivateModelVersionRequest { name: version_name(1), ..Default::default() };
    for status in [client.activate_model_version(request).await.unwrap_err(), client.rollback_model(rollback()).await.unwrap_err()] {
        assert_eq!((status.code(), reason(&status)), (Code::PermissionDenied, "ADMINISTRATION_DISABLED".to_owned()));
        assert!(status.message().contains("administration = true"), "{}", status.message());
    }

    let elsewhere = TempDir::new().unwrap();
    let mut command = slugline();
    command.args(["serve", "--listen", "127.0.0.1:0"]).current_dir(&elsewhere).env("SLUGLINE_SERVE_ADMINISTRATION", "true");
    let compiled_in = Server::start_with(command.stderr(Stdio::null()));
    let status = model_client(&compiled_in).await.rollback_model(rollback()).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
}

/// Latencies of calls in microseconds, in blocks of a second or two.
#[derive(Default)]
struct Latencies(Vec<Vec<u64>>);

impl Latencies {
    /// A percentile of each block, and of these the median: so a neighbour on the machine that was busy for a while counts for neither side.
    fn percentile(&mut self, percent: usize) -> u64 {
        let of_block = |block: &mut Vec<u64>| {
            block.sort_unstable();
            block[(block.len() - 1) * percent / 100]
        };
        let mut blocks: Vec<u64> = self.0.iter_mut().filter(|block| !block.is_empty()).map(of_block).collect();
        blocks.sort_unstable();
        blocks[blocks.len() / 2]
    }

    fn count(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

/// Resident memory of a process, in KiB.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// How much more memory than before the swaps the server may have after them, however many they were: two versions of this size. While one is
/// loaded, the one that it replaces is still there, and so are its files' bytes; the allocator keeps that room for the next one.
const SLACK_KIB: u64 = 32 << 10;

/// Swaps the version that answers, again and again, under a caller that sends the next document as soon as it has the answer to the last,
/// alone and in a stream by turns; so one of two cores is idle. The full length is `SLUGLINE_SWAPS=500`. Latencies are held to their bound only
/// where this is set, for they mean nothing while other tests keep both cores busy.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn swaps_of_the_model_fail_no_call_mix_no_answers_delay_none_and_leave_no_memory_behind() {
    let alone: Option<u32> = std::env::var("SLUGLINE_SWAPS").ok().map(|swaps| swaps.parse().unwrap());
    let swaps = alone.unwrap_or(20);
    let (manifest, tensors) = files("models/news/1");
    let manifests = [otherwise(&manifest), manifest]; // by the version's number, even and odd
    let models = Models::new();
    let publish = |version: u32| {
        models.publish(version, &manifests[version as usize % 2], &tensors);
        models.set_alias("stable", version);
    };
    (1..=3).for_each(publish);
    let mut command = slugline();
    let server = Server::start_with(
        command.args(["serve", "--listen", "127.0.0.1:0", "--models"]).arg(models.0.path()).env("RUST_LOG", "warn").stderr(Stdio::null()),
    );
    let mut client = model_client(&server).await;
    let mut classifier = server.client().await;

    // What each of the two says, without its name.
    let mut answers = Vec::new();
    for version in [2, 3] {
        let answer = classify(&mut classifier, &version_name(version)).await.unwrap();
        answers.push(Classification { model_version: String::new(), ..answer });
    }
    assert_ne!(answers[0], answers[1]);

    let swapping = Arc::new(AtomicBool::new(false)); // no swaps to begin with
    let stop = Arc::new(AtomicBool::new(false));
    let latencies = Arc::new(Mutex::new([Latencies(vec![vec![]]), Latencies::default()]));
    let begin_block = |with_swaps: bool| {
        latencies.lock().unwrap()[usize::from(with_swaps)].0.push(Vec::new());
        swapping.store(with_swaps, Ordering::Relaxed);
    };
    let caller = tokio::spawn({
        let (swapping, stop, latencies) = (swapping.clone(), stop.clone(), latencies.clone());
        async move {
            let (documents_in, requests) = tokio::sync::mpsc::channel(1);
            let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
            let mut stream = classifier.stream_classify_documents(requests).await.unwrap().into_inner();
            let check = |answer: Classification| {
                let version: u32 = answer.model_version.strip_prefix("models/news/versions/").unwrap().parse().unwrap();
                assert_eq!(Classification { model_version: String::new(), ..answer }, answers[version as usize % 2], "version {version}");
                version
            };
            let mut last = 0;
            while !stop.load(Ordering::Relaxed) {
                let kind = usize::from(swapping.load(Ordering::Relaxed));
                let began = Instant::now();
                let alone = classify(&mut classifier, "").await.unwrap();
                let took = began.elapsed();
                let document = documents().into_iter().next();
                let began = Instant::now();
                documents_in.send(StreamClassifyDocumentsRequest { document, ..Default::default() }).await.unwrap();
                let in_stream = match stream.message().await.unwrap().unwrap().outcome.unwrap() {
                    Outcome::Classification(answer) => answer,
                    Outcome::Error(error) => panic!("{error:?}"),
                };
                let took = [took, began.elapsed()];
                latencies.lock().unwrap()[kind].0.last_mut().unwrap().extend(took.map(|took| took.as_micros() as u64));
                for version in [check(alone), check(in_stream)] {
                    assert!(version >= last, "a version that had gone answers again: {version} after {last}");
                    last = version;
                }
            }
        }
    });

    // Quiet and swapping by turns, so that both meet the same neighbours on the machine.
    let quiet = async || tokio::time::sleep(Duration::from_secs(1)).await; // it is load, not waiting
    quiet().await;
    let before = resident(server.process.id());
    let mut version = 3;
    while version < swaps + 3 {
        begin_block(true);
        for _ in 0..5.min(swaps + 3 - version) {
            version += 1;
            publish(version);
            fs::remove_dir_all(models.version(version - 3)).unwrap();
            wait_until_served(&mut client, version).await;
        }
        begin_block(false);
        quiet().await;
    }
    stop.store(true, Ordering::Relaxed);
    caller.await.unwrap();
    let after = resident(server.process.id());

    let [without, with] = &mut *latencies.lock().unwrap();
    println!(
        "{swaps} swaps; calls {} without and {} with swaps; 99th percentile {} and {} us, median {} and {} us; memory {before} and {after} KiB",
        without.count(),
        with.count(),
        without.percentile(99),
        with.percentile(99),
        without.percentile(50),
        with.percentile(50),
    );
    assert!(alone.is_none() || with.percentile(99) <= 2 * without.percentile(99));
    assert!(after <= before + SLACK_KIB, "{before} KiB, then {after} KiB");
}

/// Waits until a version answers, asking no more often than leaves the cores idle.
async fn wait_until_served(client: &mut ModelServiceClient<Channel>, version: u32) {
    let began = Instant::now();
    let name = GetModelRequest { name: "models/news/versions/stable".into() };
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    while client.get_model(name.clone()).await.unwrap().into_inner().version.unwrap().name != version_name(version) {
        assert!(began.elapsed() < Duration::from_secs(60), "version {version} is not served");
        ticks.tick().await;
    }
}
