//! The command line of `slugline serve`.

use std::{ffi::OsString, path::PathBuf};

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::{
    Config, ConfigError,
    settings::{self, SETTINGS, Setting},
};

/// Serve models over gRPC.
///
/// Settings are taken from the command line, then from the environment (SLUGLINE_SERVE_LISTEN, SLUGLINE_SERVE_LIMITS_MAX_DOCUMENT_BYTES,
/// ...), then from the file, then from the defaults; nothing needs to be set. Prints `listening on ADDRESS` when it listens; stops on
/// SIGTERM and Ctrl-C.
#[derive(Debug, Default, Args)]
pub struct ServeArgs {
    /// Configuration file, in TOML; slugline.toml in the repository explains it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Check the configuration, print all that is set, and exit
    #[arg(long)]
    pub check_config: bool,
    #[command(flatten)]
    flags: Flags,
}

/// One flag for each setting.
#[derive(Debug, Default)]
struct Flags(Vec<(&'static Setting, String)>);

/// A configuration, and what is odd about where it came from.
#[derive(Debug)]
pub struct Configuration {
    /// What the server is to do.
    pub config: Config,
    /// What was most likely meant otherwise.
    pub warnings: Vec<String>,
}

impl ServeArgs {
    /// The configuration that these arguments, the environment and the file make together.
    ///
    /// # Errors
    /// If anything in it is wrong.
    pub fn configuration(&self, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Configuration, ConfigError> {
        let environment: Vec<_> = environment.into_iter().collect();
        let file = match &self.config {
            None => Config::default(),
            Some(path) => {
                let toml = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
                Config::parse(&toml, path)?
            }
        };
        let config = settings::overlay(file, &environment, &self.flags.0)?;
        config.check()?;
        let unknown = settings::unknown_variables(&environment);
        let warning = |variable| format!("the environment variable {variable} sets nothing: there is no such setting");
        Ok(Configuration { config, warnings: unknown.into_iter().map(warning).collect() })
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| {
            let heading = match setting.section_and_name() {
                ("", _) => "Settings",
                ("limits", _) => "Limits",
                ("connections", _) => "Connections",
                _ => "Shadow",
            };
            let default = settings::default_text(setting).map(|text| format!(" [default: {text}]")).unwrap_or_default();
            let help = format!("{}{default}", setting.help);
            command.arg(Arg::new(setting.key).long(setting.flag()).value_name(setting.value).help(help).help_heading(heading))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let value = |setting: &'static Setting| matches.get_one::<String>(setting.key).map(|value| (setting, value.clone()));
        Ok(Flags(SETTINGS.iter().filter_map(value).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
