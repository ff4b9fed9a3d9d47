//! How far a run over an archive is, for the person who waits at the terminal.

use std::fmt;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

const KNOWN_TOTAL: &str = "{bar:30} {human_pos} of {human_len} documents, {speed}, {eta} left";
const UNKNOWN_TOTAL: &str = "{spinner} {human_pos} documents, {speed}, {elapsed} so far";

/// A line on stderr that counts documents, with their number a second and the time left. Where stderr is no terminal it shows nothing.
/// It leaves the screen when it is dropped.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Starts at 0 of `total` documents, if it is known how many there are. Shows nothing at all unless `visible`.
    pub fn new(total: Option<u64>, visible: bool) -> Self {
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let template = if total.is_some() { KNOWN_TOTAL } else { UNKNOWN_TOTAL };
        Self { bar: ProgressBar::with_draw_target(total, target).with_style(style(template)) }
    }

    /// Counts `documents` that an earlier run has done already: they count as done, but not as this run's speed.
    pub fn skip(&self, documents: u64) {
        self.bar.inc(documents);
        self.bar.tick(); // so that the estimate knows of them before it starts anew
        self.bar.reset_eta();
    }

    /// Counts `documents` more as done. Cheap enough to call for each one.
    pub fn advance(&self, documents: u64) {
        self.bar.inc(documents);
    }

    /// Runs `print` while the line is off the screen, so that what it writes to the terminal stays whole.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    // A template that does not parse costs the looks alone; the tests parse both.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key("speed", |state: &ProgressState, out: &mut dyn fmt::Write| {
        let _ = write!(out, "{:.0} a second", state.per_sec()); // indicatif gives the writer no way to fail
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_templates_parse() {
        for template in [KNOWN_TOTAL, UNKNOWN_TOTAL] {
            ProgressStyle::with_template(template).unwrap();
        }
    }

    #[test]
    fn an_invisible_one_counts_but_draws_nothing() {
        let progress = Progress::new(Some(10), false);
        progress.skip(4);
        progress.advance(3);
        assert!(progress.bar.is_hidden());
        assert_eq!((progress.bar.position(), progress.bar.length()), (7, Some(10)));
    }

    #[test]
    fn documents_of_an_earlier_run_are_not_counted_as_speed() {
        let progress = Progress::new(Some(2_000_000), false);
        progress.skip(1_000_000);
        progress.bar.tick();
        assert_eq!((progress.bar.position(), progress.bar.per_sec()), (1_000_000, 0.0));
    }

    #[test]
    fn an_unknown_total_stays_unknown() {
        assert_eq!(Progress::new(None, false).bar.length(), None);
    }
}
