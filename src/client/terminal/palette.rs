//! Which colour and which sign a label has, so that it is known again wherever it is spoken of.

use anstyle::{Ansi256Color, Style};

use crate::api::v1;

/// A label's colour and its sign, which tells the same where there are no colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub sign: &'static str,
    color: Ansi256Color,
}

impl Mark {
    pub fn style(self) -> Style {
        Style::new().fg_color(Some(self.color.into()))
    }
}

/// Each can be read on black and on white: a test computes it.
const PALETTE: [Mark; 8] = [
    Mark { sign: "●", color: Ansi256Color(32) },  // blue
    Mark { sign: "■", color: Ansi256Color(166) }, // orange
    Mark { sign: "▲", color: Ansi256Color(28) },  // green
    Mark { sign: "◆", color: Ansi256Color(134) }, // violet
    Mark { sign: "★", color: Ansi256Color(161) }, // crimson
    Mark { sign: "▼", color: Ansi256Color(30) },  // teal
    Mark { sign: "✚", color: Ansi256Color(94) },  // brown
    Mark { sign: "◗", color: Ansi256Color(63) },  // indigo
];

/// The marks of all labels that an answer selects or explains.
///
/// A label's mark is given by its place among the names of its task, so it is the same for every document whose answer has all labels.
/// Two labels of one answer have different marks as long as there are enough; those of the task with fewer labels choose first.
pub(super) struct Marks<'a>(Vec<(&'a str, &'a str, Mark)>);

impl<'a> Marks<'a> {
    pub fn of(answer: &'a v1::Classification) -> Self {
        let mut tasks: Vec<_> = answer.tasks.iter().collect();
        tasks.sort_by_key(|task| task.labels.len());
        let mut marks = Self(Vec::new());
        for task in tasks {
            let selected = task.labels.iter().filter(|label| label.selected).map(|label| label.name.as_str());
            let mut names: Vec<&str> = selected.chain(task.evidence.iter().map(|evidence| evidence.label.as_str())).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let place = task.labels.iter().filter(|label| *label.name < *name).count();
                marks.add(&task.task, name, place);
            }
        }
        marks
    }

    fn add(&mut self, task: &'a str, label: &'a str, place: usize) {
        let wish = (0..PALETTE.len()).map(|step| PALETTE[(place + step) % PALETTE.len()]);
        let free = wish.clone().find(|mark| self.0.iter().all(|(_, _, taken)| taken != mark));
        self.0.extend(free.or(wish.clone().next()).map(|mark| (task, label, mark)));
    }

    /// The mark of a label that is selected or explained, none for another.
    pub fn get(&self, task: &str, label: &str) -> Option<Mark> {
        self.0.iter().find(|(of_task, of_label, _)| (*of_task, *of_label) == (task, label)).map(|(_, _, mark)| *mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, as WCAG 2 has it, of a colour of the 6 x 6 x 6 cube.
    fn luminance(color: Ansi256Color) -> f64 {
        let index = color.0 - 16;
        let linear = |level: u8| {
            let value = f64::from([0, 95, 135, 175, 215, 255][usize::from(level)]) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(index / 36) + 0.7152 * linear(index / 6 % 6) + 0.0722 * linear(index % 6)
    }

    #[test]
    fn every_colour_can_be_read_on_black_and_on_white() {
        for mark in PALETTE {
            let luminance = luminance(mark.color);
            let (on_black, on_white) = ((luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05));
            assert!(on_black >= 3.5 && on_white >= 3.5, "{mark:?}: {on_black:.1} on black, {on_white:.1} on white");
        }
    }

    fn task(name: &str, labels: &[(&str, bool)]) -> v1::TaskClassification {
        let labels = labels.iter().map(|(name, selected)| v1::LabelClassification {
            name: (*name).into(),
            selected: *selected,
            ..Default::default()
        });
        v1::TaskClassification { task: name.into(), labels: labels.collect(), ..Default::default() }
    }

    #[test]
    fn a_label_keeps_its_mark_whatever_else_is_selected() {
        let few = v1::Classification { tasks: vec![task("stance", &[("c", true), ("a", false), ("b", false)])], ..Default::default() };
        let all = v1::Classification { tasks: vec![task("stance", &[("a", true), ("b", true), ("c", true)])], ..Default::default() };
        assert_eq!(Marks::of(&few).get("stance", "c"), Some(PALETTE[2]));
        assert_eq!(Marks::of(&all).get("stance", "c"), Some(PALETTE[2]));
        assert_eq!(Marks::of(&few).get("stance", "a"), None);
    }

    #[test]
    fn labels_of_two_tasks_differ_and_the_larger_task_gives_way() {
        let larger = task("topic", &[("a", true), ("b", false), ("c", false)]);
        let answer = v1::Classification { tasks: vec![larger, task("stance", &[("a", true), ("b", false)])], ..Default::default() };
        let marks = Marks::of(&answer);
        assert_eq!((marks.get("stance", "a"), marks.get("topic", "a")), (Some(PALETTE[0]), Some(PALETTE[1])));
    }

    #[test]
    fn more_labels_than_marks_share_them() {
        let names: Vec<String> = (0..20).map(|number| format!("{number:02}")).collect();
        let labels: Vec<_> = names.iter().map(|name| (name.as_str(), true)).collect();
        let answer = v1::Classification { tasks: vec![task("topic", &labels)], ..Default::default() };
        assert_eq!(Marks::of(&answer).get("topic", "19"), Some(PALETTE[3]));
    }
}
