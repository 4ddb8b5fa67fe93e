"""The few TensorFlow names that programs with tapes use, as thin names of NumPy functions.

``import chainrule.tf as tf`` runs the programs of tape tutorials on NumPy. It is no TensorFlow: there are no layers,
optimisers, data sets, graphs or devices. Other NumPy functions work on the same values.

Examples
--------
>>> import chainrule.tf as tf
>>> w, b = tf.Variable([[1.0], [2.0]]), tf.Variable(0.5)
>>> x = tf.constant([[1.0, 1.0], [2.0, 0.0]])
>>> with tf.GradientTape() as tape:
...     loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b))
>>> dw, db = tape.gradient(loss, [w, b])
>>> dw.numpy(), db.numpy()
(array([[8.5],
       [3.5]]), np.float64(6.0))
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import tree
from .eager import Tensor
from .functional import stop_gradient
from .gradient_tape import ForwardAccumulator, GradientTape, InvalidArgumentError, Variable, convert_to_tensor
from .gradient_tape import UnconnectedGradients as UnconnectedGradients
from .gradient_tape import constant as constant
from .gradient_tape import custom_gradient as custom_gradient
from .gradient_tape import grad_pass_through as grad_pass_through
from .gradient_tape import recompute_grad as recompute_grad

bool, float16, float32, float64 = np.bool_, np.float16, np.float32, np.float64
int32, int64, complex64, complex128, string = np.int32, np.int64, np.complex64, np.complex128, np.str_
newaxis = None


def _op(fn: Callable[..., Any]) -> Any:
    """Make a function take nested lists of tensors, and return tensors, integer and boolean ones too."""

    @wraps(fn)
    def op(*args: Any, name: Any = None, **kwargs: Any) -> Any:
        result = fn(*[_argument(x) for x in args], **{k: _argument(x) for k, x in kwargs.items()})
        return tree.map(convert_to_tensor, result)

    return op


def function(f: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Return a function as it is: there are no graphs here."""
    return (lambda g: g) if f is None else f


def _argument(x: Any) -> Any:
    parts = x if isinstance(x, list) else ()
    same = len({np.shape(part) for part in parts if isinstance(part, (Tensor, Variable, float, int))}) == 1
    return convert_to_tensor(x) if same and any(isinstance(part, (Tensor, Variable)) for part in parts) else x


def _shape(given: Any) -> Any:
    return tuple([int(n) for n in given]) if np.ndim(given) else int(given)


# Making values.
zeros = _op(lambda shape, dtype=float64: np.zeros(_shape(shape), dtype))
ones = _op(lambda shape, dtype=float64: np.ones(_shape(shape), dtype))
fill = _op(lambda dims, value: np.broadcast_to(value, _shape(dims)))
eye = _op(lambda num_rows, num_columns=None, dtype=float64: np.eye(num_rows, num_columns, dtype=dtype))
range = _op(lambda start, limit=None, delta=1, dtype=None: np.arange(*_bounds(start, limit), delta, dtype=dtype))
linspace = _op(lambda start, stop, num, axis=0: np.linspace(start, stop, int(num), axis=axis))
zeros_like = _op(lambda input, dtype=None: np.zeros(np.shape(input), dtype or _dtype(input)))
ones_like = _op(lambda input, dtype=None: np.ones(np.shape(input), dtype or _dtype(input)))
one_hot = _op(lambda indices, depth: np.eye(int(depth))[np.asarray(indices)])
identity = _op(np.copy)
cast = _op(lambda x, dtype: np.astype(convert_to_tensor(x), dtype))


def _bounds(start: Any, limit: Any) -> tuple[Any, Any]:
    return (0, start) if limit is None else (start, limit)


def _dtype(x: Any) -> Any:
    return convert_to_tensor(x).dtype


# Element by element.
abs, sign, floor, round = _op(np.absolute), _op(np.sign), _op(np.floor), _op(np.round)
add, subtract, multiply, divide = _op(np.add), _op(np.subtract), _op(np.multiply), _op(np.true_divide)
negative, reciprocal, square, sqrt, pow = (
    _op(np.negative), _op(np.reciprocal), _op(np.square), _op(np.sqrt), _op(lambda x, y: convert_to_tensor(x) ** y),
)  # fmt: skip
exp, log, log1p, expm1 = _op(np.exp), _op(np.log), _op(np.log1p), _op(np.expm1)
sin, cos, tan, asin, acos, atan = _op(np.sin), _op(np.cos), _op(np.tan), _op(np.arcsin), _op(np.arccos), _op(np.arctan)
sinh, cosh, tanh, atan2 = _op(np.sinh), _op(np.cosh), _op(np.tanh), _op(np.arctan2)
maximum, minimum = _op(np.maximum), _op(np.minimum)
clip_by_value = _op(lambda t, clip_value_min, clip_value_max: np.clip(t, clip_value_min, clip_value_max))
clip_by_norm = _op(lambda t, clip_norm: np.multiply(t, clip_norm / np.maximum(np.linalg.norm(np.ravel(t)), clip_norm)))
where = _op(np.where)
equal, not_equal, less, less_equal = _op(np.equal), _op(np.not_equal), _op(np.less), _op(np.less_equal)
greater, greater_equal = _op(np.greater), _op(np.greater_equal)
real, imag, conj, angle = _op(np.real), _op(np.imag), _op(np.conj), _op(np.angle)
complex = _op(lambda real, imag: convert_to_tensor(real) + 1j * convert_to_tensor(imag))
sigmoid = _op(lambda x: 0.5 * (1 + np.tanh(0.5 * convert_to_tensor(x))))
softplus = _op(lambda features: np.logaddexp(0.0, features))

