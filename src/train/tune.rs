//! Choosing settings by cross-validation on the training documents alone.

use serde::Serialize;

use super::{CalibrationEffort, TrainError, TrainingSet, cross_validation::CrossValidation, recipe::Recipe};
use crate::{features::AnalyzerParams, learn::sparse_logistic_regression::Loss};

/// How long a list of settings is tried. The lists are fixed, so that the same documents give the same choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// About a dozen settings.
    #[default]
    Quick,
    /// About two dozen, with the logistic loss and longer n-grams among them.
    Thorough,
}

impl Effort {
    /// How many settings that is.
    pub fn trials(self) -> usize {
        changes(self).len()
    }
}

/// One setting that was tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// What was tried, in words: "C 0.5".
    pub setting: String,
    /// Micro-F1 on held-out documents, the mean over the tasks; of a single-label task this is its accuracy. The higher, the better.
    pub micro_f1: f64,
    /// Log-loss on held-out documents, the mean over the tasks. Decides where micro-F1 is the same.
    pub log_loss: f64,
    /// Whether it was better than all before, and so was kept.
    pub kept: bool,
}

/// A change to a recipe, with its name.
struct Change {
    name: String,
    apply: Box<dyn Fn(&mut Settings)>,
}

/// What is tuned, apart from each other, to be put back together as a recipe.
#[derive(Clone, Copy)]
struct Settings {
    analyzer: AnalyzerParams,
    min_df: u32,
    max_df: f64,
    loss: Loss,
    c: f64,
    naive_bayes_power: f64,
}

impl Settings {
    fn recipe(&self, recipe: &Recipe) -> Recipe {
        Recipe {
            vectorizer: recipe.vectorizer.analyzer(self.analyzer).min_df(self.min_df).max_df(self.max_df),
            learner: recipe.learner.loss(self.loss).c(self.c).naive_bayes_power(self.naive_bayes_power),
            ..*recipe
        }
    }
}

/// Goes through the settings one after another, keeping each change that does better on held-out documents than what was kept before.
/// `watch` is told of every trial when it is done.
pub fn tune(recipe: &Recipe, set: &TrainingSet, effort: Effort, mut watch: impl FnMut(&Trial)) -> Result<(Recipe, Vec<Trial>), TrainError> {
    recipe.check_support(set)?;
    let (vectorizer, learner) = recipe.checked()?;
    let mut best = Settings {
        analyzer: vectorizer.analyzer,
        min_df: vectorizer.min_df,
        max_df: vectorizer.max_df,
        loss: learner.loss,
        c: learner.c,
        naive_bayes_power: learner.naive_bayes_power,
    };
    let mut trials: Vec<Trial> = Vec::new();
    let mut best_of_all: Option<(f64, f64)> = None;
    for change in changes(effort) {
        let mut settings = best;
        (change.apply)(&mut settings);
        let (micro_f1, log_loss) = score(&settings.recipe(recipe), set)?;
        let kept = best_of_all.is_none_or(|(f1, loss)| micro_f1 > f1 || (micro_f1 == f1 && log_loss < loss));
        if kept {
            (best, best_of_all) = (settings, Some((micro_f1, log_loss)));
        }
        let trial = Trial { setting: change.name, micro_f1, log_loss, kept };
        watch(&trial);
        trials.push(trial);
    }
    Ok((best.recipe(recipe), trials))
}

/// Held-out micro-F1 and log-loss, each the mean over the tasks.
fn score(recipe: &Recipe, set: &TrainingSet) -> Result<(f64, f64), TrainError> {
    let recipe = Recipe { calibration: CalibrationEffort::Quick, ..*recipe };
    let validation = CrossValidation::run(&recipe, set)?;
    let tasks = set.tasks.len() as f64;
    let metrics = validation.judge_all(set).into_iter().map(|judged| judged.metrics);
    Ok(metrics.fold((0.0, 0.0), |(f1, loss), task| (f1 + task.micro_f1 / tasks, loss + task.log_loss / tasks)))
}

