//! How telling each feature is of a label, by naive Bayes.

use linfa::dataset::Records;
use ndarray::ArrayView2;

use crate::features::SparseRows;

/// For each feature and label `|ln((p_f / |p|) / (q_f / |q|))| ^ power`: `p_f` is 1 and the number of rows with the label that have the
/// feature, `q_f` the same of the rows without (Wang and Manning 2012, with the size of the ratio alone: the sign is the learner's to find).
///
/// `targets` are rows by up to `L` labels; what is beyond them means nothing.
pub(super) fn log_ratios<const L: usize>(
    rows: &SparseRows,
    targets: ArrayView2<bool>,
    power: f64,
) -> impl ExactSizeIterator<Item = [f64; L]> {
    // With each of the labels, and in all.
    let mut counts = vec![([0_u32; L], 0_u32); rows.nfeatures()];
    for (row, has_label) in rows.rows().zip(targets.rows()) {
        for &(column, _) in row {
            let (with, all) = &mut counts[column as usize];
            with.iter_mut().zip(has_label).for_each(|(with, &has_label)| *with += u32::from(has_label));
            *all += 1;
        }
    }
    let mut shifts = [0.0; L];
    for (label, shift) in shifts.iter_mut().enumerate() {
        let (with, without) = counts
            .iter()
            .fold((0.0, 0.0), |sum, (with, all)| (sum.0 + f64::from(with[label] + 1), sum.1 + f64::from(all - with[label] + 1)));
        *shift = libm::log(without / with);
    }
    // Counts are small and their logarithms are not: each is taken once.
    let logarithms: Vec<f64> = (0..rows.nsamples() + 2).map(|count| libm::log(count as f64)).collect();
    let ratio =
        move |with: u32, all: u32, shift: f64| (logarithms[with as usize + 1] - logarithms[(all - with) as usize + 1] + shift).abs();
    let raised = move |ratio: f64| if power == 1.0 { ratio } else { libm::pow(ratio, power) };
    counts.into_iter().map(move |(with, all)| std::array::from_fn(|label| raised(ratio(with[label], all, shifts[label]))))
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
        let targets = array![[true], [true], [false], [false]];
        let ratios: Vec<[f64; 1]> = log_ratios(&rows, targets.view(), 1.0).collect();
        assert!((ratios[0][0] - libm::log(3.0)).abs() < 1e-12 && (ratios[1][0] - ratios[0][0]).abs() < 1e-12);
        assert_eq!(ratios[2][0], 0.0);
        let roots: Vec<[f64; 1]> = log_ratios(&rows, targets.view(), 0.5).collect();
        assert!((roots[0][0] * roots[0][0] - ratios[0][0]).abs() < 1e-12);
    }
}
