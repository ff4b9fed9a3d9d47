//! Labels that may be wrong, by confident learning (Northcutt, Jiang and Chuang 2021).

use ndarray::ArrayView2;
use serde::Serialize;

use super::{TrainingSet, excerpt::excerpt};
use crate::{corpus::TaskKind, text::Printable};

/// How many doubtful labels a report names, and how many a person is shown.
const NAMED: usize = 50;
const SHOWN: usize = 10;

/// A label that the model, not having seen the document, is confident is another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doubt {
    /// The task.
    pub task: usize,
    /// The document.
    pub document: usize,
    /// Single-label: the label that it may have instead. Multi-label: the label that it may have, or may not.
    pub label: usize,
    /// The probability that the document is labelled rightly.
    pub given: f32,
    /// The probability of what is suggested.
    pub suggested: f32,
}

/// The doubtful labels of a training, for people and programs to read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DoubtfulLabels {
    /// How many there are.
    pub count: usize,
    /// The most doubtful of each task.
    pub first: Vec<DoubtfulLabel>,
}

/// A doubtful label in words.
#[derive(Clone, Debug, Serialize)]
pub struct DoubtfulLabel {
    /// The task.
    pub task: String,
    /// The document's id.
    pub id: String,
    /// Its line in the file; absent for seeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The labels that it has.
    pub given: Vec<String>,
    /// The labels that are suggested: another one or, multi-label, one more or one less.
    pub suggested: Vec<String>,
    /// Calibrated probability, on held-out documents, of the label as it was given.
    pub given_probability: f32,
    /// The same of the label as it is suggested.
    pub suggested_probability: f32,
    /// The beginning of the document.
    pub text: String,
}

/// The doubtful labels of one task, the most doubtful first. `probabilities` are articles by labels, calibrated, from models that had not
/// seen the article. Labels with fewer different articles than `folds` are neither doubted nor suggested: a model that has seen none or one
/// of them has no say.
pub(super) fn doubts(set: &TrainingSet, task: usize, probabilities: ArrayView2<f32>, folds: usize) -> Vec<Doubt> {
    let about: Vec<usize> = (0..set.articles()).filter(|&document| set.is_about(document, task)).collect();
    let is_known: Vec<bool> = set.different_articles_by_label(task).into_iter().map(|articles| articles >= folds).collect();
    let labels = is_known.len();
    let mut doubts: Vec<Doubt> = match set.tasks[task].kind {
        TaskKind::SingleLabel => {
            let given = |document: usize| set.labels(document, task).first().copied().filter(|&label| is_known[label]);
            let cases = about.iter().filter_map(|&document| {
                Some(Case { document, given: given(document)?, probability: move |label| probabilities[[document, label]] })
            });
            let found = confidently_other(&cases.collect::<Vec<_>>(), labels);
            found.into_iter().map(|(case, label)| case.doubt(task, label, label)).collect()
        }
        // Each label is a task with two classes of its own: not to have it, and to have it.
        TaskKind::MultiLabel => (0..labels)
            .filter(|&label| is_known[label])
            .flat_map(|label| {
                let cases = about.iter().map(|&document| {
                    let has = probabilities[[document, label]];
                    let given = usize::from(set.labels(document, task).contains(&label));
                    Case { document, given, probability: move |class| if class == 1 { has } else { 1.0 - has } }
                });
                let found = confidently_other(&cases.collect::<Vec<_>>(), 2);
                found.into_iter().map(|(case, class)| case.doubt(task, class, label)).collect::<Vec<_>>()
            })
            .collect(),
    };
    doubts.sort_by(|left, right| {
        let margin = |doubt: &Doubt| doubt.given - doubt.suggested;
        margin(left).total_cmp(&margin(right)).then((left.document, left.label).cmp(&(right.document, right.label)))
    });
    doubts
}

/// A document, the class that it was given, and the probability of each class.
#[derive(Clone, Copy)]
struct Case<P> {
    document: usize,
    given: usize,
    probability: P,
}

