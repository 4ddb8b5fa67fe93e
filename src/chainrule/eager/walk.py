"""The backward sweep: one pass over a tape's entries in reverse order.

Three loops do the same. `_raw` is for a sweep that nobody records: plain NumPy, in place where that is safe.
`_recorded` gives the saved values their identity back, so that other recorders can follow the sweep. `_careful` is
run only if a result holds a nan, and lets a zero cotangent annihilate an infinite or undefined partial: a branch that
was not taken contributes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ..calculus import Transpose, project
from .boxes import ORIGINAL
from .state import WITNESSES, current, is_recording, witnesses
from .tensor import Identity, Tensor, raw_of

__all__ = ["MINUS", "PLUS", "SLOTS", "TIMES", "edges", "sweep", "term_of"]

SLOTS = 6

# In the place of a pull, these say that an entry stands for both edges of ``a * b``, ``a + b`` or ``a - b`` on arrays
# of one form: it holds the result's key, that of a, one of these, a, the key of b, and b (None where not read).
TIMES, PLUS, MINUS = "times", "plus", "minus"


def sweep(
    entries: list[Any], on: Any, targets: Sequence[Tensor], sources: Sequence[Tensor], seeds: Sequence[Any]
) -> list[Any]:
    """Return the cotangent of each source (see `Tape.gradient`)."""
    wanted = {x.key for x in sources}
    with np.errstate(all="ignore"):
        if is_recording():
            found = _recorded(entries, on, _seeded(targets, seeds), wanted)
        else:
            found = _raw(entries, _seeded(targets, [raw_of(seed) for seed in seeds]), wanted)
        if any(_has_nan(g) for g in found.values()):
            found = _careful(entries, on, _seeded(targets, seeds), wanted)
    if WITNESSES:
        for witness in witnesses():
            witness.check_sweep(entries, targets, seeds, found)
    return [found.get(x.key) for x in sources]


def _seeded(targets: Sequence[Tensor], seeds: Iterable[Any]) -> dict[int, Any]:
    cotangents: dict[int, Any] = {}
    for target, seed in zip(targets, seeds, strict=True):
        known = cotangents.get(target.key)
        cotangents[target.key] = seed if known is None else known + seed
    return cotangents


def _entries(entries: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield (spec, ids, saved, pull, in_key, out_key) from the last entry to the first."""
    backwards = reversed(entries)
    return zip(*[backwards] * SLOTS, strict=True)


