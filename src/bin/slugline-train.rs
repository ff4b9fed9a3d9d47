//! The `slugline-train` program: refits a model from seeds, says how good it is, and publishes it.

#![warn(clippy::unwrap_used)]

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use slugline::{
    corpus::Seeds,
    model::{Published, Store},
    train::{Recipe, report},
};

/// Refits a model from labelled seeds, evaluates it on held-out articles, and publishes it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder of seeds: taxonomy.toml, articles/, glossaries/
    #[arg(long, default_value = "seeds")]
    seeds: PathBuf,
    /// Folder of models to publish into; made if it is not there
    #[arg(long, default_value = "models")]
    models: PathBuf,
    /// Name to publish the model under
    #[arg(long, default_value = "news")]
    name: String,
    /// Only check the seeds; train nothing
    #[arg(long)]
    check_seeds: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let start = Instant::now();
    let seeds = Seeds::load(&arguments.seeds)?;
    for warning in &seeds.warnings {
        eprintln!("warning: {warning}");
    }
    if arguments.check_seeds {
        let terms: usize = seeds.glossaries.iter().map(|glossary| glossary.terms.len()).sum();
        println!(
            "{} articles, {} glossaries with {terms} terms, {} warnings",
            seeds.articles.len(),
            seeds.glossaries.len(),
            seeds.warnings.len()
        );
        return Ok(());
    }
    let trained = Recipe::default().train(&seeds)?;
    println!("{}", report(&trained.manifest, trained.vocabulary_size()));

    std::fs::create_dir_all(&arguments.models).map_err(|e| anyhow::anyhow!("{}: {e}", arguments.models.display()))?;
    let model = trained.encode();
    let (fingerprint, name) = (&model.fingerprint[..12], &arguments.name);
    match Store::folder(&arguments.models)?.publish(name, &model)? {
        Published::New(version) => println!("published models/{name}/versions/{version}, fingerprint {fingerprint}"),
        Published::Already(version) => {
            println!("nothing to publish: models/{name}/versions/{version} is this very model, fingerprint {fingerprint}")
        }
    }
    println!("{:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}
