//! What a model learns from: articles, and glossary terms in small groups.

use ndarray::{Array1, Array2};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::Progress;
use crate::{
    corpus::{Counterfactuals, DocumentHash, LabelledCorpus, Seeds, Task},
    model::TrainingData,
    text::{Fields, hex},
};

/// Documents to learn from, with what is known of each in every task. The articles come first.
#[derive(Clone)]
pub struct TrainingSet<'a> {
    pub(super) tasks: Vec<Task>,
    pub(super) languages: Vec<String>,
    /// Whether nothing was said of languages, so that they are found out.
    pub(super) detects_language: bool,
    pub(super) source: TrainingData,
    /// What must be there of each label.
    pub(super) min_support: usize,
    pub(super) texts: Vec<Vec<Fields<'a>>>,
    /// The articles' names, one each.
    pub(super) ids: Vec<&'a str>,
    /// The articles' lines in their file, one each; none for seeds.
    pub(super) lines: Vec<u64>,
    /// For each article the first of its group of near-duplicates: itself, until [`Duplicates::find`](super::Duplicates::find) says more.
    pub(super) group_of: Vec<u32>,
    /// For each task, terms that it must not look at.
    pub(super) ignored: Vec<Vec<String>>,
    /// What shows whether it matters who a text is about.
    pub(super) counterfactuals: Option<&'a Counterfactuals>,
    /// For each document and task, the labels; `None` where the document says nothing about the task.
    labels: Vec<Vec<Option<Vec<usize>>>>,
    /// Who is told of every model that is fitted to these documents.
    pub(super) progress: Progress,
    /// Documents of which no label is known; mostly none.
    pub(super) unlabelled: Vec<Vec<Fields<'a>>>,
}

impl<'a> TrainingSet<'a> {
    /// The articles of seeds, and the terms of each glossary in groups of `group`, each group one short document.
    ///
    /// Each label needs `min_support` articles.
    pub fn of_seeds(seeds: &'a Seeds, group: usize, min_support: usize) -> Self {
        let tasks = seeds.taxonomy.tasks.clone();
        let source = TrainingData {
            fingerprint: seeds.fingerprint.clone(),
            articles: seeds.articles.len(),
            glossary_terms: seeds.glossaries.iter().map(|glossary| glossary.terms.len()).sum(),
        };
        let mut texts: Vec<_> = seeds.articles.iter().map(|article| vec![article.document.fields()]).collect();
        let mut labels: Vec<Vec<_>> = seeds.articles.iter().map(|article| article.labels.iter().cloned().map(Some).collect()).collect();
        for glossary in &seeds.glossaries {
            for terms in glossary.terms.chunks(group) {
                texts.push(terms.iter().map(|term| Fields { title: "", text: term }).collect());
                let mut of_group = vec![None; tasks.len()];
                of_group[glossary.task] = Some(vec![glossary.label]);
                labels.push(of_group);
            }
        }
        let ids: Vec<_> = seeds.articles.iter().map(|article| article.document.id.as_str()).collect();
        let group_of = (0..ids.len() as u32).collect();
        let (languages, unlabelled) = (seeds.taxonomy.languages.clone(), Vec::new());
        TrainingSet {
            tasks,
            languages,
            detects_language: false,
            source,
            min_support,
            texts,
            ids,
            lines: Vec::new(),
            group_of,
            ignored: seeds.ignored.clone(),
            counterfactuals: seeds.counterfactuals.as_ref(),
            labels,
            progress: Progress::default(),
            unlabelled,
        }
    }

