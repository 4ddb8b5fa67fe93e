"""Arguments that share memory, of which a function writes into one.

The function has a handle of its own on each argument, so the other would not change with it as it does in a plain call.
Which arguments share memory is asked when a recorded one is first written, so a call that writes none pays nothing.
Plain arguments, which cannot tell that they are written, are made read-only or watched where they share memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy import ndarray

from .. import tree
from ..eager import Tensor
from ..eager.writes import argument_of
from ..errors import ChainruleError, DerivativeError, message

if TYPE_CHECKING:
    from ._arguments import Call

__all__ = ["lock", "protect", "refuse_shared", "run_protected"]

_NUMBERS = frozenset((float, int, bool, complex, str, type(None), np.float64))
_GLANCE = 16  # items of a container that are looked at in every call
_ANY = "an argument"
_EFFORT: Any = 1000
_REPAIR = "Pass a copy of one of them: the derivative takes each argument as an array of its own."


class Known(NamedTuple):
    """An argument that is not differentiated and shares memory with one that is: its label and value."""

    label: str
    x: Any


def refuse_shared(call: Call, which: Any) -> None:
    """Raise if an argument that is about to be written shares memory with another.

    Parameters
    ----------
    which : int or Known
        The number of a differentiated leaf, or an argument of which that is known.
    """
    if isinstance(which, Known):
        raise DerivativeError(_text(call, which.label, None))
    own = list(_memories(call.given[which]))
    labels = [_label(i) for i, n in zip(call.argnums, call.counts, strict=True) for _ in range(n)]
    others = [(labels[j], x) for j, x in enumerate(call.given) if j != which]
    others += [(_label(place), leaf) for place, x in _constants(call) for leaf in _leaves(x)]
    for label, other in others:
        if any(_overlap(a, b) for a in own for b in _memories(other)):
            raise DerivativeError(_text(call, labels[which], label))


def protect(call: Call) -> None:
    """Find the arguments that are not differentiated and share memory with one that is; note what may not change."""
    owners: list[int] = []
    for x in call.given:
        if type(x) is ndarray and x.base is None:
            owners.append(id(x))
        elif type(x) not in _NUMBERS:
            owners += [id(_owner(a)) for a in _memories(x)]
    if not owners:
        return
    argnums = call.argnums
    for i, x in enumerate(call.args):
        if i in argnums or (type(x) is ndarray and x.base is None and id(x) not in owners):
            continue
        if not _is_apart(x, owners):
            _protect(call, i, x, set(owners))
    if call.kwargs:
        for name, x in call.kwargs.items():
            if not _is_apart(x, owners):
                _protect(call, name, x, set(owners))


def _is_apart(x: Any, owners: Collection[int]) -> bool:
    """Tell without further ado of most numbers and arrays that they share no memory with others."""
    kind = type(x)
    return kind in _NUMBERS or (kind is ndarray and x.base is None and id(x) not in owners)


def _protect(call: Call, place: int | str, x: Any, owners: Collection[int]) -> None:
    if not isinstance(x, (np.ndarray, Tensor)):
        shared = [leaf for leaf in _glance(x) if _shared(leaf, owners, call)]
        call.watched += tuple([(_label(place), leaf, _state(leaf)) for leaf in shared])
        call.protected = call.protected or bool(shared)
    elif _shared(x, owners, call):
        call.replace(place, _unwritable(x, call, _label(place)))
        call.watched += ((_label(place), x, _state(x)),)  # `ufunc.at` writes into read-only arrays
        call.protected = True


def _shared(x: Any, owners: Collection[int], call: Call) -> bool:
    if _is_apart(x, owners):
        return False
    own = [a for a in _memories(x) if id(_owner(a)) in owners]
    return any(_overlap(a, b) for a in own for other in call.given for b in _memories(other))


def lock(call: Call, arrays: list[Any]) -> None:
    """Make those of a call's arrays read-only, one for each differentiated leaf, that stand for shared memory."""
    if call.locked is None:
        call.locked = _sharing_leaves(call)
        call.protected = call.protected or bool(call.locked)
    if call.locked:
        call.watched = tuple([entry for entry in call.watched if entry[0] is not _ANY])  # of the run before
    for i in call.locked:
        if isinstance(arrays[i], ndarray):
            arrays[i].flags.writeable = False
            call.watched += ((_ANY, arrays[i], _state(arrays[i])),)


