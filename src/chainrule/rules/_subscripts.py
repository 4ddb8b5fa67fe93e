"""The language of einsum: subscripts made explicit, and the subscripts of the transpose for one operand."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np

__all__ = ["bind", "explicit", "transposed"]


def bind(
    *operands: Any, out: Any = None, optimize: Any = False, **options: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Sort the arguments of einsum, in either of its two forms, into operands and parameters.

    Examples
    --------
    >>> bind("ij,j->i", 1.0, 2.0)
    ((1.0, 2.0), {'subscripts': 'ij,j->i', 'optimize': False})
    >>> bind(1.0, [0, 1], 2.0, [1], [0])
    ((1.0, 2.0), {'subscripts': 'ab,b->a', 'optimize': False})
    """
    if out is not None or any(value is not None for name, value in options.items() if name == "dtype"):
        msg = "einsum() got an unexpected keyword argument 'out' or 'dtype'"
        raise TypeError(msg)
    if isinstance(operands[0], str):
        subscripts, *arrays = operands
    else:
        subscripts, arrays = _from_lists(operands)
    return tuple(arrays), {"subscripts": subscripts, "optimize": optimize}


def _from_lists(arguments: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """Translate ``a, [0, 1], b, [1, 2], [0, 2]``."""
    pairs = len(arguments) // 2
    inputs = ",".join(map(_letters, arguments[1 : 2 * pairs : 2]))
    output = "" if len(arguments) == 2 * pairs else "->" + _letters(arguments[-1])
    return inputs + output, list(arguments[: 2 * pairs : 2])


def _letters(sublist: Sequence[Any]) -> str:
    return "".join(["..." if label is Ellipsis else ascii_letters[label] for label in sublist])


def explicit(subscripts: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """Write out the ellipsis and the output of subscripts, for operands with so many axes.

    Examples
    --------
    >>> explicit("i...,ji", (3, 2))
    (['iab', 'ji'], 'abj')
    """
    subscripts = subscripts.replace(" ", "")
    inputs, arrow, output = subscripts.partition("->")
    terms = inputs.split(",")
    counts = [ndim - len(term.replace("...", "")) for term, ndim in zip(terms, ndims, strict=True)]
    fresh = [letter for letter in ascii_letters if letter not in subscripts]
    wide = "".join(fresh[: max(counts)])
    if not arrow:
        labels = inputs.replace("...", "").replace(",", "")
        output = ("..." if "..." in inputs else "") + "".join(sorted(c for c in set(labels) if labels.count(c) == 1))
    terms = [term.replace("...", wide[len(wide) - count :]) for term, count in zip(terms, counts, strict=True)]
    return terms, output.replace("...", wide)


def transposed(subscripts: str, shapes: Sequence[tuple[int, ...]], position: int) -> tuple[str, list[Any]]:
    """Return the subscripts that give the cotangent of one operand from ``g`` and the other operands.

    They end with constant factors, returned with them: a diagonal one for each label that the operand repeats, and
    ones for each axis that the operand alone has, or the others have with length 1.

    Examples
    --------
    >>> transposed("ij,jk->ik", [(2, 3), (3, 4)], 0)
    ('ik,jk->ij', [])
    >>> transposed("ii->", [(2, 2)], 0)[0]
    ',ia->ia'
    """
    terms, output = explicit(subscripts, [len(shape) for shape in shapes])
    own, own_shape = terms.pop(position), shapes[position]
    others = [shape for i, shape in enumerate(shapes) if i != position]
    lengths = _lengths([own, *terms], [own_shape, *others])
    known = {label for label in output if lengths[label] != 1}
    for term, shape in zip(terms, others, strict=True):
        known.update(label for label, length in zip(term, shape, strict=True) if length != 1)
    fresh = iter([c for c in ascii_letters if c not in output and c not in own and all(c not in t for t in terms)])
    inputs, labels = [output, *terms], ""
    factors: list[Any] = []
    for label, length in zip(own, own_shape, strict=True):
        if label in labels:
            twin = next(fresh)
            inputs.append(label + twin)
            factors.append(np.eye(length))
            labels += twin
            continue
        if label not in known and own.count(label) == 1:
            inputs.append(label)
            factors.append(np.ones(length))
        labels += label
    return ",".join(inputs) + "->" + labels, factors


def _lengths(terms: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
    """Return the length of each label; length 1 is stretched to the length it has elsewhere."""
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, length in zip(term, shape, strict=True):
            if lengths.get(label, 1) == 1:
                lengths[label] = length
    return lengths
