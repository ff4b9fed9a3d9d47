//! Plots as SVG: drawn with the page's colours, and with a title and a description for those who do not see them.

use std::fmt::Write;

use super::{
    TaskReport,
    markup::{clipped, escape, share, width},
};
use crate::{
    learn::{confusion::Confusion, reliability::Reliability},
    text::figures::{percent, thousands},
    train::{CurvePoint, Trial},
};

/// A picture of so many units, as wide as it likes to be, with its name and what it shows.
fn picture(class: &str, (width, height): (f64, f64), title: &str, description: &str, content: &str) -> String {
    format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" \
         xmlns=\"http://www.w3.org/2000/svg\"><title>{}</title><desc>{}</desc>{content}</svg>",
        escape(title),
        escape(description)
    )
}

fn text(class: &str, (x, y): (f64, f64), anchor: &str, text: &str) -> String {
    format!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escape(text))
}

fn line(class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> String {
    format!("<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>")
}

fn rectangle(class: &str, (x, y): (f64, f64), (width, height): (f64, f64), opacity: f64) -> String {
    format!("<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill-opacity=\"{opacity:.3}\"/>")
}

fn dot(class: &str, (x, y): (f64, f64), radius: f64) -> String {
    format!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>")
}

/// A reliability diagram: for each bin a dot where its mean probability meets the share of it that happened, with a stick to the
/// diagonal on which honest probabilities lie; below, how many probabilities each bin has.
pub(super) fn reliability(title: &str, reliability: &Reliability) -> String {
    const SIDE: f64 = 184.0;
    const LEFT: f64 = 30.0;
    const TOP: f64 = 8.0;
    let place = |said: f64, happened: f64| (LEFT + SIDE * said, TOP + SIDE * (1.0 - happened));
    let mut content = String::new();
    for tick in [0.0, 0.5, 1.0] {
        let label = ["0", ".5", "1"][(tick * 2.0) as usize];
        content += &text("tick", (LEFT - 6.0, place(0.0, tick).1 + 4.0), "end", label);
        content += &text("tick", (place(tick, 0.0).0, TOP + SIDE + 46.0), "middle", label);
        content += &line("grid", place(0.0, tick), place(1.0, tick));
        content += &line("grid", place(tick, 0.0), place(tick, 1.0));
    }
    content += &line("diagonal", place(0.0, 0.0), place(1.0, 1.0));
    let most = reliability.bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1) as f64;
    for (number, bin) in reliability.bins.iter().enumerate() {
        let (Some(said), Some(happened)) = (bin.mean_probability(), bin.share_happened()) else { continue };
        content += &line("gap", place(said, said), place(said, happened));
        content += &dot("point", place(said, happened), 2.0 + 3.5 * (bin.count as f64 / most).sqrt());
        let step = SIDE / reliability.bins.len() as f64;
        let height = (24.0 * bin.count as f64 / most).max(0.7);
        content += &rectangle("tally", (LEFT + step * number as f64 + 0.75, TOP + SIDE + 32.0 - height), (step - 1.5, height), 1.0);
    }
    let description =
        format!("Across: the stated probability. Up: the share that was right. Expected calibration error {}.", share(reliability.error()));
    picture("reliability", (LEFT + SIDE + 8.0, TOP + SIDE + 50.0), title, &description, &content)
}

