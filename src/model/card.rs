//! The model card: `README.md` beside the manifest, for whoever wonders what a model is and whether to trust it.
//!
//! After Mitchell et al., "Model Cards for Model Reporting" (FAT* 2019). It says nothing that is not in the manifest, so that two
//! identical models have identical cards: no date, no machine, no version.

use std::fmt::Write;

use super::{Manifest, TaskManifest};
use crate::{
    corpus::{Task, TaskKind},
    text::figures::{counted, percent, thousands, wilson_interval},
};

/// Name of the card.
pub const CARD: &str = "README.md";

/// The card of a model, in Markdown. The manifest must be complete, its fingerprint and vocabulary with it.
pub fn card(manifest: &Manifest) -> String {
    let mut card = String::new();
    // Writing to a String can't fail.
    let _ = write_card(&mut card, manifest);
    card
}

fn write_card(card: &mut String, manifest: &Manifest) -> std::fmt::Result {
    let names: Vec<String> = manifest.tasks.iter().map(|task| escape(&task.task.display_name)).collect();
    let labels: usize = manifest.tasks.iter().map(|task| task.task.labels.len()).sum();
    let data = &manifest.training_data;
    let from_seeds = data.glossary_terms > 0;
    writeln!(card, "# Model card: {}\n", names.join(" and "))?;
    writeln!(card, "This file was written by {} together with the model. Nothing reads it but people.\n", escape(&manifest.trainer))?;

    writeln!(card, "## What it is\n")?;
    writeln!(
        card,
        "A linear text classifier: it knows {}, weighs each by how rare it was in training (TF-IDF), and has one linear model for each \
         of its {}. Scores are calibrated into probabilities. Since it is linear, the words that made it decide can be named exactly.\n",
        counted(manifest.vocabulary.len(), "term", "terms"),
        counted(labels, "label", "labels"),
    )?;
    writeln!(card, "| task | what is asked | answer | labels |\n|---|---|---|--:|")?;
    for TaskManifest { task, .. } in &manifest.tasks {
        let answer = match task.kind {
            TaskKind::SingleLabel => "exactly one label",
            TaskKind::MultiLabel => "any number of labels, none included",
        };
        let asked = if task.description.is_empty() { "-".to_owned() } else { escape(&task.description) };
        writeln!(card, "| {} | {asked} | {answer} | {} |", escape(&task.display_name), task.labels.len())?;
    }
    writeln!(card, "\n- Fingerprint: `{}`", manifest.fingerprint)?;
    writeln!(
        card,
        "- Numbers: `model.safetensors`, {} bytes, SHA-256 `{}`",
        thousands(manifest.tensors.bytes as usize),
        manifest.tensors.sha256
    )?;
    writeln!(card, "- File format: {}\n", manifest.format_version)?;

    writeln!(card, "## Intended use\n")?;
    writeln!(
        card,
        "Sorting, routing, searching and counting documents of the kind that it was trained on, with a person to look at what matters. \
         A probability is a statement about many documents together; about one document it can be wrong. It is not meant for decisions \
         about people, nor for judging whether a text is true, important or well meant.\n"
    )?;

    writeln!(card, "## Training data\n")?;
    writeln!(card, "- {}", counted(data.articles, "labelled document", "labelled documents"))?;
    if from_seeds {
        writeln!(card, "- {}, each typical of one label", counted(data.glossary_terms, "glossary term", "glossary terms"))?;
    }
    let languages = manifest.languages.iter().map(|language| format!("`{}`", escape(language))).collect::<Vec<_>>().join(", ");
    match manifest.languages.is_empty() {
        true => writeln!(card, "- Languages: not stated; a document in any language is classified")?,
        false => writeln!(card, "- Languages: {languages}; a document in another language gets no label")?,
    }
    writeln!(card, "- SHA-256 over all training files: `{}`\n", data.fingerprint)?;

    writeln!(card, "## How it was evaluated\n")?;
    writeln!(
        card,
        "By cross-validation: the documents were parted into folds, and each was classified by a model that had learned from the other \
         folds only, features, calibration and thresholds included. What it was trained on is what it was measured on: documents from \
         elsewhere will be classified less well.\n"
    )?;
    for task in &manifest.tasks {
        write_task(card, task)?;
    }

    write_counterfactuals(card, manifest)?;
    write_limits(card, manifest)?;
    write_settings(card, manifest)?;

    writeln!(card, "## How to reproduce it\n")?;
    let command = if from_seeds {
        "slugline-train --seeds seeds --models models --name NAME"
    } else {
        "slugline-train --data TRAIN.jsonl --models models --name NAME"
    };
    writeln!(
        card,
        "```sh\n{command}\n```\n\nThe same training files, settings and trainer give the same model, to the last byte, whatever the number of \
         threads: publishing it again says that it is there already. The fingerprint above is the proof."
    )
}

