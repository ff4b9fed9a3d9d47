//! Order, resumption, and what fails, with a classifier that can be made to fail.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use super::*;
use crate::{
    client::{Answer, TaskLabels},
    corpus::{Document, read_documents},
};

/// Answers with the text as the model's name. Fails at once from the document with the id `cut_at` on, refuses texts that say so, and is
/// slower with earlier documents than with later ones.
#[derive(Default)]
struct Fake {
    cut_at: Option<u64>,
    calls: AtomicU64,
}

impl Classifier for Fake {
    fn classify(&self, documents: &[Document], _: &v1::ClassificationOptions) -> Result<Vec<Answer>, ClientError> {
        if self.calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) {
            thread::sleep(Duration::from_millis(2));
        }
        if documents.iter().any(|document| self.cut_at.is_some_and(|cut_at| document.id.parse::<u64>().unwrap() >= cut_at)) {
            return Err(ClientError::NoAnswer { endpoint: "http://fake".into(), reason: "cut".into(), attempts: 1 });
        }
        let answer = |document: &Document| match document.text.as_str() {
            "refuse" => Err("refused".to_owned()),
            text => Ok(v1::Classification { model_version: text.to_owned(), ..Default::default() }),
        };
        Ok(documents.iter().map(answer).collect())
    }

    fn task_labels(&self, _: &str, _: &str) -> Result<TaskLabels, ClientError> {
        unreachable!()
    }

    fn parallel_calls(&self) -> usize {
        4
    }
}

struct Archive {
    folder: TempDir,
    input: PathBuf,
    output: PathBuf,
}

impl Archive {
    /// Rows 1 to `rows`; every tenth is no JSON, and every seventh is refused.
    fn new(rows: u64) -> Self {
        let lines = (1..=rows).map(|row| match row {
            _ if row % 10 == 0 => "nonsense\n".to_owned(),
            _ if row % 7 == 0 => "{\"text\": \"refuse\"}\n".to_owned(),
            _ => format!("{{\"text\": \"text {row}\"}}\n"),
        });
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("in.jsonl");
        fs::write(&input, lines.collect::<String>()).unwrap();
        let output = folder.path().join("out.jsonl");
        Self { folder, input, output }
    }

    fn flags(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("--labels".to_owned(), "all".to_owned())])
    }

    fn open(&self, resume: bool) -> Opened {
        let inputs = record_inputs(std::slice::from_ref(&self.input));
        match resume {
            true => FileOutput::resume(&self.output, inputs, self.flags()).unwrap(),
            false => Opened::Output(Box::new(FileOutput::create(&self.output, inputs, self.flags()).unwrap())),
        }
    }

    fn run(&self, resume: bool, fake: Fake, max_errors: Option<u64>) -> Result<Tally, ClientError> {
        let Opened::Output(mut output) = self.open(resume) else { panic!("it is finished") };
        let rows = read_documents(std::slice::from_ref(&self.input)).unwrap();
        let form = Form::JsonLines(LabelFilter::All);
        let run_options = ArchiveRun { classifier: Arc::new(fake), options: Default::default(), form, max_errors };
        run(rows, &run_options, &mut *output, &Progress::new(None, false))
    }

    fn read(&self, path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_default()
    }

    fn files(&self) -> (String, String) {
        (self.read(&self.output), self.read(&self.beside("errors.jsonl")))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        self.folder.path().join(format!("out.jsonl.{ending}"))
    }
}

fn ids(lines: &str) -> Vec<u64> {
    lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().parse().unwrap()).collect()
}

fn is_failing(row: u64) -> bool {
    row.is_multiple_of(10) || row.is_multiple_of(7)
}

#[test]
fn answers_and_errors_come_in_the_order_of_the_rows() {
    let archive = Archive::new(3000);
    let tally = archive.run(false, Fake::default(), None).unwrap();
    let (answers, errors) = archive.files();
    assert_eq!(ids(&answers), (1..=3000).filter(|row| !is_failing(*row)).collect::<Vec<_>>());
    assert_eq!(ids(&errors), (1..=3000).filter(|row| is_failing(*row)).collect::<Vec<_>>());
    assert_eq!(tally, Tally { rows: 3000, failed: ids(&errors).len() as u64 });
    let second = errors.lines().nth(1).unwrap();
    assert!(second.contains("in.jsonl\",\"line\":10,\"error\":\"not JSON"), "{second}");
}

