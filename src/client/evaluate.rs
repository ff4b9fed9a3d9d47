//! `slugline evaluate`: how good a model is on labelled documents.

use std::{
    collections::HashMap,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    sync::Arc,
};

use ndarray::Array2;

use super::{Classifier, ClientError, ModelSource, ordered::in_order, progress::Progress};
use crate::{
    api::v1,
    corpus::{Document, LabelledRow, TaskKind, read_labelled},
    learn::metrics,
};

/// Rows that are classified together.
const CHUNK_ROWS: usize = 256;
/// So many rows that can't be used are told one by one, the others only counted.
const TOLD_ONE_BY_ONE: u64 = 5;

/// Flags of `slugline evaluate`.
#[derive(Debug, clap::Args)]
pub struct EvaluateCommand {
    /// Labelled documents, JSON Lines: {"text": "..", "label": "x"} or {"text": "..", "labels": ["x", "y"]}
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// Task that the labels are of, such as topic
    #[arg(long, value_name = "NAME")]
    pub task: String,
    /// Where the answers come from.
    #[command(flatten)]
    pub source: ModelSource,
}

/// Does what the flags say: a table for people on `out`, and on `notes` what is odd about the file.
///
/// # Errors
/// If the file can't be read or nothing can be measured on it, or the classifier fails.
pub fn run(command: &EvaluateCommand, out: &mut impl Write, notes: &mut impl Write) -> Result<(), ClientError> {
    let progress = Progress::new(None, io::stderr().is_terminal());
    let report = evaluate(command, command.source.open()?, &progress)?;
    drop(progress);
    let _ = notes.write_all(report.notes.as_bytes()); // the table goes on even if nobody reads these
    match out.write_all(report.table.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(ClientError::Write { output: "standard output".to_owned(), error }),
        _ => Ok(()),
    }
}

/// What came of an evaluation.
struct Report {
    table: String,
    notes: String,
}

fn evaluate(command: &EvaluateCommand, classifier: Arc<dyn Classifier>, progress: &Progress) -> Result<Report, ClientError> {
    let unmeasurable = |reason: String| ClientError::Unmeasurable { path: command.input.clone(), reason };
    let mut notes = Notes::default();
    let mut measured: Option<Measured> = None;
    let options = v1::ClassificationOptions {
        model_version: command.source.model_version(),
        tasks: vec![command.task.clone()],
        ..Default::default()
    };
    let asked = classifier.clone();
    let answered = in_order(LabelledChunks(read_labelled(&command.input)?), classifier.parallel_calls(), move |chunk: LabelledChunk| {
        let answers = if chunk.documents.is_empty() { Ok(Vec::new()) } else { asked.classify(&chunk.documents, &options) };
        answers.map(|answers| (chunk, answers))
    });
    for result in answered {
        let (chunk, answers) = result.flatten()?;
        progress.advance(answers.len() as u64);
        for problem in &chunk.unusable {
            notes.unusable(problem);
        }
        for ((labels, line), answer) in chunk.labels.into_iter().zip(answers) {
            let answer = match answer {
                Ok(answer) => answer,
                Err(reason) => {
                    notes.unusable(&format!("{}:{line}: {reason}", command.input.display()));
                    continue;
                }
            };
            let measured = match &mut measured {
                Some(measured) => measured,
                none => none.insert(Measured::new(&*classifier, &answer.model_version, &command.task)?),
            };
            if let Err(reason) = measured.add(labels, &answer) {
                notes.unusable(&format!("{}:{line}: {reason}", command.input.display()));
            }
        }
    }
    let measured = measured.filter(|measured| measured.rows() > 0);
    let measured = measured.ok_or_else(|| unmeasurable(format!("no labelled document in it could be classified{}", notes.first())))?;
    if measured.known_labels == 0 {
        let wanted: Vec<&str> = measured.names[..measured.own].iter().take(5).map(String::as_str).collect();
        return Err(unmeasurable(format!(
            "not one of its labels is a label of the task \"{}\", which has {}, ..; rename them in the file",
            command.task,
            wanted.join(", ")
        )));
    }
    for (name, count) in measured.unknown() {
        notes.text += &format!("note: the task \"{}\" has no label \"{name}\": {count} documents with it count as wrong\n", command.task);
    }
    Ok(Report { table: format!("{}, {}\n\n{}", measured.model_version, command.task, measured.table()), notes: notes.finish() })
}

/// Rows of labelled data that are classified together.
#[derive(Default)]
struct LabelledChunk {
    documents: Vec<Document>,
    /// The labels of each document, and its line.
    labels: Vec<(Vec<String>, u64)>,
    /// Why other rows can't be used.
    unusable: Vec<String>,
}