    /// The documents of labelled files, each file a task with this name, which its documents alone say something about. The model is
    /// taken to know the language that nearly all of them are in; any language, where there is none such.
    pub fn of_labelled(files: &[(&str, &'a LabelledCorpus)]) -> Self {
        let tasks: Vec<Task> = files.iter().map(|(name, corpus)| corpus.task(name)).collect();
        let documents = || files.iter().flat_map(|(_, corpus)| &corpus.documents);
        let mut labels = Vec::new();
        for (number, (task, (_, corpus))) in tasks.iter().zip(files).enumerate() {
            labels.extend(corpus.label_indices(task).into_iter().map(|of_document| {
                let mut of_tasks = vec![None; tasks.len()];
                of_tasks[number] = Some(of_document);
                of_tasks
            }));
        }
        let articles = labels.len();
        TrainingSet {
            tasks,
            languages: Vec::new(),
            detects_language: true,
            source: TrainingData { fingerprint: fingerprint(files), articles, glossary_terms: 0 },
            min_support: 1,
            texts: documents().map(|document| vec![document.fields()]).collect(),
            ids: documents().map(|document| document.id.as_str()).collect(),
            lines: files.iter().flat_map(|(_, corpus)| corpus.lines.iter().copied()).collect(),
            group_of: (0..articles as u32).collect(),
            ignored: vec![Vec::new(); files.len()],
            counterfactuals: None,
            labels,
            progress: Progress::default(),
            unlabelled: Vec::new(),
        }
    }

    /// Has `progress` count the models that are fitted from now on.
    pub fn watch(&mut self, progress: Progress) {
        self.progress = progress;
    }

    /// How many of the documents are articles.
    pub(super) fn articles(&self) -> usize {
        self.ids.len()
    }

    /// The hashes of the articles.
    pub(super) fn hashes(&self) -> Vec<DocumentHash> {
        self.texts[..self.articles()].par_iter().map(|texts| DocumentHash::of(texts.first().copied().unwrap_or_default())).collect()
    }

    /// Whether a document says something about a task.
    pub(super) fn is_about(&self, document: usize, task: usize) -> bool {
        self.labels[document][task].is_some()
    }

    /// The articles that say something about a task.
    pub(super) fn articles_about(&self, task: usize) -> Vec<usize> {
        (0..self.articles()).filter(|&article| self.is_about(article, task)).collect()
    }

    /// The labels of one document in one task; none where it says nothing about it.
    pub(super) fn labels(&self, document: usize, task: usize) -> &[usize] {
        self.labels[document][task].as_deref().unwrap_or_default()
    }

    /// How many articles there are, near-duplicates counted once.
    pub(super) fn different_articles(&self) -> usize {
        self.group_of.iter().zip(0..).filter(|(first, article)| *first == article).count()
    }

    /// How many articles have each label of a task, near-duplicates counted once.
    pub(super) fn different_articles_by_label(&self, task: usize) -> Vec<usize> {
        let having = |article: usize| self.labels(article, task).iter().map(move |&label| (self.group_of[article], label));
        let mut having: Vec<(u32, usize)> = (0..self.articles()).flat_map(having).collect();
        having.sort_unstable();
        having.dedup();
        let mut counts = vec![0; self.tasks[task].labels.len()];
        having.into_iter().for_each(|(_, label)| counts[label] += 1);
        counts
    }

    /// What each of `documents` counts in learning a task that all of them are about: of `k` near-duplicates each is a `k`-th, so that
    /// together they count as one. Where their labels contradict each other, each speaks for its own with that weight: two against one is
    /// two thirds of a document against one third. Empty, as linfa has it, if all count in full.
    pub(super) fn weights(&self, documents: &[usize]) -> Array1<f32> {
        if self.different_articles() == self.articles() {
            return Array1::zeros(0);
        }
        let mut sizes = vec![0_u32; self.articles()];
        let group_of = |document: usize| self.group_of.get(document).map(|&first| first as usize);
        documents.iter().filter_map(|&document| group_of(document)).for_each(|group| sizes[group] += 1);
        documents.iter().map(|&document| group_of(document).map_or(1.0, |group| 1.0 / sizes[group] as f32)).collect()
    }

    /// What articles are spread over the folds by: their labels in all tasks.
    pub(super) fn strata(&self) -> Vec<(&[Option<Vec<usize>>], &str)> {
        self.ids.iter().zip(&self.labels).map(|(id, labels)| (labels.as_slice(), *id)).collect()
    }

    /// Which of `documents` (rows) has which label (columns) of a task.
    pub(super) fn targets(&self, task: usize, documents: &[usize]) -> Array2<bool> {
        let labels = self.tasks[task].labels.len();
        Array2::from_shape_fn((documents.len(), labels), |(row, label)| self.labels(documents[row], task).contains(&label))
    }
}

/// That of the file; of several files, SHA-256 over the names of their tasks and their fingerprints.
fn fingerprint(files: &[(&str, &LabelledCorpus)]) -> String {
    if let [(_, corpus)] = files {
        return corpus.fingerprint.clone();
    }
    let lines: String = files.iter().map(|(task, corpus)| format!("{task} {}\n", corpus.fingerprint)).collect();
    hex(&Sha256::digest(lines))
}
