//! The trained model: classifier, explanation, file, store.
