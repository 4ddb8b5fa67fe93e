"""Expressions as SymPy objects, and what SymPy prints of them. SymPy is imported when this is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import SymbolicError, message
from .expression import Constant, Expr, Symbol
from .walk import rebuild, tree_size

__all__ = ["latex", "sympy_module", "sympy_of", "sympy_symbol", "to_sympy"]

_LARGEST = 20_000
_FINEST = 1024

# By the name of a row, the name of the function in SymPy.
SAME = {
    "exp": "exp", "log": "log", "sqrt": "sqrt", "root": "sqrt", "sin": "sin", "cos": "cos", "tan": "tan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "absolute": "Abs",
    "fabs": "Abs", "sign_real": "sign", "floor": "floor", "ceil": "ceiling", "maximum": "Max", "minimum": "Min",
    "fmax": "Max", "fmin": "Min", "max": "Max", "min": "Min", "less": "Lt", "less_equal": "Le", "greater": "Gt",
    "greater_equal": "Ge", "equal": "Eq", "not_equal": "Ne", "logical_and": "And", "logical_or": "Or",
    "logical_not": "Not", "logical_xor": "Xor", "heaviside": "Heaviside", "cbrt": "cbrt",
}  # fmt: skip

# Of SciPy's functions. SymPy's loggamma of a real number is taken for gammaln.
SAME |= {
    "erf": "erf", "erfc": "erfc", "erfi": "erfi", "erfinv": "erfinv", "erfcinv": "erfcinv", "fresnel_s": "fresnels",
    "fresnel_c": "fresnelc", "gamma": "gamma", "gammaln": "loggamma", "loggamma": "loggamma", "psi": "digamma",
    "polygamma": "polygamma", "beta": "beta", "binom": "binomial", "hurwitz_zeta": "zeta", "jv": "besselj",
    "yv": "bessely", "iv": "besseli", "kv": "besselk", "airy_ai": "airyai", "airy_ai_slope": "airyaiprime",
    "airy_bi": "airybi", "airy_bi_slope": "airybiprime", "ellipk": "elliptic_k", "ellipe": "elliptic_e", "expi": "Ei",
    "sici_si": "Si", "sici_ci": "Ci", "shichi_shi": "Shi", "shichi_chi": "Chi",
}  # fmt: skip

Form = Callable[..., Any]

# By the name of a row: (SymPy, operands, parameters) to what it is there.
FORMS: dict[str, Form] = {
    "add": lambda sp, x, y: x + y,
    "subtract": lambda sp, x, y: x - y,
    "multiply": lambda sp, x, y: x * y,
    "divide": lambda sp, x, y: x / y,
    "negative": lambda sp, x: -x,
    "square": lambda sp, x: x**2,
    "reciprocal": lambda sp, x: 1 / x,
    "power_constant": lambda sp, x, n: x ** number(sp, n),
    "power_general": lambda sp, x, y: x**y,
    "exp2": lambda sp, x: 2**x,
    "expm1": lambda sp, x: sp.exp(x) - 1,
    "log1p": lambda sp, x: sp.log(1 + x),
    "log2": lambda sp, x: sp.log(x) / sp.log(2),
    "log10": lambda sp, x: sp.log(x) / sp.log(10),
    "logaddexp": lambda sp, x, y: sp.log(sp.exp(x) + sp.exp(y)),
    "logaddexp2": lambda sp, x, y: sp.log(2**x + 2**y) / sp.log(2),
    "hypot": lambda sp, x, y: sp.sqrt(x**2 + y**2),
    "degrees": lambda sp, x: x * 180 / sp.pi,
    "rad2deg": lambda sp, x: x * 180 / sp.pi,
    "radians": lambda sp, x: x * sp.pi / 180,
    "deg2rad": lambda sp, x: x * sp.pi / 180,
    "sinc": lambda sp, x: sp.sinc(sp.pi * x),
    "remainder": lambda sp, x, y: sp.Mod(x, y),
    "floor_divide": lambda sp, x, y: sp.floor(x / y),
    "trunc": lambda sp, x: sp.sign(x) * sp.floor(sp.Abs(x)),
    "clamp": lambda sp, x, low, high: sp.Min(sp.Max(x, low), high),
    "select": lambda sp, test, x, y: sp.Piecewise((x, test), (y, True)),
    # A symbol stands for a real number, which is neither infinite nor nan.
    "isnan": lambda sp, x: sp.false,
    "isinf": lambda sp, x: sp.false,
    "isposinf": lambda sp, x: sp.false,
    "isneginf": lambda sp, x: sp.false,
    "isfinite": lambda sp, x: sp.true,
    "exp1": lambda sp, x: sp.expint(1, x),
    "expn": lambda sp, n, x: sp.expint(n, x),
    "expit": lambda sp, x: 1 / (1 + sp.exp(-x)),
    "xlogy": lambda sp, x, y: x * sp.log(y),
    "entr": lambda sp, x: -x * sp.log(x),
}


def sympy_module() -> Any:
    """Import SymPy.

    Raises
    ------
    SymbolicError
        If it is not installed.
    """
    try:
        import sympy
    except ImportError:
        raise SymbolicError(
            message("Simplification and LaTeX need SymPy, which is not installed.", 'pip install "chainrule[symbolic]"')
        ) from None
    return sympy


def to_sympy(x: Any) -> Any:
    """Return the SymPy object of an expression, or a SymPy array of them."""
    sp = sympy_module()
    found = [sympy_of(root) for root in x.roots()]
    return sp.Array(found, x.shape) if x.shape else found[0]


def latex(x: Any) -> str:
    """Return LaTeX text; a one- or two-dimensional array is a matrix."""
    sp = sympy_module()
    if x.ndim in (1, 2):
        text: str = sp.latex(sp.Matrix(*(x.shape if x.ndim == 2 else (x.size, 1)), [sympy_of(r) for r in x.roots()]))
        return text
    return str(sp.latex(to_sympy(x)))


def sympy_of(root: Expr) -> Any:
    """Return the SymPy object of one expression.

    Raises
    ------
    SymbolicError
        If it is too large: SymPy writes shared parts out.
    """
    sp = sympy_module()
    size = tree_size([root])
    if size > _LARGEST:
        raise SymbolicError(
            message(
                f"The expression is too large for SymPy: more than {_LARGEST} symbols and functions when written out.",
                "Print it with python(temporaries=True), which writes shared parts once.",
            )
        )
    return rebuild([root], lambda node: _leaf(sp, node), lambda node, operands: _call(sp, node, operands))[0]


def sympy_symbol(sp: Any, node: Symbol) -> Any:
    """Return the SymPy symbol; ``w[0, 1]`` becomes w_0_1, which SymPy prints with subscripts."""
    name = node.name if node.index is None else "_".join([node.name, *map(str, node.index)])
    return sp.Symbol(name, real=True)


def number(sp: Any, value: Any) -> Any:
    """Return a number for SymPy: a fraction with a small power of two as its denominator is exact."""
    if isinstance(value, float) and (value * _FINEST).is_integer() and abs(value) < _FINEST:
        return sp.Rational(int(value * _FINEST), _FINEST)
    return sp.sympify(value)


def _leaf(sp: Any, node: Expr) -> Any:
    if isinstance(node, Symbol):
        return sympy_symbol(sp, node)
    assert isinstance(node, Constant)
    return number(sp, node.value)


def _call(sp: Any, node: Expr, operands: list[Any]) -> Any:
    assert node.row is not None
    name = node.row.name
    if name in SAME:
        return getattr(sp, SAME[name])(*operands)
    if name in FORMS:
        return FORMS[name](sp, *operands, **node.params)
    if not all(isinstance(x, (int, float)) for x in node.params.values()):
        told = ", ".join([f"{key}={x}" for key, x in node.params.items()])
        raise SymbolicError(message(f"SymPy has no form for {name} with {told}.", "Use it without SymPy."))
    return sp.Function(name)(*operands, *node.params.values())
