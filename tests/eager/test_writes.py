"""In-place writes: what they may touch, what they may not, and that views follow."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.eager import Accumulator, Tape, Tensor, alias, raw_of, writes
from chainrule.eager.tensor import constant
from chainrule.rules import rows
from chainrule.rules._domain import Array, Case

X = np.array([0.3, 0.5, 0.7])
BOTH = pytest.mark.parametrize("method", ["reverse", "forward"])


@pytest.fixture
def in_place(monkeypatch):
    """The number of writes that reused the storage, and of those that copied."""
    counts = {True: 0, False: 0}
    original = writes._write_in_place

    def counting(*args):
        done = original(*args)
        counts[done] += 1
        return done

    monkeypatch.setattr(writes, "_write_in_place", counting)
    return counts


def recurrence(x):
    y = x * 1.0
    for i in range(1, len(y)):
        y[i] = np.sin(y[i - 1]) * y[i]
    return y


@BOTH
def test_a_loop_of_writes_copies_once(in_place, method):
    x = np.linspace(0.1, 0.9, 50)
    if method == "reverse":
        cr.vjp(recurrence, x)
    else:
        cr.jvp(recurrence, x, x)
    assert in_place == {True: 48, False: 1}


@BOTH
def test_a_loop_that_fills_an_array_copies_once(in_place, method):
    def f(x):
        y = np.zeros_like(x)
        for i in range(len(x)):
            y[i] = x[i] ** 2
        return np.sum(y)

    if method == "reverse":
        np.testing.assert_allclose(cr.grad(f)(X), 2 * X)
    else:
        np.testing.assert_allclose(cr.jvp(f, X, X)[1], np.sum(2 * X * X))
    assert in_place[False] <= 2
    assert in_place[True] >= 1


def disturbed(step, reader):
    """Write into an array that is the only one of its handle, with something that refers to it in between."""

    def f(x):
        y = x * 1.0
        y[0] = x[1] * 2.0
        y[1] = x[2] * 3.0  # in place
        seen = reader(y, x)
        step(y, x)
        return np.sum(y * x) + np.sum(seen() * x[0])

    return f


def later(value, use=lambda value: value):
    """A function that uses a value which was computed before."""
    return lambda: use(value)


READERS = {
    "a product that saves it": lambda y, x: later(y * y),
    "a product with another that saves it": lambda y, x: later(x * y),
    "a function of it": lambda y, x: later(np.sin(y)),
    "a view": lambda y, x: later(y[1:]),
    "a view of a view": lambda y, x: later(y[1:][::-1]),
    "a dead view that was saved": lambda y, x: later(y[1:] * y[:-1]),
    "a reshaped view that was saved": lambda y, x: later(y.reshape(3, 1) @ y.reshape(1, 3)),
    "a copy": lambda y, x: later(y.copy()),
    "a second name": lambda y, x: later(y),
    "a stop": lambda y, x: later(cr.stop_gradient(y)),
    "an inner gradient": lambda y, x: later(cr.grad(lambda t: np.sum(t * t * y))(y)),
    "an inner pullback": lambda y, x: later(cr.vjp(lambda t: t * y, y)[1], lambda pullback: pullback(np.ones(3))[0]),
    "an inner jvp": lambda y, x: later(cr.jvp(lambda t: t * y, y, y)[1]),
    "the value": lambda y, x: later(cr.value(y)),
    "a list of elements": lambda y, x: later(list(y), lambda parts: parts[0] * parts[1] * parts[2]),
    "an iterator": lambda y, x: later(iter(y), lambda parts: next(parts) * next(parts)),
    "a selection": lambda y, x: later(y[[0, 2, 2]]),
    "where": lambda y, x: later(np.where(x > 0.4, y, x)),
    "stack": lambda y, x: later(np.stack([y, y])),
}  # fmt: skip

STEPS = {
    "an element": lambda y, x: y.__setitem__(0, x[1] * x[1]),
    "a number": lambda y, x: y.__setitem__(2, 5.0),
    "a slice": lambda y, x: y.__setitem__(slice(1, None), x[:2] * 4.0),
    "all": lambda y, x: y.__imul__(x),
    "many": lambda y, x: [y.__setitem__(i, y[i - 1] * x[i]) for i in range(3)],
    "itself": lambda y, x: y.__setitem__(slice(1, None), y[:-1]),
    "whole": lambda y, x: y.__setitem__(..., y),
    "mask": lambda y, x: y.__setitem__(X > 0.4, x[1:] * 2.0),
}  # fmt: skip


@BOTH
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("reader", READERS)
def test_what_was_read_before_a_write_keeps_its_value(reader, step, method):
    f = disturbed(STEPS[step], READERS[reader])
    plain = lambda x: cr.value_and_grad(f)(x)[0] if "inner" in reader or "stop" in reader else f(x)
    found, gradient = cr.value_and_grad(f, method=method)(X)
    if "inner" not in reader and reader not in ("a stop", "the value"):
        assert found == f(X.copy())
        np.testing.assert_allclose(gradient, cr.numeric.complex_step(f, X).value, rtol=1e-12, atol=1e-14)
    elif "inner" in reader:
        np.testing.assert_allclose(gradient, cr.numeric.richardson(plain, X).value, rtol=1e-8, atol=1e-9)
    other = {"reverse": "forward", "forward": "reverse"}[method]
    np.testing.assert_allclose(gradient, cr.grad(f, method=other)(X), rtol=1e-12, atol=1e-14)
    h1, h2 = cr.hessian(f)(X), cr.hessian(f, method="forward")(X)
    np.testing.assert_allclose(h1, h2, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(h1, cr.jacfwd(cr.jacfwd(f))(X), rtol=1e-10, atol=1e-12)


def test_values_handed_out_do_not_change_afterwards():
    kept = []

    def f(x):
        y = x * 1.0
        for i in range(3):
            y[i] = y[i] * 2.0
            kept.extend([cr.value(y), y.numpy(), np.array(cr.value(y)), repr(y)])
        return np.sum(y)

    cr.grad(f)(X)
    cr.jvp(f, X, X)
    for block in (kept[:12], kept[12:]):
        for i in range(3):
            expected = np.where(np.arange(3) <= i, 2 * X, X)
            for value in block[4 * i : 4 * i + 3]:
                np.testing.assert_array_equal(value, expected)
            assert block[4 * i + 3] == repr(constant(expected))


def test_tangents_handed_out_do_not_change_afterwards():
    with Accumulator() as forward:
        x = forward.watch(alias(X.copy()), np.ones(3))
        y = x * 1.0
        y[0] = x[1] * 2.0
        first = forward.tangent(y)
        y[1] = x[1] * 5.0
        second = forward.tangent(y)
        y[2] = 0.0
        y[0] = 7.0
        third = forward.tangent(y)
    np.testing.assert_array_equal(first, [2, 1, 1])
    np.testing.assert_array_equal(second, [2, 5, 1])
    np.testing.assert_array_equal(third, [0, 5, 0])


def test_the_cotangent_of_an_intermediate_value_that_is_written_later():
    with Tape() as tape:
        x = tape.watch(alias(X.copy()))
        y = x * 1.0
        y[0] = x[1] * 2.0
        y[1] = x[2] * 3.0
        before = Tensor(y.raw, y.key, y.on, None)
        z = before[0] * before[1] + before[2]
        y[2] = 1.0
        w = y[0] * 10.0 + z
        inside = tape.gradient([w], [before, x, y], [np.float64(1.0)])
    for found in (inside, tape.gradient([w], [before, x, y], [np.float64(1.0)])):
        np.testing.assert_allclose(raw_of(found[0]), [10 + 2.1, 1.0, 1.0])
        np.testing.assert_allclose(raw_of(found[1]), [0, 2 * (10 + 2.1), 3 * 1.0 + 1])
        np.testing.assert_allclose(raw_of(found[2]), [10, 0, 0])


@BOTH
def test_indices_may_change_after_a_write(method):
    def f(x):
        index, mask, values = [0, 2], np.array([True, False, True]), np.array([1, 2])
        y = x * 1.0
        y[index] = x[values] * 2.0
        y[1] = y[0] * x[2]
        y[mask] = y[mask] * x[values]
        read = y[values] * y[index]
        index[0], mask[:], values[:] = 1, False, 0
        return np.sum(y * x) + np.sum(read)

    np.testing.assert_allclose(cr.grad(f, method=method)(X), cr.numeric.complex_step(f, X).value, rtol=1e-13)


@BOTH
def test_an_error_in_a_write_leaves_the_value_as_it_was(method):
    def f(x):
        y = x * 1.0
        y[0] = x[1]
        y[1] = x[0]
        for index, value in ((5, 1.0), (slice(2), np.ones(3)), ("a", 1.0), ([0, 9], x[0])):
            with pytest.raises((IndexError, ValueError)):
                y[index] = value
        y[2] = y[0] * y[1]
        return np.sum(y * x)

    expected = [2 * 0.5 + 0.5 * 0.7, 2 * 0.3 + 0.3 * 0.7, 0.15]
    np.testing.assert_allclose(cr.grad(f, method=method)(X), expected)


def calls():
    """Every example call in the table of which NumPy's result shares memory with an argument."""
    for row in rows():
        if row.fn in (np.broadcast_arrays, np.linalg.matrix_power) or not isinstance(row.domain, (list, tuple)):
            continue
        for n, case in enumerate(row.domain):
            if not isinstance(case, Case):
                continue
            try:
                arguments, result = call(row, case, False)
            except Exception:
                continue
            for k, part in enumerate(parts(result)):
                if isinstance(part, np.ndarray) and any(np.shares_memory(part, x) for x in arguments):
                    yield pytest.param(row, case, k, id=f"{row.name}-{n}-{k}")


