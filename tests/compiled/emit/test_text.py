"""The emitted text of small programs: expressions, names, loops, rows."""

import linecache
import textwrap

import numpy as np
import pytest

import chainrule as cr


def body(f, *args):
    """Return the lines of the function that is emitted, without comments."""
    text = cr.source(f, *args)
    lines = text[text.index("def ") :].splitlines()[1:]
    return textwrap.dedent("\n".join([line for line in lines if not line.strip().startswith("#")]))


def emitted(text):
    return textwrap.dedent(text).strip()


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda x, y: (x + y) * 2.0 - x / (y * y), "(x + y)*2.0 - x/(y*y)"),
        (lambda x, y: x - (y - 1.0), "x - (y - 1.0)"),
        (lambda x, y: x * -y, "-x*y"),
        (lambda x, y: x + -y, "x - y"),
        (lambda x, y: -(x + y), "-(x + y)"),
        (lambda x, y: (-x) ** 3, "(-x)**3"),
        (lambda x, y: x**-2, "x**-2"),
        (lambda x, y: np.sin(x) + abs(y), "np.sin(x) + abs(y)"),
        (lambda x, y: -(x // y), "-(x//y)"),
        (lambda x, y: -x // y, "-x//y"),
        (lambda x, y: -(x % y) * y, "-(x%y)*y"),
        (lambda x, y: x // y * -2.0, "-(x//y)*2.0"),
        (lambda x, y: x // (y * 2.0) + x % y, "x//(y*2.0) + x%y"),
        (lambda x, y: x * y // 2.0 // y, "x*y//2.0//y"),
        (lambda x, y: x * (y // 2.0) / (x // y % 3.0 + 0.5), None),
        (lambda x, y: x if x < y else y, None),
        (lambda x, y: (x < y) and not (y < 1.0), None),
    ],
)
def test_expressions(f, text):
    made = body(f, 2.0, 3.0)
    if text is not None:
        assert made == f"return {text}"
    namespace = {}
    exec(cr.source(f, 2.0, 3.0), namespace)
    function = next(value for name, value in namespace.items() if name in ("function", "f", "_lambda_"))
    for x, y in [(2.0, 3.0), (-1.0, 0.5), (0.25, -4.0)]:
        assert function(x, y) == f(x, y)


def test_names_of_the_user_are_kept():
    def fibonacci(n):
        a = 0.0
        b = 1.0
        for _ in range(n):
            a, b = b, a + b
        return a

    made = body(fibonacci, 10)
    assert made.startswith("a = 0.0\nb = 1.0\n")
    assert made.endswith("return a")
    namespace = {}
    exec(cr.source(fibonacci, 10), namespace)
    assert namespace["fibonacci"](10) == 55


def test_swap_of_numbers():
    def swapped(a, b, n):
        for _ in range(n):
            a, b = b, a
        return a - 2.0 * b

    assert "a, b = b, a" in body(swapped, 1.0, 2.0, 3)


def test_integers_are_cast_by_arithmetic():
    def f(x, n):
        for i in range(n):
            x = x * 0.5 + i
        return x

    assert "x = x*0.5 + i" in body(f, 1.0, 3)


def test_while():
    def root(a):
        x = 1.0
        while abs(x * x - a) > 1e-10:
            x = (x + a / x) / 2
        return x

    assert body(root, 2.0) == emitted("""
        x = 1.0
        while abs(x*x - a) > 1e-10:
            x = (x + a/x)/2.0
        return x
    """)


def test_gradient_of_a_loop():
    def loop(a, x):
        for i in range(50):
            x = a * np.sin(x + i)
        return x

    assert "for i in range(49, -1, -1):" in body(cr.grad(loop), 0.5, 0.3)


def test_a_long_sum_becomes_several_lines():
    text = "def total(x, y):\n    return " + " + ".join([f"x*{k}.5*y" for k in range(340)])
    linecache.cache["<total>"] = (len(text), None, text.splitlines(keepends=True), "<total>")
    namespace = {}
    exec(compile(text, "<total>", "exec"), namespace)
    total = namespace["total"]
    assert max(map(len, body(total, 2.0, 3.0).splitlines())) <= 120
    assert cr.jit(total, compile=False)(2.0, 3.0) == pytest.approx(total(2.0, 3.0), rel=1e-14)


def test_names_that_the_module_needs_are_not_taken():
    def f(np_, radd):
        wrap = radd * np_
        return wrap * wrap

    namespace = {}
    exec(cr.source(f, 2.0, 3.0), namespace)
    assert namespace["f"](2.0, 3.0) == 36.0


def axpy(A, x, m):
    n = A.shape[1]
    for k in range(m):
        for i in range(A.shape[0]):
            for j in range(k, n):
                A[i, j] -= x[j] * 0.5
    return np.sum(A)


def test_rows():
    made = body(axpy, np.ones((3, 4)), np.ones(4), 1)
    assert "A_row = A[i, k:]" in made
    assert "A_row[j]" in made


@pytest.mark.parametrize("k", [0, 2, 4, 9])
@pytest.mark.parametrize("rows", [0, 3])
def test_rows_compute_the_same(k, rows, rng):
    A, x = rng.normal(size=(rows + 1, 4)), rng.normal(size=4)
    mine, theirs = A.copy(), A.copy()
    assert cr.jit(axpy, compile=False)(mine, x, k) == pytest.approx(axpy(theirs, x, k))
    np.testing.assert_array_equal(mine, theirs)


def test_a_row_that_is_never_read_need_not_be_there():
    def f(A, x, i, k):
        for j in range(x.shape[0] - k):
            x[j] = A[i, j + k]
        return x[0]

    A = np.arange(6.0).reshape(2, 3)
    for i, k in [(1, 1), (5, 3), (-1, 0)]:
        mine, theirs = np.zeros(3), np.zeros(3)
        assert cr.jit(f, compile=False)(A, mine, i, k) == f(A, theirs, i, k)
        np.testing.assert_array_equal(mine, theirs)
