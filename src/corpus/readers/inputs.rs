//! From what the user names to the files that are read.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::error::ReadError;

/// One thing to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Input {
    pub path: PathBuf,
    pub kind: Kind,
}

/// How to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    JsonLines,
    PlainText,
    Markdown,
    StandardInput,
}

impl Kind {
    fn of(path: &Path) -> Option<Kind> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Some(Kind::JsonLines),
            "txt" => Some(Kind::PlainText),
            "md" => Some(Kind::Markdown),
            _ => None,
        }
    }
}

/// The files to read, in order. Folders give their files in sorted order; in them, hidden files and other kinds of files are skipped, and
/// so are README.md and WRITING.md, which are about a folder and not of it.
pub(super) fn expand(inputs: &[PathBuf]) -> Result<Vec<Input>, ReadError> {
    let mut expanded = Vec::new();
    let mut standard_input = false;
    for path in inputs {
        if path.as_os_str() == "-" {
            if std::mem::replace(&mut standard_input, true) {
                return Err(ReadError::StandardInputTwice);
            }
            expanded.push(Input { path: path.clone(), kind: Kind::StandardInput });
            continue;
        }
        let metadata = fs::metadata(path).map_err(|error| ReadError::Open { path: path.clone(), error })?;
        if metadata.is_dir() {
            expand_folder(path, &mut expanded)?;
        } else {
            let kind = Kind::of(path).ok_or_else(|| ReadError::UnknownKind { path: path.clone() })?;
            // To open a pipe and close it again would end it for its writer.
            if metadata.is_file() {
                check_opens(path)?;
            }
            expanded.push(Input { path: path.clone(), kind });
        }
    }
    Ok(expanded)
}

fn expand_folder(folder: &Path, expanded: &mut Vec<Input>) -> Result<(), ReadError> {
    let mut found = Vec::new();
    let walk = WalkDir::new(folder).follow_links(true).into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_skipped(entry.file_name())) {
        let entry = entry.map_err(|error| ReadError::Open {
            path: error.path().unwrap_or(folder).to_owned(),
            error: error.into_io_error().unwrap_or_else(|| io::Error::other("a symbolic link leads back to a folder above it")),
        })?;
        if let Some(kind) = Kind::of(entry.path()).filter(|_| entry.file_type().is_file()) {
            check_opens(entry.path())?;
            found.push(Input { path: entry.into_path(), kind });
        }
    }
    if found.is_empty() {
        return Err(ReadError::EmptyFolder { path: folder.to_owned() });
    }
    found.sort_unstable_by(|left, right| left.path.as_os_str().cmp(right.path.as_os_str()));
    expanded.append(&mut found);
    Ok(())
}

fn is_skipped(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") || name == "README.md" || name == "WRITING.md"
}

fn check_opens(path: &Path) -> Result<(), ReadError> {
    File::open(path).map(|_| ()).map_err(|error| ReadError::Open { path: path.to_owned(), error })
}