def call(row, case, recorded):
    rng, made = np.random.default_rng(1), []

    def fill(x):
        if isinstance(x, Array):
            made.append(np.array(x.sample(rng)))
            if recorded:
                made[-1] = constant(made[-1])
            return made[-1]
        return type(x)([fill(part) for part in x]) if type(x) in (list, tuple) else x

    fn = row if recorded or row.name in ("getitem", "scatter", "put", "add_at") else row.fn
    args, kwargs = [fill(x) for x in case.args], {k: fill(x) for k, x in case.kwargs.items()}
    return made, fn(*args, **kwargs)


def parts(result):
    return list(result) if isinstance(result, (list, tuple)) else [result]


@pytest.mark.parametrize(("row", "case", "part"), list(calls()))
def test_writing_into_a_view_writes_what_it_views(row, case, part):
    plain, result = call(row, case, False)
    recorded, handle = call(row, case, True)
    result, handle = parts(result)[part], parts(handle)[part]
    writable = result.flags.writeable
    values = np.cos(np.arange(result.size)).reshape(result.shape)
    if row.name == "einsum" and result.size < plain[0].size:
        with pytest.raises(cr.EscapeError, match="einsum"):
            handle[...] = values
    elif writable:
        result[...] = values
        handle[...] = values
        for a, b in zip(plain, recorded, strict=True):
            np.testing.assert_array_equal(a, b.raw)
        plain[0][...] = 3.0
        recorded[0][...] = 3.0
        np.testing.assert_array_equal(result, handle.raw)
    elif not writable:
        with pytest.raises(ValueError, match="read-only"):
            handle[...] = values


