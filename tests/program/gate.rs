//! Publishing: what answers after a training, and what is left of one that was killed.

use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::Instant,
};

use serde_json::{Value, json};
use slugline::model::{OUT_OF_FOLD, Store};
use tempfile::TempDir;

use super::{stderr, stdout};

/// 90 documents about colours. Of those from `shuffled` on the labels say nothing.
fn rows(shuffled: usize) -> String {
    let row = |number: usize| {
        let colour = ["red", "green", "blue"][number % 3];
        let label = if number < shuffled { colour } else { ["red", "green", "blue"][number * number / 3 % 3] };
        let text = format!("the report of {number} said that {colour}word and {colour}thing were seen on day {}", number % 7);
        format!("{}\n", json!({"text": text, "label": label}))
    };
    (0..90).map(row).collect()
}

fn trainer(folder: &TempDir, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slugline-train"));
    command.current_dir(folder).args(["--data", "train.jsonl", "--no-tune", "--keep-duplicates", "--name", "colours"]).args(more);
    command.stdin(Stdio::null());
    command
}

/// Trains on these rows, and gives what it printed.
fn train(folder: &TempDir, rows: &str, more: &[&str]) -> String {
    fs::write(folder.path().join("train.jsonl"), rows).unwrap();
    let output: Output = trainer(folder, more).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output).to_owned()
}

fn aliases(folder: &TempDir) -> Value {
    serde_json::from_slice(&fs::read(folder.path().join("models/colours/aliases.json")).unwrap()).unwrap()
}

#[test]
fn a_worse_version_becomes_canary_unless_forced_and_a_better_one_answers() {
    let folder = TempDir::new().unwrap();
    let told = train(&folder, &rows(80), &[]);
    assert!(told.contains("there is no earlier version of colours") && told.contains("published models/colours/versions/1, "), "{told}");

    let told = train(&folder, &rows(10), &[]);
    assert!(told.contains("published models/colours/versions/2 as canary"), "{told}");
    let row = told.lines().find(|line| line.trim_start().starts_with("label ")).unwrap();
    assert!(row.contains(" 90 ") && row.ends_with("worse"), "{row}");
    assert!(told.contains("slugline models activate colours 2 --models models"), "{told}");
    assert_eq!(aliases(&folder), json!({"stable": 1, "canary": 2}));

    // The same training once more changes nothing, and says what answers.
    let told = train(&folder, &rows(10), &[]);
    assert!(told.contains("colours/versions/2 is this very model") && told.contains("colours/versions/1 answers, not this one"), "{told}");
    assert_eq!(aliases(&folder), json!({"stable": 1, "canary": 2}));
    assert!(train(&folder, &rows(10), &["--tolerance", "1"]).contains("colours/versions/1 answers, not this one"));
    assert_eq!(aliases(&folder), json!({"stable": 1, "canary": 2}), "it would pass now, and still nobody asked for it");

    train(&folder, &rows(10), &["--force"]);
    assert_eq!(aliases(&folder), json!({"stable": 2, "canary": 2, "previous": 1}));
    let told = train(&folder, &rows(90), &[]);
    assert!(told.contains("as good") && told.contains("published models/colours/versions/3, "), "{told}");
    assert_eq!(aliases(&folder), json!({"stable": 3, "canary": 2, "previous": 2}));
    let told = train(&folder, &rows(20), &["--force"]);
    assert!(told.contains("published models/colours/versions/4, which answers now though it is worse"), "{told}");
}

