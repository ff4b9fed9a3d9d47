//! The `slugline-train` program: fits a model to seeds or to labelled files, says how good it is, and publishes it.

#![warn(clippy::unwrap_used)]

mod arguments;
mod interrupt;
mod publication;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use anyhow::Context;
use slugline::{
    corpus::{LabelledCorpus, Seeds, UnlabelledCorpus},
    learn::thresholds::ThresholdAim,
    model::Model,
    train::{
        DoubtfulLabels, Duplicates, FileReport, Progress, Recipe, SeedCheck, SemiSupervised, StepSeconds, TrainedModel, TrainingReport,
        TrainingSet, Trial, judge_test_file, learning_curves, peak_rss_bytes, report, scarce_labels, test_report, tune,
    },
};

use arguments::Arguments;
use publication::Publication;

fn main() -> ExitCode {
    let arguments = Arguments::read();
    interrupt::listen();
    let done = if arguments.data.is_empty() { train_on_seeds(&arguments) } else { train_on_files(&arguments) };
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
    let read = start.elapsed().as_secs_f64();
    let warnings: Vec<String> = seeds.warnings.iter().map(ToString::to_string).collect();
    warn(&warnings);
    if arguments.check_seeds {
        let terms: usize = seeds.glossaries.iter().map(|glossary| glossary.terms.len()).sum();
        let (articles, glossaries) = (seeds.articles.len(), seeds.glossaries.len());
        print!("{}", SeedCheck::new(&seeds).summary());
        println!("{articles} articles, {glossaries} glossaries with {terms} terms, {} warnings", warnings.len());
        return Ok(());
    }
    let recipe = Recipe::default();
    let set = TrainingSet::of_seeds(&seeds, recipe.glossary_group, recipe.folds);
    let training = Training { arguments, start, read, source: arguments.seeds.display().to_string(), warnings };
    training.run(recipe, set, &[], "news")
}

fn train_on_files(arguments: &Arguments) -> anyhow::Result<()> {
    let start = Instant::now();
    let files: Vec<LabelledCorpus> = arguments.data.iter().map(|file| LabelledCorpus::read(&file.path)).collect::<Result<_, _>>()?;
    let read = start.elapsed().as_secs_f64();
    // Read before training, so that a mistake in them shows at once.
    let read_test = |file: &arguments::TaskFile| -> anyhow::Result<Test> {
        let task = arguments.task_of_test(file).context("a test file has a task")?;
        Ok(Test { task, path: file.path.clone(), corpus: LabelledCorpus::read(&file.path)? })
    };
    let tests: Vec<Test> = arguments.test.iter().map(read_test).collect::<Result<_, _>>()?;
    let tasks: Vec<(&str, &LabelledCorpus)> = arguments.data.iter().map(|file| file.task()).zip(&files).collect();
    let set = TrainingSet::of_labelled(&tasks);
    let source = arguments.data.iter().map(|file| file.path.display().to_string()).collect::<Vec<_>>().join(", ");
    let mut recipe = Recipe::for_labelled_files();
    recipe.learner = recipe.learner.class_weight(arguments.class_weight());
    if let Some(precision) = arguments.precision {
        anyhow::ensure!(
            files.iter().any(|file| file.is_multi_label),
            "{source}: --precision chooses thresholds, and each document here has one label, the most probable one: leave it out, or give \
             labels as lists"
        );
        recipe.thresholds = ThresholdAim::Precision(precision);
    }
    let training = Training { arguments, start, read, source, warnings: Vec::new() };
    training.run(recipe, set, &tests, tasks[0].0)
}

/// A file to judge one task by.
struct Test {
    task: usize,
    path: PathBuf,
    corpus: LabelledCorpus,
}

/// A run of the program.
struct Training<'a> {
    arguments: &'a Arguments,
    start: Instant,
    /// Seconds that reading what is learned from took.
    read: f64,
    /// What is learned from, as the user called it.
    source: String,
    /// What has been warned of.
    warnings: Vec<String>,
}

