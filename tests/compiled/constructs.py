"""What compiled mode takes of Python and NumPy: small examples, each tried by a test and listed in the documentation.

An example is an expression, or the body of a function that ends in ``return``. The names of its arguments say what they
are: ``a b`` numbers, ``n k`` integers, ``x y`` vectors, ``A B`` matrices of one shape, ``S`` a definite matrix. What
else an example uses is in `construct_names`.
"""

from __future__ import annotations

import ast
import linecache
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import construct_names


def arguments() -> dict[str, Any]:
    """Return fresh values for the names of arguments."""
    return {
        "a": 1.3, "b": 0.4, "n": 4, "k": 2,
        "x": np.array([0.3, -1.2, 2.1, 0.7, 1.5]), "y": np.array([1.1, 0.6, -0.4, 2.0, 0.9]),
        "A": np.array([[0.5, -1.0, 2.0, 0.3], [1.2, 0.7, -0.6, 1.4], [-0.8, 0.9, 0.1, 1.7]]),
        "B": np.array([[1.5, 0.2, 0.4, -0.9], [0.6, 1.1, 2.2, 0.8], [0.7, -1.3, 1.9, 0.5]]),
        "S": np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]]),
        "fortran": np.asfortranarray(np.array([[0.5, -1.0], [1.2, 0.7], [-0.8, 0.9]])),
        "strided": np.arange(10.0)[1::3], "empty": np.zeros(0), "zero_d": np.array(0.7),
        "single": np.array([0.5, 1.5], dtype=np.float32), "mask": np.array([True, False, True, True, False]),
        "index": np.array([0, 3, 3]), "params": {"w": np.array([0.5, -1.0]), "layers": (0.3, [1.1, 2.0])},
        "line": construct_names.Line(0.5, 2.0),
    }  # fmt: skip


@dataclass(frozen=True)
class Construct:
    """An example of something that a program may contain.

    ``refused`` examples raise `UnsupportedError`; where ``error`` is given, both plain and compiled raise that.
    """

    what: str
    text: str
    refused: bool = False
    error: type[Exception] | None = None

    @property
    def name(self) -> str:
        return self.what.replace("`", "")

    @property
    def body(self) -> str:
        """The body of the function: an expression is returned."""
        try:
            ast.parse(self.text, mode="eval")
        except SyntaxError:
            return self.text
        return f"return {self.text}"

    @property
    def parameters(self) -> list[str]:
        """The arguments that the example uses, in the order in which they are listed."""
        used = {node.id for node in ast.walk(ast.parse(_wrapped(self.body, ""))) if isinstance(node, ast.Name)}
        return [name for name in arguments() if name in used]

    def function(self) -> Callable[..., Any]:
        """Return the example as a function, with its source where `inspect` finds it."""
        text = _wrapped(self.body, ", ".join(self.parameters))
        file = f"<construct {self.what}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        namespace = dict(vars(construct_names))
        exec(compile(text, file, "exec"), namespace)
        return namespace["example"]

    def arguments(self) -> tuple[Any, ...]:
        """Return fresh arguments for the function."""
        values = arguments()
        return tuple([values[name] for name in self.parameters])


def _wrapped(body: str, parameters: str) -> str:
    return f"def example({parameters}):\n{textwrap.indent(body, '    ')}\n"


ARGUMENTS = [
    Construct("numbers, integers, bools", "a * n if n > k else b"),
    Construct("arrays of float64", "np.sum(x * y) + A[0, 0]"),
    Construct("arrays of float32", "np.sum(single * single)"),
    Construct("arrays of integers and of bools", "np.sum(x[index]) + np.sum(x[mask] ** 2)"),
    Construct("any layout: Fortran, with strides", "np.sum(fortran[0] * fortran[1]) + np.sum(strided * strided[::-1])"),
    Construct("arrays without elements, or without axes", "np.sum(empty * empty) + zero_d * zero_d"),
    Construct(
        "nested dicts, lists and tuples", 'np.sum(params["w"] ** 2) + params["layers"][0] * params["layers"][1][1]'
    ),
    Construct("frozen dataclasses", "line.at(a) * line.start"),
]