/// The confusion matrix, a row for the labels that documents have and a column for those that they were given. Right ones are blue,
/// mistakes orange; each cell is the darker, the larger its share of the row.
pub(super) fn confusion(task: &TaskReport, confusion: &Confusion) -> String {
    let labels = confusion.labels();
    let is_compact = labels > COMPACT_ABOVE;
    let (cell, letters, letter, font) = if is_compact { (11.0, 22, 5.4, "small") } else { (24.0, 26, 6.3, "label") };
    // The places beyond the labels are drawn only where something is counted in them.
    let none = |filled: bool| if filled { labels + 1 } else { labels };
    let rows = none(confusion.row_sum(labels) > 0);
    let columns = none((0..=labels).any(|row| confusion.count(row, labels) > 0));
    let row_name = |row: usize| if row < labels { task.label(row) } else { "(none of these)" };
    let column_name = |column: usize| if column < labels { task.label(column) } else { "(nothing)" };
    let row_width = (0..rows).map(|row| width(&clipped(row_name(row), letters))).max().unwrap_or(0) as f64 * letter + 8.0;
    let column_height = (0..columns).map(|column| width(&clipped(column_name(column), letters))).max().unwrap_or(0) as f64 * letter;
    // The names of columns lean to the right by so much of their length.
    let (lean_x, lean_y) = if is_compact { (0.0, 1.0) } else { (0.5, 0.866) };
    let (left, top) = (row_width, column_height * lean_y + 12.0);
    let mut content = String::new();
    for column in 0..columns {
        let (x, y) = (left + cell * (column as f64 + 0.5) + if is_compact { 3.5 } else { 2.0 }, top - 5.0);
        let angle = if is_compact { -90 } else { -60 };
        let _ = write!(
            content,
            "<text class=\"{font}\" x=\"{x:.1}\" y=\"{y:.1}\" transform=\"rotate({angle} {x:.1} {y:.1})\">{}</text>",
            escape(&clipped(column_name(column), letters))
        );
    }
    let highest = (0..rows)
        .flat_map(|row| (0..columns).filter(move |&column| column != row).map(move |column| (row, column)))
        .map(|(row, column)| confusion.count(row, column) as f64 / confusion.row_sum(row).max(1) as f64)
        .fold(0.0, f64::max);
    for row in 0..rows {
        let y = top + cell * row as f64;
        let baseline = y + cell / 2.0 + if is_compact { 3.0 } else { 4.0 };
        content += &text(font, (left - 6.0, baseline), "end", &clipped(row_name(row), letters));
        for column in 0..columns {
            let x = left + cell * column as f64;
            let count = confusion.count(row, column);
            let of_row = count as f64 / confusion.row_sum(row).max(1) as f64;
            let (class, opacity) = if count == 0 {
                ("cell", 0.05)
            } else if row == column {
                ("cell right", 0.10 + 0.45 * of_row)
            } else {
                // By the square root, so that mistakes that are few beside the worst can be told from none.
                ("cell wrong", 0.12 + 0.50 * (of_row / highest.max(1e-9)).sqrt())
            };
            content += &rectangle(class, (x + 0.5, y + 0.5), (cell - 1.0, cell - 1.0), opacity);
            if count > 0 && !is_compact {
                content += &text("count", (x + cell / 2.0, baseline), "middle", &short_count(count));
            }
        }
    }
    let size = (left + cell * columns as f64 + column_height * lean_x + 6.0, top + cell * rows as f64 + 4.0);
    let description =
        "Rows: the label that a document has. Columns: the label that it was given. The most frequent mistakes are listed beside.";
    picture("matrix", size, &format!("Confusion matrix of {}", task.task.display_name), description, &content)
}

/// With more labels than this a matrix shows no numbers and is drawn small.
pub(super) const COMPACT_ABOVE: usize = 25;

/// A count that fits a cell: `1.2k` from 1,000 on.
fn short_count(count: usize) -> String {
    match count {
        0..1000 => count.to_string(),
        1000..10_000 => format!("{:.1}k", count as f64 / 1000.0),
        _ => format!("{:.0}k", count as f64 / 1000.0),
    }
}