def edges(entries: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the entries, the pairs among them taken apart."""
    for entry in _entries(entries):
        pull = entry[3]
        if pull is TIMES:
            b, b_key, a, _, a_key, out_key = entry
            yield None, a_key, a, None, b_key, out_key
            yield None, b_key, b, None, a_key, out_key
        elif pull is PLUS or pull is MINUS:
            _, b_key, _, _, a_key, out_key = entry
            yield None, None, None, 1 if pull is PLUS else -1, b_key, out_key
            yield None, None, None, 1, a_key, out_key
        else:
            yield entry


def _raw(entries: list[Any], cotangents: dict[int, Any], wanted: set[int]) -> dict[int, Any]:
    kept = {}
    owned: set[int] = set()  # keys whose cotangent is a buffer of ours that nothing else refers to
    get, pop = cotangents.get, cotangents.pop
    newest = max(wanted, default=0)
    last, g = 0, None
    # The cotangent begun last is mostly the next to be read: it waits here, and not in the dictionary.
    held_key, held = 0, None
    for spec, ids, saved, pull, in_key, out_key in _entries(entries):
        if out_key == held_key:
            g, last, held_key = held, out_key, 0
        else:
            if held_key:
                cotangents[held_key], held_key = held, 0
            if out_key is not last:
                g, last = pop(out_key, None), out_key
        if g is None:
            continue
        if out_key <= newest and out_key in wanted:
            kept[out_key] = g
            owned.discard(out_key)  # it is a result now, and no buffer to write into
        if pull is None:
            term = g * saved
        elif pull is TIMES:
            term, known = g * saved, get(ids)
            cotangents[ids] = term if known is None else known + term
            term, spec = g * spec, None
        elif pull is PLUS:
            term, known = g, get(ids)
            cotangents[ids] = g if known is None else known + g
        elif pull is MINUS:
            term, known = g, get(ids)
            cotangents[ids] = -g if known is None else known - g
        elif (kind := type(pull)) is _PARTIAL:
            term = g * (pull(*saved) if type(saved) is tuple else pull(saved))
        elif kind is int:
            if pull == -1 and spec is None and in_key in cotangents:
                cotangents[in_key] = cotangents[in_key] - g
                continue
            term = g if pull == 1 else -g if pull == -1 else g * pull
        elif kind is Transpose:
            if pull.into is not None:
                _in_place(pull, g, saved, spec, in_key, out_key, cotangents, owned)
                continue
            term = pull.fn(g, *saved)
            if term is None:  # a user's rule says so
                continue
        else:
            term = g * (pull(*saved) if callable(pull) else pull)
        if spec is not None:
            term = project(term, spec)
        known = get(in_key)
        if known is None:
            held_key, held = in_key, term
        else:
            cotangents[in_key] = known + term
    if held_key:
        cotangents[held_key] = held
    return _collect(cotangents, kept, wanted)


def _in_place(
    pull: Transpose, g: Any, saved: Any, spec: Any, in_key: int, out_key: int, cotangents: dict[int, Any], owned: Any
) -> None:
    """Do the transposes of reading and of writing an element in the cotangent's own buffer."""
    known = cotangents.get(in_key)
    if pull.into == "clear":
        index = saved[0]
        if out_key in owned and type(g) is np.ndarray:  # sums of 0-d arrays are scalars
            owned.discard(out_key)
        else:
            g = np.array(g)
        g[index] = 0.0
        term = project(g, spec)
        if known is None and term is g:
            owned.add(in_key)
        cotangents[in_key] = term if known is None else known + term
        return
    index = saved[1]
    if known is None or in_key not in owned or type(known) is not np.ndarray:
        buffer = np.zeros(spec.shape, spec.dtype)
        if known is not None:
            buffer += known
        cotangents[in_key] = buffer
        owned.add(in_key)
        known = buffer
    term = project(g, spec._replace(shape=g.shape)) if g.dtype != spec.dtype else g
    if _selects_once(index):
        known[index] += term
    else:
        np.add.at(known, index, term)


def _selects_once(index: Any) -> bool:
    parts = index if type(index) is tuple else (index,)
    return all(type(p) in _BASIC or isinstance(p, np.integer) for p in parts)


def _recorded(
    entries: list[Any], on: Any, cotangents: dict[int, Any], wanted: set[int], careful: bool = False
) -> dict[int, Any]:
    kept = {}
    last, g = 0, None
    marks = _marks() if on is not None else {}
    for spec, ids, saved, pull, in_key, out_key in edges(entries):
        if out_key is not last:
            g = cotangents.pop(out_key, None)
            last = out_key
            if g is not None and out_key in wanted:
                kept[out_key] = g
        if g is None:
            continue
        term = term_of(g, pull, _revived(saved, ids, on, marks) if on is not None else saved, careful)
        if term is None:
            continue
        if spec is not None:
            term = project(term, spec)
        known = cotangents.get(in_key)
        cotangents[in_key] = term if known is None else known + term
    return _collect(cotangents, kept, wanted)


def _careful(entries: list[Any], on: Any, cotangents: dict[int, Any], wanted: set[int]) -> dict[int, Any]:
    recording = is_recording()
    if not recording:
        cotangents = {key: raw_of(g) for key, g in cotangents.items()}
    return _recorded(entries, on if recording else None, cotangents, wanted, careful=True)


def term_of(g: Any, pull: Any, saved: Any, careful: bool) -> Any:
    """Return what an edge carries of the cotangent of its result.

    Parameters
    ----------
    g : number or array
        The cotangent.
    pull : Transpose, callable, number, or None
        What makes the partial of what is saved; None if that is saved itself.
    saved : object
    careful : bool
        Whether a zero cotangent annihilates a partial that is not finite.
    """
    if isinstance(pull, Transpose):
        return pull.fn(g, *saved)
    if pull is None:
        partial = saved
    elif callable(pull):
        pull = ORIGINAL.get(pull, pull)
        partial = pull(*saved) if type(saved) is tuple else pull(saved)
    else:
        return g if pull == 1 else g * pull
    if careful:
        partial = _annihilated(g, partial)
    return g * partial


def _annihilated(g: Any, partial: Any) -> Any:
    """Replace a partial that is not finite by zero where the cotangent is zero."""
    plain = np.asarray(raw_of(partial))
    finite = np.isfinite(plain)
    for tangent in _tangents(partial):
        finite = finite & np.isfinite(np.broadcast_to(tangent, plain.shape))
    drop = (np.asarray(raw_of(g)) == 0) & ~finite
    return np.where(drop, plain.dtype.type(0), partial) if drop.any() else partial


def _revived(saved: Any, ids: Any, on: Any, marks: dict[int, Any]) -> Any:
    """Give saved values their identity back, so that recorders recognise them."""
    if ids is None:
        return saved
    if type(ids) is int:
        return Tensor(saved, ids, on, None) if ids not in marks else _marked(saved, ids, on, {}, marks[ids])
    if type(ids) is Identity:
        key, on, tan = ids
        return Tensor(saved, key, on, tan) if key not in marks else _marked(saved, key, on, tan or {}, marks[key])
    return tuple([_revived(part, name, on, marks) for part, name in zip(saved, ids, strict=True)])


def _marked(saved: Any, key: int, on: Any, tan: dict[int, Any], mark: tuple[Any, dict[int, Any]]) -> Tensor:
    tapes, tangents = mark
    return Tensor(saved, key, on | tapes if on else tapes, {**tan, **tangents} or None)


def _marks() -> dict[int, Any]:
    """Return what the active recorders were told to watch, perhaps after it was saved: tapes and tangents, by key.

    A recorder of which that can be true has `marks`: the keys, with the tangents if it is a forward one.
    """
    marks: dict[int, Any] = {}
    state = current()
    for recorder in state.recorders if state is not None else ():
        for key, tangent in getattr(recorder, "marks", _NONE).items():
            tapes, tangents = marks.get(key, (frozenset(), {}))
            if recorder.reverse:
                marks[key] = tapes | recorder.on, tangents
            else:
                marks[key] = tapes, {**tangents, recorder.id: tangent}
    return marks


def _collect(cotangents: dict[int, Any], kept: dict[int, Any], wanted: set[int]) -> dict[int, Any]:
    return {**{key: cotangents[key] for key in wanted if key in cotangents}, **kept}


def _has_nan(g: Any) -> bool:
    return bool(np.isnan(raw_of(g)).any()) or any(_has_nan(t) for t in _tangents(g))


def _tangents(x: Any) -> Iterable[Any]:
    return x.tan.values() if type(x) is Tensor and x.tan else ()


_NONE: dict[int, Any] = {}
_PARTIAL = type(lambda: 0)
_BASIC = (int, slice, type(None), type(Ellipsis))
