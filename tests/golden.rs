//! The numbers agree with those of scikit-learn: see tests/golden/ for the scripts that made the files.

use std::{collections::BTreeMap, fs, path::Path};

use linfa::{DatasetBase, ParamGuard, traits::Fit};
use ndarray::Array2;
use serde::Deserialize;
use slugline::{
    features::{SparseRows, TfIdfVectorizer, TokenizedCorpus},
    learn::sparse_logistic_regression::{Loss, SparseLogisticRegression},
};

fn golden<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[derive(Deserialize)]
struct TfIdf {
    vocabulary: Vec<Term>,
    training: Vec<GoldenRow>,
    further: Vec<GoldenRow>,
}

#[derive(Deserialize)]
struct Term {
    term: String,
    idf: f32,
}

#[derive(Deserialize)]
struct GoldenRow {
    tokens: Vec<String>,
    row: BTreeMap<String, f32>,
}

fn words(rows: &[GoldenRow]) -> TokenizedCorpus {
    let documents: Vec<Vec<&str>> = rows.iter().map(|row| row.tokens.iter().map(String::as_str).collect()).collect();
    TokenizedCorpus::from_words(documents.iter().map(Vec::as_slice))
}

#[test]
fn tf_idf_rows_are_those_of_scikit_learn() {
    let golden: TfIdf = golden("tfidf.json");
    let corpus = words(&golden.training);
    let term = |document: usize, begin: usize, n: usize| golden.training[document].tokens[begin..begin + n].join(" ");
    let vectorizer = TfIdfVectorizer::params().check().unwrap().fit_tokenized(&corpus, corpus.len(), term).unwrap();

    let terms = vectorizer.vocabulary().terms();
    let idf: BTreeMap<&str, f32> = terms.iter().map(|term| &**term).zip(vectorizer.idf().iter().copied()).collect();
    assert_eq!(idf.keys().copied().collect::<Vec<_>>(), golden.vocabulary.iter().map(|t| t.term.as_str()).collect::<Vec<_>>());
    for term in &golden.vocabulary {
        assert!((idf[term.term.as_str()] - term.idf).abs() < 1e-5, "{}", term.term);
    }
    for expected in [&golden.training, &golden.further] {
        let rows = vectorizer.transform(&words(expected));
        for (row, expected) in rows.rows().zip(expected) {
            let row: BTreeMap<&str, f32> = row.iter().map(|&(column, value)| (&*terms[column as usize], value)).collect();
            assert_eq!(row.keys().copied().collect::<Vec<_>>(), expected.row.keys().map(String::as_str).collect::<Vec<_>>());
            for (term, value) in &expected.row {
                assert!((row[term.as_str()] - value).abs() < 1e-5, "{term}: {} and {value}", row[term.as_str()]);
            }
        }
    }
}

#[derive(Deserialize)]
struct Problem {
    features: usize,
    rows: Vec<LabelledRow>,
    solutions: Vec<Solution>,
}

#[derive(Deserialize)]
struct LabelledRow {
    label: u8,
    indices: Vec<u32>,
    values: Vec<f32>,
}

#[derive(Deserialize)]
struct Solution {
    loss: Loss,
    c: f64,
    class_weight: Option<BTreeMap<u8, f64>>,
    objective: f64,
    weights: Vec<f64>,
    bias: f64,
}

impl Problem {
    fn objective(&self, solution: &Solution, weights: &[f64], bias: f64) -> f64 {
        let size = weights.iter().map(|w| w * w).sum::<f64>() + bias * bias;
        let losses = self.rows.iter().map(|row| {
            let score = bias + row.indices.iter().zip(&row.values).map(|(&i, &x)| weights[i as usize] * f64::from(x)).sum::<f64>();
            let margin = if row.label == 1 { score } else { -score };
            let loss = match solution.loss {
                Loss::Logistic => (-margin).exp().ln_1p(),
                Loss::SquaredHinge => (1.0 - margin).max(0.0).powi(2),
            };
            loss * solution.class_weight.as_ref().map_or(1.0, |weights| weights[&row.label])
        });
        0.5 * size + solution.c * losses.sum::<f64>()
    }
}

#[test]
fn the_solver_finds_the_optimum_that_newtons_method_finds() {
    let problem: Problem = golden("logistic.json");
    let mut rows = SparseRows::new(problem.features);
    for row in &problem.rows {
        rows.push(&row.indices.iter().copied().zip(row.values.iter().copied()).collect::<Vec<_>>());
    }
    let labels = Array2::from_shape_fn((problem.rows.len(), 1), |(row, _)| problem.rows[row].label == 1);
    assert_eq!(problem.solutions.len(), 12);
    for solution in &problem.solutions {
        let weight = |row: &LabelledRow| solution.class_weight.as_ref().map_or(1.0, |weights| weights[&row.label] as f32);
        let dataset = DatasetBase::new(rows.clone(), labels.clone()).with_weights(problem.rows.iter().map(weight).collect());
        let params = SparseLogisticRegression::params().loss(solution.loss).c(solution.c).tolerance(1e-4);
        let model = params.fit(&dataset).unwrap();
        let weights: Vec<f64> = model.weights().column(0).iter().map(|&w| f64::from(w)).collect();
        let bias = f64::from(model.intercepts()[0]);

        assert!((problem.objective(solution, &solution.weights, solution.bias) - solution.objective).abs() < 1e-9 * solution.objective);
        let excess = problem.objective(solution, &weights, bias) / solution.objective - 1.0;
        assert!((-1e-9..1e-4).contains(&excess), "{:?} C={}: objective {excess:e} above the optimum", solution.loss, solution.c);
    }
}
