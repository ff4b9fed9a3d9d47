//! What was done for probabilities to be believed, and what comes of answering only where the model is sure.

use std::fmt::Write;

use super::{
    TaskReport,
    markup::{data, share},
    sections::table,
};
use crate::{
    text::figures::{counted, percent},
    train::{AbstentionFigures, CalibrationFigures},
};

/// The calibrations that were compared, coverage against accuracy, and abstaining; empty parts where nothing is known.
pub(super) fn honesty(task: &TaskReport) -> String {
    let figures = &task.probabilities;
    let out_of_reach = match figures.out_of_reach.as_slice() {
        [] => String::new(),
        labels => {
            format!("<p>No threshold reaches the precision that was asked for, so these are never given: {}.</p>", data(&labels.join(", ")))
        }
    };
    let abstention = figures.abstention.as_ref().map_or_else(String::new, abstained);
    calibrations(&figures.calibration) + &out_of_reach + &coverage(task) + &abstention
}

fn calibrations(figures: &CalibrationFigures) -> String {
    if figures.candidates.len() < 2 {
        return String::new();
    }
    let mut rows = String::new();
    for candidate in &figures.candidates {
        let mark = match (candidate.name == figures.chosen, candidate.eligible) {
            (true, _) => "chosen",
            (_, false) => "to compare with",
            _ => "",
        };
        let _ = write!(
            rows,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{mark}</td></tr>",
            data(candidate.name),
            share(candidate.log_loss),
            share(candidate.ece),
        );
    }
    let head = [("", "calibration"), ("n", "log-loss"), ("n", "calibration error"), ("", "")];
    format!(
        "<p>Chosen: {} ({}).</p>{}",
        data(figures.chosen),
        data(&figures.reason),
        table("calibrations", "Calibrations, each measured on folds that it was not fitted on", &head, &rows)
    )
}

fn coverage(task: &TaskReport) -> String {
    let mut rows = String::new();
    for row in &task.probabilities.risk_coverage {
        let _ = write!(
            rows,
            "<tr><th scope=\"row\" class=\"n\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            percent(row.coverage),
            percent(row.accuracy),
            percent(row.least_probability),
        );
    }
    if rows.is_empty() {
        return rows;
    }
    let head = [("n", "answered"), ("n", "right"), ("n", "from a probability of")];
    table("coverage", "Answering only the surest documents", &head, &rows)
}

fn abstained(figures: &AbstentionFigures) -> String {
    let AbstentionFigures { answered, unsupported_language, unknown_vocabulary, .. } = *figures;
    let right = |share: Option<f64>| share.map_or_else(String::new, |share| format!(", {} of them right", percent(share)));
    if unsupported_language + unknown_vocabulary == 0 {
        return "<p>The model abstained from no test document.</p>".to_owned();
    }
    format!(
        "<p>The model answered {}{}. It abstained from {unsupported_language} for their language and from {unknown_vocabulary} for their \
         unknown words{}, had they been answered.</p>",
        counted(answered, "test document", "test documents"),
        right(figures.accuracy_answered),
        right(figures.accuracy_abstained),
    )
}
