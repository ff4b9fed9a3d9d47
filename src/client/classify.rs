//! `slugline classify`: documents in, answers out.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use super::{
    ClientError, ModelSource,
    archive::{self, ArchiveRun, FileOutput, Form, Opened, StreamOutput, Tally, check_apart, record_inputs},
    json_lines::LabelFilter,
    progress::Progress,
    terminal,
};
use crate::{api::v1, corpus::read_documents};

/// Flags of `slugline classify`.
#[derive(Debug, clap::Args)]
pub struct ClassifyCommand {
    /// Files (.jsonl, .ndjson, .txt, .md), folders of them, or - for standard input, which is also read if none is named
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Where the answers come from.
    #[command(flatten)]
    pub source: ModelSource,
    /// File to write answers to as JSON Lines. Rows that fail go to FILE.errors.jsonl, and FILE.progress records how far the run is
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Explain the labels that a document is given by its sentences, or by sentences and terms
    #[arg(long, value_name = "LEVEL")]
    pub evidence: Option<EvidenceLevel>,
    /// Labels to explain though the document is not given them, such as stance/humanitarian; by sentences unless --evidence says more
    #[arg(long, value_name = "TASK/LABEL")]
    pub explain: Vec<String>,
    /// Labels to write of each task
    #[arg(long, value_enum, default_value_t, value_name = "WHICH")]
    pub labels: LabelFilter,
    /// Go on where an earlier run with the same --output was cut
    #[arg(long, requires = "output")]
    pub resume: bool,
    /// Stop when more rows than this could not be classified
    #[arg(long, value_name = "N")]
    pub max_errors: Option<u64>,
}

/// How much to explain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum EvidenceLevel {
    /// Sentences.
    Sentences,
    /// Sentences and terms.
    Terms,
}

/// Does what the flags say: answers to the output, what failed and how far it is to stderr or beside the output.
///
/// # Errors
/// See [`archive::run`]; and if the inputs can't be read, or the output can't be written.
pub fn run(command: &ClassifyCommand) -> Result<(), ClientError> {
    let inputs = inputs(command)?;
    match &command.output {
        Some(path) if is_stream(path) => {
            if command.resume {
                let reason = "it is no file, so nothing of it is recorded".to_owned();
                return Err(ClientError::Resume { output: path.clone(), reason });
            }
            let file = fs::OpenOptions::new().write(true).open(path);
            let file = file.map_err(|error| ClientError::Create { path: path.clone(), error })?;
            to_stream(command, &inputs, StreamOutput::new(file, path.display().to_string(), io::stderr()), json_lines(command))
        }
        Some(path) => to_file(command, &inputs, path),
        None if io::stdout().is_terminal() => {
            let form = Form::Terminal(command.labels, terminal::Style::of_stdout());
            to_stream(command, &inputs, StreamOutput::new(anstream::stdout(), "standard output", io::stderr()), form)
        }
        None => {
            let output = StreamOutput::new(io::stdout(), "standard output", io::stderr());
            to_stream(command, &inputs, output, json_lines(command))
        }
    }
}

fn to_stream<W: io::Write, E: io::Write>(
    command: &ClassifyCommand,
    inputs: &[PathBuf],
    mut output: StreamOutput<W, E>,
    form: Form,
) -> Result<(), ClientError> {
    let rows = read_documents(inputs)?;
    archive::run(rows, &archive_run(command, form)?, &mut output, &Progress::new(None, false)).map(|_| ())
}

fn to_file(command: &ClassifyCommand, inputs: &[PathBuf], path: &Path) -> Result<(), ClientError> {
    check_apart(inputs, path)?;
    let rows = read_documents(inputs)?;
    let run = archive_run(command, json_lines(command))?;
    let (records, flags) = (record_inputs(inputs), recorded_flags(command));
    let opened = match command.resume {
        true => FileOutput::resume(path, records, flags)?,
        false => Opened::Output(Box::new(FileOutput::create(path, records, flags)?)),
    };
    let mut output = match opened {
        Opened::Output(output) => *output,
        Opened::Finished(tally) => {
            eprintln!("{}: finished already, {}; run without --resume to start anew", path.display(), in_words(tally));
            return Ok(());
        }
    };
    let progress = Progress::new(None, io::stderr().is_terminal());
    let tally = archive::run(rows, &run, &mut output, &progress)?;
    drop(progress);
    if tally.failed > 0 {
        eprintln!("{}: {}; see {}", path.display(), in_words(tally), archive::Output::errors_name(&output));
    } else if tally.rows == 0 || io::stderr().is_terminal() {
        eprintln!("{}: {}", path.display(), in_words(tally));
    }
    Ok(())
}

