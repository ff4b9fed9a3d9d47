//! The record of a run, `<output>.progress`.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::inputs::InputRecord;

/// The form of the record that this program writes and reads.
const FORMAT: u32 = 1;

/// What of a run is done and safe on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub format: u32,
    pub inputs: Vec<InputRecord>,
    /// All that the answers depend on, by flag.
    pub options: BTreeMap<String, String>,
    pub rows: u64,
    pub failed: u64,
    pub output_bytes: u64,
    pub errors_bytes: u64,
    pub finished: bool,
}

impl State {
    /// That of a run that has not begun.
    pub fn new(inputs: Vec<InputRecord>, options: BTreeMap<String, String>) -> Self {
        Self { format: FORMAT, inputs, options, rows: 0, failed: 0, output_bytes: 0, errors_bytes: 0, finished: false }
    }

    /// Reads what is recorded beside `output`, if anything is.
    pub fn read(output: &Path) -> Result<Option<State>, String> {
        let path = progress_path(output);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{}: {error}", path.display())),
            Ok(bytes) => match serde_json::from_slice::<State>(&bytes) {
                Ok(state) if state.format == FORMAT => Ok(Some(state)),
                Ok(state) => Err(format!("{} is of another version of slugline (format {})", path.display(), state.format)),
                Err(error) => Err(format!("{} is damaged: {error}", path.display())),
            },
        }
    }

    /// Replaces what is recorded, all at once.
    pub fn write(&self, output: &Path) -> io::Result<()> {
        let path = progress_path(output);
        let unfinished = beside(output, ".progress.new");
        let mut file = File::create(&unfinished)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)
    }

    /// Why a run over `inputs` with `options` can't go on from here, if it can't.
    pub fn mismatch(&self, inputs: &[InputRecord], options: &BTreeMap<String, String>) -> Option<String> {
        if self.inputs.len() != inputs.len() {
            return Some(format!("it was begun with {} inputs, and now there are {}", self.inputs.len(), inputs.len()));
        }
        for (then, now) in self.inputs.iter().zip(inputs) {
            if (&then.given, &then.path) != (&now.given, &now.path) {
                return Some(format!("it was begun with the input {}, and now there is {}", then.given, now.given));
            }
            if then != now {
                let size = |input: &InputRecord| format!("{} bytes in {} files", input.bytes.unwrap_or(0), input.files.unwrap_or(0));
                return Some(format!("the input {} has changed: it had {}, and now has {}", now.given, size(then), size(now)));
            }
        }
        let flags = self.options.keys().chain(options.keys());
        let differs = flags.into_iter().find(|flag| self.options.get(*flag) != options.get(*flag))?;
        let value = |options: &BTreeMap<String, String>| options.get(differs).cloned().unwrap_or_else(|| "nothing".to_owned());
        Some(format!("it was begun with {differs} {}, and now it is {}", value(&self.options), value(options)))
    }
}

/// `<output>.progress`
pub(super) fn progress_path(output: &Path) -> PathBuf {
    beside(output, ".progress")
}

/// `<output>.errors.jsonl`
pub(super) fn errors_path(output: &Path) -> PathBuf {
    beside(output, ".errors.jsonl")
}

fn beside(output: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(output);
    path.push(ending);
    path.into()
}
