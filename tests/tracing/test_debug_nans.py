"""The operation that first made a nan or an infinity, and its line."""

import inspect
import threading
import tracemalloc
import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled.jit import Compiled
from chainrule.tracing import _debug, _inspect
from chainrule.tracing._compiled import watched_run
from compiled.constructs import CONSTRUCTS
from compiled.zoo import ENTRIES, engine
from compiled.zoo.reference import flat

SUPPORTED = [c for c in CONSTRUCTS if not c.refused and c.error is None]
WAYS = [
    pytest.param(lambda f: f, id="eager"),
    pytest.param(lambda f: cr.jit(f, compile=False), id="emitted"),
    pytest.param(cr.jit, id="compiled", marks=pytest.mark.slow),
]
both_ways = pytest.mark.parametrize("way", WAYS)


def line_of(f, text):
    lines, first = inspect.getsourcelines(f)
    return next(i for i, line in enumerate(lines, first) if text in line)


def roots(x):
    s = 0.0
    for i in range(5):
        s = s + np.sqrt(x - i) * x
    return s


def distance(x, y):
    d = (x - y) ** 2
    return np.sqrt(np.sum(d))


def scaled_root(x):
    y = np.sqrt(x)
    return (y * y) * 2.0


def quotient(x):
    y = x - 2.0
    return x / y


def sinc(x):
    with np.errstate(invalid="ignore"):
        return np.sum(np.where(x == 0, 1.0, np.sin(x) / x))


def sinc_by_where(x):
    return np.sum(np.where(x == 0, 1.0, np.sin(x) / x))


def chosen_root(x):
    return np.sum(np.where(x > 0, np.sqrt(x), 0.0))


def stored(x):
    y = np.zeros(3, like=x)
    for i in range(3):
        y[i] = x[i] * 2.0
    y[1] = np.log(y[1])
    z = y[1:]
    return np.sum(z * z)


def network(w, x):
    h = np.sqrt(w @ x)
    return np.sum(h[1:] / h[0])


@both_ways
@pytest.mark.parametrize("derivative", [lambda f: f, cr.grad], ids=["value", "grad"])
def test_root_of_a_negative_number_in_a_loop(way, derivative):
    if way is WAYS[0].values[0] and derivative is not cr.grad:
        pytest.skip("a plain call of a plain function is not seen")
    with (
        pytest.raises(cr.NotFiniteError, match=r"sqrt\(-0.5\).* made nan, in the run forwards") as caught,
        cr.debug_nans(),
    ):
        way(derivative(roots))(2.5)
    assert caught.value.line == line_of(roots, "np.sqrt")
    assert caught.value.phase == "value"
    assert caught.value.file == __file__


@both_ways
def test_infinity_times_zero_on_the_way_back(way):
    x = np.ones(3)
    assert cr.jit(distance, compile=False)(x, x) == 0.0
    with pytest.raises(cr.NotFiniteError, match="made inf, on the way back") as caught, cr.debug_nans():
        way(cr.grad(distance))(x, x)
    assert caught.value.line == line_of(distance, "np.sqrt")
    assert caught.value.phase == "adjoint"
    assert f"line {line_of(distance, 'd = ')}" in str(caught.value)  # where it became nan


@both_ways
def test_quotient(way):
    with pytest.raises(cr.NotFiniteError, match=r"2 / 0") as caught, cr.debug_nans():
        way(cr.grad(quotient))(2.0)
    assert caught.value.line == line_of(quotient, "x / y")


@both_ways
def test_element_of_an_array(way):
    with pytest.raises(cr.NotFiniteError, match=r"log") as caught, cr.debug_nans():
        way(cr.grad(stored))(np.array([1.0, 0.0, 2.0]))
    assert caught.value.line == line_of(stored, "np.log")


@both_ways
def test_products_of_matrices(way):
    with pytest.raises(cr.NotFiniteError, match=r"1.41\d* / 0") as caught, cr.debug_nans():
        way(cr.grad(network))(np.array([[1.0, -1.0], [1.0, 1.0]]), np.ones(2))
    assert caught.value.line == line_of(network, "h[1:] / h[0]")


@both_ways
@pytest.mark.parametrize("f", [sinc, chosen_root])
def test_what_is_not_chosen_raises_nothing(way, f):
    x = np.array([0.0, 1.0])
    if f is sinc:
        way = WAYS[0].values[0]  # `with` is not compiled
    with warnings.catch_warnings():
        expected = cr.grad(f)(x)
    with cr.debug_nans():
        found = way(cr.grad(f))(x)
    np.testing.assert_allclose(found, expected)


def test_compiled_branches_that_are_not_chosen():
    compiled = cr.jit(cr.grad(sinc_by_where), compile=False)
    with cr.debug_nans():
        np.testing.assert_allclose(compiled(np.array([0.0, 1.0])), [0.0, np.cos(1) - np.sin(1)])


def test_ignored_where_it_is_made_and_told_where_it_arrives():
    def f(x):
        with np.errstate(invalid="ignore"):
            y = np.log(x)
        return y * 2.0

    with pytest.raises(cr.NotFiniteError, match=r"log\(-1\) made nan") as caught, cr.debug_nans():
        cr.grad(f)(-1.0)
    assert caught.value.operation == "log"


def test_forward_mode():
    with pytest.raises(cr.NotFiniteError, match="in forward mode") as caught, cr.debug_nans():
        cr.jvp(scaled_root, 0.0, 1.0)
    assert caught.value.phase == "tangent"
    assert caught.value.line == line_of(scaled_root, "np.sqrt")


def test_second_order():
    with pytest.raises(cr.NotFiniteError, match="made inf") as caught, cr.debug_nans():
        cr.hessian(lambda x: np.sum(x**1.5))(np.array([0.0, 1.0]))
    assert caught.value.phase in ("adjoint", "tangent")


