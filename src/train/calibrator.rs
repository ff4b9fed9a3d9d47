//! Ways from scores to probabilities, compared on documents that neither the scores nor the calibration were learned from.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde::Serialize;

use crate::{
    corpus::TaskKind,
    learn::{
        calibration::{Calibration, Line, platt, temperature},
        isotonic::Isotonic,
        joint_scaling::{saturating_scaling, vector_scaling},
        saturation::Saturation,
    },
};

/// A more supple calibration must lower the log-loss by this share to be chosen before a simpler one. Between folds the log-loss of one and
/// the same calibration differs by more than that.
const WORTH_IT: f64 = 0.005;

/// Which calibrations a training chooses from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalibrationEffort {
    /// Platt scaling for both, put to a sum of 1 for single-label tasks: nearly as good as the best, in a hundredth of its time. For tuning.
    Quick,
    /// All of them are fitted and measured.
    Best,
}

/// A way from scores to probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calibrator {
    /// Scores as they are. Only to compare with.
    Uncalibrated,
    /// One slope for all labels.
    Temperature,
    /// A line a label, fitted together on the softmax.
    VectorScaling,
    /// A line a label, each fitted alone; in single-label tasks put to a sum of 1.
    Platt,
    /// A line a label and a bend, fitted together.
    SaturatingScaling,
    /// A rising function a label, each fitted alone; in single-label tasks put to a sum of 1. Only to compare with.
    Isotonic,
}

/// What a calibrator has learned.
pub(super) enum Fitted {
    /// What a model can be served with.
    Served(Calibration),
    /// What is only measured.
    Isotonic(Vec<Isotonic>),
}

/// How the calibrations compared, on held-out documents.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CalibrationFigures {
    /// The name of the one that the model is served with.
    pub chosen: &'static str,
    /// Why.
    pub reason: String,
    /// In how many parts the held-out scores were parted, to fit on all but one and to measure on that one.
    pub folds: usize,
    /// All that were measured, the simplest first.
    pub candidates: Vec<CandidateFigures>,
}

/// How good one calibration is.
#[derive(Clone, Debug, Serialize)]
pub struct CandidateFigures {
    /// Its name.
    pub name: &'static str,
    /// Whether a model can be served with it.
    pub eligible: bool,
    /// Log-loss, in nats.
    pub log_loss: f64,
    /// Expected calibration error over 15 bins.
    pub ece: f64,
    /// Share of documents whose labels were all right.
    pub accuracy: f64,
}

impl Calibrator {
    /// Those that are measured for a kind of task, the simplest first.
    pub fn candidates(effort: CalibrationEffort, kind: TaskKind) -> &'static [Calibrator] {
        use Calibrator::{Isotonic, Platt, SaturatingScaling, Temperature, Uncalibrated, VectorScaling};
        match (effort, kind) {
            (CalibrationEffort::Quick, _) => &[Platt],
            (CalibrationEffort::Best, TaskKind::SingleLabel) => {
                &[Uncalibrated, Temperature, VectorScaling, Platt, SaturatingScaling, Isotonic]
            }
            (CalibrationEffort::Best, TaskKind::MultiLabel) => &[Uncalibrated, Platt, Isotonic],
        }
    }

    /// What people call it.
    pub fn name(self, kind: TaskKind) -> &'static str {
        match (self, kind) {
            (Calibrator::Uncalibrated, _) => "uncalibrated",
            (Calibrator::Temperature, _) => "temperature",
            (Calibrator::VectorScaling, _) => "vector scaling",
            (Calibrator::Platt, TaskKind::SingleLabel) => "Platt, normalised",
            (Calibrator::Platt, TaskKind::MultiLabel) => "Platt",
            (Calibrator::SaturatingScaling, _) => "saturating scaling",
            (Calibrator::Isotonic, TaskKind::SingleLabel) => "isotonic, normalised",
            (Calibrator::Isotonic, TaskKind::MultiLabel) => "isotonic",
        }
    }

    /// Whether a model can be served with it.
    pub fn is_eligible(self) -> bool {
        !matches!(self, Calibrator::Uncalibrated | Calibrator::Isotonic)
    }

    /// Learns from the scores of held-out documents, documents by labels like the `truth`.
    pub fn fit(self, kind: TaskKind, scores: ArrayView2<f32>, truth: ArrayView2<bool>) -> Fitted {
        let labels = scores.ncols();
        let calibration = match self {
            Calibrator::Uncalibrated => Calibration::straight(vec![Line::IDENTITY; labels]),
            Calibrator::Temperature => Calibration::straight(vec![temperature(scores, &single_labels(truth)); labels]),
            Calibrator::VectorScaling => Calibration::straight(vector_scaling(scores, &single_labels(truth))),
            Calibrator::Platt => Calibration {
                lines: (0..labels).into_par_iter().map(|label| platt(scores.column(label), truth.column(label))).collect(),
                saturation: (kind == TaskKind::SingleLabel).then_some(Saturation::OF_PLATT),
            },
            Calibrator::SaturatingScaling => {
                let (lines, saturation) = saturating_scaling(scores, &single_labels(truth));
                Calibration { lines, saturation: Some(saturation) }
            }
            Calibrator::Isotonic => return Fitted::Isotonic(Isotonic::fit_each(scores, truth)),
        };
        Fitted::Served(calibration)
    }
}

