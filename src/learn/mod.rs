//! Learning: linear models over sparse rows, calibration, thresholds, metrics.

pub mod calibration;
pub mod math;
pub mod metrics;
pub mod sparse_logistic_regression;
