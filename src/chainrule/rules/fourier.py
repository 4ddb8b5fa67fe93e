"""Discrete Fourier transforms.

A transform is multiplication by a symmetric matrix, so it is its own transpose, apart from the padding or cropping of
its input. The derivatives of the transforms of real input follow from <a, b> = Re(sum(a * b)): half of a spectrum
stands for all of it, and so each frequency that stands for two counts twice in the way back from real numbers, and half
on the way to them. See W. Briggs and V. Henson, "The DFT: an owner's manual" (1995), chapter 4, for the symmetries.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ._declare import composite, linear
from ._domain import POSITIVE, array, case
from ._row import Row
from .products import conjugate
from .shape import asarray

__all__: list[str] = []

# ---- One axis ------------------------------------------------------------------------------------------------------


def _resized(x: Any, length: int, axis: int) -> Any:
    """Crop an axis, or pad it with zeros: what NumPy does with the input of a transform of `length`."""
    missing = length - x.shape[axis]
    axis = axis % x.ndim
    if missing <= 0:
        return x[(*[slice(None)] * axis, slice(0, length))]
    return np.concatenate([x, np.zeros((*x.shape[:axis], missing, *x.shape[axis + 1 :]), x.dtype)], axis)


def _lengths(n: Any, x: Any, axis: int) -> int:
    return x.shape[axis] if n is None else operator.index(n)


_OPPOSITE: dict[Any, Any] = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}
_ONE_AXIS = [
    case(array(4)), case(array(5)), case(array(4), 6), case(array(5), 3), case(array(2, 3), axis=0),
    case(array(3, 2), 4, 0, "ortho"), case(array(2, 5), norm="forward"), case(array(1)),
]  # fmt: skip

fft: Row = linear(
    np.fft.fft, signature="a, n=None, axis=-1, norm=None, out=None", domain=_ONE_AXIS,
    a=lambda g, a, axis, norm: _resized(np.fft.fft(g, axis=axis, norm=norm), a.shape[axis], axis),
)  # fmt: skip
ifft: Row = linear(
    np.fft.ifft, signature="a, n=None, axis=-1, norm=None, out=None", domain=_ONE_AXIS,
    a=lambda g, a, axis, norm: _resized(np.fft.ifft(g, axis=axis, norm=norm), a.shape[axis], axis),
)  # fmt: skip


def _weighted(x: Any, n: int, axis: int, twice: float) -> Any:
    """Multiply by `twice` each frequency that stands for two of the n: all but zero and, if n is even, the last."""
    factors = np.full(x.shape[axis], twice, np.finfo(x.dtype).dtype)
    factors[0] = 1.0
    if n % 2 == 0:
        factors[-1] = 1.0
    return x * np.reshape(factors, (-1,) + (1,) * (x.ndim - 1 - axis % x.ndim))


def _half_transposed(g: Any, a: Any, n: int, axis: int, norm: Any) -> Any:
    weighted = _weighted(conjugate(g), n, axis, 0.5)
    return _resized(np.fft.irfft(weighted, n, axis, _OPPOSITE[norm]), a.shape[axis], axis)


def _whole_transposed(g: Any, a: Any, n: int, axis: int, norm: Any) -> Any:
    spectrum = conjugate(np.fft.rfft(g, n, axis, _OPPOSITE[norm]))
    return _resized(_weighted(spectrum, n, axis, 2.0), a.shape[axis], axis)


# The frequencies from zero to one half of real numbers, and back; of complex numbers, the first takes the real part.
half_spectrum: Row = linear(
    lambda a, n, axis, norm: np.fft.rfft(np.real(a), n, axis, norm), name="half_spectrum", signature="a, n, axis, norm",
    a=lambda g, a, n, axis, norm: _half_transposed(g, a, n, axis, norm),
    domain=[case(array(4), 4, -1, None), case(array(5), 5, -1, "ortho"), case(array(3, 2), 6, 0, "forward"),
            case(array(2, 5), 3, 1, None)],
)  # fmt: skip
from_half_spectrum: Row = linear(
    lambda a, n, axis, norm: np.fft.irfft(a, n, axis, norm), name="from_half_spectrum", signature="a, n, axis, norm",
    a=lambda g, a, n, axis, norm: _whole_transposed(g, a, n, axis, norm),
    domain=[case(array(3), 4, -1, None), case(array(3), 5, -1, "ortho"), case(array(3, 2), 8, 0, "forward"),
            case(array(2, 5), 3, 1, None), case(array(1), 1, -1, None)],
)  # fmt: skip


@composite(np.fft.rfft, domain=_ONE_AXIS)
def rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    a = asarray(a)
    if a.dtype.kind == "c":
        msg = "rfft transforms real numbers; take np.fft.fft of complex ones"
        raise TypeError(msg)
    return half_spectrum(a, _lengths(n, a, axis), axis, norm)


def _real_length(n: Any, a: Any, axis: int) -> int:
    return 2 * (a.shape[axis] - 1) if n is None else operator.index(n)


_HALF = [
    case(array(3)), case(array(3), 5), case(array(4), 4), case(array(3), 8), case(array(2, 3), axis=-1, norm="ortho"),
    case(array(3, 2), 3, 0, "forward"),
]  # fmt: skip


@composite(np.fft.irfft, complex=True, domain=_HALF)
def irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    a = asarray(a)
    return from_half_spectrum(a, _real_length(n, a, axis), axis, norm)


@composite(np.fft.hfft, complex=True, domain=_HALF)
def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    a = asarray(a)
    return from_half_spectrum(conjugate(a), _real_length(n, a, axis), axis, _OPPOSITE[norm])


@composite(np.fft.ihfft, domain=_ONE_AXIS)
def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    return conjugate(np.fft.rfft(a, n, axis, _OPPOSITE[norm]))


# ---- Several axes --------------------------------------------------------------------------------------------------


def _steps(a: Any, s: Any, axes: Any) -> list[tuple[int | None, int]]:
    """Return for each axis to transform its length and its number, the last first; None and -1 keep the length."""
    if axes is None:
        axes = range(-a.ndim if s is None else -len(s), 0)
    lengths = [None] * len(axes) if s is None else [None if n is None or n == -1 else n for n in s]
    if len(lengths) != len(axes):
        msg = "Shape and axes have different lengths."
        raise ValueError(msg)
    return [*zip(lengths, axes, strict=True)][::-1]


_SEVERAL = [
    case(array(2, 3)), case(array(3, 4), (4, 2), (0, 1)), case(array(2, 3, 2), None, (0, 1), "ortho"),
    case(array(2, 3), (3, 5), (1, 0), "forward"), case(array(2, 3), None, (-2, -1)),
]  # fmt: skip


@composite(np.fft.fftn, complex=True, domain=[*_SEVERAL, case(array(4)), case(array(2, 3), None, (0, 0))])
def fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: None = None) -> Any:
    a = asarray(a)
    for n, axis in _steps(a, s, axes):
        a = np.fft.fft(a, n, axis, norm)
    return a


@composite(np.fft.ifftn, complex=True, domain=[*_SEVERAL, case(array(4)), case(array(2, 3), None, (0, 0))])
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: None = None) -> Any:
    a = asarray(a)
    for n, axis in _steps(a, s, axes):
        a = np.fft.ifft(a, n, axis, norm)
    return a


@composite(np.fft.rfftn, domain=[*_SEVERAL, case(array(5))])
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: None = None) -> Any:
    a = asarray(a)
    (n, axis), *others = _steps(a, s, axes)
    a = np.fft.rfft(a, n, axis, norm)
    for n, axis in others:
        a = np.fft.fft(a, n, axis, norm)
    return a


@composite(np.fft.irfftn, complex=True, domain=[*_SEVERAL, case(array(4))])
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: None = None) -> Any:
    a = asarray(a)
    (last, end), *others = _steps(a, s, axes)
    for n, axis in reversed(others):
        a = np.fft.ifft(a, n, axis, norm)
    return np.fft.irfft(a, last, end, norm)


_PLANE = [case(array(2, 3)), case(array(3, 4), (4, 2)), case(array(2, 3, 2), None, (0, 1), "ortho")]


@composite(np.fft.fft2, complex=True, domain=_PLANE)
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: None = None) -> Any:
    return np.fft.fftn(a, s, axes, norm)


@composite(np.fft.ifft2, complex=True, domain=_PLANE)
def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: None = None) -> Any:
    return np.fft.ifftn(a, s, axes, norm)


@composite(np.fft.rfft2, domain=_PLANE)
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: None = None) -> Any:
    return np.fft.rfftn(a, s, axes, norm)


@composite(np.fft.irfft2, complex=True, domain=_PLANE)
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: None = None) -> Any:
    return np.fft.irfftn(a, s, axes, norm)


# ---- Shifts --------------------------------------------------------------------------------------------------------


def _shifted(x: Any, axes: Any, halves: Any) -> Any:
    x = asarray(x)
    axes = tuple(range(x.ndim)) if axes is None else (axes,) if isinstance(axes, int) else tuple(axes)
    return np.roll(x, tuple([halves(x.shape[axis]) for axis in axes]), axes)


_SHIFTS = [case(array(4)), case(array(5)), case(array(2, 3)), case(array(2, 3), 1), case(array(2, 3), (0,))]


@composite(np.fft.fftshift, complex=True, domain=_SHIFTS)
def fftshift(x: Any, axes: Any = None) -> Any:
    return _shifted(x, axes, lambda n: n // 2)


@composite(np.fft.ifftshift, complex=True, domain=_SHIFTS)
def ifftshift(x: Any, axes: Any = None) -> Any:
    return _shifted(x, axes, lambda n: -(n // 2))


# ---- Frequencies ---------------------------------------------------------------------------------------------------


def _frequencies(places: Any, n: int, d: Any) -> Any:
    return places * (1.0 / (n * d))


@composite(np.fft.fftfreq, domain=[case(5, array(of=POSITIVE)), case(4, array(of=POSITIVE)), case(3)])
def fftfreq(n: Any, d: Any = 1.0, device: Any = None) -> Any:
    n = operator.index(n)
    return _frequencies(np.fft.ifftshift(np.arange(-(n // 2), (n + 1) // 2)), n, d)


@composite(np.fft.rfftfreq, domain=[case(5, array(of=POSITIVE)), case(4, array(of=POSITIVE))])
def rfftfreq(n: Any, d: Any = 1.0, device: Any = None) -> Any:
    n = operator.index(n)
    return _frequencies(np.arange(n // 2 + 1), n, d)
