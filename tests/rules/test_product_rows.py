"""Products: einsum's subscripts, axes of tensordot and dot, stacks of matrices, conjugation."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.errors import MissingRuleError
from chainrule.rules import _subscripts


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def check_dot(fn: Any, *operands: Any) -> None:
    """Hold forward against reverse, and both against the function, which is linear in each operand."""
    tangents = tuple([numbers(*x.shape, seed=7 + i) for i, x in enumerate(operands)])
    value, tangent = cr.jvp(fn, operands, tangents)
    expected = sum(fn(*operands[:i], t, *operands[i + 1 :]) for i, t in enumerate(tangents))
    np.testing.assert_allclose(tangent, expected, atol=1e-12)
    g = numbers(*np.shape(value), seed=3)
    pulled = cr.vjp(fn, *operands)[1](g)
    for x, part in zip(operands, pulled, strict=True):
        assert part.shape == x.shape
    np.testing.assert_allclose(
        sum(np.sum(p * t) for p, t in zip(pulled, tangents, strict=True)), np.sum(g * tangent), atol=1e-10
    )


# ---- einsum --------------------------------------------------------------------------------------------------------


@st.composite
def einsums(draw: Any) -> tuple[str, list[tuple[int, ...]]]:
    """Draw subscripts and shapes: repeated labels, an ellipsis, axes of length 1 and implicit outputs included."""
    lengths = {label: draw(st.integers(1, 3)) for label in "abcd"}
    batch = tuple(draw(st.lists(st.integers(1, 2), max_size=2)))
    dots = draw(st.booleans())
    terms, shapes = [], []
    for _ in range(draw(st.integers(1, 3))):
        labels = draw(st.lists(st.sampled_from("abcd"), max_size=3))
        narrow = draw(st.sets(st.sampled_from("abcd"), max_size=1))
        shape = tuple(1 if label in narrow else lengths[label] for label in labels)
        term = "".join(labels)
        if dots:
            at, own = draw(st.integers(0, len(term))), batch[draw(st.integers(0, len(batch))) :]
            term, shape = term[:at] + "..." + term[at:], shape[:at] + own + shape[at:]
        terms.append(term)
        shapes.append(shape)
    subscripts = ",".join(terms)
    if draw(st.booleans()):
        used = sorted(set(subscripts) & set(string.ascii_letters))
        output = draw(st.permutations(used))[: draw(st.integers(0, len(used)))]
        subscripts += "->" + ("..." if dots else "") + "".join(output)
    return subscripts, shapes


@settings(max_examples=150, deadline=None)
@given(einsums(), st.booleans())
def test_einsum_of_any_subscripts(drawn: tuple[str, list[tuple[int, ...]]], optimize: bool) -> None:
    subscripts, shapes = drawn
    operands = [numbers(*shape, seed=i) for i, shape in enumerate(shapes)]
    try:
        np.einsum(subscripts, *operands, optimize=optimize)
    except ValueError:
        assume(False)
    check_dot(lambda *xs: np.einsum(subscripts, *xs, optimize=optimize), *operands)


@pytest.mark.parametrize(
    ("subscripts", "ndims", "expected"),
    [
        ("ij,jk", (2, 2), (["ij", "jk"], "ik")),
        ("ba", (2,), (["ba"], "ab")),
        ("ii", (2,), (["ii"], "")),
        ("i...->...", (3,), (["iab"], "ab")),
        ("...j, j...", (2, 3), (["bj", "jab"], "ab")),
        ("...a,...->a...", (1, 2), (["a", "bc"], "abc")),
    ],
)
def test_subscripts_are_written_out(subscripts: str, ndims: Any, expected: Any) -> None:
    assert _subscripts.explicit(subscripts, ndims) == expected


def test_einsum_of_lists_and_paths() -> None:
    a, b = numbers(2, 3), numbers(3, 2)
    check_dot(lambda x, y: np.einsum(x, [0, 1], y, [1, 2], [2, 0]), a, b)
    check_dot(lambda x, y: np.einsum(x, [..., 0], y, [0, 1]), a, b)
    path = np.einsum_path("ij,jk->ik", a, b)[0]
    check_dot(lambda x, y: np.einsum("ij,jk->ik", x, y, optimize=path), a, b)


def test_einsum_of_complex_operands_does_not_conjugate() -> None:
    a, b = numbers(2, 2) + 1j * numbers(2, 2, seed=1), numbers(2, 2, seed=2) + 1j * numbers(2, 2, seed=3)
    gradient = cr.grad(lambda a: np.real(np.einsum("ij,jk->", a, b)))(a)
    np.testing.assert_allclose(gradient, np.conj(np.ones((2, 2)) @ b.T), atol=1e-14)


def test_einsum_refuses_what_it_would_ignore() -> None:
    with pytest.raises(MissingRuleError, match="dtype"):
        cr.grad(lambda x: np.einsum(cr.rules.lookup(np.einsum)("i->", x, dtype=np.float32)))(numbers(3))


# ---- matmul, dot, tensordot ----------------------------------------------------------------------------------------

AXES = st.integers(1, 2)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_matmul_of_any_stacks(data: Any) -> None:
    """Vectors, matrices and stacks whose leading axes are broadcast."""
    m, n, p = (data.draw(st.integers(0, 3)) for _ in range(3))
    batch = data.draw(st.lists(AXES, max_size=2))
    cut, narrow = data.draw(st.integers(0, len(batch))), data.draw(st.booleans())
    other = [1 if narrow else length for length in batch[cut:]]
    first = data.draw(st.sampled_from([(n,), (*batch, m, n), (*other, m, n)]))
    second = data.draw(st.sampled_from([(n,), (*other, n, p), (*batch, n, p)]))
    check_dot(np.matmul, numbers(*first), numbers(*second, seed=1))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_dot_and_inner_of_any_axes(data: Any) -> None:
    n = data.draw(st.integers(0, 3))
    before, after = (tuple(data.draw(st.lists(AXES, max_size=2))) for _ in range(2))
    first = data.draw(st.sampled_from([(), (*before, n)]))
    second = data.draw(st.sampled_from([(), (n,), (*after, n, 2)]))
    check_dot(np.dot, numbers(*first), numbers(*second, seed=1))
    check_dot(np.inner, numbers(*first), numbers(*after, n, seed=1))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_tensordot_of_any_axes(data: Any) -> None:
    shape = data.draw(st.lists(AXES, max_size=3))
    contracted = data.draw(st.permutations(range(len(shape))))[: data.draw(st.integers(0, len(shape)))]
    extra = data.draw(st.lists(AXES, max_size=2))
    lengths = [shape[i] for i in contracted] + extra
    order = data.draw(st.permutations(range(len(lengths))))
    where = [order.index(i) for i in range(len(contracted))]
    signed = [i - len(lengths) if data.draw(st.booleans()) else i for i in where]
    second = numbers(*[lengths[i] for i in order], seed=1)
    check_dot(lambda a, b: np.tensordot(a, b, (list(contracted), signed)), numbers(*shape), second)


def test_matmul_sums_a_broadcast_matrix_without_the_stack() -> None:
    """The gradient of one matrix applied to a stack is one product of matrices, not a stack of them."""
    row = cr.rules.lookup(np.matmul)
    stack, matrix = numbers(50, 4, 3), numbers(3, 2)
    pulled = row.transposes[1].fn(np.ones((50, 4, 2)), stack, cr.rules.spec_of(matrix))
    assert pulled.shape == matrix.shape


# ---- The others ----------------------------------------------------------------------------------------------------


def test_first_operand_of_vdot_and_vecdot_is_conjugated() -> None:
    a, b = numbers(3) + 1j * numbers(3, seed=1), numbers(3, seed=2) + 1j * numbers(3, seed=3)
    for fn in (np.vdot, np.vecdot):
        first, second = cr.grad(lambda a, b, fn=fn: np.real(fn(a, b)), argnums=(0, 1))(a, b)
        np.testing.assert_allclose(first, b)
        np.testing.assert_allclose(second, a)
    np.testing.assert_allclose(cr.grad(lambda a: np.real(np.vdot(a, a)))(a), 2 * a)


@pytest.mark.parametrize("shapes", [((2,), (2,)), ((3, 2), (3,)), ((2,), (3, 3))])
def test_cross_of_vectors_in_the_plane(shapes: Any) -> None:
    a, b = numbers(*shapes[0]), numbers(*shapes[1], seed=1)
    full = [np.concatenate([x, np.zeros((*x.shape[:-1], 1))], -1) if x.shape[-1] == 2 else x for x in (a, b)]
    expected = np.cross(*full)
    value, _ = cr.vjp(np.cross, a, b)
    np.testing.assert_allclose(value, expected[..., 2] if a.shape[-1] == b.shape[-1] == 2 else expected)
    check_dot(cr.rules.lookup(np.cross), a, b)


@pytest.mark.parametrize("ends", [(4, 5), (None, 5), (4, None), (None, None)])
def test_multi_dot_is_a_chain_of_products(ends: Any) -> None:
    first, last = ends
    a, d = numbers(*([first] if first else []), 3), numbers(2, *([last] if last else []), seed=3)
    arrays = (a, numbers(3, 6, seed=1), numbers(6, 2, seed=2), d)
    check_dot(lambda *xs: np.linalg.multi_dot(xs), *arrays)
    for one, other in zip(
        cr.grad(lambda *xs: np.sum(np.linalg.multi_dot(xs) ** 2), argnums=(0, 1, 2, 3))(*arrays),
        cr.grad(lambda a, b, c, d: np.sum((a @ b @ c @ d) ** 2), argnums=(0, 1, 2, 3))(*arrays),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_products_of_integers_and_lists_with_values() -> None:
    x = numbers(3)
    np.testing.assert_allclose(cr.grad(lambda x: np.dot([1, 2, 3], x))(x), [1, 2, 3])
    np.testing.assert_allclose(cr.grad(lambda x: np.sum([[1, 0, 2]] @ x))(x), [1, 0, 2])
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(np.kron([1, 2], x)))(x), [3, 3, 3])
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(np.outer(x, [1, 2])))(x), [3, 3, 3])


def test_float32_stays() -> None:
    a, b = numbers(2, 2).astype(np.float32), numbers(2, 2).astype(np.float32)
    for fn in (np.matmul, np.dot, np.kron, lambda a, b: np.einsum("ii,jk->jk", a, b)):
        assert cr.grad(lambda a, fn=fn: np.sum(fn(a, b)))(a).dtype == np.float32
