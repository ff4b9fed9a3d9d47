//! Each task's labels, with a bar as long as the label is probable.

use std::io;

use anstyle::{Ansi256Color, Style};
use textwrap::core::display_width;

use super::{BOLD, DIM, MEASURE, lines::*, palette::Marks};
use crate::{api::v1, text::Printable};

/// How many labels of a task are shown, unless more are selected.
const SHOWN: usize = 4;
/// A label less probable than this is not shown, unless it is selected or the best one.
const WORTH_SHOWING: f32 = 0.01;
const LONGEST_BAR: usize = 50;
/// Amber, as dark as can be read on white: a terminal's own yellow often can't.
const WARNING: Style = Ansi256Color(130).on_default().bold();

pub(super) fn write(out: &mut impl io::Write, answer: &v1::Classification, marks: &Marks, width: usize) -> io::Result<()> {
    // One width for the names of all tasks, so that all bars begin in one column.
    let most = width * 2 / 5;
    let names = answer.tasks.iter().flat_map(|task| shown(task).map(|label| label_name(task, label, most)));
    let name_width = names.map(|name| display_width(&name)).max().unwrap_or(0);
    let mut reasons = Vec::new();
    for task in &answer.tasks {
        writeln!(out)?;
        write_heading(out, task, &mut reasons, width)?;
        for label in shown(task) {
            let mark = marks.get(&task.task, &label.name).filter(|_| label.selected);
            let (sign, name_style, bar_style) = match mark {
                Some(mark) => (mark.sign, mark.style().bold(), mark.style()),
                None => (" ", DIM, DIM),
            };
            let name = pad(&label_name(task, label, most), name_width);
            let cells = width.saturating_sub(name_width + 12).min(LONGEST_BAR);
            writeln!(
                out,
                "  {} {}  {}  {}",
                paint(bar_style, sign),
                paint(name_style, &name),
                paint(bar_style, &pad(&bar(label.probability, cells), cells)),
                paint(name_style, &format!("{:>4}", percent(label.probability))),
            )?;
        }
        write_others(out, task)?;
    }
    Ok(())
}

/// The task's name and, where it gives no label, that it gives none and why. `reasons` are those that stand above already.
fn write_heading<'a>(
    out: &mut impl io::Write,
    task: &'a v1::TaskClassification,
    reasons: &mut Vec<&'a str>,
    width: usize,
) -> io::Result<()> {
    let name = fit(&Printable::new(&task.task), width / 2);
    let Some(abstention) = &task.abstention else {
        let is_any_selected = task.labels.iter().any(|label| label.selected);
        let (colon, none) = if is_any_selected { ("", "") } else { (":", " none") };
        return writeln!(out, "{}{none}", paint(BOLD, &format!("{name}{colon}")));
    };
    let reason = reason(abstention);
    let is_known = reasons.contains(&reason);
    let (told, again) = if is_known { ("", ", for the same reason") } else { (reason, "") };
    writeln!(out, "{} {}{again}", paint(BOLD, &format!("{name}:")), paint(WARNING, "not labelled"))?;
    reasons.push(reason);
    wrap(&Printable::new(told), width.min(MEASURE) - 2, 4).iter().try_for_each(|line| writeln!(out, "  {}", paint(WARNING, line)))
}

fn reason(abstention: &v1::Abstention) -> &str {
    if !abstention.detail.is_empty() {
        return &abstention.detail;
    }
    match abstention.reason() {
        v1::AbstentionReason::Unspecified => "the model gives no reason",
        v1::AbstentionReason::UnsupportedLanguage => "the document seems to be in a language that the model was not trained for",
        v1::AbstentionReason::UnknownVocabulary => "the model knows too few of the document's words",
    }
}

/// How many of the task's labels are shown: they come by falling probability, so it is the first ones.
fn shown_count(task: &v1::TaskClassification) -> usize {
    let selected = task.labels.iter().rposition(|label| label.selected).map_or(0, |last| last + 1);
    let probable = task.labels.iter().take(SHOWN).take_while(|label| label.probability >= WORTH_SHOWING).count();
    selected.max(probable).max(1).min(task.labels.len())
}

fn shown(task: &v1::TaskClassification) -> impl Iterator<Item = &v1::LabelClassification> {
    task.labels.iter().take(shown_count(task))
}

fn write_others(out: &mut impl io::Write, task: &v1::TaskClassification) -> io::Result<()> {
    let others = &task.labels[shown_count(task)..];
    let Some(best) = others.first() else { return Ok(()) };
    let count = if others.len() == 1 { "1 other".to_owned() } else { format!("{} others", others.len()) };
    let each = if others.len() == 1 { "" } else { " or less" };
    writeln!(out, "    {}", paint(DIM, &format!("and {count}, {}{each}", percent(best.probability))))
}

/// The label as people read it, in at most `width` columns, behind its parent where the answer has that and both fit.
fn label_name(task: &v1::TaskClassification, label: &v1::LabelClassification, width: usize) -> String {
    let display =
        |label: &v1::LabelClassification| Printable::new(if label.display_name.is_empty() { &label.name } else { &label.display_name });
    let name = display(label);
    let parent = label.name.rsplit_once('/').and_then(|(parent, _)| task.labels.iter().find(|label| label.name == parent));
    let path = parent.map(|parent| format!("{} › {}", &*display(parent), &*name));
    path.filter(|path| display_width(path) <= width).unwrap_or_else(|| fit(&name, width))
}

/// `62%`. Only what is certain is 0% or 100%.
fn percent(probability: f32) -> String {
    match (probability * 100.0).round() as i32 {
        0 if probability > 0.0 => "<1%".to_owned(),
        100 if probability < 1.0 => ">99%".to_owned(),
        percent => format!("{percent}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certainty_is_shown_as_certain() {
        assert_eq!([0.0, 0.001, 0.125, 0.996, 1.0].map(percent), ["0%", "<1%", "13%", ">99%", "100%"]);
    }

    fn task(labels: &[(f32, bool)]) -> v1::TaskClassification {
        let labels = labels.iter().map(|&(probability, selected)| v1::LabelClassification { probability, selected, ..Default::default() });
        v1::TaskClassification { labels: labels.collect(), ..Default::default() }
    }

    #[test]
    fn improbable_labels_are_folded_but_never_the_best_one() {
        assert_eq!(shown_count(&task(&[(0.9, true), (0.09, false), (0.009, false), (0.001, false)])), 2);
        assert_eq!(shown_count(&task(&[(0.2, true), (0.2, false), (0.2, false), (0.2, false), (0.2, false)])), SHOWN);
        assert_eq!(shown_count(&task(&[(0.005, false), (0.005, false)])), 1);
        assert_eq!(shown_count(&task(&[])), 0);
    }

    #[test]
    fn selected_labels_are_all_shown() {
        assert_eq!(shown_count(&task(&[(0.9, true), (0.8, true), (0.7, true), (0.6, true), (0.5, false), (0.002, true)])), 6);
    }
}
