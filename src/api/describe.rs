//! Models and their versions, as the messages of the interface.

use super::{offsets::offset as int32, v1};
use crate::{
    corpus::{Task, TaskKind},
    learn::metrics::{LabelMetrics, TaskMetrics},
    model::{Model, ModelListing, ModelRef, VersionRef},
};

/// A model with its versions.
pub(super) fn model(model: &ModelListing) -> v1::Model {
    let name = |version| ModelRef { model: &model.name, version }.to_string();
    let version_name = |number| name(VersionRef::Number(number));
    let refused = |(&number, problem): (&u32, &String)| v1::RefusedVersion { name: version_name(number), problem: problem.clone() };
    v1::Model {
        name: name(VersionRef::Default),
        versions: model.versions.iter().copied().map(version_name).collect(),
        aliases: model.aliases.iter().map(|(alias, &number)| (alias.clone(), version_name(number))).collect(),
        default_version: model.default_version.map(version_name).unwrap_or_default(),
        refused_versions: model.refused.iter().map(refused).collect(),
    }
}

/// An opened version.
pub(super) fn version(model: &Model) -> v1::ModelVersion {
    let manifest = model.manifest();
    v1::ModelVersion {
        name: model.resource_name().to_owned(),
        fingerprint: manifest.fingerprint.clone(),
        trainer: manifest.trainer.clone(),
        language_codes: manifest.languages.clone(),
        tasks: manifest.tasks.iter().map(|task| describe_task(&task.task, task.thresholds.as_deref(), &task.metrics)).collect(),
        training_data: Some(v1::TrainingData {
            fingerprint: manifest.training_data.fingerprint.clone(),
            article_count: int32(manifest.training_data.articles),
            glossary_term_count: int32(manifest.training_data.glossary_terms),
        }),
        vocabulary_size: int32(model.vocabulary_size()),
    }
}

fn describe_task(task: &Task, thresholds: Option<&[f32]>, metrics: &TaskMetrics) -> v1::Task {
    let kind = match task.kind {
        TaskKind::SingleLabel => v1::TaskKind::SingleLabel,
        TaskKind::MultiLabel => v1::TaskKind::MultiLabel,
    };
    let labels = task.labels.iter().enumerate().map(|(index, label)| v1::Label {
        name: label.name.clone(),
        display_name: label.display_name.clone(),
        description: label.description.clone(),
        code: label.code.clone().unwrap_or_default(),
        threshold: thresholds.and_then(|thresholds| thresholds.get(index).copied()),
        metrics: metrics.labels.get(index).map(label_metrics),
    });
    v1::Task {
        name: task.name.clone(),
        display_name: task.display_name.clone(),
        description: task.description.clone(),
        kind: kind as i32,
        labels: labels.collect(),
        metrics: Some(task_metrics(metrics)),
    }
}

fn task_metrics(metrics: &TaskMetrics) -> v1::TaskMetrics {
    v1::TaskMetrics {
        document_count: int32(metrics.documents),
        accuracy: metrics.accuracy,
        macro_f1: metrics.macro_f1,
        micro_f1: metrics.micro_f1,
        log_loss: metrics.log_loss,
        expected_calibration_error: metrics.ece,
    }
}

fn label_metrics(metrics: &LabelMetrics) -> v1::LabelMetrics {
    v1::LabelMetrics { precision: metrics.precision, recall: metrics.recall, f1: metrics.f1, support: int32(metrics.support) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_names_its_versions_and_aliases_in_full() {
        let message = model(&ModelListing {
            name: "news".into(),
            versions: vec![1, 2],
            aliases: [("stable".to_owned(), 1)].into(),
            default_version: Some(1),
            refused: [(3, "cut short".to_owned())].into(),
            unopened: vec![],
        });
        assert_eq!(message.name, "models/news");
        assert_eq!(message.versions, ["models/news/versions/1", "models/news/versions/2"]);
        assert_eq!(message.aliases["stable"], "models/news/versions/1");
        assert_eq!(message.default_version, "models/news/versions/1");
        let refused = v1::RefusedVersion { name: "models/news/versions/3".into(), problem: "cut short".into() };
        assert_eq!(message.refused_versions, [refused]);
    }

    #[test]
    fn a_label_has_its_own_threshold_and_metrics() {
        let metrics = |support| LabelMetrics { precision: 0.5, recall: 0.25, f1: 0.375, support };
        let metrics = TaskMetrics { documents: 7, ece: 0.125, labels: vec![metrics(3), metrics(4)], ..Default::default() };
        let stance = Task::new_flat("stance", TaskKind::MultiLabel, ["legal", "economic"]);
        let message = describe_task(&stance, Some(&[0.25, 0.75]), &metrics);
        assert_eq!(message.kind(), v1::TaskKind::MultiLabel);
        assert_eq!(message.labels.iter().map(|label| label.threshold).collect::<Vec<_>>(), [Some(0.25), Some(0.75)]);
        let second = message.labels[1].metrics.unwrap();
        assert_eq!((second.precision, second.recall, second.f1, second.support), (0.5, 0.25, 0.375, 4));
        let whole = message.metrics.unwrap();
        assert_eq!((whole.document_count, whole.expected_calibration_error), (7, 0.125));
    }

    #[test]
    fn a_label_without_a_threshold_has_none() {
        let topic = Task::new_flat("topic", TaskKind::SingleLabel, ["sport"]);
        let message = describe_task(&topic, None, &TaskMetrics::default());
        assert_eq!(message.labels[0].threshold, None);
    }
}
