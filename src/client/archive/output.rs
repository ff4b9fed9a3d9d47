//! Where answers go, and what failed.

use std::io::{self, Write};

use super::{Rendered, Tally};
use crate::client::ClientError;

/// Where answers go, and what failed.
pub trait Output {
    /// What earlier runs have written to it.
    fn earlier(&self) -> Tally;

    /// Writes a chunk.
    ///
    /// # Errors
    /// [`ClientError::Write`].
    fn write(&mut self, chunk: &Rendered) -> Result<(), ClientError>;

    /// Records all that was written, so that a later run can go on from there; `finished` if no row is left.
    ///
    /// # Errors
    /// [`ClientError::Write`].
    fn record(&mut self, finished: bool) -> Result<(), ClientError>;

    /// Where the rows that failed are listed, in words.
    fn errors_name(&self) -> String;
}

/// A pipe or a terminal: nothing is recorded, and what failed goes to `errors`.
pub struct StreamOutput<W, E> {
    output: W,
    name: String,
    errors: E,
}

impl<W: Write, E: Write> StreamOutput<W, E> {
    /// Writes answers to `output`, which errors call `name`, and what failed to `errors`.
    pub fn new(output: W, name: impl Into<String>, errors: E) -> Self {
        Self { output, name: name.into(), errors }
    }
}

impl<W: Write, E: Write> Output for StreamOutput<W, E> {
    fn earlier(&self) -> Tally {
        Tally::default()
    }

    fn write(&mut self, chunk: &Rendered) -> Result<(), ClientError> {
        // Who reads errors may have gone; the answers go on, and the exit code tells.
        let _ = self.errors.write_all(&chunk.errors).and_then(|()| self.errors.flush());
        let written = self.output.write_all(&chunk.output).and_then(|()| self.output.flush());
        written.map_err(|error: io::Error| ClientError::Write { output: self.name.clone(), error })
    }

    fn record(&mut self, _finished: bool) -> Result<(), ClientError> {
        Ok(())
    }

    fn errors_name(&self) -> String {
        "the messages above".to_owned()
    }
}
