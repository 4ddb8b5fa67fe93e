r"""Derivatives from samples: difference quotients, the complex step, and extrapolation.

===================  ======================  =====================  ============  ======================
scheme               formula                 default step h         calls of f    error, f of order one
===================  ======================  =====================  ============  ======================
forward_difference   (f(x+h) - f(x)) / h     eps^(1/2) max(1,|x|)   n + 1         1e-8
central_difference   (f(x+h) - f(x-h)) / 2h  eps^(1/3) max(1,|x|)   2 n           1e-10
complex_step         Im f(x + ih) / h        1e-20 max(1,|x|)       n             1e-16, analytic f only
richardson           central, h -> 0         0.02 and halves of it  20 n          1e-13, with an estimate
===================  ======================  =====================  ============  ======================

Here n is the number of inputs; along one ``direction`` read n = 1. An empty x costs the one call that tells f's shape.
The first two steps balance the truncation error, which grows with h, against rounding, which grows as h shrinks
[1]_ [2]_; nothing is subtracted in the third, so its h can be as small as we like [3]_ [4]_. Extrapolation [5]_ starts
at a large step. The step divided by is the difference of two representable numbers, ``h = (x + h) - x``, so it carries
no rounding error of its own [1]_.

In every function below ``x`` is a number, an array, or a tuple of these: a tuple stands for several positional
arguments, ``f(*x)``, and the derivative is then a tuple too. Inputs are promoted to float64, float32 ones as well: in
single precision a difference quotient keeps three digits at best. ``f`` gets fresh arrays each time, so it may write
into them.

References
----------
.. [1] Press, Teukolsky, Vetterling, Flannery, *Numerical Recipes*, 3rd ed. 2007, section 5.7.
.. [2] Dennis, Schnabel, *Numerical Methods for Unconstrained Optimization*, 1983, section 5.4.
.. [3] Squire, Trapp, "Using complex variables to estimate derivatives of real functions", SIAM Review 40 (1998).
.. [4] Martins, Sturdza, Alonso, "The complex-step derivative approximation", ACM TOMS 29 (2003).
.. [5] Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4 (1982).
"""

from ._samples import NumericDerivative
from ._schemes import (
    central_difference,
    complex_step,
    derivative,
    directional,
    forward_difference,
    richardson,
    step_sweep,
)

__all__ = [
    "NumericDerivative",
    "central_difference",
    "complex_step",
    "derivative",
    "directional",
    "forward_difference",
    "richardson",
    "step_sweep",
]
