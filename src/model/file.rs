//! A model as two files: `manifest.json`, which people can read, and `model.safetensors`, which holds the numbers. Two more are
//! written beside them: the card for people, and predictions for comparing versions.
//!
//! The manifest names the checksum of the tensors, and its fingerprint is a checksum of itself, so that no byte of either file can
//! change unseen. A model is read into memory whole: a mapped file that is cut short would end the process.

use std::{ops::RangeInclusive, path::Path};

use linfa::ParamGuard;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{FORMAT_VERSION, Manifest, Model, ModelError, OutOfFold, TaskManifest, Weights, card};
use crate::{
    corpus::TaskKind,
    features::{TfIdfParams, TfIdfVectorizer},
    learn::{bfloat16::BFloat16, sparse_logistic_regression::SparseLogisticRegression},
    text::hex,
};

/// Name of the readable file.
pub const MANIFEST: &str = "manifest.json";
/// Name of the file of numbers.
pub const TENSORS: &str = "model.safetensors";

/// The bytes of a model's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedModel {
    /// Content of `manifest.json`.
    pub manifest: Vec<u8>,
    /// Content of `model.safetensors`.
    pub tensors: Vec<u8>,
    /// Content of `README.md`, which opening a model does not ask for.
    pub card: Vec<u8>,
    /// Content of `out-of-fold.jsonl`, which opening a model does not ask for either.
    pub out_of_fold: Vec<u8>,
    /// The fingerprint that the manifest carries.
    pub fingerprint: String,
}

/// Writes a model down. The manifest's fingerprint, tensors and vocabulary are filled in here.
pub fn encode(
    mut manifest: Manifest,
    vectorizer: &TfIdfVectorizer,
    learned: &SparseLogisticRegression,
    out_of_fold: &OutOfFold,
) -> EncodedModel {
    let weights = Weights::rounded(learned);
    let (features, labels) = (vectorizer.vocabulary().len(), weights.intercepts().len());
    let little_endian = |numbers: &[f32]| -> Vec<u8> { numbers.iter().flat_map(|number| number.to_le_bytes()).collect() };
    let (intercepts, idf) = (little_endian(weights.intercepts()), little_endian(vectorizer.idf()));
    let weights: Vec<u8> = weights.as_slice().iter().flat_map(|weight| weight.to_le_bytes()).collect();
    let tensors = (|| {
        let views = [
            ("weights", TensorView::new(Dtype::BF16, vec![features, labels], &weights)?),
            ("intercepts", TensorView::new(Dtype::F32, vec![labels], &intercepts)?),
            ("idf", TensorView::new(Dtype::F32, vec![features], &idf)?),
        ];
        // No header metadata: it would come out in random order.
        safetensors::serialize(views, None)
    })()
    .expect("the bytes were made to fit their shapes just above");
    manifest.tensors = super::TensorsFile { bytes: tensors.len() as u64, sha256: sha256(&tensors) };
    manifest.vocabulary = vectorizer.vocabulary().terms().to_vec();
    manifest.fingerprint = NO_FINGERPRINT.to_owned();
    let text = serde_json::to_string_pretty(&manifest).expect("a manifest has only text keys and finite numbers") + "\n";
    let fingerprint = sha256(text.as_bytes());
    let text = text.replacen(NO_FINGERPRINT, &fingerprint, 1);
    manifest.fingerprint.clone_from(&fingerprint);
    let card = card::card(&manifest).into_bytes();
    let out_of_fold = out_of_fold.encode(&fingerprint);
    EncodedModel { manifest: text.into_bytes(), tensors, card, out_of_fold, fingerprint }
}

