//! `slugline models`: which models there are, and which version answers.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use super::ClientError;
use crate::{
    learn::metrics,
    model::{ModelEntry, Store},
};

/// The alias that answers requests which name the model alone.
const STABLE: &str = "stable";
/// What `stable` stood for before it was changed.
const PREVIOUS: &str = "previous";

/// Flags of `slugline models`.
#[derive(Debug, clap::Args)]
pub struct ModelsCommand {
    /// What to do
    #[command(subcommand)]
    pub action: Action,
    /// Folder of models. Default: ./models if there is one, else the model that is compiled in
    #[arg(long, value_name = "FOLDER", global = true)]
    pub models: Option<PathBuf>,
}

/// What to do with models.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// List the models, with their versions and aliases
    List,
    /// Tell what a version can do, how well, and what it was trained on
    Show {
        /// The model, such as "news"
        name: String,
        /// Version number or alias. Default: the version that answers
        version: Option<String>,
    },
    /// Let another version answer
    Activate {
        /// The model, such as "news"
        name: String,
        /// The version's number
        version: u32,
    },
    /// Let the version answer again that did before the last change
    Rollback {
        /// The model, such as "news"
        name: String,
    },
}

/// Does what the flags say, and tells it on `out`.
///
/// # Errors
/// If the models can't be read or changed, or there is no such model or version.
pub fn run(command: &ModelsCommand, out: &mut impl Write) -> Result<(), ClientError> {
    let store = Store::find(command.models.as_deref())?;
    let text = match &command.action {
        Action::List => list(&store)?,
        Action::Show { name, version } => show(&store, name, version.as_deref())?,
        Action::Activate { name, version } => activate(&store, name, *version)?,
        Action::Rollback { name } => rollback(&store, name)?,
    };
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(ClientError::Write { output: "standard output".to_owned(), error }),
        _ => Ok(()),
    }
}

fn list(store: &Store) -> Result<String, ClientError> {
    let mut text = String::new();
    for entry in store.models()? {
        for version in &entry.versions {
            let aliases: Vec<&str> = entry.aliases.iter().filter(|(_, of)| *of == version).map(|(alias, _)| alias.as_str()).collect();
            let mark = if entry.default_version() == Some(*version) { "*" } else { " " };
            let line = format!("{mark} models/{}/versions/{version}  {}", entry.name, aliases.join(", "));
            text += line.trim_end();
            text += "\n";
        }
    }
    Ok(text)
}

fn show(store: &Store, name: &str, version: Option<&str>) -> Result<String, ClientError> {
    let entry = find(store, name)?;
    let number = match version {
        None => entry.default_version(),
        Some(version) => {
            entry.aliases.get(version).copied().or_else(|| version.parse().ok()).filter(|number| entry.versions.contains(number))
        }
    };
    let number = number.ok_or_else(|| no_version(&entry, version.unwrap_or(STABLE)))?;
    let model = store.load(name, number)?;
    let manifest = model.manifest();
    let languages = if manifest.languages.is_empty() { "any".to_owned() } else { manifest.languages.join(", ") };
    let mut text = format!(
        "models/{name}/versions/{number}\n  fingerprint {}\n  trained by  {}\n  languages   {languages}\n  vocabulary  {} terms\n  \
         taught with {} articles, {} glossary terms\n  data        {}\n",
        manifest.fingerprint,
        manifest.trainer,
        model.vocabulary_size(),
        manifest.training_data.articles,
        manifest.training_data.glossary_terms,
        manifest.training_data.fingerprint,
    );
    for task in &manifest.tasks {
        let names: Vec<&str> = task.task.labels.iter().map(|label| label.name.as_str()).collect();
        text += &format!("\n{}: {}\n{}", task.task.name, task.task.description, metrics::table(&task.metrics, &names));
    }
    Ok(text)
}

