"""Arrays of expressions behave as NumPy arrays: views, writes, indexing, creation."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import chainrule as cr
from chainrule import symbolic

POINT = np.array([[0.3, -1.2, 0.8], [1.1, 0.4, -0.5]])


def same(f, point=POINT):
    """Hold a function, run on symbols and evaluated, against the function on numbers."""
    (value,), _ = symbolic.derivatives(lambda v: [f(v)], [point])
    expected = f(point.copy())
    assert np.shape(value) == np.shape(expected)
    np.testing.assert_allclose(value, expected, rtol=1e-13)


def write_through_views(v):
    work = v * 1.0
    row, column = work[0], work[:, 1]
    column[...] = row[:2] * 2
    work.T[0] += row[1]
    flat = work.reshape(-1)
    flat[::2] -= column[1]
    return work


def write_with_lists_and_masks(v):
    work = np.zeros_like(v)
    work[[0, 1], [2, 0]] = v[1, :2]
    work[np.array([True, False])] *= 3
    work[work.shape[0] - 1, -1] = 7
    work[:, 0:1] **= 2
    work[0] /= 2
    work[1] -= v[1]
    return work


def fill(v):
    work = np.empty((2, 2), like=v)
    work[...] = 1.5
    np.copyto(work[0], v[0, :2])
    np.fill_diagonal(work, v[1, 1])
    np.add.at(work, (np.array([0, 0]), np.array([1, 1])), v[0, 0])
    return work


@pytest.mark.parametrize(
    "f",
    [
        write_through_views, write_with_lists_and_masks, fill,
        lambda v: v[1], lambda v: v[1, 2], lambda v: v[..., None], lambda v: v[:, ::-1], lambda v: v[v.shape[0] - 2],
        lambda v: v[np.array([[1, 0], [0, 1]])], lambda v: v[:, [2, 2, 0]], lambda v: v.T @ v, lambda v: v @ v[0],
        lambda v: np.stack([v[0], np.sin(v[1])], axis=1), lambda v: np.concatenate([v, v**2], axis=None),
        lambda v: np.vstack([v, [1.0, 2.0, 3.0]]), lambda v: np.array([v[0, 0], 2.0, v[1, 1] * v[0, 1]]) * 2,
        lambda v: np.exp(np.array([[v[0, 0], v[1, 1]]])).sum(), lambda v: np.add.outer(v[0], v[1]),
        lambda v: list(v)[1],
        lambda v: len(v) * v.sum(axis=0), lambda v: v.reshape(3, 2).mean(axis=1), lambda v: v.ravel().item(4),
        lambda v: np.einsum("ij,ij->i", v, v), lambda v: np.kron(v, v[0]), lambda v: np.cross(v[0], v[1]),
        lambda v: np.outer(v[0], v[1]).max(axis=1), lambda v: v.min(), lambda v: np.ptp(v, axis=0, keepdims=True),
        lambda v: np.where(v > 0, v, 0.1 * v), lambda v: np.where([True, False, True], v, -v), lambda v: np.any(v > 1),
        lambda v: np.all(v > -2, axis=0), lambda v: np.count_nonzero(v > 0), lambda v: np.sum(v > 0, axis=1),
        lambda v: np.select([v > 1, v > 0], [v, 2 * v], 5.0), lambda v: np.linspace(v[0], v[1], 3),
        lambda v: np.full(3, v[0, 0]),
        lambda v: np.full_like(v, v[0, 1]), lambda v: np.eye(2, like=v) @ v, lambda v: np.zeros(2, like=v),
        lambda v: v.copy(),
        lambda v: np.pad(v, 1), lambda v: np.tile(v, 2), lambda v: np.roll(v, 1), lambda v: np.diff(v),
        lambda v: np.tril(v),
        lambda v: v.astype(float), lambda v: np.asarray(v)[0] * 1.0, lambda v: np.squeeze(v[:1]),
        lambda v: v.real + v.imag,
        lambda v: np.cumsum(v, axis=1), lambda v: np.cumprod(v), lambda v: v.clip(-0.5, 0.5),
        lambda v: v.round(1) + np.floor(v),
        lambda v: sum(v.flat), lambda v: v.std() + v.var(axis=0), lambda v: np.linalg.norm(v, axis=1), lambda v: 2.0**v,
        lambda v: np.linalg.matrix_power(v @ v.T, 3), lambda v: np.abs(v) % 0.7, lambda v: v // 0.3, lambda v: -v[::-1],
        lambda v: np.nanmean(v) + np.nanstd(v), lambda v: np.logaddexp(v[0], v[1]), lambda v: np.hypot(v[0], v[1]),
        lambda v: np.ones_like(v) * v.ndim * v.size, lambda v: np.isfinite(v), lambda v: np.zeros((), like=v) + 1,
        lambda v: np.max(v > 0), lambda v: np.sort([3.0, 1.0]) * v[0, 0],
        lambda v: np.average(v, axis=0, weights=[1.0, 2.0]),
    ],
)  # fmt: skip
def test_as_in_numpy(f):
    same(f)


def test_zero_dimensional_arrays_can_be_written():
    x = symbolic.symbols("x")
    work = np.zeros((), like=x)
    work[...] = x
    work[()] *= 2
    assert work[()] is 2 * x


def test_reading_the_elements_does_not_copy_and_copies_are_separate():
    w = symbolic.symbols("w", shape=3)
    view, other = w[1:], copy.copy(w)
    view[0] = 0
    assert str(w) == "[w[0], 0, w[2]]"
    assert str(other) == "[w[0], w[1], w[2]]"
    assert copy.deepcopy(w).tolist()[1] == 0


def test_creation_of_integers_stays_plain():
    w = symbolic.symbols("w", shape=3)
    assert type(np.zeros(2, int, like=w)) is np.ndarray
    assert w[np.zeros_like(w, dtype=int)].tolist() == [w[0]] * 3
    assert w[np.eye(3, like=w)[0] == 1][0] is w[0]


def test_shapes_and_types_are_read_without_values():
    w = symbolic.symbols("w", shape=(2, 3))
    assert (np.shape(w), np.ndim(w), np.size(w), len(w)) == ((2, 3), 2, 6, 2)
    assert w.dtype == float
    assert (w > 0).dtype == bool
    assert not np.iscomplexobj(w)
    assert np.result_type(w, np.float32) == np.float64
    assert np.diag_indices_from(w[:, :2])[0].tolist() == [0, 1]
    assert np.shares_memory(w, w[0])


def test_empty_maximum_fails_as_in_numpy():
    with pytest.raises(ValueError, match="zero-size"):
        np.max(symbolic.symbols("w", shape=3)[:0])


def test_truth_of_arrays():
    w = symbolic.symbols("w", shape=3)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(w)


def test_a_network_agrees_with_reverse_mode(rng):
    def loss(parameters, inputs):
        hidden = np.tanh(inputs @ parameters["w"] + parameters["b"])
        scores = hidden @ parameters["v"]
        scores = scores - np.max(scores, axis=1, keepdims=True)
        return -np.mean((scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True)))[:, 0])

    parameters = {"w": rng.normal(size=(3, 4)), "b": rng.normal(size=4), "v": rng.normal(size=(4, 2))}
    inputs = rng.normal(size=(5, 3))
    found = cr.grad(loss, method="symbolic")(parameters, inputs)
    expected = cr.grad(loss)(parameters, inputs)
    for name in parameters:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, atol=1e-12)
