//! What a model learns from: articles, and glossary terms in small groups.

use ndarray::Array2;

use crate::{
    corpus::{LabelledCorpus, Seeds, Task},
    model::TrainingData,
    text::Fields,
};

/// Documents to learn from, with what is known of each in every task. The articles come first.
#[derive(Clone)]
pub struct TrainingSet<'a> {
    pub(super) tasks: Vec<Task>,
    pub(super) languages: Vec<String>,
    pub(super) source: TrainingData,
    /// What must be there of each label.
    pub(super) min_support: usize,
    pub(super) texts: Vec<Vec<Fields<'a>>>,
    /// The articles' names, one each.
    pub(super) ids: Vec<&'a str>,
    /// For each document and task, the labels; `None` where the document says nothing about the task.
    labels: Vec<Vec<Option<Vec<usize>>>>,
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
        let ids = seeds.articles.iter().map(|article| article.document.id.as_str()).collect();
        TrainingSet { tasks, languages: seeds.taxonomy.languages.clone(), source, min_support, texts, ids, labels, unlabelled: Vec::new() }
    }

    /// The documents of a labelled file, which say something about one task. The model is taken to know any language.
    pub fn of_labelled(task: &str, corpus: &'a LabelledCorpus) -> Self {
        let task = corpus.task(task);
        TrainingSet {
            labels: corpus.label_indices(&task).into_iter().map(|labels| vec![Some(labels)]).collect(),
            tasks: vec![task],
            languages: Vec::new(),
            source: TrainingData { fingerprint: corpus.fingerprint.clone(), articles: corpus.documents.len(), glossary_terms: 0 },
            min_support: 1,
            texts: corpus.documents.iter().map(|document| vec![document.fields()]).collect(),
            ids: corpus.documents.iter().map(|document| document.id.as_str()).collect(),
            unlabelled: Vec::new(),
        }
    }

    /// How many of the documents are articles.
    pub(super) fn articles(&self) -> usize {
        self.ids.len()
    }

    /// Whether a document says something about a task.
    pub(super) fn is_about(&self, document: usize, task: usize) -> bool {
        self.labels[document][task].is_some()
    }

    /// The labels of one document in one task; none where it says nothing about it.
    pub(super) fn labels(&self, document: usize, task: usize) -> &[usize] {
        self.labels[document][task].as_deref().unwrap_or_default()
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
