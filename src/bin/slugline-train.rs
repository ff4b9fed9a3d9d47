//! The `slugline-train` program: fits a model to seeds or to a labelled file, says how good it is, and publishes it.

#![warn(clippy::unwrap_used)]

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use anyhow::Context;
use clap::Parser;
use slugline::{
    corpus::{LabelledCorpus, Seeds},
    learn::metrics,
    model::{Published, Store},
    train::{
        Effort, FileReport, Recipe, StepSeconds, TaskFigures, TrainedModel, TrainingSet, judge_test_file, peak_rss_bytes, report, tune,
    },
};

/// Fits a model to labelled seeds, or to any labelled file, evaluates it on documents held out, and publishes it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder of seeds: taxonomy.toml, articles/, glossaries/
    #[arg(long, default_value = "seeds", value_name = "FOLDER")]
    seeds: PathBuf,
    /// Folder of models to publish into; made if it is not there
    #[arg(long, default_value = "models", value_name = "FOLDER")]
    models: PathBuf,
    /// Name to publish the model under: "news" for seeds; a model of --data is published only if it has a name
    #[arg(long)]
    name: Option<String>,
    /// Only check the seeds; train nothing
    #[arg(long)]
    check_seeds: bool,
    /// Train on a labelled file instead of seeds: JSON Lines of {"text", "title"?, "label": "x" | ["x", "y"]}. With a name before it,
    /// as in tone=file.jsonl, that is the task's name; otherwise it is "label"
    #[arg(long, value_name = "[TASK=]FILE", conflicts_with_all = ["seeds", "check_seeds"])]
    data: Option<String>,
    /// Labelled file to judge the model by
    #[arg(long, value_name = "FILE", requires = "data")]
    test: Option<PathBuf>,
    /// How many settings to try by cross-validation on the training file, to choose the best
    #[arg(long, value_enum, default_value = "quick", requires = "data")]
    tune: Tune,
    /// Take the default settings: 1- and 2-grams in two documents or more, squared hinge loss, C 0.5
    #[arg(long, conflicts_with = "tune")]
    no_tune: bool,
    /// Write figures and seconds to this file, as JSON
    #[arg(long, value_name = "FILE", requires = "data")]
    report: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Tune {
    Quick,
    Thorough,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.data {
        Some(data) => train_on_file(&arguments, data),
        None => train_on_seeds(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn train_on_seeds(arguments: &Arguments) -> anyhow::Result<()> {
    let start = Instant::now();
    let seeds = Seeds::load(&arguments.seeds)?;
    for warning in &seeds.warnings {
        eprintln!("warning: {warning}");
    }
    if arguments.check_seeds {
        let terms: usize = seeds.glossaries.iter().map(|glossary| glossary.terms.len()).sum();
        let (articles, glossaries, warnings) = (seeds.articles.len(), seeds.glossaries.len(), seeds.warnings.len());
        println!("{articles} articles, {glossaries} glossaries with {terms} terms, {warnings} warnings");
        return Ok(());
    }
    let recipe = Recipe::default();
    let trained = recipe.train(&seeds)?;
    println!("{}", report(&trained, recipe.thresholds));
    publish(&trained, &arguments.models, arguments.name.as_deref().unwrap_or("news"))?;
    println!("{:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn train_on_file(arguments: &Arguments, data: &str) -> anyhow::Result<()> {
    let start = Instant::now();
    let (task, path) = data.split_once('=').unwrap_or(("label", data));
    let corpus = LabelledCorpus::read(Path::new(path))?;
    let mut seconds = StepSeconds { read: start.elapsed().as_secs_f64(), ..StepSeconds::default() };
    // Read before training, so that a mistake in it shows at once.
    let test = arguments.test.as_deref().map(LabelledCorpus::read).transpose()?;

    let set = TrainingSet::of_labelled(task, &corpus);
    let (mut recipe, mut trials) = (Recipe::for_labelled_files(), Vec::new());
    if !arguments.no_tune {
        let start = Instant::now();
        let effort = match arguments.tune {
            Tune::Quick => Effort::Quick,
            Tune::Thorough => Effort::Thorough,
        };
        (recipe, trials) = tune(&recipe, &set, effort, |trial| {
            let mark = if trial.kept { "kept" } else { "" };
            eprintln!("tried {:24} micro-F1 {:.4}  log-loss {:.4}  {mark}", trial.setting, trial.micro_f1, trial.log_loss);
        })?;
        seconds.tune = start.elapsed().as_secs_f64();
    }
    let trained = recipe.train_on(&set)?;
    (seconds.features, seconds.learn, seconds.calibrate) = (trained.seconds.features, trained.seconds.learn, trained.seconds.calibrate);
    println!("{}", report(&trained, recipe.thresholds));
    if let Some(name) = &arguments.name {
        publish(&trained, &arguments.models, name)?;
    }

    let (features, documents) = (trained.vocabulary_size(), corpus.documents.len());
    let model = trained.into_model(task);
    let figures = match &test {
        None => TaskFigures::new(&model.manifest().tasks[0].metrics, documents, 0, features),
        Some(test) => {
            let (metrics, predict) = judge_test_file(&model, test);
            seconds.predict = predict;
            let names: Vec<&str> = model.manifest().tasks[0].task.labels.iter().map(|label| label.name.as_str()).collect();
            println!(
                "On {}:\n\n{task}\n{}",
                arguments.test.as_deref().unwrap_or(Path::new("")).display(),
                metrics::table(&metrics, &names)
            );
            TaskFigures::new(&metrics, documents, test.documents.len(), features)
        }
    };
    seconds.total = start.elapsed().as_secs_f64();
    println!("{:.1} s", seconds.total);
    if let Some(path) = &arguments.report {
        let report = FileReport { task: [(task.to_owned(), figures)].into(), trials, seconds, peak_rss_bytes: peak_rss_bytes() };
        let text = serde_json::to_string_pretty(&report)? + "\n";
        std::fs::write(path, text).with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

fn publish(trained: &TrainedModel, models: &Path, name: &str) -> anyhow::Result<()> {
    std::fs::create_dir_all(models).with_context(|| format!("can't make the folder {}", models.display()))?;
    let model = trained.encode();
    let fingerprint = &model.fingerprint[..12];
    match Store::folder(models)?.publish(name, &model)? {
        Published::New(version) => println!("published models/{name}/versions/{version}, fingerprint {fingerprint}"),
        Published::Already(version) => {
            println!("nothing to publish: models/{name}/versions/{version} is this very model, fingerprint {fingerprint}");
        }
    }
    Ok(())
}
