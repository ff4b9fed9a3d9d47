//! The recipe: from seeds to a model.

use std::time::Instant;

use linfa::{DatasetBase, ParamGuard, traits::Fit};
use ndarray::{Array1, Array2, Axis, concatenate};

use super::{
    CalibrationEffort, CalibrationFigures, TaskStatements, TrainError, TrainingSet,
    cross_validation::{CrossValidation, Judged},
};
use crate::{
    corpus::{Seeds, Task, TaskKind},
    features::{AnalyzerParams, SparseRows, TfIdfParams, TfIdfValidParams, TfIdfVectorizer},
    learn::{
        sparse_logistic_regression::{
            ClassWeight, Loss, SparseLogisticRegression, SparseLogisticRegressionParams, SparseLogisticRegressionValidParams,
        },
        thresholds::ThresholdAim,
    },
    model::{
        FORMAT_VERSION, Manifest, Model, TaskManifest, TensorsFile,
        file::{self, EncodedModel},
    },
};

/// How a model is trained. The defaults are what the published model is made with: of the settings
/// tried, those with the lowest log-loss on held-out seeds.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// How text becomes features.
    pub vectorizer: TfIdfParams,
    /// How weights are learned.
    pub learner: SparseLogisticRegressionParams,
    /// How many glossary terms make a document.
    pub glossary_group: usize,
    /// How many parts the articles are held out in, to measure and to calibrate.
    pub folds: usize,
    /// Which calibrations to choose from.
    pub calibration: CalibrationEffort,
    /// What the thresholds of multi-label tasks are chosen for.
    pub thresholds: ThresholdAim,
}

impl Default for Recipe {
    fn default() -> Self {
        Recipe {
            vectorizer: TfIdfVectorizer::params()
                .analyzer(AnalyzerParams { stem: true, drop_stopwords: false, ngram_range: (1, 2) })
                .min_df(1),
            learner: SparseLogisticRegression::params()
                .loss(Loss::SquaredHinge)
                .c(10.0)
                .class_weight(ClassWeight::Balanced)
                .tolerance(0.001),
            glossary_group: 8,
            folds: 5,
            calibration: CalibrationEffort::Simplest,
            thresholds: ThresholdAim::F1,
        }
    }
}

/// A model that has been trained but not yet published.
pub struct TrainedModel {
    /// What its manifest will say, but for checksums and vocabulary.
    pub manifest: Manifest,
    vectorizer: TfIdfVectorizer,
    learned: SparseLogisticRegression,
    /// How long the steps took.
    pub seconds: Seconds,
    /// How each task was calibrated, and what its probabilities are worth.
    pub probabilities: Vec<TaskProbabilities>,
}

/// How a task's scores became probabilities and labels, measured on held-out documents.
#[derive(Clone, Debug)]
pub struct TaskProbabilities {
    /// The calibrations that were compared.
    pub calibration: CalibrationFigures,
    /// What was stated of the held-out documents.
    pub statements: TaskStatements,
    /// The names of labels that can't be given with the precision asked for, and so are not given at all.
    pub out_of_reach: Vec<String>,
}

/// How long the steps of a training took, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seconds {
    /// From text to rows, of the final fit.
    pub features: f64,
    /// From rows to weights, of the final fit.
    pub learn: f64,
    /// Cross-validation, for calibration and metrics.
    pub calibrate: f64,
}

impl TrainedModel {
    /// The model itself, to classify with before it is published.
    pub fn into_model(self, name: &str) -> Model {
        Model::new(name, 0, self.manifest, self.vectorizer, self.learned)
    }

    /// The bytes of its files.
    pub fn encode(&self) -> EncodedModel {
        file::encode(self.manifest.clone(), &self.vectorizer, &self.learned)
    }

    /// How many terms it knows.
    pub fn vocabulary_size(&self) -> usize {
        self.vectorizer.vocabulary().len()
    }
}

impl Recipe {
    /// The defaults for labelled files of any kind and language: words as they stand, terms that occur twice.
    pub fn for_labelled_files() -> Self {
        Recipe {
            vectorizer: TfIdfVectorizer::params(),
            learner: SparseLogisticRegression::params().loss(Loss::SquaredHinge).c(0.5).tolerance(0.1),
            folds: 3,
            calibration: CalibrationEffort::Best,
            ..Recipe::default()
        }
    }

    /// The settings of features and learner, checked.
    pub(super) fn checked(&self) -> Result<(TfIdfValidParams, SparseLogisticRegressionValidParams), TrainError> {
        Ok((self.vectorizer.check()?, self.learner.check()?))
    }

    /// Trains on seeds. The result depends on nothing but the seeds and the recipe.
    pub fn train(&self, seeds: &Seeds) -> Result<TrainedModel, TrainError> {
        self.train_on(&TrainingSet::of_seeds(seeds, self.glossary_group, self.folds))
    }

