//! What a person reads after training.

use super::super::{CalibrationFigures, TestJudgement, TrainedModel};
use crate::learn::{metrics, thresholds::ThresholdAim};

/// The report of a training: what was learned from, how well each label does on held-out articles, and which calibration was chosen.
pub fn report(trained: &TrainedModel, aim: ThresholdAim) -> String {
    let (manifest, data) = (&trained.manifest, &trained.manifest.training_data);
    let mut report = format!(
        "{} articles, {} glossary terms -> {} terms\nEach article was classified by a model that had not seen it:\n",
        data.articles,
        data.glossary_terms,
        trained.vocabulary_size()
    );
    for (task, probabilities) in manifest.tasks.iter().zip(&trained.probabilities) {
        let names: Vec<&str> = task.task.labels.iter().map(|label| label.name.as_str()).collect();
        report += &format!("\n{}\n{}", task.task.name, metrics::table(&task.metrics, &names));
        if probabilities.calibration.candidates.len() > 1 {
            report += &calibrations(&probabilities.calibration);
        }
        if let (ThresholdAim::Precision(precision), false) = (aim, probabilities.out_of_reach.is_empty()) {
            report += &format!(
                "\n  No threshold gives these labels a precision of {precision}, so they are never given: {}\n",
                probabilities.out_of_reach.join(", ")
            );
        }
    }
    report
}

/// A line a calibration, and why one of them was chosen.
fn calibrations(figures: &CalibrationFigures) -> String {
    let width = figures.candidates.iter().map(|candidate| candidate.name.len()).max().unwrap_or(0);
    let mut table = format!("\n  {:width$}  log-loss  calibration error  accuracy\n", "calibration");
    for candidate in &figures.candidates {
        let mark = if candidate.name == figures.chosen { "chosen" } else { "" };
        let line =
            format!("  {:width$}  {:8.4}  {:17.4}  {:8.4}  {mark}", candidate.name, candidate.log_loss, candidate.ece, candidate.accuracy);
        table += line.trim_end();
        table.push('\n');
    }
    table + &format!("  {}: {}\n", figures.chosen, figures.reason)
}

/// What a person reads of a test: figures, honesty of the probabilities before and after calibration, abstaining, risk and coverage.
pub fn test_report(test: &TestJudgement, label_names: &[&str]) -> String {
    let mut report = metrics::table(&test.metrics, label_names);
    report += &format!(
        "  before calibration: log-loss {:.3}   calibration error {:.3}\n\n{}",
        test.uncalibrated.log_loss,
        test.uncalibrated.ece,
        test.abstention.line()
    );
    let table = test.statements.risk_coverage();
    if !table.is_empty() {
        report += "\n  answering the surest   right  from a probability of\n";
    }
    for row in table {
        report += &format!("  {:18.0} %  {:5.1} %  {:.3}\n", 100.0 * row.coverage, 100.0 * row.accuracy, row.least_probability);
    }
    report
}
