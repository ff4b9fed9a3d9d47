//! How the server is set up: a file in TOML, over it the environment, and over both the command line.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::Deserialize;

use crate::api::Limits;

/// What the names of environment variables begin with. The rest is the key, in upper case: `SLUGLINE_SERVE_LIMITS_MAX_DOCUMENT_BYTES`.
const ENVIRONMENT_PREFIX: &str = "SLUGLINE_SERVE_";

/// Offsets in answers are 32-bit, and buffers are kept for the largest document.
const LARGEST_DOCUMENT_LIMIT: usize = 64 << 20;
/// Longer than this, and whoever stops the server has killed it.
const LONGEST_DRAIN_SECONDS: u64 = 3600;

/// How the server is set up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen. Port 0 is any free one.
    pub listen: SocketAddr,
    /// The folder of models. Without one: `./models` if it exists, or else the model that is compiled in.
    pub models: Option<PathBuf>,
    /// How often to look for new models, beside being told by the file system.
    pub watch_seconds: u64,
    /// Whether calls may choose the version that answers.
    pub administration: bool,
    /// How long running calls may take to finish when the server is stopped.
    pub drain_seconds: u64,
    /// The largest message to read or to send, in bytes.
    pub max_message_bytes: usize,
    /// How to write the log.
    pub log_format: LogFormat,
    /// How much a request may ask.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 50051)),
            models: None,
            watch_seconds: 5,
            administration: false,
            drain_seconds: 20,
            max_message_bytes: 64 << 20,
            log_format: LogFormat::default(),
            limits: Limits::default(),
        }
    }
}

/// How to write the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("it is \"text\" or \"json\""),
        }
    }
}

impl Config {
    /// Reads a configuration file, if there is to be one, and the environment over it. `environment` looks up a variable by its name.
    ///
    /// # Errors
    /// If the file can't be read or is wrong, or a variable is. Call [`Config::check`] when the command line is in.
    pub fn read(file: Option<&Path>, environment: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let mut config = match file {
            None => Config::default(),
            Some(path) => {
                let toml = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
                Config::parse(&toml, path)?
            }
        };
        config.read_environment(environment)?;
        Ok(config)
    }

    /// Parses a configuration file. `path` is only for the error.
    fn parse(toml: &str, path: &Path) -> Result<Config, ConfigError> {
        toml::from_str(toml).map_err(|source| ConfigError::Toml { path: path.to_owned(), source: Box::new(source) })
    }

    fn read_environment(&mut self, environment: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        let environment = Environment(environment);
        environment.read("LISTEN", &mut self.listen)?;
        if let Some(models) = environment.get::<PathBuf>("MODELS")? {
            self.models = Some(models);
        }
        environment.read("WATCH_SECONDS", &mut self.watch_seconds)?;
        environment.read("ADMINISTRATION", &mut self.administration)?;
        environment.read("DRAIN_SECONDS", &mut self.drain_seconds)?;
        environment.read("MAX_MESSAGE_BYTES", &mut self.max_message_bytes)?;
        environment.read("LOG_FORMAT", &mut self.log_format)?;
        environment.read("LIMITS_MAX_DOCUMENT_BYTES", &mut self.limits.max_document_bytes)?;
        environment.read("LIMITS_MAX_BATCH_DOCUMENTS", &mut self.limits.max_batch_documents)?;
        Ok(())
    }

    /// Whether the values make sense, each and together.
    ///
    /// # Errors
    /// [`ConfigError::Value`], with the first one that does not.
    pub fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key, problem: String| Err(ConfigError::Value { key, problem });
        let Limits { max_document_bytes, max_batch_documents } = self.limits;
        if !(1..=LARGEST_DOCUMENT_LIMIT).contains(&max_document_bytes) {
            return wrong("limits.max_document_bytes", format!("is from 1 to {LARGEST_DOCUMENT_LIMIT}, not {max_document_bytes}"));
        }
        if max_batch_documents == 0 {
            return wrong("limits.max_batch_documents", "is at least 1, not 0".to_owned());
        }
        if self.max_message_bytes < max_document_bytes {
            let problem =
                format!("is {}, too small for a document of limits.max_document_bytes = {max_document_bytes}", self.max_message_bytes);
            return wrong("max_message_bytes", problem);
        }
        if self.drain_seconds > LONGEST_DRAIN_SECONDS {
            return wrong("drain_seconds", format!("is at most {LONGEST_DRAIN_SECONDS}, not {}", self.drain_seconds));
        }
        Ok(())
    }
}

