//! Training: from seeds, or a labelled file, to a published model.

mod calibrator;
mod cross_validation;
mod diagnostics;
mod doubtful_labels;
mod duplicates;
mod error;
mod excerpt;
mod file_report;
mod languages;
mod learning_curve;
mod progress;
mod recipe;
mod report;
mod scarce_labels;
mod semi_supervised;
mod telling_terms;
mod test_judgement;
mod training_set;
mod tune;

pub use calibrator::{CalibrationEffort, CalibrationFigures, CandidateFigures};
pub use diagnostics::Diagnostics;
pub use doubtful_labels::{Doubt, DoubtfulLabel, DoubtfulLabels};
pub use duplicates::{DuplicateGroup, Duplicates, Leak, Leaks, NamedDocument};
pub use error::TrainError;
pub use file_report::{BeforeAndAfter, FileReport, ProbabilityFigures, StepSeconds, TaskFigures, peak_rss_bytes};
pub use learning_curve::{CurvePoint, LearningCurve, learning_curves};
pub use progress::Progress;
pub use recipe::{Recipe, Seconds, TaskProbabilities, TrainedModel};
pub use report::{TaskReport, TrainingReport, report, test_report};
pub use scarce_labels::scarce_labels;
pub use semi_supervised::{HeldOut, SemiSupervised, UnlabelledFigures};
pub use telling_terms::{LabelTerms, TellingTerm, telling_terms};
pub use test_judgement::{AbstentionFigures, TestJudgement, judge_test_file};
pub use training_set::TrainingSet;
pub use tune::{Effort, Trial, tune};
