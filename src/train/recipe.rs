//! The recipe: from seeds to a model.

use std::{borrow::Cow, time::Instant};

use linfa::{DatasetBase, ParamGuard, dataset::Records, traits::Fit};
use ndarray::{Array1, Array2, Axis, concatenate};

use super::{
    CalibrationEffort, CalibrationFigures, Effort, TrainError, TrainingSet,
    counterfactuals::measure_counterfactuals,
    cross_validation::{CrossValidation, Judged},
    diagnostics::Diagnostics,
    doubtful_labels::{self, Doubt},
    languages::dominant_language,
    learning_curve::CURVE_PARTS,
    semi_supervised,
};
use crate::{
    corpus::{Seeds, Task, TaskKind},
    features::{AnalyzerParams, IgnoredColumns, SparseRows, TfIdfParams, TfIdfValidParams, TfIdfVectorizer},
    learn::{
        calibration::Calibration,
        metrics::TaskMetrics,
        reliability::Reliability,
        selective::Statements,
        sparse_logistic_regression::{
            ClassWeight, Loss, SparseLogisticRegression, SparseLogisticRegressionParams, SparseLogisticRegressionValidParams,
        },
        thresholds::ThresholdAim,
    },
    model::{
        FORMAT_VERSION, Manifest, Model, OutOfFold, TaskManifest, TensorsFile, Weights,
        file::{self, EncodedModel},
    },
};

/// How a model is trained. The defaults are what the published model is made with: of the settings tried, those with the lowest log-loss on
/// held-out seeds. Of how many glossary terms make a document, topics would have fewer and stances more: it is the number that costs neither
/// more than two parts in a hundred.
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
                .min_df(2),
            learner: SparseLogisticRegression::params()
                .loss(Loss::SquaredHinge)
                .c(3.0)
                .class_weight(ClassWeight::Balanced)
                .naive_bayes_power(0.25)
                .tolerance(0.001),
            glossary_group: 4,
            folds: 5,
            calibration: CalibrationEffort::Best,
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
    /// For each task, what stands behind its metrics, and the reliability of the raw scores.
    pub diagnostics: Vec<(Diagnostics, Reliability)>,
    /// How long the steps took.
    pub seconds: Seconds,
    /// Labels that may be wrong, task by task, the most doubtful first.
    pub doubts: Vec<Doubt>,
    /// What was predicted of the articles while they were held out.
    pub(super) out_of_fold: OutOfFold,
    /// How each task was calibrated, and what its probabilities are worth.
    pub probabilities: Vec<TaskProbabilities>,
}

