"""The short paths of elementwise calls against the general path, on every mixture of kinds, shapes and dtypes."""

import itertools

import numpy as np
import pytest

import chainrule as cr
from chainrule.eager import Accumulator, Tape, alias
from chainrule.eager.boxes import ORIGINAL
from chainrule.eager.fast import short_path
from chainrule.eager.tensor import Tensor, apply, form_of
from chainrule.rules import lookup, rows

OPERANDS = {
    "float": 0.7, "int": 2, "zero": 0, "minus zero": -0.0, "number": np.float64(1.3), "single": np.float32(0.6),
    "array": np.array([0.5, 1.5, 2.5]), "again": np.array([1.5, 0.2, 0.4]), "one": np.array([0.4]),
    "singles": np.array([0.5, 1.5, 2.5], np.float32), "ints": np.array([1, 2, 3]), "0-d": np.array(0.9),
    "complex": np.array([1 + 1j, 2.0, 3j]), "column": np.array([[1.0], [2.0]]), "empty": np.zeros(0),
    "none of one": np.zeros((0, 1)),
}  # fmt: skip
UFUNCS = [np.add, np.subtract, np.multiply, np.true_divide, np.arctan2, np.maximum, np.logaddexp]
PAIRS = list(itertools.product(OPERANDS, OPERANDS))


def same(x, y):
    """Tell whether two results are equal to the last bit, with their kinds."""
    kinds = type(x) is type(y) and x.dtype == y.dtype and x.shape == y.shape
    return kinds and np.array_equal(x, y, equal_nan=True) and np.array_equal(np.signbit(x.real), np.signbit(y.real))


def derivatives(call, x, y, watch):
    """Return the value, the gradient (None where not watched) and the tangent of one call, computed by `call`."""
    with Tape() as tape:
        handles = [tape.watch(alias(np.asarray(v)[()])) if w else v for v, w in zip((x, y), watch, strict=True)]
        out = call(*handles)
    sources = [h for h in handles if type(h) is Tensor]
    gradient = tape.gradient([out], sources, [np.ones_like(out.raw)])
    with Accumulator() as forward:
        handles = [
            forward.watch(alias(np.asarray(v)[()]), np.ones_like(v)[()]) if w else v
            for v, w in zip((x, y), watch, strict=True)
        ]
        pushed = call(*handles)
    return [out.raw, *gradient, pushed.raw, forward.tangent(pushed)], [out, pushed]


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("watch", [(True, True), (True, False), (False, True)])
def test_as_the_general_path(ufunc, watch):
    row, path = lookup(ufunc), short_path(lookup(ufunc))
    for first, second in PAIRS:
        x, y = OPERANDS[first], OPERANDS[second]
        watched = [v for v, w in zip((x, y), watch, strict=True) if w]
        if not all(np.asarray(v).dtype.kind in "fc" for v in watched):
            continue
        if not row.complex and "complex" in (first, second):
            continue
        with np.errstate(all="ignore"):
            try:
                row.compute(x, y)
                expected, _ = derivatives(lambda *operands: apply(row, operands, {}), x, y, watch)
            except (ValueError, ZeroDivisionError):  # shapes that do not go together; Python's 1 / 0
                continue
            found, handles = derivatives(path, x, y, watch)
        assert all(map(same, found, expected)), (first, second, found, expected)
        assert all(handle.form == form_of(handle.raw) for handle in handles)


@pytest.mark.parametrize("f", [np.sin, np.tanh, np.absolute, np.sqrt, np.square, np.negative, lambda x: x**3])
def test_forms_of_unary_results(f):
    for x in OPERANDS.values():
        if np.asarray(x).dtype.kind == "f":
            with Tape() as tape:
                out = f(tape.watch(alias(np.asarray(x)[()])))
            assert out.form == form_of(out.raw)


BOXED = {row.name: row for row in rows() if getattr(short_path(row), "__globals__", {}).get("boxed_x")}