#[test]
fn a_run_that_is_cut_anywhere_ends_in_the_same_files_when_it_is_resumed() {
    let archive = Archive::new(1500);
    archive.run(false, Fake::default(), None).unwrap();
    let whole = archive.files();
    for cut_at in [1, 8, 9, 25, 57, 121, 249, 505, 761, 1017, 1273, 1499] {
        let cut = archive.run(false, Fake { cut_at: Some(cut_at), ..Fake::default() }, None);
        assert!(matches!(cut, Err(ClientError::NoAnswer { .. })), "{cut_at}");
        assert_eq!(archive.files() == whole, cut_at <= 8, "{cut_at}: what is there is kept until there is something to write");
        if cut_at <= 8 {
            assert!(matches!(archive.open(true), Opened::Finished(_)), "{cut_at}");
            continue;
        }
        // What a kill leaves behind the last record.
        for path in [&archive.output, &archive.beside("errors.jsonl")] {
            if path.exists() {
                fs::write(path, archive.read(path) + "{\"id\":\"half a ro").unwrap();
            }
        }
        let tally = archive.run(true, Fake::default(), None).unwrap();
        assert_eq!(archive.files(), whole, "{cut_at}");
        assert_eq!(tally.rows, 1500);
    }
}

#[test]
fn a_run_may_be_cut_again_and_again() {
    let archive = Archive::new(1500);
    archive.run(false, Fake::default(), None).unwrap();
    let whole = archive.files();
    assert!(archive.run(false, Fake { cut_at: Some(20), ..Fake::default() }, None).is_err());
    for cut_at in (40..1500).step_by(300) {
        assert!(archive.run(true, Fake { cut_at: Some(cut_at), ..Fake::default() }, None).is_err());
    }
    archive.run(true, Fake::default(), None).unwrap();
    assert_eq!(archive.files(), whole);
}

#[test]
fn with_nothing_to_resume_it_starts_at_the_beginning() {
    let archive = Archive::new(30);
    archive.run(true, Fake::default(), None).unwrap();
    let whole = archive.files();
    fs::remove_file(&archive.output).unwrap();
    archive.run(true, Fake::default(), None).unwrap();
    assert_eq!(archive.files(), whole);
}

#[test]
fn a_finished_output_is_left_as_it_is() {
    let archive = Archive::new(30);
    let tally = archive.run(false, Fake::default(), None).unwrap();
    let whole = archive.files();
    assert!(matches!(archive.open(true), Opened::Finished(earlier) if earlier == tally));
    assert_eq!(archive.files(), whole);
}

#[test]
fn without_resume_nothing_of_an_earlier_run_is_left() {
    let archive = Archive::new(300);
    archive.run(false, Fake { cut_at: Some(200), ..Fake::default() }, None).unwrap_err();
    fs::write(&archive.input, "{\"text\": \"a\"}\n").unwrap();
    archive.run(false, Fake::default(), None).unwrap();
    assert_eq!(ids(&archive.files().0), [1]);
    assert!(!archive.beside("errors.jsonl").exists());
}

#[test]
fn other_inputs_or_flags_are_refused_with_what_to_do() {
    let archive = Archive::new(300);
    archive.run(false, Fake { cut_at: Some(200), ..Fake::default() }, None).unwrap_err();
    let before = archive.files();
    let inputs = record_inputs(std::slice::from_ref(&archive.input));
    let refused = |inputs: Vec<InputRecord>, flags| {
        let error = FileOutput::resume(&archive.output, inputs, flags).err().unwrap();
        assert_eq!(error.exit_code(), 2);
        assert_eq!(archive.files(), before);
        error.to_string()
    };
    let flags = BTreeMap::from([("--labels".to_owned(), "best".to_owned())]);
    let text = refused(inputs, flags);
    assert!(text.contains("begun with --labels all, and now it is best; run without --resume"), "{text}");
    let text = refused(record_inputs(&[archive.folder.path().join("other.jsonl")]), archive.flags());
    assert!(text.contains("other.jsonl"), "{text}");
    fs::write(&archive.input, "{\"text\": \"a\"}\n").unwrap();
    let text = refused(record_inputs(std::slice::from_ref(&archive.input)), archive.flags());
    assert!(text.contains("in.jsonl has changed: it had"), "{text}");
}

