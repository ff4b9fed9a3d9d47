//! Any bytes as a model's files, and a small valid model with changes. What opens must answer.
//!
//! What is changed gets its checksums anew, for else no change would come further than those.

#![no_main]

use std::{
    fs,
    path::Path,
    sync::{Arc, LazyLock},
};

use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};
use prost::Message;
use serde_json::Value;
use sha2::{Digest, Sha256};
use slugline::{
    api::{ApiError, Engine, Limits, v1},
    corpus::{DocumentHash, Task, TaskKind},
    model::{
        OutOfFold, Registry, Store,
        file::{self, EncodedModel},
    },
    text::{Fields, hex},
};
use slugline_fuzz::small_model::small_model;
use tempfile::TempDir;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Files {
        manifest: &'a [u8],
        tensors: &'a [u8],
    },
    Changed(Vec<Change<'a>>),
    /// The file of predictions beside the model, and lines for it between a right head and a right checksum.
    Predictions(&'a [u8]),
    PredictionLines(&'a str),
}

/// A change of the small model. A place in the manifest is the number of a value, counted from its head on.
#[derive(Arbitrary, Debug)]
enum Change<'a> {
    Replace {
        place: u16,
        with: Scalar<'a>,
    },
    /// Puts a copy of one value in the place of another.
    Copy {
        from: u16,
        to: u16,
    },
    /// Puts the last item of a list there once more.
    Repeat {
        place: u16,
    },
    /// Takes the last item out of a list or an object.
    Remove {
        place: u16,
    },
    /// Overwrites a number among the weights, intercepts and IDFs.
    Number {
        at: u8,
        number: f32,
    },
    /// Overwrites bytes of the tensors' file.
    Bytes {
        at: u16,
        bytes: [u8; 3],
    },
    Cut {
        length: u16,
    },
}

#[derive(Arbitrary, Debug)]
enum Scalar<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(&'a str),
    List,
    Object,
}

static MODEL: LazyLock<(Value, Vec<u8>)> = LazyLock::new(|| {
    let EncodedModel { manifest, tensors, .. } = small_model();
    (serde_json::from_slice(&manifest).expect("a manifest is JSON"), tensors)
});
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    fs::create_dir_all(folder.path().join("small/1")).expect("folders can be made");
    folder
});

fuzz_target!(|input: Input| {
    let (manifest, tensors) = match input {
        Input::Files { manifest, tensors } => (manifest.to_vec(), tensors.to_vec()),
        Input::Changed(changes) => {
            let (mut manifest, mut tensors) = MODEL.clone();
            changes.iter().for_each(|change| change.apply(&mut manifest, &mut tensors));
            (sealed(manifest, &tensors), tensors)
        }
        Input::Predictions(bytes) => return predictions(bytes),
        Input::PredictionLines(lines) => {
            let body = PREDICTIONS.clone() + lines + "\n";
            let checksum = format!("{{\"sha256\":\"{}\"}}\n", hex(&Sha256::digest(&body)));
            return predictions((body + &checksum).as_bytes());
        }
    };
    match file::decode("small", 1, &manifest, &tensors, Path::new("small/1")) {
        Err(error) => assert!(error.to_string().starts_with("small/1"), "an error names the file: {error}"),
        Ok(_) => answer(&manifest, &tensors),
    }
});

/// The head of a file of predictions for the small model, and one line of it.
static PREDICTIONS: LazyLock<String> = LazyLock::new(|| {
    let written = OutOfFold::new(&tasks(), &[DocumentHash::of(Fields { title: "", text: "a" })], |_, _| Some([0.5; 3])).encode("");
    let text = String::from_utf8(written).expect("it is JSON Lines");
    text.split_inclusive('\n').take(2).collect()
});

/// Reads the file of predictions of a model without a fingerprint.
fn predictions(bytes: &[u8]) {
    let tasks = tasks();
    let read = |bytes| OutOfFold::decode(bytes, "", &tasks.iter().collect::<Vec<_>>(), Path::new("small/1"));
    match read(bytes) {
        Err(error) => assert!(error.to_string().starts_with("small/1"), "an error names the file: {error}"),
        Ok(predictions) => assert_eq!(read(&predictions.encode("")).expect("it has just been written"), predictions),
    }
}

fn tasks() -> [Task; 1] {
    [Task::new_flat("topic", TaskKind::SingleLabel, ["sport", "weather", "health"])]
}

