"""Each row through the engine: forward and reverse mode, alone and nested, in every shape and dtype it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.rules import Row
from row_calls import Call, calls, differentiable, flat, has_domains, like, of_kind, shaped, slope

pytestmark = pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
by_name = {"ids": lambda row: row.name}
by_dtype = pytest.mark.parametrize("dtype", [np.float64, np.complex128], ids=["real", "complex"])

NEW = {  # NumPy asks nobody but like= here
    np.array, np.asarray, np.asarray_chkfinite, np.full, np.full_like, np.arange, np.kaiser, np.fft.fftfreq,
    np.fft.rfftfreq,
}  # fmt: skip


def numpy_or_row(row: Row) -> Callable[..., Any]:
    """Return what a user would call, where that reaches the row by NumPy's protocols."""
    known = isinstance(row.fn, np.ufunc) or (getattr(row.fn, "__module__", None) or "").startswith("numpy")
    return row.fn if known and row.fn not in NEW else row


def function(row: Row, call: Call) -> Callable[..., Any]:
    """Return a call as a function of its sampled arguments alone, with a tuple of arrays as its result."""

    def f(*values: Any) -> Any:
        args, kwargs = call.replaced(values)
        parts = flat(numpy_or_row(row)(*args, **kwargs))
        return tuple(part for part in parts if np.asarray(cr.value(part)).dtype.kind in "fc")

    return f


def total(row: Row, call: Call, rng: np.random.Generator, squared: bool = False) -> Callable[..., Any]:
    """Return a call as a real number: its result, or the square of it, weighted at random and summed."""
    f = function(row, call)
    weights = [like(rng, cr.value(part)) for part in f(*call.sampled())]

    def h(*values: Any) -> Any:
        terms = [np.sum(w * (part * part if squared else part)) for w, part in zip(weights, f(*values), strict=True)]
        return np.real(sum(terms))

    return h


def product(a: Any, b: Any) -> float:
    """The product of tuples of arrays under which a pullback is the transpose of a pushforward."""
    return sum(float(np.real(np.vdot(x, y))) for x, y in zip(a, b, strict=True))


def check_close(result: Any, expected: Any, close: float = 1e-8) -> None:
    for x, y in zip(result, expected, strict=True):
        assert np.shape(x) == np.shape(y)
        scale = max(1.0, np.max(np.abs(y), initial=0.0))
        np.testing.assert_allclose(x, y, rtol=close, atol=close * scale)


def tolerance(parts: Any, double: float) -> float:
    """Return what to expect of results of which some are in single precision (a cast makes them so)."""
    return 1e-3 if any(np.asarray(part).dtype.char in "fF" for part in parts) else double


def step(xs: Any, h: float, ts: Any) -> tuple[Any, ...]:
    return tuple([x + h * t for x, t in zip(xs, ts, strict=True)])


def skip_unless_complex(row: Row, dtype: Any) -> None:
    if dtype is np.complex128 and not row.complex:
        pytest.skip("a row for real numbers")


def varied(row: Row, rng: np.random.Generator, dtype: Any) -> list[Call]:
    return [call for call in calls(row, rng, dtype) if call.paths]


@by_dtype
@pytest.mark.parametrize("row", differentiable(), **by_name)
def test_first_order(row: Row, dtype: Any, rng: np.random.Generator) -> None:
    skip_unless_complex(row, dtype)
    for call in varied(row, rng, dtype):
        f, xs = function(row, call), tuple(call.sampled())
        ts = tuple([like(rng, x) for x in xs])
        value, pushed = cr.jvp(f, xs, ts)
        close = tolerance(value, 1e-7)
        check_close(pushed, slope(moving(f, xs, ts)), close)
        same, pull = cr.vjp(f, *xs)
        check_close(same, value, 0)
        gs = tuple([like(rng, part) for part in value])
        pulled = pull(gs)
        assert [np.shape(g) for g in pulled] == [np.shape(x) for x in xs]
        np.testing.assert_allclose(product(pulled, ts), product(gs, pushed), rtol=0.01 * close, atol=0.01 * close)


def moving(f: Callable[..., Any], xs: Any, ts: Any) -> Callable[[float], Any]:
    return lambda h: tuple([np.asarray(part) for part in f(*step(xs, h, ts))])


@by_dtype
@pytest.mark.parametrize("row", differentiable(), **by_name)
def test_second_order(row: Row, dtype: Any, rng: np.random.Generator) -> None:
    skip_unless_complex(row, dtype)
    for call in varied(row, rng, dtype):
        xs = tuple(call.sampled())
        h, vs = total(row, call, rng, squared=True), tuple([like(rng, x) for x in xs])
        close = tolerance(function(row, call)(*xs), 1e-6)
        numeric = slope(moving(cr.grad(h, range(len(xs))), xs, vs))
        for result in hessian_products(h, xs, vs):
            check_close(result, numeric, close)
        curvature = cr.jvp(derivative(h, vs), xs, vs)[1]
        np.testing.assert_allclose(curvature, product(numeric, vs), rtol=close, atol=close)