fn in_words(tally: Tally) -> String {
    let Tally { rows, failed } = tally;
    match failed {
        0 => format!("{rows} documents classified"),
        _ => format!("{} documents classified, {failed} could not be", rows - failed),
    }
}

fn archive_run(command: &ClassifyCommand, form: Form) -> Result<ArchiveRun, ClientError> {
    Ok(ArchiveRun { classifier: command.source.open()?, options: options(command), form, max_errors: command.max_errors })
}

fn json_lines(command: &ClassifyCommand) -> Form {
    Form::JsonLines(command.labels)
}

/// What is named, or standard input if nothing is and it is no keyboard.
fn inputs(command: &ClassifyCommand) -> Result<Vec<PathBuf>, ClientError> {
    if !command.inputs.is_empty() {
        return Ok(command.inputs.clone());
    }
    if io::stdin().is_terminal() {
        return Err(ClientError::Usage("no input: name files or folders, or - for standard input".to_owned()));
    }
    Ok(vec![PathBuf::from("-")])
}

/// Whether a path is there and is no regular file: a pipe, /dev/null. A folder is none either, and can't be opened as an output.
fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// What to ask for.
fn options(command: &ClassifyCommand) -> v1::ClassificationOptions {
    let evidence = match command.evidence {
        Some(EvidenceLevel::Terms) => v1::EvidenceLevel::Terms,
        Some(EvidenceLevel::Sentences) => v1::EvidenceLevel::Sentences,
        None if command.explain.is_empty() => v1::EvidenceLevel::None,
        None => v1::EvidenceLevel::Sentences,
    };
    v1::ClassificationOptions {
        model_version: command.source.model_version(),
        evidence: evidence.into(),
        explain_labels: command.explain.clone(),
        // The labels come by falling probability, so those that would not be written need not travel.
        max_labels: i32::from(command.labels == LabelFilter::Best),
        ..Default::default()
    }
}

/// All that the answers depend on, by flag. Which servers answer is left out: they come and go.
fn recorded_flags(command: &ClassifyCommand) -> BTreeMap<String, String> {
    let options = options(command);
    let labels = match command.labels {
        LabelFilter::All => "all",
        LabelFilter::Selected => "selected",
        LabelFilter::Best => "best",
    };
    let flags = [
        ("models", command.source.describe()),
        ("--model", options.model_version.clone()),
        ("--labels", labels.to_owned()),
        ("--evidence", options.evidence().as_str_name().to_owned()),
        ("--explain", options.explain_labels.join(" ")),
    ];
    flags.into_iter().map(|(flag, value)| (flag.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        command: ClassifyCommand,
    }

    fn parse(arguments: &[&str]) -> Result<ClassifyCommand, clap::Error> {
        Program::try_parse_from(["slugline"].iter().chain(arguments)).map(|program| program.command)
    }

    #[test]
    fn flags_that_do_not_go_together_are_refused() {
        assert!(parse(&["-", "--models", "m", "--endpoint", "localhost:1"]).is_err());
        assert!(parse(&["-", "--resume"]).is_err());
        assert!(parse(&["-", "--labels", "some"]).is_err());
        assert!(parse(&["-", "--endpoint", "a:1", "--endpoint", "b:1", "--evidence", "terms", "--max-errors", "0"]).is_ok());
    }

    #[test]
    fn a_model_may_be_named_short_or_in_full() {
        let model = |name| options(&parse(&["-", "--model", name]).unwrap()).model_version;
        assert_eq!(model("news"), "models/news");
        assert_eq!(model("models/news/versions/3"), "models/news/versions/3");
        assert_eq!(options(&parse(&["-"]).unwrap()).model_version, "");
    }

    #[test]
    fn to_explain_a_label_asks_for_sentences() {
        let command = parse(&["-", "--explain", "stance/legal", "--explain", "topic/sport"]).unwrap();
        assert_eq!(options(&command).evidence(), v1::EvidenceLevel::Sentences);
        assert_eq!(options(&command).explain_labels, ["stance/legal", "topic/sport"]);
        let command = parse(&["-", "--explain", "stance/legal", "--evidence", "terms"]).unwrap();
        assert_eq!(options(&command).evidence(), v1::EvidenceLevel::Terms);
    }
}
