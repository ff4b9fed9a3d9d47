//! Training: from seeds, or a labelled file, to a published model.

mod calibrator;
mod cross_validation;
mod error;
mod file_report;
mod recipe;
mod report;
mod statements;
mod training_set;
mod tune;

pub use calibrator::{CalibrationEffort, CalibrationFigures, CandidateFigures};
pub use error::TrainError;
pub use file_report::{FileReport, StepSeconds, TaskFigures, judge_test_file, peak_rss_bytes};
pub use recipe::{Recipe, Seconds, TaskProbabilities, TrainedModel};
pub use report::report;
pub use statements::TaskStatements;
pub use training_set::TrainingSet;
pub use tune::{Effort, Trial, tune};