impl<P: Fn(usize) -> f32> Case<P> {
    fn doubt(&self, task: usize, suggested: usize, label: usize) -> Doubt {
        let (given, suggested) = ((self.probability)(self.given), (self.probability)(suggested));
        Doubt { task, document: self.document, label, given, suggested }
    }
}

/// The cases off the diagonal of the confident joint, each with the class that it is confidently counted in: of all classes whose
/// probability reaches the mean of those that were given the class, the most probable one. This mean makes up for classes that the model is
/// always more, or always less, sure of than of others. Only what is more probable than the class given is suggested.
fn confidently_other<P: Fn(usize) -> f32 + Copy>(cases: &[Case<P>], classes: usize) -> Vec<(Case<P>, usize)> {
    let mut sums = vec![(0.0_f64, 0_usize); classes];
    for case in cases {
        let sum = &mut sums[case.given];
        *sum = (sum.0 + f64::from((case.probability)(case.given)), sum.1 + 1);
    }
    // A class that nobody was given has no mean, and is not suggested.
    let thresholds: Vec<f64> = sums.iter().map(|(sum, count)| if *count == 0 { f64::INFINITY } else { sum / *count as f64 }).collect();
    let confident = |case: &Case<P>| {
        let reached = (0..classes).filter(|&class| f64::from((case.probability)(class)) >= thresholds[class]);
        // The first of equals.
        reached.reduce(|best, class| if (case.probability)(class) > (case.probability)(best) { class } else { best })
    };
    let other = |case: &Case<P>| confident(case).filter(|&class| (case.probability)(class) > (case.probability)(case.given));
    cases.iter().filter_map(|case| Some((*case, other(case)?))).collect()
}

impl DoubtfulLabels {
    /// Puts doubts into words; of each task, the most doubtful come first.
    pub fn new(set: &TrainingSet, doubts: &[Doubt]) -> Self {
        let of_tasks = doubts.chunk_by(|left, right| left.task == right.task);
        let first = of_tasks.flat_map(|doubts| doubts.iter().take(NAMED)).map(|doubt| DoubtfulLabel::new(set, doubt)).collect();
        DoubtfulLabels { count: doubts.len(), first }
    }

    /// What a person reads of it: the first ten of each task. Empty if there is nothing to say.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        for of_task in self.first.chunk_by(|left, right| left.task == right.task) {
            text += &format!("\nLabels of {} that may be wrong, most doubtful first:\n", of_task[0].task);
            for doubt in of_task.iter().take(SHOWN) {
                let place = doubt.line.map_or_else(|| Printable::new(&doubt.id).to_string(), |line| format!("line {line}"));
                let (given, suggested) = (doubt.given.join(", "), doubt.suggested.join(", "));
                let (p, q) = (doubt.given_probability, doubt.suggested_probability);
                text += &format!("  {place}: [{given}] {p:.2}, or rather [{suggested}] {q:.2}?  {}\n", doubt.text);
            }
        }
        text
    }
}

impl DoubtfulLabel {
    fn new(set: &TrainingSet, doubt: &Doubt) -> Self {
        let task = &set.tasks[doubt.task];
        let names = |labels: &[usize]| labels.iter().map(|&label| task.labels[label].name.clone()).collect::<Vec<_>>();
        let given = set.labels(doubt.document, doubt.task);
        let suggested: Vec<usize> = match task.kind {
            TaskKind::SingleLabel => vec![doubt.label],
            TaskKind::MultiLabel if given.contains(&doubt.label) => given.iter().copied().filter(|&label| label != doubt.label).collect(),
            TaskKind::MultiLabel => given.iter().copied().chain([doubt.label]).collect(),
        };
        DoubtfulLabel {
            task: task.name.clone(),
            id: set.ids[doubt.document].to_owned(),
            line: set.lines.get(doubt.document).copied(),
            given: names(given),
            suggested: names(&suggested),
            given_probability: doubt.given,
            suggested_probability: doubt.suggested,
            text: set.texts[doubt.document].first().map(|&text| excerpt(text)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
