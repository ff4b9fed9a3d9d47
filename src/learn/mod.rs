//! Learning: linear models over sparse rows, naive Bayes for rows without labels, calibration, thresholds, metrics.

pub mod calibration;
pub mod confusion;
pub mod math;
pub mod metrics;
pub mod naive_bayes;
pub mod reliability;
pub mod sparse_logistic_regression;
