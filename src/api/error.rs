//! What can go wrong with a call, and the one place where it becomes a gRPC status.

use std::{fmt, time::Duration};

use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _, pb};

use crate::model::ModelError;

/// `ErrorInfo.domain` of every error.
pub const DOMAIN: &str = "slugline";

/// When to try again while the models are being loaded.
const RETRY_WHILE_LOADING: Duration = Duration::from_millis(200);
/// When to try again with a server that is going away: another one may have taken its place.
const RETRY_AFTER_STOP: Duration = Duration::from_secs(1);
/// When to try again with a busy server.
const RETRY_WHEN_BUSY: Duration = Duration::from_millis(250);

/// Details travel in HTTP/2 headers, and clients take only some 8 KiB of those. So an error tells no more violations than this, ...
const MAX_VIOLATIONS: usize = 10;
/// ... its message tells no more of them than this, ...
const MAX_VIOLATIONS_IN_MESSAGE: usize = 3;
/// ... and it quotes no more characters of a value than this.
const MAX_QUOTED: usize = 40;

/// Why a call, or one document of it, has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The request is wrong.
    #[error("{0}")]
    InvalidRequest(Violations),
    /// There is no such model, or no such version of it.
    #[error("there is no model {name}; there are: {known}")]
    ModelNotFound {
        /// The name that was asked for, quoted.
        name: String,
        /// The resource names that there are.
        known: String,
    },
    /// There is such a version, and the server has not opened it.
    #[error("{name} is there, but not loaded: {reason}")]
    VersionNotLoaded {
        /// The name that was asked for, quoted.
        name: String,
        /// Why, and what to do.
        reason: String,
    },
    /// A model can't be changed as an administrator asks.
    #[error("{0}")]
    CannotActivate(String),
    /// What only an administrator may do.
    #[error("this server does not let calls change its models; set `administration = true` in its configuration, or use slugline models")]
    AdministrationDisabled,
    /// The server tries no version out.
    #[error("this server tries no version out; shadow.version and shadow.share in its configuration name one")]
    NoShadow,
    /// The server has just started.
    #[error("the server is still loading its models; try again")]
    Loading,
    /// The server is about to stop.
    #[error("the server is stopping; send what has no answer yet again on a new connection")]
    Stopping,
    /// The server has too much to do. Which bound of it is reached, in words.
    #[error("the server is busy: {0}; try again")]
    Overloaded(&'static str),
    /// The time that the call had is over.
    #[error("the call's deadline passed before there was an answer")]
    DeadlineExceeded,
    /// The message is longer than the server reads.
    #[error("the message is longer than {limit} bytes, which is the limit; send fewer or shorter documents in one message")]
    MessageTooLarge {
        /// The largest message, in bytes.
        limit: usize,
    },
    /// The answer would be longer than the server sends.
    #[error("the answer would be longer than {limit} bytes, which is the limit; ask for fewer documents, labels or less evidence at once")]
    AnswerTooLarge {
        /// The largest answer, in bytes.
        limit: usize,
    },
    /// The message is none of the interface. What is wrong with it, in words.
    #[error("the message can't be read: {0}")]
    Malformed(String),
    /// There is no such method, or it can't do what is asked. Which, in words.
    #[error("{0}")]
    Unimplemented(String),
    /// A defect of ours.
    #[error("the server failed to classify the document; its log says why")]
    Internal,
}

