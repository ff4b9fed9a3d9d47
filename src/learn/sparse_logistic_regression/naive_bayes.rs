//! How telling each feature is of a label, by naive Bayes.

use linfa::dataset::Records;
use ndarray::ArrayView1;

use crate::features::SparseRows;

/// For each feature `|ln((p_f / |p|) / (q_f / |q|))| ^ power`: `p_f` is 1 and the number of rows with the label that have the feature,
/// `q_f` the same of the rows without (Wang and Manning 2012, with the size of the ratio alone: the sign is the learner's to find).
pub(super) fn log_ratios(rows: &SparseRows, has_label: ArrayView1<bool>, power: f64) -> Vec<f64> {
    let mut counts = vec![[1_u32; 2]; rows.nfeatures()];
    for (row, &has_label) in rows.rows().zip(has_label) {
        for &(column, _) in row {
            counts[column as usize][usize::from(has_label)] += 1;
        }
    }
    let totals = counts.iter().fold([0.0, 0.0], |sum, count| [sum[0] + f64::from(count[0]), sum[1] + f64::from(count[1])]);
    let shift = libm::log(totals[0] / totals[1]);
    // Counts are small and their logarithms are not: each is taken once.
    let logarithms: Vec<f64> = (0..rows.nsamples() + 2).map(|count| libm::log(count as f64)).collect();
    let ratio = |[without, with]: [u32; 2]| (logarithms[with as usize] - logarithms[without as usize] + shift).abs();
    counts.into_iter().map(|count| if power == 1.0 { ratio(count) } else { libm::pow(ratio(count), power) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_feature_of_one_side_alone_is_telling_and_one_of_both_is_not() {
        let mut rows = SparseRows::new(3);
        for row in [&[(0, 1.0), (2, 1.0)][..], &[(0, 1.0), (2, 1.0)], &[(1, 1.0), (2, 1.0)], &[(1, 1.0), (2, 1.0)]] {
            rows.push(row);
        }
        let ratios = log_ratios(&rows, array![true, true, false, false].view(), 1.0);
        assert!((ratios[0] - libm::log(3.0)).abs() < 1e-12 && (ratios[1] - ratios[0]).abs() < 1e-12);
        assert_eq!(ratios[2], 0.0);
        let roots = log_ratios(&rows, array![true, true, false, false].view(), 0.5);
        assert!((roots[0] * roots[0] - ratios[0]).abs() < 1e-12);
    }
}
