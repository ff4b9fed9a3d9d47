"""The optimum of small linear classification problems: the reference for our learner.

    minimise over w, b:  0.5 * (||w||^2 + b^2) + C * sum_i c(y_i) * loss(s_i * (w . x_i + b)),   s_i = 2 y_i - 1
    logistic:            loss(m) = log(1 + exp(-m))
    squared_hinge:       loss(m) = max(0, 1 - m)^2

The bias is the weight of one more feature, which is always 1, and is regularised like the others. L-BFGS comes near the optimum, Newton's
method goes on to where the gradient vanishes, and LIBLINEAR, through scikit-learn, must agree. Run it to write logistic.json, with
--check to compare.
"""

import warnings
from pathlib import Path

import numpy as np
from golden import made_with, write_or_check
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

ROWS, FEATURES, SEED = 200, 50, 20_260_101
CLASS_WEIGHTS = [{"0": 1.0, "1": 1.0}, {"0": 0.75, "1": 2.5}]


def problem():
    """Sparse rows whose values are multiples of 1/256, which f32 holds exactly, and labels that no hyperplane separates."""
    random = np.random.default_rng(SEED)
    x = np.where(random.random((ROWS, FEATURES)) < 0.12, random.integers(16, 257, (ROWS, FEATURES)) / 256, 0.0)
    x[7] = 0.0  # a document without a known term
    truth = random.normal(0, 2, FEATURES)
    y = (random.random(ROWS) < expit(x @ truth - 0.8)).astype(int)
    return x, y


def logistic(margins):
    """Loss, and its first and second derivative."""
    p = expit(-margins)
    return np.logaddexp(0, -margins), -p, p * (1 - p)


def squared_hinge(margins):
    """Loss, and its first and (generalised) second derivative."""
    short = np.maximum(0, 1 - margins)
    return short**2, -2 * short, 2.0 * (short > 0)


def solve(x, y, loss, c):
    """The optimal weights, the bias last, and the objective there. `c` is the cost of each row."""
    signed = (2 * y - 1)[:, None] * np.hstack([x, np.ones((len(x), 1))])

    def objective(w):
        value, slope, _ = loss(signed @ w)
        return 0.5 * w @ w + c @ value, w + signed.T @ (c * slope)

    start = minimize(objective, np.zeros(signed.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 10_000, "ftol": 1e-15, "gtol": 1e-10})
    w = start.x
    for _ in range(20):
        curvature = loss(signed @ w)[2]
        hessian = np.eye(len(w)) + signed.T @ ((c * curvature)[:, None] * signed)
        w = w - np.linalg.solve(hessian, objective(w)[1])
    value, gradient = objective(w)
    assert np.abs(gradient).max() < 1e-12 * max(1, c.max() * len(x)), f"no optimum: gradient {np.abs(gradient).max()}"
    assert value <= start.fun * (1 + 1e-12)
    return w, value, lambda other: objective(other)[0]


def liblinear(x, y, name, cost, class_weight):
    """The same problem, solved by LIBLINEAR."""
    settings = {"C": cost, "class_weight": {int(label): weight for label, weight in class_weight.items()}, "tol": 1e-12, "random_state": 0}
    if name == "logistic":
        model = LogisticRegression(solver="liblinear", intercept_scaling=1, max_iter=100_000, **settings)
    else:
        model = LinearSVC(loss="squared_hinge", dual=False, intercept_scaling=1, max_iter=100_000, **settings)
    model.fit(x, y)
    return np.append(model.coef_[0], model.intercept_)


def main():
    x, y = problem()
    solutions = []
    for loss in (logistic, squared_hinge):
        name = loss.__name__
        for cost in (0.1, 1.0, 10.0):
            for class_weight in CLASS_WEIGHTS:
                costs = cost * np.where(y == 1, class_weight["1"], class_weight["0"])
                w, value, objective = solve(x, y, loss, costs)
                other = liblinear(x, y, name, cost, class_weight)
                np.testing.assert_allclose(objective(other), value, rtol=1e-9)
                np.testing.assert_allclose(other, w, atol=1e-4)
                solutions.append(
                    {"loss": name, "c": cost, "class_weight": class_weight, "objective": value, "weights": w[:-1].tolist(), "bias": float(w[-1])}
                )
    golden = {
        "made_with": made_with("scikit-learn", "numpy", "scipy"),
        "features": FEATURES,
        "rows": [
            {"label": int(label), "indices": np.flatnonzero(row).tolist(), "values": row[row != 0].tolist()} for row, label in zip(x, y)
        ],
        "solutions": solutions,
    }
    write_or_check(Path(__file__).with_suffix(".json"), golden)


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        main()
