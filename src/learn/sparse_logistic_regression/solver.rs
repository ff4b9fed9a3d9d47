//! Dual coordinate descent for a few labels at a time.

use linfa::dataset::Records;
use ndarray::ArrayView2;
use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

use super::{Loss, SparseLogisticRegressionValidParams};
use crate::features::SparseRows;

/// Some labels of a problem, a bit each.
type Labels = u8;

fn each<const L: usize>(labels: Labels) -> impl Iterator<Item = usize> {
    (0..L).filter(move |label| labels & (1 << label) != 0)
}

/// A problem with two classes for each of up to `L` labels, which are eight at most: minimise over `w` and `b`
/// `(|w|^2 + b^2) / 2 + sum_i cost_i * loss(y_i * (w x_i + b))`.
///
/// Each label has its own dual variables and stops on its own, but all go through the rows together: weights are more than a cache holds,
/// and so a row waits once for all labels, not once for each. At 100,000 documents of 40 words that is twice as fast.
pub(super) struct Problem<'a, const L: usize> {
    pub rows: &'a SparseRows,
    /// Which row has which label, rows by labels.
    pub targets: ArrayView2<'a, bool>,
    /// What each row counts; `None` for 1.
    pub row_weights: Option<&'a [f32]>,
    /// For each label, what a row without it counts, and what one with it.
    pub class_weights: [[f64; 2]; L],
}

/// One feature, for each label: a cache line for eight labels.
#[derive(Clone, Copy)]
pub(super) struct Feature<const L: usize> {
    /// The weight for rows as they are.
    pub weights: [f32; L],
    /// The square of what the feature is multiplied by: once for scaling the row, once for taking the scale into the weight.
    squared_scales: [f32; L],
}

impl<const L: usize> Feature<L> {
    /// A feature that is multiplied by a scale for each label, and weighs nothing yet.
    pub fn scaled(scales: [f64; L]) -> Self {
        Feature { weights: [0.0; L], squared_scales: scales.map(|scale| (scale * scale) as f32) }
    }
}

/// What was found.
pub(super) struct Solution<const L: usize> {
    pub features: Vec<Feature<L>>,
    pub intercepts: [f64; L],
}

