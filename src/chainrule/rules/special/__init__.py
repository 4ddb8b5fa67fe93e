"""The rows of ``scipy.special``, a module for each family of functions.

They are imported only where SciPy is: see `chainrule.rules._table`.
"""

from . import airy as airy
from . import bessel as bessel
from . import carlson as carlson
from . import differential as differential
from . import distributions as distributions
from . import elliptic as elliptic
from . import error as error
from . import gamma as gamma
from . import hypergeometric as hypergeometric
from . import incomplete as incomplete
from . import information as information
from . import integrals as integrals
from . import legendre as legendre
from . import logistic as logistic
from . import noncentral as noncentral
from . import noncentral_t as noncentral_t
from . import normal as normal
from . import polynomials as polynomials
from . import powers as powers
from . import refused as refused
from . import smirnov as smirnov
from . import spherical as spherical
from . import struve as struve
from . import zeta as zeta
