//! Learning: linear models over sparse rows, naive Bayes for rows without labels, calibration, thresholds, metrics.

pub mod bfloat16;
pub mod calibration;
pub mod confusion;
pub mod isotonic;
pub mod joint_scaling;
pub mod linear_scores;
pub mod math;
pub mod metrics;
mod minimise;
pub mod naive_bayes;
pub mod reliability;
pub mod saturation;
pub mod selective;
pub mod sparse_logistic_regression;
pub mod thresholds;
