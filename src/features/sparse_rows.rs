//! Rows of numbers, most of them zero.

use linfa::dataset::Records;

/// A matrix of documents by features that stores only what is not zero (compressed sparse rows).
///
/// linfa's `Records` can't be implemented for another crate's matrix, so this is its own type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseRows {
    bounds: Vec<usize>,
    entries: Vec<(u32, f32)>,
    n_columns: usize,
}

impl SparseRows {
    /// A matrix without rows.
    pub fn new(n_columns: usize) -> Self {
        SparseRows { bounds: vec![0], entries: Vec::new(), n_columns }
    }

    /// Appends a row of (column, value) entries, each column at most once, each below the number of columns.
    pub fn push(&mut self, row: &[(u32, f32)]) {
        debug_assert!(row.iter().all(|&(column, _)| (column as usize) < self.n_columns));
        self.entries.extend_from_slice(row);
        self.bounds.push(self.entries.len());
    }

    /// The rows of matrices with the same columns, one after another. Each is let go as soon as it is copied.
    pub fn concatenate(n_columns: usize, parts: Vec<SparseRows>) -> SparseRows {
        let mut whole = SparseRows::new(n_columns);
        whole.bounds.reserve_exact(parts.iter().map(SparseRows::nsamples).sum());
        whole.entries.reserve_exact(parts.iter().map(|part| part.entries.len()).sum());
        for part in parts {
            whole.append(&part);
        }
        whole
    }

    /// Appends the rows of another matrix with the same columns.
    pub fn append(&mut self, other: &SparseRows) {
        let shift = self.entries.len();
        self.bounds.extend(other.bounds[1..].iter().map(|bound| bound + shift));
        self.entries.extend_from_slice(&other.entries);
    }

    /// The (column, value) entries of one row.
    pub fn row(&self, row: usize) -> &[(u32, f32)] {
        &self.entries[self.bounds[row]..self.bounds[row + 1]]
    }

    /// All rows, in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[(u32, f32)]> {
        (0..self.nsamples()).map(|row| self.row(row))
    }

    /// The rows with these numbers, in this order.
    pub fn select(&self, rows: &[usize]) -> SparseRows {
        let mut selected = SparseRows::new(self.n_columns);
        for &row in rows {
            selected.push(self.row(row));
        }
        selected
    }
}

impl Records for SparseRows {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.bounds.len() - 1
    }

    fn nfeatures(&self) -> usize {
        self.n_columns
    }
}