STATEMENTS = [
    Construct("`if`, `elif`, `else`", "if a > 2:\n    r = a\nelif a > 1:\n    r = a * a\nelse:\n    r = 0.0\nreturn r"),
    Construct("`for` over `range`", "s = 0.0\nfor i in range(n):\n    s += a * i\nreturn s"),
    Construct("`range` with a negative step", "s = 0.0\nfor i in range(n, 0, -1):\n    s = s * a + i\nreturn s"),
    Construct("`range` with a step from an argument", "s = 0.0\nfor i in range(0, 9, k):\n    s = s * a + i\nreturn s"),
    Construct("`for` over an array", "s = 0.0\nfor v in x:\n    s += v * v\nreturn s"),
    Construct("`for` over the rows of a matrix", "s = 0.0\nfor row in A:\n    s += row[0] * row[1]\nreturn s"),
    Construct("`for` over a tuple", "s = 0.0\nfor c in (1.0, a, b):\n    s = s * a + c\nreturn s"),
    Construct("`enumerate`", "s = 0.0\nfor i, v in enumerate(x):\n    s += i * v * v\nreturn s"),
    Construct("`zip`", "s = 0.0\nfor u, v in zip(x, y):\n    s += u * v\nreturn s"),
    Construct("`reversed`", "s = 0.0\nfor v in reversed(x):\n    s = s * a + v\nreturn s"),
    Construct("`for` ... `else`", "for v in x:\n    if v > 9:\n        break\nelse:\n    a = 2 * a\nreturn a"),
    Construct("`while`", "r = a\nwhile abs(r * r - a) > 1e-9:\n    r = (r + a / r) / 2\nreturn r"),
    Construct("`while True`, left by `break`", "while True:\n    a = a * a\n    if a > 9:\n        break\nreturn a"),
    Construct("`break`", "s = 0.0\nfor v in x:\n    if v > 2:\n        break\n    s += v * v\nreturn s"),
    Construct("`continue`", "s = 0.0\nfor v in x:\n    if v < 0:\n        continue\n    s += v * v\nreturn s"),
    Construct("early `return`", "for v in x:\n    if v > 1:\n        return v * v\nreturn 0.0"),
    Construct("`pass`, docstrings, annotations", '"""Double."""\nr: float = 2 * a\npass\nreturn r'),
    Construct(
        "`assert`",
        'assert a > 0, "a must be positive"\nreturn a * a',
    ),
    Construct(
        "`raise` on a path that is taken", 'if a > 0:\n    raise ValueError("too large")\nreturn a', error=ValueError
    ),
    Construct("`assert` that fails", "assert a < 0\nreturn a", error=AssertionError),
    Construct("assignment to several names", "p = q = a * a\nreturn p + q"),
    Construct("tuple assignment", "p, q = a * b, a + b\nreturn p * q"),
    Construct("nested targets", "(p, q), r = (a, b), a * b\nreturn p * q + r"),
    Construct("starred assignment", "first, *rest = a, b, a * b\nreturn first * rest[1]"),
    Construct("an array's elements unpacked", "p, q, r, s, t = x\nreturn p * q + t"),
    Construct("names that change places", "for _ in range(n):\n    a, b = b, a + b\nreturn a"),
    Construct("augmented assignment", "a += b\na *= 2\na **= 2\nreturn a"),
    Construct("`del` of a name", "r = a * a\ndel a\nreturn r"),
    Construct("assignment expression", "r = (t := a * a) + t\nreturn r"),
    Construct("`match`", "match n:\n    case 4:\n        return a * a\n    case _:\n        return a", refused=True),
    Construct(
        "`with np.errstate`, which does nothing here", 'with np.errstate(all="ignore"):\n    r = a / b\nreturn r'
    ),
    Construct(
        "other `with` statements", 'with open("numbers") as file:\n    return a * len(file.read())', refused=True
    ),
    Construct("`try`", "try:\n    return a / b\nexcept ZeroDivisionError:\n    return 0.0", refused=True),
    Construct("`global`", "global COUNT\nCOUNT = 1\nreturn a", refused=True),
    Construct("`import` inside", "import math\nreturn math.sin(a)"),
    Construct("`print`", "print(a)\nreturn a * a", refused=True),
]

