"""Guards against infinite slopes, left out as long as no slope is infinite."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import ir
from chainrule.compiled import unguarded as module
from chainrule.compiled.adjoint import adjoint
from chainrule.compiled.build import Builder, const
from chainrule.compiled.lowered import lowered_for
from chainrule.compiled.own import whole
from chainrule.compiled.signature import signature_of
from chainrule.compiled.tangent import tangent
from chainrule.compiled.tidy import prepare, tidy
from chainrule.compiled.unguarded import repeated_if_nan, unguarded
from compiled.adjoint.random_programs import N, program
from compiled.interpreter import run


def guards(p):
    functions = [] if p is None else [p.entry, *p.others.values()]
    return sum(isinstance(s, ir.Let) and s.op == "gmul" for f in functions for s in ir.walk(f.body))


def fast(f, *args):
    """Return the program of a function without guards, or None."""
    return lowered_for(f, signature_of(args, {}, None)).unguarded


# ---- Random programs


@pytest.fixture
def _eager(monkeypatch):
    monkeypatch.setattr(module, "LEAST", 1)
    monkeypatch.setattr(module, "_in_vectors", lambda loop: False)


def poisoned(rng, sizes):
    """Return arrays in which some numbers are infinite, nan, very large or zero."""
    bad = [np.inf, -np.inf, np.nan, 1e200, 0.0]
    arrays = [rng.normal(size=n) for n in sizes]
    for x in arrays:
        hit = rng.random(len(x)) < 0.2
        x[hit] = rng.choice(bad, hit.sum())
    return arrays


def agrees(p, args):
    """Tell whether a program did without guards; then its results are those with guards."""
    free = unguarded(p)
    copies = [[x.copy() if isinstance(x, np.ndarray) else x for x in args] for _ in range(2)]
    with np.errstate(all="ignore"):
        expected = run(p, *copies[0])
        if free is None:
            return None
        assert guards(free) < guards(p)
        try:
            found = run(free, *copies[1])
        except FloatingPointError:
            return False
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    return True


@pytest.mark.usefixtures("_eager")
@pytest.mark.parametrize("order", [1, 2])
def test_results_of_random_programs_are_those_with_guards_or_an_error(order):
    outcomes = []
    for seed in range(200):
        p = prepare(program(seed))
        g = tidy(adjoint(p, [0, 1, 2], unit_seed=True, keep=order == 1))
        g = g if order == 1 else tidy(tangent(g, [0, 1, 2]))
        if not guards(g):
            continue
        rng = np.random.default_rng(seed)
        for _ in range(3):
            *arrays, a = poisoned(rng, [N, N, 1] if order == 1 else [N, N, N, N, 2])
            n = int(rng.integers(0, N))
            rest = [] if order == 1 else [arrays[2], arrays[3], float(a[1])]
            outcomes.append(agrees(g, [*arrays[:2], float(a[0]), n, *rest]))
    assert outcomes.count(True) > 20
    assert outcomes.count(False) > 20


# ---- Ways out of an iteration


def into_an_inner_loop(b, t, total, out):
    with b.loop(const(3)) as j:
        b.store(out, [j], t, add=True)
    return total


def out_of_a_branch(b, t, total, out):
    chosen = b.var("chosen", "float64")
    with b.into([]) as then:
        u = b.let("gmul", t, t)
    b.add(ir.If(b.let("less", const(0.0), const(1.0)), then, [], [ir.Merge(chosen, u, const(0.0))]))
    b.store(out, [const(0)], chosen)
    return total


def to_the_next_iteration(b, t, total, out):
    return b.let("maximum", b.let("add", t, total), const(0.0))


def into_a_function_that_drops_nan(b, t, total, out):
    b.store(out, [const(0)], b.let("fmax", t, const(0.0)))
    return total


def and_into_a_branch_that_is_not_taken(b, t, total, out):
    b.store(out, [const(0)], t)
    with b.when(b.let("less", total, const(-1.0))):
        b.store(out, [const(1)], b.let("multiply", t, const(2.0)))
    return total


WAYS_OUT = [into_an_inner_loop, out_of_a_branch, to_the_next_iteration, into_a_function_that_drops_nan,
            and_into_a_branch_that_is_not_taken]  # fmt: skip


@pytest.mark.usefixtures("_eager")
@pytest.mark.parametrize("leave", WAYS_OUT)
def test_a_nan_is_seen_wherever_it_goes(leave):
    b = Builder()
    x = ir.Buffer(b.names.fresh("x"), "float64", 1)
    out = b.alloc("out", "float64", [const(3)], const(0.0))
    counter, body = b.counter(const(2)), []
    phi, total = b.var("total", "float64"), b.var("total", "float64")
    with b.into(body, counter):
        t = b.let("gmul", b.load(x, [counter]), b.load(x, [const(2)]))
        end = leave(b, t, phi, out)
    b.add(ir.For(counter, const(2), body, [ir.Carried(phi, const(0.0), end, total)]))
    p = ir.Program(ir.Function("f", [x], b.block, [total, whole(b, out)]))
    assert agrees(p, [np.array([1.0, 0.0, 3.0])])
    assert not agrees(p, [np.array([1.0, 0.0, np.inf])])


# ---- Programs of users


def steps(v, w):
    """Sixteen guards in a loop that carries more than sums; terms with poles are added in one branch alone."""
    x = y = 1.0
    for i in range(len(v)):
        a = v[i] * w[i]
        root, quotient = np.sqrt(a * a), w[i] / v[i]
        r = np.log(a * a) * v[i] * w[i]
        if a > 0.0:
            x, y = x * 0.9 + root * y + r * x * quotient, y * 0.8 + quotient * x * a
        else:
            x, y = y * 0.5 * a * a, x * 0.25 * a + y
    return x * y


GOOD = (np.array([1.0, 0.5, -2.0, 1.5]), np.array([0.5, 1.25, 1.0, 2.0]))
UNUSED = (np.array([1.0, 0.0, -2.0, 1.5]), np.array([0.5, 1.25, 1.0, 2.0]))  # 0/0 and log(0), in the branch not taken
HUGE = (np.array([1.0, -1e200, -2.0, 1.5]), np.array([0.5, 1e200, 1.0, 2.0]))
NAN = (np.array([1.0, np.nan, -2.0, 1.5]), np.array([0.5, 1.25, 1.0, 2.0]))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_program_is_repeated_with_its_guards_where_it_needs_them(threads):
    gradient = cr.grad(steps, argnums=(0, 1))
    compiled = cr.jit(gradient, threads=threads)
    for args in (GOOD, UNUSED, GOOD, HUGE, NAN):
        with np.errstate(all="ignore"):
            expected = gradient(*args)
        for mine, theirs in zip(compiled(*args), expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-12)
    assert np.all(np.isfinite(compiled(*UNUSED)))


def test_the_program_has_no_guards_then_and_says_so():
    p = fast(cr.grad(steps), *GOOD)
    assert guards(p) == 0
    checks = [s for s in ir.walk(p.entry.body) if isinstance(s, ir.Check) and s.message == module.MESSAGE]
    assert len(checks) == 1
    assert "!= 0.0 else 0.0" in cr.source(cr.grad(steps), *GOOD)


def test_only_the_first_call_that_needs_guards_is_repeated():
    calls = []

    def first(x):
        calls.append("fast")
        if x < 0:
            raise FloatingPointError(module.MESSAGE)
        return x

    def careful(args):
        calls.append(("make", args))
        return lambda x: calls.append("careful") or -x

    f = repeated_if_nan(first, careful)
    assert [f(1.0), f(-2.0), f(3.0)] == [1.0, 2.0, -3.0]
    assert calls == ["fast", "fast", ("make", (-2.0,)), "careful", "careful"]


def test_other_errors_stay():
    def fails(x):
        raise FloatingPointError("another")

    with pytest.raises(FloatingPointError, match="another"):
        repeated_if_nan(fails, lambda args: None)(1.0)


def deciding(v, w):
    """What is made of a derivative says which element is read: a nan must not."""
    total = 0.0
    for i in range(len(v)):
        by_x, by_y = slope(v[i], w[i])
        k = int(by_x) % len(v)
        total = total * 0.5 + by_y * v[k]
    return total


def inner(x, y):
    a = x * y
    z = np.sqrt(a * a) + np.log(a * a) * x / y
    if a > 1.0:
        z = z * x * y / (x + y) * a
    return z * z * x / y


slope = cr.grad(inner, argnums=(0, 1))


def test_where_a_product_decides_something_the_guards_stay(monkeypatch):
    monkeypatch.setattr(module, "LEAST", 4)
    assert fast(deciding, *GOOD) is None
    np.testing.assert_allclose(cr.jit(deciding, compile=False)(*GOOD), deciding(*GOOD), rtol=1e-12)


def writing(v, w, out):
    x = 0.0
    for i in range(len(v)):
        by_x, by_y = slope(v[i], w[i])
        x = 0.5 * x + by_x * by_y + 1.0
        out[i] += x
    return x


def test_a_program_that_writes_to_its_arguments_cannot_start_again(monkeypatch):
    monkeypatch.setattr(module, "LEAST", 4)
    made = lowered_for(writing, signature_of((*GOOD, np.zeros(4)), {}, None))
    assert made.written
    assert made.unguarded is None
    assert unguarded(made.program) is not None


def elementwise(x):
    y = np.sqrt(x * x) * np.log(x) / (x - 1.0)
    z = np.where(x > 2.0, y * x * np.exp(y) / x, np.cbrt(y) * x**1.5)
    return np.sum(z * y / x * np.where(y > 1.0, z * z, x * z))


def test_loops_that_run_in_vectors_keep_their_guards():
    p = lowered_for(cr.grad(elementwise), signature_of((GOOD[0],), {}, None))
    assert guards(p.program) >= module.LEAST
    assert p.unguarded is None
