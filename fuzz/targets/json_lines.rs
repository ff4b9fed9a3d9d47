//! Any bytes as a file of documents: JSON Lines with and without labels, plain text, Markdown; one by one and as a whole.

#![no_main]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use libfuzzer_sys::fuzz_target;
use slugline::corpus::{LabelledCorpus, Row, UnlabelledCorpus, read_documents, read_labelled};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("there is a folder for temporary files"));

fuzz_target!(|bytes: &[u8]| {
    for name in ["rows.jsonl", "article.txt", "article.md"] {
        let path = FOLDER.path().join(name);
        fs::write(&path, bytes).expect("the file can be written");
        check_documents(&path);
    }
    check_labelled(&FOLDER.path().join("rows.jsonl"));
});

fn rows(path: &Path) -> Vec<Row> {
    read_documents(&[PathBuf::from(path)]).expect("it is a file of a known kind").collect()
}

fn check_documents(path: &Path) {
    let (mut line, mut documents) = (0, 0);
    for row in rows(path) {
        assert_eq!(row.source, path);
        if path.extension().is_some_and(|kind| kind == "jsonl") {
            assert!(row.line > Some(line), "lines rise from 1 on");
            line = row.line.unwrap_or_default();
        }
        match row.document {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(document) => {
                documents += 1;
                assert!(!document.is_blank() && !document.id.is_empty() && document.id == row.id);
                assert!(!document.title.contains('\0') && !document.text.contains('\0'));
            }
        }
    }
    match UnlabelledCorpus::read(path) {
        Ok(corpus) => assert_eq!((corpus.read, corpus.documents.len()), (documents, documents)),
        Err(error) => assert!(documents == 0, "{error}"),
    }
}

fn check_labelled(path: &Path) {
    let unlabelled = rows(path);
    let labelled: Vec<_> = read_labelled(path).expect("it is a file").collect();
    assert_eq!(labelled.len(), unlabelled.len(), "both read the same rows");
    let wrong = labelled.iter().filter(|row| row.is_err()).count();
    for (labelled, unlabelled) in labelled.into_iter().zip(unlabelled) {
        match labelled {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(row) => {
                assert!(row.is_list || row.labels.len() == 1);
                assert!(row.labels.iter().all(|label| !label.trim().is_empty()));
                assert_eq!(row.document, unlabelled.document.expect("what can be learned from can be classified"));
            }
        }
    }
    match LabelledCorpus::read(path) {
        Ok(corpus) => assert!(wrong == 0 && !corpus.documents.is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