/// Opens a model from the bytes of its files. `folder` is where they come from, for errors to name.
pub fn decode(name: &str, version: u32, manifest: &[u8], tensors: &[u8], folder: &Path) -> Result<Model, ModelError> {
    let (manifest_path, tensors_path) = (folder.join(MANIFEST), folder.join(TENSORS));
    let manifest = read_manifest(manifest, &manifest_path)?;
    let damaged = |reason: String| ModelError::Damaged { path: tensors_path.clone(), reason };
    if tensors.len() as u64 != manifest.tensors.bytes {
        return Err(damaged(format!("it has {} bytes, and the manifest says {}", tensors.len(), manifest.tensors.bytes)));
    }
    if sha256(tensors) != manifest.tensors.sha256 {
        return Err(damaged("its SHA-256 is not the one in the manifest".into()));
    }
    let views = SafeTensors::deserialize(tensors).map_err(|e| damaged(e.to_string()))?;
    let features = manifest.vocabulary.len();
    let labels: usize = manifest.tasks.iter().map(|task| task.task.labels.len()).sum();
    let view_of = |tensor: &str, dtype: Dtype, shape: &[usize]| {
        let view = views.tensor(tensor).map_err(|e| damaged(e.to_string()))?;
        if view.dtype() == dtype && view.shape() == shape {
            return Ok(view);
        }
        let (found, found_shape) = (view.dtype(), view.shape());
        Err(damaged(format!("tensor \"{tensor}\" is {found:?} {found_shape:?}, and the manifest asks for {dtype:?} {shape:?}")))
    };
    let computable = |tensor: &str, uncomputable: Option<f32>| match uncomputable {
        Some(number) => Err(damaged(format!("tensor \"{tensor}\" holds {number}"))),
        None => Ok(()),
    };
    let read = |tensor: &str, shape: &[usize]| -> Result<Vec<f32>, ModelError> {
        let view = view_of(tensor, Dtype::F32, shape)?;
        let numbers: Vec<f32> = view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        computable(tensor, numbers.iter().copied().find(|number| !is_computable(*number)))?;
        Ok(numbers)
    };
    let weights = if manifest.format_version == FORMAT_OF_F32_WEIGHTS {
        read("weights", &[features, labels])?.into_iter().map(BFloat16::nearest).collect()
    } else {
        let view = view_of("weights", Dtype::BF16, &[features, labels])?;
        let weights: Vec<BFloat16> = view.data().as_chunks().0.iter().map(|bytes| BFloat16::from_le_bytes(*bytes)).collect();
        computable("weights", weights.iter().map(|weight| f32::from(*weight)).find(|number| !is_computable(*number)))?;
        weights
    };
    let weights = Weights::new(weights, read("intercepts", &[labels])?);
    let idf = read("idf", &[features])?;
    if let Some(number) = idf.iter().find(|number| !IDF.contains(*number)) {
        return Err(damaged(format!("tensor \"idf\" holds {number}, which no document frequency gives")));
    }
    check_settings(&manifest).map_err(|reason| ModelError::Damaged { path: manifest_path.clone(), reason })?;
    let vectorizer = TfIdfVectorizer::new(manifest.vectorizer, manifest.vocabulary.clone(), idf).map_err(|term| ModelError::Damaged {
        path: manifest_path,
        reason: format!("the term \"{term}\" stands twice in the vocabulary"),
    })?;
    Ok(Model::new(name, version, manifest, vectorizer, weights))
}

/// What no model needs: beyond this, sums of products of a model's numbers could be infinite, and probabilities no numbers.
const LARGEST_NUMBER: f32 = 1e12;
/// `ln((1 + n) / (1 + df)) + 1` for 1 to 2^64 documents, with some room.
const IDF: RangeInclusive<f32> = 1.0..=100.0;

fn is_computable(number: f32) -> bool {
    number.abs() <= LARGEST_NUMBER // false for what is no number
}

/// Whether what a manifest says of features and tasks makes sense. The error is a sentence.
fn check_settings(manifest: &Manifest) -> Result<(), String> {
    TfIdfParams::from(manifest.vectorizer).check().map_err(|e| e.to_string())?;
    for TaskManifest { task, calibration, saturation, thresholds, metrics, .. } in &manifest.tasks {
        let (name, labels) = (&task.name, task.labels.len());
        let thresholds = thresholds.as_deref();
        if calibration.len() != labels || thresholds.is_some_and(|t| t.len() != labels) || metrics.labels.len() != labels {
            return Err(format!("task \"{name}\" does not have one calibration, threshold and metric for each label"));
        }
        let numbers = calibration.iter().flat_map(|line| [line.slope, line.offset]).chain(thresholds.unwrap_or_default().iter().copied());
        if let Some(number) = numbers.into_iter().find(|number| !is_computable(*number)) {
            return Err(format!("the calibration and the thresholds of task \"{name}\" hold {number}"));
        }
        if saturation.is_some() && task.kind == TaskKind::MultiLabel {
            return Err(format!("task \"{name}\" has a saturation, which is for tasks with one label a document"));
        }
    }
    Ok(())
}

/// Checks and parses a manifest.
pub fn read_manifest(bytes: &[u8], path: &Path) -> Result<Manifest, ModelError> {
    #[derive(Deserialize)]
    struct AnyManifest {
        format_version: u64,
        fingerprint: String,
    }
    let foreign = |reason: String| ModelError::Foreign { path: path.into(), reason };
    let any: AnyManifest = serde_json::from_slice(bytes).map_err(|e| foreign(e.to_string()))?;
    if !(u64::from(FORMAT_OF_F32_WEIGHTS)..=u64::from(FORMAT_VERSION)).contains(&any.format_version) {
        return Err(ModelError::FormatVersion { path: path.into(), found: any.format_version, supported: FORMAT_VERSION });
    }
    let damaged = |reason: &str| ModelError::Damaged { path: path.into(), reason: reason.into() };
    let text = std::str::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8"))?;
    if sha256(text.replacen(&any.fingerprint, NO_FINGERPRINT, 1).as_bytes()) != any.fingerprint {
        return Err(damaged("its content does not have the fingerprint that it names"));
    }
    serde_json::from_slice(bytes).map_err(|e| foreign(e.to_string()))
}

/// The first format. Its weights are twice as large, and rounded when they are read.
const FORMAT_OF_F32_WEIGHTS: u32 = 1;

/// Stands in place of the fingerprint while it is computed.
const NO_FINGERPRINT: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
