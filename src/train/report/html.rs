//! The page as a whole.

use std::fmt::Write;

use super::{
    TaskReport, TrainingReport,
    markup::{data, escape, share},
    sections,
};
use crate::text::figures::{counted, percent, thousands, wilson_interval};

const STYLE: &str = include_str!("style.css");

/// The whole page. It is written so that it is well-formed XML as well, but for its first line.
pub(super) fn page(report: &TrainingReport) -> String {
    let names: Vec<&str> = report.tasks.iter().map(|task| task.task.display_name.as_str()).collect();
    let title = format!("{} learned from {}", names.join(" and "), short_path(&report.source));
    let mut content = String::new();
    let mut links = Vec::new();
    let after = |legend: &str, body: String| if body.is_empty() { body } else { legend.to_owned() + &body };
    let mut section = |id: &str, name: &str, body: String| {
        if !body.is_empty() {
            links.push(format!("<a href=\"#{id}\">{name}</a>"));
            // Writing to a String can't fail.
            let _ = write!(content, "<section id=\"{id}\" aria-labelledby=\"{id}-name\"><h2 id=\"{id}-name\">{name}</h2>{body}</section>");
        }
    };
    let each = |of: &dyn Fn(&TaskReport) -> String| -> String {
        let bodies = report.tasks.iter().map(|task| (task, of(task))).filter(|(_, body)| !body.is_empty());
        bodies.fold(String::new(), |all, (task, body)| {
            if report.tasks.len() > 1 { format!("{all}<h3>{}</h3>{body}", data(&task.task.display_name)) } else { all + &body }
        })
    };
    section("warnings", "Warnings", sections::warnings(report));
    section("labels", "Each label", after(sections::LABELS, each(&sections::labels)));
    section("confusions", "What is mistaken for what", each(&sections::confusions));
    section("calibration", "Can the probabilities be believed?", after(sections::CALIBRATION, each(&sections::calibration)));
    section("more-documents", "Would more documents help?", each(&sections::learning_curve));
    section("terms", "What it goes by", after(sections::TERMS, each(&sections::terms)));
    section("doubtful", "Labels to look at again", sections::doubtful(report));
    section("duplicates", "Duplicates", sections::duplicates(report));
    section("settings", "Settings", sections::settings(report));
    section("cost", "Time and memory", sections::cost(report));
    section("identity", "What exactly this was", sections::identity(report));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;\"/>\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<p class=\"kind\">Training report</p>\n<h1>{}</h1>\n{}\n<nav aria-label=\"Sections\">{}</nav>\n</header>\n\
         <main>\n{content}\n</main>\n<footer>Written by {}. This page fetches nothing and runs nothing.</footer>\n</body>\n</html>\n",
        escape(&title),
        heading(report, &names),
        summary(report),
        links.join(" "),
        escape(&report.trainer),
    )
}

fn heading(report: &TrainingReport, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| data(name)).collect();
    format!("{} <span class=\"from\">learned from {}</span>", names.join(" and "), data(&short_path(&report.source)))
}

/// The whole in one glance: a sentence and figures for each task, then what was learned from.
fn summary(report: &TrainingReport) -> String {
    let tasks: String = report.tasks.iter().map(|task| task_summary(task, report)).collect();
    let learned = &report.training_data;
    let mut from = counted(learned.articles, "document", "documents");
    if learned.glossary_terms > 0 {
        let _ = write!(from, " and {}", counted(learned.glossary_terms, "glossary term", "glossary terms"));
    }
    let memory = match report.peak_rss_bytes {
        0 => String::new(),
        bytes => format!(" and {} MB of memory", thousands((bytes as f64 / 1e6).round() as usize)),
    };
    format!(
        "{tasks}<p class=\"learned\">Learned from {from}; knows {}. Took {:.1} s{memory}.</p>",
        counted(report.features, "term", "terms"),
        report.seconds.total
    )
}

fn task_summary(of: &TaskReport, report: &TrainingReport) -> String {
    let metrics = of.metrics();
    let right = (metrics.accuracy * metrics.documents as f64).round() as usize;
    let (low, high) = wilson_interval(right, metrics.documents);
    let interval = format!("95 % interval {} to {}", percent(low), percent(high));
    let documents = counted(metrics.documents, "document", "documents");
    let measured = match &report.test {
        Some((file, _)) => format!("{documents} in {}, none of which it learned from", data(&short_path(file))),
        None => format!("{documents}, each held out while the others were learned from"),
    };
    let (name, headline) = if of.is_single_label() {
        (
            "accuracy",
            format!("Of {measured}, it labels <strong>{}</strong> right ({interval}).{}", percent(metrics.accuracy), commonest(of)),
        )
    } else {
        (
            "all labels right",
            format!(
                "On {measured}, <strong>{}</strong> of its labels and of those it should have given are right (micro-F1); on {} all are, and none is missing ({interval}).",
                percent(metrics.micro_f1),
                percent(metrics.accuracy)
            ),
        )
    };
    let figure = |value: String, name: &str, note: &str| format!("<div><dt>{name}</dt><dd>{value}<small>{note}</small></dd></div>");
    let first = figure(percent(metrics.accuracy), name, "");
    let micro = if of.is_single_label() { String::new() } else { figure(share(metrics.micro_f1), "micro-F1", "over all decisions") };
    let held_out = match &of.test {
        Some(_) => figure(percent(of.held_out.accuracy), "held out", "on training documents"),
        None => String::new(),
    };
    let name = if report.tasks.len() > 1 { format!("<h2 class=\"task\">{}</h2>", data(&of.task.display_name)) } else { String::new() };
    format!(
        "<div class=\"summary\">{name}<p class=\"headline\">{headline}</p><dl class=\"figures\">{first}{micro}{}{}{}{held_out}{}</dl></div>",
        figure(share(metrics.macro_f1), "macro-F1", "mean of the labels"),
        figure(format!("{:.3}", metrics.log_loss), "log-loss", "nats, less is better"),
        figure(share(metrics.ece), "calibration error", "0 is honest"),
        figure(of.task.labels.len().to_string(), "labels", ""),
    )
}

/// What always giving the commonest label would come to: the least that a model must beat.
fn commonest(of: &TaskReport) -> String {
    let metrics = of.metrics();
    let most = (0..metrics.labels.len()).max_by_key(|&label| (metrics.labels[label].support, std::cmp::Reverse(label)));
    match most {
        Some(label) if metrics.documents > 0 => {
            let share = metrics.labels[label].support as f64 / metrics.documents as f64;
            format!(" Always saying {} would be right for {}.", data(of.label(label)), percent(share))
        }
        _ => String::new(),
    }
}

/// The end of a path, as much as tells files apart: `20newsgroups/test.jsonl`. The whole of it stands at the page's end.
fn short_path(path: &str) -> String {
    let parts: Vec<&str> = path.rsplit('/').filter(|part| !part.is_empty()).take(2).collect();
    if parts.is_empty() { path.to_owned() } else { parts.into_iter().rev().collect::<Vec<_>>().join("/") }
}
