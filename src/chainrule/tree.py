"""Nested arguments, flattened to a list of leaves and put together again.

Containers are dicts, lists, tuples, named tuples, the rest of what optree knows, and instances of dataclasses, which
need no registration. Everything else is a leaf: numbers, arrays, strings, None, any other object. optree is imported
when the first container is met; a number or an array costs one look at its type.

Each field of a dataclass is a subtree, but for fields marked ``field(metadata={"static": True})``: those belong to the
structure, and must be hashable. An instance is rebuilt field by field, without ``__init__`` and ``__post_init__``: a
gradient need not pass the checks that hold for its point. What the instance keeps beside its fields is left behind.
"""

from __future__ import annotations

import dataclasses
import math
import sys
import threading
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import DerivativeError, message

__all__ = ["LEAF", "TreeDef", "flatten", "is_leaf", "map", "ravel", "unflatten"]

_NAMESPACE = "chainrule"
_PLAIN = frozenset({float, int, bool, complex, str, type(None), np.ndarray, np.float64})
_CONTAINERS = frozenset({dict, list, tuple, OrderedDict, defaultdict, deque})
_registering = threading.Lock()


class _Leaf:
    """The structure of a tree that is one leaf."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "*"

    def __reduce__(self) -> str:
        return "LEAF"


LEAF = _Leaf()
TreeDef: TypeAlias = Any  # LEAF or optree.PyTreeSpec; both compare and hash by structure


def is_leaf(tree: object) -> bool:
    """Whether ``tree`` is a leaf rather than a container.

    Examples
    --------
    >>> is_leaf(1.0), is_leaf(None), is_leaf("text"), is_leaf([]), is_leaf({"a": 1})
    (True, True, True, False, False)
    """
    cls = type(tree)
    if cls in _PLAIN or issubclass(cls, (np.ndarray, np.generic)) or hasattr(cls, "__chainrule_apply__"):
        return True
    if cls in _CONTAINERS or _is_node_dataclass(cls):
        return False
    if issubclass(cls, tuple):
        return not (hasattr(cls, "_fields") or hasattr(cls, "n_sequence_fields"))
    return not _is_registered(cls)


def flatten(tree: Any, leaf: type | tuple[type, ...] | None = None) -> tuple[list[Any], TreeDef]:
    """Return the leaves, from left to right (a dict's in the order of its sorted keys), and the structure without them.

    Parameters
    ----------
    tree : tree
    leaf : type or tuple of types, optional
        A class whose instances are leaves, though they be containers.

    Raises
    ------
    DerivativeError
        For a dataclass with a field that ``__init__`` does not take: it is computed from the others, and as a leaf of
        its own it would be cut off from them.

    Examples
    --------
    >>> leaves, structure = flatten({"b": [1.0, 2.0], "a": (3.0, None)})
    >>> leaves
    [3.0, None, 1.0, 2.0]
    >>> unflatten(structure, [30, 40, 10, 20])
    {'b': [10, 20], 'a': (30, 40)}
    """
    if is_leaf(tree) or (leaf is not None and isinstance(tree, leaf)):
        return [tree], LEAF
    import optree

    sighted = _sighted if leaf is None else lambda node: isinstance(node, leaf) or _sighted(node)
    leaves, structure = optree.tree_flatten(tree, sighted, none_is_leaf=True, namespace=_NAMESPACE)
    return leaves, structure


def unflatten(structure: TreeDef, leaves: Iterable[Any]) -> Any:
    """Put leaves back into a structure; the inverse of `flatten`.

    Raises
    ------
    DerivativeError
        If there are too few or too many leaves.

    Examples
    --------
    >>> unflatten(flatten([1, (2, 3)])[1], "abc")
    ['a', ('b', 'c')]
    """
    leaves = list(leaves)
    wanted = 1 if structure is LEAF else structure.num_leaves
    if len(leaves) != wanted:
        what = f"A structure of {wanted} leaves was given {len(leaves)}: {structure}."
        raise DerivativeError(message(what, "Give one for each."))
    return leaves[0] if structure is LEAF else structure.unflatten(leaves)


def map(f: Callable[..., Any], tree: Any, *rest: Any) -> Any:
    """Apply ``f`` to each leaf, and to the leaves of further trees of the same structure.

    Raises
    ------
    DerivativeError
        If a further tree has another structure.

    Examples
    --------
    >>> map(lambda a, b: a + b, {"x": 1, "y": [2, 3]}, {"x": 10, "y": [20, 30]})
    {'x': 11, 'y': [22, 33]}
    """
    leaves, structure = flatten(tree)
    columns = [leaves]
    for other in rest:
        others, found = flatten(other)
        if found != structure:
            what = f"Two trees differ in structure: {structure} and {found}."
            raise DerivativeError(message(what, "Give trees with the same containers, keys and lengths."))
        columns.append(others)
    return unflatten(structure, [f(*row) for row in zip(*columns, strict=True)])


def ravel(tree: Any) -> tuple[npt.NDArray[Any], Callable[[Any], Any]]:
    """Lay all numbers of a tree out in one vector, and return it with the function that undoes this.

    Parameters
    ----------
    tree : tree of numbers and numeric arrays
        A complex number takes two places, its real and its imaginary part.

    Returns
    -------
    flat : ndarray, shape (n,)
        Of the leaves' common floating dtype; float64 where integers take part.
    unravel : callable
        Takes a vector of n numbers (an array, or anything with its ``shape`` and indexing) to a tree with the structure
        and the shapes of ``tree`` and the dtype of the vector: so float32 leaves can be sampled in float64 or complex.

    Raises
    ------
    DerivativeError
        For a leaf that is not numeric, or a vector of another length.

    Examples
    --------
    >>> flat, unravel = ravel({"w": np.array([[1.0, 2.0]]), "b": 3})
    >>> flat
    array([3., 1., 2.])
    >>> unravel(10 * flat)
    {'w': array([[10., 20.]]), 'b': np.float64(30.0)}
    """
    leaves, structure = flatten(tree)
    arrays = [_numeric(leaf) for leaf in leaves]
    shapes = [array.shape if array.dtype.kind != "c" else (*array.shape, 2) for array in arrays]
    arrays = [array if array.dtype.kind != "c" else _as_pairs(array) for array in arrays]
    flat = np.concatenate([array.ravel() for array in arrays]) if arrays else np.empty(0)
    paired = [np.iscomplexobj(leaf) for leaf in leaves]
    scalar = [not isinstance(leaf, np.ndarray) for leaf in leaves]

    def unravel(vector: Any) -> Any:
        vector = vector if hasattr(vector, "shape") else np.asarray(vector)
        if vector.shape != flat.shape:
            what = f"A vector of shape {vector.shape} was given where the tree holds {flat.size} numbers."
            raise DerivativeError(message(what, f"Give shape {flat.shape}."))
        parts, start = [], 0
        for shape, pair, single in zip(shapes, paired, scalar, strict=True):
            stop = start + math.prod(shape)
            part = vector[start:stop].reshape(shape)
            part = part[..., 0] + 1j * part[..., 1] if pair else part
            parts.append(part[()] if single else part)
            start = stop
        return unflatten(structure, parts)

    return flat, unravel


def _numeric(leaf: object) -> npt.NDArray[Any]:
    array = np.asarray(leaf)
    if array.dtype.kind not in "iufc":
        what = f"A leaf of type {type(leaf).__name__} and dtype {array.dtype} has no place in a vector of numbers."
        raise DerivativeError(message(what, "Keep it out of the tree, or mark its dataclass field as static."))
    return array if array.dtype.kind in "fc" else array.astype(np.float64)


def _as_pairs(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.stack([array.real, array.imag], axis=-1)


def _is_node_dataclass(cls: type) -> bool:
    """Whether instances are containers: dataclasses, but not our own numbers, which know how to apply a rule."""
    return hasattr(cls, "__dataclass_fields__") and not hasattr(cls, "__chainrule_apply__")


def _is_registered(cls: type) -> bool:
    """Whether the user taught optree this class; then optree has been imported."""
    module = sys.modules.get("optree")
    return module is not None and module.register_pytree_node.get(cls, namespace=_NAMESPACE) is not None


def _sighted(node: object) -> bool:
    """Register a dataclass when optree first comes by one; never stop there."""
    cls = type(node)
    if _is_node_dataclass(cls) and not _is_registered(cls):
        with _registering:
            if not _is_registered(cls):
                _register(cls)
    return False


def _register(cls: type) -> None:
    import optree

    fields = dataclasses.fields(cls)
    static = tuple(field.name for field in fields if field.metadata.get("static", False))
    names = tuple(field.name for field in fields if field.name not in static)
    computed = [field.name for field in fields if not field.init and field.name not in static]
    if computed:
        what = f"The dataclass {cls.__name__} has fields that its __init__ does not take: {', '.join(computed)}."
        repair = 'Make each a property, or mark it with field(init=False, metadata={"static": True}).'
        raise DerivativeError(message(what, repair))

    def take_apart(node: Any) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[str, ...]]:
        return tuple(getattr(node, n) for n in names), tuple(getattr(node, n) for n in static), names

    def put_together(kept: Any, children: Iterable[Any]) -> Any:
        node: Any = object.__new__(cls)
        for name, value in [*zip(names, children, strict=True), *zip(static, kept, strict=True)]:
            object.__setattr__(node, name, value)
        return node

    optree.register_pytree_node(
        cls, take_apart, put_together, path_entry_type=optree.GetAttrEntry, namespace=_NAMESPACE
    )