EXPRESSIONS = [
    Construct("`+ - * / **` and signs", "-a**2 + a * b / (1 - b) + (+a) ** b"),
    Construct("`//` and `%`", "a // b + a % b + (n // 3) % k"),
    Construct("comparisons, also chained", "a * a if 0 < b < a else b"),
    Construct("`and`, `or`, `not`", "a * a if a > 0 and not b > 1 or n == 0 else b"),
    Construct("`and`, `or` of values", "(n and a) * (0.0 or b)"),
    Construct("conditional expression", "a * a if a > b else b"),
    Construct("`is None`", "scale = None\nreturn a * a if scale is None else a * scale"),
    Construct("operations on integers and bits", "a * ((n << 1) ^ k)"),
    Construct("`abs`, `min`, `max`, `round`", "abs(-a) + min(a, b) * max(a, b, 0.1) + a * round(b)"),
    Construct("`sum`, `pow`, `divmod`", "sum([a, b, a * b]) + pow(a, 3) + divmod(a, b)[1]"),
    Construct("`float`, `int`, `bool`, `len`", "float(n) * a + int(b) + bool(n) + len(x) * a"),
    Construct("`isinstance`", "a * a if isinstance(a, float) else a"),
    Construct("functions of `math`", "math.sin(a) * math.exp(b) + math.hypot(a, b) + math.atan2(a, b) + math.pi"),
    Construct(
        "`math.gamma`, `math.lgamma`, `math.erf`, `math.erfc`",
        "math.gamma(a) + math.lgamma(a + b) * math.erf(b) - math.erfc(a)",
    ),
    Construct("functions of `np` on numbers", "np.tanh(a) + np.log1p(b) + np.maximum(a, b)"),
    Construct("f-strings", 'label = f"{1 + 1}"\nreturn a if label == "2" else b'),
    Construct("complex numbers", "abs(a * 1j)", refused=True),
]

STRUCTURES = [
    Construct("tuples", "pair = (a, b)\nreturn pair[0] * pair[-1]"),
    Construct("lists", "items = [a, b]\nitems[0] = a * b\nreturn items[0] * items[1]"),
    Construct("list comprehension", "terms = [a * i for i in range(3) if i != 1]\nreturn terms[0] + terms[1] ** 2"),
    Construct("generator in `sum`", "sum(v * v for v in x)"),
    Construct(
        "list filled by `append` in a loop", "r = []\nfor v in x:\n    r.append(v * v)\nreturn np.sum(np.array(r))"
    ),
    Construct("slice of a list", "items = [a, b, a * b]\nreturn sum(items[1:])"),
    Construct("dicts with constant keys", 'p = {"w": a, "b": b}\np["w"] = p["w"] * 2\nreturn p["w"] * p["b"]'),
    Construct(
        "`for` over the items of a dict", 's = 0.0\nfor key, v in {"p": a, "q": b}.items():\n    s += v * v\nreturn s'
    ),
    Construct("named tuples", "p = Point(a, b)\nreturn p.u * p.v"),
    Construct("frozen dataclasses and their methods", "line = Line(a)\nreturn line.at(b) * line.start"),
    Construct("`replace` of a dataclass", "line = replace(Line(a), start=b)\nreturn line.at(2.0)"),
    Construct("several results", "return a * b, x * a"),
    Construct("a dict as the result", 'return {"product": a * b, "sum": a + b}'),
    Construct("sets of constants", "a * len({1, 2, 2})"),
    Construct("a key that is known at run time only", "table = {0: a, 1: b}\nreturn table[n % 2]", refused=True),
    Construct("assignment to an attribute", "line = Line(a)\nline.slope = b\nreturn line.slope", refused=True),
]

