"""Nested arguments: what is a container, the round trip, one vector for all."""

import copy
import dataclasses
import pickle
import subprocess
import sys
import threading
import time
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field

import numpy as np
import optree
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import tree
from chainrule.errors import ChainruleError

Pair = namedtuple("Pair", "left right")


@dataclass
class Plain:
    w: object
    b: object = 0.0


@dataclass(frozen=True, slots=True)
class Frozen:
    w: object
    name: str = field(default="model", metadata={"static": True})


@dataclass(frozen=True)
class Positive:
    scale: float

    def __post_init__(self):
        if self.scale <= 0:
            raise ValueError("scale must be positive")


leaves = st.one_of(st.none(), st.floats(allow_nan=False), st.integers(), st.text(max_size=2))
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=2), inner, max_size=3),
        st.builds(Pair, inner, inner),
        st.builds(Plain, inner, inner),
        st.builds(Frozen, inner),
    ),
    max_leaves=12,
)
numbers = st.one_of(
    st.floats(-1e6, 1e6),
    st.integers(-1000, 1000),
    st.complex_numbers(max_magnitude=1e6),
    st.lists(st.floats(-1e6, 1e6), max_size=3).map(np.array),
)
number_trees = st.recursive(numbers, lambda inner: st.lists(inner, max_size=3) | st.builds(Plain, inner, inner))


@given(trees)
def test_flatten_and_unflatten_are_inverse(nested):
    parts, structure = tree.flatten(nested)
    assert tree.unflatten(structure, parts) == nested
    assert all(tree.is_leaf(part) for part in parts)
    again = tree.flatten(tree.unflatten(structure, range(len(parts))))
    assert again == (list(range(len(parts))), structure)


@given(trees)
def test_is_leaf_and_flatten_agree(nested):
    assert tree.is_leaf(nested) == (tree.flatten(nested)[1] is tree.LEAF)


@pytest.mark.parametrize(
    "leaf",
    [1.0, 1, True, 1j, None, "text", b"x", {1, 2}, object(), np.float32(1), np.ones(2), len, Plain, range(3)],
    ids=lambda leaf: type(leaf).__name__,
)
def test_everything_else_is_a_leaf(leaf):
    assert tree.is_leaf(leaf)
    assert tree.flatten(leaf) == ([leaf], tree.LEAF)
    assert tree.flatten([leaf])[0][0] is leaf


@pytest.mark.parametrize("base", [list, dict, tuple])
def test_subclasses_of_containers_are_leaves(base):
    leaf = type("Custom", (base,), {})()
    assert tree.is_leaf(leaf)
    assert tree.flatten([leaf])[0][0] is leaf


@pytest.mark.parametrize(
    "container",
    [
        [],
        (),
        {},
        Pair(1, 2),
        OrderedDict(b=1, a=2),
        defaultdict(list, a=1),
        deque([1], maxlen=3),
        time.gmtime(0),
        Plain(1),
    ],
    ids=lambda container: type(container).__name__,
)
def test_containers_keep_their_type(container):
    assert not tree.is_leaf(container)
    parts, structure = tree.flatten(container)
    back = tree.unflatten(structure, parts)
    assert type(back) is type(container)
    assert back == container


def test_a_dict_keeps_its_order_and_equals_one_in_another_order():
    first, second = {"b": 1, "a": 2}, {"a": 2, "b": 1}
    assert list(tree.map(float, first)) == ["b", "a"]
    assert tree.flatten(first) == tree.flatten(second)


def test_classes_registered_with_optree_are_containers():
    class Box:
        def __init__(self, inside):
            self.inside = inside

    assert tree.is_leaf(Box(1.0))
    optree.register_pytree_node(Box, lambda box: ((box.inside,), None), lambda _, c: Box(*c), namespace="chainrule")
    assert not tree.is_leaf(Box(1.0))
    assert tree.map(lambda x: 2 * x, Box([1.0, 2.0])).inside == [2.0, 4.0]


# Dataclasses


def test_static_fields_belong_to_the_structure():
    parts, structure = tree.flatten([Frozen(1.0, "a"), Frozen({"x": 2.0}, "b")])
    assert parts == [1.0, 2.0]
    assert tree.unflatten(structure, [10, 20]) == [Frozen(10, "a"), Frozen({"x": 20}, "b")]
    assert structure != tree.flatten([Frozen(1.0, "a"), Frozen({"x": 2.0}, "c")])[1]


def test_a_gradient_need_not_pass_the_checks_of_the_point():
    assert tree.map(lambda x: -x, Positive(2.0)).scale == -2.0


def test_cached_values_are_left_behind():
    class Circle(Positive):
        pass

    circle = Circle(2.0)
    circle.__dict__["area"] = 12.5
    assert vars(tree.map(lambda x: x, circle)) == {"scale": 2.0}


def test_computed_fields_are_refused():
    @dataclass
    class Square:
        side: float
        area: float = field(init=False)

        def __post_init__(self):
            self.area = self.side**2

    for nested in (Square(2.0), [1.0, {"s": Square(2.0)}]):
        with pytest.raises(ChainruleError, match="Square has fields that its __init__ does not take: area"):
            tree.flatten(nested)