def hessian_products(h: Callable[..., Any], xs: Any, vs: Any) -> list[Any]:
    """Return the Hessian times a vector by forward over reverse, reverse over forward and reverse over reverse."""
    every = range(len(xs))
    gradient = cr.grad(h, every)
    return [
        cr.jvp(gradient, xs, vs)[1],
        cr.grad(derivative(h, vs), every)(*xs),
        cr.grad(lambda *xs: along(gradient(*xs), vs), every)(*xs),
    ]


def derivative(h: Callable[..., Any], vs: Any) -> Callable[..., Any]:
    return lambda *xs: cr.jvp(h, xs, vs)[1]


def along(gs: Any, vs: Any) -> Any:
    return sum(np.real(np.sum(np.conj(v) * g)) for g, v in zip(gs, vs, strict=True))


@pytest.mark.parametrize("row", differentiable(), **by_name)
def test_single_precision_stays(row: Row, rng: np.random.Generator) -> None:
    state = rng.bit_generator.state
    doubles = varied(row, rng, np.float64)
    rng.bit_generator.state = state
    for call, double in zip(varied(row, rng, np.float32), doubles, strict=True):
        f, xs = function(row, call), tuple(call.sampled())
        value, pushed = cr.jvp(f, xs, tuple([np.ones_like(x) for x in xs]))
        assert [dtype_of(t) for t in pushed] == [dtype_of(part) for part in value]
        _, pull = cr.vjp(f, *xs)
        pulled = pull(tuple([np.ones_like(part) for part in value]))
        assert all(g.dtype == np.float32 for g in pulled)
        _, exact = cr.vjp(function(row, double), *double.sampled())
        expected = exact(tuple([np.ones(np.shape(part)) for part in value]))
        check_close(pulled, expected, 2e-3)


def dtype_of(x: Any) -> Any:
    """Return the dtype of an array; numbers come back as Python's."""
    return x.dtype if np.ndim(x) else float


SHAPES = {
    1: [[()], [(0,)], [(1,)], [(2, 3)], [(2, 0)]],
    2: [
        [(3, 1), (4,)],
        [(), (2, 3)],
        [(2, 3), ()],
        [(0,), ()],
        [(1,), (3,)],
        [(2, 1, 3), (4, 1)],
        [(), ()],
        [(2, 0), (1,)],
    ],
    3: [[(2, 3), (), (3,)], [(), (2, 1), (1, 3)], [(0,), (), (1,)]],
    4: [[(2, 3), (), (3,), (1,)], [(), (2, 1), (1, 3), ()], [(0,), (), (1,), (1, 1)]],
}


@pytest.mark.parametrize("row", [row for row in of_kind("elementwise") if has_domains(row)], **by_name)
def test_broadcasting(row: Row, rng: np.random.Generator) -> None:
    for shapes in SHAPES[len(row.operands)]:
        call = shaped(row, rng, shapes)
        f, xs = function(row, call), tuple(call.sampled())
        ts = tuple([like(rng, x) for x in xs])
        value, pushed = cr.jvp(f, xs, ts)
        assert np.shape(value[0]) == np.shape(pushed[0]) == np.broadcast_shapes(*shapes)
        check_close(pushed, slope(moving(f, xs, ts)))
        gs = (like(rng, value[0]),)
        pulled = cr.vjp(f, *xs)[1](gs)
        assert [np.shape(g) for g in pulled] == [np.shape(x) for x in xs]
        np.testing.assert_allclose(product(pulled, ts), product(gs, pushed), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("row", [row for row in differentiable() if row.edges], **by_name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_edges(row: Row) -> None:
    for edge in row.edges:
        argnums = [positions(row, edge).index(name) for name in edge.gradients]
        for method in ("reverse", "forward"):
            exact = cr.grad(summed(row), argnums, method=method)(*edge.args)
            for gradient, expected in zip(exact, edge.gradients.values(), strict=True):
                np.testing.assert_allclose(gradient, expected, rtol=1e-15, err_msg=f"{method}: {edge}")


def positions(row: Row, edge: Any) -> list[str]:
    """Return the names of a row's arguments in order (a row compiles its signature when it is first called)."""
    row.bind(*edge.args)
    return list(inspect.signature(row.compute if row.kind == "composite" else row.bind).parameters)


def summed(row: Row) -> Callable[..., Any]:
    def f(*args: Any) -> Any:
        result = numpy_or_row(row)(*args)
        return np.sum(result[0] if isinstance(result, tuple | list) else result)

    return f
