"""The functional API: transforms that take a function and return its derivative."""

from .batching import vmap
from .custom import custom_jvp, custom_vjp, stop_gradient
from .gradients import elementwise_grad, grad, value_and_grad
from .jacobians import hessian, jacfwd, jacobian, jacrev
from .products import hvp, jvp, vjp

__all__ = [
    "custom_jvp", "custom_vjp", "elementwise_grad", "grad", "hessian", "hvp", "jacfwd", "jacobian",
    "jacrev", "jvp", "stop_gradient", "value_and_grad", "vjp", "vmap",
]  # fmt: skip
