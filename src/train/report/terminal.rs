//! What a person reads after training.

use crate::{learn::metrics, model::Manifest};

/// The report of a training: what was learned from, and how well each label does on held-out articles.
pub fn report(manifest: &Manifest, vocabulary_size: usize) -> String {
    let data = &manifest.training_data;
    let mut report = format!(
        "{} articles, {} glossary terms -> {} terms\nEach article was classified by a model that had not seen it:\n",
        data.articles, data.glossary_terms, vocabulary_size
    );
    for task in &manifest.tasks {
        let names: Vec<&str> = task.task.labels.iter().map(|label| label.name.as_str()).collect();
        report += &format!("\n{}\n{}", task.task.name, metrics::table(&task.metrics, &names));
    }
    report
}
