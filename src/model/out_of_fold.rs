//! What was predicted of training documents while they were held out: `out-of-fold.jsonl`, beside the manifest.
//!
//! With it two versions are compared on documents that neither had learned from when it judged them. Nothing else reads it, and older
//! versions have none. It is JSON Lines: the first line says for which model and which labels, the last is a checksum of the lines before.
//!
//! ```text
//! {"format_version":1,"model":"3f2a..","tasks":[{"name":"topic","labels":["sport","health"]}]}
//! {"document":"00a31c..","probabilities":[[0.9731,0.0269]]}
//! {"sha256":"91c0.."}
//! ```

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Manifest, ModelError, Store};
use crate::{
    corpus::{DocumentHash, Task},
    text::hex,
};

/// Name of the file.
pub const OUT_OF_FOLD: &str = "out-of-fold.jsonl";
/// How many documents are kept: those with the lowest hashes, so that two versions keep the same ones.
pub const MAX_DOCUMENTS: usize = 20_000;
const FORMAT_VERSION: u32 = 1;

/// Predictions of documents that were held out. Of documents with the same text there is one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutOfFold {
    tasks: Vec<PredictedTask>,
    /// For each task the probabilities of its labels; `None` where the document says nothing about the task.
    documents: BTreeMap<DocumentHash, Vec<Option<Vec<f32>>>>,
}

/// The labels that probabilities are of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PredictedTask {
    name: String,
    labels: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format_version: u32,
    /// The model's fingerprint.
    model: String,
    tasks: Vec<PredictedTask>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    document: DocumentHash,
    probabilities: Vec<Option<Vec<f32>>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Footer {
    sha256: String,
}

impl OutOfFold {
    /// Keeps what was predicted of `documents`. `predict` gives the calibrated probabilities of all labels of a task for a document, both by
    /// their numbers, unless the document says nothing about the task. Where a text occurs more than once, the first document that says
    /// something counts.
    pub fn new<P>(tasks: &[Task], documents: &[DocumentHash], predict: impl Fn(usize, usize) -> Option<P>) -> OutOfFold
    where
        P: IntoIterator<Item = f32>,
    {
        let mut sorted: Vec<(DocumentHash, usize)> = documents.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let of_text = |same: &[(DocumentHash, usize)]| {
            let first = |task| same.iter().find_map(|&(_, document)| predict(document, task));
            let of_task = |task| first(task).map(|probabilities| probabilities.into_iter().map(rounded).collect());
            (same[0].0, (0..tasks.len()).map(of_task).collect())
        };
        let documents = sorted.chunk_by(|left, right| left.0 == right.0).take(MAX_DOCUMENTS).map(of_text).collect();
        OutOfFold { tasks: tasks.iter().map(PredictedTask::of).collect(), documents }
    }

    /// The documents, by rising hash.
    pub fn documents(&self) -> impl ExactSizeIterator<Item = DocumentHash> {
        self.documents.keys().copied()
    }

    /// Whether it has a prediction of this document.
    pub fn contains(&self, document: DocumentHash) -> bool {
        self.documents.contains_key(&document)
    }

    /// The probabilities of a document's labels in the task of this number, if something was predicted.
    pub fn probabilities(&self, document: DocumentHash, task: usize) -> Option<&[f32]> {
        self.documents.get(&document)?.get(task)?.as_deref()
    }

    /// The bytes of the file, for the model with this fingerprint.
    pub fn encode(&self, fingerprint: &str) -> Vec<u8> {
        let json = |line: Result<String, serde_json::Error>| line.expect("text, and numbers that are finite, are JSON") + "\n";
        let header = Header { format_version: FORMAT_VERSION, model: fingerprint.to_owned(), tasks: self.tasks.clone() };
        let mut text = json(serde_json::to_string(&header));
        for (&document, probabilities) in &self.documents {
            text += &json(serde_json::to_string(&Line { document, probabilities: probabilities.clone() }));
        }
        let footer = Footer { sha256: hex(&Sha256::digest(&text)) };
        (text + &json(serde_json::to_string(&footer))).into_bytes()
    }

    /// Reads the file of the model with this fingerprint and these tasks. `path` is where the bytes come from, for errors to name.
    ///
    /// # Errors
    /// If it is not as it was written, of another model, or of a newer format.
    pub fn decode(bytes: &[u8], fingerprint: &str, tasks: &[&Task], path: &Path) -> Result<OutOfFold, ModelError> {
        let damaged = |reason: String| ModelError::Damaged { path: path.to_owned(), reason };
        let text = std::str::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8".to_owned()))?;
        let cut = || damaged("it is cut short: its last line is not the checksum of those before".to_owned());
        let (body, footer) = text.strip_suffix('\n').and_then(|text| text.rsplit_once('\n')).ok_or_else(cut)?;
        let footer: Footer = serde_json::from_str(footer).map_err(|_| cut())?;
        if hex(&Sha256::digest(&text[..body.len() + 1])) != footer.sha256 {
            return Err(damaged("its lines do not have the SHA-256 that the last one names".to_owned()));
        }
        let mut lines = body.lines().zip(1..);
        let in_line = |number: usize, reason: String| damaged(format!("line {number}: {reason}"));
        let header: Header =
            serde_json::from_str(lines.next().map_or("", |(line, _)| line)).map_err(|error| in_line(1, error.to_string()))?;
        if header.format_version != FORMAT_VERSION {
            let found = u64::from(header.format_version);
            return Err(ModelError::FormatVersion { path: path.to_owned(), found, supported: FORMAT_VERSION });
        }
        if header.model != fingerprint {
            return Err(damaged(format!("it is of the model with the fingerprint {}", header.model)));
        }
        if !header.tasks.iter().cloned().eq(tasks.iter().map(|task| PredictedTask::of(task))) {
            return Err(damaged("its tasks and labels are not the model's".to_owned()));
        }
        let mut documents = BTreeMap::new();
        for (line, number) in lines {
            let Line { document, probabilities } = serde_json::from_str(line).map_err(|error| in_line(number, error.to_string()))?;
            let fits = |(of_task, task): (&Option<Vec<f32>>, &PredictedTask)| {
                of_task.as_ref().is_none_or(|of_task| of_task.len() == task.labels.len() && of_task.iter().all(|p| (0.0..=1.0).contains(p)))
            };
            if probabilities.len() != header.tasks.len() || !probabilities.iter().zip(&header.tasks).all(fits) {
                return Err(in_line(number, "it does not have one probability a label".to_owned()));
            }
            documents.insert(document, probabilities);
        }
        Ok(OutOfFold { tasks: header.tasks, documents })
    }
}