FUNCTIONS = [
    Construct("calls of other functions", "square(a) + square(b)"),
    Construct(
        "default and keyword arguments",
        "def f(t, scale=2.0, *, shift=0.0):\n    return t * scale + shift\nreturn f(a, shift=b)",
    ),
    Construct(
        "`*args` and `**kwargs`",
        "def f(*t, **options):\n    return t[0] * t[1] * options['c']\nreturn f(*(a, b), **{'c': 3.0})",
    ),
    Construct("nested functions and closures", "def f(t):\n    return t * b\nreturn f(a) * f(2.0)"),
    Construct(
        "`nonlocal`", "s = 0.0\ndef add(t):\n    nonlocal s\n    s += t * t\nadd(a)\nadd(b)\nreturn s", refused=True
    ),
    Construct("lambdas", "f = lambda t: t * t + b\nreturn f(a)"),
    Construct("functions as arguments", "def twice(f, t):\n    return f(f(t))\nreturn twice(square, a)"),
    Construct("`map`", "sum(map(square, (a, b)))"),
    Construct("recursion", "power(a, n)"),
    Construct("mutual recursion", "even(a, n)"),
    Construct("a derivative inside", "cr.grad(lambda t: t**3 * a)(b) + cr.grad(square)(a)"),
    Construct("a tangent inside", "cr.jvp(lambda t: t**3 * a, (b,), (a,))[1]"),
    Construct("a Hessian inside", "cr.hessian(lambda t: np.sum(t**3))(x) @ y"),
    Construct("constants and arrays from outside", "np.sum(WEIGHTS * x)"),
    Construct("`cr.stop_gradient`", "a * cr.stop_gradient(a)"),
    Construct("functions with a derivative of their own (`cr.custom_jvp`, `cr.custom_vjp`)", "softplus(a * b) * 2"),
    Construct("generators (`yield`)", "def f(t):\n    yield t\nreturn sum(f(a))", refused=True),
    Construct("random numbers inside", "a * np.random.rand()", refused=True),
    Construct("input and output", 'return a * float(input("factor"))', refused=True),
]

INDEXING = [
    Construct("elements, also from the end", "x[0] * x[-1] + A[1, 2] + A[-1][0]"),
    Construct("an index computed at run time", "x[n % 3] * x[n - 5]"),
    Construct("slices with start, stop, step", "np.sum(x[1:4] * x[:3]) + np.sum(x[::2] ** 2)"),
    Construct("negative steps", "np.sum(x[::-1] * y)"),
    Construct("slices with bounds from arguments", "np.sum(x[k:n] ** 2)"),
    Construct("rows, columns, blocks", "np.sum(A[0] * B[1]) + np.sum(A[:, 1] ** 2) + np.sum(A[1:, :2] * B[:2, 1:3])"),
    Construct("`None` and `...`", "np.sum(x[:, None] * y[None, :] ** 2) + np.sum(A[..., 0] ** 2)"),
    Construct("views, and views of views", "v = x[1:]\nw = v[::2]\nreturn np.sum(w * w)"),
    Construct("integer arrays", "np.sum(x[np.array([0, 2, 2])] ** 2)"),
    Construct("lists of integers", "np.sum(x[[0, 2, 2]] ** 2)"),
    Construct("integer arrays on two axes", "np.sum(A[np.array([0, 1]), np.array([2, 3])] ** 2)"),
    Construct("masks", "np.sum(x[x > 0] ** 2)"),
    Construct("`np.where` with three arguments", "np.sum(np.where(x > 0, x * y, x))"),
    Construct("`np.take`", "np.sum(np.take(x, [0, 3]) ** 2)"),
    Construct("an index out of range", "x[n + 1]", error=IndexError),
]