def test_our_own_numbers_are_leaves_even_as_dataclasses():
    Number = dataclasses.make_dataclass("Number", ["value"], namespace={"__chainrule_apply__": None})
    number = Number(1.0)
    assert tree.is_leaf(number)
    assert tree.flatten({"n": number})[0] == [number]


def test_a_dataclass_may_be_met_by_two_threads_at_once():
    for _ in range(20):
        cls = dataclasses.make_dataclass("Fresh", ["x"])
        start, found = threading.Barrier(4), []

        def meet(cls=cls, start=start, found=found):
            start.wait()
            found.append(tree.flatten([cls(1.0)])[0])

        threads = [threading.Thread(target=meet) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [[1.0]] * 4


# map and errors


def test_map_walks_several_trees():
    assert tree.map(lambda a, b, c: a + b * c, [1, (2,)], [10, (20,)], [2, (3,)]) == [21, (62,)]
    assert tree.map(lambda a, b: a + b, 1, 2) == 3
    assert tree.map(lambda leaf: leaf is None, [None, 1]) == [True, False]


@pytest.mark.parametrize("other", [[1, 2, 3], (1, 2), 1, {"a": 1, "b": 2}, [1, [2]]])
def test_map_refuses_trees_of_different_structure(other):
    with pytest.raises(ChainruleError, match="differ in structure"):
        tree.map(lambda a, b: a, [1, 2], other)


@pytest.mark.parametrize("nested", [1.0, [1.0, 2.0], []])
def test_unflatten_counts_the_leaves(nested):
    parts, structure = tree.flatten(nested)
    with pytest.raises(ChainruleError, match=f"{len(parts)} leaves was given {len(parts) + 1}"):
        tree.unflatten(structure, [*parts, 0])


def test_structures_compare_hash_and_copy():
    assert tree.flatten([1, 2])[1] == tree.flatten([3, 4])[1]
    assert len({tree.flatten(t)[1] for t in ([1], [2], (1,), 1, 2)}) == 3
    assert copy.deepcopy(tree.LEAF) is tree.LEAF
    assert pickle.loads(pickle.dumps(tree.LEAF)) is tree.LEAF


# ravel


@given(number_trees)
def test_ravel_and_unravel_are_inverse(nested):
    flat, unravel = tree.ravel(nested)
    assert flat.ndim == 1
    assert flat.dtype == np.float64
    back, structure = tree.flatten(unravel(flat))
    parts, expected = tree.flatten(nested)
    assert structure == expected
    for found, part in zip(back, parts, strict=True):
        assert np.shape(found) == np.shape(part)
        assert np.array_equal(found, part)


def test_ravel_keeps_single_precision_and_unravel_follows_the_vector():
    nested = {"w": np.ones((2, 2), np.float32), "b": np.float32(3)}
    flat, unravel = tree.ravel(nested)
    assert flat.dtype == np.float32
    assert unravel(flat)["w"].dtype == np.float32
    assert unravel(flat.astype(np.float64))["b"].dtype == np.float64
    assert unravel(flat + 1e-20j)["b"] == 3 + 1e-20j  # a complex step passes through
    assert tree.ravel([np.float32(1), 2])[0].dtype == np.float64


def test_a_complex_leaf_takes_two_places():
    flat, unravel = tree.ravel([np.array([[1 + 2j], [3 - 4j]]), 5.0])
    assert flat.tolist() == [1, 2, 3, -4, 5]
    found, last = unravel(flat)
    assert found.tolist() == [[1 + 2j], [3 - 4j]]
    assert last == 5.0


def test_an_empty_tree_is_an_empty_vector():
    flat, unravel = tree.ravel({"a": [], "b": np.ones((0, 3))})
    assert flat.shape == (0,)
    assert unravel(flat)["b"].shape == (0, 3)
    assert tree.ravel([])[0].dtype == np.float64


@pytest.mark.parametrize("leaf", [None, "text", True, np.array(["a"]), object()])
def test_ravel_refuses_what_is_no_number(leaf):
    with pytest.raises(ChainruleError, match="no place in a vector"):
        tree.ravel([1.0, leaf])


def test_unravel_refuses_another_length():
    _, unravel = tree.ravel([1.0, 2.0])
    for vector in ([1.0], np.ones(3), np.ones((2, 1)), 1.0):
        with pytest.raises(ChainruleError, match="holds 2 numbers"):
            unravel(vector)


def test_leaves_do_not_import_optree():
    program = """
import sys, numpy as np
from chainrule import tree
for leaf in (1.0, 1, None, np.ones(2), np.float32(1), "text", object()):
    assert tree.unflatten(tree.flatten(leaf)[1], [leaf]) is leaf
    tree.map(id, leaf)
tree.ravel(np.ones(2))
assert "optree" not in sys.modules
tree.flatten([1.0])
assert "optree" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
