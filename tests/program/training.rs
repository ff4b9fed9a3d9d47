//! `slugline-train`, on seeds and on labelled files.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{repository, slugline, stderr, stdout};

/// Rows that any learner can tell apart: the label's own words among words that all share.
fn labelled_rows(count: usize, labels: &[&str]) -> String {
    let row = |number: usize| {
        let label = labels[number % labels.len()];
        let text = format!("the report of {number} said that {label}word and {label}thing were seen on day {}", number % 7);
        serde_json::json!({"text": text, "label": label}).to_string() + "\n"
    };
    (0..count).map(row).collect()
}

fn train(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_slugline-train")).current_dir(folder).args(arguments).output().unwrap()
}

#[test]
fn any_labelled_file_trains_a_model_that_is_served_like_any_other() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("train.jsonl"), labelled_rows(90, &["red", "green", "blue"])).unwrap();
    fs::write(folder.path().join("test.jsonl"), labelled_rows(30, &["red", "green", "blue"])).unwrap();
    let arguments = ["--data", "colour=train.jsonl", "--test", "test.jsonl", "--report", "report.json", "--name", "colours"];
    let output = train(&folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(report["colour"]["accuracy"], 1.0);
    assert!(fs::read_to_string(folder.path().join("report.html")).unwrap().contains("none of which it learned from"));
    assert_eq!((&report["colour"]["train_documents"], &report["colour"]["test_documents"]), (&Value::from(90), &Value::from(30)));
    assert!(report["trials"].as_array().unwrap().iter().any(|trial| trial["kept"] == true));
    for step in ["read", "clean", "features", "learn", "tune", "calibrate", "predict", "total"] {
        assert!(report["seconds"][step].is_number(), "{step}");
    }
    // The test file is a third of the training file.
    assert_eq!(report["duplicates"]["leaks"]["colour"]["documents"], 30);
    assert_eq!(report["duplicates"]["leaks"]["colour"]["rows"][12]["train_line"], 13);
    let figures = &report["probabilities"]["colour"];
    assert_eq!(figures["abstention"]["answered"], 30);
    assert_eq!(figures["reliability"].as_array().unwrap().iter().map(|bin| bin["count"].as_u64().unwrap()).sum::<u64>(), 30);
    let calibration = &figures["calibration"];
    let chosen = calibration["candidates"].as_array().unwrap().iter().find(|one| one["name"] == calibration["chosen"]).unwrap();
    assert_eq!(chosen["eligible"], true);
    fs::write(folder.path().join("article.txt"), "They said that greenword was seen.").unwrap();
    let answer =
        slugline().current_dir(&folder).args(["classify", "article.txt", "--model", "colours", "--labels", "best"]).output().unwrap();
    assert_eq!(answer.status.code(), Some(0), "{}", stderr(&answer));
    let answer: Value = serde_json::from_str(stdout(&answer)).unwrap();
    assert_eq!(answer["model_version"], "models/colours/versions/1");
    assert_eq!(answer["tasks"]["colour"]["labels"][0]["name"], "green");
}