def rows_of_a_matrix(x):
    m = np.outer(x, x)
    for row in m:
        row[0] = x[1]
        row[1:] *= 2
    return np.sum(m**2)


def transposed_and_flipped(x):
    m = np.outer(x, x)
    t = m.transpose(1, 0)[::-1]
    t[1] += x
    np.squeeze(t[None])[:, 2] = x[2] * 2
    np.flip(m)[0, 0] = x[1]
    np.swapaxes(m, 0, 1)[2] *= x
    m.reshape(9)[::4] *= x
    return np.sum(m**2)


def halves(x):
    a, b = np.split(np.concatenate([x, x * x]), 2)
    a[0] = b[1]
    b *= a
    return np.sum(a * b)


def elements_written_twice(x):
    y = x * 1.0
    y[np.array([0, 0, 1])] = x
    y[[1, 1]] += x[:2]
    np.add.at(y, [2, 2], x[1:])
    return np.sum(y * y * x)


def a_view_that_outlives_its_array(x):
    w = x * 1.0
    v = w[1:]
    del w
    v *= v
    v[0] = x[2]
    return np.sum(v * v)


def overlaps(x):
    y = x * 1.0
    y[::-1][:2] = y[:2]
    y[1:] = y[:-1]
    y[:] = y[::-1]
    return np.sum(y * x)