#[test]
fn what_can_not_be_compared_answers_and_is_told_in_a_line() {
    let folder = TempDir::new().unwrap();
    train(&folder, &rows(90), &[]);
    let predictions = folder.path().join("models/colours/1").join(OUT_OF_FOLD);
    let bytes = fs::read(&predictions).unwrap();
    fs::write(&predictions, &bytes[..bytes.len() / 2]).unwrap();
    let told = train(&folder, &rows(10), &[]);
    assert!(told.contains("models/colours/1/out-of-fold.jsonl: the file is damaged"), "{told}");
    assert_eq!(aliases(&folder), json!({"stable": 2, "previous": 1}));

    fs::remove_file(folder.path().join("models/colours/2").join(OUT_OF_FOLD)).unwrap();
    let told = train(&folder, &rows(5), &[]);
    assert!(told.contains("models/colours/versions/2 has no predictions on held-out documents"), "{told}");
    assert_eq!(aliases(&folder)["stable"], 3);

    let few: String = rows(90).lines().take(49).map(|line| format!("{line}\n")).collect();
    let told = train(&folder, &few, &[]);
    assert!(told.contains("49 documents in common with models/colours/versions/3, and 50 are needed"), "{told}");
    assert_eq!(aliases(&folder)["stable"], 4);
}

/// A round's rows: documents of their own, so that each training gives another model.
fn rows_of_round(round: usize) -> String {
    rows(90).replace("the report", &format!("report {round}"))
}

/// The versions in the store, all of which open, and the one that answers.
fn open_all(folder: &TempDir) -> (Vec<u32>, u32) {
    let store = Store::folder(folder.path().join("models")).unwrap();
    let entry = store.entry("colours").unwrap();
    for &version in &entry.versions {
        store.load("colours", version).unwrap();
    }
    (entry.versions.clone(), entry.aliases["stable"])
}

/// What lies in the model's folder.
fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path().join("models/colours")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Starts a training, and waits for the last line that it prints before it publishes.
fn until_it_publishes(folder: &TempDir, round: usize) -> (Child, Lines<BufReader<ChildStdout>>) {
    fs::write(folder.path().join("train.jsonl"), rows_of_round(round)).unwrap();
    let mut training = trainer(folder, &[]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(training.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("not compared with")));
    (training, lines)
}

#[test]
#[cfg(unix)]
fn a_training_killed_at_any_moment_of_publishing_leaves_the_old_version_or_the_new_one() {
    let folder = TempDir::new().unwrap();
    train(&folder, &rows_of_round(0), &[]);
    let (mut training, mut lines) = until_it_publishes(&folder, 1);
    let began = Instant::now();
    assert!(lines.any(|line| line.unwrap().starts_with("published")));
    let publishing = began.elapsed();
    training.wait().unwrap();

    let (mut versions, mut answering) = open_all(&folder);
    let mut ended = [0; 4];
    let mut random = 0x9e37_79b9_u64;
    for round in 2..22 {
        let (mut training, _lines) = until_it_publishes(&folder, round);
        let began = Instant::now();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Up to twice the time that publishing took: it takes longer where the disk is busy.
        let moment = publishing.mul_f64(2.0 * (random >> 40) as f64 / (1 << 24) as f64);
        while began.elapsed() < moment {
            std::thread::yield_now();
        }
        training.kill().unwrap();
        training.wait().unwrap();

        let (now, answers) = open_all(&folder);
        let new = versions.last().unwrap() + 1;
        assert!(now == versions || now == [versions, vec![new]].concat(), "{now:?}");
        assert!(answers == answering || (answers == new && now.contains(&new)), "{answers} of {now:?}");
        let is_left = |name: &str| name.starts_with(".publishing-") || name.starts_with(".unfinished-");
        ended[if answers == new {
            3
        } else if now.contains(&new) {
            2
        } else {
            usize::from(names(&folder).iter().any(|name| is_left(name)))
        }] += 1;
        (versions, answering) = (now, answers);
    }

    train(&folder, &rows_of_round(22), &[]);
    let left: Vec<String> = names(&folder).into_iter().filter(|name| name.parse::<u32>().is_err()).collect();
    assert!(left.iter().all(|name| name == "aliases.json" || name == ".lock"), "{left:?}");
    let [before, unfinished, unnamed, whole] = ended;
    println!(
        "publishing took {publishing:?}; killed {before} before it, {unfinished} in its midst, {unnamed} before the alias, {whole} after"
    );
}