/// How a task's scores became probabilities and labels, measured on held-out documents.
#[derive(Clone, Debug)]
pub struct TaskProbabilities {
    /// The calibrations that were compared.
    pub calibration: CalibrationFigures,
    /// The best label of each held-out document.
    pub statements: Statements,
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
        Model::new(name, 0, self.manifest, self.vectorizer, Weights::rounded(&self.learned))
    }

    /// The bytes of its files.
    pub fn encode(&self) -> EncodedModel {
        file::encode(self.manifest.clone(), &self.vectorizer, &self.learned, &self.out_of_fold)
    }

    /// How it turns text into features.
    pub(super) fn vectorizer(&self) -> &TfIdfVectorizer {
        &self.vectorizer
    }

    /// Its weights, the labels of all tasks side by side.
    pub(super) fn learned(&self) -> &SparseLogisticRegression {
        &self.learned
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
            learner: SparseLogisticRegression::params().loss(Loss::SquaredHinge).c(0.5).naive_bayes_power(1.0).tolerance(0.5),
            folds: 3,
            calibration: CalibrationEffort::Best,
            ..Recipe::default()
        }
    }

    /// How many models a training fits in all: to choose settings, to learn with and without unlabelled documents, to draw learning curves.
    pub fn fits(&self, effort: Option<Effort>, with_unlabelled: bool, with_curves: bool) -> usize {
        let cross_validations =
            effort.map_or(0, Effort::trials) + 1 + usize::from(with_unlabelled) + usize::from(with_curves) * CURVE_PARTS;
        cross_validations * self.folds + 1
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
        let start = Instant::now();
        let validation = CrossValidation::run(self, set)?;
        let judged = validation.judge_all(set);
        self.train_validated(set, validation, judged, start.elapsed().as_secs_f64())
    }

    /// Trains where the cross-validation is done and judged already; that took `calibrate` seconds.
    pub(super) fn train_validated(
        &self,
        set: &TrainingSet,
        validation: CrossValidation,
        judged: Vec<Judged>,
        calibrate: f64,
    ) -> Result<TrainedModel, TrainError> {
        let learner = self.learner.check()?;
        let (mut doubts, mut diagnostics) = (Vec::new(), Vec::new());
        for (number, judged) in judged.iter().enumerate() {
            doubts.extend(doubtful_labels::doubts(set, number, judged.probabilities.view(), self.folds));
            diagnostics.push(validation.diagnose(number, set, judged));
        }
        let out_of_fold = OutOfFold::new(&set.tasks, &set.hashes(), |article, task| {
            set.is_about(article, task).then(|| judged[task].probabilities.row(article).to_vec())
        });
        let (mut decided, mut probabilities) = (Vec::new(), Vec::new());
        for (number, judged) in judged.into_iter().enumerate() {
            let statements = validation.statements(number, set, &judged);
            let out_of_reach = judged.decision.out_of_reach.iter().map(|&label| set.tasks[number].labels[label].name.clone()).collect();
            probabilities.push(TaskProbabilities { statements, calibration: judged.figures, out_of_reach });
            decided.push((judged.decision.calibration, judged.decision.thresholds, judged.metrics));
        }
        // Of a million documents the held-out scores and probabilities are 0.2 GB, which the final fit must not pay for.
        drop(validation);

        let mut seconds = Seconds { calibrate, ..Seconds::default() };
        let all: Vec<usize> = (0..set.texts.len()).collect();
        let (vectorizer, learned) = self.fit(set, &all, &mut seconds)?;
        let mut languages = set.languages.clone();
        if set.detects_language {
            languages.extend(dominant_language(&set.texts, &vectorizer).map(str::to_owned));
        }
        type Decided = (Calibration, Option<Vec<f32>>, TaskMetrics);
        let task_manifest = |((task, ignored), (calibration, thresholds, metrics)): ((&Task, &Vec<String>), Decided)| TaskManifest {
            task: task.clone(),
            learner,
            calibration: calibration.lines,
            saturation: calibration.saturation,
            thresholds,
            ignored_terms: ignored.clone(),
            counterfactuals: None,
            metrics,
        };
        let mut manifest = Manifest {
            format_version: FORMAT_VERSION,
            fingerprint: String::new(),
            trainer: concat!("slugline-train ", env!("CARGO_PKG_VERSION")).to_owned(),
            languages,
            training_data: set.source.clone(),
            vectorizer: *vectorizer.settings(),
            tasks: set.tasks.iter().zip(&set.ignored).zip(decided).map(task_manifest).collect(),
            tensors: TensorsFile::default(),
            vocabulary: Vec::new(),
        };
        let learned = side_by_side(learned);
        if let Some(counterfactuals) = set.counterfactuals {
            let model = Model::new("", 0, manifest.clone(), vectorizer.clone(), Weights::rounded(&learned));
            let measured = measure_counterfactuals(&model, counterfactuals);
            manifest.tasks.iter_mut().zip(measured).for_each(|(task, figures)| task.counterfactuals = figures);
        }
        Ok(TrainedModel { manifest, vectorizer, learned, diagnostics, seconds, doubts, out_of_fold, probabilities })
    }

    /// Learns features from `documents`, and weights for each task from those of them that say something about it.
    pub(super) fn fit(
        &self,
        set: &TrainingSet,
        documents: &[usize],
        seconds: &mut Seconds,
    ) -> Result<(TfIdfVectorizer, Vec<SparseLogisticRegression>), TrainError> {
        let start = Instant::now();
        let texts: Vec<_> = documents.iter().map(|&document| &set.texts[document]).chain(&set.unlabelled).cloned().collect();
        let settings = if set.unlabelled.is_empty() { self.vectorizer.check()? } else { semi_supervised::features(&self.vectorizer)? };
        // Glossaries come after the articles.
        let articles = documents.partition_point(|&document| document < set.articles());
        let kept_from = if articles < documents.len() { articles } else { texts.len() };
        let (vectorizer, corpus) = settings.fit_keeping(&texts, kept_from)?;
        let mut rows = vectorizer.transform(&corpus);
        // Of a million documents these are 0.4 GB, which learning must not pay for.
        drop((texts, corpus));
        seconds.features = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let learner = self.learner.check()?;
        let mut learned = Vec::with_capacity(set.tasks.len());
        for task in 0..set.tasks.len() {
            let is_last = task + 1 == set.tasks.len();
            let rows = match IgnoredColumns::find(&vectorizer, &set.ignored[task]) {
                Some(ignored) => Cow::Owned(ignored.without(&rows)),
                None if is_last => Cow::Owned(std::mem::take(&mut rows)),
                None => Cow::Borrowed(&rows),
            };
            learned.push(fit_task(&learner, set, &vectorizer, rows, documents, task)?);
        }
        seconds.learn = start.elapsed().as_secs_f64();
        set.progress.fitted();
        Ok((vectorizer, learned))
    }

    pub(super) fn check_support(&self, set: &TrainingSet) -> Result<(), TrainError> {
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
        for task in 0..set.tasks.len() {
            let documents = set.articles_about(task).len();
            if documents < self.folds {
                return Err(TrainError::FewerThanFolds { documents, folds: self.folds });
            }
        }
        let (documents, different) = (set.articles(), set.different_articles());
        if different < self.folds {
            return Err(TrainError::TooMuchAlike { documents, different, folds: self.folds });
        }
        Ok(())
    }
}