/// A learning curve: quality by the number of documents learned from, which doubles from tick to tick, and what one doubling more may
/// bring.
pub(super) fn learning_curve(title: &str, points: &[CurvePoint], next: Option<CurvePoint>, micro_name: &str) -> String {
    const LEFT: f64 = 44.0;
    const WIDTH: f64 = 320.0;
    const INSET: f64 = 24.0;
    const TOP: f64 = 22.0;
    const HEIGHT: f64 = 170.0;
    let all: Vec<CurvePoint> = points.iter().copied().chain(next).collect();
    let values = || all.iter().flat_map(|point| [point.micro_f1, point.macro_f1]);
    // The scale begins and ends at whole twentieths or tenths around what there is, so that the curve's shape shows.
    let spread = values().fold(0.0, f64::max) - values().fold(1.0, f64::min);
    let step = if spread > 0.25 { 0.1 } else { 0.05 };
    let low = (values().fold(1.0, f64::min) / step).floor() * step;
    let high = ((values().fold(0.0, f64::max) / step).ceil() * step).max(low + step).min(1.0);
    let log = |documents: usize| libm::log2(documents.max(1) as f64);
    let (first, last) = (all.first().map_or(0.0, |p| log(p.documents)), all.last().map_or(1.0, |p| log(p.documents)));
    let x = |point: &CurvePoint| LEFT + INSET + (WIDTH - INSET) * (log(point.documents) - first) / (last - first).max(1e-9);
    let y = |value: f64| TOP + HEIGHT * (1.0 - (value - low) / (high - low).max(1e-9));
    let mut content = String::new();
    for tick in 0..=((high - low) / step).round() as usize {
        let value = low + step * tick as f64;
        content += &line("grid", (LEFT, y(value)), (LEFT + WIDTH, y(value)));
        content += &text("tick", (LEFT - 8.0, y(value) + 4.0), "end", &format!("{:.0}\u{a0}%", 100.0 * value));
    }
    for point in &all {
        content += &text("tick", (x(point), TOP + HEIGHT + 20.0), "middle", &thousands(point.documents));
    }
    content += &text("tick", (LEFT, TOP + HEIGHT + 38.0), "start", "documents learned from →");
    let of_micro: fn(&CurvePoint) -> f64 = |point| point.micro_f1;
    let of_macro: fn(&CurvePoint) -> f64 = |point| point.macro_f1;
    for (class, of) in [("macro", of_macro), ("micro", of_micro)] {
        let path: Vec<String> = points.iter().map(|point| format!("{:.1},{:.1}", x(point), y(of(point)))).collect();
        let _ = write!(content, "<polyline class=\"curve {class}\" points=\"{}\"/>", path.join(" "));
        if let (Some(end), Some(next)) = (points.last(), &next) {
            content += &line(&format!("curve {class} guess"), (x(end), y(of(end))), (x(next), y(of(next))));
            content += &dot(&format!("{class} hollow"), (x(next), y(of(next))), 3.5);
        }
        content += &points.iter().map(|point| dot(class, (x(point), y(of(point))), 3.5)).collect::<String>();
    }
    for point in &all {
        // Above both curves, unless the other one is so far above that the figure would seem to be its own.
        let (micro, other) = (y(point.micro_f1), y(point.macro_f1));
        let at = if micro - other > 5.0 { micro + 17.0 } else { micro.min(other) - 9.0 };
        content += &text("value", (x(point), at), "middle", &format!("{:.1}", 100.0 * point.micro_f1));
    }
    if let Some(end) = all.last() {
        // Names that would stand on one another move apart.
        let (mut micro, mut other) = (y(end.micro_f1), y(end.macro_f1));
        let closer = (14.0 - (micro - other).abs()).max(0.0) / 2.0;
        let up = if micro <= other { 1.0 } else { -1.0 };
        (micro, other) = (micro - up * closer, other + up * closer);
        content += &text("name micro", (x(end) + 18.0, micro + 4.0), "start", micro_name);
        content += &text("name macro", (x(end) + 18.0, other + 4.0), "start", "macro-F1");
    }
    let described: Vec<String> =
        points.iter().map(|point| format!("{} documents: {}", thousands(point.documents), percent(point.micro_f1))).collect();
    picture("learning-curve", (LEFT + WIDTH + 84.0, TOP + HEIGHT + 46.0), title, &described.join(", "), &content)
}

/// A dot for a setting that was tried, on the scale from the worst to the best.
pub(super) fn trial_strip(trial: &Trial, (low, high): (f64, f64)) -> String {
    let x = 6.0 + 148.0 * (trial.micro_f1 - low) / (high - low).max(1e-9);
    let content = line("grid", (6.0, 8.0), (154.0, 8.0)) + &dot(if trial.kept { "point" } else { "point hollow" }, (x, 8.0), 4.0);
    picture("strip", (160.0, 16.0), &trial.setting, &format!("micro-F1 {}", share(trial.micro_f1)), &content)
}