@pytest.mark.parametrize("name", BOXED)
def test_partials_with_numbers_in_boxes(name):
    """They are the same to the last bit, on arrays and on numbers."""
    names = short_path(BOXED[name]).__globals__
    boxed, plain = names["boxed_x"], names["pull_x"]
    assert ORIGINAL[boxed] is plain
    with np.errstate(all="ignore"):
        for x in (np.linspace(-2.0, 2.0, 41), np.zeros((2, 0)), np.float64(0.3)):
            arguments = [x + 0.25 * i for i in range(boxed.__code__.co_argcount)]
            assert same(np.asarray(boxed(*arguments)), np.asarray(plain(*arguments)))


def test_there_are_partials_with_numbers_in_boxes():
    assert {"tanh", "square", "log", "sqrt", "divide"} <= BOXED.keys()


@pytest.mark.parametrize(
    "x", [np.array([0.3, 0.6]), np.array([0.3, 0.6], np.float32), np.float64(0.3), np.float32(0.3)]
)
def test_derivatives_keep_the_precision(x):
    """A box beside a single would promote it; nested derivatives read the rule as it was written."""
    f = lambda x: np.tanh(x) + 1 / x - x * 2 + 3 * np.sqrt(x)
    first = cr.elementwise_grad(f)
    second = cr.elementwise_grad(first)
    for g in (first, second):
        assert g(x).dtype == x.dtype
        assert np.result_type(cr.jvp(g, (x,), (np.ones_like(x)[()],))[1]) == x.dtype
    precise = x.astype(np.float64)
    t = np.tanh(precise)
    slope = -2 * t * (1 - t * t) + 2 / precise**3 - 0.75 * precise**-1.5
    np.testing.assert_allclose(second(x), slope, rtol=1e-5)


def test_forms_follow_a_write():
    with Tape() as tape:
        x = tape.watch(alias(np.ones(3)))
        y = x * 2.0
        y[1:] = 5.0
        y *= x
    assert y.form == (3,)
    np.testing.assert_array_equal(tape.gradient([y], [x], [np.ones(3)])[0], [4.0, 5.0, 5.0])


@pytest.mark.parametrize("scale", [1e-3, 7, 2**60 + 1, -3.5, np.float64(0.1)])
def test_numbers_multiply_as_in_numpy(scale):
    x = np.linspace(-1.0, 1.0, 7)
    value, tangent = cr.jvp(lambda x: scale * x / scale - scale, (x,), (np.ones(7),))
    np.testing.assert_array_equal(value, scale * x / scale - scale)
    np.testing.assert_allclose(tangent, np.ones(7))
    np.testing.assert_array_equal(cr.elementwise_grad(lambda x: scale * x)(x), np.full(7, float(scale)))


def test_pairs_in_a_recorded_sweep():
    """Products, sums and differences keep one entry for two edges, of one value or of two."""

    def f(x, y):
        z = x * y + x
        z = z - y * y
        return np.sum((z + z) * (x - x * z))

    x, y = np.array([0.3, -0.7]), np.array([1.1, 0.4])
    for g, at in ((lambda v: f(v, y), x), (lambda v: f(x, v), y)):
        slope = cr.grad(g)
        numeric = [(slope(at + 1e-6 * e) - slope(at - 1e-6 * e)) / 2e-6 for e in np.eye(2)]
        np.testing.assert_allclose(cr.hessian(g)(at), numeric, atol=1e-7)
        nested = cr.jacobian(cr.grad(g, method="forward"))(at)
        np.testing.assert_allclose(nested, numeric, atol=1e-7)


def test_a_zero_cotangent_annihilates_an_infinite_factor_of_a_pair():
    def f(x):
        huge = np.exp(4000 * x)
        return np.sum(np.where(x < 0.5, x, huge * huge))

    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(cr.grad(f)(np.array([0.3, 0.4])), [1.0, 1.0])


def test_a_ufunc_with_none_is_refused():
    with Tape() as tape:
        x = tape.watch(alias(np.ones(3)))
        with pytest.raises((TypeError, cr.MissingRuleError)):
            np.add(x, None)