/// Learns one task; `rows` are the rows of `documents`, and after them those of the unlabelled documents.
fn fit_task(
    learner: &SparseLogisticRegressionValidParams,
    set: &TrainingSet,
    vectorizer: &TfIdfVectorizer,
    rows: Cow<SparseRows>,
    documents: &[usize],
    task: usize,
) -> Result<SparseLogisticRegression, TrainError> {
    let about: Vec<usize> = (0..documents.len()).filter(|&row| set.is_about(documents[row], task)).collect();
    let about_documents: Vec<usize> = about.iter().map(|&row| documents[row]).collect();
    let (truth, weights) = (set.targets(task, &about_documents), set.weights(&about_documents));
    if set.unlabelled.is_empty() || set.tasks[task].kind == TaskKind::MultiLabel {
        let labelled = if about.len() == rows.nsamples() { rows.into_owned() } else { rows.select(&about) };
        return Ok(learner.fit(&DatasetBase::new(labelled, truth).with_weights(weights))?);
    }
    let unlabelled: Vec<usize> = (documents.len()..rows.nsamples()).collect();
    semi_supervised::fit(learner, vectorizer.vocabulary(), rows.select(&about), truth, weights, &rows.select(&unlabelled))
}

/// One model with the labels of all tasks.
fn side_by_side(learned: Vec<SparseLogisticRegression>) -> SparseLogisticRegression {
    // The weights of a single task can be much of the memory: they are not copied.
    match <[SparseLogisticRegression; 1]>::try_from(learned) {
        Ok([only]) => only,
        Err(learned) => SparseLogisticRegression::new(concatenate_weights(&learned), concatenate_intercepts(&learned)),
    }
}

fn concatenate_weights(learned: &[SparseLogisticRegression]) -> Array2<f32> {
    let views: Vec<_> = learned.iter().map(|task| task.weights().view()).collect();
    concatenate(Axis(1), &views).expect("all tasks have one row of weights a feature")
}

fn concatenate_intercepts(learned: &[SparseLogisticRegression]) -> Array1<f32> {
    learned.iter().flat_map(|task| task.intercepts().iter().copied()).collect()
}