struct LabelledChunks<I>(I);

impl<I, E> Iterator for LabelledChunks<I>
where
    I: Iterator<Item = Result<LabelledRow, E>>,
    E: std::fmt::Display,
{
    type Item = LabelledChunk;

    fn next(&mut self) -> Option<LabelledChunk> {
        let mut chunk = LabelledChunk::default();
        for row in self.0.by_ref().take(CHUNK_ROWS) {
            match row {
                Ok(LabelledRow { line, document, labels, .. }) => {
                    chunk.documents.push(document);
                    chunk.labels.push((labels, line));
                }
                Err(error) => chunk.unusable.push(error.to_string()),
            }
        }
        (!chunk.documents.is_empty() || !chunk.unusable.is_empty()).then_some(chunk)
    }
}

/// Answers beside the truth. A label that only the file knows is a label of its own, which the model never gives.
struct Measured {
    model_version: String,
    task: String,
    kind: TaskKind,
    names: Vec<String>,
    /// How many of the names are the task's own; the others are known only to the file.
    own: usize,
    index: HashMap<String, usize>,
    /// Documents by the task's own labels.
    probabilities: Vec<f32>,
    selected: Vec<bool>,
    truth: Vec<Vec<usize>>,
    /// How many times a document's label was one of the task's.
    known_labels: u64,
}

impl Measured {
    fn new(classifier: &dyn Classifier, model_version: &str, task: &str) -> Result<Self, ClientError> {
        let labels = classifier.task_labels(model_version, task)?;
        let index = labels.names.iter().cloned().zip(0..).collect();
        Ok(Self {
            model_version: model_version.to_owned(),
            task: task.to_owned(),
            kind: labels.kind,
            own: labels.names.len(),
            names: labels.names,
            index,
            probabilities: Vec::new(),
            selected: Vec::new(),
            truth: Vec::new(),
            known_labels: 0,
        })
    }

    fn rows(&self) -> usize {
        self.truth.len()
    }

    /// Adds a document, or says why it can't be measured.
    fn add(&mut self, labels: Vec<String>, answer: &v1::Classification) -> Result<(), String> {
        if self.kind == TaskKind::SingleLabel && labels.len() != 1 {
            return Err(format!("it has {} labels, and a document has exactly one of the task \"{}\"", labels.len(), self.task));
        }
        let Some(task) = answer.tasks.iter().find(|task| task.task == self.task) else {
            return Err(format!("the answer lacks the task \"{}\"", self.task));
        };
        let begin = self.probabilities.len();
        self.probabilities.resize(begin + self.own, 0.0);
        self.selected.resize(begin + self.own, false);
        for label in &task.labels {
            if let Some(&index) = self.index.get(&label.name).filter(|index| **index < self.own) {
                self.probabilities[begin + index] = label.probability;
                self.selected[begin + index] = label.selected;
            }
        }
        let mut truth = Vec::with_capacity(labels.len());
        for label in labels {
            let index = *self.index.entry(label).or_insert_with_key(|name| {
                self.names.push(name.clone());
                self.names.len() - 1
            });
            self.known_labels += u64::from(index < self.own);
            truth.push(index);
        }
        self.truth.push(truth);
        Ok(())
    }

    /// The labels that only the file knows, and how many documents have each.
    fn unknown(&self) -> Vec<(&str, usize)> {
        let mut counts = vec![0; self.names.len()];
        self.truth.iter().flatten().for_each(|label| counts[*label] += 1);
        let own = self.own;
        self.names.iter().map(String::as_str).zip(counts).skip(own).collect()
    }

    fn table(&self) -> String {
        let shape = (self.rows(), self.names.len());
        let at = |row: usize, label: usize| (label < self.own).then_some(row * self.own + label);
        let probabilities = Array2::from_shape_fn(shape, |(row, label)| at(row, label).map_or(0.0, |at| self.probabilities[at]));
        let metrics = match self.kind {
            TaskKind::SingleLabel => {
                let truth: Vec<usize> = self.truth.iter().flatten().copied().collect(); // one a document, as `add` has seen
                metrics::evaluate_single(probabilities.view(), &truth)
            }
            TaskKind::MultiLabel => {
                let selected = Array2::from_shape_fn(shape, |(row, label)| at(row, label).is_some_and(|at| self.selected[at]));
                let mut truth = Array2::from_elem(shape, false);
                for (row, labels) in self.truth.iter().enumerate() {
                    labels.iter().for_each(|label| truth[[row, *label]] = true);
                }
                metrics::evaluate_multi(probabilities.view(), selected.view(), truth.view())
            }
        };
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        metrics::table(&metrics, &names)
    }
}