fn activate(store: &Store, name: &str, version: u32) -> Result<String, ClientError> {
    let entry = find(store, name)?;
    if !entry.versions.contains(&version) {
        return Err(no_version(&entry, &version.to_string()));
    }
    match entry.default_version() {
        Some(former) if former == version && entry.aliases.contains_key(STABLE) => {
            return Ok(format!("models/{name}/versions/{version} answers already\n"));
        }
        // First what is only remembered, then what answers: cut between the two, nothing has changed for those who ask.
        Some(former) if former != version => store.set_alias(name, PREVIOUS, former)?,
        _ => {}
    }
    store.set_alias(name, STABLE, version)?;
    Ok(format!("models/{name}/versions/{version} answers now\n"))
}

fn rollback(store: &Store, name: &str) -> Result<String, ClientError> {
    let entry = find(store, name)?;
    let previous = entry.aliases.get(PREVIOUS).copied().ok_or_else(|| {
        ClientError::Usage(format!(
            "no earlier version of {name} is remembered; name the one to go back to: slugline models activate {name} N"
        ))
    })?;
    activate(store, name, previous)
}

fn find(store: &Store, name: &str) -> Result<ModelEntry, ClientError> {
    let mut entries = store.models()?;
    match entries.iter().position(|entry| entry.name == name) {
        Some(index) => Ok(entries.swap_remove(index)),
        None => {
            let known: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
            Err(ClientError::Usage(format!("there is no model \"{name}\"; there are: {}", known.join(", "))))
        }
    }
}

fn no_version(entry: &ModelEntry, version: &str) -> ClientError {
    let known: Vec<String> = entry.versions.iter().map(u32::to_string).collect();
    let aliases = entry.aliases.keys().cloned();
    let known: Vec<String> = known.into_iter().chain(aliases).collect();
    ClientError::Usage(format!("there is no version {version} of model \"{}\"; there are: {}", entry.name, known.join(", ")))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        for version in 1..=3 {
            fs::create_dir_all(folder.path().join(format!("news/{version}"))).unwrap();
        }
        let store = Store::folder(folder.path()).unwrap();
        store.set_alias("news", STABLE, 3).unwrap();
        (folder, store)
    }

    fn aliases(store: &Store) -> Vec<(String, u32)> {
        store.models().unwrap()[0].aliases.clone().into_iter().collect()
    }

    #[test]
    fn another_version_answers_and_the_former_one_is_remembered() {
        let (_folder, store) = store();
        activate(&store, "news", 1).unwrap();
        assert_eq!(aliases(&store), [("previous".to_owned(), 3), ("stable".to_owned(), 1)]);
        activate(&store, "news", 1).unwrap();
        assert_eq!(aliases(&store)[0].1, 3, "to activate it again forgets nothing");
    }

    #[test]
    fn two_rollbacks_come_back_to_where_they_began() {
        let (_folder, store) = store();
        assert!(matches!(rollback(&store, "news"), Err(ClientError::Usage(_))));
        activate(&store, "news", 2).unwrap();
        rollback(&store, "news").unwrap();
        assert_eq!(aliases(&store), [("previous".to_owned(), 2), ("stable".to_owned(), 3)]);
        rollback(&store, "news").unwrap();
        assert_eq!(aliases(&store), [("previous".to_owned(), 3), ("stable".to_owned(), 2)]);
    }

    #[test]
    fn a_model_or_version_that_is_not_there_is_told_with_those_that_are() {
        let (_folder, store) = store();
        assert_eq!(
            activate(&store, "news", 9).unwrap_err().to_string(),
            "there is no version 9 of model \"news\"; there are: 1, 2, 3, stable"
        );
        assert_eq!(rollback(&store, "old").unwrap_err().to_string(), "there is no model \"old\"; there are: news");
    }

    #[test]
    fn the_list_marks_the_version_that_answers() {
        let (_folder, store) = store();
        activate(&store, "news", 2).unwrap();
        assert_eq!(
            list(&store).unwrap(),
            "  models/news/versions/1\n* models/news/versions/2  stable\n  models/news/versions/3  previous\n"
        );
    }
}
