"""Which loops run in threads, which may not, and that the numbers are right."""

import os
import runpy
import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import launch, runtime
from chainrule.compiled.threads import outline
from compiled.wellformed import require_wellformed

PRANGE = runtime.prange
in_threads = pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)])


def parts(f, *args):
    """Return how many loops of a program run in threads."""
    compiled = cr.jit(f, threads=2)
    require_wellformed(compiled._version(compiled._signature(args, {})).lowered.program)
    return len(compiled.emitted(*args).parts)


def source(f, *args):
    return cr.jit(f, threads=2).source(*args)


def assert_as_without(f, *makers, compile=False, threads=3):
    """Compare with one thread; the arguments are made anew, for the function may write to them."""
    given, plain = [m() for m in makers], [m() for m in makers]
    found, expected = cr.jit(f, compile=compile, threads=threads)(*given), cr.jit(f, compile=compile)(*plain)
    for a, b in zip(cr.tree.flatten((found, given))[0], cr.tree.flatten((expected, plain))[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def matrix():
    return np.random.default_rng(1).normal(size=(13, 5))


def vector():
    return np.random.default_rng(2).normal(size=5)


# ---- What runs in threads


def rows(x, w):
    total = 0.0
    for i in range(len(x)):
        s = 0.0
        for j in range(x.shape[1]):
            s += np.sin(x[i, j] * w[j])
        total += s * s
    return total


@in_threads
def test_sums_and_added_arrays(compile):
    gradient = cr.value_and_grad(rows, argnums=(0, 1))
    assert parts(gradient, matrix(), vector()) == 1
    assert "w_bar_parts[thread - 1] if thread else w_bar" in source(gradient, matrix(), vector())
    assert_as_without(gradient, matrix, vector, compile=compile)


def extremes(x):
    high, low, product = -np.inf, np.inf, 1.0
    for i in range(len(x)):
        high = np.maximum(high, x[i, 0])
        low = np.minimum(low, x[i, 1])
        product = product * (1.0 + 0.1 * x[i, 2])
    return high, low, product


@in_threads
def test_other_reductions(compile):
    assert parts(extremes, matrix()) == 1
    assert_as_without(extremes, matrix, compile=compile)


def counted(x):
    count, last, less = 0, 0.0, 10.0
    for i in range(len(x)):
        if x[i, 0] > 0.0:
            count += 1
        last = x[i, 1] * 2.0
        less -= x[i, 2]
    return count, last, less


@in_threads
def test_counts_and_the_last_value(compile):
    assert parts(counted, matrix()) == 1
    assert_as_without(counted, matrix, compile=compile)


def test_no_iterations_leave_what_there_was():
    assert_as_without(counted, lambda: np.empty((0, 5)))
    assert_as_without(extremes, lambda: np.empty((0, 5)))
    assert_as_without(cr.grad(rows), lambda: np.empty((0, 5)), vector)


def scattered(x, at):
    total = np.zeros(4)
    for i in range(len(at)):
        total[at[i]] += x[i, 0] * x[i, 1]
    return total


@in_threads
def test_scattered_additions_go_to_copies(compile):
    at = np.random.default_rng(0).integers(0, 4, 13)
    assert parts(scattered, matrix(), at) == 1
    assert_as_without(scattered, matrix, lambda: at, compile=compile)
    assert_as_without(cr.jacobian(scattered), matrix, lambda: at, compile=compile)


def blocks(x):
    found = np.empty(6 * len(x))
    for i in range(len(x)):
        for k in range(2):
            start = 3 * (2 * i + k)
            found[start : start + 3] = x[i, k : k + 3] * (k + 1)
    return found


def test_blocks_side_by_side_do_not_meet():
    assert parts(blocks, matrix()) == 1
    assert_as_without(blocks, matrix)


def error(x, w):
    return np.array([np.sin(x[0]) * w, x[1] * w * w])


def block_rows(x, w):
    found = np.empty((len(x), 2, 5))
    block = cr.jacobian(error)
    for i in range(len(x)):
        found[i] = block(x[i], w)
    return found


def test_a_derivative_inside_the_loop():
    assert parts(block_rows, matrix(), 0.7) == 1
    assert_as_without(block_rows, matrix, lambda: 0.7)


def chain(x):
    y = x.copy()
    for _ in range(3):
        y = np.tanh(y) * y[::-1]
    return y


@in_threads
def test_seeds_of_a_jacobian(compile):
    forward = cr.jacobian(chain, method="forward")
    text = source(forward, vector())
    assert "    seed = np.zeros(n_1)\n    start = thread*" in text
    assert_as_without(forward, vector, compile=compile)
    assert_as_without(cr.jacobian(chain, method="reverse"), vector, compile=compile)


def stencil(u, kappa, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1, 1:-1] += kappa * (u[2:, 1:-1] + u[:-2, 1:-1] - 2 * u[1:-1, 1:-1])
    return np.sum(u * u)


@in_threads
def test_rows_of_a_stencil(compile):
    gradient = cr.grad(stencil, argnums=(0, 1))
    assert parts(gradient, matrix(), 0.1, 4) >= 3
    assert_as_without(gradient, matrix, lambda: 0.1, lambda: 4, compile=compile)


def scratch(x):
    work = np.empty(x.shape[1])
    total = 0.0
    for i in range(len(x)):
        work[:] = np.exp(x[i])
        total += work[0] * work[-1]
    return total


def test_work_arrays_are_each_threads_own():
    assert parts(scratch, matrix()) == 1
    assert "work = np.empty" in source(scratch, matrix()).split("def scratch(")[0]
    assert_as_without(scratch, matrix)
    assert_as_without(cr.grad(scratch), matrix)


def products(x, a):
    total = 0.0
    for i in range(len(x)):
        y = a @ x[i]
        total += y @ y
    return total


@in_threads
def test_products_of_matrices(compile):
    gradient = cr.grad(products, argnums=(0, 1))
    a = np.random.default_rng(3).normal(size=(400, 5))
    assert parts(gradient, matrix(), a) >= 1
    assert_as_without(gradient, matrix, lambda: a, compile=compile)


# ---- What may not


def recurrence(x):
    y = np.zeros(len(x))
    for i in range(1, len(x)):
        y[i] = 0.5 * y[i - 1] + x[i, 0]
    return y


def running(x):
    s = 1.0
    y = np.empty(len(x))
    for i in range(len(x)):
        s = np.sin(s) + x[i, 0]
        y[i] = s
    return y


def searched(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i, 0]
        if total > 1.0:
            break
    return total


def overwritten(x, at):
    y = np.zeros(4)
    for i in range(len(at)):
        y[at[i]] = x[i, 0]
    return y


def read_and_added(x, at):
    y = np.zeros(4)
    total = 0.0
    for i in range(len(at)):
        y[at[i]] += x[i, 0]
        total += y[0]
    return total


def kept_work(x):
    work = np.zeros(5)
    total = 0.0
    for i in range(len(x)):
        work[0] = work[1] + x[i, 0]
        work[1] = work[0] * 0.5
        total += work[1]
    return total


def alternating(x):
    s = 0.0
    for i in range(len(x)):
        s = s + x[i, 0] if x[i, 1] > 0.0 else x[i, 2]
    return s


def used_sum(x):
    s = 0.0
    t = 0.0
    for i in range(len(x)):
        s += x[i, 0]
        t += s * s
    return t


AT = np.array([0, 1, 0, 3, 2, 2, 1, 0, 3, 3, 1, 2, 0])
ORDERED = [recurrence, running, searched, kept_work, alternating, used_sum]


@pytest.mark.parametrize("f", ORDERED, ids=lambda f: f.__name__)
def test_iterations_that_depend_on_each_other_keep_their_order(f):
    assert parts(f, matrix()) == 0
    assert_as_without(f, matrix)


@pytest.mark.parametrize("f", [overwritten, read_and_added], ids=lambda f: f.__name__)
def test_elements_that_may_be_one_keep_their_order(f):
    assert parts(f, matrix(), AT) == 0
    assert_as_without(f, matrix, lambda: AT)


def shifted(x, y):
    for i in range(len(x) - 1):
        y[i, 0] = x[i + 1, 0] * 2.0
    return y[0, 0]


def test_arguments_that_share_memory_are_refused():
    both = matrix()
    assert parts(shifted, matrix(), matrix()) == 1
    with pytest.raises(cr.UnsupportedError, match="share memory"):
        cr.jit(shifted, threads=2)(both, both)


def itself(x):
    for i in range(len(x) - 1):
        x[i, 0] = x[i + 1, 0] * 2.0
    return x[0, 0]


def test_a_row_that_another_iteration_writes():
    assert parts(itself, matrix()) == 0
    assert_as_without(itself, matrix)


# ---- Errors


def picked(x, at):
    total = np.zeros(len(at))
    for i in range(len(at)):
        if x[i, 0] > 100.0:
            raise ValueError("too large")
        total[i] = x[at[i], 0]
    return total


@in_threads
def test_the_first_error_is_raised(compile):
    compiled = cr.jit(picked, compile=compile, threads=2)
    assert parts(picked, matrix(), AT) == 1
    np.testing.assert_array_equal(compiled(matrix(), AT), matrix()[AT, 0])
    with pytest.raises(IndexError, match="out of bounds"):
        compiled(matrix(), np.where(np.arange(13) == 9, 99, AT))
    large = matrix()
    large[8, 0] = 1e3
    with pytest.raises(ValueError, match="too large"):
        compiled(large, np.where(np.arange(13) == 12, 99, AT))
    with pytest.raises(IndexError, match="out of bounds"):
        compiled(large, np.where(np.arange(13) == 2, 99, AT))
    np.testing.assert_array_equal(compiled(matrix(), AT), matrix()[AT, 0])


@pytest.mark.slow
def test_an_array_that_cannot_be_made_is_an_error():
    def greedy(x, n):
        total = 0.0
        for i in range(len(x)):
            work = np.full(n, x[i, 0])
            total += work[n // 2] + np.sum(work)
        return total

    compiled = cr.jit(greedy, threads=2)
    assert compiled(matrix(), 3) == pytest.approx(4 * np.sum(matrix()[:, 0]))
    with pytest.raises(MemoryError):
        compiled(matrix(), 2**58)


# ---- Calls


def test_the_number_of_threads(monkeypatch):
    assert "prange" not in cr.jit(rows).source(matrix(), vector())
    assert "prange(3)" in cr.jit(rows, threads=3).source(matrix(), vector())
    monkeypatch.setenv("CHAINRULE_THREADS", "4")
    assert "prange(4)" in cr.jit(rows).source(matrix(), vector())
    assert "prange" not in cr.jit(rows, threads=1).source(matrix(), vector())


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "many"])
def test_a_number_of_threads_that_is_none(count, monkeypatch):
    with pytest.raises(cr.UnsupportedError, match="threads"):
        cr.jit(rows, threads=count)
    monkeypatch.setenv("CHAINRULE_THREADS", str(count))
    with pytest.raises(cr.UnsupportedError, match="CHAINRULE_THREADS"):
        cr.jit(rows)


@in_threads
@pytest.mark.parametrize("least", [-(10**9), 10**12])
def test_a_loop_that_has_little_to_do_stays_itself(least, compile, monkeypatch):
    monkeypatch.setattr(outline, "LEAST", least)
    gradient = cr.value_and_grad(rows, argnums=(0, 1))
    entry = source(gradient, matrix(), vector()).split("def rows_value_and_grad(")[1]
    assert f">= {least}:" in entry
    assert "np.sin(" in entry.split("else:")[1]
    assert_as_without(gradient, matrix, vector, compile=compile)
    assert_as_without(extremes, matrix, compile=compile)
    assert_as_without(counted, matrix, compile=compile)


def test_little_work_takes_one_part(monkeypatch):
    monkeypatch.undo()
    text = cr.jit(rows, threads=2).source(matrix(), vector())
    assert f">= {outline.LEAST}:" in text


@pytest.mark.slow
def test_calls_from_two_threads_and_again_are_the_same():
    gradient = cr.jit(cr.grad(rows, argnums=(0, 1)), threads=2)
    x = np.random.default_rng(4).normal(size=(500, 30))
    w = np.linspace(0.0, 1.0, 30)
    expected = gradient(x, w)
    wrong = []

    def work():
        for _ in range(50):
            found = gradient(x, w)
            wrong.extend(a for a, b in zip(found, expected, strict=True) if not np.array_equal(a, b))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_works_without_threads():
    gradient = cr.jit(cr.grad(rows), threads=2)
    expected = gradient(matrix(), vector())
    child = os.fork()
    if not child:
        same = np.array_equal(gradient(matrix(), vector()), expected) and not launch.allowed()
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


@in_threads
def test_an_exported_module_runs_the_parts_one_after_the_other(compile, tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "prange", PRANGE)
    gradient = cr.grad(rows, argnums=(0, 1))
    file = cr.export(cr.jit(gradient, threads=2), matrix(), vector(), path=tmp_path / "derivative.py")
    if not compile:
        file.write_text(file.read_text().replace("from numba import njit", "from no_such_module import njit"))
    found = runpy.run_path(str(file))["rows_grad"](matrix(), vector())
    for a, b in zip(found, gradient(matrix(), vector()), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def singles(x, w):
    total = x[0, 0]
    for i in range(len(x)):
        total += np.sum(x[i] * w)
    return total


@in_threads
def test_single_precision(compile):
    x, w = matrix().astype(np.float32), vector().astype(np.float32)
    gradient = cr.value_and_grad(singles, argnums=(0, 1))
    assert parts(gradient, x, w) >= 1
    found = cr.jit(gradient, compile=compile, threads=3)(x, w)
    expected = cr.jit(gradient, compile=compile)(x, w)
    for a, b in zip(cr.tree.flatten(found)[0], cr.tree.flatten(expected)[0], strict=True):
        assert np.asarray(a).dtype == np.asarray(b).dtype
        np.testing.assert_allclose(a, b, rtol=1e-5)


def swapped(u, steps):
    v = np.empty_like(u)
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            for j in range(u.shape[1]):
                v[i, j] = 0.5 * (u[i - 1, j] + u[i + 1, j])
        for j in range(u.shape[1]):
            v[0, j] = u[0, j]
            v[-1, j] = u[-1, j]
        u, v = v, u
    return np.sum(u * u)


@in_threads
def test_arrays_that_change_places(compile):
    gradient = cr.value_and_grad(swapped)
    assert parts(gradient, matrix(), 3) >= 2
    assert_as_without(gradient, matrix, lambda: 3, compile=compile)


def filled_sometimes(x, n):
    """In every other iteration the work array holds what the iteration before has left."""
    work, total = np.zeros(50), 0.0
    for i in range(len(x)):
        for _ in range((i + n) % 2):
            for j in range(50):
                work[j] = x[i] + j
        total += np.sum(work) * x[i]
    return total


@pytest.mark.parametrize("n", [0, 1])
def test_an_array_that_an_iteration_may_leave_alone_is_not_made_for_each_thread(n, monkeypatch):
    monkeypatch.setattr("chainrule.compiled.threads.outline.LEAST", 0)
    x = np.random.default_rng(0).normal(size=41)
    found, slopes = cr.jit(cr.value_and_grad(filled_sometimes), compile=False, threads=3)(x, n)
    expected, right = cr.jit(cr.value_and_grad(filled_sometimes), compile=False)(x, n)
    assert found == pytest.approx(filled_sometimes(x, n), rel=1e-12) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(slopes, right, rtol=1e-12)