impl ApiError {
    /// `ErrorInfo.reason`: which kind of error it is, for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            ApiError::InvalidRequest(_) => "INVALID_REQUEST",
            ApiError::ModelNotFound { .. } => "MODEL_NOT_FOUND",
            ApiError::VersionNotLoaded { .. } => "VERSION_NOT_LOADED",
            ApiError::CannotActivate(_) => "CANNOT_ACTIVATE",
            ApiError::AdministrationDisabled => "ADMINISTRATION_DISABLED",
            ApiError::NoShadow => "NO_SHADOW",
            ApiError::Loading => "MODELS_LOADING",
            ApiError::Stopping => "SERVER_STOPPING",
            ApiError::Overloaded(_) => "OVERLOADED",
            ApiError::DeadlineExceeded => "DEADLINE_EXCEEDED",
            ApiError::MessageTooLarge { .. } => "MESSAGE_TOO_LARGE",
            ApiError::AnswerTooLarge { .. } => "ANSWER_TOO_LARGE",
            ApiError::Malformed(_) => "MALFORMED_MESSAGE",
            ApiError::Unimplemented(_) => "UNIMPLEMENTED",
            ApiError::Internal => "INTERNAL",
        }
    }

    /// The gRPC code.
    pub fn code(&self) -> Code {
        match self {
            ApiError::InvalidRequest(_) | ApiError::Malformed(_) => Code::InvalidArgument,
            ApiError::ModelNotFound { .. } | ApiError::VersionNotLoaded { .. } => Code::NotFound,
            ApiError::CannotActivate(_) | ApiError::NoShadow => Code::FailedPrecondition,
            ApiError::AdministrationDisabled => Code::PermissionDenied,
            ApiError::Loading | ApiError::Stopping => Code::Unavailable,
            ApiError::Overloaded(_) | ApiError::MessageTooLarge { .. } | ApiError::AnswerTooLarge { .. } => Code::ResourceExhausted,
            ApiError::DeadlineExceeded => Code::DeadlineExceeded,
            ApiError::Unimplemented(_) => Code::Unimplemented,
            ApiError::Internal => Code::Internal,
        }
    }

    fn details(&self) -> ErrorDetails {
        let mut details = ErrorDetails::with_error_info(self.reason(), DOMAIN, std::collections::HashMap::new());
        match self {
            ApiError::InvalidRequest(violations) => {
                let fields = violations.iter().map(|(field, description)| FieldViolation::new(field, description));
                details.set_bad_request(fields.collect::<Vec<_>>());
            }
            ApiError::Loading => {
                details.set_retry_info(Some(RETRY_WHILE_LOADING));
            }
            ApiError::Stopping => {
                details.set_retry_info(Some(RETRY_AFTER_STOP));
            }
            ApiError::Overloaded(_) => {
                details.set_retry_info(Some(RETRY_WHEN_BUSY));
            }
            ApiError::ModelNotFound { .. }
            | ApiError::DeadlineExceeded
            | ApiError::MessageTooLarge { .. }
            | ApiError::AnswerTooLarge { .. }
            | ApiError::Malformed(_)
            | ApiError::Unimplemented(_)
            | ApiError::VersionNotLoaded { .. }
            | ApiError::CannotActivate(_)
            | ApiError::AdministrationDisabled
            | ApiError::NoShadow
            | ApiError::Internal => {}
        }
        details
    }
}

/// What an administrator's call is told of the store.
impl From<ModelError> for ApiError {
    fn from(error: ModelError) -> ApiError {
        match error {
            ModelError::UnknownModel { name, known } => ApiError::ModelNotFound { name: quoted(&name), known },
            ModelError::UnknownVersion { name, version, known } => {
                ApiError::ModelNotFound { name: quoted(&format!("models/{name}/versions/{version}")), known }
            }
            other => ApiError::CannotActivate(other.to_string()),
        }
    }
}

/// The status of a call that failed as a whole.
impl From<ApiError> for Status {
    fn from(error: ApiError) -> Status {
        Status::with_error_details(error.code(), error.to_string(), error.details())
    }
}

/// The status of one document among others.
impl From<ApiError> for pb::Status {
    fn from(error: ApiError) -> pb::Status {
        let status = Status::from(error);
        // tonic-types has just encoded a pb::Status there, so this does not fail.
        pb::Status::decode(status.details()).unwrap_or_else(|_| pb::Status {
            code: status.code() as i32,
            message: status.message().to_owned(),
            details: Vec::new(),
        })
    }
}

/// All that is wrong with the fields of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    /// Field and description.
    found: Vec<(String, String)>,
    untold: usize,
}

impl Violations {
    /// Adds what is wrong with a field. `field` is its path in the request: `options.tasks[0]`.
    pub fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        if self.found.len() < MAX_VIOLATIONS {
            self.found.push((field.into(), description.into()));
        } else {
            self.untold += 1;
        }
    }

    /// The paths of the wrong fields, with what is wrong with each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.found.iter().map(|(field, description)| (field.as_str(), description.as_str()))
    }

    /// The error, or `value` if there is nothing wrong.
    pub(super) fn or<T>(self, value: Option<T>) -> Result<T, ApiError> {
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(ApiError::InvalidRequest(self)),
        }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (index, (field, description)) in self.iter().take(MAX_VIOLATIONS_IN_MESSAGE).enumerate() {
            write!(f, "{}{field}: {description}", if index == 0 { "" } else { "; " })?;
        }
        match (self.found.len() + self.untold).saturating_sub(MAX_VIOLATIONS_IN_MESSAGE) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// A caller's value as an error quotes it: escaped, and cut where it is long.
pub(super) fn quoted(value: &str) -> String {
    let mut start: String = value.chars().take(MAX_QUOTED).collect();
    if start.len() < value.len() {
        start.push('…');
    }
    format!("\"{}\"", start.escape_debug())
}

