//! Learning: linear models over sparse rows, calibration, thresholds, metrics.

pub mod calibration;
pub mod confusion;
pub mod math;
pub mod metrics;
pub mod reliability;
pub mod sparse_logistic_regression;
