//! What a model learns from: articles, and glossary terms in small groups.

use ndarray::Array2;

use crate::{corpus::Seeds, text::Fields};

/// Documents to learn from. The articles come first.
pub(super) struct Examples<'a> {
    pub texts: Vec<Vec<Fields<'a>>>,
    pub articles: usize,
    /// For each document and task, the labels; `None` where the document says nothing about the task.
    labels: Vec<Vec<Option<Vec<usize>>>>,
}

impl<'a> Examples<'a> {
    /// The articles, and the terms of each glossary in groups of `group`, each group one short document.
    pub fn of_seeds(seeds: &'a Seeds, group: usize) -> Self {
        let tasks = seeds.taxonomy.tasks.len();
        let mut examples = Examples { texts: Vec::new(), articles: seeds.articles.len(), labels: Vec::new() };
        for article in &seeds.articles {
            examples.texts.push(vec![article.document.fields()]);
            examples.labels.push(article.labels.iter().cloned().map(Some).collect());
        }
        for glossary in &seeds.glossaries {
            for terms in glossary.terms.chunks(group) {
                examples.texts.push(terms.iter().map(|term| Fields { title: "", text: term }).collect());
                let mut labels = vec![None; tasks];
                labels[glossary.task] = Some(vec![glossary.label]);
                examples.labels.push(labels);
            }
        }
        examples
    }

    /// Those of `documents` that say something about a task.
    pub fn about(&self, task: usize, documents: &[usize]) -> Vec<usize> {
        documents.iter().copied().filter(|&document| self.labels[document][task].is_some()).collect()
    }

    /// The labels of one document in one task; none where it says nothing about it.
    pub fn labels(&self, document: usize, task: usize) -> &[usize] {
        self.labels[document][task].as_deref().unwrap_or_default()
    }

    /// Which of `documents` (rows) has which label (columns) of a task.
    pub fn targets(&self, task: usize, documents: &[usize], labels: usize) -> Array2<bool> {
        Array2::from_shape_fn((documents.len(), labels), |(row, label)| self.labels(documents[row], task).contains(&label))
    }
}