WRITES = [
    Construct("element", "z = x.copy()\nz[0] = z[1] * z[2]\nreturn np.sum(z * z)"),
    Construct("slice", "z = np.zeros(5)\nz[1:4] = x[:3] ** 2\nreturn np.sum(z * x)"),
    Construct("augmented slice", "z = x * y\nz[1:] += z[:-1] ** 2\nreturn np.sum(z)"),
    Construct("row and column", "Z = A * B\nZ[0] = Z[1] * 2\nZ[:, 1] *= Z[:, 0]\nreturn np.sum(Z)"),
    Construct("everything", "z = x * y\nz[:] = z[::-1]\nz[...] += 1.0\nreturn np.sum(z * x)"),
    Construct("through a view", "z = x * 2\nv = z[1:3]\nv[0] = v[1] * 3\nreturn np.sum(z * z)"),
    Construct("through another name", "z = x * 2\nw = z\nw[0] = a\nreturn np.sum(z * z)"),
    Construct("where a mask is true", "z = x * y\nz[z < 0] = a\nreturn np.sum(z * z)"),
    Construct("where a mask is true, augmented", "z = x * y\nz[x > 0] *= 3.0\nreturn np.sum(z * z)"),
    Construct("at integer arrays", "z = x * y\nz[[0, 1]] = z[[1, 0]] * 2\nreturn np.sum(z * z)"),
    Construct(
        "`np.add.at`, which adds up what is repeated", "z = x * y\nnp.add.at(z, [0, 0, 2], x[:3])\nreturn np.sum(z * z)"
    ),
    Construct("into an argument", "x[0] = x[1] * 2\nreturn np.sum(x * x)"),
    Construct("`out=`", "z = np.zeros(5)\nnp.multiply(x, y, out=z)\nreturn np.sum(z * z)"),
    Construct(
        "arrays that change places",
        "u, v = x.copy(), y.copy()\nfor _ in range(n):\n    u[0] += v[1] * v[2]\n    u, v = v, u\nreturn np.sum(u * u)",
    ),
    Construct("an array bound anew in a loop", "z = x\nfor _ in range(n):\n    z = np.tanh(z) * a\nreturn np.sum(z)"),
    Construct(
        "`np.copyto`, `.fill`", "z = np.zeros(5)\nnp.copyto(z, x)\nw = np.empty(5)\nw.fill(a)\nreturn np.sum(z * w)"
    ),
    Construct("a write into a constant from outside", "WEIGHTS[0] = a\nreturn np.sum(WEIGHTS * x)"),
]

ELEMENTWISE = [
    Construct("operators with broadcasting", "np.sum(A * x[:4] + a - B / 2) + np.sum(A[:, :1] * B)"),
    Construct(
        "functions of the table of rules", "np.sum(np.sin(x) * np.exp(-(y**2)) + np.arctan2(x, y) + np.sqrt(x * x + 1))"
    ),
    Construct("comparisons and masks in arithmetic", "np.sum((x > 0) * x**2)"),
    Construct("logical operations on masks", "np.sum(np.where((x > 0) & ~(y > 1) | (x < -1), x * x, y))"),
    Construct(
        "`np.maximum`, `np.minimum`, `np.clip`", "np.sum(np.maximum(x, y) * np.minimum(x, 1.0) + np.clip(x, -1, 1))"
    ),
    Construct("`np.abs`, `np.sign`, `np.floor`", "np.sum(np.abs(x) * y + np.sign(x) * np.floor(y) * x)"),
    Construct("lengths that do not fit", "np.sum(x[:3] * y[:2])", error=ValueError),
]

