//! From a row and weights to scores.

/// The scores of one row, one a label: `score_l = intercept_l + sum_f x_f * w_fl`. `weights` are features by labels: those of one feature
/// for all labels lie side by side.
pub fn linear_scores<W: Copy>(row: &[(u32, f32)], weights: &[W], intercepts: &[f32], scores: &mut Vec<f32>)
where
    f32: From<W>,
{
    scores.clear();
    scores.extend_from_slice(intercepts);
    let labels = scores.len();
    let mut first = 0;
    while first < labels {
        first += match labels - first {
            16.. => add_products::<16, W>(row, weights, labels, first, scores),
            8.. => add_products::<8, W>(row, weights, labels, first, scores),
            4.. => add_products::<4, W>(row, weights, labels, first, scores),
            _ => add_products::<1, W>(row, weights, labels, first, scores),
        };
    }
}

/// Adds to the scores of `N` labels, from `first` on, what a row gives them. The sums stay in registers meanwhile. Returns `N`.
fn add_products<const N: usize, W: Copy>(row: &[(u32, f32)], weights: &[W], labels: usize, first: usize, scores: &mut [f32]) -> usize
where
    f32: From<W>,
{
    let Some(scores) = scores[first..].first_chunk_mut::<N>() else { return N };
    let mut sums = *scores;
    for &(column, x) in row {
        let Some(weights) = weights[column as usize * labels + first..].first_chunk::<N>() else { continue };
        for (sum, &weight) in sums.iter_mut().zip(weights) {
            *sum += x * f32::from(weight);
        }
    }
    *scores = sums;
    N
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_sums_of_products_for_any_number_of_labels() {
        for labels in [0, 1, 3, 4, 7, 8, 16, 31] {
            let weights: Vec<f32> = (0..5 * labels).map(|place| (place / labels * 7 + place % labels) as f32).collect();
            let intercepts: Vec<f32> = (0..labels).map(|label| label as f32).collect();
            let mut scores = Vec::new();
            linear_scores(&[(1, 0.5), (4, -2.0)], &weights, &intercepts, &mut scores);
            let expected: Vec<f32> =
                (0..labels).map(|label| label as f32 + 0.5 * weights[labels + label] - 2.0 * weights[4 * labels + label]).collect();
            assert_eq!(scores, expected);
        }
    }
}
