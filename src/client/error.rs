//! Why a command of the client can't be done.

use std::{io, path::PathBuf};

use tonic::Code;

use crate::{api::ApiError, corpus::readers::ReadError, model::ModelError};

/// Why a command can't be done. Every message says what, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The command line asks for something that can't be.
    #[error("{0}")]
    Usage(String),
    /// An input can't be read at all.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The models can't be opened or changed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model in this process refuses the call.
    #[error("{0}")]
    Refused(#[from] ApiError),
    /// An output can't be opened.
    #[error("can't write {}: {error}; make its folder, or name another file", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// Writing failed.
    #[error("writing {output} failed: {error}; mend that, and run again with --resume if the output is a file")]
    Write {
        /// What was written to.
        output: String,
        /// The reason.
        error: io::Error,
    },
    /// A server is not there, or fails, or is too busy, each time it was tried.
    #[error("{endpoint} does not answer ({reason}), tried {attempts} times; see that the server runs there, or give another --endpoint")]
    NoAnswer {
        /// The endpoint that was tried last.
        endpoint: String,
        /// What was wrong with it.
        reason: String,
        /// How often the call was tried.
        attempts: u32,
    },
    /// A server says that the call itself is wrong.
    #[error("{endpoint} refuses the call: {reason}")]
    RefusedByServer {
        /// The endpoint.
        endpoint: String,
        /// What it says.
        reason: String,
    },
    /// A server fails in a way that trying again does not mend.
    #[error("{endpoint} failed: {reason}; its log may say more")]
    ServerFailed {
        /// The endpoint.
        endpoint: String,
        /// What it says.
        reason: String,
    },
    /// What an earlier run has recorded can't be gone on from.
    #[error("can't resume {}: {reason}; run without --resume to start anew, or name another --output", output.display())]
    Resume {
        /// The output of that run.
        output: PathBuf,
        /// Why not.
        reason: String,
    },
    /// More rows failed than the user allows.
    #[error("{failed} documents could not be classified, and --max-errors allows {allowed}; see {errors}")]
    TooManyErrors {
        /// How many failed.
        failed: u64,
        /// How many may.
        allowed: u64,
        /// Where they are listed.
        errors: String,
    },
    /// Not one row could be classified.
    #[error("none of the {failed} documents could be classified; see {errors}")]
    NothingClassified {
        /// How many failed.
        failed: u64,
        /// Where they are listed.
        errors: String,
    },
    /// Labelled data that nothing can be measured on.
    #[error("{}: {reason}", path.display())]
    Unmeasurable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A defect of ours.
    #[error("{0}; this is a defect of slugline, please report it")]
    Defect(&'static str),
}

impl ClientError {
    /// The exit code that says what kind of error it is: 2 where the command line is wrong, 1 where the work failed.
    pub fn exit_code(&self) -> u8 {
        match self {
            ClientError::Usage(_)
            | ClientError::Read(_)
            | ClientError::Create { .. }
            | ClientError::RefusedByServer { .. }
            | ClientError::Resume { .. } => 2,
            ClientError::Model(
                ModelError::NoFolder(_)
                | ModelError::NotEmbedded
                | ModelError::ReadOnly
                | ModelError::UnknownModel { .. }
                | ModelError::UnknownVersion { .. }
                | ModelError::NoPreviousVersion { .. },
            ) => 2,
            ClientError::Refused(error) if matches!(error.code(), Code::InvalidArgument | Code::NotFound) => 2,
            _ => 1,
        }
    }
}
