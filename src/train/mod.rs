//! Training: from seeds to a published model.

mod cross_validation;
mod error;
mod examples;
mod recipe;
mod report;

pub use error::TrainError;
pub use recipe::{Recipe, TrainedModel};
pub use report::report;
