"""TensorFlow's face of the library: tapes, accumulators and variables that behave as TensorFlow's do."""

from .conversion import InvalidArgumentError, UnconnectedGradients, constant, convert_to_tensor
from .custom import custom_gradient, grad_pass_through, recompute_grad, stop_gradient
from .forward import ForwardAccumulator
from .registry import NotDifferentiable, RegisterGradient, no_gradient
from .tape import GradientTape
from .variable import Variable

__all__ = [
    "ForwardAccumulator", "GradientTape", "InvalidArgumentError", "NotDifferentiable", "RegisterGradient",
    "UnconnectedGradients", "Variable", "constant", "convert_to_tensor", "custom_gradient", "grad_pass_through",
    "no_gradient", "recompute_grad", "stop_gradient",
]  # fmt: skip
