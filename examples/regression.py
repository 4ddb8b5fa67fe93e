"""Logistic regression on the breast-cancer data, by two of SciPy's optimisers, beside scikit-learn's own.

The model is a function of one vector of coefficients. L-BFGS-B needs its gradient (`chainrule.value_and_grad`);
Newton-CG needs products of its Hessian with vectors as well (`chainrule.hvp`), and never the matrix.

    python examples/regression.py
"""

from __future__ import annotations

import argparse
from typing import TypeAlias

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.optimize import OptimizeResult, minimize
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import chainrule as cr

Array: TypeAlias = np.ndarray


def load() -> tuple[Array, Array, list[str]]:
    """Return standardised measurements of 569 tumours, which are benign (1) or malignant (0), and their names."""
    data = load_breast_cancer()
    return StandardScaler().fit_transform(data.data), data.target, list(data.feature_names)


def loss(theta: Array, x: Array, y: Array, strength: float) -> Array:
    """Return scikit-learn's objective: the sum of the log losses and an L2 penalty that spares the intercept.

    ``theta`` holds the coefficients and, last, the intercept; ``strength`` is scikit-learn's ``C``.
    """
    coefficients, intercept = theta[:-1], theta[-1]
    margin = (2 * y - 1) * (x @ coefficients + intercept)
    return strength * np.sum(np.logaddexp(0, -margin)) + 0.5 * coefficients @ coefficients


def fit_lbfgs(x: Array, y: Array, strength: float) -> OptimizeResult:
    """Minimise with the gradient, which SciPy takes together with the value (``jac=True``)."""
    return minimize(
        cr.value_and_grad(loss), np.zeros(x.shape[1] + 1), args=(x, y, strength), jac=True, method="L-BFGS-B",
        options={"ftol": 1e-15, "gtol": 1e-8, "maxiter": 1000},
    )  # fmt: skip


def fit_newton(x: Array, y: Array, strength: float) -> OptimizeResult:
    """Minimise with gradients and Hessian-vector products."""

    def objective(theta: Array) -> Array:
        return loss(theta, x, y, strength)

    return minimize(
        cr.value_and_grad(objective), np.zeros(x.shape[1] + 1), jac=True, hessp=cr.hvp(objective),
        method="Newton-CG", options={"xtol": 1e-10},
    )  # fmt: skip


def fit_sklearn(x: Array, y: Array, strength: float) -> Array:
    """Return scikit-learn's coefficients and intercept, computed to a tight tolerance."""
    model = LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(x, y)
    return np.append(model.coef_[0], model.intercept_)


def table(names: list[str], columns: dict[str, Array]) -> Table:
    """Lay the coefficients out, the largest first."""
    result = Table(title="Coefficients of standardised measurements")
    result.add_column("measurement")
    for title in columns:
        result.add_column(title, justify="right")
    values = np.stack(list(columns.values()), axis=1)
    for i in np.argsort(-np.abs(values[:, -1])):
        result.add_row([*names, "intercept"][i], *[f"{v:.4f}" for v in values[i]])
    return result


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Fit three times, print the comparison, and return each optimiser's largest difference from scikit-learn."""
    parser = argparse.ArgumentParser(description="Logistic regression with chainrule and SciPy, beside scikit-learn.")
    parser.add_argument("--strength", type=float, default=1.0, metavar="C", help="inverse of the penalty (default: 1)")
    options = parser.parse_args(argv)

    x, y, names = load()
    fits = {"L-BFGS-B": fit_lbfgs(x, y, options.strength), "Newton-CG": fit_newton(x, y, options.strength)}
    expected = fit_sklearn(x, y, options.strength)

    console = Console(highlight=False)
    console.print(table(names, {name: fit.x for name, fit in fits.items()} | {"scikit-learn": expected}))
    differences = {name: float(np.max(np.abs(fit.x - expected))) for name, fit in fits.items()}
    for name, fit in fits.items():
        products = f" and {fit.nhev} Hessian products" if "nhev" in fit else ""
        console.print(f"{name}: {fit.nfev} gradients{products}, within {differences[name]:.1e} of scikit-learn")
    return differences


if __name__ == "__main__":
    main()
