use super::*;

/// The example in the repository, which explains every setting.
const EXAMPLE: &str = include_str!("../../../slugline.toml");

fn environment(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    variables.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// A value that a setting may have, other than its default.
fn other_value(setting: &Setting) -> &'static str {
    match setting.key {
        "listen" => "[::1]:1",
        "models" => "some/folder",
        "administration" => "true",
        "log_format" => "json",
        "shadow.version" => "models/news/versions/canary",
        "shadow.share" => "0.25",
        "max_message_bytes" => "67108865",
        "limits.max_buffered_bytes" => "536870913",
        "connections.max_header_bytes" => "2048",
        _ => "7",
    }
}

#[test]
fn every_key_of_the_configuration_is_a_setting_and_no_others() {
    let mut keys = vec!["models".to_owned()]; // has no default
    for (key, value) in table_of(&Config::default()) {
        match value {
            Value::Table(section) => keys.extend(section.keys().map(|name| format!("{key}.{name}"))),
            _ => keys.push(key),
        }
    }
    let mut settings: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).collect();
    keys.sort_unstable();
    settings.sort_unstable();
    assert_eq!(keys, settings);
}

#[test]
fn a_file_a_variable_and_a_flag_set_every_key_each_over_the_one_before() {
    for setting in SETTINGS {
        let value = other_value(setting);
        let mut expected = table_of(&Config::default());
        setting.set(&mut expected, "a test", value).unwrap();
        let file = Config::parse(&toml::to_string(&expected).unwrap(), "slugline.toml".as_ref()).unwrap();
        assert_ne!(file, Config::default(), "{}", setting.key);
        let variables = environment(&[(&setting.variable(), value)]);
        assert_eq!(overlay(Config::default(), &variables, &[]).unwrap(), file, "{}", setting.key);
        let flags = [(setting, value.to_owned())];
        assert_eq!(overlay(Config::default(), &[], &flags).unwrap(), file, "{}", setting.key);
        if setting.key != "shadow.share" {
            file.check().unwrap();
        }
    }
    let drain = |file: u64, variables: &[(&str, &str)], flags: &[(&Setting, String)]| {
        let file = Config { drain_seconds: file, ..Config::default() };
        overlay(file, &environment(variables), flags).unwrap().drain_seconds
    };
    let setting = SETTINGS.iter().find(|setting| setting.key == "drain_seconds").unwrap();
    let variable = [("SLUGLINE_SERVE_DRAIN_SECONDS", "6")];
    assert_eq!(drain(5, &[("DRAIN_SECONDS", "6")], &[]), 5);
    assert_eq!(drain(5, &variable, &[]), 6);
    assert_eq!(drain(5, &variable, &[(setting, "7".to_owned())]), 7);
}

#[test]
fn the_example_explains_every_setting_and_its_default() {
    let mut lines = EXAMPLE.lines().peekable();
    let mut section = String::new();
    let mut explained = Vec::new();
    let mut uncommented = String::new();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned() + ".";
            uncommented += &format!("{line}\n");
        } else if let Some(text) = line.strip_prefix("# ") {
            let Some(assignment) =
                lines.peek().and_then(|next| next.strip_prefix('#')).filter(|next| !next.starts_with(' ') && next.contains(" = "))
            else {
                continue;
            };
            let key = format!("{section}{}", assignment.split(' ').next().unwrap());
            let setting = SETTINGS.iter().find(|setting| setting.key == key).unwrap_or_else(|| panic!("there is no setting {key}"));
            assert_eq!(text, format!("{}.", setting.help.trim_end_matches('.')), "{key}");
            if let Some(default) = default_text(setting) {
                assert_eq!(assignment, format!("{} = {default}", setting.section_and_name().1), "{key}");
                uncommented += &format!("{assignment}\n");
            }
            explained.push(key);
        }
    }
    assert_eq!(explained, SETTINGS.iter().map(|setting| setting.key).collect::<Vec<_>>());
    assert_eq!(Config::parse(EXAMPLE, "slugline.toml".as_ref()).unwrap(), Config::default(), "it changes nothing as it is");
    assert_eq!(Config::parse(&uncommented, "slugline.toml".as_ref()).unwrap(), Config::default());
}

#[test]
fn a_wrong_variable_or_flag_is_named_with_its_value() {
    for (key, value) in [
        ("listen", "somewhere"),
        ("drain_seconds", "-1"),
        ("drain_seconds", "99999999999999999999"),
        ("log_format", "xml"),
        ("administration", "yes"),
        ("shadow.share", "half"),
        ("limits.max_document_bytes", "1 MiB"),
        ("connections.max_calls", "4294967296"),
    ] {
        let setting = SETTINGS.iter().find(|setting| setting.key == key).unwrap();
        let message = overlay(Config::default(), &environment(&[(&setting.variable(), value)]), &[]).unwrap_err().to_string();
        assert!(message.starts_with(&setting.variable()) && message.contains(value), "{message}");
        let message = overlay(Config::default(), &[], &[(setting, value.to_owned())]).unwrap_err().to_string();
        assert!(message.starts_with(&format!("--{}", setting.flag())) && message.contains(value), "{message}");
    }
}

#[test]
fn a_variable_that_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStringExt as _;
    let variable = (OsString::from("SLUGLINE_SERVE_MODELS"), OsString::from_vec(vec![b'm', 0xff]));
    let message = overlay(Config::default(), &[variable], &[]).unwrap_err().to_string();
    assert!(message.contains("SLUGLINE_SERVE_MODELS"), "{message}");
}

#[test]
fn variables_that_set_nothing_are_told() {
    let variables = environment(&[("SLUGLINE_SERVE_LISTNE", "x"), ("SLUGLINE_SERVE_LISTEN", "x"), ("PATH", "x")]);
    assert_eq!(unknown_variables(&variables), ["SLUGLINE_SERVE_LISTNE"]);
}

#[test]
fn a_number_out_of_its_range_is_named_by_its_key() {
    for setting in SETTINGS {
        let Some(range) = &setting.range else { continue };
        for value in [range.start().checked_sub(1), range.end().checked_add(1)].into_iter().flatten() {
            let Ok(config) = overlay(Config::default(), &[], &[(setting, value.to_string())]) else { continue };
            match config.check() {
                Err(ConfigError::Value { key, .. }) => assert_eq!(key, setting.key),
                other => panic!("{}: {other:?}", setting.key),
            }
        }
    }
}
