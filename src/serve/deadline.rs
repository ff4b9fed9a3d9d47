//! The time by which a call has to be answered.

use std::time::Duration;

use tokio::time::Instant;
use tonic::codegen::http::HeaderMap;

/// The time by which a stream that has a deadline has to end: among the request's extensions.
#[derive(Clone, Copy)]
pub(super) struct Deadline(pub(super) Instant);

/// How long the caller gives its call: the header `grpc-timeout`, as in the gRPC-over-HTTP/2 protocol: up to eight digits and a unit.
/// One that makes no sense is none.
pub(super) fn stated_timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u32 = digits.parse().ok()?;
    let unit = match unit {
        "H" => Duration::from_secs(3600),
        "M" => Duration::from_secs(60),
        "S" => Duration::from_secs(1),
        "m" => Duration::from_millis(1),
        "u" => Duration::from_micros(1),
        "n" => Duration::from_nanos(1),
        _ => return None,
    };
    Some(unit * count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeout(text: &str) -> Option<Duration> {
        stated_timeout(&HeaderMap::from_iter([("grpc-timeout".parse().unwrap(), text.parse().unwrap())]))
    }

    #[test]
    fn every_unit_is_known() {
        let seconds = ["2H", "2M", "2S", "2m", "2u", "2n"].map(|text| timeout(text).unwrap().as_secs_f64());
        assert_eq!(seconds, [7200.0, 120.0, 2.0, 2e-3, 2e-6, 2e-9]);
        assert_eq!(timeout("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
    }

    #[test]
    fn what_makes_no_sense_is_no_deadline() {
        for text in ["", "S", "1", "1s", "-1S", "+1S", "1.5S", "123456789S", "1 S"] {
            assert_eq!(timeout(text), None, "{text}");
        }
        assert_eq!(stated_timeout(&HeaderMap::new()), None);
    }
}