    /// Trains on documents, wherever they are from.
    pub fn train_on(&self, set: &TrainingSet) -> Result<TrainedModel, TrainError> {
        self.check_support(set)?;
        let learner = self.learner.check()?;
        let start = Instant::now();
        let validation = CrossValidation::run(self, set)?;
        let judged: Vec<Judged> = (0..set.tasks.len()).map(|task| validation.judge(task, set)).collect();
        let mut seconds = Seconds { calibrate: start.elapsed().as_secs_f64(), ..Seconds::default() };

        let all: Vec<usize> = (0..set.texts.len()).collect();
        let (vectorizer, learned) = self.fit(set, &all, &mut seconds)?;

        let task_manifest = |(task, judged): (&Task, &Judged)| TaskManifest {
            task: task.clone(),
            learner,
            calibration: judged.decision.calibration.lines.clone(),
            saturation: judged.decision.calibration.saturation,
            thresholds: judged.decision.thresholds.clone(),
            metrics: judged.metrics.clone(),
        };
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            fingerprint: String::new(),
            trainer: concat!("slugline-train ", env!("CARGO_PKG_VERSION")).to_owned(),
            languages: set.languages.clone(),
            training_data: set.source.clone(),
            vectorizer: *vectorizer.settings(),
            tasks: set.tasks.iter().zip(&judged).map(task_manifest).collect(),
            tensors: TensorsFile::default(),
            vocabulary: Vec::new(),
        };
        let learned = SparseLogisticRegression::new(concatenate_weights(&learned), concatenate_intercepts(&learned));
        let probabilities = |(task, judged): (&Task, Judged)| TaskProbabilities {
            calibration: judged.figures,
            statements: judged.statements,
            out_of_reach: judged.decision.out_of_reach.iter().map(|&label| task.labels[label].name.clone()).collect(),
        };
        let probabilities = set.tasks.iter().zip(judged).map(probabilities).collect();
        Ok(TrainedModel { manifest, vectorizer, learned, seconds, probabilities })
    }

    /// Learns features from `documents`, and weights for each task from those of them that say something about it.
    pub(super) fn fit(
        &self,
        set: &TrainingSet,
        documents: &[usize],
        seconds: &mut Seconds,
    ) -> Result<(TfIdfVectorizer, Vec<SparseLogisticRegression>), TrainError> {
        let start = Instant::now();
        let texts: Vec<_> = documents.iter().map(|&document| set.texts[document].clone()).collect();
        let (vectorizer, corpus) = self.vectorizer.check()?.fit(&texts)?;
        let rows = vectorizer.transform(&corpus);
        seconds.features = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let learner = self.learner.check()?;
        let learned = (0..set.tasks.len()).map(|task| fit_task(&learner, set, &rows, documents, task)).collect::<Result<_, _>>()?;
        seconds.learn = start.elapsed().as_secs_f64();
        Ok((vectorizer, learned))
    }

    pub(super) fn check_support(&self, set: &TrainingSet) -> Result<(), TrainError> {
        if set.articles() < self.folds {
            return Err(TrainError::FewerThanFolds { documents: set.articles(), folds: self.folds });
        }
        for (number, task) in set.tasks.iter().enumerate() {
            let needed = if task.kind == TaskKind::SingleLabel { 2 } else { 1 };
            if task.labels.len() < needed {
                return Err(TrainError::TooFewLabels { task: task.name.clone(), labels: task.labels.len() });
            }
            for (label, of) in task.labels.iter().enumerate() {
                let documents = (0..set.articles()).filter(|&article| set.labels(article, number).contains(&label)).count();
                if documents < set.min_support {
                    let (task, label) = (task.name.clone(), of.name.clone());
                    return Err(TrainError::TooFewDocuments { task, label, documents, needed: set.min_support });
                }
            }
        }
        Ok(())
    }
}

/// Learns one task; `rows` are the rows of `documents`.
fn fit_task(
    learner: &SparseLogisticRegressionValidParams,
    set: &TrainingSet,
    rows: &SparseRows,
    documents: &[usize],
    task: usize,
) -> Result<SparseLogisticRegression, TrainError> {
    let about: Vec<usize> = (0..documents.len()).filter(|&row| set.is_about(documents[row], task)).collect();
    let about_documents: Vec<usize> = about.iter().map(|&row| documents[row]).collect();
    Ok(learner.fit(&DatasetBase::new(rows.select(&about), set.targets(task, &about_documents)))?)
}

fn concatenate_weights(learned: &[SparseLogisticRegression]) -> Array2<f32> {
    let views: Vec<_> = learned.iter().map(|task| task.weights().view()).collect();
    concatenate(Axis(1), &views).expect("all tasks have one row of weights a feature")
}

fn concatenate_intercepts(learned: &[SparseLogisticRegression]) -> Array1<f32> {
    learned.iter().flat_map(|task| task.intercepts().iter().copied()).collect()
}
