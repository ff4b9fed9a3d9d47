//! How the server is set up, checked. [`super::settings`] tells where the values come from.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{ConfigError, settings};

/// How the server is set up. What each key means, the table of settings says, which `slugline serve --help` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub(super) listen: SocketAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) models: Option<PathBuf>,
    pub(super) watch_seconds: u64,
    pub(super) administration: bool,
    pub(super) max_message_bytes: usize,
    pub(super) stop_delay_seconds: u64,
    pub(super) drain_seconds: u64,
    pub(super) log_format: LogFormat,
    pub(super) limits: Limits,
    pub(super) connections: Connections,
    pub(super) shadow: Shadow,
}

/// How much one call may ask, and how much the server takes on at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub(super) max_document_bytes: usize,
    pub(super) max_batch_documents: usize,
    pub(super) max_stream_documents: usize,
    pub(super) max_call_seconds: u64,
    pub(super) max_concurrent_calls: usize,
    pub(super) max_queued_calls: usize,
    pub(super) max_queue_milliseconds: u64,
    pub(super) max_streams: usize,
    pub(super) max_buffered_bytes: usize,
}

/// What a connection may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Connections {
    pub(super) max_connections: usize,
    pub(super) max_calls: u32,
    pub(super) max_header_bytes: u32,
    pub(super) handshake_seconds: u64,
    pub(super) keepalive_seconds: u64,
    pub(super) send_seconds: u64,
}

/// Which version is tried out beside the one that answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shadow {
    pub(super) version: String,
    pub(super) share: f64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 50051)),
            models: None,
            watch_seconds: 5,
            administration: false,
            max_message_bytes: 64 << 20,
            stop_delay_seconds: 0,
            drain_seconds: 20,
            log_format: LogFormat::default(),
            limits: Limits::default(),
            connections: Connections::default(),
            shadow: Shadow::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let crate::api::Limits { max_document_bytes, max_batch_documents, .. } = Default::default();
        Limits {
            max_document_bytes,
            max_batch_documents,
            max_stream_documents: 16,
            max_call_seconds: 60,
            max_concurrent_calls: 256,
            max_queued_calls: 1024,
            max_queue_milliseconds: 1000,
            max_streams: 1000,
            max_buffered_bytes: 512 << 20,
        }
    }
}

impl Default for Connections {
    fn default() -> Self {
        Connections {
            max_connections: 1000,
            max_calls: 256,
            max_header_bytes: 16 << 10,
            handshake_seconds: 10,
            keepalive_seconds: 30,
            send_seconds: 30,
        }
    }
}

/// How to write the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

impl Config {
    /// Parses a configuration file. `path` is only for the error.
    ///
    /// # Errors
    /// [`ConfigError::Toml`], if it is no TOML, or has a key or a value that means nothing.
    pub fn parse(toml: &str, path: &Path) -> Result<Config, ConfigError> {
        toml::from_str(toml).map_err(|source| ConfigError::Toml { path: path.to_owned(), source: Box::new(source) })
    }

    /// Whether the values make sense, each and together.
    ///
    /// # Errors
    /// [`ConfigError::Value`], with the first one that does not.
    pub fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key, problem: String| Err(ConfigError::Value { key, problem });
        settings::check_ranges(self)?;
        let Limits { max_document_bytes, max_buffered_bytes, .. } = self.limits;
        if self.max_message_bytes < max_document_bytes {
            let problem =
                format!("is {}, too small for a document of limits.max_document_bytes = {max_document_bytes}", self.max_message_bytes);
            return wrong("max_message_bytes", problem);
        }
        if max_buffered_bytes < self.max_message_bytes {
            let problem = format!("is {max_buffered_bytes}, too small for a message of max_message_bytes = {}", self.max_message_bytes);
            return wrong("limits.max_buffered_bytes", problem);
        }
        if !(0.0..=1.0).contains(&self.shadow.share) {
            return wrong("shadow.share", format!("is a share from 0 to 1, not {}", self.shadow.share));
        }
        if self.shadow.share > 0.0
            && let Err(problem) = crate::model::ModelRef::parse(&self.shadow.version)
        {
            return wrong("shadow.version", format!("is {:?}: {problem}", self.shadow.version));
        }
        Ok(())
    }

    /// How much a request may ask.
    pub(super) fn request_limits(&self) -> crate::api::Limits {
        let Limits { max_document_bytes, max_batch_documents, .. } = self.limits;
        crate::api::Limits { max_document_bytes, max_batch_documents, max_answer_bytes: self.max_message_bytes }
    }

    /// How long calls may go on when the server stops.
    pub(super) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

/// In TOML, as a configuration file has it.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&toml::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_changes_nothing() {
        assert_eq!(Config::parse("", Path::new("slugline.toml")).unwrap(), Config::default());
        Config::default().check().unwrap();
    }

    #[test]
    fn an_unknown_key_is_named() {
        for (toml, key) in [("drain = 5", "drain"), ("[limits]\nmax_documents = 5", "max_documents"), ("listen = 5", "listen")] {
            let message = Config::parse(toml, Path::new("slugline.toml")).unwrap_err().to_string();
            assert!(message.starts_with("slugline.toml: ") && message.contains(key), "{message}");
        }
    }

    #[test]
    fn values_that_make_no_sense_together_are_named_by_their_key() {
        let wrong = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            match config.check() {
                Err(ConfigError::Value { key, .. }) => key,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(wrong(|config| config.max_message_bytes = 1000), "max_message_bytes");
        assert_eq!(wrong(|config| config.limits.max_buffered_bytes = 1 << 20), "limits.max_buffered_bytes");
        assert_eq!(wrong(|config| config.shadow.share = 1.5), "shadow.share");
        assert_eq!(wrong(|config| config.shadow.share = f64::NAN), "shadow.share");
        assert_eq!(wrong(|config| config.shadow.share = 0.5), "shadow.version");
    }
}
