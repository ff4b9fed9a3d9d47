//! What a run reads, for its record; and that it does not read what it writes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use super::state::errors_path;
use crate::client::ClientError;

/// One input as a run's record knows it, so that another one, or the same one with other rows, is noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputRecord {
    /// As it was given: ids of documents may be made of it.
    pub given: String,
    /// Where it really is.
    pub path: String,
    /// How many files it has; none for a stream.
    pub files: Option<u64>,
    /// How many bytes they have together; none for a stream.
    pub bytes: Option<u64>,
}

/// The inputs as they are now.
pub fn record_inputs(inputs: &[PathBuf]) -> Vec<InputRecord> {
    inputs.iter().map(|input| record(input)).collect()
}

fn record(input: &Path) -> InputRecord {
    let stream = InputRecord {
        given: input.display().to_string(),
        path: fs::canonicalize(input).unwrap_or_else(|_| input.to_owned()).display().to_string(),
        files: None,
        bytes: None,
    };
    match fs::metadata(input) {
        Ok(metadata) if metadata.is_file() => InputRecord { files: Some(1), bytes: Some(metadata.len()), ..stream },
        Ok(metadata) if metadata.is_dir() => {
            let files =
                WalkDir::new(input).follow_links(true).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
            let sizes = files.map(|file| file.metadata().map_or(0, |metadata| metadata.len()));
            let (files, bytes) = sizes.fold((0, 0), |(files, bytes), size| (files + 1, bytes + size));
            InputRecord { files: Some(files), bytes: Some(bytes), ..stream }
        }
        _ => stream,
    }
}

/// Makes sure that the output is none of the inputs, and in none of their folders, where this run or the next one would read it.
///
/// # Errors
/// If it is.
pub fn check_apart(inputs: &[PathBuf], output: &Path) -> Result<(), ClientError> {
    for written in [output.to_owned(), errors_path(output)] {
        let Some(written) = real_path(&written) else { continue };
        for input in inputs.iter().filter(|input| input.as_os_str() != "-") {
            let Ok(real) = fs::canonicalize(input) else { continue };
            if written == real || (real.is_dir() && written.starts_with(&real)) {
                return Err(ClientError::Usage(format!(
                    "--output {}: it would be read as part of the input {}; name a file elsewhere",
                    output.display(),
                    input.display()
                )));
            }
        }
    }
    Ok(())
}

/// Where a file is, or will be; none if its folder does not exist.
fn real_path(file: &Path) -> Option<PathBuf> {
    fs::canonicalize(file).ok().or_else(|| {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(fs::canonicalize(folder).ok()?.join(file.file_name()?))
    })
}