impl Fitted {
    /// The probabilities of documents from their scores, both documents by labels.
    pub fn probabilities(&self, kind: TaskKind, scores: ArrayView2<f32>) -> Array2<f32> {
        match self {
            Fitted::Served(calibration) => calibration.probabilities(kind == TaskKind::MultiLabel, scores),
            Fitted::Isotonic(labels) => {
                let mut probabilities = Array2::from_shape_fn(scores.dim(), |(row, label)| labels[label].apply(scores[[row, label]]));
                if kind == TaskKind::SingleLabel {
                    probabilities.rows_mut().into_iter().for_each(|mut row| row /= row.sum());
                }
                probabilities
            }
        }
    }
}

/// The place of the calibration that a model is served with among `measured`, and why.
pub(super) fn choose(measured: &[CandidateFigures]) -> (usize, String) {
    let eligible = || measured.iter().enumerate().filter(|(_, candidate)| candidate.eligible);
    let Some(first) = eligible().next() else { return (0, "nothing else was measured".to_owned()) };
    let (place, chosen) =
        eligible().fold(first, |best, next| if next.1.log_loss < best.1.log_loss * (1.0 - WORTH_IT) { next } else { best });
    let better = measured.iter().filter(|other| other.log_loss < chosen.log_loss).min_by(|a, b| a.log_loss.total_cmp(&b.log_loss));
    let reason = match better {
        None if eligible().count() == 1 && measured.len() == 1 => "the only one measured".to_owned(),
        None => "lowest log-loss on held-out documents".to_owned(),
        Some(other) if other.eligible => {
            format!(
                "simplest of those with the lowest log-loss on held-out documents: that of {} is {:.4}, too little less",
                other.name, other.log_loss
            )
        }
        Some(other) => format!(
            "lowest log-loss on held-out documents of those that a model is served with; that of {} is {:.4}, but it has steps, over which evidence can't be added up",
            other.name, other.log_loss
        ),
    };
    (place, reason)
}

/// The one label of each document; the loader has made sure of it.
pub(super) fn single_labels(truth: ArrayView2<bool>) -> Vec<usize> {
    truth.rows().into_iter().map(|row| row.iter().position(|has| *has).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(name: &'static str, eligible: bool, log_loss: f64) -> CandidateFigures {
        CandidateFigures { name, eligible, log_loss, ece: 0.0, accuracy: 0.0 }
    }

    #[test]
    fn a_more_supple_calibration_must_be_worth_it() {
        let choose = |supple: f64| choose(&[figures("raw", false, 0.9), figures("simple", true, 0.5), figures("supple", true, supple)]);
        assert_eq!(choose(0.49).0, 2);
        let (place, reason) = choose(0.499);
        assert_eq!(place, 1);
        assert!(reason.contains("supple is 0.4990"), "{reason}");
    }

    #[test]
    fn what_can_not_be_served_is_named_but_not_chosen() {
        let (place, reason) = choose(&[figures("simple", true, 0.5), figures("isotonic", false, 0.4)]);
        assert_eq!(place, 0);
        assert!(reason.contains("isotonic is 0.4000"), "{reason}");
    }
}
