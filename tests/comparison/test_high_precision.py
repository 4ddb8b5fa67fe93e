"""Numbers with sixty digits: every function has NumPy's values, and programs run on them as they stand."""

from __future__ import annotations

import math

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import EscapeError, MissingRuleError
from row_calls import calls, differentiable, flat

pytest.importorskip("mpmath")

from chainrule.comparison._elementary import context
from chainrule.comparison._precise import HighPrecision, Meter, TooLongError, exact_array


@pytest.fixture(autouse=True)
def quiet():
    """Silence NumPy, as the reference does: mpmath's arithmetic sets the processor's flags at will."""
    with np.errstate(all="ignore"):
        yield


def high(x):
    return HighPrecision(x, Meter(10**6))


def rounded(x):
    return x.numpy() if isinstance(x, HighPrecision) else x


@pytest.mark.parametrize("row", differentiable(), ids=lambda row: row.name)
def test_every_row_has_numpys_value(row, rng):
    computed = 0
    for call in calls(row, rng):
        args, kwargs = call.replaced([high(x) for x in call.sampled()])
        try:
            found = row(*args, **kwargs)
        except (MissingRuleError, EscapeError, NotImplementedError):
            continue
        computed += 1
        expected = row(*call.args, **call.kwargs)
        for f, e in zip(flat(found), flat(expected), strict=True):
            assert np.shape(f) == np.shape(e)
            tolerance = 1e-6 if np.asarray(e).dtype == np.float32 else 1e-12  # casts keep all digits
            np.testing.assert_allclose(rounded(f), e, rtol=tolerance, atol=tolerance)
    if not computed:
        pytest.skip("no counterpart: the reference is extrapolated where it is used")


def test_arithmetic_keeps_its_digits():
    x = high(0.1)
    third = (x * 3 - high(0.3) + x) / x  # cancels all but what doubles are wrong by
    exact = (context().mpf(0.1) * 3 - context().mpf(0.3) + context().mpf(0.1)) / context().mpf(0.1)
    assert third.value[()] == exact


def test_comparisons_are_plain_and_use_all_digits():
    x = high(1.0)
    tiny = high(1e-40)
    assert x + tiny > 1
    assert x + tiny != 1
    assert isinstance(x > 1, (bool, np.bool_))
    assert isinstance(np.argmax(high(np.array([1.0, 3.0, 2.0]))), (int, np.integer))


def test_writes_and_views_are_numpys():
    x = high(np.array([1.0, 2.0, 3.0]))
    view = x[1:]
    view[0] = x[2] * 10
    y = np.zeros(2, like=x)
    y[1] = view[0]
    np.testing.assert_array_equal(rounded(x), [1.0, 30.0, 3.0])
    np.testing.assert_array_equal(rounded(y), [0.0, 30.0])
    x[np.array([0, 2])] = 7
    np.testing.assert_array_equal(rounded(x), [7.0, 30.0, 7.0])


def test_poles_and_borders_are_numpys():
    assert rounded(1 / high(0.0)) == np.inf
    assert rounded(-1 / high(0.0)) == -np.inf
    assert rounded(np.log(high(0.0))) == -np.inf
    assert np.isnan(rounded(np.sqrt(high(-1.0))))
    assert np.isnan(rounded(np.log(high(-1.0))))
    assert np.isnan(rounded(np.arcsin(high(2.0))))
    assert rounded(np.fmax(high(np.nan), 1.0)) == 1.0


@pytest.mark.parametrize("leave", [math.sin, float, int, complex, lambda x: np.array([x]), lambda x: [1, 2, 3][x]])
def test_a_number_does_not_leave_in_silence(leave):
    with pytest.raises(EscapeError, match="sixty digits"):
        leave(high(1.0))


def test_a_run_that_takes_too_long_ends():
    x = HighPrecision(np.ones(10), Meter(100))
    with pytest.raises(TooLongError):
        sum(x for _ in range(100))


def test_complex_numbers_work():
    z = 1j * high(2.0) + 1
    assert z.dtype == np.complex128
    assert rounded(np.real(z * z)) == -3.0
    assert rounded(abs(z)) == pytest.approx(5**0.5)


def test_value_leaves_on_purpose():
    assert cr.value(high(1.5)) == 1.5
    assert math.floor(high(1.5)) == 1
    assert round(high(1.6)) == 2
    assert f"{high(0.25):.3f}" == "0.250"
    assert exact_array(np.array([1, 2])).dtype == object