def swaps(x):
    y = x * 1.0
    y[0], y[1] = y[1], y[0]
    y[1], y[2] = y[2] * 2, y[1] * 3
    y[[0, 2]] = y[[2, 0]]
    return np.sum(y * x * x)


def rebound_name(x):
    y = x * 1.0
    v = y[:]
    y = y * 2.0
    v[0] = 5.0
    return np.sum(y * v)


def broadcast_values(x):
    y = np.zeros_like(x * np.ones((2, 1)))
    y[:] = x
    y[0, 1:] = x[0]
    y[...] = y[None]
    y[[0, 1], [0, 0]] = x[1] * y[1, 2]
    return np.sum(y**3)


def zero_dimensional_views(x):
    y = x * 1.0
    v = y[0, ...]
    v += x[1]
    w = np.reshape(y[1:2], ())
    w *= v
    return y[0] * y[1] * y[2]


PROGRAMS = [
    rows_of_a_matrix, transposed_and_flipped, halves, elements_written_twice, a_view_that_outlives_its_array, overlaps,
    swaps, rebound_name, broadcast_values, zero_dimensional_views,
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_programs(f):
    expected = cr.numeric.complex_step(f, X).value
    for method in ("reverse", "forward"):
        value, gradient = cr.value_and_grad(f, method=method)(X)
        assert value == f(X.copy())
        np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-14)
    hessian = cr.hessian(f)(X)
    np.testing.assert_allclose(hessian, cr.numeric.richardson(cr.grad(f), X).value, rtol=1e-8, atol=1e-8)
    for other in (cr.hessian(f, method="forward"), cr.jacfwd(cr.jacfwd(f)), cr.jacrev(cr.jacfwd(f))):
        np.testing.assert_allclose(other(X), hessian, rtol=1e-12, atol=1e-13)


@BOTH
def test_writes_across_transforms(method):
    def inner_writes_its_argument(x):
        def inner(t):
            t[0] = t[1] * x[0]
            return np.sum(t * t)

        z = x * 1.0
        return np.sum(cr.grad(inner)(z) * z)

    a, b, c = X
    expected = [4 * b * b * a, 4 * b * (1 + a * a), 4 * c]
    np.testing.assert_allclose(cr.grad(inner_writes_its_argument, method=method)(X), expected)

    def inner_writes_an_outer_array(x):
        y = cr.numpy.zeros(3)

        def inner(t):
            y[0] = t * x[0]
            return y[0] * y[0]

        return cr.grad(inner)(x[1]) * y[0]  # 2 x1 x0^2 times x1 x0

    expected = [6 * b * b * a * a, 4 * b * a**3, 0]
    np.testing.assert_allclose(cr.grad(inner_writes_an_outer_array, method=method)(X), expected)
