//! The requests of administrators, checked.

use super::{ApiError, Engine, Violations, engine::parse_name, v1};
use crate::model::{STABLE, VersionRef, check_name};

/// A checked `ActivateModelVersionRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionToActivate {
    /// The model's name: "news".
    pub model: String,
    /// The version's number.
    pub version: u32,
    /// What it shall be called.
    pub alias: String,
}

impl VersionToActivate {
    /// Checks the request.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`], with what is wrong.
    pub fn parse(request: &v1::ActivateModelVersionRequest) -> Result<VersionToActivate, ApiError> {
        let name = parse_name(&request.name)?;
        let alias = if request.alias.is_empty() { STABLE } else { &request.alias };
        let mut violations = Violations::default();
        let version = match name.version {
            VersionRef::Number(number) => Some(number),
            VersionRef::Default | VersionRef::Alias(_) => {
                violations.add("name", "names a version by its number, such as models/news/versions/3");
                None
            }
        };
        if let Err(problem) = check_name(alias) {
            violations.add("alias", problem.to_string());
        }
        violations.or(version.map(|version| VersionToActivate { model: name.model.to_owned(), version, alias: alias.to_owned() }))
    }

    /// The model as it is in `engine`, where the version has its alias by now.
    ///
    /// # Errors
    /// [`ApiError::CannotActivate`] if it has not, and why.
    pub fn answer(&self, engine: &Engine) -> Result<v1::Model, ApiError> {
        let model = engine.registry().model(&self.model);
        match model.and_then(|model| model.aliases.get(&self.alias)).zip(engine.describe(&self.model)) {
            Some((version, described)) if *version == self.version => Ok(described),
            _ => {
                let problem = model.and_then(|model| model.refused.get(&self.version));
                let problem = problem.map_or("someone else has changed it since, or the store can't be read", String::as_str);
                Err(ApiError::CannotActivate(format!("models/{}/versions/{} does not answer: {problem}", self.model, self.version)))
            }
        }
    }
}

/// The model that a `RollbackModelRequest` is about.
///
/// # Errors
/// [`ApiError::InvalidRequest`] if it names none, or one of its versions.
pub fn model_to_roll_back(request: &v1::RollbackModelRequest) -> Result<String, ApiError> {
    let name = parse_name(&request.name)?;
    let mut violations = Violations::default();
    if name.version != VersionRef::Default {
        violations.add("name", "names a model, such as models/news, and none of its versions");
    }
    violations.or(Some(name.model.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activate(name: &str, alias: &str) -> Result<VersionToActivate, Vec<String>> {
        let request = v1::ActivateModelVersionRequest { name: name.into(), alias: alias.into() };
        VersionToActivate::parse(&request).map_err(fields)
    }

    fn fields(error: ApiError) -> Vec<String> {
        match error {
            ApiError::InvalidRequest(violations) => violations.iter().map(|(field, _)| field.to_owned()).collect(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_version_becomes_stable_unless_another_alias_is_named() {
        let expected = |alias: &str| VersionToActivate { model: "news".into(), version: 3, alias: alias.into() };
        assert_eq!(activate("models/news/versions/3", ""), Ok(expected("stable")));
        assert_eq!(activate("models/news/versions/3", "canary"), Ok(expected("canary")));
    }

    #[test]
    fn what_names_no_version_or_no_alias_is_refused_by_its_field() {
        for (name, alias, expected) in [
            ("", "", &["name"][..]),
            ("news", "", &["name"]),
            ("models/news", "", &["name"]),
            ("models/news/versions/stable", "", &["name"]),
            ("models/news/versions/3", "../x", &["alias"]),
            ("models/news", "7", &["name", "alias"]),
        ] {
            assert_eq!(activate(name, alias).unwrap_err(), expected, "{name} {alias}");
        }
        let rollback = |name: &str| model_to_roll_back(&v1::RollbackModelRequest { name: name.into() }).map_err(fields);
        assert_eq!(rollback("models/news"), Ok("news".into()));
        for name in ["", "models/news/versions/3"] {
            assert_eq!(rollback(name).unwrap_err(), ["name"]);
        }
    }
}
