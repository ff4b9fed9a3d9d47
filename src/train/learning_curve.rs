//! How much more documents would help: the same cross-validation, learning from a part of the documents.

use serde::Serialize;

use super::{CalibrationEffort, TrainError, TrainingSet, cross_validation::CrossValidation, recipe::Recipe};
use crate::{features::ParamsError, learn::metrics::TaskMetrics};

/// The quality of one task by how many documents were learned from, the fewest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct LearningCurve {
    /// One entry a number of documents.
    pub points: Vec<CurvePoint>,
}

/// One point of a learning curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// How many documents were learned from, on the average of the folds.
    pub documents: usize,
    /// Micro-F1 on held-out documents; of a single-label task this is its accuracy.
    pub micro_f1: f64,
    /// Macro-F1 on held-out documents.
    pub macro_f1: f64,
}

/// The parts that are learned from, in eighths. A fit each for every fold: less than one more cross-validation in all.
const EIGHTHS: [usize; CURVE_PARTS] = [1, 2, 4];

/// How many cross-validations a curve takes.
pub(super) const CURVE_PARTS: usize = 3;

/// Learns from an eighth, a quarter and a half of the documents that are not held out, keeping labels in proportion, and judges each on
/// the same held-out documents as `whole`, the metrics by all of them. Gives one curve a task; a part too small to make features from
/// is left out. Glossaries are learned from whole.
pub fn learning_curves(recipe: &Recipe, set: &TrainingSet, whole: &[TaskMetrics]) -> Result<Vec<LearningCurve>, TrainError> {
    // Which calibration is best is another question, and a costly one.
    let recipe = &Recipe { calibration: CalibrationEffort::Quick, ..*recipe };
    let mut curves = vec![LearningCurve::default(); set.tasks.len()];
    let learned_from = (set.articles() * (recipe.folds - 1)) as f64 / recipe.folds as f64;
    let point = |eighths: usize, metrics: &TaskMetrics| CurvePoint {
        documents: (learned_from * eighths as f64 / 8.0).round() as usize,
        micro_f1: metrics.micro_f1,
        macro_f1: metrics.macro_f1,
    };
    for eighths in EIGHTHS {
        let validation = match CrossValidation::run_on_eighths(recipe, set, eighths) {
            Err(TrainError::Features(ParamsError::EmptyVocabulary { .. })) => continue,
            validation => validation?,
        };
        for (task, curve) in curves.iter_mut().enumerate() {
            curve.points.push(point(eighths, &validation.judge(task, set).metrics));
        }
    }
    for (curve, metrics) in curves.iter_mut().zip(whole) {
        curve.points.push(point(8, metrics));
    }
    Ok(curves)
}

impl LearningCurve {
    /// What twice the documents may bring: the curve goes on as a power law of the error, `1 - micro_f1 = a * documents^-b` (Hestness
    /// et al. 2017), with `b` by least squares over the last three points in logarithms. None where there are fewer than two points.
    pub fn after_doubling(&self) -> Option<CurvePoint> {
        let last = *self.points.last()?;
        let recent = &self.points[self.points.len().saturating_sub(3)..];
        let doubled = |of: fn(&CurvePoint) -> f64| -> Option<f64> {
            // An error of nothing has no logarithm, and no room to improve.
            if of(&last) >= 1.0 {
                return Some(1.0);
            }
            let logs: Vec<(f64, f64)> =
                recent.iter().map(|p| (libm::log(p.documents.max(1) as f64), libm::log((1.0 - of(p)).max(1e-9)))).collect();
            let n = logs.len() as f64;
            let (mean_x, mean_y) = (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
            let spread: f64 = logs.iter().map(|p| (p.0 - mean_x) * (p.0 - mean_x)).sum();
            let slope = logs.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum::<f64>() / spread;
            slope.is_finite().then(|| 1.0 - (1.0 - of(&last)) * libm::exp(slope.clamp(-1.0, 0.0) * std::f64::consts::LN_2))
        };
        Some(CurvePoint {
            documents: 2 * last.documents,
            micro_f1: doubled(|point| point.micro_f1)?,
            macro_f1: doubled(|point| point.macro_f1)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Document, LabelledCorpus};

    fn curve(micro: &[f64]) -> LearningCurve {
        let point = |(n, &f1): (usize, &f64)| CurvePoint { documents: 100 << n, micro_f1: f1, macro_f1: f1 };
        LearningCurve { points: micro.iter().enumerate().map(point).collect() }
    }

    #[test]
    fn a_power_law_is_carried_on() {
        // The error falls by a fifth with each doubling.
        let next = curve(&[0.5, 0.6, 0.68, 0.744]).after_doubling().unwrap();
        assert_eq!(next.documents, 1600);
        assert!((next.micro_f1 - 0.7952).abs() < 1e-9, "{next:?}");
    }

    #[test]
    fn no_loss_and_no_perfection_is_foretold() {
        assert_eq!(curve(&[0.9, 0.8, 0.7]).after_doubling().unwrap().micro_f1, 0.7);
        assert_eq!(curve(&[0.9, 1.0]).after_doubling().unwrap().micro_f1, 1.0);
        assert_eq!(curve(&[0.9]).after_doubling(), None);
        assert_eq!(curve(&[]).after_doubling(), None);
    }

    #[test]
    fn more_documents_are_learned_from_at_each_point_and_twice_the_same() {
        let document = |n: usize| Document { id: n.to_string(), text: format!("word{} of day {}", n % 40, n % 7), ..Default::default() };
        let corpus = LabelledCorpus {
            documents: (0..240).map(document).collect(),
            labels: (0..240).map(|n| vec![if n % 40 < 20 { "low" } else { "high" }.to_owned()]).collect(),
            ..Default::default()
        };
        let set = TrainingSet::of_labelled(&[("label", &corpus)]);
        let recipe = Recipe::for_labelled_files();
        let trained = recipe.train_on(&set).unwrap();
        let run = || learning_curves(&recipe, &set, &[trained.manifest.tasks[0].metrics.clone()]).unwrap();
        let curves = run();
        assert_eq!(curves, run());
        let points = &curves[0].points;
        assert_eq!(points.iter().map(|point| point.documents).collect::<Vec<_>>(), [20, 40, 80, 160]);
        assert!(points[0].micro_f1 < points[3].micro_f1, "{points:?}");
    }
}