REDUCTIONS = [
    Construct("`np.sum`, `np.prod`, `np.mean`", "np.sum(x * x) + np.prod(x) + np.mean(x * y)"),
    Construct(
        "`axis` and `keepdims`", "np.sum(np.sum(A, axis=0) ** 2) + np.sum(A / np.sum(A * A, axis=1, keepdims=True))"
    ),
    Construct("methods", "x.sum() * x.mean() + A.max(axis=0).sum() + x.var()"),
    Construct("`np.max`, `np.min`, with ties shared", "np.max(x * y) + np.min(A)"),
    Construct("`np.var`, `np.std`", "np.var(x) + np.std(A, axis=0).sum()"),
    Construct("`np.linalg.norm`", "np.linalg.norm(x) + np.linalg.norm(A)"),
    Construct(
        "`np.any`, `np.all`, `np.count_nonzero`",
        "a * np.count_nonzero(x > 0) if np.any(x > 2) and np.all(y < 9) else b",
    ),
    Construct("`np.argmax`, `np.argmin`", "x[np.argmax(y)] ** 2 + y[np.argmin(x)]"),
    Construct("`np.cumsum`, `np.cumprod`", "np.sum(np.cumsum(x) ** 2) + np.sum(np.cumprod(y))"),
    Construct("`np.diff`", "np.sum(np.diff(x) ** 2)"),
    Construct("`np.sort`, `np.argsort`", "np.sum(np.sort(x) * y) + np.sum(x[np.argsort(y)] * y)"),
    Construct("`np.median`", "np.median(x * y)"),
    Construct("`np.max` of nothing", "np.max(x[5:])", error=ValueError),
]

SHAPES = [
    Construct("`reshape` to the shape of another array", "np.sum(np.arange(12).reshape(A.shape) * A)"),
    Construct(
        "`.shape`, `.ndim`, `.size`, `.dtype`", "a * x.shape[0] * A.ndim + A.size * b if x.dtype == float else b"
    ),
    Construct("`.T`, `np.transpose`, `np.swapaxes`", "np.sum(A.T[:3] * B[:, :3]) + np.sum(np.transpose(A) ** 2)"),
    Construct(
        "`.reshape`, `.ravel`, `.flatten`",
        "np.sum(A.reshape(4, 3)[0] ** 2) + A.ravel()[5] ** 2 + A.reshape(-1)[2] + A.flatten()[1]",
    ),
    Construct("`np.concatenate`, `np.stack`", "np.sum(np.concatenate([x, y]) ** 2) + np.sum(np.stack([x, y])[0] * x)"),
    Construct(
        "`np.vstack`, `np.hstack`, `np.append`", "np.sum(np.vstack([A, B]) ** 2) + np.sum(np.hstack([x, y])[3:] ** 2)"
    ),
    Construct(
        "`np.tile`, `np.repeat`, `np.roll`, `np.flip`",
        "np.sum(np.tile(x, 2) ** 2) + np.sum(np.roll(x, 1) * x) + np.sum(np.flip(x) * y)",
    ),
    Construct("`np.pad`", "np.sum(np.pad(x, 1) ** 2)"),
    Construct(
        "`np.expand_dims`, `np.squeeze`, `np.broadcast_to`",
        "np.sum(np.expand_dims(x, 0) * A[0, 0]) + np.sum(np.broadcast_to(x, (3, 5)) ** 2)",
    ),
    Construct("`np.split`", "p, q = np.split(x[:4], 2)\nreturn np.sum(p * q)"),
    Construct(
        "`np.diag`, `np.trace`, `np.tril`", "np.trace(S @ S) + np.sum(np.diag(S) ** 2) + np.sum(np.tril(S) ** 2)"
    ),
    Construct("`.copy()`, `np.array(x)`, `.astype`", "np.sum(x.copy() * np.array(y)) + np.sum(x.astype(float))"),
    Construct("`.item()`", "a * x.item(2)"),
]