/// What the user should know of the file.
#[derive(Default)]
struct Notes {
    text: String,
    unusable: u64,
}

impl Notes {
    fn unusable(&mut self, problem: &str) {
        self.unusable += 1;
        if self.unusable <= TOLD_ONE_BY_ONE {
            self.text += &format!("skipped: {problem}\n");
        }
    }

    /// The first problem, for an error in one line.
    fn first(&self) -> String {
        self.text.lines().next().map(|first| format!("; first problem: {first}")).unwrap_or_default()
    }

    fn finish(&self) -> String {
        let mut text = self.text.clone();
        if self.unusable > TOLD_ONE_BY_ONE {
            text += &format!("skipped: {} rows in all\n", self.unusable);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::client::{Answer, TaskLabels};

    /// Gives "war" to what speaks of war, and else "sport".
    struct Fake(TaskKind);

    impl Classifier for Fake {
        fn classify(&self, documents: &[Document], options: &v1::ClassificationOptions) -> Result<Vec<Answer>, ClientError> {
            let answers = documents.iter().map(|document| {
                let is_war = document.text.contains("war");
                let label = |name: &str, is_given: bool| v1::LabelClassification {
                    name: name.into(),
                    probability: if is_given { 0.9 } else { 0.1 },
                    selected: is_given,
                    ..Default::default()
                };
                Ok(v1::Classification {
                    model_version: "models/news/versions/1".into(),
                    tasks: vec![v1::TaskClassification {
                        task: options.tasks[0].clone(),
                        labels: vec![label("war", is_war), label("sport", !is_war)],
                        ..Default::default()
                    }],
                    ..Default::default()
                })
            });
            Ok(answers.collect())
        }

        fn task_labels(&self, _: &str, _: &str) -> Result<TaskLabels, ClientError> {
            Ok(TaskLabels { kind: self.0, names: vec!["sport".into(), "war".into()] })
        }

        fn parallel_calls(&self) -> usize {
            3
        }
    }

    fn report(kind: TaskKind, rows: &str) -> Result<Report, ClientError> {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("test.jsonl");
        fs::write(&input, rows).unwrap();
        let command = EvaluateCommand { input, task: "topic".into(), source: ModelSource::default() };
        evaluate(&command, Arc::new(Fake(kind)), &Progress::new(None, false))
    }

    #[test]
    fn a_single_label_task_is_judged_by_its_best_label() {
        let rows = concat!(
            "{\"text\": \"war\", \"label\": \"war\"}\n{\"text\": \"goal\", \"label\": \"sport\"}\n",
            "{\"text\": \"goal\", \"label\": \"war\"}\n{\"text\": \"goal\", \"label\": \"sport\"}\n"
        );
        let report = report(TaskKind::SingleLabel, rows).unwrap();
        assert!(report.table.starts_with("models/news/versions/1, topic\n"), "{}", report.table);
        assert!(report.table.contains("accuracy 0.750"), "{}", report.table);
        assert_eq!(report.notes, "");
    }

    #[test]
    fn labels_that_the_task_lacks_are_told_and_count_as_wrong() {
        let report =
            report(TaskKind::SingleLabel, "{\"text\": \"war\", \"label\": \"war\"}\n{\"text\": \"ore\", \"label\": \"mine\"}\n").unwrap();
        assert!(report.table.contains("accuracy 0.500") && report.table.contains("mine"), "{}", report.table);
        assert_eq!(report.notes, "note: the task \"topic\" has no label \"mine\": 1 documents with it count as wrong\n");
    }

    #[test]
    fn a_file_without_one_label_of_the_task_is_an_error() {
        let error = report(TaskKind::SingleLabel, "{\"text\": \"ore\", \"label\": \"mine\"}\n").err().unwrap();
        assert!(error.to_string().contains("which has sport, war"), "{error}");
        assert_eq!(error.exit_code(), 1);
    }

    #[test]
    fn rows_that_cannot_be_used_are_told_with_their_line() {
        let rows = "{\"text\": \"war\", \"label\": \"war\"}\nnonsense\n{\"text\": \"war\", \"labels\": []}\n";
        let notes = report(TaskKind::SingleLabel, rows).unwrap().notes;
        assert!(notes.contains("test.jsonl:2: not JSON") && notes.contains("test.jsonl:3: it has 0 labels"), "{notes}");
    }

    #[test]
    fn a_multi_label_task_is_judged_by_all_decisions() {
        let rows = "{\"text\": \"war\", \"labels\": [\"war\"]}\n{\"text\": \"goal\", \"labels\": []}\n";
        let table = report(TaskKind::MultiLabel, rows).unwrap().table;
        assert!(table.contains("accuracy 0.500"), "{table}");
    }
}
