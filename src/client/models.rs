//! `slugline models`: which models there are, and which version answers.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use super::ClientError;
use crate::{
    learn::metrics,
    model::{Activated, STABLE, Store},
};

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
        /// Give it this name, such as "canary", and let the version answer as before that does
        #[arg(long, value_name = "ALIAS", default_value = STABLE, hide_default_value = true)]
        alias: String,
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
        Action::Activate { name, version, alias } => activated(name, alias, store.activate(name, alias, *version)?),
        Action::Rollback { name } => activated(name, STABLE, store.rollback(name)?),
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
    let entry = store.entry(name)?;
    let number = match version {
        None => entry.default_version(),
        Some(version) => {
            entry.aliases.get(version).copied().or_else(|| version.parse().ok()).filter(|number| entry.versions.contains(number))
        }
    };
    let number = number.ok_or_else(|| entry.unknown_version(version.unwrap_or(STABLE)))?;
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

fn activated(name: &str, alias: &str, activated: Activated) -> String {
    let (Activated::Now(version) | Activated::Already(version)) = activated;
    let since = if matches!(activated, Activated::Now(_)) { "now" } else { "already" };
    let does = if alias == STABLE { "answers".to_owned() } else { format!("is {alias}") };
    format!("models/{name}/versions/{version} {does} {since}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::store_of_copies::StoreOfCopies;

    fn told(copies: &StoreOfCopies, action: Action) -> Result<String, ClientError> {
        let mut out = Vec::new();
        run(&ModelsCommand { action, models: Some(copies.folder.path().to_owned()) }, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_list_marks_the_version_that_answers() {
        let copies = StoreOfCopies::new("news", &[1, 2, 3]);
        copies.store.activate("news", STABLE, 2).unwrap();
        assert_eq!(
            told(&copies, Action::List).unwrap(),
            "  models/news/versions/1\n* models/news/versions/2  stable\n  models/news/versions/3  previous\n"
        );
    }

    #[test]
    fn what_a_change_comes_to_is_told() {
        let copies = StoreOfCopies::new("news", &[1, 2]);
        let activate = |version, alias: &str| told(&copies, Action::Activate { name: "news".into(), version, alias: alias.into() });
        assert_eq!(activate(1, STABLE).unwrap(), "models/news/versions/1 answers now\n");
        assert_eq!(activate(1, STABLE).unwrap(), "models/news/versions/1 answers already\n");
        assert_eq!(activate(2, "canary").unwrap(), "models/news/versions/2 is canary now\n");
        assert_eq!(told(&copies, Action::Rollback { name: "news".into() }).unwrap(), "models/news/versions/2 answers now\n");
        assert_eq!(activate(9, STABLE).unwrap_err().exit_code(), 2);
    }
}