impl PredictedTask {
    fn of(task: &Task) -> PredictedTask {
        PredictedTask { name: task.name.clone(), labels: task.labels.iter().map(|label| label.name.clone()).collect() }
    }
}

impl Store {
    /// What was predicted out of fold for a version with this manifest; `None` if nothing is kept of it, as of versions that were
    /// published by older programs.
    ///
    /// # Errors
    /// As for [`OutOfFold::decode`], and if the file can't be read.
    pub fn out_of_fold(&self, name: &str, version: u32, manifest: &Manifest) -> Result<Option<OutOfFold>, ModelError> {
        let Store::Folder(models) = self else { return Ok(None) };
        let path = models.join(name).join(version.to_string()).join(OUT_OF_FOLD);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ModelError::Io { path, source }),
            Ok(bytes) => {
                let tasks: Vec<&Task> = manifest.tasks.iter().map(|task| &task.task).collect();
                OutOfFold::decode(&bytes, &manifest.fingerprint, &tasks, &path).map(Some)
            }
        }
    }
}

/// With four significant digits, which is far finer than calibration is, and half as long in a file.
fn rounded(probability: f32) -> f32 {
    format!("{probability:.3e}").parse().unwrap_or(probability)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{corpus::TaskKind, text::Fields};

    fn hash(text: &str) -> DocumentHash {
        DocumentHash::of(Fields { title: "", text })
    }

    fn decode(bytes: &[u8], fingerprint: &str) -> Result<OutOfFold, ModelError> {
        OutOfFold::decode(bytes, fingerprint, &tasks().iter().collect::<Vec<_>>(), Path::new("news/1/out-of-fold.jsonl"))
    }

    fn tasks() -> Vec<Task> {
        vec![Task::new_flat("topic", TaskKind::SingleLabel, ["art", "sport"]), Task::new_flat("tone", TaskKind::MultiLabel, ["harsh"])]
    }

    /// Of the texts "a", "b" and "a" again; only the last says something about the tone.
    fn predictions() -> OutOfFold {
        OutOfFold::new(&tasks(), &[hash("a"), hash("b"), hash("a")], |document, task| match (document, task) {
            (2, 1) => Some(vec![0.000_012_345_67]),
            (_, 1) => None,
            (document, _) => Some(vec![0.123_456 + document as f32 / 2.0, 0.0]),
        })
    }

    #[test]
    fn it_is_read_as_it_was_written_with_four_digits_and_one_line_a_text() {
        let predictions = predictions();
        let bytes = predictions.encode("f00");
        assert_eq!(decode(&bytes, "f00").unwrap(), predictions);
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.lines().count(), 4, "{text}");
        let line = format!("\n{{\"document\":\"{}\",\"probabilities\":[[0.1235,0.0],[0.00001235]]}}\n", hash("a"));
        assert!(text.contains(&line), "{text}");
        assert_eq!(predictions.probabilities(hash("b"), 1), None);
    }

    #[test]
    fn wherever_it_is_cut_or_changed_it_is_refused() {
        let bytes = predictions().encode("f00");
        let refusal = |bytes: &[u8]| decode(bytes, "f00").unwrap_err().to_string();
        for length in 0..bytes.len() {
            assert!(refusal(&bytes[..length]).starts_with("news/1/out-of-fold.jsonl: the file is damaged"), "{length}");
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            refusal(&changed);
        }
        assert!(decode(&bytes, "ba4").unwrap_err().to_string().contains("f00"));
        let of_other_labels = OutOfFold::new(&tasks()[..1], &[], |_, _| None::<Vec<f32>>).encode("f00");
        assert!(refusal(&of_other_labels).contains("not the model's"));
    }

    #[test]
    fn of_many_documents_those_with_the_lowest_hashes_are_kept() {
        let mut hashes: Vec<DocumentHash> = (0..MAX_DOCUMENTS + 10).map(|number| hash(&number.to_string())).collect();
        let kept = OutOfFold::new(&[], &hashes, |_, _| None::<Vec<f32>>);
        hashes.sort_unstable();
        assert!(kept.documents().eq(hashes[..MAX_DOCUMENTS].iter().copied()));
    }
}
