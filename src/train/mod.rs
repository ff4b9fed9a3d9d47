//! Training: from seeds, or a labelled file, to a published model.

mod cross_validation;
mod error;
mod file_report;
mod recipe;
mod report;
mod semi_supervised;
mod training_set;
mod tune;

pub use error::TrainError;
pub use file_report::{FileReport, StepSeconds, TaskFigures, judge_test_file, peak_rss_bytes};
pub use recipe::{Recipe, Seconds, TrainedModel};
pub use report::report;
pub use semi_supervised::{HeldOut, SemiSupervised, UnlabelledFigures};
pub use training_set::TrainingSet;
pub use tune::{Effort, Trial, tune};