#[test]
fn a_labelled_file_is_looked_through_for_duplicates_doubtful_labels_and_scarce_ones() {
    let folder = TempDir::new().unwrap();
    let wrong = "{\"text\": \"greenword and greenthing, and again greenword and greenthing, the report said\", \"label\": \"red\"}\n";
    let row = |label: &str| format!("{{\"text\": \"{label}word was seen in one of so many reports today\", \"label\": \"{label}\"}}\n");
    let rows = [labelled_rows(60, &["red", "green"]), wrong.to_owned(), row("red").repeat(20), row("blue")].concat();
    fs::write(folder.path().join("train.jsonl"), rows).unwrap();
    let report = |more: &[&str]| -> (Value, Output) {
        let output = train(&folder, &[&["--data", "train.jsonl", "--no-tune", "--report", "report.json"], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        (serde_json::from_slice(&fs::read(folder.path().join("report.json")).unwrap()).unwrap(), output)
    };
    let (found, output) = report(&[]);
    assert_eq!(found["duplicates"]["largest"][0]["size"], 20);
    assert_eq!(found["duplicates"]["counted_once"], true);
    assert!(found["warnings"][0].as_str().unwrap().contains("blue (1)"), "{found}");
    assert!(stderr(&output).contains("blue (1)"), "{}", stderr(&output));

    let (kept, output) = report(&["--keep-duplicates"]);
    assert_eq!(kept["doubtful_labels"]["first"][0]["line"], 61);
    assert!(stdout(&output).contains("line 61: [red]"), "{}", stdout(&output));
    assert_eq!(kept["duplicates"]["counted_once"], false);
    assert_eq!(kept["duplicates"]["largest"], found["duplicates"]["largest"]);
    assert_ne!(kept["label"]["log_loss"], found["label"]["log_loss"]);
}

#[test]
fn seeds_have_a_report_too_with_an_entry_a_task() {
    let folder = TempDir::new().unwrap();
    let seeds = repository("tests/small-seeds");
    let output = train(&folder, &["--seeds", seeds.to_str().unwrap(), "--name", "small", "--report", "report.json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    for task in ["topic", "tone"] {
        assert!(report[task]["macro_f1"].is_number(), "{task}");
        assert!(!report["learning_curve"][task].as_array().unwrap().is_empty(), "{task}");
    }
    assert!(report["seconds"]["learning_curve"].is_number());
    assert!(folder.path().join("report.html").exists() && folder.path().join("models/small/1/README.md").exists());
}

#[test]
fn an_archive_without_labels_helps_where_labels_are_few_and_the_report_says_so() {
    let folder = TempDir::new().unwrap();
    // Each labelled document has a word of its own; the archive tells which words go together.
    let word = |number: usize| format!("{}{}", ["red", "green"][number % 2], number / 2 % 8);
    let labelled = |number: usize| {
        serde_json::json!({"text": format!("the {} of day {number}", word(number)), "label": word(number)[..3]}).to_string() + "\n"
    };
    let archived = |number: usize| {
        let words = [word(number), word(number + 2), word(number + 4)].join(" ");
        serde_json::json!({"content": format!("the {words} of day {}", number / 16)}).to_string() + "\n"
    };
    fs::write(folder.path().join("few.jsonl"), (0..16).map(labelled).collect::<String>()).unwrap();
    fs::write(folder.path().join("archive.jsonl"), (0..160).map(archived).collect::<String>() + "not json\n{}\n").unwrap();
    let arguments = ["--data", "few.jsonl", "--unlabelled", "archive.jsonl", "--no-tune", "--report", "report.json"];
    let output = train(&folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("2 rows of archive.jsonl") && stderr(&output).contains("archive.jsonl:161"), "{}", stderr(&output));
    assert!(stdout(&output).contains("The model is learned with them"), "{}", stdout(&output));
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    let figures = &report["unlabelled"];
    assert_eq!((&figures["documents_read"], &figures["rows_skipped"]), (&Value::from(160), &Value::from(2)));
    assert_eq!(figures["chosen"], true);
    assert!(figures["gain"].as_f64().unwrap() > 0.2, "{figures}");

    fs::write(folder.path().join("archive.jsonl"), "not json\n").unwrap();
    let output = train(&folder, &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("not one document of 1 rows"), "{}", stderr(&output));
}

#[test]
fn without_a_name_a_labelled_file_publishes_nothing() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("train.jsonl"), labelled_rows(30, &["red", "green"])).unwrap();
    assert_eq!(train(&folder, &["--data", "train.jsonl", "--no-tune"]).status.code(), Some(0));
    assert!(!folder.path().join("models").exists());
}

#[test]
fn tuned_or_not_the_same_file_gives_the_same_model() {
    for tuning in [&["--no-tune"][..], &["--tune", "quick"]] {
        let manifest = |threads: &str| {
            let folder = TempDir::new().unwrap();
            fs::write(folder.path().join("train.jsonl"), labelled_rows(60, &["red", "green"])).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_slugline-train"));
            command.current_dir(&folder).args(["--data", "train.jsonl", "--name", "colours"]).args(tuning);
            let output = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
            // It names the checksum of the tensors.
            fs::read(folder.path().join("models/colours/1/manifest.json")).unwrap()
        };
        let one = manifest("1");
        assert_eq!(one, manifest("2"));
        assert_eq!(one, manifest("8"));
    }
}

#[test]
fn a_file_with_nothing_to_decide_is_refused() {
    let folder = TempDir::new().unwrap();
    let unlabelled = "{\"text\": \"some words\", \"labels\": []}\n".repeat(9);
    for (rows, reason) in
        [(labelled_rows(30, &["red"]), "1 labels"), (unlabelled, "0 labels"), (labelled_rows(2, &["red", "green"]), "2 documents")]
    {
        fs::write(folder.path().join("train.jsonl"), rows).unwrap();
        for tuning in ["--no-tune", "--tune=quick"] {
            let output = train(&folder, &["--data", "train.jsonl", "--name", "colours", tuning]);
            assert_eq!(output.status.code(), Some(1));
            assert!(stderr(&output).contains(reason), "{}", stderr(&output));
        }
    }
    assert!(!folder.path().join("models").exists());
}

#[test]
fn a_label_that_can_not_be_as_precise_as_asked_is_named_and_never_given() {
    let folder = TempDir::new().unwrap();
    // The label "noise" has nothing to do with the words.
    let row = |n: usize| {
        let noise = if n % 7 < 3 { ", \"noise\"" } else { "" };
        let colour = ["red", "green"][n % 2];
        format!("{{\"text\": \"a {colour}word was seen on day {}\", \"labels\": [\"{colour}\"{noise}]}}\n", n % 5)
    };
    fs::write(folder.path().join("train.jsonl"), (0..140).map(row).collect::<String>()).unwrap();
    let output = train(&folder, &["--data", "train.jsonl", "--no-tune", "--keep-duplicates", "--precision", "0.95", "--name", "colours"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("a precision of 0.95, so they are never given: noise\n"), "{}", stdout(&output));
    assert_eq!(train(&folder, &["--data", "train.jsonl", "--precision", "95"]).status.code(), Some(2));
    fs::write(folder.path().join("single.jsonl"), labelled_rows(30, &["red", "green"])).unwrap();
    let single = train(&folder, &["--data", "single.jsonl", "--precision", "0.9"]);
    assert_eq!(single.status.code(), Some(1));
    assert!(stderr(&single).contains("single.jsonl: --precision chooses thresholds"), "{}", stderr(&single));
}

#[test]
fn a_wrong_row_of_a_labelled_file_is_named_and_nothing_is_learned() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("train.jsonl"), labelled_rows(30, &["red", "green"]) + "{\"text\": \"no label\"}\n").unwrap();
    let output = train(&folder, &["--data", "train.jsonl", "--name", "colours"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("train.jsonl:31"), "{}", stderr(&output));
    assert!(!folder.path().join("models").exists());
}

#[test]
fn the_trainer_refuses_broken_seeds_and_publishes_nothing() {
    let folder = TempDir::new().unwrap();
    let seeds = folder.path().join("seeds");
    fs::create_dir_all(seeds.join("articles/sport")).unwrap();
    fs::copy(repository("tests/small-seeds/taxonomy.toml"), seeds.join("taxonomy.toml")).unwrap();
    fs::write(seeds.join("articles/sport/a.md"), "+++\ntitle = \"A match\"\ntopic = \"sprot\"\ntone = []\n+++\nThe team won.\n").unwrap();
    let trainer = |models: &Path| {
        Command::new(env!("CARGO_BIN_EXE_slugline-train")).arg("--seeds").arg(&seeds).arg("--models").arg(models).output().unwrap()
    };
    let models = folder.path().join("models");
    let output = trainer(&models);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("articles/sport/a.md:3") && stderr(&output).contains("sprot"), "{}", stderr(&output));
    assert!(!models.join("news").exists());
}

