//! A file of answers, with the file of what failed and the record of the run beside it.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    InputRecord, Output, Rendered, Tally,
    state::{State, errors_path, progress_path},
};
use crate::client::ClientError;

/// How long a run may go on without being recorded. Each time costs a wait for the disk, so it is not done for each chunk.
const RECORD_EVERY: Duration = Duration::from_millis(500);

/// Answers in a file, what failed in `<output>.errors.jsonl`, and in `<output>.progress` how far both are safe on the disk.
///
/// The record is replaced at least twice a second, after both files have been written through to the disk. Whatever a run has written
/// after its last record is cut off when it is resumed.
pub struct FileOutput {
    path: PathBuf,
    output: BufWriter<File>,
    /// There only once a row has failed.
    errors: Option<BufWriter<File>>,
    state: State,
    earlier: Tally,
    recorded: Instant,
    /// Whether what an earlier run left is gone, or taken over.
    is_begun: bool,
}

/// What is found where answers are to go.
pub enum Opened {
    /// There is work to do.
    Output(Box<FileOutput>),
    /// All is done already, and so much.
    Finished(Tally),
}

impl FileOutput {
    /// Begins anew. What is there is emptied only when there is something to write, so a run that fails before costs nobody their answers.
    ///
    /// # Errors
    /// If the output can't be written.
    pub fn create(path: &Path, inputs: Vec<InputRecord>, options: BTreeMap<String, String>) -> Result<Self, ClientError> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
        let file = file.map_err(|error| ClientError::Create { path: path.to_owned(), error })?;
        Ok(Self {
            path: path.to_owned(),
            output: BufWriter::with_capacity(1 << 20, file),
            errors: None,
            state: State::new(inputs, options),
            earlier: Tally::default(),
            recorded: Instant::now(),
            is_begun: false,
        })
    }

    /// Goes on from where an earlier run was cut, or begins anew if there was none.
    ///
    /// # Errors
    /// If that run had other inputs or options, if its files are not as it left them, or if they can't be written.
    pub fn resume(path: &Path, inputs: Vec<InputRecord>, options: BTreeMap<String, String>) -> Result<Opened, ClientError> {
        let refuse = |reason: String| ClientError::Resume { output: path.to_owned(), reason };
        let state = State::read(path).map_err(refuse)?;
        let Some(state) = state.filter(|_| path.exists()) else {
            return Self::create(path, inputs, options).map(|output| Opened::Output(Box::new(output)));
        };
        if let Some(reason) = state.mismatch(&inputs, &options) {
            return Err(refuse(reason));
        }
        let earlier = Tally { rows: state.rows, failed: state.failed };
        if state.finished {
            return Ok(Opened::Finished(earlier));
        }
        let output = reopen(path, state.output_bytes)?;
        let errors_path = errors_path(path);
        let errors = if state.errors_bytes == 0 {
            remove(&errors_path).map_err(|error| ClientError::Create { path: errors_path, error })?;
            None
        } else {
            Some(reopen(&errors_path, state.errors_bytes).map_err(|error| match error {
                ClientError::Resume { reason, .. } => refuse(reason),
                other => other,
            })?)
        };
        Ok(Opened::Output(Box::new(Self {
            path: path.to_owned(),
            output,
            errors,
            state,
            earlier,
            recorded: Instant::now(),
            is_begun: true,
        })))
    }

    fn begin(&mut self) -> io::Result<()> {
        if !self.is_begun {
            // First the record: without it nothing of what is there is resumed.
            remove(&progress_path(&self.path))?;
            remove(&errors_path(&self.path))?;
            self.output.get_ref().set_len(0)?;
            self.state.write(&self.path)?;
            self.is_begun = true;
        }
        Ok(())
    }

    fn try_write(&mut self, chunk: &Rendered) -> io::Result<()> {
        self.begin()?;
        self.output.write_all(&chunk.output)?;
        if !chunk.errors.is_empty() {
            let errors = match &mut self.errors {
                Some(errors) => errors,
                none => none.insert(BufWriter::new(File::create(errors_path(&self.path))?)),
            };
            errors.write_all(&chunk.errors)?;
        }
        self.state.rows += chunk.rows;
        self.state.failed += chunk.failed;
        self.state.output_bytes += chunk.output.len() as u64;
        self.state.errors_bytes += chunk.errors.len() as u64;
        Ok(())
    }

    fn try_record(&mut self, finished: bool) -> io::Result<()> {
        if finished {
            self.begin()?; // without a single row, too
        } else if !self.is_begun {
            return Ok(());
        }
        for file in [Some(&mut self.output), self.errors.as_mut()].into_iter().flatten() {
            file.flush()?;
            file.get_ref().sync_data()?;
        }
        self.state.finished = finished;
        self.state.write(&self.path)?;
        self.recorded = Instant::now();
        Ok(())
    }

    fn failed(&self, error: io::Error) -> ClientError {
        ClientError::Write { output: self.path.display().to_string(), error }
    }
}

impl Output for FileOutput {
    fn earlier(&self) -> Tally {
        self.earlier
    }

    fn write(&mut self, chunk: &Rendered) -> Result<(), ClientError> {
        self.try_write(chunk).map_err(|error| self.failed(error))?;
        if self.recorded.elapsed() >= RECORD_EVERY { self.record(false) } else { Ok(()) }
    }

    fn record(&mut self, finished: bool) -> Result<(), ClientError> {
        self.try_record(finished).map_err(|error| self.failed(error))
    }

    fn errors_name(&self) -> String {
        errors_path(&self.path).display().to_string()
    }
}

/// Opens a file to write on behind its first `bytes`; what is behind them was never recorded, and is cut off.
fn reopen(path: &Path, bytes: u64) -> Result<BufWriter<File>, ClientError> {
    let open = || {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let found = file.metadata()?.len();
        if found > bytes {
            file.set_len(bytes)?;
        }
        file.seek(SeekFrom::End(0))?;
        Ok((file, found))
    };
    match open() {
        Ok((file, found)) if found >= bytes => Ok(BufWriter::with_capacity(1 << 20, file)),
        Ok((_, found)) => Err(ClientError::Resume {
            output: path.to_owned(),
            reason: format!("{} has {found} bytes, fewer than the {bytes} that were written", path.display()),
        }),
        Err(error) => Err(ClientError::Create { path: path.to_owned(), error }),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
