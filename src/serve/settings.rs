//! The table of settings: from it come the flags, the variables of the environment, the ranges that are checked, and what
//! `slugline.toml` explains.

use std::{ffi::OsString, ops::RangeInclusive};

use serde::Deserialize as _;
use toml::{Table, Value};

use super::{Config, ConfigError};

/// What the names of environment variables begin with. The rest is the key, in upper case: `SLUGLINE_SERVE_LIMITS_MAX_DOCUMENT_BYTES`.
const ENVIRONMENT_PREFIX: &str = "SLUGLINE_SERVE_";

/// One thing that can be set.
#[derive(Debug)]
pub(super) struct Setting {
    /// Its key, as in the file: `limits.max_document_bytes`.
    pub(super) key: &'static str,
    /// What its value is: `BYTES`.
    pub(super) value: &'static str,
    /// What it means.
    pub(super) help: &'static str,
    /// From where to where it goes, if it is a whole number.
    range: Option<RangeInclusive<u64>>,
}

const fn setting(key: &'static str, value: &'static str, help: &'static str) -> Setting {
    Setting { key, value, help, range: None }
}

const fn number(key: &'static str, value: &'static str, range: RangeInclusive<u64>, help: &'static str) -> Setting {
    Setting { key, value, help, range: Some(range) }
}

/// Offsets in answers are 32-bit, and buffers are kept for the largest document.
const LARGEST_DOCUMENT: u64 = 64 << 20;
/// gRPC gives a message's length in 32 bits.
const LARGEST_MESSAGE: u64 = 1 << 31;
/// Longer than this, and whoever stops the server has killed it.
const HOUR: u64 = 3600;

/// All settings, in the order in which they are explained.
pub(super) const SETTINGS: &[Setting] = &[
    setting("listen", "ADDRESS", "Where to listen; port 0 takes any free one"),
    setting("models", "FOLDER", "Folder of models. Unset: ./models if it exists, or else the model that is compiled in"),
    number(
        "watch_seconds",
        "SECONDS",
        1..=HOUR,
        "How often to look for new models, beside being told by the file system, which network drives don't",
    ),
    setting(
        "administration",
        "BOOL",
        "Whether calls may choose the version that answers (ActivateModelVersion, RollbackModel). Anyone who can reach the server can then",
    ),
    number("max_message_bytes", "BYTES", 1..=LARGEST_MESSAGE, "The largest message to read or to send"),
    number(
        "stop_delay_seconds",
        "SECONDS",
        0..=HOUR,
        "How long to go on as before when told to stop, but NOT_SERVING by health, so that load balancers can turn away first",
    ),
    number(
        "drain_seconds",
        "SECONDS",
        0..=HOUR,
        "How long calls under way may take to finish after that; what has not finished then is broken off",
    ),
    setting("log_format", "FORMAT", "\"text\" for people, \"json\" for programs. The environment's RUST_LOG says how much"),
    number("limits.max_document_bytes", "BYTES", 1..=LARGEST_DOCUMENT, "The largest document, title and content together, in UTF-8"),
    number("limits.max_batch_documents", "COUNT", 1..=1_000_000, "The largest number of documents in a batch"),
    number(
        "limits.max_stream_documents",
        "COUNT",
        1..=10_000,
        "How many answers of a stream may wait until the caller takes them; a stream of more is not read on",
    ),
    number(
        "limits.max_call_seconds",
        "SECONDS",
        1..=HOUR,
        "The longest that a call may take, unless its own deadline is sooner; streams may take any time",
    ),
    number(
        "limits.max_concurrent_calls",
        "COUNT",
        1..=1_000_000,
        "How many calls are worked on at once, over all connections; a stream counts while a document of it is worked on",
    ),
    number(
        "limits.max_queued_calls",
        "COUNT",
        0..=1_000_000,
        "How many calls may wait for that; more are refused at once with RESOURCE_EXHAUSTED, and told when to try again",
    ),
    number(
        "limits.max_queue_milliseconds",
        "MILLISECONDS",
        1..=HOUR * 1000,
        "The longest that a call waits for that, before it is refused in the same way",
    ),
    number("limits.max_streams", "COUNT", 1..=1_000_000, "How many streams may be open at once, over all connections"),
    number(
        "limits.max_buffered_bytes",
        "BYTES",
        1..=1 << 40,
        "How much all calls together may hold of requests, and of answers that callers have not taken yet; what is beyond is refused in the same way",
    ),
    number(
        "connections.max_connections",
        "COUNT",
        1..=1_000_000,
        "How many connections may be open; for one more, the one is closed that has had no call for the longest time",
    ),
    number("connections.max_calls", "COUNT", 1..=100_000, "How many calls may be open at once on one connection"),
    number("connections.max_header_bytes", "BYTES", 1 << 10..=1 << 20, "The largest headers of a call"),
    number("connections.handshake_seconds", "SECONDS", 1..=HOUR, "How long a new connection may take to begin HTTP/2"),
    number(
        "connections.keepalive_seconds",
        "SECONDS",
        1..=HOUR,
        "How often a silent connection is asked whether it is still there; it has as long again to answer",
    ),
    number(
        "connections.send_seconds",
        "SECONDS",
        1..=HOUR,
        "How long a connection may go without taking anything of the answers that wait for it",
    ),
    setting(
        "shadow.version",
        "NAME",
        "A version that is tried out: models/news/versions/canary. Its answers are only compared with those that are given",
    ),
    setting("shadow.share", "SHARE", "For which share of the documents, from 0 to 1"),
];

