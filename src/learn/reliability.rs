//! Whether probabilities can be taken at their word, and what is gained by answering only the surer half.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::metrics::best;

/// How many bins of equal width the calibration error is measured over.
pub const BINS: usize = 15;

/// Shares of the documents for which the risk is told.
const COVERAGES: [f64; 6] = [1.0, 0.95, 0.9, 0.8, 0.7, 0.5];

/// Statements made with a certain probability, each true or not: the best label of each document of a single-label task, or each label
/// of each document of a multi-label one.
#[derive(Clone, Debug, Default)]
pub struct Statements(Vec<(f32, bool)>);

/// Statements of similar probability: a bar of a reliability diagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// How many statements.
    pub count: usize,
    /// Their mean probability; 0 if there are none.
    pub mean_probability: f64,
    /// Which share of them was true; 0 if there are none.
    pub share_right: f64,
}

/// What answering only the surest statements gives (El-Yaniv and Wiener 2010).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RiskCoverage {
    /// Which share is answered, by falling probability.
    pub coverage: f64,
    /// Which share of the answered is right.
    pub accuracy: f64,
    /// The lowest probability that is still answered.
    pub least_probability: f64,
}

impl Statements {
    /// One a document: its most probable label. `probabilities` are documents by labels, and `is_right` is asked of a document and a label.
    pub fn of_best_labels(probabilities: ArrayView2<f32>, is_right: impl Fn(usize, usize) -> bool) -> Self {
        let of_row = |(document, row): (usize, ndarray::ArrayView1<f32>)| (row[best(row)], is_right(document, best(row)));
        Statements(probabilities.rows().into_iter().enumerate().map(of_row).collect())
    }

    /// One a document and label.
    pub fn of_all_labels(probabilities: ArrayView2<f32>, is_right: impl Fn(usize, usize) -> bool) -> Self {
        Statements(probabilities.indexed_iter().map(|((document, label), p)| (*p, is_right(document, label))).collect())
    }

    /// Adds one.
    pub fn add(&mut self, probability: f32, is_right: bool) {
        self.0.push((probability, is_right));
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Which share is true; 0 if there are none.
    pub fn accuracy(&self) -> f64 {
        self.0.iter().filter(|(_, right)| *right).count() as f64 / self.0.len().max(1) as f64
    }

    /// Expected calibration error: what mean probability and truth differ by in each bin of equal width, the mean over all statements (Naeini
    /// et al. 2015).
    pub fn calibration_error(&self) -> f64 {
        self.bins().iter().map(|(_, stated, right)| (stated - *right as f64).abs()).sum::<f64>() / self.0.len().max(1) as f64
    }

    /// The reliability diagram: bins of equal width from 0 to 1.
    pub fn reliability(&self) -> Vec<ReliabilityBin> {
        let bin = |(count, stated, right): (usize, f64, usize)| {
            let of = count.max(1) as f64;
            ReliabilityBin { count, mean_probability: stated / of, share_right: right as f64 / of }
        };
        self.bins().into_iter().map(bin).collect()
    }

    /// The risk at several coverages. Statements of the same probability are taken in the order in which they were added; none if there are none.
    pub fn risk_coverage(&self) -> Vec<RiskCoverage> {
        let mut ranked = self.0.clone();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0)); // stable
        let at = |coverage: f64| {
            let taken = &ranked[..((coverage * ranked.len() as f64).round() as usize).max(1)];
            let right = taken.iter().filter(|(_, right)| *right).count();
            let least = taken.last().map_or(0.0, |(probability, _)| f64::from(*probability));
            RiskCoverage { coverage, accuracy: right as f64 / taken.len() as f64, least_probability: least }
        };
        if ranked.is_empty() { Vec::new() } else { COVERAGES.into_iter().map(at).collect() }
    }

    /// Count, sum of probabilities and count of true statements of each bin.
    fn bins(&self) -> [(usize, f64, usize); BINS] {
        let mut bins = [(0, 0.0, 0); BINS];
        for &(probability, is_right) in &self.0 {
            let bin = &mut bins[((probability * BINS as f32) as usize).min(BINS - 1)];
            bin.0 += 1;
            bin.1 += f64::from(probability);
            bin.2 += usize::from(is_right);
        }
        bins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calibration_error_is_the_gap_between_what_was_said_and_what_happened() {
        // Said .8 ten times, right eight times: honest. Said .9 ten times, right five times: off by .4. The mean is .2.
        let mut statements = Statements::default();
        for n in 0..10 {
            statements.add(0.8, n < 8);
            statements.add(0.9, n < 5);
        }
        assert!((statements.calibration_error() - 0.2).abs() < 1e-6);
        let bin = statements.reliability()[13];
        assert_eq!((bin.count, bin.share_right), (10, 0.5));
        assert!((bin.mean_probability - 0.9).abs() < 1e-6);
    }

    #[test]
    fn answering_fewer_leaves_out_the_least_sure() {
        let mut statements = Statements::default();
        (0..10).for_each(|n| statements.add(0.95 - 0.1 * n as f32, n != 3 && n < 9));
        let table = statements.risk_coverage();
        let at = |coverage| table.iter().find(|row| row.coverage == coverage).unwrap();
        assert_eq!(at(1.0).accuracy, 0.8);
        assert_eq!(at(0.9).accuracy, 8.0 / 9.0);
        assert_eq!(at(0.5).accuracy, 0.8);
        assert!((at(0.5).least_probability - 0.55).abs() < 1e-6);
        assert!(Statements::default().risk_coverage().is_empty());
    }
}
