"""Every public name of NumPy is in one class, in every release of NumPy; and what each class says is so."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.rules import class_of, lookup
from chainrule.rules._classes import _PASSING, _REFUSED
from chainrule.rules._table import complete, find

CLASSES = {"differentiable", "constant", "pass-through", "refused", "module", "type", "value"}
complete()
MODULES = [np, np.linalg, np.fft]
X = np.array([0.5, 1.5, 2.5])


def public_names(module: ModuleType) -> dict[str, Any]:
    with warnings.catch_warnings(action="ignore"):
        return {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_every_public_name_has_a_class(module: ModuleType) -> None:
    unclassified = [name for name, value in public_names(module).items() if class_of(value) not in CLASSES]
    assert not unclassified


def test_a_function_without_a_row_is_not_classified() -> None:
    assert class_of(lambda x: x) == ""
    assert [class_of(x) for x in (np.sin, np.floor, np.put, np.isscalar, np.load)] == [
        "differentiable", "constant", "differentiable", "pass-through", "refused",
    ]  # fmt: skip
    assert [class_of(x) for x in (np.linalg, np.ndarray, np.pi, np.newaxis)] == ["module", "type", "value", "value"]


def test_no_function_is_in_two_classes() -> None:
    assert not set(_PASSING) & set(_REFUSED)
    assert not [fn for fn in (*_PASSING, *_REFUSED) if find(fn) is not None]


@pytest.mark.parametrize("fn", [fn for fn in _REFUSED if fn is not np.frompyfunc], ids=lambda fn: fn.__name__)
def test_what_is_refused_says_why(fn: Any) -> None:
    with pytest.raises(cr.MissingRuleError) as caught:
        lookup(fn)
    text = str(caught.value)
    assert f"{fn.__name__} has no derivative rule: {_REFUSED[fn].reason}." in text
    assert text.endswith(_REFUSED[fn].instead)


CALLS: dict[str, Any] = {
    "packbits": np.packbits, "unpackbits": np.unpackbits, "save": lambda x: np.save("never written", x),
    "savez": lambda x: np.savez("never written", x), "savetxt": lambda x: np.savetxt("never written", x),
    "savez_compressed": lambda x: np.savez_compressed("never written", x), "isnat": np.isnat,
    "is_busday": np.is_busday, "busday_count": lambda x: np.busday_count(x, x),
    "datetime_as_string": np.datetime_as_string,
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_a_refused_call_with_a_recorded_value_says_why(name: str) -> None:
    with pytest.raises(cr.MissingRuleError, match=f"{name} has no derivative rule: it "):
        cr.grad(CALLS[name])(X)


PLAIN_FUNCTIONS = {
    "fromiter": lambda x: np.fromiter(x, float), "asmatrix": np.asmatrix, "require": np.require,
    "bmat": lambda x: np.bmat([[x[None], x[None]]]),
    "format_float_positional": lambda x: np.format_float_positional(x[0]),
    "base_repr": lambda x: np.base_repr(x[0]), "binary_repr": lambda x: np.binary_repr(x[0]),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("name", PLAIN_FUNCTIONS)
def test_what_numpy_asks_nobody_about_loses_no_derivative(name: str) -> None:
    with pytest.raises((cr.EscapeError, TypeError)):
        cr.grad(PLAIN_FUNCTIONS[name])(X)


# What needs no row: calls whose results, and whose derivatives, are those of NumPy.
PASSING: dict[str, Any] = {
    "broadcast_shapes": lambda x: x * np.ones(np.broadcast_shapes(x.shape, (2, 1))),
    "fromfunction": lambda x: np.fromfunction(lambda i, j: x[i.astype(int)] * (j + 1), (3, 2)),
    "iterable": lambda x: x * np.iterable(x) + np.iterable(x[0]),
    "isscalar": lambda x: x * np.isscalar(x),
    "isfortran": lambda x: x * (1 + np.isfortran(x)),
    "issubdtype": lambda x: x * np.issubdtype(x.dtype, np.floating),
    "isdtype": lambda x: x * np.isdtype(x.dtype, "real floating"),
    "promote_types": lambda x: x.astype(np.promote_types(x.dtype, np.float32)),
    "typename": lambda x: x * len(np.typename(x.dtype.char)),
    "mintypecode": lambda x: x * len(np.mintypecode([x.dtype.char])),
    "row_stack": lambda x: np.row_stack([x, x]),  # noqa: NPY201
}  # fmt: skip
SETTINGS = {
    "get_include", "show_config", "show_runtime", "get_printoptions", "set_printoptions", "printoptions", "getbufsize",
    "setbufsize", "geterr", "seterr", "geterrcall", "seterrcall", "test", "info", "show",
}  # fmt: skip


def test_what_passes_is_tried() -> None:
    of_numpy = [fn for fn in _PASSING if (getattr(fn, "__module__", None) or "numpy").startswith("numpy")]
    assert {getattr(fn, "__name__", "test") for fn in of_numpy} <= {*PASSING, *SETTINGS}


@pytest.mark.filterwarnings("ignore:`row_stack`:DeprecationWarning")
@pytest.mark.parametrize("name", [name for name in PASSING if name in vars(np)])
def test_what_passes_is_differentiated(name: str) -> None:
    f = PASSING[name]
    value, pull = cr.vjp(f, X)
    np.testing.assert_array_equal(value, f(X))
    assert pull(np.ones_like(value))[0].any() == (name != "isscalar")
    cr.check_grads(f, (X,))


POLYNOMIALS = [
    (module.__name__.rsplit(".")[-1], getattr(module, name))
    for module, name in (
        (np.polynomial.polynomial, "polyval"), (np.polynomial.chebyshev, "chebval"), (np.polynomial.legendre, "legval"),
        (np.polynomial.hermite, "hermval"), (np.polynomial.hermite_e, "hermeval"), (np.polynomial.laguerre, "lagval"),
    )
]  # fmt: skip


@pytest.mark.parametrize(("name", "evaluate"), POLYNOMIALS)
def test_polynomials_of_plain_coefficients_are_differentiated(name: str, evaluate: Any) -> None:
    f = lambda x: evaluate(x, [1.0, -0.5, 2.0, 0.25])
    np.testing.assert_array_equal(cr.vjp(f, X)[0], f(X))
    cr.check_grads(f, (X,))
    with pytest.raises(cr.EscapeError):
        cr.grad(lambda x: np.sum(evaluate(0.5, x)))(X)
