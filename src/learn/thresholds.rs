//! From which probability on a label of a multi-label task is given, learned on documents that were held out.

use ndarray::ArrayView1;

/// What a label's threshold is chosen for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum ThresholdAim {
    /// The highest F1.
    #[default]
    F1,
    /// The most documents found with a precision of at least this, above 0 and up to 1.
    Precision(f64),
}

/// Stands for a label that can't be given with the precision asked for: no calibrated probability is as high, but for rounding.
pub const NEVER: f32 = 1.0;

impl ThresholdAim {
    /// The threshold of a label by its `probabilities` and whether documents have it, half way between the two probabilities that it parts.
    /// None if no threshold reaches the precision asked for.
    pub fn choose(self, probabilities: ArrayView1<f32>, truth: ArrayView1<bool>) -> Option<f32> {
        match self {
            ThresholdAim::F1 => Some(threshold_for_f1(probabilities, truth)),
            ThresholdAim::Precision(precision) => threshold_for_precision(probabilities, truth, precision),
        }
    }
}

/// The threshold with the highest F1; a half where no document has the label.
pub fn threshold_for_f1(probabilities: ArrayView1<f32>, truth: ArrayView1<bool>) -> f32 {
    let positives = truth.iter().filter(|has| **has).count();
    let (mut best_f1, mut best) = (0.0, 0.5);
    for cut in cuts(probabilities, truth) {
        let f1 = 2.0 * cut.hits as f64 / (cut.taken + positives) as f64;
        if f1 > best_f1 {
            (best_f1, best) = (f1, cut.threshold);
        }
    }
    best
}

/// The lowest threshold whose precision is at least `precision`, if there is one.
pub fn threshold_for_precision(probabilities: ArrayView1<f32>, truth: ArrayView1<bool>, precision: f64) -> Option<f32> {
    cuts(probabilities, truth).into_iter().rfind(|cut| cut.hits as f64 >= precision * cut.taken as f64).map(|cut| cut.threshold)
}

/// A place to cut the documents ranked by falling probability.
struct Cut {
    threshold: f32,
    /// How many documents lie above.
    taken: usize,
    /// How many of them have the label.
    hits: usize,
}

/// All cuts, by falling threshold. Documents with the same probability are never parted.
fn cuts(probabilities: ArrayView1<f32>, truth: ArrayView1<bool>) -> Vec<Cut> {
    let mut ranked: Vec<(f32, bool)> = probabilities.iter().copied().zip(truth.iter().copied()).collect();
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    let mut cuts = Vec::new();
    let mut hits = 0;
    for (place, pair) in ranked.iter().enumerate() {
        hits += usize::from(pair.1);
        let next = ranked.get(place + 1).map_or(0.0, |next| next.0);
        if next != pair.0 {
            cuts.push(Cut { threshold: 0.5 * (pair.0 + next), taken: place + 1, hits });
        }
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    #[test]
    fn the_threshold_parts_documents_where_f1_is_highest() {
        let probabilities = Array1::from(vec![0.9, 0.8, 0.4, 0.3, 0.1]);
        let truth = Array1::from(vec![true, false, true, false, false]);
        // Taking 1, 2, 3 documents gives F1 of 2/3, 1/2, 4/5.
        assert!((threshold_for_f1(probabilities.view(), truth.view()) - 0.35).abs() < 1e-6);
        let ties = Array1::from(vec![0.5, 0.5, 0.2]);
        assert!((threshold_for_f1(ties.view(), Array1::from(vec![true, false, false]).view()) - 0.35).abs() < 1e-6);
    }

    #[test]
    fn of_the_thresholds_with_the_precision_asked_for_the_lowest_is_taken() {
        let probabilities = array![0.9, 0.8, 0.6, 0.4, 0.2];
        let truth = array![true, false, true, true, false];
        // Taking 1 to 5 documents gives a precision of 1, 1/2, 2/3, 3/4, 3/5.
        let lowest = |precision| threshold_for_precision(probabilities.view(), truth.view(), precision);
        assert!((lowest(0.75).unwrap() - 0.3).abs() < 1e-6, "a dip on the way does not stop it");
        assert!((lowest(0.9).unwrap() - 0.85).abs() < 1e-6);
        assert_eq!(threshold_for_precision(array![0.9, 0.9].view(), array![true, false].view(), 0.9), None, "ties are not parted");
    }
}