def test_gradient_tape():
    with cr.debug_nans():
        with cr.GradientTape() as tape:
            x = cr.Variable(0.0)
            y = distance(x, 0.0)
        with pytest.raises(cr.NotFiniteError, match=r"sqrt\(0\)"):
            tape.gradient(y, x)


@pytest.mark.parametrize("way", [lambda f: f, lambda f: cr.jit(f, compile=False)])
def test_arguments_that_are_not_finite(way):
    with pytest.raises(cr.NotFiniteError, match="no operation made it so"), cr.debug_nans():
        way(cr.value_and_grad(lambda x: x * 2.0))(np.nan)


def mixed(x, y):
    factor = np.log(-1.0 - y * y)
    product = x * factor
    return product * 2.0


def test_what_came_in_is_told_with_the_line_where_it_did():
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(cr.NotFiniteError, match=r"came in with an operand of 0.5 \* nan") as caught,
        cr.debug_nans(),
    ):
        cr.grad(mixed)(0.5, 1.0)
    assert (caught.value.line, caught.value.operation) == (line_of(mixed, "x * factor"), "multiply")


@both_ways
def test_finite_results_are_those_without_it(way):
    x = np.array([0.5, 1.5, 2.5])
    with cr.debug_nans():
        found = way(cr.grad(stored))(x)
    np.testing.assert_array_equal(found, way(cr.grad(stored))(x))


def test_nothing_is_left_behind():
    call = Compiled.__call__
    with cr.debug_nans(), cr.debug_nans():
        assert Compiled.__call__ is not call
    assert Compiled.__call__ is call
    with np.errstate(invalid="ignore"):
        assert np.isnan(cr.grad(roots)(2.5))


def test_arguments_are_written_as_without_it():
    def doubled(x):
        x[0] = np.log(x[0])
        return x[0]

    x = np.array([-1.0, 2.0])
    with pytest.raises(cr.NotFiniteError, match="log"), cr.debug_nans():
        cr.jit(doubled, compile=False)(x)
    assert np.isnan(x[0])


def assert_watched_is_the_same(function, arguments):
    compiled = cr.jit(function, compile=False)
    expected = compiled(*arguments())
    given = arguments()
    version = compiled._version(compiled._signature(given, {}))
    _, found, _ = watched_run(version, compiled._signature(given, {}), "adjoint")
    for a, b in zip(flat(found), flat(expected), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("construct", SUPPORTED, ids=lambda construct: construct.name)
def test_watched_constructs_compute_the_same(construct):
    assert_watched_is_the_same(construct.function(), construct.arguments)


@pytest.mark.skipif(not engine.AVAILABLE, reason="there is no compiled engine")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_watched_programs_compute_the_same(entry):
    try:
        assert_watched_is_the_same(cr.grad(entry.function, argnums=entry.argnums), entry.arguments)
    except cr.UnsupportedError as refusal:
        pytest.skip(f"refused: {str(refusal).splitlines()[0]}")


def squeezed(x):
    a = x * 2.0
    b = a - 2.0
    return np.sum(np.log(b) * a)


@both_ways
def test_operations_keep_their_own_lines(way):
    with pytest.raises(cr.NotFiniteError, match="log") as caught, cr.debug_nans():
        way(cr.value_and_grad(squeezed))(np.array([2.0, 1.0]))
    assert caught.value.line == line_of(squeezed, "np.log")


def late(x):
    total = 0.0
    for i in range(3):
        z = x[i] / (x[i] - 1.0)
        total = total + np.log(x[i]) + z
    return total


@both_ways
def test_of_several_the_first_is_told(way):
    with pytest.raises(cr.NotFiniteError, match=r"1 / 0") as caught, cr.debug_nans():
        way(cr.value_and_grad(late))(np.array([2.0, 1.0, -1.0]))
    assert caught.value.line == line_of(late, "z = ")


def test_arrays_of_long_ago_are_forgotten_and_lines_are_not(monkeypatch):
    monkeypatch.setattr(_inspect, "HELD", 1000)

    def f(x):
        y = np.sqrt(x)
        for _ in range(20):
            y = np.sin(y) + x[::-1]
        return np.sum(y)

    inspectors = []
    monkeypatch.setattr(_debug, "Inspector", lambda: inspectors.append(_inspect.Inspector()) or inspectors[-1])
    with pytest.raises(cr.NotFiniteError, match=r"The derivative of sqrt\(...\) made inf") as caught, cr.debug_nans():
        cr.grad(f)(np.linspace(0.0, 1.0, 10))
    assert caught.value.line == line_of(f, "np.sqrt")
    assert inspectors[0].bytes <= 1000
    arrays = [x for call in inspectors[0].calls.values() for x in call[1] if isinstance(x, np.ndarray)]
    assert sum(x.nbytes for x in arrays) <= 1000


def test_other_threads_are_left_alone():
    found = []
    thread = threading.Thread(target=lambda: found.append(cr.grad(cr.jit(distance, compile=False))(1.0, 1.0)))
    with np.errstate(all="ignore"), cr.debug_nans():
        thread.start()
        thread.join()
    assert np.isnan(found).all()


def test_long_training_takes_no_more_memory(monkeypatch):
    monkeypatch.setattr(_inspect, "HELD", 10_000_000)
    x = np.linspace(0.1, 1.0, 125_000)
    slope = cr.grad(lambda x: np.sum(np.tanh(np.sin(x) * x) + np.exp(-x)))
    tracemalloc.start()
    with cr.debug_nans():
        for _ in range(20):
            x = x - 1e-4 * slope(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000_000