# Along axes.
reduce_sum = _op(lambda input_tensor, axis=None, keepdims=False: np.sum(input_tensor, axis=axis, keepdims=keepdims))
reduce_mean = _op(lambda input_tensor, axis=None, keepdims=False: np.mean(input_tensor, axis=axis, keepdims=keepdims))
reduce_prod = _op(lambda input_tensor, axis=None, keepdims=False: np.prod(input_tensor, axis=axis, keepdims=keepdims))
reduce_max = _op(lambda input_tensor, axis=None, keepdims=False: np.max(input_tensor, axis=axis, keepdims=keepdims))
reduce_min = _op(lambda input_tensor, axis=None, keepdims=False: np.min(input_tensor, axis=axis, keepdims=keepdims))
reduce_any = _op(lambda input_tensor, axis=None, keepdims=False: np.any(input_tensor, axis=axis, keepdims=keepdims))
reduce_all = _op(lambda input_tensor, axis=None, keepdims=False: np.all(input_tensor, axis=axis, keepdims=keepdims))
cumsum = _op(lambda x, axis=0: np.cumsum(x, axis=axis))
argmax = _op(lambda input, axis=0: np.argmax(input, axis=axis))
argmin = _op(lambda input, axis=0: np.argmin(input, axis=axis))


@_op
def reduce_logsumexp(input_tensor: Any, axis: Any = None, keepdims: Any = False) -> Any:
    top = stop_gradient(np.max(input_tensor, axis=axis, keepdims=True))
    total = np.log(np.sum(np.exp(np.subtract(input_tensor, top)), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)


@_op
def softmax(logits: Any, axis: int = -1) -> Any:
    return np.exp(np.subtract(logits, reduce_logsumexp(logits, axis=axis, keepdims=True)))


# Shapes and products.
reshape = _op(lambda tensor, shape: np.reshape(tensor, _shape(shape)))
transpose = _op(lambda a, perm=None: np.transpose(a, perm))
expand_dims = _op(lambda input, axis: np.expand_dims(input, axis))
squeeze = _op(lambda input, axis=None: np.squeeze(input, axis=axis))
broadcast_to = _op(lambda input, shape: np.broadcast_to(input, _shape(shape)))
tile = _op(lambda input, multiples: np.tile(input, _shape(multiples)))
concat = _op(lambda values, axis: np.concatenate(values, axis=axis))
stack = _op(lambda values, axis=0: np.stack(values, axis=axis))
unstack = _op(lambda value, axis=0: builtins.list(np.moveaxis(value, axis, 0)))
gather = _op(lambda params, indices, axis=0: np.take(params, np.asarray(indices), axis=axis))
shape, size, rank = _op(lambda input: np.array(np.shape(input))), _op(np.size), _op(np.ndim)
matmul, tensordot, einsum = _op(np.matmul), _op(np.tensordot), _op(np.einsum)
norm = _op(lambda tensor, ord=None, axis=None: np.linalg.norm(np.ravel(tensor) if axis is None else tensor, ord, axis))

autodiff = SimpleNamespace(ForwardAccumulator=ForwardAccumulator, GradientTape=GradientTape)
errors = SimpleNamespace(InvalidArgumentError=InvalidArgumentError)
nest = SimpleNamespace(map_structure=tree.map, flatten=lambda structure: tree.flatten(structure)[0])
nn = SimpleNamespace(
    relu=_op(lambda features: np.where(np.greater(features, 0), features, 0.0)),
    sigmoid=sigmoid, softmax=softmax, softplus=softplus, tanh=tanh,
    log_softmax=_op(lambda logits, axis=-1: np.subtract(logits, reduce_logsumexp(logits, axis=axis, keepdims=True))),
)  # fmt: skip
linalg = SimpleNamespace(
    det=_op(np.linalg.det), diag_part=_op(np.diagonal), eye=eye, inv=_op(np.linalg.inv), matmul=matmul, norm=norm,
    solve=_op(np.linalg.solve), trace=_op(np.trace), cholesky=_op(np.linalg.cholesky),
)  # fmt: skip
math = SimpleNamespace(
    abs=abs, acos=acos, add=add, angle=angle, argmax=argmax, argmin=argmin, asin=asin, atan=atan, atan2=atan2,
    ceil=_op(np.ceil), conj=conj, cos=cos, cosh=cosh, cumsum=cumsum, divide=divide, equal=equal, exp=exp, expm1=expm1,
    floor=floor, floormod=_op(np.mod), greater=greater, greater_equal=greater_equal, imag=imag, less=less,
    less_equal=less_equal, log=log, log1p=log1p, maximum=maximum, minimum=minimum, multiply=multiply, negative=negative,
    not_equal=not_equal, pow=pow, real=real, reciprocal=reciprocal, reduce_all=reduce_all, reduce_any=reduce_any,
    reduce_logsumexp=reduce_logsumexp, reduce_max=reduce_max, reduce_mean=reduce_mean, reduce_min=reduce_min,
    reduce_prod=reduce_prod, reduce_std=_op(lambda input_tensor, axis=None: np.std(input_tensor, axis=axis)),
    reduce_sum=reduce_sum, reduce_variance=_op(lambda input_tensor, axis=None: np.var(input_tensor, axis=axis)),
    round=round, sigmoid=sigmoid, sign=sign, sin=sin, sinh=sinh, softplus=softplus, sqrt=sqrt, square=square,
    subtract=subtract, tan=tan, tanh=tanh,
)  # fmt: skip