#[test]
fn files_that_are_not_as_they_were_left_are_refused() {
    let archive = Archive::new(300);
    archive.run(false, Fake { cut_at: Some(200), ..Fake::default() }, None).unwrap_err();
    let resume =
        || FileOutput::resume(&archive.output, record_inputs(std::slice::from_ref(&archive.input)), archive.flags()).err().unwrap();
    fs::write(&archive.output, "").unwrap();
    assert!(resume().to_string().contains("has 0 bytes, fewer than"), "{}", resume());
    fs::write(archive.beside("progress"), "{").unwrap();
    assert!(resume().to_string().contains("out.jsonl.progress is damaged"), "{}", resume());
    assert_eq!(resume().exit_code(), 2);
}

#[test]
fn more_errors_than_allowed_end_the_run_which_can_be_resumed() {
    let archive = Archive::new(1000);
    archive.run(false, Fake::default(), None).unwrap();
    let (whole, failing) = (archive.files(), (1..=1000).filter(|row| is_failing(*row)).count() as u64);
    archive.run(false, Fake::default(), Some(failing)).unwrap();
    let error = archive.run(false, Fake::default(), Some(20)).unwrap_err();
    assert!(matches!(error, ClientError::TooManyErrors { allowed: 20, failed: 21.., .. }));
    assert_eq!(error.exit_code(), 1);
    assert!(archive.run(true, Fake::default(), Some(20)).is_err());
    archive.run(true, Fake::default(), None).unwrap();
    assert_eq!(archive.files(), whole);
}

#[test]
fn it_fails_only_if_not_one_row_could_be_classified() {
    let archive = Archive::new(0);
    assert_eq!(archive.run(false, Fake::default(), None).unwrap(), Tally::default());
    fs::write(&archive.input, "nonsense\n{\"text\": \"refuse\"}\n").unwrap();
    let error = archive.run(false, Fake::default(), None).unwrap_err();
    assert!(matches!(&error, ClientError::NothingClassified { failed: 2, errors } if errors.ends_with("out.jsonl.errors.jsonl")));
    assert_eq!(error.exit_code(), 1);
}

/// A pipe that nobody reads after the first write.
struct Pipe(u32);

impl std::io::Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += 1;
        if self.0 > 1 { Err(std::io::ErrorKind::BrokenPipe.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_pipe_that_nobody_reads_any_more_ends_the_run_quietly() {
    let archive = Archive::new(1000);
    let rows = read_documents(std::slice::from_ref(&archive.input)).unwrap();
    let form = Form::JsonLines(LabelFilter::All);
    let run_options = ArchiveRun { classifier: Arc::new(Fake::default()), options: Default::default(), form, max_errors: None };
    let mut errors = Vec::new();
    let tally = run(rows, &run_options, &mut StreamOutput::new(Pipe(0), "pipe", &mut errors), &Progress::new(None, false)).unwrap();
    assert_eq!(tally.rows, 8);
    assert_eq!(ids(&String::from_utf8(errors).unwrap())[..3], [7, 10, 14]);
}

#[test]
fn an_output_that_would_be_read_as_input_is_refused() {
    let archive = Archive::new(1);
    let folder = archive.folder.path();
    for (input, output) in
        [(&*archive.input, &*archive.input), (folder, &*archive.output), (&*archive.beside("errors.jsonl"), &*archive.output)]
    {
        fs::write(archive.beside("errors.jsonl"), "").unwrap();
        assert_eq!(check_apart(&[input.to_owned()], output).unwrap_err().exit_code(), 2);
    }
    check_apart(std::slice::from_ref(&archive.input), &archive.output).unwrap();
    check_apart(&[PathBuf::from("-")], &archive.output).unwrap();
}