fn write_task(card: &mut String, of: &TaskManifest) -> std::fmt::Result {
    let (task, metrics) = (&of.task, &of.metrics);
    writeln!(card, "### {}\n", escape(&task.display_name))?;
    let right = (metrics.accuracy * metrics.documents as f64).round() as usize;
    let (low, high) = wilson_interval(right, metrics.documents);
    let what = match task.kind {
        TaskKind::SingleLabel => "the best label was right",
        TaskKind::MultiLabel => "all labels were right and none was missing",
    };
    let is_one_line = of.calibration.windows(2).all(|lines| lines[0] == lines[1]);
    let calibration = match (task.kind, of.saturation) {
        (TaskKind::MultiLabel, _) => "logistic function of a line, one for each label (Platt)",
        (TaskKind::SingleLabel, Some(_)) => "softmax of a line for each label and one bend, at which scores level off",
        (TaskKind::SingleLabel, None) if is_one_line => "softmax of the scores times one temperature",
        (TaskKind::SingleLabel, None) => "softmax of a line for each label",
    };
    writeln!(
        card,
        "Of {}, {what} for {} (95\u{a0}% interval {} to {}). Macro-F1 {:.3}, micro-F1 {:.3}.\n",
        counted(metrics.documents, "document", "documents"),
        percent(metrics.accuracy),
        percent(low),
        percent(high),
        metrics.macro_f1,
        metrics.micro_f1,
    )?;
    writeln!(
        card,
        "Calibration: {calibration}, learned on held-out documents. Log-loss {:.3}; expected calibration error {:.3}, which is how far, on \
         the average, a stated probability is from what happened.\n",
        metrics.log_loss, metrics.ece
    )?;
    let thresholds = of.thresholds.as_deref();
    let (head, rule) = if thresholds.is_some() { (" threshold |", "--:|") } else { ("", "") };
    writeln!(card, "| label | precision | recall | F1 | documents |{head}\n|---|--:|--:|--:|--:|{rule}")?;
    for (number, (label, figures)) in task.labels.iter().zip(&metrics.labels).enumerate() {
        write!(
            card,
            "| {} | {:.3} | {:.3} | {:.3} | {} |",
            label_name(task, number, &label.display_name),
            figures.precision,
            figures.recall,
            figures.f1,
            thousands(figures.support)
        )?;
        match thresholds {
            Some(thresholds) => writeln!(card, " {:.3} |", thresholds[number])?,
            None => writeln!(card)?,
        }
    }
    writeln!(card)
}

fn write_limits(card: &mut String, manifest: &Manifest) -> std::fmt::Result {
    writeln!(card, "## Limits\n")?;
    writeln!(card, "- It counts words; it does not read. Irony, negation and quoted opinions look like what they mention.")?;
    writeln!(card, "- Words that it never saw count for nothing. A document of which it knows too few words gets no label.")?;
    writeln!(card, "- What its training documents had in common by accident, it has learned too.")?;
    for TaskManifest { task, ignored_terms, .. } in manifest.tasks.iter().filter(|task| !task.ignored_terms.is_empty()) {
        let (name, terms) = (escape(&task.display_name), counted(ignored_terms.len(), "term", "terms"));
        writeln!(card, "- {name} neither learned from nor looks at {terms} (`ignored_terms` in `manifest.json`).")?;
    }
    for TaskManifest { task, metrics, .. } in &manifest.tasks {
        let of = |chosen: &dyn Fn(usize) -> bool| -> Vec<String> {
            (0..task.labels.len()).filter(|&n| chosen(n)).map(|n| label_name(task, n, &task.labels[n].display_name)).collect()
        };
        let few = of(&|n| metrics.labels.get(n).is_some_and(|figures| figures.support < FEW));
        let weak = of(&|n| metrics.labels.get(n).is_some_and(|figures| figures.f1 < WEAK));
        let rough = format!("fewer than {FEW} documents, so the figures are rough");
        let unreliable = format!("F1 below {WEAK}, so not to be relied on");
        for (names, what) in [(few, rough), (weak, unreliable)] {
            let task_name = escape(&task.display_name);
            match names.len() {
                0 => {}
                1..=NAMED => writeln!(card, "- {task_name}, {what}: {}.", names.join("; "))?,
                many => writeln!(card, "- {task_name}, {what}: {many} of {} labels.", task.labels.len())?,
            }
        }
    }
    writeln!(card)
}