impl Training<'_> {
    /// From documents to a model that is judged, published and reported. `name` is what it is called if the user does not say; seeds are
    /// then published under it, and files are not.
    fn run(mut self, mut recipe: Recipe, mut set: TrainingSet, tests: &[Test], name: &str) -> anyhow::Result<()> {
        let Arguments { name: chosen_name, report: report_path, .. } = self.arguments;
        let start_of_archive = Instant::now();
        let archive = self.arguments.unlabelled.as_deref().map(read_archive).transpose()?;
        let read = self.read + start_of_archive.elapsed().as_secs_f64();
        let mut seconds = StepSeconds { read, ..StepSeconds::default() };

        let clean = Instant::now();
        let test_rows: Vec<(usize, &LabelledCorpus)> = tests.iter().map(|test| (test.task, &test.corpus)).collect();
        let mut duplicates = Duplicates::find(&mut set, &test_rows, !self.arguments.keep_duplicates);
        seconds.clean = clean.elapsed().as_secs_f64();
        print!("{}", duplicates.summary());
        let scarce = scarce_labels(&set, recipe.folds);
        warn(&scarce);
        self.warnings.extend(scarce);

        let fits = recipe.fits(self.arguments.effort(), archive.is_some(), report_path.is_some());
        let progress = Progress::new(fits);
        set.watch(progress.clone());
        let both = archive.as_ref().map(|archive| SemiSupervised::new(&set, archive)).transpose()?;
        let mut trials = Vec::new();
        if let Some(effort) = self.arguments.effort() {
            let start = Instant::now();
            progress.doing("choosing settings");
            (recipe, trials) = tune(&recipe, &set, effort, |trial| progress.suspend(|| eprintln!("{}", line(trial))))?;
            seconds.tune = start.elapsed().as_secs_f64();
        }
        progress.doing("learning and calibrating");
        let (trained, unlabelled) = match &both {
            None => (recipe.train_on(&set)?, None),
            Some(both) => both.train(&recipe).map(|(trained, figures)| (trained, Some(figures)))?,
        };
        seconds = seconds.with(trained.seconds);
        let mut page = match report_path {
            None => TrainingReport::default(),
            Some(_) => {
                progress.doing("drawing learning curves");
                draw_report(&recipe, &trained, &set, &mut seconds)?
            }
        };
        progress.finish();

        if let Some(figures) = &unlabelled {
            println!("{figures}");
        }
        println!("{}", report(&trained, recipe.thresholds));
        let doubtful_labels = DoubtfulLabels::new(&set, &trained.doubts);
        println!("{}", doubtful_labels.summary());
        if self.arguments.data.is_empty() || chosen_name.is_some() || report_path.is_some() {
            let model = trained.encode();
            if self.arguments.data.is_empty() || chosen_name.is_some() {
                let name = chosen_name.as_deref().unwrap_or(name);
                page.published = Some(Publication { arguments: self.arguments, name, model: &model }.publish(&set, &trained)?);
            }
            page.model_fingerprint = model.fingerprint;
        }
        let model = trained.into_model(name);
        for test in tests {
            seconds.predict += judge(&model, test, &mut duplicates, &mut page);
        }
        seconds.total = self.start.elapsed().as_secs_f64();
        println!("{:.1} s", seconds.total);
        if let Some(path) = report_path {
            let Training { source, warnings, .. } = self;
            let peak_rss_bytes = peak_rss_bytes();
            let figures =
                TrainingReport { source, trials, duplicates, doubtful_labels, warnings, unlabelled, seconds, peak_rss_bytes, ..page };
            write_report(path, &figures)?;
        }
        Ok(())
    }
}

/// A trial in a line.
fn line(trial: &Trial) -> String {
    let mark = if trial.kept { "kept" } else { "" };
    format!("tried {:24} micro-F1 {:.4}  log-loss {:.4}  {mark}", trial.setting, trial.micro_f1, trial.log_loss)
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
}

fn read_archive(path: &Path) -> anyhow::Result<UnlabelledCorpus> {
    let archive = UnlabelledCorpus::read(path)?;
    if archive.skipped > 0 {
        eprintln!("warning: {} rows of {} can't be used and are left out, such as", archive.skipped, path.display());
        archive.first_skipped.iter().for_each(|row| eprintln!("  {row}"));
    }
    Ok(archive)
}

/// Judges a model by a test file, tells how it did, and gives the seconds that classifying took.
fn judge(model: &Model, test: &Test, duplicates: &mut Duplicates, page: &mut TrainingReport) -> f64 {
    let task = &model.manifest().tasks[test.task].task;
    let file = test.path.display().to_string();
    let leaks = duplicates.leaks.get_mut(&task.name).filter(|leaks| leaks.documents > 0);
    let judgement = judge_test_file(model, test.task, &test.corpus, leaks.as_ref().map_or(&[], |leaks| &leaks.clean_rows));
    let names: Vec<&str> = task.labels.iter().map(|label| label.name.as_str()).collect();
    println!("On {file}:\n\n{}\n{}", task.name, test_report(&judgement, &names));
    if let (Some(leaks), Some(without)) = (leaks, &judgement.of_rows) {
        let (accuracy, macro_f1) = (without.accuracy, without.macro_f1);
        let documents = leaks.documents;
        println!("Without the {documents} test documents that are in the training file: accuracy {accuracy:.3}, macro-F1 {macro_f1:.3}\n");
        leaks.judged(without);
    }
    page.judged_on(test.task, &file, &judgement);
    judgement.seconds
}

/// What is drawn for a report alone: the learning curves, and the terms that tell most.
fn draw_report(recipe: &Recipe, trained: &TrainedModel, set: &TrainingSet, seconds: &mut StepSeconds) -> anyhow::Result<TrainingReport> {
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
    let _whole_files = interrupt::hold();
    for (path, text) in [(path, figures), (&page, report.to_html())] {
        std::fs::write(path, text).with_context(|| format!("can't write {}", path.display()))?;
    }
    println!("report: {}", page.display());
    Ok(())
}
