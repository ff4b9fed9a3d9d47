//! The command line of `slugline serve`.

use std::{net::SocketAddr, path::PathBuf};

use super::{Config, ConfigError};

/// Serve models over gRPC.
///
/// Settings are taken from the command line, then from the environment (SLUGLINE_SERVE_LISTEN, SLUGLINE_SERVE_LIMITS_MAX_DOCUMENT_BYTES,
/// ...), then from the file. Prints `listening on ADDRESS` when it listens; stops on SIGTERM and Ctrl-C.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ServeArgs {
    /// Configuration file, in TOML
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where to listen; port 0 takes any free one [default: 127.0.0.1:50051]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Folder of models [default: ./models if it exists, or else the model that is compiled in]
    #[arg(long, value_name = "FOLDER")]
    pub models: Option<PathBuf>,
    /// Check the configuration and exit
    #[arg(long)]
    pub check_config: bool,
}

impl ServeArgs {
    /// The configuration that these arguments, the environment and the file make together. `environment` looks up a variable by its name.
    ///
    /// # Errors
    /// If anything in it is wrong.
    pub fn configuration(&self, environment: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let mut config = Config::read(self.config.as_deref(), environment)?;
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        if let Some(models) = &self.models {
            config.models = Some(models.clone());
        }
        config.check()?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_overrides_the_environment() {
        let environment = |name: &str| (name == "SLUGLINE_SERVE_LISTEN").then(|| "127.0.0.1:1".to_owned());
        let listen = |listen: Option<&str>| {
            let args = ServeArgs { listen: listen.map(|address| address.parse().unwrap()), ..Default::default() };
            args.configuration(environment).unwrap().listen.to_string()
        };
        assert_eq!(listen(None), "127.0.0.1:1");
        assert_eq!(listen(Some("127.0.0.1:2")), "127.0.0.1:2");
    }

    #[test]
    fn a_configuration_that_makes_no_sense_is_refused() {
        let environment = |name: &str| (name == "SLUGLINE_SERVE_LIMITS_MAX_BATCH_DOCUMENTS").then(|| "0".to_owned());
        assert!(matches!(ServeArgs::default().configuration(environment), Err(ConfigError::Value { .. })));
    }
}