/// The first few of some names, and how many more there are.
pub(super) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = names.len();
    let mut list = names.take(MAX_VIOLATIONS).collect::<Vec<_>>().join(", ");
    if count > MAX_VIOLATIONS {
        list.push_str(&format!(" and {} more", count - MAX_VIOLATIONS));
    }
    if count == 0 { "none".to_owned() } else { list }
}

#[cfg(test)]
mod tests {
    use tonic_types::RpcStatusExt as _;

    use super::*;

    fn invalid(fields: &[(&str, &str)]) -> ApiError {
        let mut violations = Violations::default();
        fields.iter().for_each(|&(field, description)| violations.add(field, description));
        ApiError::InvalidRequest(violations)
    }

    fn all() -> [(ApiError, Code); 15] {
        [
            (invalid(&[("document", "is blank")]), Code::InvalidArgument),
            (ApiError::ModelNotFound { name: "models/x".into(), known: "models/news".into() }, Code::NotFound),
            (ApiError::VersionNotLoaded { name: "models/x".into(), reason: "cut short".into() }, Code::NotFound),
            (ApiError::CannotActivate("cut short".into()), Code::FailedPrecondition),
            (ApiError::AdministrationDisabled, Code::PermissionDenied),
            (ApiError::NoShadow, Code::FailedPrecondition),
            (ApiError::Loading, Code::Unavailable),
            (ApiError::Stopping, Code::Unavailable),
            (ApiError::Overloaded("too many calls"), Code::ResourceExhausted),
            (ApiError::DeadlineExceeded, Code::DeadlineExceeded),
            (ApiError::MessageTooLarge { limit: 5 }, Code::ResourceExhausted),
            (ApiError::AnswerTooLarge { limit: 5 }, Code::ResourceExhausted),
            (ApiError::Malformed("no protobuf".into()), Code::InvalidArgument),
            (ApiError::Unimplemented("no such method".into()), Code::Unimplemented),
            (ApiError::Internal, Code::Internal),
        ]
    }

    #[test]
    fn every_error_has_its_code_and_error_info() {
        for (error, code) in all() {
            let status = Status::from(error.clone());
            assert_eq!(status.code(), code);
            assert_eq!(status.message(), error.to_string());
            let info = status.get_details_error_info().unwrap();
            assert_eq!((info.domain.as_str(), info.reason.as_str()), ("slugline", error.reason()));
        }
    }

    #[test]
    fn what_can_be_tried_again_says_when() {
        for (error, code) in all() {
            let again = code == Code::Unavailable || matches!(error, ApiError::Overloaded(_));
            assert_eq!(Status::from(error).get_details_retry_info().is_some(), again);
        }
    }

    #[test]
    fn violations_name_their_fields() {
        let status = Status::from(invalid(&[("options.tasks[0]", "no such task"), ("document", "is blank")]));
        let fields: Vec<_> = status.get_details_bad_request().unwrap().field_violations.into_iter().map(|one| one.field).collect();
        assert_eq!(fields, ["options.tasks[0]", "document"]);
        assert_eq!(status.message(), "options.tasks[0]: no such task; document: is blank");
    }

    #[test]
    fn a_document_among_others_fails_with_the_same_status_as_alone() {
        for (error, _) in all() {
            let (alone, among) = (Status::from(error.clone()), pb::Status::from(error));
            assert_eq!((among.code, among.message.as_str()), (alone.code() as i32, alone.message()));
            assert_eq!(among.encode_to_vec(), alone.details());
            assert!(among.get_details_error_info().is_some());
        }
    }

    #[test]
    fn an_error_fits_into_http2_headers_whatever_the_request() {
        let mut violations = Violations::default();
        for index in 0..100_000 {
            violations.add(format!("options.explain_labels[{index}]"), format!("there is no {}", quoted(&"🦀".repeat(1000))));
        }
        let error = ApiError::InvalidRequest(violations);
        assert!(error.to_string().ends_with("and 99997 more"), "{error}");
        let status = Status::from(error);
        let percent_encoded = status.message().bytes().map(|byte| if byte.is_ascii_graphic() { 1 } else { 3 }).sum::<usize>();
        let base64 = status.details().len() * 4 / 3;
        assert!(percent_encoded + base64 < 8000, "{percent_encoded} + {base64}");
    }

    #[test]
    fn a_quoted_value_is_escaped_and_cut() {
        assert_eq!(quoted("a\n\"b\""), r#""a\n\"b\"""#);
        assert_eq!(quoted(&"x".repeat(41)), format!("\"{}…\"", "x".repeat(40)));
        assert_eq!(quoted(&"x".repeat(40)), format!("\"{}\"", "x".repeat(40)));
    }
}
