"""Each row by itself: its partials, transposes, jvps and vjps against difference quotients, in plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.errors import MissingRuleError
from chainrule.rules import REAL, Row, elementwise, spec_of
from chainrule.rules._table import unregister
from row_calls import Call, calls, differentiable, dot, flat, like, of_kind, slope

pytestmark = pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
by_name = {"ids": lambda row: row.name}


def check_close(result: Any, expected: Any, double: float = 2e-9) -> None:
    single = any(np.asarray(x).dtype.char in "fF" for x in (result, expected))
    tolerance = 1e-5 if single else double
    np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


# SciPy finds their values by a search that ends at some 1e-8: quotients of their differences are not better.
SEARCHED = {"bdtrin", "nbdtrin", "nctdtrinc"}


def dtypes(row: Row) -> list[Any]:
    return [np.float64, np.complex128] if row.complex else [np.float64]


def check_has_domain(row: Row) -> None:
    assert row.domain is not None, f"{row!r} says nowhere that it can be tested: give it domain="
    assert isinstance(row.domain, tuple) or row.domain != []


@pytest.mark.parametrize("row", differentiable(), **by_name)
def test_row_has_domain(row: Row) -> None:
    check_has_domain(row)


def test_row_without_domain_fails() -> None:
    row = elementwise(lambda x: x + 1, name="without_domain", x=1)
    try:
        with pytest.raises(AssertionError, match="without_domain"):
            check_has_domain(row)
    finally:
        unregister(row)
    row = elementwise(lambda x: x + 1, name="with_domain", x=1, domain=REAL)
    unregister(row)
    check_has_domain(row)


def expected_of(row: Row, call: Call, dtype: Any) -> Any:
    """Return NumPy's or SciPy's result."""
    if dtype is np.float32 and row.name.startswith(("mathieu_", "obl_", "pro_")):
        # In single precision SciPy's own give nan or never return: the rows compute in double precision.
        double = [np.asarray(x, np.float64) for x in call.args]
        kind = np.result_type(*call.args)
        return [np.asarray(part, kind)[()] for part in flat(row.fn(*double, **call.kwargs))]
    return row.fn(*call.args, **call.kwargs)


@pytest.mark.parametrize("row", differentiable(), **by_name)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_value_and_dtype_are_numpys(row: Row, dtype: Any, rng: np.random.Generator) -> None:
    if not is_numpy(row.fn):
        pytest.skip("chainrule's own function")
    for call in calls(row, rng, dtype):
        results, expected = row(*call.args, **call.kwargs), expected_of(row, call, dtype)
        for result, value in zip(flat(results), flat(expected), strict=True):
            assert np.shape(result) == np.shape(value)
            assert np.asarray(result).dtype == np.asarray(value).dtype
            tolerance = 1e-5 if dtype is np.float32 else 1e-12
            np.testing.assert_allclose(result, value, rtol=tolerance, atol=tolerance)


def is_numpy(fn: Any) -> bool:
    return isinstance(fn, np.ufunc) or (getattr(fn, "__module__", None) or "").startswith("numpy")


def sorted_call(row: Row, call: Call) -> tuple[list[Any], dict[str, Any], list[int]]:
    """Let the row sort a call's arguments, and find the operands that can be differentiated."""
    operands, params = row.bind(*call.args, **call.kwargs)
    operands = [np.asarray(x) if isinstance(x, float | list) else x for x in operands]
    free = [i for i, x in enumerate(operands) if np.asarray(x).dtype.kind in "fc"]
    return operands, params, free


def named(row: Row, operands: list[Any], params: dict[str, Any], i: int) -> dict[str, Any]:
    """Return what a rule for operand `i` may read, by name."""
    specs = [spec_of(x) for x in operands]
    names: dict[str, Any] = {**params, "position": i}
    if row.variadic:
        return {**names, row.operands[0]: tuple(specs if row.kind == "linear" else operands)}
    for j, name in enumerate(row.operands):
        by_shape = row.kind == "linear" or (row.kind == "multilinear" and i == j)
        names[name] = specs[j] if by_shape else operands[j]
    return names


def apply(function: Any, names: dict[str, Any], first: Any = ()) -> Any:
    """Call a rule with the names it reads; a plain number is the rule itself."""
    if not callable(function.fn):
        return function.fn
    return function.fn(*first, *[names[name] for name in function.reads[len(first) :]])


def refuses(partial: Any, names: dict[str, Any]) -> bool:
    """Tell whether there is no derivative by an operand (the order of a function, say)."""
    try:
        apply(partial, names)
    except MissingRuleError:
        return True
    return False


def projected(g: Any, x: Any) -> Any:
    """Undo the broadcasting of a cotangent, and take its real part where the value is real."""
    g, shape = np.asarray(g), np.shape(x)
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    g = g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1), keepdims=True)
    return np.broadcast_to(g if np.asarray(x).dtype.kind == "c" else np.real(g), shape)


def moving(row: Row, operands: list[Any], params: dict[str, Any], i: int, direction: Any) -> Callable[[float], Any]:
    """Return the row as a function of the length of a step along a direction, in one operand."""
    return lambda h: row.compute(*operands[:i], operands[i] + h * direction, *operands[i + 1 :], **params)