impl<const L: usize> Problem<'_, L> {
    pub fn solve(&self, params: &SparseLogisticRegressionValidParams, features: Vec<Feature<L>>, seed: u64) -> Solution<L> {
        let mut solution = Solution { features, intercepts: [0.0; L] };
        let mut order = Order::new(self.rows.nsamples(), seed);
        match params.loss {
            Loss::Logistic => self.logistic(params, &mut solution, &mut order),
            Loss::SquaredHinge => self.squared_hinge(params, &mut solution, &mut order),
        }
        solution
    }

    fn all_labels(&self) -> Labels {
        Labels::MAX >> (Labels::BITS as usize - self.targets.ncols())
    }

    #[inline]
    fn row_weight(&self, row: usize) -> f64 {
        self.row_weights.map_or(1.0, |weights| f64::from(weights[row]))
    }

    /// 1 if a row has a label, -1 if not, and `C` times the weight of the row there.
    #[inline]
    fn sign_and_cost(&self, params: &SparseLogisticRegressionValidParams, row: usize, label: usize) -> (f64, f64) {
        let has_label = self.targets[[row, label]];
        (if has_label { 1.0 } else { -1.0 }, params.c * self.row_weight(row) * self.class_weights[label][usize::from(has_label)])
    }

    fn squared_lengths(&self, solution: &Solution<L>) -> Vec<[f32; L]> {
        let of_row = |row: &[(u32, f32)]| {
            let mut sums = [1.0; L];
            for &(column, x) in row {
                let scales = &solution.features[column as usize].squared_scales;
                sums.iter_mut().zip(scales).for_each(|(sum, &scale)| *sum += x * x * scale);
            }
            sums
        };
        self.rows.rows().map(of_row).collect()
    }

    /// The dual variable of row `i` lies between 0 and its cost; the dual objective's part in it, beyond the quadratic one, is the
    /// negative entropy `a ln a + (cost - a) ln(cost - a)`. Each is minimised in turn by Newton steps in the smaller of `a` and
    /// `cost - a`, which stays exact near both ends.
    fn logistic(&self, params: &SparseLogisticRegressionValidParams, solution: &mut Solution<L>, order: &mut Order) {
        let squared_lengths = self.squared_lengths(solution);
        // Pairs (a, cost - a), both kept because neither is exact as the difference from the other.
        let mut duals = vec![[(0.0, 0.0); L]; self.rows.nsamples()];
        for (i, duals) in duals.iter_mut().enumerate() {
            let mut changes = [0.0; L];
            for label in 0..self.targets.ncols() {
                let (sign, cost) = self.sign_and_cost(params, i, label);
                let dual = 1e-8_f64.min(0.001 * cost);
                duals[label] = (dual, cost - dual);
                changes[label] = sign * dual;
            }
            solution.add(self.rows.row(i), &changes);
        }
        let mut unfinished = self.all_labels();
        let mut inner_tolerance = [1e-2; L];
        for _ in 0..params.max_passes {
            let mut largest_violation = [0.0_f64; L];
            let mut newton_steps = [0; L];
            for &i in order.shuffle_all() {
                let i = i as usize;
                if self.row_weight(i) == 0.0 {
                    continue;
                }
                let row = self.rows.row(i);
                let scores = solution.score(row);
                let mut changes = [0.0; L];
                for label in each::<L>(unfinished) {
                    let (sign, cost) = self.sign_and_cost(params, i, label);
                    let (margin, q) = (sign * scores[label], f64::from(squared_lengths[i][label]));
                    let (lower, upper) = duals[i][label];
                    // Work on whichever of the two is below half the cost at the minimum.
                    let flipped = 0.5 * q * (upper - lower) + margin < 0.0;
                    let (before, slope) = if flipped { (upper, -margin) } else { (lower, margin) };
                    let mut z = before;
                    if cost - z < 0.5 * cost {
                        z *= 0.1;
                    }
                    let gradient = |z: f64| q * (z - before) + slope + libm::log(z / (cost - z));
                    let mut g = gradient(z);
                    largest_violation[label] = largest_violation[label].max(g.abs());
                    for _ in 0..100 {
                        if g.abs() < inner_tolerance[label] {
                            break;
                        }
                        let curvature = q + cost / ((cost - z) * z);
                        let step = z - g / curvature;
                        z = if step <= 0.0 { 0.1 * z } else { step };
                        g = gradient(z);
                        newton_steps[label] += 1;
                    }
                    let change = z - before;
                    if newton_steps[label] > 0 && change != 0.0 {
                        duals[i][label] = if flipped { (cost - z, z) } else { (z, cost - z) };
                        changes[label] = sign * if flipped { -change } else { change };
                    }
                }
                solution.add(row, &changes);
            }
            for label in 0..L {
                if largest_violation[label] < params.tolerance {
                    unfinished &= !(1 << label);
                }
                if newton_steps[label] <= self.rows.nsamples() / 10 {
                    inner_tolerance[label] = (0.1 * inner_tolerance[label]).max(1e-8);
                }
            }
            if unfinished == 0 {
                break;
            }
        }
    }

    /// The dual variable of row `i` is at least 0. Rows whose variable is 0 and pushed further down are set aside ("shrunk") until
    /// the rest has converged.
    fn squared_hinge(&self, params: &SparseLogisticRegressionValidParams, solution: &mut Solution<L>, order: &mut Order) {
        let squared_lengths = self.squared_lengths(solution);
        let mut duals = vec![[0.0_f64; L]; self.rows.nsamples()];
        // The labels that each row is not set aside for, and how many rows are set aside for each label.
        let mut active = vec![self.all_labels(); self.rows.nsamples()];
        let mut shrunk = [0; L];
        let mut shrink_above = [f64::INFINITY; L];
        let mut unfinished = self.all_labels();
        for _ in 0..params.max_passes {
            let (mut highest, mut lowest) = ([f64::NEG_INFINITY; L], [f64::INFINITY; L]);
            order.shuffle_active();
            let mut at = 0;
            while at < order.active {
                let i = order.rows[at] as usize;
                if self.row_weight(i) == 0.0 {
                    at += 1;
                    continue;
                }
                let row = self.rows.row(i);
                let scores = solution.score(row);
                let mut changes = [0.0; L];
                for label in each::<L>(active[i] & unfinished) {
                    let (sign, cost) = self.sign_and_cost(params, i, label);
                    let (dual, diagonal) = (&mut duals[i][label], 0.5 / cost);
                    let gradient = sign * scores[label] - 1.0 + diagonal * *dual;
                    let violation = if *dual > 0.0 {
                        gradient
                    } else if gradient > shrink_above[label] {
                        active[i] &= !(1 << label);
                        shrunk[label] += 1;
                        continue;
                    } else {
                        gradient.min(0.0)
                    };
                    highest[label] = highest[label].max(violation);
                    lowest[label] = lowest[label].min(violation);
                    if violation.abs() > 1e-12 {
                        let before = *dual;
                        *dual = (before - gradient / (f64::from(squared_lengths[i][label]) + diagonal)).max(0.0);
                        changes[label] = sign * (*dual - before);
                    }
                }
                solution.add(row, &changes);
                if active[i] & unfinished == 0 {
                    order.set_aside(at);
                } else {
                    at += 1;
                }
            }
            for label in each::<L>(unfinished) {
                shrink_above[label] = if highest[label] <= 0.0 { f64::INFINITY } else { highest[label] };
                if highest[label] - lowest[label] > params.tolerance {
                    continue;
                }
                if shrunk[label] == 0 {
                    unfinished &= !(1 << label);
                    continue;
                }
                shrink_above[label] = f64::INFINITY;
                shrunk[label] = 0;
                active.iter_mut().for_each(|labels| *labels |= 1 << label);
                order.active = order.rows.len();
            }
            if unfinished == 0 {
                break;
            }
        }
    }
}

impl<const L: usize> Solution<L> {
    #[inline]
    fn score(&self, row: &[(u32, f32)]) -> [f64; L] {
        let mut sums = [0.0; L];
        for &(column, x) in row {
            let weights = &self.features[column as usize].weights;
            sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight * x);
        }
        std::array::from_fn(|label| self.intercepts[label] + f64::from(sums[label]))
    }

    #[inline]
    fn add(&mut self, row: &[(u32, f32)], changes: &[f64; L]) {
        if *changes == [0.0; L] {
            return;
        }
        self.intercepts.iter_mut().zip(changes).for_each(|(intercept, change)| *intercept += change);
        let changes = changes.map(|change| change as f32);
        for &(column, x) in row {
            let Feature { weights, squared_scales } = &mut self.features[column as usize];
            for ((weight, change), scale) in weights.iter_mut().zip(changes).zip(squared_scales) {
                *weight += change * x * *scale;
            }
        }
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
