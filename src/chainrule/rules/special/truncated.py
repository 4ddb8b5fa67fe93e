"""Incomplete gamma and beta functions by their shape parameters, to any order.

With f the density of the gamma (beta) distribution, the derivatives of P = ∫ f dt over t up to x are P E[p], where p
is a polynomial in log t (and log(1 - t)) and E the mean over the part of the distribution below x. The same holds with
the opposite sign for the part above, since E[p] is 0 over the whole distribution. Of the two parts, that one is taken
in which the score (log t less its mean) has one sign, so that a first derivative has no cancellation at all.

Means are quotients of two integrals over (0, ∞), which the double exponential rule computes to full precision
(H. Takahasi and M. Mori, Double exponential formulas for numerical integration, 1974): w = exp(s - exp(-s)), with s
equally spaced.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from .gamma import polygamma_difference

__all__ = ["incomplete_beta", "incomplete_gamma"]

_DEEP = 45.0  # exp(-45) is nothing beside 1
_STEP = 0.11
_BLOCK = 20_000
_LEFT = -3.7  # where exp(s - exp(-s)) is exp(-44)

Exponent = Callable[[Any], Any]
Scores = Callable[[Any], tuple[Any, Any]]


def _end(exponent: Exponent, shape: tuple[int, ...]) -> Any:
    """Return log w where an exponent that rises from 0 reaches 45, up to a quarter, by bisection."""
    low, high = np.full(shape, -60.0), np.full(shape, 60.0)
    for _ in range(9):
        middle = (low + high) / 2
        beyond = exponent(np.exp(middle)) > _DEEP
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return high


def _mean(exponent: Exponent, scale: Any, polynomial: Callable[[Any], Any]) -> Any:
    """Return the mean of a polynomial under the density exp(-exponent(w)) on (0, ∞).

    Features of the density lie between `scale` and where it ends: the nodes are equally spaced in log w there, and
    reach towards 0 ever faster.
    """
    end = _end(exponent, scale.shape)
    start = np.minimum(np.log(scale), end - 5)
    count = max(math.ceil((float(np.max(end - start, initial=5.0)) - _LEFT) / _STEP), 90)
    step = (end - start - _LEFT) / count
    block = max(_BLOCK // max(scale.size, 1), 1)  # nodes at once: few calls for few elements, little memory for many
    above = below = np.zeros(scale.shape)
    for first in range(0, count + 1, block):
        s = _LEFT + np.arange(first, min(first + block, count + 1))[:, None] * step
        fade = np.exp(-s)
        w = np.exp(start + s - fade)
        weight = np.exp(-exponent(w)) * w * (1 + fade)
        below = below + np.sum(weight, axis=0)
        above = above + np.sum(weight * polynomial(w), axis=0)
    return above / below


def _score_polynomial(order: int, score: Any, cumulants: list[Any]) -> Any:
    """Return p with ∂ⁿf = p f, from the score ∂ log f and the higher derivatives of log f (which are numbers)."""
    values: list[Any] = [1.0]
    slopes = [score, *cumulants]
    for n in range(order):
        values.append(sum(math.comb(n, i) * values[n - i] * slopes[i] for i in range(n + 1)))
    return values[order]


# ---- Gamma ---------------------------------------------------------------------------------------------------------


def incomplete_gamma(a: Any, x: Any, n: int) -> Any:
    """Return the n-th derivative of the regularised lower incomplete gamma function by `a`, for a > 0."""
    return _in_double(_incomplete_gamma, (a, x), n)


def _incomplete_gamma(a: Any, x: Any, n: int) -> Any:
    with np.errstate(all="ignore"):
        usual = (a > 0) & (a < np.inf) & (x > 0) & (x < np.inf)
        outside = np.isnan(a + x) | (a < 0) | (x < 0)
        a, x = np.where(usual, a, 1.0), np.where(usual, x, 1.0)
        gap = np.log(x) - special.psi(a)
        cumulants = [-special.polygamma(i, a) for i in range(1, n)]
        lower = gap < 0
        result = np.zeros(a.shape)
        for part, compute in ((lower, _gamma_below), (~lower, _gamma_above)):
            if np.any(part):
                result[part] = compute(a[part], x[part], n, gap[part], [c[part] for c in cumulants])
    return np.where(usual, result, np.where(outside, np.nan, 0.0))


def _gamma_below(a: Any, x: Any, n: int, gap: Any, cumulants: list[Any]) -> Any:
    """Take the part below x, with t = x exp(-w)."""
    mean = _mean(
        lambda w: a * w + x * np.expm1(-w), 1 / (1 + a),
        lambda w: _score_polynomial(n, gap - w, cumulants),
    )  # fmt: skip
    return special.gammainc(a, x) * mean


def _gamma_above(a: Any, x: Any, n: int, gap: Any, cumulants: list[Any]) -> Any:
    """Take the part above x, with t = x (1 + w)."""
    mean = _mean(
        lambda w: x * w - (a - 1) * np.log1p(w), np.minimum(1.0, 1 / x),
        lambda w: _score_polynomial(n, gap + np.log1p(w), cumulants),
    )  # fmt: skip
    return -special.gammaincc(a, x) * mean


# ---- Beta ----------------------------------------------------------------------------------------------------------


def incomplete_beta(a: Any, b: Any, x: Any, m: int, n: int) -> Any:
    """Return the derivative of order m by `a` and n by `b` of the regularised incomplete beta function."""
    return _in_double(_incomplete_beta, (a, b, x), m, n)


def _incomplete_beta(a: Any, b: Any, x: Any, m: int, n: int) -> Any:
    with np.errstate(all="ignore"):
        usual = (a > 0) & (a < np.inf) & (b > 0) & (b < np.inf) & (x > 0) & (x < 1)
        outside = np.isnan(a + b + x) | (a < 0) | (b < 0) | (x < 0) | (x > 1)
        a, b, x = np.where(usual, a, 1.0), np.where(usual, b, 1.0), np.where(usual, x, 0.5)
        by_a, by_b = _score_at(a, b, np.log(x)), _score_at(b, a, np.log1p(-x))
        lower = by_a < 0 if n == 0 else by_b > 0 if m == 0 else x < a / (a + b)
        result = np.zeros(a.shape)
        for part, upper in ((lower, False), (~lower, True)):
            if np.any(part):
                result[part] = _beta_part(a[part], b[part], x[part], m, n, by_a[part], by_b[part], upper)
    return np.where(usual, result, np.where(outside, np.nan, 0.0))


def _score_at(a: Any, b: Any, log: Any) -> Any:
    """Return log x less the mean of log t, which is digamma(a) - digamma(a + b)."""
    return log + polygamma_difference.compute(a, b, n=0)


def _beta_part(a: Any, b: Any, x: Any, m: int, n: int, by_a: Any, by_b: Any, upper: bool) -> Any:
    """Take the part below x, with t = x exp(-w); or the part above as the part of 1 - t below 1 - x."""
    share = special.betaincc(a, b, x) if upper else special.betainc(a, b, x)
    odds = (1 - x) / x if upper else x / (1 - x)
    if upper:
        a, b, m, n, by_a, by_b = b, a, n, m, by_b, by_a

    def scores(w: Any) -> tuple[Any, Any]:
        return by_a - w, by_b + np.log1p(-odds * np.expm1(-w))

    mean = _mean(
        lambda w: a * w - (b - 1) * np.log1p(-odds * np.expm1(-w)), np.minimum(1 / (1 + a), 1 / odds),
        lambda w: _beta_polynomial(m, n, scores(w), a, b),
    )  # fmt: skip
    return -share * mean if upper else share * mean


def _beta_polynomial(m: int, n: int, scores: tuple[Any, Any], a: Any, b: Any) -> Any:
    """Return p with ∂ₐᵐ ∂ᵦⁿ f = p f: the recurrence of `_score_polynomial` for two parameters."""
    values: dict[tuple[int, int], Any] = {(0, 0): 1.0}
    for i in range(m + 1):
        for j in range(n + 1):
            if i:  # differentiate f · ∂ₐ log f
                before, other, first = i - 1, j, (1, 0)
            elif j:
                before, other, first = i, j - 1, (0, 1)
            else:
                continue
            values[i, j] = sum(
                math.comb(before, k) * math.comb(other, r) * values[before - k, other - r]
                * _log_density(k + first[0], r + first[1], scores, a, b)
                for k in range(before + 1) for r in range(other + 1)
            )  # fmt: skip
    return values[m, n]


def _log_density(i: int, j: int, scores: tuple[Any, Any], a: Any, b: Any) -> Any:
    """Return the derivative of order i by `a` and j by `b` of the logarithm of the density."""
    if i + j == 1:
        return scores[j]
    if i and j:
        return special.polygamma(i + j - 1, a + b)
    return polygamma_difference.compute(a if i else b, b if i else a, n=i + j - 1)


def _in_double(compute: Callable[..., Any], xs: tuple[Any, ...], *orders: int) -> Any:
    kept = np.result_type(*xs, 0.0)
    arrays = np.broadcast_arrays(*[np.asarray(x, np.float64) for x in xs])
    flat = compute(*[x.reshape(-1) for x in arrays], *orders)
    return flat.reshape(arrays[0].shape).astype(kept)[()]