@pytest.mark.parametrize("row", of_kind("elementwise"), **by_name)
def test_partials_are_slopes(row: Row, rng: np.random.Generator) -> None:
    for dtype in dtypes(row):
        for call in calls(row, rng, dtype):
            operands, params, free = sorted_call(row, call)
            ans = row.compute(*operands, **params)
            for i in free:
                names = {**params, **dict(zip(row.operands, operands, strict=True)), "ans": ans}
                if refuses(row.partials[i], names):
                    continue
                for direction in (1, 1j) if dtype is np.complex128 else (1,):
                    numeric = slope(moving(row, operands, params, i, direction))
                    exact = apply(row.partials[i], names) * direction * np.ones(np.shape(ans))
                    exact = exact if np.iscomplexobj(ans) else np.real(exact)
                    check_close(exact, numeric, 1e-6 if row.name in SEARCHED else 2e-9)


@pytest.mark.parametrize("row", of_kind("linear"), **by_name)
def test_linear_function_is_additive(row: Row, rng: np.random.Generator) -> None:
    for dtype in (np.float64, np.complex128):
        for call in calls(row, rng, dtype):
            first, params, _ = sorted_call(row, call)
            second = [like(rng, x) for x in first]
            together = row.compute(*[2 * x + y for x, y in zip(first, second, strict=True)], **params)
            apart = 2 * np.asarray(row.compute(*first, **params)) + row.compute(*second, **params)
            check_close(together, apart)


@pytest.mark.parametrize("row", of_kind("linear", "multilinear"), **by_name)
def test_transposes_pass_the_dot_test(row: Row, rng: np.random.Generator) -> None:
    for dtype in (np.float64, np.complex128):
        for call in calls(row, rng, dtype):
            operands, params, free = sorted_call(row, call)
            for i in free:
                zeros = operands if row.kind == "multilinear" else [np.zeros_like(x) for x in operands]
                t = like(rng, operands[i])
                pushed = row.compute(*[*zeros[:i], t, *zeros[i + 1 :]], **params)
                g = like(rng, pushed)
                function = row.transposes[0 if row.variadic else i]
                pulled = apply(function, named(row, operands, params, i), (g,))
                check_close(np.real(np.asarray(dot(projected(pulled, t), t), pushed.dtype)), dot(g, pushed))


@pytest.mark.parametrize("row", of_kind("general"), **by_name)
def test_jvps_and_vjps(row: Row, rng: np.random.Generator) -> None:
    for dtype in dtypes(row):
        for call in calls(row, rng, dtype):
            operands, params, free = sorted_call(row, call)
            ans = row.compute(*operands, **params)
            for i in free:
                t, g = like(rng, operands[i]), like(rng, ans)
                numeric = slope(moving(row, operands, params, i, t))
                names = {**named(row, operands, params, i), "ans": ans}
                jvp, vjp = row.jvps[i], row.vjps[i]
                assert jvp or vjp
                if jvp:
                    check_close(apply(jvp, names, (t,)), numeric)
                if vjp:
                    pulled = projected(apply(vjp, names, (g,)), t)
                    check_close(dot(pulled, t), dot(g, numeric))


@pytest.mark.parametrize("row", [r for r in of_kind("elementwise", "general") if r.edges], **by_name)
def test_edges(row: Row) -> None:
    for edge in row.edges:
        operands, params = row.bind(*edge.args)
        operands = [np.asarray(x)[()] for x in operands]
        with np.errstate(all="ignore"):
            ans = row.compute(*operands, **params)
            for name, gradient in edge.gradients.items():
                i = row.operands.index(name)
                names = {**params, **dict(zip(row.operands, operands, strict=True)), "ans": ans}
                if row.kind == "elementwise":
                    exact = apply(row.partials[i], names)
                elif row.vjps[i] is not None:
                    exact = apply(row.vjps[i], names, (np.ones_like(ans),))
                else:
                    continue
                np.testing.assert_allclose(exact, gradient, rtol=1e-15, err_msg=f"{edge}")


def test_arguments_without_a_rule_are_refused() -> None:
    import chainrule.rules as rules

    x = np.arange(3.0)
    for fn in (np.sum, np.mean, np.cumsum):
        with pytest.raises(MissingRuleError, match="dtype"):
            rules.lookup(fn)(x, 0, np.float32)
    for fn in (np.var, np.prod, np.clip):
        with pytest.raises(MissingRuleError, match="by position"):
            rules.lookup(fn)(x, 0, 1, np.float32) if fn is np.clip else rules.lookup(fn)(x, 0, np.float32)
    with pytest.raises(MissingRuleError, match="where"):
        rules.lookup(np.sum)(x, where=x > 1)


def test_every_edge_names_an_argument() -> None:
    import inspect

    for row in differentiable():
        names = row.operands or tuple(inspect.signature(row.compute).parameters)
        for edge in row.edges:
            assert set(edge.gradients) <= set(names), f"{row!r}: {edge}"