impl Setting {
    /// The section of the file, empty at its top, and the key there.
    pub(super) fn section_and_name(&self) -> (&'static str, &'static str) {
        self.key.split_once('.').unwrap_or(("", self.key))
    }

    /// The name of the flag, without its hyphens.
    pub(super) fn flag(&self) -> String {
        self.key.replace(['.', '_'], "-")
    }

    /// The name of the environment variable.
    pub(super) fn variable(&self) -> String {
        format!("{ENVIRONMENT_PREFIX}{}", self.key.replace('.', "_").to_uppercase())
    }

    /// Parses a value, which `source` (a flag or a variable) has given, into the type that this setting has, and puts it over what
    /// `table` has.
    fn set(&self, table: &mut Table, source: &str, value: &str) -> Result<(), ConfigError> {
        let wrong = |problem: String| ConfigError::Override { name: source.to_owned(), value: value.to_owned(), problem };
        let parsed = match value_of(&table_of(&Config::default()), self) {
            Some(Value::Integer(_)) => Value::Integer(
                value.parse::<u64>().ok().and_then(|n| n.try_into().ok()).ok_or_else(|| wrong("it is a whole number".into()))?,
            ),
            Some(Value::Boolean(_)) => Value::Boolean(value.parse().map_err(|_| wrong("it is true or false".into()))?),
            Some(Value::Float(_)) => Value::Float(value.parse().map_err(|_| wrong("it is a number".into()))?),
            _ => Value::String(value.to_owned()),
        };
        let mut alone = Table::new();
        put(&mut alone, self, parsed.clone());
        Config::deserialize(alone).map_err(|error| wrong(error.message().to_owned()))?;
        put(table, self, parsed);
        Ok(())
    }
}

/// Puts the values of the environment, and over them those of flags, over those of a file.
pub(super) fn overlay(config: Config, environment: &[(OsString, OsString)], flags: &[(&Setting, String)]) -> Result<Config, ConfigError> {
    let mut table = table_of(&config);
    for setting in SETTINGS {
        let variable = setting.variable();
        let Some((_, value)) = environment.iter().find(|(name, _)| *name == *variable) else { continue };
        let Some(value) = value.to_str() else {
            let value = value.to_string_lossy().into_owned();
            return Err(ConfigError::Override { name: variable, value, problem: "it is not UTF-8".into() });
        };
        setting.set(&mut table, &variable, value)?;
    }
    for (setting, value) in flags {
        setting.set(&mut table, &format!("--{}", setting.flag()), value)?;
    }
    // Each value alone has been fine, so this is.
    Config::deserialize(table).map_err(|source| ConfigError::Toml { path: "the configuration".into(), source: Box::new(source) })
}

/// Variables that look as if they were ours and mean nothing.
pub(super) fn unknown_variables(environment: &[(OsString, OsString)]) -> Vec<String> {
    let names = environment.iter().filter_map(|(name, _)| name.to_str());
    let ours = names.filter(|name| name.starts_with(ENVIRONMENT_PREFIX));
    ours.filter(|name| SETTINGS.iter().all(|setting| setting.variable() != **name)).map(str::to_owned).collect()
}

/// Whether each number is in its range.
pub(super) fn check_ranges(config: &Config) -> Result<(), ConfigError> {
    let table = table_of(config);
    for setting in SETTINGS {
        let (Some(range), Some(Value::Integer(value))) = (&setting.range, value_of(&table, setting)) else { continue };
        if !u64::try_from(*value).is_ok_and(|value| range.contains(&value)) {
            let problem = format!("is from {} to {}, not {value}", range.start(), range.end());
            return Err(ConfigError::Value { key: setting.key, problem });
        }
    }
    Ok(())
}

/// Empty for a configuration that TOML can't hold, of which there is none but with numbers beyond 63 bits; those are out of range, too.
fn table_of(config: &Config) -> Table {
    Table::try_from(config).unwrap_or_default()
}

fn value_of<'t>(table: &'t Table, setting: &Setting) -> Option<&'t Value> {
    match setting.section_and_name() {
        ("", name) => table.get(name),
        (section, name) => table.get(section)?.get(name),
    }
}

fn put(table: &mut Table, setting: &Setting, value: Value) {
    let (section, name) = setting.section_and_name();
    let section = match section {
        "" => table,
        section => match table.entry(section).or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(section) => section,
            _ => return, // a section is a table
        },
    };
    section.insert(name.to_owned(), value);
}

/// The default, as a file has it; none where nothing is set.
pub(super) fn default_text(setting: &Setting) -> Option<String> {
    value_of(&table_of(&Config::default()), setting).map(Value::to_string)
}

#[cfg(test)]
mod tests;
