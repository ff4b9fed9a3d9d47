//! What the command line says.

use std::path::PathBuf;

use clap::{CommandFactory, Parser, error::ErrorKind};
use slugline::{
    learn::sparse_logistic_regression::ClassWeight,
    train::{DEFAULT_TOLERANCE, Effort},
};

/// Fits a model to labelled seeds, or to any labelled file, evaluates it on documents held out, and publishes it.
#[derive(Parser)]
#[command(version)]
pub struct Arguments {
    /// Folder of seeds: taxonomy.toml, articles/, glossaries/
    #[arg(long, default_value = "seeds", value_name = "FOLDER")]
    pub seeds: PathBuf,
    /// Folder of models to publish into; made if it is not there
    #[arg(long, default_value = "models", value_name = "FOLDER")]
    pub models: PathBuf,
    /// Name to publish the model under: "news" for seeds; a model of --data is published only if it has a name
    #[arg(long)]
    pub name: Option<String>,
    /// How much worse a new version may be than the one that answers and still answer in its place: how much lower its micro-F1, and a fifth
    /// of how much higher its log-loss, on documents that both had held out. A worse one is published as "canary"
    #[arg(long, value_name = "DIFFERENCE", default_value_t = DEFAULT_TOLERANCE, value_parser = parse_tolerance)]
    pub tolerance: f64,
    /// Let the new version answer even if it is worse
    #[arg(long, conflicts_with = "check_seeds")]
    pub force: bool,
    /// Only check the seeds; train nothing
    #[arg(long)]
    pub check_seeds: bool,
    /// Train on a labelled file instead of seeds: JSON Lines of {"text", "title"?, "label": "x" | ["x", "y"]}. With a name before it,
    /// as in tone=file.jsonl, that is the task's name; otherwise it is "label". Given more than once, with a name each, the model gets
    /// several tasks
    #[arg(long, value_name = "[TASK=]FILE", conflicts_with_all = ["seeds", "check_seeds"])]
    pub data: Vec<TaskFile>,
    /// Labelled file to judge the model by; where there are several tasks, one for each that has one
    #[arg(long, value_name = "[TASK=]FILE", requires = "data")]
    pub test: Vec<TaskFile>,
    /// Archive without labels to learn from as well, which helps where labels are few: JSON Lines of {"text", "title"?}, .txt, .md or a
    /// folder. Of more than 50,000 documents a sample is taken. Used only if held-out labelled documents are classified better with it
    #[arg(long, value_name = "ARCHIVE", conflicts_with = "check_seeds")]
    pub unlabelled: Option<PathBuf>,
    /// How many settings to try by cross-validation on the training file, to choose the best
    #[arg(long, value_enum, default_value = "quick", requires = "data")]
    tune: Tune,
    /// Take the default settings: 1- and 2-grams in two documents or more, NB-SVM with squared hinge loss and C 0.5
    #[arg(long, conflicts_with = "tune")]
    no_tune: bool,
    /// Choose the thresholds of multi-label tasks so that each label is right at least this often: a number above 0 and up to 1. Without
    /// it, each label's F1 is highest
    #[arg(long, value_name = "SHARE", requires = "data", value_parser = parse_precision)]
    pub precision: Option<f64>,
    /// Whether documents of rare labels weigh more in learning, so that both sides of each label weigh the same
    #[arg(long, value_enum, default_value = "equal", requires = "data")]
    class_weight: Weight,
    /// Let each near-duplicate count as a document of its own; by default a group of them counts once, and stays in one fold
    #[arg(long)]
    pub keep_duplicates: bool,
    /// Write figures and seconds to this file, as JSON, and a report for people beside it, as HTML
    #[arg(long, value_name = "FILE", conflicts_with = "check_seeds")]
    pub report: Option<PathBuf>,
}

/// A file about one task.
#[derive(Clone)]
pub struct TaskFile {
    /// The task's name, where one stands before the file.
    task: Option<String>,
    pub path: PathBuf,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Tune {
    Quick,
    Thorough,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Weight {
    Equal,
    Balanced,
}

fn parse_precision(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        _ => Err("it must be a number above 0 and up to 1, such as 0.9".to_owned()),
    }
}

fn parse_tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(difference) if (0.0..=1.0).contains(&difference) => Ok(difference),
        _ => Err("it must be a number from 0 to 1, such as 0.01".to_owned()),
    }
}

/// The task of a file that names none.
const UNNAMED: &str = "label";

impl std::str::FromStr for TaskFile {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once('=') {
            Some((task, path)) => TaskFile { task: Some(task.to_owned()), path: path.into() },
            None => TaskFile { task: None, path: text.into() },
        })
    }
}

impl TaskFile {
    /// The name of the task.
    pub fn task(&self) -> &str {
        self.task.as_deref().unwrap_or(UNNAMED)
    }
}

impl Arguments {
    /// Reads the command line; ends the program, with status 2, where it makes no sense.
    pub fn read() -> Self {
        let arguments = Arguments::parse();
        if let Err(message) = arguments.check() {
            Arguments::command().error(ErrorKind::ValueValidation, message).exit()
        }
        arguments
    }

    fn check(&self) -> Result<(), String> {
        for (number, file) in self.data.iter().enumerate() {
            if self.data[..number].iter().any(|other| other.task() == file.task()) {
                let task = file.task();
                return Err(format!("--data names two files for the task \"{task}\": give each a task of its own, as in tone=file.jsonl"));
            }
        }
        for (number, file) in self.test.iter().enumerate() {
            let Some(task) = self.task_of_test(file) else {
                let tasks: Vec<&str> = self.data.iter().map(TaskFile::task).collect();
                return Err(format!(
                    "--test {} is for the task \"{}\", and --data has {}: name one of these before the file",
                    file.path.display(),
                    file.task(),
                    tasks.join(", ")
                ));
            };
            if self.test[..number].iter().any(|other| self.task_of_test(other) == Some(task)) {
                return Err(format!("--test names two files for the task \"{}\": give it one", self.data[task].task()));
            }
        }
        Ok(())
    }

    /// The number of the task that a test file is for. One that names none is for the only task there is.
    pub fn task_of_test(&self, test: &TaskFile) -> Option<usize> {
        match (&test.task, self.data.len()) {
            (None, 1) => Some(0),
            _ => self.data.iter().position(|file| file.task() == test.task()),
        }
    }

    /// How much the documents of a label weigh against the others.
    pub fn class_weight(&self) -> ClassWeight {
        match self.class_weight {
            Weight::Equal => ClassWeight::Equal,
            Weight::Balanced => ClassWeight::Balanced,
        }
    }

    /// How long to choose settings; none where the defaults are to be taken.
    pub fn effort(&self) -> Option<Effort> {
        let chosen = match self.tune {
            Tune::Quick => Effort::Quick,
            Tune::Thorough => Effort::Thorough,
        };
        (!self.no_tune && !self.data.is_empty()).then_some(chosen)
    }
}