#[test]
fn several_files_make_several_tasks_each_judged_by_its_own_test_file() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("colour.jsonl"), labelled_rows(60, &["red", "green"])).unwrap();
    fs::write(folder.path().join("taste.jsonl"), labelled_rows(90, &["sweet", "sour", "salt"])).unwrap();
    fs::write(folder.path().join("test.jsonl"), labelled_rows(12, &["sour", "salt"])).unwrap();
    let files = ["--data", "colour=colour.jsonl", "--data", "taste=taste.jsonl", "--no-tune"];
    let more = ["--test", "taste=test.jsonl", "--name", "both", "--report", "report.json"];
    let output = train(&folder, &[&files[..], &more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    let counts = |task: &str| (report[task]["train_documents"].as_u64().unwrap(), report[task]["test_documents"].as_u64().unwrap());
    assert_eq!((counts("colour"), counts("taste")), ((60, 0), (90, 12)));
    assert_eq!((&report["colour"]["accuracy"], &report["taste"]["accuracy"]), (&Value::from(1.0), &Value::from(1.0)));

    fs::write(folder.path().join("article.txt"), "They said that greenword and sourthing were seen.").unwrap();
    let arguments = ["classify", "article.txt", "--model", "both", "--labels", "best"];
    let answer: Value = serde_json::from_str(stdout(&slugline().current_dir(&folder).args(arguments).output().unwrap())).unwrap();
    let best = |task: &str| answer["tasks"][task]["labels"][0]["name"].clone();
    assert_eq!((best("colour"), best("taste")), (Value::from("green"), Value::from("sour")));

    for (wrong, reason) in [
        (["--data", "colour=taste.jsonl"], "two files for the task"),
        (["--test", "smell=test.jsonl"], "--data has colour, taste"),
        (["--test", "test.jsonl"], "for the task \"label\""),
    ] {
        let output = train(&folder, &[&files[..], &wrong].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    }
}

#[test]
#[cfg(unix)]
fn an_interrupted_training_says_so_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let words = |n: usize| (0..40).map(|k| format!("word{} ", (n * 31 + k * k * 17) % 9973)).collect::<String>();
    let row = |n: usize| format!("{{\"text\": \"{}\", \"label\": \"{}\"}}\n", words(n), n % 50);
    fs::write(folder.path().join("train.jsonl"), (0..20_000).map(row).collect::<String>()).unwrap();
    let mut training = Command::new(env!("CARGO_BIN_EXE_slugline-train"))
        .current_dir(&folder)
        .args(["--data", "train.jsonl", "--tune", "thorough", "--name", "never", "--report", "report.json"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(training.stderr.take().unwrap()).lines();
    // Its first trial is over, and some forty are to come.
    assert!(lines.next().unwrap().unwrap().contains("defaults"));
    assert!(Command::new("kill").args(["-INT", &training.id().to_string()]).status().unwrap().success());
    assert_eq!(training.wait().unwrap().code(), Some(130));
    assert!(lines.any(|line| line.unwrap().contains("interrupted")));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "only the training file is there");
}
