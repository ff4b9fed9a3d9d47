//! The recipe: from seeds to a model.

use linfa::{DatasetBase, ParamGuard, traits::Fit};
use ndarray::{Array1, Array2, Axis, concatenate};

use super::{TrainError, cross_validation::CrossValidation, examples::Examples};
use crate::{
    corpus::{Seeds, Task},
    features::{AnalyzerParams, SparseRows, TfIdfParams, TfIdfVectorizer},
    learn::sparse_logistic_regression::{
        ClassWeight, Loss, SparseLogisticRegression, SparseLogisticRegressionParams, SparseLogisticRegressionValidParams,
    },
    model::{
        FORMAT_VERSION, Manifest, TaskManifest, TensorsFile, TrainingData,
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
        }
    }
}

/// A model that has been trained but not yet published.
pub struct TrainedModel {
    /// What its manifest will say, but for checksums and vocabulary.
    pub manifest: Manifest,
    vectorizer: TfIdfVectorizer,
    learned: SparseLogisticRegression,
}

impl TrainedModel {
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
    /// Trains on seeds. The result depends on nothing but the seeds and the recipe.
    pub fn train(&self, seeds: &Seeds) -> Result<TrainedModel, TrainError> {
        let tasks = &seeds.taxonomy.tasks;
        let examples = Examples::of_seeds(seeds, self.glossary_group);
        self.check_support(&examples, tasks)?;
        let learner = self.learner.check()?;

        let validation = CrossValidation::run(self, seeds, &examples)?;
        let all: Vec<usize> = (0..examples.texts.len()).collect();
        let (vectorizer, learned) = self.fit(&examples, tasks, &all)?;

        let task_manifest = |(number, task): (usize, &Task)| {
            let judged = validation.judge(number, &examples);
            TaskManifest {
                task: task.clone(),
                learner,
                calibration: judged.decision.calibration,
                thresholds: judged.decision.thresholds,
                metrics: judged.metrics,
            }
        };
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            fingerprint: String::new(),
            trainer: concat!("slugline-train ", env!("CARGO_PKG_VERSION")).to_owned(),
            languages: seeds.taxonomy.languages.clone(),
            training_data: TrainingData {
                fingerprint: seeds.fingerprint.clone(),
                articles: seeds.articles.len(),
                glossary_terms: seeds.glossaries.iter().map(|glossary| glossary.terms.len()).sum(),
            },
            vectorizer: *vectorizer.settings(),
            tasks: tasks.iter().enumerate().map(task_manifest).collect(),
            tensors: TensorsFile::default(),
            vocabulary: Vec::new(),
        };
        Ok(TrainedModel {
            manifest,
            vectorizer,
            learned: SparseLogisticRegression::new(concatenate_weights(&learned), concatenate_intercepts(&learned)),
        })
    }

    /// Learns features from `documents`, and weights for each task from those of them that say something about it.
    pub(super) fn fit(
        &self,
        examples: &Examples,
        tasks: &[Task],
        documents: &[usize],
    ) -> Result<(TfIdfVectorizer, Vec<SparseLogisticRegression>), TrainError> {
        let texts: Vec<_> = documents.iter().map(|&document| examples.texts[document].clone()).collect();
        let (vectorizer, corpus) = self.vectorizer.check()?.fit(&texts)?;
        let rows = vectorizer.transform(&corpus);
        let learner = self.learner.check()?;
        let learned = tasks
            .iter()
            .enumerate()
            .map(|(task, of)| fit_task(&learner, examples, &rows, documents, task, of))
            .collect::<Result<_, _>>()?;
        Ok((vectorizer, learned))
    }

    fn check_support(&self, examples: &Examples, tasks: &[Task]) -> Result<(), TrainError> {
        for (number, task) in tasks.iter().enumerate() {
            for (label, of) in task.labels.iter().enumerate() {
                let documents = (0..examples.articles).filter(|&article| examples.labels(article, number).contains(&label)).count();
                if documents < self.folds {
                    let (task, label) = (task.name.clone(), of.name.clone());
                    return Err(TrainError::TooFewDocuments { task, label, documents, folds: self.folds });
                }
            }
        }
        Ok(())
    }
}

/// Learns one task; `rows` are the rows of `documents`.
fn fit_task(
    learner: &SparseLogisticRegressionValidParams,
    examples: &Examples,
    rows: &SparseRows,
    documents: &[usize],
    task: usize,
    of: &Task,
) -> Result<SparseLogisticRegression, TrainError> {
    let about: Vec<usize> = (0..documents.len()).filter(|&row| !examples.about(task, &documents[row..=row]).is_empty()).collect();
    let about_documents: Vec<usize> = about.iter().map(|&row| documents[row]).collect();
    let targets = examples.targets(task, &about_documents, of.labels.len());
    Ok(learner.fit(&DatasetBase::new(rows.select(&about), targets))?)
}

fn concatenate_weights(learned: &[SparseLogisticRegression]) -> Array2<f32> {
    let views: Vec<_> = learned.iter().map(|task| task.weights().view()).collect();
    concatenate(Axis(1), &views).expect("all tasks have one row of weights a feature")
}

fn concatenate_intercepts(learned: &[SparseLogisticRegression]) -> Array1<f32> {
    learned.iter().flat_map(|task| task.intercepts().iter().copied()).collect()
}
