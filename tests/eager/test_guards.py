"""Plain arrays that change between the recording of an operation and the backward sweep."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.eager import guards

X = np.linspace(0.3, 0.9, 5)

OPERATIONS = {
    "multiply": lambda x, c: x * c,
    "multiply from the left": lambda x, c: c * x,
    "divide": lambda x, c: x / c,
    "divide a plain array": lambda x, c: c / x,
    "power": lambda x, c: x**c,
    "base of a power": lambda x, c: c**x,
    "arctan2": lambda x, c: np.arctan2(x, c),
    "maximum": lambda x, c: np.maximum(x, c - 0.9) * np.minimum(c, x),
    "matmul": lambda x, c: x @ c,
    "dot of a plain array": lambda x, c: np.dot(c, x),
    "outer": lambda x, c: np.outer(x, c),
    "einsum": lambda x, c: np.einsum("i,i->i", x, c),
    "where": lambda x, c: np.where(c > 1.2, x, 2 * x),
    "a transposed array": lambda x, c: x * np.stack([c, c]).T[:, 0] * c[::-1],
    "written in": lambda x, c: _written(x, c),
    "tensordot": lambda x, c: np.tensordot(x, c, 1),
    "kron": lambda x, c: np.kron(x, c),
}  # fmt: skip


def _written(x, c):
    y = x * 1.0
    y[:] = y * c
    y[::2] = c[::2]
    return y * x


@pytest.mark.parametrize("name", OPERATIONS)
def test_small_arrays_are_kept_as_they_were(name):
    c = np.linspace(1.0, 1.5, 5)
    f = lambda x, c: np.sum(OPERATIONS[name](x, c) ** 2)

    def changing(x):
        y = np.sum(OPERATIONS[name](x, c) ** 2)
        c[:] = 77.0
        return y

    expected = cr.numeric.richardson(lambda x: f(x, np.linspace(1.0, 1.5, 5)), X).value
    np.testing.assert_allclose(cr.grad(changing)(X), expected, rtol=1e-9)
    c[:] = np.linspace(1.0, 1.5, 5)
    _, pullback = cr.vjp(lambda x: f(x, c), X)
    c[:] = 77.0
    np.testing.assert_allclose(pullback(1.0)[0], expected, rtol=1e-9)


@pytest.mark.parametrize("name", ["multiply", "divide", "matmul", "einsum", "power", "written in", "where"])
def test_large_arrays_that_change_are_refused(name):
    n = 5000
    x = np.linspace(0.3, 0.9, n)
    change = [None]

    def f(x, c):
        y = np.sum(OPERATIONS[name](x, c))
        if change[0] is not None:
            change[0](c)
        return y

    assert np.all(np.isfinite(cr.grad(f)(x, np.linspace(1.0, 1.5, n))))
    if name == "where":
        return  # of the condition a new array is kept
    for what in (
        lambda c: c.__setitem__(0, 9.0),
        lambda c: c.__setitem__(-1, 9.0),
        lambda c: c.__setitem__(slice(None), c[::-1].copy()),
        lambda c: c.__setitem__([10, 2000], c[[2000, 10]]),
        lambda c: c.sort() if c[0] > c[-1] else c.__imul__(-1.0),
        lambda c: c.fill(0.0),
    ):
        change[0] = what
        with pytest.raises(cr.RecorderError, match="changed in place") as caught:
            cr.grad(f)(x, np.linspace(1.0, 1.5, n))
        assert "copy" in str(caught.value)
    assert not cr.eager.state.OPEN


def test_a_large_array_that_changes_after_it_was_forgotten():
    """What no rule reads may change."""
    c = np.ones(5000)

    def f(x):
        y = np.sum(x + c) + np.sum(x - c) + np.sum(np.where(x > 0, x, c))
        c[:] = 5.0
        return y

    np.testing.assert_array_equal(cr.grad(f)(np.ones(5000)), np.full(5000, 3.0))


def test_forward_mode_needs_no_guard():
    c = np.ones(5000)

    def f(x):
        y = x * c
        c[:] = 5.0
        return y

    np.testing.assert_array_equal(cr.jvp(f, np.ones(5000), np.ones(5000))[1], np.ones(5000))


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int64, np.int8, np.bool_, np.complex128])
@pytest.mark.parametrize("layout", ["C", "F", "strided", "reversed"])
def test_every_element_of_a_large_array_is_guarded(dtype, layout):
    rng = np.random.default_rng(3)
    base = rng.integers(0, 2, size=(120, 70)).astype(dtype)
    c = {"C": base, "F": np.asfortranarray(base), "strided": base[::2, 1:], "reversed": base[::-1, ::-1]}[layout]
    before = guards._fingerprint(c)
    assert guards._fingerprint(c.copy(order="K")) == before or layout in ("strided", "reversed")
    for _ in range(60):
        i, j = rng.integers(c.shape[0]), rng.integers(c.shape[1])
        old = c[i, j]
        c[i, j] = not old
        assert guards._fingerprint(c) != before
        c[i, j] = old
    assert guards._fingerprint(c) == before


@pytest.mark.parametrize("n", [5, 3000])
def test_index_arrays_and_masks(n):
    x = np.linspace(0.3, 0.9, n)
    index, mask = np.arange(n)[::-1].copy(), np.arange(n) % 2 == 0

    def f(x, change):
        y = x * 1.0
        y[index] = x * x
        y[mask] = y[mask] * 3.0
        z = np.sum(np.take(y, index) * x) + np.sum(y[index[: n // 2]]) + np.sum(np.where(mask, y, x))
        if change:
            index[:], mask[:] = 0, False
        return z

    expected = cr.grad(f)(x, False)
    if n == 5:
        np.testing.assert_allclose(expected, cr.numeric.richardson(lambda x: f(x, False), x).value, rtol=1e-9)
        np.testing.assert_allclose(cr.grad(f)(x, True), expected)
    else:
        with pytest.raises(cr.RecorderError, match="changed in place"):
            cr.grad(f)(x, True)


def test_lists_of_indices_may_change():
    index = [0, 2, 2]

    def f(x):
        y = x[index] * x[(index,)]
        index[0], index[1] = 4, 4
        return np.sum(y)

    np.testing.assert_allclose(cr.grad(f)(X), [2 * X[0], 0, 4 * X[2], 0, 0])


def test_a_view_of_a_plain_array_that_changes_through_its_base():
    base = np.linspace(1.0, 2.0, 10)
    for c in (base[::2], np.broadcast_to(base[:1], (5,)), base[:5].view()):
        c.flags.writeable = False

        def f(x, c=c):
            y = np.sum(x * c)
            base[:] = 7.0
            return y

        expected = c.copy()
        np.testing.assert_array_equal(cr.grad(f)(X), expected)
        base[:] = np.linspace(1.0, 2.0, 10)


def test_read_only_arrays_are_kept_without_a_copy():
    c = np.ones(3)
    c.flags.writeable = False
    kept = guards.Guards()
    assert kept.keep(c) is c
    assert kept.keep(2.0) == 2.0
    large = np.ones(5000)
    assert kept.keep(large) is large
    kept.check()
    large[7] = 2.0
    with pytest.raises(cr.RecorderError):
        kept.check()


def test_a_pullback_kept_for_later():
    c = np.ones(5000)
    _, pullback = cr.vjp(lambda x: np.sum(x * c), np.ones(5000))
    np.testing.assert_array_equal(pullback(1.0)[0], c)
    c[0] = 2.0
    with pytest.raises(cr.RecorderError, match="changed in place"):
        pullback(1.0)
    c[0] = 1.0
    np.testing.assert_array_equal(pullback(1.0)[0], c)