/// Labels with fewer held-out documents are named among the limits, for a share of so few is known to a fifth at best.
const FEW: usize = 20;
/// Labels with a lower F1 are named among the limits: half of what they are given or should be is wrong.
const WEAK: f64 = 0.5;
/// The most labels that a limit names; of more it gives the number, for the table says which.
const NAMED: usize = 8;

/// Who a text is about must not decide how it is labelled: what was measured of that.
fn write_counterfactuals(card: &mut String, manifest: &Manifest) -> std::fmt::Result {
    for task in &manifest.tasks {
        let Some(figures) = &task.counterfactuals else { continue };
        let name = escape(&task.task.display_name);
        writeln!(card, "## {name}: who a text is about\n")?;
        writeln!(
            card,
            "{} texts, each told of {} peoples, religions, sexes and regions, with nothing else changed.\n",
            figures.frames, figures.identities
        )?;
        writeln!(card, "| label | largest difference in probability | texts that get the label for some and not for others |")?;
        writeln!(card, "|---|--:|--:|")?;
        for (number, shift) in figures.labels.iter().enumerate() {
            let label = label_name(&task.task, number, &task.task.labels[number].display_name);
            writeln!(card, "| {label} | {:.3} | {} |", shift.largest_shift, shift.crossings)?;
        }
        writeln!(card)?;
    }
    Ok(())
}

fn write_settings(card: &mut String, manifest: &Manifest) -> std::fmt::Result {
    writeln!(card, "## Settings\n\nAs `manifest.json` has them.\n\n| of | setting | value |\n|---|---|---|")?;
    for (name, value) in settings(&manifest.vectorizer) {
        writeln!(card, "| features | `{name}` | {} |", escape(&value))?;
    }
    for task in &manifest.tasks {
        for (name, value) in settings(&task.learner) {
            writeln!(card, "| {} | `{name}` | {} |", escape(&task.task.display_name), escape(&value))?;
        }
    }
    writeln!(card)
}

/// Settings as (name, value), as they are written to the manifest; those inside others after them, by the inner name.
pub fn settings(of: &impl serde::Serialize) -> Vec<(String, String)> {
    fn gather(value: serde_json::Value, name: &str, into: &mut Vec<(String, String)>) {
        match value {
            serde_json::Value::Object(fields) => fields.into_iter().for_each(|(name, value)| gather(value, &name, into)),
            serde_json::Value::String(text) => into.push((name.to_owned(), text.replace('_', " "))),
            serde_json::Value::Bool(yes) => into.push((name.to_owned(), if yes { "yes" } else { "no" }.to_owned())),
            serde_json::Value::Array(items) => {
                into.push((name.to_owned(), items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" to ")));
            }
            other => into.push((name.to_owned(), other.to_string())),
        }
    }
    let mut gathered = Vec::new();
    gather(serde_json::to_value(of).unwrap_or_default(), "", &mut gathered);
    gathered
}

/// A label's name; one below another after its parent's.
fn label_name(task: &Task, label: usize, display_name: &str) -> String {
    let parent = task.labels[label].name.rsplit_once('/').and_then(|(parent, _)| task.labels.iter().find(|of| of.name == parent));
    match parent {
        Some(parent) => format!("{} / {}", escape(&parent.display_name), escape(display_name)),
        None => escape(display_name),
    }
}

/// Text that stands in Markdown as it is: in one line, with no mark-up and no HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' | '$' => escaped.extend(['\\', character]),
            // A bidirectional override could turn the rest of the line around (CVE-2021-42574).
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => escaped.push('\u{fffd}'),
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}
