//! Learning: linear models over sparse rows, calibration, thresholds, metrics.

pub mod metrics;
