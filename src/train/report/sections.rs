//! The sections of the page, each the HTML of its body; empty where there is nothing to say.

use std::fmt::Write;

use super::{
    TaskReport, TrainingReport,
    honesty::honesty,
    markup::{data, escape, share},
    plots,
};
use crate::{
    learn::metrics::LabelMetrics,
    text::figures::{counted, percent, thousands},
    train::{DuplicateGroup, Leaks, NamedDocument, TellingTerm},
};

/// A table that scrolls by itself where the page is too narrow for it. `head` is (class, text) a column.
pub(super) fn table(class: &str, caption: &str, head: &[(&str, &str)], rows: &str) -> String {
    let head: String = head.iter().map(|(class, text)| format!("<th scope=\"col\" class=\"{class}\">{text}</th>")).collect();
    let caption = escape(caption);
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\"><table class=\"{class}\"><caption>{caption}</caption>\
         <thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

fn bar(class: &str, share: f64) -> String {
    if share <= 0.0 {
        return String::new();
    }
    format!("<span class=\"bar {class}\" style=\"width:{:.1}%\"></span>", 100.0 * share.clamp(0.0, 1.0))
}

pub(super) fn warnings(report: &TrainingReport) -> String {
    if report.warnings.is_empty() {
        return String::new();
    }
    let items: String = report.warnings.iter().map(|warning| format!("<li>{}</li>", data(warning))).collect();
    format!("<ul class=\"warnings\">{items}</ul>")
}

/// Precision, recall, F1 and support, the best label first.
pub(super) fn labels(task: &TaskReport) -> String {
    let metrics = task.metrics();
    let mut order: Vec<usize> = (0..metrics.labels.len()).collect();
    order.sort_by(|&a, &b| metrics.labels[b].f1.total_cmp(&metrics.labels[a].f1).then(a.cmp(&b)));
    let most = metrics.labels.iter().map(|label| label.support).max().unwrap_or(0).max(1) as f64;
    let mut rows = String::new();
    for label in order {
        let LabelMetrics { precision, recall, f1, support } = metrics.labels[label];
        let _ = write!(
            rows,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"plot\">{}</td>\
             <td class=\"n\">{}</td><td class=\"plot wide\">{}</td></tr>",
            data(task.label(label)),
            share(precision),
            share(recall),
            share(f1),
            bar("good", f1),
            thousands(support),
            bar("quiet", support as f64 / most),
        );
    }
    let head = [("", "label"), ("n", "precision"), ("n", "recall"), ("n", "F1"), ("plot", ""), ("n", "documents"), ("plot wide", "")];
    table("labels", "Quality of each label", &head, &rows)
}

/// How many mistakes are listed beside the matrix.
const MISTAKES: usize = 12;

pub(super) fn confusions(task: &TaskReport) -> String {
    let confusion = &task.diagnostics().confusion;
    let worst = confusion.worst(MISTAKES);
    if confusion.labels() == 0 {
        return String::new();
    }
    if worst.is_empty() {
        return "<p>Nothing was mistaken for anything.</p>".to_owned();
    }
    let none = confusion.labels();
    let mut rows = String::new();
    for &(truth, given, count) in &worst {
        let truth_name = if truth == none { "<i>none of these</i>".to_owned() } else { data(task.label(truth)) };
        let given_name = if given == none { "<i>nothing</i>".to_owned() } else { data(task.label(given)) };
        let of_truth = count as f64 / confusion.row_sum(truth).max(1) as f64;
        let of_truth = if truth == none { String::new() } else { percent(of_truth) };
        let _ = write!(
            rows,
            "<tr><th scope=\"row\">{truth_name}</th><td>{given_name}</td><td class=\"n\">{}</td><td class=\"n\">{of_truth}</td></tr>",
            thousands(count)
        );
    }
    let head = [("", "has"), ("", "was given"), ("n", "times"), ("n", "share")];
    let list = table("mistakes", "The most frequent mistakes", &head, &rows);
    let what = match task.is_single_label() {
        true => {
            "A row for the label that documents have, a column for the label that they were given. On the diagonal, in blue, what is right; \
                 in orange what is not. The stronger the colour, the larger the share of the row."
        }
        false => {
            "A label that was missed is held against every label that was given wrongly in its place, or against nothing. In blue what \
                  is right, in orange what is not; the stronger the colour, the larger the share of the row."
        }
    };
    format!(
        "<p>{what}</p><div class=\"confusion\"><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Confusion matrix\">{}</div>{list}</div>",
        plots::confusion(task, confusion)
    )
}

/// What each section with a part for every task says once, before them.
pub(super) const LABELS: &str = "<p>Precision: of the documents given the label, the share that have it. Recall: of the documents that have \
     it, the share that were given it. F1: their harmonic mean. The best come first.</p>";
pub(super) const TERMS: &str = "<p>The terms that most part the documents of each label from all others: weight, times how much more often \
     the term stands in the one than in the other. A name or a format among them may be an accident of the data. Bars are to \
     one scale within a label.</p>";
pub(super) const CALIBRATION: &str = "<p>Each dot gathers the decisions with nearly the same stated probability (across), and shows how often they were right (up). Honest \
     probabilities lie on the diagonal: below it the model claims too much, above it too little. The larger the dot, the more decisions; \
     the bars below count them.</p>";

pub(super) fn calibration(task: &TaskReport) -> String {
    let of = if task.is_single_label() { "" } else { "all labels together, " };
    let figure = |name: &str, reliability: &crate::learn::reliability::Reliability| {
        format!(
            "<figure>{}<figcaption><b>{name}</b><br/>{of}calibration error {}</figcaption></figure>",
            plots::reliability(name, reliability),
            share(reliability.error())
        )
    };
    let before = figure("Raw scores, held out", &task.uncalibrated);
    let after = figure("Calibrated, held out", &task.held_out_diagnostics.reliability);
    let test = task.test.as_ref().map_or(String::new(), |(_, diagnostics)| figure("Calibrated, test file", &diagnostics.reliability));
    format!("<div class=\"multiples\">{before}{after}{test}</div>{}", honesty(task))
}

pub(super) fn learning_curve(task: &TaskReport) -> String {
    let points = &task.learning_curve.points;
    let [.., half, whole] = points.as_slice() else { return String::new() };
    let name = if task.is_single_label() { "accuracy" } else { "micro-F1" };
    let next = task.learning_curve.after_doubling();
    let gain = |from: f64, to: f64| format!("{:+.1} points", 100.0 * (to - from)).replace('-', "−");
    let outlook = match &next {
        Some(next) if next.micro_f1 - whole.micro_f1 >= 0.001 => format!(
            "If that goes on, twice as many may bring about <strong>{}</strong>, to {}: a guess from the curve, not a promise.",
            gain(whole.micro_f1, next.micro_f1),
            percent(next.micro_f1)
        ),
        _ => "The curve is flat there: more documents of the same kind are unlikely to help.".to_owned(),
    };
    let what = format!(
        "Going from {} to {} documents changed {name} by {}, from {} to {}. {outlook}",
        thousands(half.documents),
        thousands(whole.documents),
        gain(half.micro_f1, whole.micro_f1),
        percent(half.micro_f1),
        percent(whole.micro_f1)
    );
    let plot = plots::learning_curve(&format!("Learning curve of {}", task.task.display_name), points, next, name);
    let how = "Measured on held-out training documents, learning from a part of the others.";
    format!("<p>{what}</p><figure class=\"curve\">{plot}<figcaption>{how}</figcaption></figure>")
}

/// What speaks for and against each label.
pub(super) fn terms(task: &TaskReport) -> String {
    if task.terms.iter().all(|terms| terms.in_favour.is_empty() && terms.against.is_empty()) {
        return String::new();
    }
    let list = |class: &str, terms: &[TellingTerm], highest: f32| -> String {
        let item = |term: &TellingTerm| {
            format!("<li>{}<span>{}</span></li>", bar(class, f64::from(term.separation / highest.max(1e-9))), data(&term.term))
        };
        terms.iter().map(item).collect()
    };
    let mut cards = String::new();
    for (label, terms) in task.terms.iter().enumerate() {
        let strongest = |terms: &[TellingTerm]| terms.first().map_or(0.0, |term| term.separation);
        let highest = strongest(&terms.in_favour).max(strongest(&terms.against));
        let _ = write!(
            cards,
            "<div class=\"label\"><h4>{}</h4><div><p>for</p><ol>{}</ol></div><div><p>against</p><ol>{}</ol></div></div>",
            data(task.label(label)),
            list("good", &terms.in_favour, highest),
            list("bad", &terms.against, highest),
        );
    }
    format!("<div class=\"terms\">{cards}</div>")
}

pub(super) fn doubtful(report: &TrainingReport) -> String {
    let doubtful = &report.doubtful_labels;
    if doubtful.first.is_empty() {
        return String::new();
    }
    let several_tasks = report.tasks.len() > 1;
    let mut rows = String::new();
    for label in &doubtful.first {
        let place = label
            .line
            .map_or_else(|| data(&label.id), |line| format!("{} <small>line {}</small>", data(&label.id), thousands(line as usize)));
        let labels = |names: &[String]| if names.is_empty() { "<i>none</i>".to_owned() } else { data(&names.join(", ")) };
        let _ = write!(
            rows,
            "<tr><th scope=\"row\">{place}</th><td>{}{}<br/><small>{}</small></td><td>{}<br/><small>{}</small></td><td class=\"text\">{}</td></tr>",
            if several_tasks { format!("<small>{}</small> ", data(&label.task)) } else { String::new() },
            labels(&label.given),
            percent(f64::from(label.given_probability)),
            labels(&label.suggested),
            percent(f64::from(label.suggested_probability)),
            data(&label.text),
        );
    }
    let head = [("", "document"), ("", "has"), ("", "looks like"), ("text", "begins")];
    let what = "Models that had not seen these documents find another label likelier, by more than is usual for it (confident learning, \
                Northcutt et al. 2021). Either the label is wrong, or the document is one to learn from. The most doubtful come first.";
    let rest = match doubtful.count - doubtful.first.len() {
        0 => String::new(),
        rest => format!(" {} more are left out here.", thousands(rest)),
    };
    format!("<p>{what}{rest}</p>{}", table("doubtful", "Doubtful labels", &head, &rows))
}

pub(super) fn duplicates(report: &TrainingReport) -> String {
    let duplicates = &report.duplicates;
    let mut body = String::new();
    if duplicates.groups > 0 {
        let how =
            if duplicates.counted_once { "each group was learned from once, and held out as a whole" } else { "each counted for itself" };
        let _ = write!(
            body,
            "<p>{} are the same as another, or nearly, in {}; {how}.</p>",
            counted(duplicates.documents, "training document", "training documents"),
            counted(duplicates.groups, "group", "groups")
        );
        let groups = |title: &str, groups: &[DuplicateGroup]| {
            let items: String = groups.iter().map(|group| format!("<li>{}</li>", duplicate_group(group))).collect();
            if items.is_empty() { items } else { format!("<h3>{title}</h3><ul class=\"groups\">{items}</ul>") }
        };
        body += &groups("The same text, other labels", &duplicates.conflicts);
        body += &groups("The largest others", &duplicates.largest);
    }
    for leaks in duplicates.leaks.values().filter(|leaks| leaks.documents > 0) {
        body += &leaks_of_test(leaks);
    }
    body
}

/// The test documents of one task that the model has learned from.
fn leaks_of_test(leaks: &Leaks) -> String {
    let mut body = String::new();
    let without = leaks.accuracy_without.map_or_else(String::new, |accuracy| format!(" Without them accuracy is {}.", share(accuracy)));
    let _ = write!(
        body,
        "<p>{} in the training documents, or nearly.{without}</p><ul class=\"groups\">",
        counted(leaks.documents, "test document stands", "test documents stand")
    );
    for leak in leaks.rows.iter().take(SHOWN_LEAKS) {
        let labels = if leak.same_labels { "" } else { ", with other labels" };
        let (test, train) = (thousands(leak.test_line as usize), thousands(leak.train_line as usize));
        let _ = write!(body, "<li>test line {test} = training line {train}{labels}</li>");
    }
    body + "</ul>"
}

/// How many leaks the page names; `report.json` names more.
const SHOWN_LEAKS: usize = 20;

fn duplicate_group(group: &DuplicateGroup) -> String {
    let name = |document: &NamedDocument| {
        let labels = data(&document.labels.join(", "));
        match document.line {
            Some(line) => format!("line {} <small>{labels}</small>", thousands(line as usize)),
            None => format!("{} <small>{labels}</small>", data(&document.id)),
        }
    };
    let names: Vec<String> = group.documents.iter().map(name).collect();
    let rest = match group.size - group.documents.len() {
        0 => String::new(),
        rest => format!(" and {} more", thousands(rest)),
    };
    names.join(" = ") + &rest
}

/// What was tried, and what was taken.
pub(super) fn settings(report: &TrainingReport) -> String {
    let mut body = report.unlabelled.as_ref().map_or_else(String::new, |figures| {
        let chosen = if figures.chosen { "learned with them" } else { "learned without them, for they did not help" };
        format!(
            "<p>{} were tried: accuracy on held-out labelled documents is {} with them and {} without. The model is {chosen}.</p>",
            counted(figures.documents_used, "unlabelled document", "unlabelled documents"),
            share(figures.with.accuracy),
            share(figures.without.accuracy)
        )
    });
    if report.trials.is_empty() {
        body += "<p>The default settings were taken; none was tried against others.</p>";
    } else {
        let kept: Vec<String> = report.trials.iter().filter(|trial| trial.kept).map(|trial| data(&trial.setting)).collect();
        let _ = write!(
            body,
            "<p>{} tried one after another by {}-fold cross-validation on the training documents alone. A change was kept where it did better \
             than all before it: by micro-F1, then by log-loss. Kept: {}.</p>",
            counted(report.trials.len(), "setting was", "settings were"),
            report.folds,
            kept.join(", then ")
        );
        let scores = || report.trials.iter().map(|trial| trial.micro_f1);
        let range = (scores().fold(1.0, f64::min), scores().fold(0.0, f64::max));
        let mut rows = String::new();
        for trial in &report.trials {
            let (class, mark) = if trial.kept { (" class=\"kept\"", "kept") } else { ("", "") };
            let _ = write!(
                rows,
                "<tr{class}><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"plot\">{}</td><td class=\"n\">{:.4}</td><td>{mark}</td></tr>",
                data(&trial.setting),
                format!("{:.4}", trial.micro_f1).trim_start_matches('0'),
                plots::trial_strip(trial, range),
                trial.log_loss,
            );
        }
        let head = [("", "setting"), ("n", "micro-F1"), ("plot", ""), ("n", "log-loss"), ("", "")];
        body += &table("trials", "Settings that were tried", &head, &rows);
    }
    let mut rows = String::new();
    let mut add = |of: &str, (name, value): &(String, String)| {
        let _ = write!(rows, "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{of}</td></tr>", data(name), data(value));
    };
    report.feature_settings.iter().for_each(|setting| add("features", setting));
    for task in &report.tasks {
        let of = if report.tasks.len() > 1 { format!("learner, {}", data(&task.task.display_name)) } else { "learner".to_owned() };
        task.learner_settings.iter().for_each(|setting| add(&of, setting));
    }
    add("cross-validation", &("folds".to_owned(), report.folds.to_string()));
    body + &table("pairs", "Settings of the model", &[("", "setting"), ("", "value"), ("", "of")], &rows)
}

pub(super) fn cost(report: &TrainingReport) -> String {
    let seconds = &report.seconds;
    let steps = [
        ("reading", seconds.read),
        ("tuning", seconds.tune),
        ("features, final fit", seconds.features),
        ("weights, final fit", seconds.learn),
        ("cross-validation, to calibrate and measure", seconds.calibrate),
        ("learning curve", seconds.learning_curve),
        ("classifying the test file, one thread", seconds.predict),
    ];
    let longest = steps.iter().fold(0.0, |longest: f64, step| longest.max(step.1)).max(1e-9);
    let mut rows = String::new();
    for (name, of_step) in steps.into_iter().filter(|step| step.1 > 0.0) {
        let _ = write!(
            rows,
            "<tr><th scope=\"row\">{name}</th><td class=\"n\">{of_step:.2}</td><td class=\"plot\">{}</td></tr>",
            bar("quiet", of_step / longest)
        );
    }
    let _ =
        write!(rows, "<tr class=\"sum\"><th scope=\"row\">all</th><td class=\"n\">{:.2}</td><td class=\"plot\"></td></tr>", seconds.total);
    let mut body = table("cost", "Seconds of each step", &[("", "step"), ("n", "seconds"), ("plot", "")], &rows);
    if report.peak_rss_bytes > 0 {
        let _ =
            write!(body, "<p>The most memory held at once: {} MB.</p>", thousands((report.peak_rss_bytes as f64 / 1e6).round() as usize));
    }
    if let (Some((_, documents)), true) = (&report.test, seconds.predict > 0.0) {
        let _ = write!(
            body,
            "<p>Classified {} test documents a second.</p>",
            thousands((*documents as f64 / seconds.predict).round() as usize)
        );
    }
    body
}

pub(super) fn identity(report: &TrainingReport) -> String {
    let mut rows = String::new();
    let mut add = |name: &str, value: String| {
        let _ = write!(rows, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
    };
    let fingerprint = |of: &str| format!("<code class=\"hash\">{}</code>", escape(of));
    if let Some(published) = &report.published {
        add("published as", data(published));
    }
    if !report.model_fingerprint.is_empty() {
        add("model, SHA-256", fingerprint(&report.model_fingerprint));
    }
    add("training data", data(&report.source));
    add("training data, SHA-256", fingerprint(&report.training_data.fingerprint));
    if let Some((file, documents)) = &report.test {
        add("test data", format!("{}, {}", data(file), counted(*documents, "document", "documents")));
    }
    let languages = if report.languages.is_empty() { "any".to_owned() } else { data(&report.languages.join(", ")) };
    add("languages", languages);
    add("trained by", data(&report.trainer));
    let what = "The same data, settings and program give the same model, to the last byte, whatever the number of threads.";
    format!("<p>{what}</p>{}", table("pairs", "Fingerprints", &[("", "of"), ("", "")], &rows))
}
