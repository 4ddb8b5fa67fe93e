"""What the methods are measured against, what they cannot follow, and derivatives worked out by hand."""

from __future__ import annotations

import dataclasses
import math
import sys

import numpy as np
import pytest

import chainrule as cr

EXACT = {"symbolic": 1e-12, "complex step": 1e-12, "forward mode": 1e-12, "reverse mode": 1e-12}
ROUGH = {"forward difference": 1e-5, "central difference": 1e-7, "Richardson": 1e-10}
ACCURACY = {**EXACT, **ROUGH}


def polynomial(x, y):
    return x**2 * y + y + 2


def branchy(x):
    while x < 10:
        x = x * x if x > 1.5 else x + 0.75
    return x


# ---- What cannot be followed


def test_branches_are_followed_by_all_but_the_symbolic_method():
    found = cr.compare(branchy, 0.3)
    assert [row.method for row in found.rows if not row.follows] == ["symbolic"]
    reason = found["symbolic"].reason
    assert reason.startswith("A branch, loop or comparison depends on a symbol: x < 10")
    assert f"symbolic: {reason}" in str(found)
    assert all(row.error < ACCURACY[row.method] for row in found.rows if row.follows)


def test_the_complex_step_says_why_not():
    found = cr.compare(lambda x: np.abs(x), 2.0)
    assert found["complex step"].reason == (
        "f returned real numbers for a complex argument, so the derivative is lost."
    )
    silent = cr.compare(lambda x: np.abs(x) * x, 2.0)["complex step"]
    assert silent.follows
    assert silent.error > 0.1
    assert "not analytic" in silent.reason


def test_a_function_that_leaves_numpy_is_sampled_only():
    found = cr.compare(lambda x: math.sin(x), 1.0)
    assert found.reference.kind == "richardson"
    assert "60-digit arithmetic" in found.reference.note
    assert not found["reverse mode"].follows
    assert found["reverse mode"].reason.startswith("A recorded value was about to become a float")
    assert found["central difference"].error < 1e-7
    assert "<" in str(found)  # an error below the reference's own


# ---- The reference


def test_a_kink_is_told():
    found = cr.compare(lambda x: np.maximum(x, 2 * x), 0.0)
    assert "kink: the slope by x is 1 below and 2 above" in found.reference.note
    assert found.reference.error > 0.1


def test_a_jump_has_no_reference():
    found = cr.compare(lambda x: 3 * x if x > 1 else x, 1.0, manual=lambda x: 1.0)
    assert found.reference.kind == "none"
    assert "jumps here as x changes" in found.reference.note
    assert found["reverse mode"].error is None
    assert found.manual.right is None
    assert "cannot be judged" in str(found)


def test_a_program_that_amplifies_rounding_is_told():
    def logistic(x):
        for _ in range(70):
            x = 3.9 * x * (1 - x)
        return x

    found = cr.compare(logistic, 0.3)
    assert "amplifies rounding errors" in found.reference.note
    assert found["reverse mode"].error > 1e-3


def test_without_mpmath_the_reference_is_extrapolated(monkeypatch):
    from chainrule.comparison import _elementary, _reference

    for name in ("mpmath", "mpmath.ctx_mp"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(_reference, "context", _elementary.context.__wrapped__)  # the cache would have it still
    found = cr.compare(polynomial, 3.0, 4.0)
    assert found.reference.kind == "richardson"
    assert "There is no mpmath" in found.reference.note
    assert found["reverse mode"].error <= found.reference.error


def test_a_loop_that_only_rounding_ends_is_left(monkeypatch):
    from chainrule.comparison import _reference

    def f(x):
        y = x
        while y > 0:  # until it underflows
            y = y / 2
        return x * x + y

    monkeypatch.setattr(_reference, "OPERATIONS", 3000)
    found = cr.compare(f, 1.0)
    assert found.reference.kind == "richardson"
    assert "too long" in found.reference.note
    assert found["forward mode"].derivative == {"x": 2.0}


def test_custom_rules_do_not_reach_the_reference():
    @cr.custom_vjp
    def square(x):
        return x**2

    square.defvjp(lambda x: (x**2, x), lambda x, g: (3 * x * g,))
    found = cr.compare(square, 2.0)
    assert float(found.reference.matrix[0, 0]) == 4.0
    assert found["reverse mode"].error == pytest.approx(0.5)


# ---- Derivatives by hand


@pytest.mark.parametrize(
    "manual",
    [
        lambda x, y: (2 * x * y, x**2 + 1),
        lambda x, y: [2 * x * y, x**2 + 1],
        lambda x, y: np.array([2 * x * y, x**2 + 1]),
        lambda x, y: {"y": x**2 + 1, "x": 2 * x * y},
    ],
)
def test_a_right_derivative_by_hand_is_told_right(manual):
    found = cr.compare(polynomial, 3.0, 4.0, manual=manual)
    assert found.manual.right
    assert found.rows[0].method == "by hand"
    assert str(found).endswith("The derivative by hand is right.")


def test_a_wrong_derivative_by_hand_is_told_wrong_and_where():
    found = cr.compare(polynomial, 3.0, 4.0, manual=lambda x, y: (2 * x * y, x**2))
    assert not found.manual.right
    assert [dataclasses.astuple(d) for d in found.manual.differences] == [("d/dy", 10.0, 9.0)]
    assert "wrong in 1 component:\n  d/dy is 10, given 9" in str(found)


def test_jacobians_by_hand():
    f = lambda w, x: w @ x
    w, x = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 3.0])
    blocks = [np.kron(np.eye(2), x).reshape(2, 2, 3), w]
    assert cr.compare(f, w, x, manual=lambda w, x: blocks).manual.right
    rows = np.concatenate([b.reshape(2, -1) for b in blocks], axis=1)
    assert cr.compare(f, w, x, manual=lambda w, x: rows).manual.right
    assert cr.compare(f, w, x, manual=lambda w, x: list(rows)).manual.right
    rows[1, 4] += 0.5
    wrong = cr.compare(f, w, x, manual=lambda w, x: rows).manual
    assert [(d.component, d.given) for d in wrong.differences] == [("d[1]/dw[1, 1]", 2.5)]


def test_partials_by_other_arguments_are_passed_over():
    found = cr.compare(polynomial, 3.0, 4.0, by="y", manual=lambda x, y: (2 * x * y, x**2 + 1))
    assert found.manual.right


def test_a_derivative_by_hand_that_does_not_fit_is_told():
    found = cr.compare(polynomial, 3.0, 4.0, manual=lambda x, y: [1, 2, 3])
    assert found.manual == dataclasses.replace(found.manual, right=False, differences=())
    assert "It has 3 numbers, and polynomial 2 inputs." in found.manual.reason
    raised = cr.compare(polynomial, 3.0, 4.0, manual=lambda x, y: 1 / 0)
    assert "ZeroDivisionError" in raised.manual.reason