/// Asks all that one can ask about a model.
fn answer(manifest: &[u8], tensors: &[u8]) {
    let folder = FOLDER.path().join("small/1");
    fs::write(folder.join(file::MANIFEST), manifest).expect("files can be written");
    fs::write(folder.join(file::TENSORS), tensors).expect("files can be written");
    let (registry, _) = Registry::load(&Store::Folder(FOLDER.path().to_owned()), 0).expect("it has just been opened");
    let tasks = &registry.opened().next().expect("there is one").manifest().tasks;
    let labels = tasks.iter().flat_map(|task| task.task.labels.iter().map(|label| format!("{}/{}", task.task.name, label.name)));
    let options =
        v1::ClassificationOptions { evidence: v1::EvidenceLevel::Terms as i32, explain_labels: labels.collect(), ..Default::default() };
    let engine = Engine::new(Arc::new(registry), Limits::default());

    finish(engine.list_models(&v1::ListModelsRequest::default()));
    finish(engine.get_model(&v1::GetModelRequest::default()));
    let text = "Fear of the storm. The match went on, the ruling came.\n\nStorm warning!";
    for (title, content) in [("The storm", text), ("", "Nothing known")] {
        let document = v1::Document { title: title.to_owned(), content: content.to_owned(), ..Default::default() };
        let ask = |options| engine.classify_document(&v1::ClassifyDocumentRequest { document: Some(document.clone()), options });
        // Labels may have names by which they can't be found.
        let answer = ask(Some(options.clone())).or_else(|_| ask(None)).expect("a right document is answered");
        let labels = answer.classification.iter().flat_map(|answer| &answer.tasks).flat_map(|task| &task.labels);
        labels.for_each(|label| assert!((0.0..=1.0).contains(&label.probability), "{label:?}"));
        finish(Ok(answer));
    }
}

fn finish(answer: Result<impl Message, ApiError>) {
    match answer {
        Ok(message) => drop(message.encode_to_vec()),
        Err(error) => assert!(error != ApiError::Internal && !error.to_string().is_empty()),
    }
}

impl Change<'_> {
    fn apply(&self, manifest: &mut Value, tensors: &mut Vec<u8>) {
        match self {
            Change::Replace { place, with } => {
                if let Some(value) = value_at(manifest, *place) {
                    *value = with.json();
                }
            }
            Change::Copy { from, to } => {
                let copy = value_at(manifest, *from).cloned();
                if let (Some(value), Some(copy)) = (value_at(manifest, *to), copy) {
                    *value = copy;
                }
            }
            Change::Repeat { place } => change_list(manifest, *place, |items| items.extend(items.last().cloned())),
            Change::Remove { place } => match value_at(manifest, *place) {
                Some(Value::Object(object)) => drop(object.keys().next_back().cloned().and_then(|key| object.remove(&key))),
                _ => change_list(manifest, *place, |items| drop(items.pop())),
            },
            Change::Number { at, number } => {
                let numbers = header_length(tensors);
                let (numbers, _) = tensors[numbers..].as_chunks_mut::<4>();
                let count = numbers.len().max(1);
                if let Some(place) = numbers.get_mut(usize::from(*at) % count) {
                    *place = number.to_le_bytes();
                }
            }
            Change::Bytes { at, bytes } => {
                let at = usize::from(*at) % tensors.len().max(1);
                tensors.iter_mut().skip(at).zip(bytes).for_each(|(place, byte)| *place = *byte);
            }
            Change::Cut { length } => tensors.truncate(usize::from(*length)),
        }
    }
}

impl Scalar<'_> {
    fn json(&self) -> Value {
        match self {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::from(*value),
            Scalar::Integer(number) => Value::from(*number),
            Scalar::Number(number) => Value::from(*number),
            Scalar::Text(text) => Value::from(*text),
            Scalar::List => Value::Array(Vec::new()),
            Scalar::Object => Value::Object(Default::default()),
        }
    }
}

/// Where the numbers begin in a safetensors file: after eight bytes that say how long the header is, and the header.
fn header_length(tensors: &[u8]) -> usize {
    let header = tensors.first_chunk().map_or(0, |length| u64::from_le_bytes(*length));
    usize::try_from(header.saturating_add(8)).unwrap_or(usize::MAX).min(tensors.len())
}

/// The value at a place, counted round where there are not so many.
fn value_at(manifest: &mut Value, place: u16) -> Option<&mut Value> {
    let count = count(manifest);
    nth(manifest, &mut (usize::from(place) % count))
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(object) => object.values().map(count).sum(),
        _ => 0,
    }
}

fn nth<'v>(value: &'v mut Value, left: &mut usize) -> Option<&'v mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, left)),
        Value::Object(object) => object.values_mut().find_map(|item| nth(item, left)),
        _ => None,
    }
}

fn change_list(manifest: &mut Value, place: u16, change: impl FnOnce(&mut Vec<Value>)) {
    if let Some(Value::Array(items)) = value_at(manifest, place) {
        change(items);
    }
}

/// The manifest's bytes, with the checksums that belong to what it says and to the tensors.
fn sealed(mut manifest: Value, tensors: &[u8]) -> Vec<u8> {
    const NO_FINGERPRINT: &str = "0000000000000000000000000000000000000000000000000000000000000000";
    for (key, value) in [
        ("/tensors/bytes", Value::from(tensors.len())),
        ("/tensors/sha256", Value::from(hex(&Sha256::digest(tensors)))),
        ("/fingerprint", Value::from(NO_FINGERPRINT)),
    ] {
        if let Some(place) = manifest.pointer_mut(key) {
            *place = value;
        }
    }
    let text = serde_json::to_string_pretty(&manifest).expect("a value of JSON can be written");
    text.replacen(NO_FINGERPRINT, &hex(&Sha256::digest(text.as_bytes())), 1).into_bytes()
}
