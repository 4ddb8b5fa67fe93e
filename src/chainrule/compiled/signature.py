"""The types of a call's arguments: what a program is compiled for, and the values that it is given."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import tree
from ..errors import UnsupportedError, message
from .spec import ArraySpec, ScalarSpec, Static

__all__ = ["Signature", "kind_of", "overlapping", "signature_of", "spec_of"]

Spec = ScalarSpec | ArraySpec | Static
_WEAK: dict[type, ScalarSpec] = {float: ScalarSpec("float64"), int: ScalarSpec("int64"), bool: ScalarSpec("bool")}
SHORT = 16  # the longest row that is known
TINY = 4  # the longest axis of an array all of whose lengths are known
LONG = 4  # and how many times more rows there are than numbers in each
_DTYPES = {"float64": "float64", "float32": "float32", "bool": "bool"}


class Signature(NamedTuple):
    """Attributes
    ----------
    key : hashable
        Calls with equal keys run the same compiled program: the structure of the arguments, and the kind of each leaf.
    named : bool
        Whether there are keyword arguments; the structure is then that of (args, kwargs).
    values : list
        The leaves that are parameters of the program.
    converted : tuple of int
        Which of these are copies of another type.
    """

    key: tuple[Hashable, ...]
    named: bool
    values: list[Any]
    converted: tuple[int, ...]

    def general(self) -> Signature:
        """Return the signature of such arguments in any size: of their lengths it says only which are 1."""
        kinds = [(k[0], tuple([int(n == 1) for n in k[1]]), k[2]) if type(k) is tuple else k for k in self.key[1:]]
        return self._replace(key=(self.key[0], *kinds))

    @property
    def structure(self) -> Any:
        return self.key[0]

    @property
    def specs(self) -> list[Spec]:
        """One for each leaf of the arguments."""
        return [spec_of(kind) for kind in self.key[1:]]


def signature_of(args: tuple[Any, ...], kwargs: dict[str, Any], floats: Sequence[int] = ()) -> Signature:
    """Return the signature of a call.

    Parameters
    ----------
    floats : sequence of int
        Positions of the arguments that are differentiated: integers there are taken as float64.

    Raises
    ------
    UnsupportedError
        For complex numbers and other types that programs do not compute with.
    """
    leaves, structure = tree.flatten((args, kwargs) if kwargs else args)
    if floats:
        owners = _owners(args, leaves)
        given, leaves = leaves, [_floating(x) if k in floats else x for x, k in zip(leaves, owners, strict=True)]
    else:
        given = leaves
    key: list[Hashable] = [structure]
    values: list[Any] = []
    converted = []
    for leaf, original in zip(leaves, given, strict=True):
        kind, value = kind_of(leaf)
        key.append(kind)
        if type(kind) is not Static:
            if value is not original and isinstance(original, np.ndarray):
                converted.append(len(values))
            values.append(value)
    return Signature(tuple(key), bool(kwargs), values, tuple(converted))


def _owners(args: tuple[Any, ...], leaves: list[Any]) -> list[int]:
    """Return for each leaf the position of the argument it belongs to, -1 for keyword arguments."""
    owners = [k for k, arg in enumerate(args) for _ in tree.flatten(arg)[0]]
    return owners + [-1] * (len(leaves) - len(owners))


def _floating(leaf: Any) -> Any:
    if isinstance(leaf, bool):
        return leaf
    if isinstance(leaf, int):
        return float(leaf)
    if isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind in "iu":
        return leaf.astype(np.float64)
    return leaf


def kind_of(leaf: Any) -> tuple[Any, Any]:
    """Return what a program knows of a leaf before it runs, in a form that is quick to compare, and its value."""
    cls = type(leaf)
    if cls in _WEAK:
        return cls, leaf
    if isinstance(leaf, (np.ndarray, np.generic)) and cls is not np.str_:
        leaf, name = _array(leaf)
        if isinstance(leaf, np.generic):
            return name, leaf
        return (name, known_lengths(leaf), leaf.flags.c_contiguous), leaf
    if isinstance(leaf, complex):
        _refuse("a complex number")
    for kind in (bool, int, float):
        if isinstance(leaf, kind):
            return kind, kind(leaf)
    if hasattr(cls, "__chainrule_apply__"):
        return Static(cls), leaf  # a recorded value: not for compiled code
    return Static(_hashed(leaf)), leaf


def known_lengths(array: np.ndarray) -> tuple[int, ...]:
    """Return the lengths that programs are made for, 0 for the others.

    These are 1, those of small vectors and matrices, and how long the rows are of a long table. With three coordinates
    to a point, loops over these become straight lines, and work arrays scalars.
    """
    shape = array.shape
    lengths = [1 if n == 1 else 0 for n in shape]
    if len(shape) > 1 and 1 < shape[-1] <= SHORT and array.size >= LONG * shape[-1] ** 2:
        lengths[-1] = shape[-1]
    if len(shape) <= 2 and all(1 <= n <= TINY for n in shape):
        lengths = [*shape]
    return tuple(lengths)


def spec_of(kind: Hashable) -> Spec:
    """Return the spec of a leaf of this kind."""
    if isinstance(kind, Static):
        return kind
    if isinstance(kind, type):
        return _WEAK[kind]
    return ScalarSpec(kind, weak=False) if isinstance(kind, str) else ArraySpec(*kind)  # type: ignore[misc]


def _array(leaf: Any) -> tuple[Any, str]:
    """Return an array or NumPy scalar of a type that programs compute with, and the name of that type."""
    dtype = leaf.dtype
    if isinstance(leaf, np.ndarray) and type(leaf) is not np.ndarray:
        if type(leaf) is not np.memmap:
            _refuse(f"a {type(leaf).__name__}")
        leaf = leaf.view(np.ndarray)
    if not dtype.isnative and dtype.kind in "fiub":
        leaf = leaf.astype(dtype.newbyteorder("="))
        dtype = leaf.dtype
    if dtype.name in _DTYPES:
        return leaf, dtype.name
    if dtype.kind in "iu" and dtype != np.uint64:
        return (leaf if dtype == np.int64 else leaf.astype(np.int64)), "int64"
    _refuse(f"an array of {dtype}" if isinstance(leaf, np.ndarray) else f"a number of type {dtype}")
    raise AssertionError


def _refuse(what: str) -> None:
    raise UnsupportedError(
        message(
            f"An argument is or contains {what}, with which compiled programs do not compute.",
            "Give float64, float32, int64 or bool, or call the function without cr.jit.",
        )
    )


def _hashed(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        _refuse(f"a {type(value).__name__}, which is not hashable")
    return value


def overlapping(values: Sequence[Any]) -> tuple[int, int] | None:
    """Return the positions of two arrays that may share memory, if there are any."""
    arrays = [(k, x) for k, x in enumerate(values) if isinstance(x, np.ndarray)]
    for n, (i, x) in enumerate(arrays):
        for j, y in arrays[n + 1 :]:
            if x is y or np.may_share_memory(x, y):
                return i, j
    return None
