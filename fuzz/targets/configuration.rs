//! Any text as the server's configuration file.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use slugline::serve::Config;

fuzz_target!(|bytes: &[u8]| {
    let Ok(toml) = std::str::from_utf8(bytes) else { return };
    let path = Path::new("slugline.toml");
    match Config::parse(toml, path) {
        Err(error) => assert!(error.to_string().starts_with("slugline.toml"), "an error names the file: {error}"),
        Ok(config) => {
            if let Err(error) = config.check() {
                assert!(!error.to_string().is_empty());
            }
            assert_eq!(config, Config::parse(toml, path).expect("it has just been parsed"));
        }
    }
});
