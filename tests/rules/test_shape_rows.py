"""Rearranging, repeating, joining, cutting and picking: element by element, against NumPy on element numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chainrule as cr
from chainrule.errors import MissingRuleError
from chainrule.rules import lookup


def check_picks(fn: Any, *shapes: tuple[int, ...]) -> None:
    """Hold the value, the tangent and the gradient of a function that only picks elements against element numbers.

    Results may be tuples. A weighted sum of the picked elements has, as its derivative by one element, the sum of the
    weights of the places where that element's number turns up.
    """
    sizes = [int(np.prod(shape)) for shape in shapes]
    starts = np.cumsum([1, *sizes[:-1]])
    numbers = [start + np.arange(n).reshape(s) for start, n, s in zip(starts, sizes, shapes, strict=True)]
    rng = np.random.default_rng(0)
    picked, values = fn(*numbers), [number * 1.0 for number in numbers]
    picked = list(picked) if isinstance(picked, tuple | list) else [picked]
    weights = [rng.normal(size=np.shape(p)) for p in picked]

    def weighted(*xs: Any) -> Any:
        results = fn(*xs)
        results = list(results) if isinstance(results, tuple | list) else [results]
        for result, number in zip(results, picked, strict=True):
            assert result.shape == np.shape(number)
            np.testing.assert_array_equal(cr.value(result), number)
        return sum(np.sum(w * r) for w, r in zip(weights, results, strict=True))

    gradients = cr.grad(weighted, argnums=tuple(range(len(values))))(*values)
    for number, gradient in zip(numbers, gradients, strict=True):
        expected = np.zeros(number.shape)
        for place in np.ndindex(number.shape):
            expected[place] = sum(np.sum(w[p == number[place]]) for w, p in zip(weights, picked, strict=True))
        assert gradient.shape == expected.shape
        np.testing.assert_allclose(gradient, expected, atol=1e-13)
    tangents = [rng.normal(size=shape) for shape in shapes]
    tangent = cr.jvp(weighted, tuple(values), tuple(tangents))[1]
    expected = sum(np.sum(g * t) for g, t in zip(gradients, tangents, strict=True))
    np.testing.assert_allclose(tangent, expected, atol=1e-12)


# ---- Order of elements ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
@pytest.mark.parametrize("layout", ["C", "F"])
def test_order_follows_the_layout_of_a_plain_array(order: str, layout: str) -> None:
    x = np.arange(6.0).reshape(2, 3).copy(layout)
    operands, params = lookup(np.ravel).bind(x, order)
    np.testing.assert_array_equal(np.ravel(operands[0], **params), np.ravel(x, order))
    if order != "K":
        operands, params = lookup(np.reshape).bind(x, (3, 2), order)
        np.testing.assert_array_equal(lookup(np.reshape).compute(*operands, **params), np.reshape(x, (3, 2), order))


def test_order_that_depends_on_strides_is_refused() -> None:
    with pytest.raises(MissingRuleError, match="order"):
        lookup(np.ravel)(np.zeros((3, 4, 2)).transpose(1, 0, 2)[::2], "K")


@pytest.mark.parametrize("order", ["C", "F"])
def test_reshape_and_ravel_in_both_orders(order: str) -> None:
    check_picks(lambda x: np.reshape(x, (3, -1), order), (2, 3))
    check_picks(lambda x: np.ravel(x, order), (2, 3, 2))
    check_picks(lambda x: x.T.reshape(2, 3, order=order).ravel(order), (2, 3))


# ---- Axes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axes", [(0, 1), (1, 0), (-1, 0), (0, -2), (2, 1)])
@pytest.mark.parametrize("offset", [-2, 0, 1, 4])
def test_diagonals_of_any_axes(axes: Any, offset: int) -> None:
    check_picks(lambda x: np.diagonal(x, offset, *axes), (2, 3, 4))


@pytest.mark.parametrize("axis", range(-3, 3))
@pytest.mark.parametrize("start", [-3, 0, 1, 3])
def test_rollaxis(axis: int, start: int) -> None:
    check_picks(lambda x: np.rollaxis(x, axis, start), (2, 3, 4))


def test_shapes_of_atleast() -> None:
    for fn in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
        for shape in ((), (2,), (2, 3), (1, 2, 3, 1)):
            check_picks(fn, shape)
        check_picks(fn, (), (2, 2))


# ---- Repetition ----------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 2), max_size=3), st.lists(st.integers(1, 3), max_size=3))
def test_tile_of_any_repetitions(reps: list[int], shape: list[int]) -> None:
    check_picks(lambda x: np.tile(x, reps), tuple(shape))


@given(st.lists(st.integers(0, 3), min_size=3, max_size=3), st.sampled_from([-1, 1]))
def test_repeat_of_any_counts(counts: list[int], axis: int) -> None:
    check_picks(lambda x: np.repeat(x, counts, axis), (2, 3))
    check_picks(lambda x: np.repeat(x, counts * 2), (2, 3))


def test_resize_meshgrid_and_broadcasting() -> None:
    check_picks(lambda x: np.resize(x, (3, 3)), (2, 2))
    check_picks(lambda x: np.resize(x, 3), (2, 2))
    for options in ({}, {"indexing": "ij"}, {"sparse": True}):
        check_picks(lambda *xs, o=options: np.meshgrid(*xs, **o), (2,), (3,), ())
    check_picks(lambda x, y: np.broadcast_arrays(x, y, np.zeros((4, 1, 1), int))[:2], (2, 1), (3,))
    with pytest.raises(ValueError, match="indexing"):
        cr.grad(lambda x: np.meshgrid(x, x, indexing="yx")[0][0, 0])(np.ones(2))


# ---- Padding -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("width", [1, (0, 3), ((2, 1), (0, 4))])
def test_padding_by_place(mode: str, width: Any) -> None:
    check_picks(lambda x: np.pad(x, width, mode), (2, 3))


@pytest.mark.parametrize("width", [1, (0, 3), ((2, 1), (0, 4)), 0])
def test_padding_with_constants(width: Any) -> None:
    check_picks(lambda x: np.pad(x, width), (2, 3))
    check_picks(lambda x: np.pad(x, width, constant_values=-7), (2, 3))


def test_padded_constants_have_no_tangent() -> None:
    tangent = cr.jvp(lambda x: np.pad(x, 1, constant_values=5.0), (np.ones(1),), (np.ones(1),))[1]
    np.testing.assert_array_equal(tangent, [0, 1, 0])


@pytest.mark.parametrize(
    "options", [{"mode": "mean"}, {"mode": "linear_ramp"}, {"mode": "reflect", "reflect_type": "odd"}]
)
def test_padding_that_computes_is_refused(options: Any) -> None:
    with pytest.raises(MissingRuleError, match=r"np\.pad"):
        cr.grad(lambda x: np.sum(np.pad(x, 1, **options)))(np.ones(3))


# ---- Joining and cutting -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_concatenate_along(axis: Any) -> None:
    shapes = [(2, 3), (2, 3), (2, 3)] if axis is None else [(1, 3), (2, 3)] if axis == 0 else [(2, 1), (2, 3)]
    check_picks(lambda *xs: np.concatenate(xs, axis), *shapes)


def test_joining_by_dimension() -> None:
    for fn in (np.hstack, np.vstack, np.dstack, np.column_stack):
        check_picks(lambda *xs, fn=fn: fn(xs), (2,), (2,))
        check_picks(lambda *xs, fn=fn: fn(xs), (2, 2), (2, 2))
    check_picks(lambda x, y: np.block([[x, y], [y, x]]), (2, 2), (2, 2))
    check_picks(lambda x, y: np.block([x, y]), (1, 2), ())
    check_picks(lambda x, y: np.append(x, y), (2, 2), (3,))


def test_joining_with_plain_lists_and_numbers() -> None:
    x = np.array(2.0)
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(np.stack([x * x, 1.0, x])))(x), 5)
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(np.hstack([[1.0, 2.0], x])))(x), 1)
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(np.block([[x, 3.0]])))(x), 1)


@pytest.mark.parametrize("obj", [0, 2, -1, [0], [1, 1], [0, 3], slice(0, 2)])
def test_insert_and_delete(obj: Any) -> None:
    count = len(np.atleast_1d(np.arange(3)[obj])) if isinstance(obj, slice) else np.size(obj)
    check_picks(lambda x, v: np.insert(x, obj, v), (3,), (count,))
    check_picks(lambda x, v: np.insert(x, obj, v, axis=1), (2, 3), ())
    if obj != [0, 3]:
        check_picks(lambda x: np.delete(x, obj), (3,))
        check_picks(lambda x: np.delete(x, obj, 0), (3, 2))


@given(st.integers(0, 6), st.integers(1, 4))
def test_array_split_of_any_length(n: int, sections: int) -> None:
    check_picks(lambda x: np.array_split(x, sections), (n,))
    check_picks(lambda x: np.array_split(x, [sections, 2, -1], axis=1), (2, n))


def test_split_and_its_relatives() -> None:
    check_picks(lambda x: np.split(x, 3, axis=-1), (2, 3))
    check_picks(lambda x: np.hsplit(x, 2), (4,))
    check_picks(lambda x: np.hsplit(x, [1]), (2, 3))
    check_picks(lambda x: np.vsplit(x, 2), (4, 2))
    check_picks(lambda x: np.dsplit(x, 2), (2, 1, 4))
    for fn, shape in ((np.vsplit, (2,)), (np.dsplit, (2, 2)), (lambda x, n: np.split(x, n), (3,))):
        with pytest.raises(ValueError, match="split"):
            cr.grad(lambda x, fn=fn: np.sum(fn(x, 2)[0]))(np.ones(shape))


# ---- Picking -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["wrap", "clip"])
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_take_beyond_the_ends(mode: str, axis: Any) -> None:
    check_picks(lambda x: np.take(x, [[-5, 0], [7, 1]], axis, mode=mode), (2, 3))


def test_take_as_numpy_does() -> None:
    check_picks(lambda x: np.take(x, [True, False]), (3,))
    check_picks(lambda x: x.take([2, 2, -1], axis=1), (2, 3))
    with pytest.raises(IndexError):
        cr.grad(lambda x: np.sum(np.take(x, [3])))(np.ones(3))


def test_conditions_pick() -> None:
    check_picks(lambda x: np.compress([False, True], x, axis=1), (2, 3))
    check_picks(lambda x: np.extract(np.eye(2), x), (2, 2))
    check_picks(lambda x, y: np.select([[True, False], [True, True]], [x, y]), (2,), (2,))
    check_picks(lambda x, y: np.choose([0, 1, 1], [x, y]), (3,), ())
    with pytest.raises(MissingRuleError, match="choose"):
        cr.grad(lambda x: np.sum(np.choose([0, 2], [x, x])))(np.ones(2))