def _sharing_leaves(call: Call) -> tuple[int, ...]:
    constants = [leaf for _, x in _constants(call) for leaf in _leaves(x)]
    memories = [list(_memories(x)) for x in (*call.given, *constants)]
    found = []
    for i in range(len(call.given)):
        others = [b for j, part in enumerate(memories) if j != i for b in part]
        if any(_overlap(a, b) for a in memories[i] for b in others):
            found.append(i)
    return tuple(found)


def run_protected(call: Call, leaves: Any) -> Any:
    """Run a function some of whose arguments may not be written."""
    try:
        result = call.f(*call.arguments(leaves), **call.kwargs)
    except ValueError as error:
        if isinstance(error, ChainruleError) or "read-only" not in str(error):
            raise
        raise DerivativeError(_text(call, _ANY, None)) from error
    for label, leaf, before in call.watched:
        if _state(leaf) != before:
            raise DerivativeError(_text(call, label, None))
    return result


def _text(call: Call, written: str, other: str | None) -> str:
    name = getattr(call.f, "__name__", "The function")
    rest = "another argument" if other is None else other if other != written else "another array in it"
    return message(f"{name} writes into {written}, which shares memory with {rest}.", _REPAIR)


def _label(place: int | str) -> str:
    return f"argument {place!r}"


def _constants(call: Call) -> list[tuple[Any, Any]]:
    """Return the arguments that are not differentiated, with their positions or names."""
    found = [(i, x) for i, x in enumerate(call.args) if i not in call.argnums]
    return [*found, *call.kwargs.items()]


def _memories(x: Any) -> Iterator[Any]:
    """Yield the arrays in whose memory a leaf lies: its own, and that of an argument outside for which it stands."""
    if isinstance(x, np.ndarray):
        yield x
    elif type(x) is Tensor:
        if isinstance(x.raw, np.ndarray):
            yield x.raw
        outside = argument_of(x)
        if outside is not None:
            call, which = outside
            yield from _memories(which.x if isinstance(which, Known) else call.given[which])


def _overlap(a: Any, b: Any) -> bool:
    if not np.may_share_memory(a, b):
        return False
    try:
        return bool(np.shares_memory(a, b, max_work=_EFFORT))  # columns of one matrix, say, do not
    except np.exceptions.TooHardError:
        return True


def _owner(x: Any) -> Any:
    while isinstance(x, np.ndarray) and x.base is not None:
        x = x.base
    return x.obj if isinstance(x, memoryview) else x


def _unwritable(x: Any, call: Call, label: str) -> Any:
    if type(x) is Tensor:
        handle = Tensor(x.raw, x.key, x.on, x.tan)
        handle.mem = (call, Known(label, x))
        return handle
    x = x.view()
    x.flags.writeable = False
    return x


def _state(x: Any) -> Any:
    return x.key if type(x) is Tensor else x.tobytes()


def _leaves(x: Any) -> list[Any]:
    try:
        return tree.flatten(x)[0]
    except Exception:  # not every argument that is not differentiated is a tree
        return list(_glance(x))


def _glance(x: Any) -> Iterator[Any]:
    """Yield the arrays in a container, as far as a glance goes."""
    nodes = [x]
    for node in nodes:
        if isinstance(node, (np.ndarray, Tensor)):
            yield node
        elif isinstance(node, dict):
            nodes += [part for part in islice(node.values(), _GLANCE) if type(part) not in _NUMBERS]
        elif isinstance(node, (list, tuple)):
            nodes += [part for part in node[:_GLANCE] if type(part) not in _NUMBERS]
        elif hasattr(type(node), "__dataclass_fields__"):
            nodes += [getattr(node, name, None) for name in type(node).__dataclass_fields__]
        if len(nodes) > 2 * _GLANCE:
            del nodes[2 * _GLANCE :]