/// What is tried, in this order: how strongly to fit and to trust naive Bayes, then what the terms are, then the strength once more.
fn changes(effort: Effort) -> Vec<Change> {
    let thorough = effort == Effort::Thorough;
    let mut changes = vec![Change::new("defaults", |_| {})];
    let strengths: &[f64] = if thorough { &[0.0625, 0.125, 0.25, 1.0, 2.0, 4.0] } else { &[0.25, 1.0] };
    changes.extend(strengths.iter().map(|&c| Change::new(format!("C {c}"), move |s| s.c = c)));
    let powers: &[f64] = if thorough { &[0.0, 0.25, 0.5, 0.75, 1.25] } else { &[0.0, 0.5] };
    changes.extend(powers.iter().map(|&power| Change::new(format!("naive Bayes power {power}"), move |s| s.naive_bayes_power = power)));
    changes.push(Change::new("stems", |s| s.analyzer.stem = true));
    changes.push(Change::new("no stop-words", |s| s.analyzer.drop_stopwords = true));
    let ranges: &[(u8, u8)] = if thorough { &[(1, 1), (1, 3), (1, 4)] } else { &[(1, 1), (1, 3)] };
    changes.extend(ranges.iter().map(|&(a, b)| Change::new(format!("{a}- to {b}-grams"), move |s| s.analyzer.ngram_range = (a, b))));
    let frequencies: &[u32] = if thorough { &[1, 3, 5] } else { &[1] };
    changes.extend(frequencies.iter().map(|&df| Change::new(format!("min_df {df}"), move |s| s.min_df = df)));
    if thorough {
        changes.push(Change::new("max_df 0.5", |s| s.max_df = 0.5));
    }
    changes.push(Change::new("half the C", |s| s.c *= 0.5));
    changes.push(Change::new("twice the C", |s| s.c *= 2.0));
    if thorough {
        for c in [2.0, 8.0, 32.0] {
            changes.push(Change::new(format!("logistic loss, C {c}"), move |s| (s.loss, s.c) = (Loss::Logistic, c)));
        }
    }
    changes
}

impl Change {
    fn new(name: impl Into<String>, apply: impl Fn(&mut Settings) + 'static) -> Self {
        Change { name: name.into(), apply: Box::new(apply) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Document, LabelledCorpus};

    /// Documents that only stems or pairs of words tell apart.
    fn corpus() -> LabelledCorpus {
        let forms = ["cross", "crossing", "crossed", "crosses", "guard", "guarding", "guarded", "guards"];
        let document =
            |n: usize| Document { id: n.to_string(), text: format!("they {} it on day {}", forms[n % 8], n % 5), ..Default::default() };
        LabelledCorpus {
            documents: (0..48).map(document).collect(),
            labels: (0..48).map(|n| vec![if n % 8 < 4 { "crossing" } else { "guarding" }.to_owned()]).collect(),
            ..Default::default()
        }
    }

    #[test]
    fn what_is_kept_was_better_than_all_before_and_twice_the_same() {
        let corpus = corpus();
        let set = TrainingSet::of_labelled(&[("label", &corpus)]);
        let run = || tune(&Recipe::for_labelled_files(), &set, Effort::Quick, |_| {}).unwrap();
        let (recipe, trials) = run();
        assert_eq!(trials, run().1);
        let mut best = (f64::NEG_INFINITY, f64::INFINITY);
        for trial in &trials {
            let better = trial.micro_f1 > best.0 || (trial.micro_f1 == best.0 && trial.log_loss < best.1);
            assert_eq!(trial.kept, better, "{trial:?}");
            if better {
                best = (trial.micro_f1, trial.log_loss);
            }
        }
        assert_eq!(score(&recipe, &set).unwrap(), best, "the recipe is the one that scored so");
    }
}
