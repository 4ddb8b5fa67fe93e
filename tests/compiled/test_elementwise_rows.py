"""Every elementwise row in a compiled program: value, gradient and second derivative are those of the eager engine."""

import linecache

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import MissingRuleError
from chainrule.rules import rows
from row_calls import calls

# One of each kind of code that Numba gets: NumPy's own, SciPy's, one result of several, a text, a call of Python.
FEW = {"logaddexp", "gammaln", "fresnel_s", "xlogy", "polygamma", "exprel", "jv"}


def elementwise_rows():
    with np.errstate(all="ignore"):
        found = [row for row in rows() if row.kind == "elementwise"]
    return [row for row in found if not has_complex(next(iter(calls(row, np.random.default_rng(0)))), row)]


def has_complex(example, row):
    args, kwargs = example.replaced(example.sampled())
    with np.errstate(all="ignore"):
        return np.iscomplexobj(row(*args, **kwargs))


def function_of(row, example):
    """Return a function of the sampled arguments alone, with its source: the squares of what the row gives."""
    args, kwargs = example.args, example.kwargs
    names = {path: f"x{k}" for k, path in enumerate(example.paths)}
    given = {f"c{i}": arg for i, arg in enumerate(args) if (0, i) not in names}
    texts = [names.get((0, i), f"c{i}") for i in range(len(args))] + [f"{k}={v!r}" for k, v in kwargs.items()]
    lines = f"def f({', '.join(names.values())}):\n    y = row({', '.join(texts)})\n    return np.sum(y * y)\n"
    file = f"<row {row.name}>"
    linecache.cache[file] = (len(lines), None, lines.splitlines(keepends=True), file)
    namespace = {"row": row, "np": np, **given}
    exec(compile(lines, file, "exec"), namespace)
    return namespace["f"]


def agree(row, compile):
    example = next(iter(calls(row, np.random.default_rng(0))))
    f, sampled = function_of(row, example), example.sampled()
    at = tuple(range(len(sampled)))
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(cr.jit(f, compile=compile)(*sampled), f(*sampled), rtol=1e-11)
        expected = cr.grad(f, at)(*sampled)
        for mine, theirs in zip(cr.jit(cr.grad(f, at), compile=compile)(*sampled), expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)
        if len(sampled) == 1:
            try:
                expected = cr.hvp(f)(sampled[0], sampled[0])
            except MissingRuleError:
                return
            mine = cr.jit(cr.hvp(f), compile=compile)(sampled[0], sampled[0])
            np.testing.assert_allclose(mine, expected, rtol=1e-8, atol=1e-11)


ROWS = elementwise_rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_as_python(row):
    agree(row, compile=False)


@pytest.mark.parametrize("row", [row for row in ROWS if row.name in FEW], ids=lambda row: row.name)
def test_as_machine_code(row):
    pytest.importorskip("numba")
    agree(row, compile=True)


def total_of(functions, counts):
    """Return the sum of functions, whose arguments are those of the one after those of the other."""
    names = [f"x{k}" for k in range(sum(counts))]
    lines = [f"def total({', '.join(names)}):", "    s = 0.0"]
    for i, count in enumerate(counts):
        mine, names = names[:count], names[count:]
        lines.append(f"    s = s + f{i}({', '.join(mine)})")
    text = "\n".join([*lines, "    return s", ""])
    linecache.cache[text] = (len(text), None, text.splitlines(keepends=True), text)
    namespace = {f"f{i}": f for i, f in enumerate(functions)}
    exec(compile(text, text, "exec"), namespace)
    return namespace["total"]


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, len(ROWS), 24))
def test_many_as_machine_code(first):
    pytest.importorskip("numba")
    examples = [(row, next(iter(calls(row, np.random.default_rng(0))))) for row in ROWS[first : first + 24]]
    functions = [function_of(row, example) for row, example in examples]
    sampled = [example.sampled() for _, example in examples]
    arguments = [x for part in sampled for x in part]
    total = total_of(functions, [len(part) for part in sampled])
    value, gradients = cr.jit(cr.value_and_grad(total, tuple(range(len(arguments)))))(*arguments)
    with np.errstate(all="ignore"):
        expected, wanted = cr.value_and_grad(total, tuple(range(len(arguments))))(*arguments)
    np.testing.assert_allclose(value, expected, rtol=1e-11)
    for mine, theirs in zip(gradients, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)
