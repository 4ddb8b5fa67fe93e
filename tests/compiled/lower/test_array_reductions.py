import numpy as np
import pytest

from compiled.lower.tracing import agree, compile_for
from compiled.lower.tracing import library as lib

X = np.array([0.3, -1.2, 2.5, 0.7, 2.5])
A = np.sin(np.arange(12.0) * 3).reshape(3, 4)
T = np.cos(np.arange(24.0)).reshape(2, 3, 4)
N = np.array([3, 1, 4, 1, 5])


@pytest.mark.parametrize("fn", ["sum", "mean", "prod", "max", "min", "any", "all", "var", "std", "ptp"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (2, 1), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_axes(fn, axis, keepdims):
    agree(lambda t: getattr(np, fn)(t > 0 if fn in ("any", "all") else t, axis=axis, keepdims=keepdims), T)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, a, n: (np.argmax(x), np.argmin(x), np.argmax(a, axis=0), np.argmin(a, axis=1), np.argmax(a)),
        lambda x, a, n: (np.max(n), n.min(), np.max(n > 3), np.argmax(n > 3), n.prod(), np.cumsum(n), n.cumprod()),
        lambda x, a, n: (np.sort(x), np.argsort(x), np.sort(a, axis=0), np.sort(a), np.sort(a, axis=None)),
        lambda x, a, n: (np.cumsum(x), np.cumsum(a), np.cumsum(a, axis=0), np.cumprod(a, axis=1), x.cumsum()),
        lambda x, a, n: (np.searchsorted(np.sort(x), 0.5), np.searchsorted(lib.arange(5.0), x, side="right")),
        lambda x, a, n: (x.max(), x.min(), x.mean(), x.std(), x.var(ddof=1), x.sum(), x.argmax()),
        lambda x, a, n: (np.partition(x, 2)[2], np.median(x), np.median(a, axis=0), np.ptp(x)),
        lambda x, a, n: (np.quantile(x, 0.3), np.percentile(a, 40.0, axis=1)),
        lambda x, a, n: (np.average(x), np.average(a, axis=1, weights=a[0]), np.average(x, weights=x + 3)),
        lambda x, a, n: (np.linalg.norm(x), np.linalg.norm(a, axis=1), np.linalg.norm(a), np.linalg.norm(x, 1)),
        lambda x, a, n: np.log(np.sum(np.exp(x - np.max(x)))) + np.max(np.abs(a) * 2),
        lambda x, a, n: (np.sum(a, 0).max(), np.count_nonzero(a > 0, axis=1), (a > 0).sum(axis=0), (n > 1).mean()),
        lambda x, a, n: (np.nansum(a, axis=0), np.nanmean(x), np.nanmax(x), np.nanvar(a, axis=1)),
        lambda x, a, n: (np.add.reduce(x), np.maximum.reduce(a, axis=1), np.add.accumulate(x)),
        lambda x, a, n: (np.cov(a), np.corrcoef(a), np.trapezoid(x), np.trapezoid(a, dx=0.1, axis=0)),
        lambda x, a, n: (np.interp(0.3, np.sort(x)[:4], x[:4]), np.interp(a, lib.arange(5.0), x)),
        lambda x, a, n: (np.gradient(x), np.gradient(x, 0.5), np.gradient(a, axis=0), np.diff(a)),
        lambda x, a, n: (np.isclose(x, x), np.allclose(x, x + 1), np.array_equal(x, x), np.round(x), np.round(x, 1)),
    ],
)
def test_reductions(f):
    agree(f, X, A, N)


def test_not_a_number():
    bad = X.copy()
    bad[2] = np.nan
    agree(lambda x: (np.max(x), np.min(x), np.argmax(x), np.argmin(x), np.median(x), np.sort(x)), bad)


def test_infinite():
    agree(lambda x: (np.max(x * np.inf), np.min(x * np.inf)), X)


def test_nothing():
    f = compile_for(lambda x: np.max(x[x > 100]), X)
    with pytest.raises(ValueError, match="zero-size"):
        f(X)
    agree(lambda x: (np.sum(x[x > 100]), np.prod(x[5:]), np.all(x[5:] > 0)), X)
