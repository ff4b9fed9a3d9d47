//! How far a training is, for the person who waits at the terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const TEMPLATE: &str = "{bar:30} {msg}, {eta} left";

/// A line on stderr that counts the models fitted of those that a training takes in all. Where stderr is no terminal it shows nothing.
/// Clones are the same line.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Default for Progress {
    /// One that is never seen.
    fn default() -> Self {
        Progress { bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()) }
    }
}

impl Progress {
    /// Starts at 0 of `fits` models.
    pub fn new(fits: usize) -> Self {
        // A template that does not parse costs the looks alone; the test parses it.
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        Progress { bar: ProgressBar::with_draw_target(Some(fits as u64), ProgressDrawTarget::stderr()).with_style(style) }
    }

    /// Says what is being done: "choosing settings".
    pub fn doing(&self, what: &'static str) {
        self.bar.set_message(what);
    }

    /// One more model has been fitted.
    pub(super) fn fitted(&self) {
        self.bar.inc(1);
    }

    /// Runs `print` while the line is off the screen, so that what it writes to the terminal stays whole.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the line off the screen for good.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        corpus::{Document, LabelledCorpus},
        train::{Effort, Recipe, TrainingSet, learning_curves, tune},
    };

    #[test]
    fn the_template_parses() {
        ProgressStyle::with_template(TEMPLATE).unwrap();
    }

    #[test]
    fn as_many_models_are_fitted_as_are_foretold() {
        let document = |n: usize| Document { id: n.to_string(), text: format!("word{} seen on day {n}", n % 2), ..Document::default() };
        let corpus = LabelledCorpus {
            documents: (0..30).map(document).collect(),
            labels: (0..30).map(|n| vec![["even", "odd"][n % 2].to_owned()]).collect(),
            ..LabelledCorpus::default()
        };
        let mut set = TrainingSet::of_labelled(&[("label", &corpus)]);
        let recipe = Recipe::for_labelled_files();
        set.progress = Progress::default();
        let (tuned, _) = tune(&recipe, &set, Effort::Quick, |_| {}).unwrap();
        let trained = tuned.train_on(&set).unwrap();
        learning_curves(&tuned, &set, &[trained.manifest.tasks[0].metrics.clone()]).unwrap();
        assert_eq!(set.progress.bar.position() as usize, recipe.fits(Some(Effort::Quick), false, true));
    }
}
