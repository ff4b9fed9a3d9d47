//! The archive runner: rows in, answers out, in their order, on all cores or over many calls, in bounded memory.
//!
//! What is written to a file is recorded beside it, so that a run that was cut can be gone on with: see [`FileOutput`].

mod chunk;
mod file_output;
mod inputs;
mod output;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{Classifier, ClientError, json_lines::LabelFilter, ordered::in_order, progress::Progress, terminal};
use crate::{api::v1, corpus::Row};

use chunk::Chunks;
pub use chunk::Rendered;
pub use file_output::{FileOutput, Opened};
pub use inputs::{InputRecord, check_apart, record_inputs};
pub use output::{Output, StreamOutput};

/// What to do with each row.
pub struct ArchiveRun {
    /// What answers.
    pub classifier: Arc<dyn Classifier>,
    /// What to ask it.
    pub options: v1::ClassificationOptions,
    /// How to write its answers.
    pub form: Form,
    /// How many rows may fail; any number if none.
    pub max_errors: Option<u64>,
}

/// How answers are written.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// For programs.
    JsonLines(LabelFilter),
    /// For people at a terminal.
    Terminal(LabelFilter, terminal::Style),
}

/// How many rows are done, those of the runs that this one resumes included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All rows.
    pub rows: u64,
    /// Those that could not be classified.
    pub failed: u64,
}

/// Classifies `rows` but for the first ones, which the output has already, and writes the answers and what failed to `output`, in order.
///
/// # Errors
/// If the classifier or the output fails, if more rows fail than allowed, or if not one row could be classified. What the output had
/// recorded by then is kept. A pipe that nobody reads any more is no error.
pub fn run(
    rows: impl Iterator<Item = Row> + Send + 'static,
    run: &ArchiveRun,
    output: &mut dyn Output,
    progress: &Progress,
) -> Result<Tally, ClientError> {
    let mut tally = output.earlier();
    progress.skip(tally.rows);
    check_failures(run, tally, output)?;
    // More rows than usize can count can't have been read.
    let rows = rows.skip(usize::try_from(tally.rows).unwrap_or(usize::MAX));
    let (classifier, options, form) = (run.classifier.clone(), run.options.clone(), run.form);
    let rendered = in_order(Chunks::new(rows), classifier.parallel_calls(), move |chunk| chunk.classify(&*classifier, &options, form));
    for chunk in rendered {
        let chunk = match chunk.flatten() {
            Ok(chunk) => chunk,
            Err(error) => return Err(cut(output, error)),
        };
        match output.write(&chunk) {
            Err(ClientError::Write { error, .. }) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(tally),
            written => written?,
        }
        tally.rows += chunk.rows;
        tally.failed += chunk.failed;
        progress.advance(chunk.rows);
        if let Err(error) = check_failures(run, tally, output) {
            return Err(cut(output, error));
        }
    }
    output.record(true)?;
    if tally.failed > 0 && tally.failed == tally.rows {
        return Err(ClientError::NothingClassified { failed: tally.failed, errors: output.errors_name() });
    }
    Ok(tally)
}

/// Records what was done before `error`. That is the one to tell, and if recording fails too, what was recorded before stands.
fn cut(output: &mut dyn Output, error: ClientError) -> ClientError {
    let _ = output.record(false);
    error
}

fn check_failures(run: &ArchiveRun, tally: Tally, output: &dyn Output) -> Result<(), ClientError> {
    match run.max_errors {
        Some(allowed) if tally.failed > allowed => {
            Err(ClientError::TooManyErrors { failed: tally.failed, allowed, errors: output.errors_name() })
        }
        _ => Ok(()),
    }
}
