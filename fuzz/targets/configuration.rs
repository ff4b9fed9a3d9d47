//! Any text as the server's configuration file and, below a line of `%%%`, as its environment.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use slugline::serve::{Config, ServeArgs};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (toml, variables) = text.split_once("\n%%%\n").unwrap_or((text, ""));
    match Config::parse(toml, Path::new("slugline.toml")) {
        Err(error) => assert!(error.to_string().starts_with("slugline.toml"), "an error names the file: {error}"),
        Ok(config) => {
            if let Err(error) = config.check() {
                return assert!(!error.to_string().is_empty());
            }
            let printed = Config::parse(&config.to_string(), Path::new("printed")).expect("what is printed can be read");
            assert_eq!(printed, config);
        }
    }

    let variables = variables.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.into(), value.into()));
    match ServeArgs::default().configuration(variables) {
        Ok(configuration) => assert!(configuration.config.check().is_ok()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
