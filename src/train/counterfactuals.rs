//! Whether it matters to a model who a text is about.

use crate::{
    corpus::{Counterfactuals, TaskKind},
    model::{CounterfactualFigures, LabelShift, Model},
    text::Fields,
};

/// By how much the probabilities of a model's multi-label tasks move when nothing but the identity changes: one entry a task, none for
/// single-label tasks and where there are no frames.
pub fn measure_counterfactuals(model: &Model, counterfactuals: &Counterfactuals) -> Vec<Option<CounterfactualFigures>> {
    let (frames, identities) = (counterfactuals.frames.len(), counterfactuals.identities.len());
    let tasks = &model.manifest().tasks;
    let mut measured: Vec<Option<CounterfactualFigures>> = tasks
        .iter()
        .map(|task| {
            let labels = task.task.labels.iter().map(|label| LabelShift { label: label.name.clone(), largest_shift: 0.0, crossings: 0 });
            let is_measured = task.task.kind == TaskKind::MultiLabel && frames > 0;
            is_measured.then(|| CounterfactualFigures { frames, identities, labels: labels.collect() })
        })
        .collect();
    let mut scratch = model.scratch();
    for frame in &counterfactuals.frames {
        let answers: Vec<_> = counterfactuals
            .fill(frame)
            .map(|text| model.classify(Fields { title: "", text: &text }, Some("en"), &mut scratch).tasks)
            .collect();
        for (task, figures) in measured.iter_mut().enumerate() {
            for (label, shift) in figures.iter_mut().flat_map(|figures| &mut figures.labels).enumerate() {
                let probabilities = || answers.iter().map(|tasks| tasks[task].probabilities[label]);
                let spread = probabilities().fold(f32::MIN, f32::max) - probabilities().fold(f32::MAX, f32::min);
                shift.largest_shift = shift.largest_shift.max(spread);
                let selected = answers.iter().filter(|tasks| tasks[task].selected[label]).count();
                shift.crossings += usize::from(selected > 0 && selected < answers.len());
            }
        }
    }
    measured
}
