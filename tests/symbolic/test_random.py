"""Random expressions: computed, printed and differentiated, they agree with plain NumPy and with reverse mode."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import symbolic

UNARY = [np.sin, np.cos, np.tanh, np.arctan, np.abs, np.negative, np.square, lambda v: np.exp(-np.abs(v)),
         lambda v: np.log(np.abs(v) + 0.5), lambda v: np.sqrt(v * v + 0.1), lambda v: v**3, lambda v: 1 / (v * v + 1),
         lambda v: v / 2, lambda v: 3 * v, lambda v: np.floor(v), lambda v: np.clip(v, -1, 1.5)]  # fmt: skip
BINARY = [np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.hypot,
          lambda u, v: u / (v * v + 0.5), lambda u, v: np.where(u > v, u, v * v),
          lambda u, v: np.where((u > 0) & (v < 1), u * v, u - v), lambda u, v: (np.abs(u) + 0.1) ** v,
          lambda u, v: u % (np.abs(v) + 0.5), lambda u, v: (u > v) * u,
          lambda u, v: np.arctan2(u, np.abs(v) + 0.5)]  # fmt: skip


@st.composite
def programs(draw):
    """A straight-line program: a list of (function, operands), each operand an earlier value or a number."""
    steps = []
    for k in range(draw(st.integers(1, 12))):
        place = st.integers(0, k + 2)
        operand = st.one_of(place, place, place, st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0]))
        if draw(st.booleans()):
            steps.append((draw(st.sampled_from(range(len(UNARY)))), (draw(place),)))
        else:
            steps.append((draw(st.sampled_from(range(len(BINARY)))), (draw(operand), draw(place))))
    return steps


def run(steps, *point):
    values = list(point)
    for which, operands in steps:
        chosen = [values[o] if isinstance(o, int) else o for o in operands]
        values.append((UNARY if len(operands) == 1 else BINARY)[which](*chosen))
    return values[-1]


NUMBERS = st.floats(-3, 3).filter(lambda v: abs(v - round(v, 1)) > 1e-3)  # off the kinks at round numbers
POINTS = st.tuples(NUMBERS, NUMBERS, NUMBERS)
NAMES = ("x", "y", "z")


@settings(max_examples=150)
@given(programs(), POINTS)
def test_values_texts_and_derivatives(steps, point):
    point = tuple(map(np.float64, point))
    traced = symbolic.trace(lambda x, y, z: run(steps, x, y, z))
    with np.errstate(all="ignore"):
        expected = run(steps, *point)
        assume(np.isfinite(expected) and abs(expected) < 1e8)
        values = dict(zip(NAMES, point, strict=True))
        np.testing.assert_allclose(traced(values), expected, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(eval(str(traced), {**vars(np), **values}), expected, rtol=1e-9, atol=1e-9)
        found: dict = {**values, "np": np}
        exec(traced.python(temporaries=True), found)
        np.testing.assert_allclose(found["result"], expected, rtol=1e-9, atol=1e-9)
        slopes = symbolic.gradient(traced, symbolic.symbols(NAMES))(values)
        reverse = cr.grad(lambda *v: run(steps, *v) + 0 * v[0], argnums=(0, 1, 2))(*point)
    assume(np.all(np.isfinite(reverse)))
    np.testing.assert_allclose(slopes, reverse, rtol=1e-6, atol=1e-6 * max(1, np.max(np.abs(reverse))))


@settings(max_examples=40)
@given(programs(), POINTS)
def test_second_derivatives(steps, point):
    def f(v):
        return run(steps, v[0], v[1], v[2]) + 0 * v[0]

    with np.errstate(all="ignore"):
        expected = cr.hessian(f)(np.array(point))
        assume(np.all(np.isfinite(expected)) and np.max(np.abs(expected)) < 1e6)
        found = cr.hessian(f, method="symbolic")(np.array(point))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * max(1, np.max(np.abs(expected))))


@settings(max_examples=100)
@given(programs())
def test_tracing_twice_gives_the_same_object(steps):
    first, second = (symbolic.trace(lambda x, y, z: run(steps, x, y, z)) for _ in range(2))
    assert first is second
    assert first.dag_size <= first.tree_size


@settings(max_examples=100)
@given(programs(), POINTS)
def test_substituting_numbers_computes(steps, point):
    traced = symbolic.trace(lambda x, y, z: run(steps, x, y, z))
    values = dict(zip(NAMES, point, strict=True))
    known = {s: values[s.name] for s in traced.symbols}
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(float(traced.substitute(known)), traced(values), rtol=1e-9, atol=1e-9)
