//! The page as a reader and a browser take it.

use super::*;
use crate::{
    corpus::{Document, LabelledCorpus},
    train::{DoubtfulLabel, DuplicateGroup, NamedDocument, Recipe, learning_curves},
};

const HOSTILE: [&str; 3] =
    ["<script>alert('x')</script>", "\"><img src=http://evil.example/x onerror=alert(1)>", "\u{202e}&amp;\u{0} ]]> --> 'q'"];

fn corpus(labels: &[&str], is_multi_label: bool) -> LabelledCorpus {
    let words = ["ship <b>sea</b>", "train & rail", "lorry \"road\""];
    let document = |n: usize| Document {
        id: format!("<i>{n}</i>"),
        text: format!("{} was seen on day {} by {}", words[n % words.len()], n % 7, words[(n * n) % 3]),
        ..Default::default()
    };
    LabelledCorpus {
        documents: (0..60).map(document).collect(),
        lines: (1..61).collect(),
        labels: (0..60).map(|n| vec![labels[n % labels.len()].to_owned()]).collect(),
        is_multi_label,
        fingerprint: "f00d".into(),
    }
}

/// A report with something in every section.
fn full_report(task: &str, labels: &[&str], is_multi_label: bool) -> TrainingReport {
    let corpus = corpus(labels, is_multi_label);
    let set = TrainingSet::of_labelled(&[(task, &corpus)]);
    let recipe = Recipe::for_labelled_files();
    let trained = recipe.train_on(&set).unwrap();
    let curves = learning_curves(&recipe, &set, &[trained.manifest.tasks[0].metrics.clone()]).unwrap();
    let mut report = TrainingReport::new(&trained, &set, recipe.folds, curves);
    let hostile = || HOSTILE[1].to_owned();
    report.source = hostile();
    report.published = Some(hostile());
    report.model_fingerprint = "beef".into();
    report.warnings = vec![hostile()];
    report.trials = vec![Trial { setting: hostile(), micro_f1: 0.9, log_loss: 0.1, kept: true }];
    let named = NamedDocument { id: hostile(), line: None, labels: vec![hostile()] };
    let groups = vec![DuplicateGroup { size: 3, documents: vec![named.clone(), named] }];
    report.duplicates = Duplicates { groups: 1, documents: 3, largest: groups.clone(), conflicts: groups, ..Default::default() };
    let doubtful = DoubtfulLabel {
        task: hostile(),
        id: hostile(),
        line: Some(7),
        given: vec![hostile()],
        suggested: vec![hostile()],
        given_probability: 0.1,
        suggested_probability: 0.9,
        text: hostile(),
    };
    report.doubtful_labels = DoubtfulLabels { count: 3, first: vec![doubtful] };
    let judgement = super::super::judge_test_file(&trained.into_model("m"), 0, &corpus, &[]);
    report.judged_on(0, HOSTILE[0], &judgement);
    report
}

/// The names of the elements of a page, or what is wrong with it: an element that is not closed where it should be, a `<`, a `&` or a
/// quote where none may stand.
fn elements(page: &str) -> Result<Vec<String>, String> {
    let (mut names, mut open) = (Vec::new(), Vec::<String>::new());
    let mut rest = page.strip_prefix("<!DOCTYPE html>").ok_or("no doctype")?;
    while let Some(begin) = rest.find('<') {
        check_text(&rest[..begin])?;
        let end = rest[begin..].find('>').ok_or("an element has no end")? + begin;
        let element = &rest[begin + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = element.strip_prefix('/') {
            let last = open.pop();
            if last.as_deref() != Some(name) {
                return Err(format!("</{name}> closes {last:?}"));
            }
            continue;
        }
        let name = element.split([' ', '/']).next().unwrap_or_default().to_owned();
        if element.contains('<') || element.matches('"').count() % 2 != 0 {
            return Err(format!("<{element}>"));
        }
        check_text(element)?;
        names.push(name.clone());
        if !element.ends_with('/') {
            open.push(name);
        }
    }
    if open.is_empty() { Ok(names) } else { Err(format!("never closed: {open:?}")) }
}

fn check_text(text: &str) -> Result<(), String> {
    for after in text.split('&').skip(1) {
        let entity = after.split(';').next().unwrap_or_default();
        if !matches!(entity, "amp" | "lt" | "gt" | "quot" | "#39") {
            return Err(format!("&{entity} in {text}"));
        }
    }
    if text.contains(|c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)) {
        return Err(format!("a character that no page may hold, in {text:?}"));
    }
    Ok(())
}

#[test]
fn whatever_labels_and_documents_say_stays_text() {
    for is_multi_label in [false, true] {
        let report = full_report(HOSTILE[2], &HOSTILE, is_multi_label);
        let page = report.to_html();
        let elements = elements(&page).unwrap();
        for name in ["script", "img"] {
            assert!(!elements.iter().any(|element| element == name), "{name}");
        }
        assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)"));
    }
}

#[test]
fn the_page_fetches_nothing_and_runs_nothing() {
    let page = full_report("colour", &["red", "green"], false).to_html();
    let elements = elements(&page).unwrap();
    for name in ["script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use"] {
        assert!(!elements.iter().any(|element| element == name), "{name}");
    }
    for tag in page.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        for part in ["src=", "srcset=", "url(", "onload", "onerror", "javascript:"] {
            assert!(!tag.contains(part), "<{tag}>");
        }
        assert!(!tag.contains("http") || tag.starts_with("svg ") || tag.starts_with("meta http-equiv"), "<{tag}>");
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    assert!(page.contains("default-src &#39;none&#39;"));
    for link in page.split("href=\"").skip(1) {
        assert!(link.starts_with('#'), "{}", &link[..20]);
    }
}

const STYLE: &str = include_str!("style.css");

#[test]
fn every_link_of_the_page_leads_to_a_section() {
    let page = full_report("colour", &["red", "green", "blue"], false).to_html();
    let links: Vec<&str> = page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(links.len(), 11, "each section has something to say: {links:?}");
    for link in links {
        assert_eq!(page.matches(&format!("<section id=\"{link}\"")).count(), 1, "{link}");
    }
}

#[test]
fn what_there_is_nothing_to_say_of_is_left_out() {
    let mut report = full_report("colour", &["red", "green"], false);
    (report.warnings, report.trials) = (Vec::new(), Vec::new());
    (report.duplicates, report.doubtful_labels) = (Duplicates::default(), DoubtfulLabels::default());
    let page = report.to_html();
    for section in ["warnings", "doubtful", "duplicates"] {
        assert!(!page.contains(&format!("id=\"{section}\"")), "{section}");
    }
    assert!(page.contains("The default settings were taken"));
    elements(&page).unwrap();
    // Nothing known at all is still a page.
    elements(&TrainingReport::default().to_html()).unwrap();
}

#[test]
fn many_labels_make_a_matrix_without_numbers() {
    let names: Vec<String> = (0..30).map(|n| format!("label{n}")).collect();
    let labels: Vec<&str> = names.iter().map(String::as_str).collect();
    let count_cells = |report: &TrainingReport| report.to_html().matches("class=\"count\"").count();
    assert_eq!(count_cells(&full_report("many", &labels, false)), 0);
    assert!(count_cells(&full_report("few", &labels[..5], false)) > 0);
}
