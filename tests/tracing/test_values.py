"""A trace against the derivatives that `grad` and `jvp` compute, which record differently."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import tree
from compiled.zoo import ENTRIES
from compiled.zoo.reference import recorded

BEYOND_RECORDING = {"frozen_method"}  # its class refers to the module math


def polynomial(x, y):
    return x**2 * y + y + 2


def affine(x, y):
    return 5 + x * y


def log_ratio(x):
    return np.log(x**2) / x


def loop100(a, b):
    z = 0.0
    for i in range(100):
        z = a * np.cos(z + i) + z * np.sin(b - i)
    return z


def newton_sqrt(x):
    root = x if x > 1 else 1.0
    while abs(root * root - x) > 1e-12 * x:
        root = (root + x / root) / 2
    return root


def writes(x):
    y = np.zeros(4, like=x)
    y[1:] = x
    view = y[::2]
    view *= 3.0
    y[0] = y[3] * x[0]
    return np.sum(y**2)


def network(p, x):
    return np.mean((np.tanh(x @ p["w"]) + p["b"][0]) ** 2)


def inner_gradient(x):
    return x * cr.grad(lambda z: np.sin(z) * x)(x**2)


def inner_tangent(x):
    return cr.jvp(lambda z: np.exp(z * x), x, 2.0)[1]


def composite(x):
    return np.var(x) * np.linalg.norm(x) + np.std(x[1:])


def recursive(x, n=5):
    return x if n == 0 else np.sin(recursive(x, n - 1) * x)


def complex_steps(x):
    z = x + 2j * x**2
    return np.real(z * np.conj(z) * np.exp(1j * z)) ** 2


@cr.custom_vjp
def doubled(x):
    return 2.0 * x


doubled.defvjp(lambda x: (2.0 * x, None), lambda _, g: (2.0 * g,))


def custom(x):
    return doubled(np.sin(x)) * x


def float32(x):
    return np.sum(np.exp(x) * 2)


TEXTBOOK = [
    (polynomial, 3.0, 4.0), (affine, 3.0, 4.0), (log_ratio, 2.0), (loop100, 0.5, 0.3), (newton_sqrt, 2.0),
    (writes, np.array([1.0, 2.0, 3.0])), (network, {"w": np.array([0.3, -0.2]), "b": [0.5]}, np.ones((3, 2))),
    (inner_gradient, 0.7), (inner_tangent, 0.7), (composite, np.array([1.0, 3.0, 4.0])), (recursive, 0.8),
    (complex_steps, 0.4), (custom, 0.6), (float32, np.array([0.5, 1.5], np.float32)),
]  # fmt: skip


def assert_same_derivatives(f, args, argnums):
    trace = cr.trace(f, *args, argnums=argnums)
    count = len(trace.inputs)
    expected = tree.flatten(cr.grad(f, argnums=argnums)(*args))[0]
    found = trace.adjoints()
    for x, g, exact in zip(trace.inputs, found, expected, strict=False):
        np.testing.assert_array_equal(np.zeros_like(x.value) if g is None else g, exact)
    assert len(expected) == count
    rng = np.random.default_rng(0)
    for i, x in enumerate(trace.inputs):
        direction = rng.standard_normal(np.shape(x.value)).astype(x.value.dtype)[()]
        moved = trace.tangents(i, direction)
        directions = [direction if j == i else np.zeros_like(y.value) for j, y in enumerate(trace.inputs)]
        structure = tree.flatten(tuple(args[k] for k in argnums))[1]
        seeds = tree.unflatten(structure, directions)

        def of_chosen(*chosen):
            whole = list(args)
            for k, part in zip(argnums, chosen, strict=True):
                whole[k] = part
            return f(*whole)

        _, slope = cr.jvp(of_chosen, tuple(args[k] for k in argnums), seeds)
        output = trace.outputs[0]
        tangent = moved[output.node] if output.node is not None else None
        np.testing.assert_allclose(0.0 if tangent is None else tangent, slope, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(("f", "args"), [(f, args) for f, *args in TEXTBOOK], ids=lambda x: getattr(x, "__name__", ""))
def test_textbook_functions(f, args):
    assert_same_derivatives(f, args, tuple(range(len(args))))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_zoo(entry):
    if entry.name in BEYOND_RECORDING:
        pytest.skip("its class refers to the module math")
    argnums = (entry.argnums,) if isinstance(entry.argnums, int) else tuple(entry.argnums)
    assert_same_derivatives(recorded(entry.function), entry.arguments(), argnums)