/// The environment, with the variables of the server.
struct Environment<F>(F);

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    fn get<T: FromStr<Err: fmt::Display>>(&self, key: &str) -> Result<Option<T>, ConfigError> {
        let variable = format!("{ENVIRONMENT_PREFIX}{key}");
        let Some(value) = (self.0)(&variable) else { return Ok(None) };
        match value.parse() {
            Ok(parsed) => Ok(Some(parsed)),
            Err(problem) => Err(ConfigError::Environment { variable, value, problem: problem.to_string() }),
        }
    }

    fn read<T: FromStr<Err: fmt::Display>>(&self, key: &str, into: &mut T) -> Result<(), ConfigError> {
        if let Some(value) = self.get(key)? {
            *into = value;
        }
        Ok(())
    }
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such file, or it can't be read.
    #[error("can't read the configuration {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML, or has a key or a value that means nothing.
    #[error("{}: {source}", .path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// What and where.
        source: Box<toml::de::Error>,
    },
    /// An environment variable means nothing.
    #[error("the environment variable {variable} is {value:?}: {problem}")]
    Environment {
        /// Its name.
        variable: String,
        /// Its value.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A value makes no sense.
    #[error("the setting {key} {problem}")]
    Value {
        /// Its key, as in the file.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(toml: &str) -> Result<Config, ConfigError> {
        Config::parse(toml, Path::new("slugline.toml"))
    }

    fn with_environment(mut config: Config, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let lookup = |name: &str| variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
        config.read_environment(lookup)?;
        Ok(config)
    }

    #[test]
    fn an_empty_file_changes_nothing() {
        assert_eq!(parse("").unwrap(), Config::default());
        Config::default().check().unwrap();
    }

    #[test]
    fn a_file_sets_every_key() {
        let toml = r#"
            listen = "0.0.0.0:7000"
            models = "/var/lib/slugline"
            drain_seconds = 5
            max_message_bytes = 1000
            log_format = "json"
            [limits]
            max_document_bytes = 500
            max_batch_documents = 3
        "#;
        let expected = Config {
            listen: "0.0.0.0:7000".parse().unwrap(),
            models: Some("/var/lib/slugline".into()),
            watch_seconds: 5,
            administration: false,
            drain_seconds: 5,
            max_message_bytes: 1000,
            log_format: LogFormat::Json,
            limits: Limits { max_document_bytes: 500, max_batch_documents: 3 },
        };
        assert_eq!(parse(toml).unwrap(), expected);
    }

    #[test]
    fn the_environment_overrides_the_file_for_every_key() {
        let variables = [
            ("SLUGLINE_SERVE_LISTEN", "[::1]:1"),
            ("SLUGLINE_SERVE_MODELS", "m"),
            ("SLUGLINE_SERVE_DRAIN_SECONDS", "6"),
            ("SLUGLINE_SERVE_MAX_MESSAGE_BYTES", "2000"),
            ("SLUGLINE_SERVE_LOG_FORMAT", "json"),
            ("SLUGLINE_SERVE_LIMITS_MAX_DOCUMENT_BYTES", "600"),
            ("SLUGLINE_SERVE_LIMITS_MAX_BATCH_DOCUMENTS", "4"),
        ];
        let expected = Config {
            listen: "[::1]:1".parse().unwrap(),
            models: Some("m".into()),
            watch_seconds: 5,
            administration: false,
            drain_seconds: 6,
            max_message_bytes: 2000,
            log_format: LogFormat::Json,
            limits: Limits { max_document_bytes: 600, max_batch_documents: 4 },
        };
        let file = parse("drain_seconds = 5\nmodels = \"of the file\"").unwrap();
        assert_eq!(with_environment(file.clone(), &variables).unwrap(), expected);
        assert_eq!(with_environment(file.clone(), &[("LISTEN", "[::1]:1")]).unwrap(), file, "other variables are not ours");
    }

    #[test]
    fn an_unknown_key_is_named() {
        for (toml, key) in [("drain = 5", "drain"), ("[limits]\nmax_documents = 5", "max_documents"), ("listen = 5", "listen")] {
            let message = parse(toml).unwrap_err().to_string();
            assert!(message.starts_with("slugline.toml: ") && message.contains(key), "{message}");
        }
    }

    #[test]
    fn a_wrong_variable_is_named_with_its_value() {
        for (variable, value) in [
            ("SLUGLINE_SERVE_LISTEN", "somewhere"),
            ("SLUGLINE_SERVE_DRAIN_SECONDS", "-1"),
            ("SLUGLINE_SERVE_LOG_FORMAT", "xml"),
            ("SLUGLINE_SERVE_LIMITS_MAX_DOCUMENT_BYTES", "1 MiB"),
        ] {
            let message = with_environment(Config::default(), &[(variable, value)]).unwrap_err().to_string();
            assert!(message.contains(variable) && message.contains(value), "{message}");
        }
    }

    #[test]
    fn values_that_make_no_sense_are_named_by_their_key() {
        let wrong = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            match config.check() {
                Err(ConfigError::Value { key, .. }) => key,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(wrong(|config| config.limits.max_document_bytes = 0), "limits.max_document_bytes");
        assert_eq!(wrong(|config| config.limits.max_document_bytes = usize::MAX), "limits.max_document_bytes");
        assert_eq!(wrong(|config| config.limits.max_batch_documents = 0), "limits.max_batch_documents");
        assert_eq!(wrong(|config| config.max_message_bytes = 1000), "max_message_bytes");
        assert_eq!(wrong(|config| config.drain_seconds = u64::MAX), "drain_seconds");
    }

    #[test]
    fn a_missing_file_is_named() {
        let message = Config::read(Some(Path::new("/no/such.toml")), |_| None).unwrap_err().to_string();
        assert!(message.contains("/no/such.toml"), "{message}");
    }
}
