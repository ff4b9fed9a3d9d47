//! A model that is small enough to change any part of it: two tasks, five labels, seven terms.

use linfa::ParamGuard;
use ndarray::{Array1, Array2};
use slugline::{
    corpus::{Task, TaskKind},
    features::{TfIdfParams, TfIdfVectorizer},
    learn::{
        calibration::Line,
        metrics::{LabelMetrics, TaskMetrics},
        saturation::Saturation,
        sparse_logistic_regression::SparseLogisticRegression,
    },
    model::{
        CounterfactualFigures, FORMAT_VERSION, LabelShift, Manifest, OutOfFold, TaskManifest, TensorsFile, TrainingData,
        file::{self, EncodedModel},
    },
};

const TERMS: [&str; 7] = ["the", "storm", "match", "the storm", "storm warning", "ruling", "fear"];

/// Its files. One task levels off, the other has thresholds and ignores a term, so that every key of a manifest is there.
pub fn small_model() -> EncodedModel {
    let topic = Task::new_flat("topic", TaskKind::SingleLabel, ["sport", "weather", "weather/storm"]);
    let mut tone = Task::new_flat("tone", TaskKind::MultiLabel, ["alarm", "joy"]);
    tone.labels[0].code = Some("tone:1".to_owned());
    let labels = topic.labels.len() + tone.labels.len();
    let tasks = vec![
        TaskManifest { saturation: Saturation::new(0.5), ..task(topic) },
        TaskManifest {
            thresholds: Some(vec![0.5, 0.25]),
            ignored_terms: vec!["Fear".to_owned()],
            counterfactuals: Some(CounterfactualFigures {
                frames: 2,
                identities: 3,
                labels: vec![LabelShift { label: "alarm".to_owned(), largest_shift: 0.125, crossings: 1 }],
            }),
            ..task(tone)
        },
    ];

    let terms: Vec<Box<str>> = TERMS.map(Into::into).to_vec();
    let idf = (0..TERMS.len()).map(|term| 1.0 + term as f32 / 4.0).collect();
    let settings = TfIdfParams::default().check().expect("the defaults are right");
    let vectorizer = TfIdfVectorizer::new(settings, terms, idf).expect("no term stands twice");
    let weights = Array2::from_shape_fn((TERMS.len(), labels), |(term, label)| ((term * 5 + label * 3) % 7) as f32 - 3.0);
    let learned = SparseLogisticRegression::new(weights, Array1::from_elem(labels, -0.5));
    let manifest = Manifest {
        format_version: FORMAT_VERSION,
        fingerprint: String::new(),
        trainer: "slugline-train".to_owned(),
        languages: vec!["en".to_owned()],
        training_data: TrainingData { fingerprint: "00".to_owned(), articles: 9, glossary_terms: 4 },
        vectorizer: settings,
        tasks,
        tensors: TensorsFile::default(),
        vocabulary: Vec::new(),
    };
    file::encode(manifest, &vectorizer, &learned, &OutOfFold::default())
}

fn task(task: Task) -> TaskManifest {
    let labels = task.labels.len();
    let metrics = LabelMetrics { precision: 0.75, recall: 0.5, f1: 0.6, support: 4 };
    TaskManifest {
        task,
        learner: SparseLogisticRegression::params().check().expect("the defaults are right"),
        calibration: vec![Line { slope: 1.5, offset: 0.25 }; labels],
        saturation: None,
        thresholds: None,
        ignored_terms: Vec::new(),
        counterfactuals: None,
        metrics: TaskMetrics { documents: 9, accuracy: 0.5, labels: vec![metrics; labels], ..TaskMetrics::default() },
    }
}
