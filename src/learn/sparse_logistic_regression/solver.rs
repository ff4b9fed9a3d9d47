//! Dual coordinate descent for one label.

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

use super::{Loss, SparseLogisticRegressionValidParams};
use crate::features::SparseRows;
use linfa::dataset::Records;

/// A problem with two classes: minimise over `w` and `b`
/// `(|w|^2 + b^2) / 2 + sum_i cost_i * loss(y_i * (w x_i + b))`.
pub(super) struct Problem<'a> {
    pub rows: &'a SparseRows,
    /// 1 for rows with the label, -1 for the others.
    pub signs: &'a [f64],
    /// `C` times the weight of each row.
    pub costs: &'a [f64],
    /// What each feature of a row is multiplied by; `None` for 1. The weights found are for rows as they are.
    pub scales: Option<Vec<f64>>,
}

/// Weights, the intercept last.
pub(super) struct Solution {
    pub weights: Vec<f64>,
    /// The squares of the scales: once for scaling the row, once for taking the scale into the weight.
    squared_scales: Option<Vec<f32>>,
}

impl Problem<'_> {
    pub fn solve(&self, params: &SparseLogisticRegressionValidParams, seed: u64) -> Solution {
        let squared_scales = self.scales.as_ref().map(|scales| scales.iter().map(|scale| (scale * scale) as f32).collect());
        let mut solution = Solution { weights: vec![0.0; self.rows.nfeatures() + 1], squared_scales };
        let mut order = Order::new(self.rows.nsamples(), seed);
        match params.loss {
            Loss::Logistic => self.logistic(params, &mut solution, &mut order),
            Loss::SquaredHinge => self.squared_hinge(params, &mut solution, &mut order),
        }
        solution
    }

    fn squared_lengths(&self) -> Vec<f64> {
        let squared = |&(column, x): &(u32, f32)| {
            let x = f64::from(x) * self.scales.as_ref().map_or(1.0, |scales| scales[column as usize]);
            x * x
        };
        self.rows.rows().map(|row| 1.0 + row.iter().map(squared).sum::<f64>()).collect()
    }

    /// The dual variable of row `i` lies between 0 and its cost; the dual objective's part in it, beyond the quadratic one, is the
    /// negative entropy `a ln a + (cost - a) ln(cost - a)`. Each is minimised in turn by Newton steps in the smaller of `a` and
    /// `cost - a`, which stays exact near both ends.
    fn logistic(&self, params: &SparseLogisticRegressionValidParams, solution: &mut Solution, order: &mut Order) {
        let squared_lengths = self.squared_lengths();
        // Pairs (a, cost - a), both kept because neither is exact as the difference from the other.
        let mut duals: Vec<(f64, f64)> = self.costs.iter().map(|cost| (1e-8_f64.min(0.001 * cost), *cost)).collect();
        for (i, dual) in duals.iter_mut().enumerate() {
            dual.1 -= dual.0;
            solution.add(self.rows.row(i), self.signs[i] * dual.0);
        }
        let mut inner_tolerance = 1e-2;
        for _ in 0..params.max_passes {
            let mut largest_violation = 0.0_f64;
            let mut newton_steps = 0;
            for &i in order.shuffle_all() {
                let i = i as usize;
                let (row, cost, q) = (self.rows.row(i), self.costs[i], squared_lengths[i]);
                if cost == 0.0 {
                    continue;
                }
                let margin = self.signs[i] * solution.score(row);
                let (lower, upper) = duals[i];
                // Work on whichever of the two is below half the cost at the minimum.
                let flipped = 0.5 * q * (upper - lower) + margin < 0.0;
                let (before, slope) = if flipped { (upper, -margin) } else { (lower, margin) };
                let mut z = before;
                if cost - z < 0.5 * cost {
                    z *= 0.1;
                }
                let gradient = |z: f64| q * (z - before) + slope + libm::log(z / (cost - z));
                let mut g = gradient(z);
                largest_violation = largest_violation.max(g.abs());
                for _ in 0..100 {
                    if g.abs() < inner_tolerance {
                        break;
                    }
                    let curvature = q + cost / ((cost - z) * z);
                    let step = z - g / curvature;
                    z = if step <= 0.0 { 0.1 * z } else { step };
                    g = gradient(z);
                    newton_steps += 1;
                }
                let change = z - before;
                if newton_steps > 0 && change != 0.0 {
                    duals[i] = if flipped { (cost - z, z) } else { (z, cost - z) };
                    solution.add(row, self.signs[i] * if flipped { -change } else { change });
                }
            }
            if largest_violation < params.tolerance {
                break;
            }
            if newton_steps <= self.rows.nsamples() / 10 {
                inner_tolerance = (0.1 * inner_tolerance).max(1e-8);
            }
        }
    }

    /// The dual variable of row `i` is at least 0. Rows whose variable is 0 and pushed further down are set aside ("shrunk") until
    /// the rest has converged.
    fn squared_hinge(&self, params: &SparseLogisticRegressionValidParams, solution: &mut Solution, order: &mut Order) {
        let squared_lengths = self.squared_lengths();
        let mut duals = vec![0.0_f64; self.rows.nsamples()];
        let mut shrink_above = f64::INFINITY;
        for _ in 0..params.max_passes {
            let (mut highest, mut lowest) = (f64::NEG_INFINITY, f64::INFINITY);
            order.shuffle_active();
            let mut at = 0;
            while at < order.active {
                let i = order.rows[at] as usize;
                let cost = self.costs[i];
                if cost == 0.0 {
                    order.set_aside(at);
                    continue;
                }
                let (row, diagonal) = (self.rows.row(i), 0.5 / cost);
                let gradient = self.signs[i] * solution.score(row) - 1.0 + diagonal * duals[i];
                let violation = if duals[i] > 0.0 {
                    gradient
                } else if gradient > shrink_above {
                    order.set_aside(at);
                    continue;
                } else {
                    gradient.min(0.0)
                };
                highest = highest.max(violation);
                lowest = lowest.min(violation);
                if violation.abs() > 1e-12 {
                    let before = duals[i];
                    duals[i] = (before - gradient / (squared_lengths[i] + diagonal)).max(0.0);
                    solution.add(row, self.signs[i] * (duals[i] - before));
                }
                at += 1;
            }
            if highest - lowest <= params.tolerance {
                if order.active == order.rows.len() {
                    break;
                }
                order.active = order.rows.len();
                shrink_above = f64::INFINITY;
            } else {
                shrink_above = if highest <= 0.0 { f64::INFINITY } else { highest };
            }
        }
    }
}

