"""References that are no gradients: a difference of values cannot check them as it checks the others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from harness.problem import problem, program


@pytest.mark.parametrize("name", ["particle", "saddle"])
def test_what_is_found_is_what_others_have_published(name: str) -> None:
    module = problem(name)
    _, found = module.reference(*module.data(**module.HEADLINE))
    np.testing.assert_allclose(found, module.EXPECTED, rtol=1e-12)


def test_sparse_matrix_of_bundle_adjustment() -> None:
    """Its product with a direction is what the values of the plain program say."""
    module, objective = problem("ba"), program("ba", "plain").objective
    cameras, points, weights, features, observed = data = module.data(**module.SMALL)
    (errors, others), (rows, columns, values) = module.reference(*data)
    rng = np.random.default_rng(1)
    parts = cameras, points, weights
    directions = [rng.normal(size=part.shape) * np.abs(part) for part in parts]
    moved = [[p + s * 1e-6 * d for p, d in zip(parts, directions, strict=True)] for s in (-1, 1)]
    before, after = (objective(*some, features, observed) for some in moved)
    slopes = [(b - a).ravel() / 2e-6 for a, b in zip(before, after, strict=True)]
    shape = len(rows) - 1, sum(part.size for part in parts)
    product = csr_array((values, columns, rows), shape) @ np.concatenate([d.ravel() for d in directions])
    np.testing.assert_allclose(np.concatenate(slopes), product, rtol=1e-5, atol=1e-6 * np.max(np.abs(product)))
    np.testing.assert_allclose(objective(*data)[0], errors, rtol=1e-12)
    np.testing.assert_allclose(objective(*data)[1], others, rtol=1e-12)


def test_matrix_of_hand_tracking() -> None:
    """Its columns are what the values of the plain program say; the first two move all us at once."""
    module, objective = problem("ht"), program("ht", "plain").objective
    us, theta, *others = module.data(**module.SMALL)
    errors, matrix = module.reference(us, theta, *others)
    step = 1e-6 * np.eye(28)
    steps = [[objective(us + s * x[:2], theta + s * x[2:], *others) for s in (-1, 1)] for x in step]
    np.testing.assert_allclose([(b - a) / 2e-6 for a, b in steps], matrix.T, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(objective(us, theta, *others), errors, rtol=1e-12)
