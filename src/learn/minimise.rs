//! Minimising a smooth function of a few hundred variables.

use std::collections::VecDeque;

/// How many past steps shape the next.
const MEMORY: usize = 8;
/// A step must lower the function by this share of what its slope promises (Armijo's rule).
const LEAST_SHARE: f64 = 1e-4;
/// The function's value has settled when a step lowers it by less than this share.
const SETTLED: f64 = 1e-6;

/// Goes downhill from `start` by L-BFGS (Liu and Nocedal 1989) for at most `most_steps`. `function` gives the value at a point and fills in
/// the gradient there. The same start and function give the same bits.
pub(super) fn minimise(start: Vec<f64>, most_steps: usize, mut function: impl FnMut(&[f64], &mut [f64]) -> f64) -> Vec<f64> {
    let mut point = start;
    let mut gradient = vec![0.0; point.len()];
    let mut value = function(&point, &mut gradient);
    let mut history: VecDeque<Step> = VecDeque::new();
    let mut next_gradient = gradient.clone();
    for _ in 0..most_steps {
        let direction = downhill(&gradient, &history);
        let slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            break;
        }
        // Nothing is known of the curvature yet at the first step: a short one.
        let mut length = if history.is_empty() { 1.0_f64.min(1.0 / libm::sqrt(dot(&gradient, &gradient))) } else { 1.0 };
        let (next, next_value) = loop {
            let next: Vec<f64> = point.iter().zip(&direction).map(|(x, d)| x + length * d).collect();
            let next_value = function(&next, &mut next_gradient);
            if next_value <= value + LEAST_SHARE * length * slope {
                break (next, next_value);
            }
            length *= 0.5;
            if length < 1e-10 {
                return point;
            }
        };
        let step = Step {
            moved: next.iter().zip(&point).map(|(a, b)| a - b).collect(),
            turned: next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect(),
        };
        // Only a step along which the function curves upwards tells of a minimum.
        if dot(&step.moved, &step.turned) > 1e-12 * dot(&step.turned, &step.turned) {
            history.push_back(step);
            if history.len() > MEMORY {
                history.pop_front();
            }
        }
        let settled = value - next_value < SETTLED * next_value.abs();
        (point, value) = (next, next_value);
        gradient.copy_from_slice(&next_gradient);
        if settled {
            break;
        }
    }
    point
}

/// One step: how far it went in each variable, and how the gradient changed.
struct Step {
    moved: Vec<f64>,
    turned: Vec<f64>,
}

/// The negative gradient, shaped by the inverse curvature that past steps have shown (the two-loop recursion).
fn downhill(gradient: &[f64], history: &VecDeque<Step>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(history.len());
    for step in history.iter().rev() {
        let share = dot(&step.moved, &direction) / dot(&step.moved, &step.turned);
        direction.iter_mut().zip(&step.turned).for_each(|(d, t)| *d -= share * t);
        shares.push(share);
    }
    if let Some(last) = history.back() {
        let scale = dot(&last.moved, &last.turned) / dot(&last.turned, &last.turned);
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for (step, share) in history.iter().zip(shares.iter().rev()) {
        let back = dot(&step.turned, &direction) / dot(&step.moved, &step.turned);
        direction.iter_mut().zip(&step.moved).for_each(|(d, m)| *d += (share - back) * m);
    }
    direction
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_a_curved_valley_is_found() {
        // Rosenbrock's function: its valley bends, and its lowest point is (1, 1).
        let lowest = minimise(vec![-1.2, 1.0], 200, |x, gradient| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            gradient.copy_from_slice(&[-2.0 * a - 400.0 * x[0] * b, 200.0 * b]);
            a * a + 100.0 * b * b
        });
        assert!((lowest[0] - 1.0).abs() < 1e-3 && (lowest[1] - 1.0).abs() < 1e-3, "{lowest:?}");
    }

    #[test]
    fn where_it_starts_at_the_bottom_it_stays() {
        let square = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 2.0 * x[0];
            x[0] * x[0]
        };
        assert_eq!(minimise(vec![0.0], 10, square), [0.0]);
    }
}
