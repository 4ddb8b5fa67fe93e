"""``scipy.linalg``: imported when a program has loaded that module, or asks for `chainrule.scipy.linalg`."""

from . import decompositions as decompositions
from . import equations as equations
from . import matrix_functions as matrix_functions
from . import orthogonal as orthogonal
from . import refused as refused
from . import special_matrices as special_matrices
from . import systems as systems
from . import triangular as triangular
