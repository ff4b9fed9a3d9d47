//! Training: from seeds to a published model.