CREATION = [
    Construct(
        "`np.zeros`, `np.ones`, `np.full`, `np.empty`",
        "z = np.zeros((2, 5)) + np.ones(5) * x + np.full(5, a)\nreturn np.sum(z * z)",
    ),
    Construct("`np.zeros_like`, `np.ones_like`, ...", "np.sum((np.zeros_like(x) + x) ** 2 * np.ones_like(x))"),
    Construct("`np.arange`, `np.linspace`", "np.sum(x * np.arange(5)) + np.sum(np.linspace(0.0, a, 5) ** 2)"),
    Construct("`np.eye`, `np.identity`", "np.sum(S * np.eye(3))"),
    Construct("`np.array` of numbers", "np.sum(np.array([a, b, a * b]) ** 2) + np.sum(np.array([[a, 1.0], [b, 2.0]]))"),
    Construct("lengths from arguments", "z = np.zeros(n)\nfor i in range(n):\n    z[i] = a * i\nreturn np.sum(z * z)"),
    Construct("`dtype=`", "np.sum(np.zeros(5, dtype=np.float32) + x)"),
    Construct("`np.meshgrid`", "u, v = np.meshgrid(x, y)\nreturn np.sum(u * v)"),
]

LINEAR_ALGEBRA = [
    Construct("`@`, `np.dot`, `np.matmul`", "np.sum((A @ B.T) ** 2) + x @ y + np.dot(A, x[:4])[0]"),
    Construct("`np.outer`, `np.inner`, `np.vdot`", "np.sum(np.outer(x, y) ** 2) + np.inner(x, y) + np.vdot(x, y)"),
    Construct("`np.einsum`", 'np.sum(np.einsum("ij,kj->ik", A, B) ** 2)'),
    Construct("`np.tensordot`, `np.kron`", "np.sum(np.tensordot(A, B, axes=([1], [1])) ** 2)"),
    Construct("`np.linalg.solve`", "np.sum(np.linalg.solve(S, x[:3]) ** 2)"),
    Construct("`np.linalg.inv`", "np.sum(np.linalg.inv(S) ** 2)"),
    Construct("`np.linalg.det`, `slogdet`", "np.linalg.det(S) + np.linalg.slogdet(S)[1]"),
    Construct("`np.linalg.cholesky`", "np.sum(np.linalg.cholesky(S) * S)"),
    Construct(
        "`np.linalg.pinv`, `eigh`, `svd`",
        "np.sum(np.linalg.pinv(A) ** 2) + np.linalg.eigh(S)[0][0] + np.linalg.svd(A)[1][0]",
    ),
    Construct("functions without a derivative rule", "np.sum(np.packbits(x > 0)) * a", refused=True),
    Construct("`np.block` of arrays and numbers", "np.sum(np.block([x, a, 3.0]) ** 2)"),
    Construct("`np.cross`", "np.sum(np.cross(x[:3], y[:3]) ** 2)"),
    Construct("`np.interp`", "np.interp(a, np.arange(5.0), x) ** 2"),
    Construct("a singular matrix", "np.linalg.solve(S - S, x[:3])", error=np.linalg.LinAlgError),
]

GROUPS: dict[str, list[Construct]] = {
    "Arguments": ARGUMENTS,
    "Statements": STATEMENTS,
    "Expressions and built-in functions": EXPRESSIONS,
    "Tuples, lists, dicts, dataclasses": STRUCTURES,
    "Functions": FUNCTIONS,
    "Arrays: read": INDEXING,
    "Arrays: written": WRITES,
    "Arrays: element by element": ELEMENTWISE,
    "Arrays: reductions and order": REDUCTIONS,
    "Arrays: shapes": SHAPES,
    "Arrays: made": CREATION,
    "Linear algebra": LINEAR_ALGEBRA,
}
CONSTRUCTS = [construct for group in GROUPS.values() for construct in group]
