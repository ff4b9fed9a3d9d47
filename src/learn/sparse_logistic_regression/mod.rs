//! One linear model a label, over sparse rows.
//!
//! The solver is dual coordinate descent: for the logistic loss Yu, Huang and Lin, "Dual coordinate descent methods for logistic
//! regression and maximum entropy models" (Machine Learning 85, 2011), for the squared hinge loss Hsieh et al., "A dual coordinate
//! descent method for large-scale linear SVM" (ICML 2008). Features can be scaled by their naive Bayes log-ratios, as in Wang and
//! Manning, "Baselines and bigrams" (ACL 2012).

mod algorithm;
mod error;
mod feature;
mod hyperparams;
mod naive_bayes;
mod solver;

pub use algorithm::SparseLogisticRegression;
pub use error::SparseLogisticRegressionError;
pub use hyperparams::{ClassWeight, Loss, SparseLogisticRegressionParams, SparseLogisticRegressionValidParams};
