//! Slugline labels news articles by topic and stance, and shows the sentences that made it decide.
//!
//! The folders follow the way of a document, and each imports only from those above it in this list:
//!
//! | module | what it turns into what |
//! |---|---|
//! | [`text`] | bytes into tokens, sentences, a language |
//! | [`corpus`] | files into documents, a taxonomy, seeds |
//! | [`features`] | tokens into sparse TF-IDF rows |
//! | [`learn`] | rows and labels into linear models, scores into calibrated probabilities |
//! | [`model`] | all of it into one trained classifier, its explanation, its files |
//! | [`api`] | classifier answers into the messages of `proto/`, the same for server and client |
//! | [`train`], [`serve`], [`client`] | what the programs do |
//!
//! Nothing up to and including [`model`] knows of tokio, tonic or the command line, so that another program can embed it.

#![warn(clippy::unwrap_used)]

pub mod api;
pub mod client;
pub mod corpus;
pub mod features;
pub mod learn;
pub mod model;
pub mod serve;
pub mod text;
pub mod train;
