"""The exponential as arithmetic, which compilers put into vector registers and mix with what stands around it.

A call, even of a function of eight numbers at once, takes about as long as the exponential itself: what a loop keeps in
registers is put away before and fetched again after. So ``exp`` is written out. With ``n`` the whole number next to
``x/log(2)`` and ``r = x - n*log(2)``, which is at most 0.35, ``exp(x) = exp(r) * 2**n``; and ``exp(r)`` is a
polynomial. The result is right to one unit in the last place; it overflows to inf and underflows by way of subnormal
numbers to 0.

References
----------
Cody and Waite, *Software Manual for the Elementary Functions*, 1980, chapter 6. The two parts of log(2), of which the
first has zeros at its end so that ``n`` times it is exact, are those of fdlibm.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["exponential"]

LOG2_E, LN2_HIGH, LN2_LOW = 1.4426950408889634, 6.93147180369123816490e-01, 1.90821492927058770002e-10
LEAST, MOST = -746.0, 710.0  # the results are 0 and inf, there and beyond
BIAS = 1023  # of the exponent of a number
# Adding it rounds to a whole number, which stands in the last bits, here with twice the bias.
ROUND, DOUBLE_BIAS = 1.5 * 2.0**52, 2.0 * BIAS
# (exp(r) - 1 - r) / r**2 for -log(2)/2 <= r <= log(2)/2, from Chebyshev's points: exp(r) is right to 2**-61.
TERMS = (
    0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326136, 0.0013888888888883748, 0.00019841269874820627,
    2.4801587325547743e-05, 2.7557255400206422e-06, 2.75572736431103e-07, 2.5105217004720745e-08,
    2.0914686968086876e-09,
)  # fmt: skip


def exponential(builder: Any, x: Any) -> Any:
    """Append the instructions for the exponential of a float64 to a block of LLVM's; return the result."""
    return _Block(builder).exponential(x)


class _Block:
    """Instructions that are appended to a block."""

    def __init__(self, builder: Any) -> None:
        self.ir, self.builder = import_module("llvmlite.ir"), builder
        self.number, self.bits = self.ir.DoubleType(), self.ir.IntType(64)

    def exponential(self, x: Any) -> Any:
        b = self.builder
        x = self._at_least(LEAST, self._at_most(MOST, x))
        shifted = b.fadd(b.fmul(x, self.number(LOG2_E)), self.number(ROUND + DOUBLE_BIAS))
        n = b.fsub(shifted, self.number(ROUND + DOUBLE_BIAS))
        r = self._sum(n, self.number(-LN2_LOW), self._sum(n, self.number(-LN2_HIGH), x))
        low, high = self._halves(b.bitcast(shifted, self.bits))
        return b.fmul(b.fmul(self._polynomial(r), low), high)

    def _polynomial(self, r: Any) -> Any:
        """Return exp(r), from even and odd terms by themselves: they need not wait for each other."""
        b = self.builder
        square = b.fmul(r, r)
        even, odd = (self._horner(TERMS[k::2], square) for k in (0, 1))
        return b.fadd(self._sum(square, self._sum(odd, r, even), r), self.number(1.0))  # small ones are added first

    def _horner(self, terms: tuple[float, ...], x: Any) -> Any:
        total = self.number(terms[-1])
        for term in terms[-2::-1]:
            total = self._sum(total, x, self.number(term))
        return total

    def _halves(self, shifted: Any) -> tuple[Any, Any]:
        """Return two powers of two whose product is 2**n: that itself may be no number while the result is one."""
        b = self.builder
        n = b.and_(shifted, self.bits(4095))  # and twice the bias
        half = b.lshr(n, self.bits(1))
        powers = [b.bitcast(b.shl(part, self.bits(52)), self.number) for part in (half, b.sub(n, half))]
        return powers[0], powers[1]

    def _sum(self, a: Any, b: Any, c: Any) -> Any:
        """Return a*b + c, in one operation if the machine has it."""
        kind = self.ir.FunctionType(self.number, [self.number] * 3)
        return self.builder.call(self.builder.module.declare_intrinsic("llvm.fmuladd", [self.number], kind), [a, b, c])

    def _at_most(self, bound: float, x: Any) -> Any:
        """Return x or a bound that it exceeds; nan stays nan."""
        b = self.builder
        return b.select(b.fcmp_ordered(">", x, self.number(bound)), self.number(bound), x)

    def _at_least(self, bound: float, x: Any) -> Any:
        b = self.builder
        return b.select(b.fcmp_ordered("<", x, self.number(bound)), self.number(bound), x)