impl Solution {
    #[inline]
    fn score(&self, row: &[(u32, f32)]) -> f64 {
        // Four sums side by side: one alone would wait for each addition before the next.
        let mut sums = [self.weights[self.weights.len() - 1], 0.0, 0.0, 0.0];
        let (fours, rest) = row.as_chunks::<4>();
        for four in fours {
            for (sum, &(column, x)) in sums.iter_mut().zip(four) {
                *sum += self.weights[column as usize] * f64::from(x);
            }
        }
        for &(column, x) in rest {
            sums[0] += self.weights[column as usize] * f64::from(x);
        }
        (sums[0] + sums[1]) + (sums[2] + sums[3])
    }

    #[inline]
    fn add(&mut self, row: &[(u32, f32)], factor: f64) {
        match &self.squared_scales {
            None => row.iter().for_each(|&(column, x)| self.weights[column as usize] += factor * f64::from(x)),
            Some(scales) => {
                for &(column, x) in row {
                    self.weights[column as usize] += factor * f64::from(x) * f64::from(scales[column as usize]);
                }
            }
        }
        let intercept = self.weights.len() - 1;
        self.weights[intercept] += factor;
    }
}

/// The order in which rows are visited: another one each pass. Rows beyond the `active` ones are set aside.
struct Order {
    rows: Vec<u32>,
    active: usize,
    random: Xoshiro256PlusPlus,
}

impl Order {
    fn new(rows: usize, seed: u64) -> Self {
        Order { rows: (0..rows as u32).collect(), active: rows, random: Xoshiro256PlusPlus::seed_from_u64(seed) }
    }

    fn shuffle_all(&mut self) -> &[u32] {
        self.active = self.rows.len();
        self.shuffle_active();
        &self.rows
    }

    /// Fisher and Yates' shuffle of the active rows.
    fn shuffle_active(&mut self) {
        for last in (1..self.active).rev() {
            let other = (u128::from(self.random.next_u64()) * (last as u128 + 1)) >> 64;
            self.rows.swap(last, other as usize);
        }
    }

    fn set_aside(&mut self, at: usize) {
        self.active -= 1;
        self.rows.swap(at, self.active);
    }
}
