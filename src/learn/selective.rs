//! What is gained by answering only where the model is surest.

use ndarray::ArrayView2;
use serde::Serialize;

use super::metrics::best;

/// Shares of the documents for which the risk is told.
const COVERAGES: [f64; 6] = [1.0, 0.95, 0.9, 0.8, 0.7, 0.5];

/// Statements made with a certain probability, each true or not: the best label of each document.
#[derive(Clone, Debug, Default)]
pub struct Statements(Vec<(f32, bool)>);

/// What answering only the surest statements gives (El-Yaniv and Wiener 2010).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
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

    /// Those whose number, in the order of the documents, is wanted.
    pub fn select(&self, is_wanted: impl Fn(usize) -> bool) -> Self {
        Statements(self.0.iter().enumerate().filter(|(number, _)| is_wanted(*number)).map(|(_, statement)| *statement).collect())
    }

    /// Which share is true; none if there are none.
    pub fn accuracy(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.iter().filter(|(_, right)| *right).count() as f64 / self.0.len() as f64)
    }

    /// The risk at several coverages. Statements of the same probability are taken in the order of the documents; none if there are none.
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
}

impl FromIterator<(f32, bool)> for Statements {
    fn from_iter<I: IntoIterator<Item = (f32, bool)>>(statements: I) -> Self {
        Statements(statements.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answering_fewer_leaves_out_the_least_sure() {
        let statements: Statements = (0..10).map(|n| (0.95 - 0.1 * n as f32, n != 3 && n < 9)).collect();
        let table = statements.risk_coverage();
        let at = |coverage| table.iter().find(|row| row.coverage == coverage).unwrap();
        assert_eq!(at(1.0).accuracy, 0.8);
        assert_eq!(at(0.9).accuracy, 8.0 / 9.0);
        assert_eq!(at(0.5).accuracy, 0.8);
        assert!((at(0.5).least_probability - 0.55).abs() < 1e-6);
        assert!(Statements::default().risk_coverage().is_empty());
    }
}
