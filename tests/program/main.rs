//! The program as people run it: its real binaries, its real gRPC.

mod gate;
mod limits;
mod models;
mod overload;
mod raw;
mod stop;
mod training;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use slugline::api::v1::{
    BatchClassifyDocumentsRequest, Classification, ClassifyDocumentRequest, Document, StreamClassifyDocumentsRequest,
    batch_classify_documents_result, classification_service_client::ClassificationServiceClient, stream_classify_documents_response,
};
use tempfile::TempDir;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn slugline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slugline"));
    command.stdin(Stdio::null());
    command
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// A server on a port of its own, ended with the test.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(arguments: &[&str]) -> Server {
        Server::start_with(slugline().stderr(Stdio::null()).args(["serve", "--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// Starts the server that a command is, whatever else it sets.
    fn start_with(command: &mut Command) -> Server {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().parse().unwrap();
        Server { process, address }
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client of a server that has its models.
    async fn client(&self) -> ClassificationServiceClient<tonic::transport::Channel> {
        let channel = tonic::transport::Endpoint::new(self.endpoint()).unwrap().connect().await.unwrap();
        let mut health = tonic_health::pb::health_client::HealthClient::new(channel.clone());
        let mut watch = health.watch(tonic_health::pb::HealthCheckRequest { service: String::new() }).await.unwrap().into_inner();
        while watch.message().await.unwrap().unwrap().status() != tonic_health::pb::health_check_response::ServingStatus::Serving {}
        ClassificationServiceClient::new(channel)
    }

    /// The memory that it has in use.
    fn resident_megabytes(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([&format!("-{signal}"), &self.process.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const ARTICLES: [(&str, &str); 4] = [
    (
        "Border guards turn back families at river crossing",
        "Border police turned back forty asylum seekers on Monday. Officers said smugglers had armed the crossing's lookouts.\n\n\
         Aid workers handed out blankets to children who had slept in the open.",
    ),
    ("Central bank holds rates", "The central bank kept its interest rate at 3.5 percent, saying that inflation would ease by spring."),
    ("", "The striker scored twice before half time and the visitors never recovered. 🏟️ The coach was delighted."),
    ("Vaccine clinic opens", "Nurses vaccinated two hundred children against measles on the first day, the hospital said."),
];

fn documents() -> Vec<Document> {
    let document = |(number, (title, content)): (usize, &(&str, &str))| Document {
        id: number.to_string(),
        title: (*title).into(),
        content: (*content).into(),
        language_code: String::new(),
    };
    ARTICLES.iter().enumerate().map(document).collect()
}

fn write_articles(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("articles.jsonl");
    let rows =
        ARTICLES.iter().enumerate().map(|(id, (title, text))| serde_json::json!({"id": id.to_string(), "title": title, "text": text}));
    fs::write(&path, rows.map(|row| format!("{row}\n")).collect::<String>()).unwrap();
    path
}

#[tokio::test]
async fn the_same_document_has_the_same_bits_alone_in_a_batch_in_a_stream_and_offline() {
    let server = Server::start(&[]);
    let mut client = server.client().await;
    let mut alone = Vec::new();
    for document in documents() {
        let request = ClassifyDocumentRequest { document: Some(document), options: None };
        alone.push(client.classify_document(request).await.unwrap().into_inner().classification.unwrap());
    }

    let request = BatchClassifyDocumentsRequest { documents: documents(), options: None };
    let results = client.batch_classify_documents(request).await.unwrap().into_inner().results;
    let batch: Vec<Classification> = results
        .into_iter()
        .map(|result| match result.outcome.unwrap() {
            batch_classify_documents_result::Outcome::Classification(answer) => answer,
            batch_classify_documents_result::Outcome::Error(error) => panic!("{error:?}"),
        })
        .collect();
    assert_eq!(batch, alone);

    let requests = documents().into_iter().map(|document| StreamClassifyDocumentsRequest {
        request_id: document.id.clone(),
        document: Some(document),
        options: None,
    });
    let mut answers = client.stream_classify_documents(tokio_stream::iter(requests.collect::<Vec<_>>())).await.unwrap().into_inner();
    let mut stream = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        match answer.outcome.unwrap() {
            stream_classify_documents_response::Outcome::Classification(answer) => stream.push(answer),
            stream_classify_documents_response::Outcome::Error(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(stream, alone);

    let folder = TempDir::new().unwrap();
    let articles = write_articles(&folder);
    let offline = slugline().arg("classify").arg(&articles).output().unwrap();
    let remote = slugline().arg("classify").arg(&articles).args(["--endpoint", &server.endpoint()]).output().unwrap();
    assert!(offline.status.success(), "{}", stderr(&offline));
    assert_eq!(stdout(&offline), stdout(&remote));
    for (line, answer) in stdout(&offline).lines().zip(&alone) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["id"], answer.document_id.as_str());
        for task in &answer.tasks {
            for (written, label) in line["tasks"][&task.task]["labels"].as_array().unwrap().iter().zip(&task.labels) {
                assert_eq!(written["name"], label.name.as_str());
                assert_eq!((written["probability"].as_f64().unwrap() as f32).to_bits(), label.probability.to_bits());
            }
        }
    }
}

#[tokio::test]
async fn a_server_stops_cleanly_on_sigterm_and_on_ctrl_c() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::start(&[]);
        let mut client = server.client().await;
        client.classify_document(ClassifyDocumentRequest { document: documents().pop(), options: None }).await.unwrap();
        let address = server.address;
        // Waited for beside the client, which has to hear that the server goes away.
        let code = tokio::task::spawn_blocking(move || {
            server.signal(signal);
            server.process.wait().unwrap().code()
        });
        assert_eq!(code.await.unwrap(), Some(0), "{signal}");
        assert!(TcpStream::connect(address).is_err());
    }
}

#[test]
fn an_answer_is_one_json_object_a_document_in_the_order_of_the_input() {
    let folder = TempDir::new().unwrap();
    let output = slugline().arg("classify").arg(write_articles(&folder)).args(["--evidence", "terms"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let answers: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.iter().map(|a| a["id"].as_str().unwrap()).collect::<Vec<_>>(), ["0", "1", "2", "3"]);
    let best = |answer: &Value| answer["tasks"]["topic"]["labels"][0]["name"].as_str().unwrap().to_owned();
    assert_eq!(answers.iter().map(best).collect::<Vec<_>>(), ["society/migration", "economy_business_finance", "sport", "health"]);
    for answer in &answers {
        assert_eq!(answer["model_version"], "models/news/versions/1");
        assert_eq!((&answer["language"], &answer["tasks"]["topic"]["abstained"]), (&Value::from("en"), &Value::Null));
        let sum: f64 = answer["tasks"]["topic"]["labels"].as_array().unwrap().iter().map(|l| l["probability"].as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5);
        assert!(!answer["evidence"]["topic"][0]["terms"].as_array().unwrap().is_empty());
    }
}

#[test]
fn outside_a_checkout_the_compiled_in_model_answers_the_same() {
    let folder = TempDir::new().unwrap();
    let articles = write_articles(&folder);
    let embedded = slugline().current_dir(&folder).arg("classify").arg(&articles).output().unwrap();
    let from_folder = slugline().arg("classify").arg(&articles).arg("--models").arg(repository("models")).output().unwrap();
    assert!(embedded.status.success(), "{}", stderr(&embedded));
    assert_eq!(embedded.stdout, from_folder.stdout);
}

#[test]
fn bad_rows_are_set_aside_and_the_others_are_answered() {
    let folder = TempDir::new().unwrap();
    let (input, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
    let mut rows = b"{\"id\": \"a\", \"text\": \"The striker scored.\"}\n{\"id\": \"b\"}\nnot json\n{\"text\": \"\xff\"}\n\n".to_vec();
    rows.extend_from_slice(b"{\"id\": 7, \"text\": \"The bank cut its interest rate.\"}\n");
    fs::write(&input, rows).unwrap();
    let done = slugline().arg("classify").arg(&input).arg("--output").arg(&output).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let ids = |path: &Path| -> Vec<String> {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].to_string()).collect()
    };
    assert_eq!(ids(&output), ["\"a\"", "\"7\""]);
    let errors = fs::read_to_string(folder.path().join("out.jsonl.errors.jsonl")).unwrap();
    let lines: Vec<u64> = errors.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [2, 3, 4]);

    let too_many = slugline().arg("classify").arg(&input).arg("--output").arg(&output).args(["--max-errors", "2"]).output().unwrap();
    assert_eq!(too_many.status.code(), Some(1));
    fs::write(&input, "not json\n").unwrap();
    let none = slugline().arg("classify").arg(&input).output().unwrap();
    assert_eq!(none.status.code(), Some(1), "nothing could be classified");
}

#[test]
fn a_finished_run_is_not_done_again_and_a_cut_one_goes_on() {
    let folder = TempDir::new().unwrap();
    let (input, output) = (write_articles(&folder), folder.path().join("out.jsonl"));
    let run = || slugline().arg("classify").arg(&input).arg("--output").arg(&output).arg("--resume").output().unwrap();
    assert_eq!(run().status.code(), Some(0), "nothing to resume: starts at the beginning");
    let whole = fs::read(&output).unwrap();
    assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count(), 4);
    assert_eq!(run().status.code(), Some(0));
    assert_eq!(fs::read(&output).unwrap(), whole);
}

#[test]
fn a_wrong_command_line_ends_with_2_and_failed_work_with_1() {
    let code = |arguments: &[&str]| slugline().args(arguments).output().unwrap();
    for arguments in [
        &["classify", "x.txt", "--evidence", "everything"][..],
        &["classify", "x.txt", "--models", "/nowhere"],
        &["classify", "-", "--models", "models", "--endpoint", "localhost:1"],
        &["serve", "--listen", "nonsense"],
        &["serve", "--models", "/nowhere"],
        &["nonsense"],
    ] {
        let output = code(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("error: "), "{arguments:?}");
    }
    let missing = code(&["classify", "/nowhere.txt"]);
    assert!(missing.status.code().is_some_and(|code| code > 0) && stderr(&missing).contains("/nowhere.txt"), "{}", stderr(&missing));
    let unreachable = code(&["classify", "README.md", "--endpoint", "127.0.0.1:1"]);
    assert!(matches!(unreachable.status.code(), Some(1 | 2)) && stderr(&unreachable).contains("127.0.0.1:1"), "{}", stderr(&unreachable));
}

#[test]
fn a_damaged_model_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let version = folder.path().join("news/1");
    fs::create_dir_all(&version).unwrap();
    for file in ["manifest.json", "model.safetensors"] {
        fs::copy(repository("models/news/1").join(file), version.join(file)).unwrap();
    }
    let tensors = version.join("model.safetensors");
    fs::File::options().append(true).open(&tensors).unwrap().write_all(b"x").unwrap();
    for command in ["serve", "classify"] {
        let mut run = slugline();
        run.arg(command).arg("--models").arg(folder.path());
        if command == "classify" {
            run.arg(repository("seeds/articles/sport"));
        } else {
            run.args(["--listen", "127.0.0.1:0"]);
        }
        let output = run.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains("news/1/model.safetensors"), "{}", stderr(&output));
    }
}

#[test]
fn evaluate_prints_figures_for_each_label_and_over_all() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("labelled.jsonl");
    fs::write(
        &path,
        "{\"text\": \"The striker scored twice for the visitors.\", \"label\": \"sport\"}\n\
         {\"text\": \"The central bank raised its interest rate.\", \"label\": \"economy_business_finance\"}\n",
    )
    .unwrap();
    let output = slugline().args(["evaluate", "--task", "topic", "--input"]).arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("accuracy 1.000") && stdout(&output).contains("macro-F1"), "{}", stdout(&output));
}

#[test]
fn models_are_listed_shown_activated_and_rolled_back() {
    let folder = TempDir::new().unwrap();
    for version in ["1", "2"] {
        let to = folder.path().join("news").join(version);
        fs::create_dir_all(&to).unwrap();
        for file in ["manifest.json", "model.safetensors"] {
            fs::copy(repository("models/news/1").join(file), to.join(file)).unwrap();
        }
    }
    fs::write(folder.path().join("news/aliases.json"), "{\"stable\": 1}").unwrap();
    let models = |arguments: &[&str]| {
        let output = slugline().arg("models").args(arguments).arg("--models").arg(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        stdout(&output).to_owned()
    };
    let stable = || -> Value { serde_json::from_slice(&fs::read(folder.path().join("news/aliases.json")).unwrap()).unwrap() };
    assert!(models(&["list"]).contains("news"));
    assert!(models(&["show", "news"]).contains("security_risk"));
    models(&["activate", "news", "2"]);
    assert_eq!(stable()["stable"], 2);
    models(&["rollback", "news"]);
    assert_eq!(stable()["stable"], 1);
}
