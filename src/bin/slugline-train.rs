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
    corpus::{LabelledCorpus, Seeds, UnlabelledCorpus},
    learn::metrics,
    model::{Published, Store, file::EncodedModel},
    train::{
        DoubtfulLabels, Duplicates, Effort, FileReport, Recipe, SemiSupervised, StepSeconds, TrainError, TrainedModel, TrainingReport,
        TrainingSet, UnlabelledFigures, judge_test_file, learning_curves, peak_rss_bytes, report, scarce_labels, tune,
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
    /// Archive without labels to learn from as well, which helps where labels are few: JSON Lines of {"text", "title"?}, .txt, .md or a
    /// folder. Of more than 50,000 documents a sample is taken. Used only if held-out labelled documents are classified better with it
    #[arg(long, value_name = "ARCHIVE", conflicts_with = "check_seeds")]
    unlabelled: Option<PathBuf>,
    /// Labelled file to judge the model by
    #[arg(long, value_name = "FILE", requires = "data")]
    test: Option<PathBuf>,
    /// How many settings to try by cross-validation on the training file, to choose the best
    #[arg(long, value_enum, default_value = "quick", requires = "data")]
    tune: Tune,
    /// Take the default settings: 1- and 2-grams in two documents or more, squared hinge loss, C 0.5
    #[arg(long, conflicts_with = "tune")]
    no_tune: bool,
    /// Let each near-duplicate count as a document of its own; by default a group of them counts once, and stays in one fold
    #[arg(long)]
    keep_duplicates: bool,
    /// Write figures and seconds to this file, as JSON, and a report for people beside it, as HTML
    #[arg(long, value_name = "FILE", conflicts_with = "check_seeds")]
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
    let archive = arguments.unlabelled.as_deref().map(read_archive).transpose()?;
    let mut seconds = StepSeconds { read: start.elapsed().as_secs_f64(), ..StepSeconds::default() };
    let mut set = TrainingSet::of_seeds(&seeds, recipe.glossary_group, recipe.folds);
    let duplicates = look_for_duplicates(&mut set, None, arguments, &mut seconds);
    let scarce = scarce_labels(&set, recipe.folds);
    warn(&scarce);
    let both = archive.as_ref().map(|archive| SemiSupervised::new(&set, archive)).transpose()?;
    let (trained, unlabelled) = train(&recipe, &set, both.as_ref())?;
    seconds = seconds.with(trained.seconds);
    println!("{}", report(&trained.manifest, trained.vocabulary_size()));
    let doubtful_labels = DoubtfulLabels::new(&set, &trained.doubts);
    println!("{}", doubtful_labels.summary());
    let model = trained.encode();
    let published = publish(&model, &arguments.models, arguments.name.as_deref().unwrap_or("news"))?;
    if let Some(path) = &arguments.report {
        let mut page = TrainingReport {
            model_fingerprint: model.fingerprint,
            published: Some(published),
            source: arguments.seeds.display().to_string(),
            warnings: seeds.warnings.iter().map(ToString::to_string).chain(scarce).collect(),
            duplicates,
            doubtful_labels,
            unlabelled,
            ..draw_report(&recipe, &trained, &set, &mut seconds)?
        };
        seconds.total = start.elapsed().as_secs_f64();
        (page.seconds, page.peak_rss_bytes) = (seconds, peak_rss_bytes());
        write_report(path, &page)?;
    }
    println!("{:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn train_on_file(arguments: &Arguments, data: &str) -> anyhow::Result<()> {
    let start = Instant::now();
    let (task, path_of_data) = data.split_once('=').unwrap_or(("label", data));
    let corpus = LabelledCorpus::read(Path::new(path_of_data))?;
    let archive = arguments.unlabelled.as_deref().map(read_archive).transpose()?;
    let mut seconds = StepSeconds { read: start.elapsed().as_secs_f64(), ..StepSeconds::default() };
    // Read before training, so that a mistake in it shows at once.
    let test = arguments.test.as_deref().map(LabelledCorpus::read).transpose()?;

    let mut set = TrainingSet::of_labelled(task, &corpus);
    let (mut recipe, mut trials) = (Recipe::for_labelled_files(), Vec::new());
    let mut duplicates = look_for_duplicates(&mut set, test.as_ref(), arguments, &mut seconds);
    let warnings = scarce_labels(&set, recipe.folds);
    warn(&warnings);
    let both = archive.as_ref().map(|archive| SemiSupervised::new(&set, archive)).transpose()?;
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
    let (trained, unlabelled) = train(&recipe, &set, both.as_ref())?;
    seconds = seconds.with(trained.seconds);
    println!("{}", report(&trained.manifest, trained.vocabulary_size()));
    let doubtful_labels = DoubtfulLabels::new(&set, &trained.doubts);
    println!("{}", doubtful_labels.summary());
    let encoded = (arguments.name.is_some() || arguments.report.is_some()).then(|| trained.encode());
    let published = match (&arguments.name, &encoded) {
        (Some(name), Some(model)) => Some(publish(model, &arguments.models, name)?),
        _ => None,
    };
    let mut page = match &arguments.report {
        Some(_) => Some(draw_report(&recipe, &trained, &set, &mut seconds)?),
        None => None,
    };

    let model = trained.into_model(task);
    if let (Some(test), Some(file)) = (&test, &arguments.test) {
        let clean_rows = duplicates.leaks.as_ref().filter(|leaks| leaks.documents > 0).map_or(&[][..], |leaks| &leaks.clean_rows);
        let judgement = judge_test_file(&model, test, clean_rows);
        seconds.predict = judgement.seconds;
        let names: Vec<&str> = model.manifest().tasks[0].task.labels.iter().map(|label| label.name.as_str()).collect();
        println!("On {}:\n\n{task}\n{}", file.display(), metrics::table(&judgement.metrics, &names));
        if let (Some(leaks), Some(without)) = (&mut duplicates.leaks, &judgement.of_rows) {
            let (accuracy, macro_f1) = (without.accuracy, without.macro_f1);
            println!(
                "Without the {} test documents that are in the training file: accuracy {accuracy:.3}, macro-F1 {macro_f1:.3}\n",
                leaks.documents
            );
            leaks.judged(without);
        }
        if let Some(page) = &mut page {
            page.judged_on(&file.display().to_string(), &judgement);
        }
    }
    seconds.total = start.elapsed().as_secs_f64();
    println!("{:.1} s", seconds.total);
    if let (Some(path), Some(page)) = (&arguments.report, page) {
        let page = TrainingReport {
            model_fingerprint: encoded.map(|model| model.fingerprint).unwrap_or_default(),
            published,
            source: path_of_data.to_owned(),
            trials,
            duplicates,
            doubtful_labels,
            warnings,
            unlabelled,
            seconds,
            peak_rss_bytes: peak_rss_bytes(),
            ..page
        };
        write_report(path, &page)?;
    }
    Ok(())
}

fn read_archive(path: &Path) -> anyhow::Result<UnlabelledCorpus> {
    let archive = UnlabelledCorpus::read(path)?;
    if archive.skipped > 0 {
        eprintln!("warning: {} rows of {} can't be used and are left out, such as", archive.skipped, path.display());
        archive.first_skipped.iter().for_each(|row| eprintln!("  {row}"));
    }
    Ok(archive)
}

/// Trains, with an archive if there is one and it helps, and says what it brought.
fn train(recipe: &Recipe, set: &TrainingSet, both: Option<&SemiSupervised>) -> anyhow::Result<(TrainedModel, Option<UnlabelledFigures>)> {
    let Some(both) = both else {
        return Ok((recipe.train_on(set)?, None));
    };
    let (trained, figures) = both.train(recipe)?;
    println!("{figures}");
    Ok((trained, Some(figures)))
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
}

/// Looks for documents that occur more than once, and tells of them.
fn look_for_duplicates(
    set: &mut TrainingSet,
    test: Option<&LabelledCorpus>,
    arguments: &Arguments,
    seconds: &mut StepSeconds,
) -> Duplicates {
    let start = Instant::now();
    let duplicates = Duplicates::find(set, test, !arguments.keep_duplicates);
    seconds.clean = start.elapsed().as_secs_f64();
    print!("{}", duplicates.summary());
    duplicates
}

/// What is drawn for a report alone: the learning curves, and the terms that tell most.
fn draw_report(
    recipe: &Recipe,
    trained: &TrainedModel,
    set: &TrainingSet,
    seconds: &mut StepSeconds,
) -> Result<TrainingReport, TrainError> {
    let start = Instant::now();
    let whole: Vec<_> = trained.manifest.tasks.iter().map(|task| task.metrics.clone()).collect();
    let curves = learning_curves(recipe, set, &whole)?;
    seconds.learning_curve = start.elapsed().as_secs_f64();
    Ok(TrainingReport::new(trained, set, recipe.folds, curves))
}

/// Writes the figures for programs to `path`, and the page for people beside it.
fn write_report(path: &Path, report: &TrainingReport) -> anyhow::Result<()> {
    let page = path.with_extension("html");
    anyhow::ensure!(page != path, "the report {} would be overwritten by its page: name it .json", path.display());
    let figures = serde_json::to_string_pretty(&FileReport::from(report))? + "\n";
    for (path, text) in [(path, figures), (&page, report.to_html())] {
        std::fs::write(path, text).with_context(|| format!("can't write {}", path.display()))?;
    }
    println!("report: {}", page.display());
    Ok(())
}

/// Publishes a model, and gives its resource name.
fn publish(model: &EncodedModel, models: &Path, name: &str) -> anyhow::Result<String> {
    std::fs::create_dir_all(models).with_context(|| format!("can't make the folder {}", models.display()))?;
    let fingerprint = &model.fingerprint[..12];
    let published = Store::folder(models)?.publish(name, model)?;
    let (Published::New(version) | Published::Already(version)) = published;
    let resource_name = format!("models/{name}/versions/{version}");
    match published {
        Published::New(_) => println!("published {resource_name}, fingerprint {fingerprint}"),
        Published::Already(_) => println!("nothing to publish: {resource_name} is this very model, fingerprint {fingerprint}"),
    }
    Ok(resource_name)
}
