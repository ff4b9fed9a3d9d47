use linfa::ParamGuard;
use serde::{Deserialize, Serialize};

use super::SparseLogisticRegressionError as Error;

/// What a wrong score costs, with the margin `m = y * score` and `y` one of -1 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// `ln(1 + exp(-m))`: logistic regression.
    Logistic,
    /// `max(0, 1 - m)^2`: the linear support vector machine with L2 loss.
    SquaredHinge,
}

/// How much a document with, and one without, the label at hand weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeight {
    /// All the same.
    Equal,
    /// So that both sides weigh the same together: `n / (2 * n_side)`, as scikit-learn's "balanced".
    Balanced,
}

/// Checked settings of a [`super::SparseLogisticRegression`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SparseLogisticRegressionValidParams {
    /// What a wrong score costs.
    pub loss: Loss,
    /// How much the loss counts against the size of the weights.
    pub c: f64,
    /// How much each side of a label weighs.
    pub class_weight: ClassWeight,
    /// How far features that tell a label's documents from the others may go: each feature of a row is multiplied by the size of its
    /// naive Bayes log-ratio to this power. 1 is NB-SVM (Wang and Manning 2012), 0 leaves features as they are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub naive_bayes_power: f64,
    /// The gradient's largest violation at which the solver stops.
    pub tolerance: f64,
    /// The most passes over the rows.
    pub max_passes: usize,
    /// Seed of the order in which rows are visited.
    pub seed: u64,
}

/// Settings of a [`super::SparseLogisticRegression`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SparseLogisticRegressionParams(SparseLogisticRegressionValidParams);

impl Default for SparseLogisticRegressionParams {
    fn default() -> Self {
        Self(SparseLogisticRegressionValidParams {
            loss: Loss::Logistic,
            c: 1.0,
            class_weight: ClassWeight::Equal,
            naive_bayes_power: 0.0,
            tolerance: 0.01,
            max_passes: 1000,
            seed: 42,
        })
    }
}

impl SparseLogisticRegressionParams {
    /// What a wrong score costs.
    pub fn loss(mut self, loss: Loss) -> Self {
        self.0.loss = loss;
        self
    }

    /// How much the loss counts against the size of the weights.
    pub fn c(mut self, c: f64) -> Self {
        self.0.c = c;
        self
    }

    /// How much each side of a label weighs.
    pub fn class_weight(mut self, class_weight: ClassWeight) -> Self {
        self.0.class_weight = class_weight;
        self
    }

    /// How strongly features are scaled by their naive Bayes log-ratios; from 0, not at all, to 2.
    pub fn naive_bayes_power(mut self, power: f64) -> Self {
        self.0.naive_bayes_power = power;
        self
    }

    /// The gradient's largest violation at which the solver stops.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// The most passes over the rows.
    pub fn max_passes(mut self, max_passes: usize) -> Self {
        self.0.max_passes = max_passes;
        self
    }

    /// Seed of the order in which rows are visited.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }
}

impl ParamGuard for SparseLogisticRegressionParams {
    type Checked = SparseLogisticRegressionValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked, Error> {
        let SparseLogisticRegressionValidParams { c, naive_bayes_power, tolerance, max_passes, .. } = self.0;
        if !(c.is_finite() && c > 0.0) {
            Err(Error::C(c))
        } else if !(0.0..=2.0).contains(&naive_bayes_power) {
            Err(Error::NaiveBayesPower(naive_bayes_power))
        } else if !(tolerance.is_finite() && tolerance > 0.0) {
            Err(Error::Tolerance(tolerance))
        } else if max_passes == 0 {
            Err(Error::MaxPasses)
        } else {
            Ok(&self.0)
        }
    }

    fn check(self) -> Result<Self::Checked, Error> {
        self.check_ref().copied()
    }
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}
