"""Passes about work arrays: unseen stores, direct results, memory that is made once, and settled sums."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import chainrule as cr
from chainrule.compiled import ir
from chainrule.compiled.build import const
from chainrule.compiled.own import whole
from chainrule.compiled.tidy.direct import write_directly
from chainrule.compiled.tidy.reuse import make_once
from chainrule.compiled.tidy.sums import settle_sums
from chainrule.compiled.tidy.unseen import drop_unseen
from chainrule.errors import UnsupportedError
from compiled.test_tidy import N, kinds, made, same


def stores(function, buffer):
    return [s for s in kinds(function, ir.Store) if s.buffer.name.startswith(buffer)]


# ---- Unseen stores


def clearing(reader):
    """Each iteration reads an element of a work array and clears it; `reader` may look at the array after that."""

    def write(b, x):
        total = b.alloc("total", "float64", [N], const(0.0))
        with b.loop(const(3), "k") as k:
            y = b.alloc("y", "float64", [N])
            with b.loop(N, "i") as i:
                b.store(y, [i], b.let("multiply", b.load(x, [i]), const(2.0)))
            with b.loop(const(3), "j") as j:
                at = b.let("add", j, const(1))
                taken = b.load(y, [at])
                b.store(y, [at], const(0.0))
                b.store(total, [j], taken, add=True)
                reader(b, y, total, j)
            b.store(total, [k], b.load(y, [const(0)]), add=True)
        return [whole(b, total)]

    return made(write)


@pytest.mark.parametrize(
    ("reader", "dropped"),
    [
        (lambda b, y, total, j: None, True),
        (lambda b, y, total, j: b.store(total, [j], b.load(y, [b.let("add", j, const(1))]), add=True), False),
        (lambda b, y, total, j: b.store(total, [j], b.load(y, [j]), add=True), False),  # of the iteration before
        (lambda b, y, total, j: b.store(y, [b.let("add", j, const(1))], const(3.0), add=True), False),
    ],
    ids=["nobody", "at once", "an iteration later", "an addition"],
)
def test_what_is_cleared_and_not_read_again_is_not_stored(reader, dropped):
    f = clearing(reader)
    changed = drop_unseen(f)
    same(f, changed)
    zeros = [s for s in stores(changed, "y") if s.value == const(0.0)]
    assert (not zeros) == dropped


def test_an_array_that_lives_across_iterations_keeps_what_is_stored_for_the_next():
    def write(b, x):
        y, total = b.alloc("y", "float64", [N], const(1.0)), b.alloc("total", "float64", [N], const(0.0))
        with b.loop(N, "k") as k:
            b.store(total, [k], b.load(y, [const(2)]), add=True)
            b.store(y, [const(2)], b.load(x, [k]))
        return [whole(b, total)]

    f = made(write)
    changed = drop_unseen(f)
    assert len(stores(changed, "y")) == 1
    same(f, changed)


def test_results_and_arguments_keep_what_is_stored():
    def write(b, x):
        y = b.alloc("y", "float64", [N], const(1.0))
        b.store(y, [const(0)], const(5.0))
        b.store(x, [const(0)], const(6.0))
        return [whole(b, y)]

    assert len(kinds(drop_unseen(made(write)), ir.Store)) == 2


def test_what_was_read_is_not_written_back_unless_it_was_overwritten():
    def write(b, x):
        y = b.alloc("y", "float64", [N], const(1.0))
        first, second = b.load(y, [const(0)]), b.load(y, [const(1)])
        b.store(y, [const(0)], first)  # needless
        b.store(y, [const(1)], b.load(x, [const(1)]))
        b.store(y, [const(1)], second)  # not needless
        return [whole(b, y)]

    f = made(write)
    changed = drop_unseen(f)
    assert len(stores(changed, "y")) == 2
    same(f, changed)


# ---- Direct results


def copying(between=lambda b, x, y: None, add=False, turned=False):
    """A product of matrices is computed in a work array and copied into another array."""

    def write(b, x):
        a = b.alloc("a", "float64", [N, N])
        with b.loop(N, "i") as i, b.loop(N, "j") as j:
            b.store(a, [i, j], b.let("add", b.load(x, [i]), b.let("multiply", b.load(x, [j]), const(0.5))))
        y, product = b.alloc("y", "float64", [N, N], const(1.0)), b.alloc("product", "float64", [N, N])
        b.call("matmul", [whole(b, a), whole(b, a)], [whole(b, product)])
        between(b, a, y)
        with b.loop(N, "i") as i, b.loop(N, "j") as j:
            b.store(y, [j, i] if turned else [i, j], b.load(product, [i, j]), add=add)
        return [whole(b, y)]

    return made(write)


@pytest.mark.parametrize("turned", [False, True])
def test_a_result_that_is_only_copied_is_written_to_its_place(turned):
    f = copying(turned=turned)
    changed = write_directly(f)
    assert not [s for s in kinds(changed, ir.Load) if s.buffer.name.startswith("product")]
    same(f, changed)


@pytest.mark.parametrize(
    "f",
    [
        copying(add=True),
        copying(lambda b, a, y: b.store(y, [const(0), const(0)], const(1.0))),
        copying(lambda b, a, y: b.store(a, [const(0), const(0)], b.load(y, [const(0), const(0)]))),
        copying(
            lambda b, a, y: b.check(b.let("less", b.load(a, [const(0), const(0)]), const(99.0)), "ValueError", "no")
        ),
    ],
    ids=["added", "written between", "read between", "checked between"],
)
def test_a_result_is_copied_where_its_place_holds_something(f):
    changed = write_directly(f)
    assert [s for s in kinds(changed, ir.Load) if s.buffer.name.startswith("product")]
    same(f, changed)


# ---- Memory made once


def test_a_short_work_array_is_made_in_front_of_the_loop_and_filled_in_it():
    def write(b, x):
        total = b.alloc("total", "float64", [N], const(0.0))
        with b.loop(N, "k") as k:
            y = b.alloc("y", "float64", [const(3)], const(1.0))
            b.store(y, [const(1)], b.load(x, [k]), add=True)
            b.store(total, [k], b.load(y, [const(1)]))
        return [whole(b, total)]

    f = made(write)
    changed = make_once(f)
    assert [s.buffer.hint for s in changed.body if isinstance(s, ir.Alloc)] == ["y", "total"]
    assert not [
        s for s in ir.walk(next(s for s in changed.body if isinstance(s, ir.For)).body) if isinstance(s, ir.Alloc)
    ]
    same(f, changed)


def test_arrays_that_change_places_and_arrays_of_unknown_length_are_made_where_they_were():
    def write(b, x):
        y = b.alloc("y", "float64", [N], const(0.0))
        with b.loop(N, "k") as k:
            z = b.alloc("z", "float64", [N], const(1.0))
            work = b.alloc("work", "float64", [b.dim(x, 0)], const(1.0))
            b.store(z, [k], b.load(work, [k]), add=True)
            b.add(ir.Swap((y, z), (z, y)))
        return [whole(b, y)]

    f = made(write)
    assert [s.buffer.hint for s in kinds(make_once(f), ir.Alloc)] == ["y", "z", "work"]
    same(f, make_once(f))


# ---- Sums


def test_only_sums_that_a_loop_carries_may_be_reordered():
    def carried(b, x):
        counter, phi, result = b.counter(N), b.var("s", "float64"), b.var("s", "float64")
        block = []
        with b.into(block, counter):
            once = b.let("radd", b.load(x, [counter]), const(1.0))
            end = b.let("radd", phi, once)
        b.add(ir.For(counter, N, block, [ir.Carried(phi, const(0.0), end, result)]))
        return [b.let("radd", result, b.load(x, [const(0)]))]

    f = made(carried)
    changed = settle_sums(f)
    inside = [s.op for s in kinds(changed, ir.For)[0].body if isinstance(s, ir.Let)]
    assert inside == ["radd", "radd"]  # the second is carried, the first is a part of it
    assert [s.op for s in changed.body if isinstance(s, ir.Let)] == ["add"]
    same(f, changed)


# ---- Programs


@pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("shape", [(4, 4), (2, 3), (1, 4), (3, 1)])
def test_products_of_small_matrices(shape, compile):
    def f(a, b, v):
        for _ in range(2):
            b = np.sin(b @ (a.T @ a)) + np.outer(v, v)
        return np.sum(b @ v) + np.einsum("ij,jk->ik", a, b).sum() + v @ b @ v

    rng = np.random.default_rng(0)
    a, b, v = rng.normal(size=shape), rng.normal(size=(shape[1], shape[1])), rng.normal(size=shape[1])
    value, gradients = cr.jit(cr.value_and_grad(f, argnums=(0, 1, 2)), compile=compile)(a, b, v)
    assert value == pytest.approx(f(a, b, v), rel=1e-13)
    for found, expected in zip(gradients, cr.grad(f, argnums=(0, 1, 2))(a, b, v), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "subscripts", ["aijk,kjl->ail", "ijk,jlm->ikml", "ij,kjl->lik", "aij,jib->ba", "ijk,kl->ijl", "ia,jab->bij"]
)
def test_contractions_of_several_axes(subscripts, compile):
    lengths = dict(zip("aijklmb", (5, 6, 7, 8, 5, 6, 9), strict=True))
    terms = subscripts.split("->")[0].split(",")
    rng = np.random.default_rng(1)
    x, y = (rng.normal(size=[lengths[c] for c in term]) for term in terms)

    def f(x, y):
        return np.sum(np.sin(np.einsum(subscripts, x, y)))

    value, gradients = cr.jit(cr.value_and_grad(f, argnums=(0, 1)), compile=compile)(x, y)
    assert value == pytest.approx(f(x, y), rel=1e-12)
    for found, expected in zip(gradients, cr.grad(f, argnums=(0, 1))(x, y), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


# ---- Sliding windows


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        ((7,), (3,)),
        ((4, 5), ((2, 3),)),
        ((4, 5), (2, 1)),
        ((3, 4, 2), ((2, 2), (1, 0))),
        ((6,), ((2, 3), (0, 0))),
        ((3,), (3,)),
    ],
)  # fmt: skip
def test_gradients_of_sliding_windows(shape, arguments):
    def f(x):
        windows = sliding_window_view(x, *arguments)
        return np.sum(np.sin(windows) * np.cos(windows.sum(axis=-1))[..., None])

    x = np.random.default_rng(2).normal(size=shape)
    found = cr.jit(cr.grad(f), compile=False)(x)
    np.testing.assert_allclose(found, cr.grad(f)(x), rtol=1e-12)
    cr.check_grads(f, (x,))


def test_windows_show_what_is_written_to_their_array_later():
    def f(x):
        y = x.copy()
        windows = sliding_window_view(y, 3)
        y[0] = 10.0 * x[1]
        return np.sum(windows[0])

    x = np.arange(1.0, 6.0)
    assert f(x) == 25.0
    np.testing.assert_array_equal(cr.grad(f)(x), [0.0, 11.0, 1.0, 0.0, 0.0])
    with pytest.raises(UnsupportedError, match="has been overwritten"):
        cr.jit(cr.grad(f))(x)


@pytest.mark.parametrize("window", [6, -1])
def test_windows_that_do_not_fit(window):
    x = np.ones(5)
    for f in (cr.jit(lambda x, n: np.sum(sliding_window_view(x, n)), compile=False),
              cr.grad(lambda x, n: np.sum(sliding_window_view(x, n)))):  # fmt: skip
        with pytest.raises(ValueError, match="window"):
            f(x, window)
