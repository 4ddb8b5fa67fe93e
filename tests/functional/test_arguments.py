"""The functional interface: arguments, nested structures, dtypes, shapes, and what is refused."""

import collections
import dataclasses
import functools

import numpy as np
import pytest

import chainrule as cr
from chainrule.eager import counting

X = np.array([0.3, 0.5, 0.7])
Point = collections.namedtuple("Point", "a b")


@dataclasses.dataclass
class Model:
    a: object
    b: object
    name: str = dataclasses.field(default="model", metadata={"static": True})


def slope(f):
    return lambda t: cr.jvp(f, t, 1.0)[1]


def assert_trees(found, expected):
    leaves, structure = cr.tree.flatten(found)
    others, other_structure = cr.tree.flatten(expected)
    assert structure == other_structure
    for leaf, other in zip(leaves, others, strict=True):
        assert type(leaf) is type(other)
        np.testing.assert_allclose(leaf, other, rtol=1e-14)


@pytest.mark.parametrize("method", ["reverse", "forward", "numeric"])
class TestGrad:
    def test_argnums(self, method):
        f = lambda x, y: x * y**2
        grad = functools.partial(cr.grad, method=method)
        close = functools.partial(np.testing.assert_allclose, rtol=1e-8)
        close(grad(f)(2.0, 3.0), 9)
        close(grad(f, argnums=1)(2.0, 3.0), 12)
        close(grad(f, argnums=-1)(2.0, 3.0), 12)
        close(grad(f, argnums=np.int64(1))(2.0, 3.0), 12)
        both = grad(f, argnums=(1, 0))(2.0, 3.0)
        assert type(both) is tuple
        close(both, (12, 9))
        assert type(grad(f, argnums=[0])(2.0, 3.0)) is tuple
        assert grad(f, argnums=())(2.0, 3.0) == ()

    def test_keyword_arguments_are_passed_on(self, method):
        f = lambda x, y=3.0, *, scale=1.0, **more: x * y * scale * more.get("extra", {"k": 1.0})["k"]
        np.testing.assert_allclose(cr.grad(f, method=method)(2.0), 3.0)
        np.testing.assert_allclose(cr.grad(f, method=method)(2.0, scale=5.0, extra={"k": 2.0}), 30.0)

    def test_nested_arguments(self, method):
        grad = functools.partial(cr.grad, method=method)
        f = lambda p: p["a"] * p["b"][0] + np.sum(p["b"][1] ** 2)
        found = grad(f)({"a": 2.0, "b": [3.0, X]})
        np.testing.assert_allclose(found["a"], 3.0)
        np.testing.assert_allclose(found["b"][0], 2.0)
        np.testing.assert_allclose(found["b"][1], 2 * X, rtol=1e-8)
        assert list(found) == ["a", "b"]
        found = grad(lambda p: p.a * p.b)(Point(2.0, 3.0))
        assert type(found) is Point
        np.testing.assert_allclose(found, (3, 2))
        found = grad(lambda m: m.a * np.sum(m.b))(Model(2.0, X))
        assert type(found) is Model
        assert found.name == "model"
        np.testing.assert_allclose(found.a, 1.5)
        np.testing.assert_allclose(grad(lambda t: t[0] * t[1][0])((2.0, (3.0,)))[1], (2,))
        assert grad(lambda p, x: x)({}, 2.0) == {}

    def test_extra_results(self, method):
        f = lambda x: (x * x, {"y": x, "text": "t", "none": None, "array": np.arange(2)})
        gradient, extra = cr.grad(f, has_aux=True, method=method)(3.0)
        np.testing.assert_allclose(gradient, 6)
        assert (extra["y"], extra["text"], extra["none"]) == (3.0, "t", None)
        assert not isinstance(extra["y"], cr.Tensor)
        (value, _), gradient = cr.value_and_grad(f, has_aux=True, method=method)(3.0)
        assert value == 9.0

    def test_types_of_results(self, method):
        grad = functools.partial(cr.grad, method=method)
        square = lambda x: np.sum(x * x)
        assert type(grad(square)(3.0)) is float
        assert type(grad(square)(3)) is float
        for kind in (np.float64, np.int64, np.int8):
            assert type(grad(square)(kind(3))) is np.float64
        found = grad(square)(np.arange(3))
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, [0, 2, 4], atol=1e-8)
        assert np.shape(grad(square)(np.array(3.0))) == ()
        assert type(cr.value_and_grad(square, method=method)(3)[0]) is float
        for dtype in (np.float32, np.float16, np.longdouble):
            if method != "numeric":
                assert type(grad(square)(dtype(3))) is dtype
                assert grad(square)(X.astype(dtype)).dtype == dtype
                assert type(cr.value_and_grad(square, method=method)(X.astype(dtype))[0]) is dtype

    def test_functions_without_a_derivative_by_the_argument(self, method):
        grad = functools.partial(cr.grad, method=method)
        assert grad(lambda x: 3.0)(2.0) == 0.0
        assert grad(lambda x: 3)(2.0) == 0.0
        np.testing.assert_array_equal(grad(lambda x: np.floor(np.sum(x)))(X), np.zeros(3))
        np.testing.assert_array_equal(grad(lambda x: np.argmax(x))(X), np.zeros(3))
        np.testing.assert_array_equal(grad(lambda x, y: np.sum(y))(X, X), np.zeros(3))

    def test_empty_arrays(self, method):
        f = lambda x: np.sum(x * x) + 1.0
        for shape in ((0,), (2, 0), (0, 3)):
            value, gradient = cr.value_and_grad(f, method=method)(np.zeros(shape))
            assert value == 1.0
            assert gradient.shape == shape

    def test_results_that_have_no_gradient(self, method):
        for f, word in (
            (lambda x: x, r"shape \(3,\)"),
            (lambda x: (np.sum(x), 1), "tuple"),
            (lambda x: {"a": np.sum(x)}, "dict"),
            (lambda x: None, "None"),
            (lambda x: "text", "str"),
        ):
            with pytest.raises(cr.DerivativeError, match=word):
                cr.grad(f, method=method)(X)
        with pytest.raises(cr.DerivativeError, match="pair"):
            cr.grad(np.sum, has_aux=True, method=method)(X)

    def test_arguments_that_do_not_exist(self, method):
        for argnums in (1, -2, (0, 1)):
            with pytest.raises(cr.DerivativeError, match="argnums"):
                cr.grad(lambda x: x, argnums=argnums, method=method)(2.0)
        with pytest.raises(cr.DerivativeError, match="twice"):
            cr.grad(lambda x, y: x, argnums=(0, -2), method=method)(2.0, 3.0)

    def test_recursion_and_loops(self, method):
        def power(x, n):
            return 1.0 if n == 0 else x * power(x, n - 1)

        def newton(a):
            x = a
            while abs(x * x - a) > 1e-13:
                x = (x + a / x) / 2
            return x

        np.testing.assert_allclose(cr.grad(power, method=method)(2.0, 5), 80, rtol=1e-8)
        np.testing.assert_allclose(cr.grad(newton, method=method)(2.0), 0.5 / np.sqrt(2), rtol=1e-7)

    def test_callables_of_every_kind(self, method):
        class Callable:
            def __call__(self, x):
                return x * x

            def method(self, x):
                return x * 3

            @staticmethod
            def static(x):
                return x * 4

        grad = lambda f: cr.grad(f, method=method)(2.0)
        np.testing.assert_allclose([grad(Callable()), grad(Callable().method), grad(Callable.static)], [4, 3, 4])
        np.testing.assert_allclose(grad(functools.partial(lambda a, x: a * x, 5.0)), 5)
        np.testing.assert_allclose(grad(np.sin), np.cos(2.0), rtol=1e-8)


def test_names_are_kept():
    def f(x):
        """Text."""
        return x

    for transform in (cr.grad, cr.value_and_grad, cr.jacobian, cr.hessian, cr.hvp, cr.elementwise_grad):
        assert transform(f).__name__ == "f"
        assert transform(f).__doc__ == "Text."


def test_an_unknown_method():
    for transform in (cr.grad, cr.jacobian, cr.value_and_grad):
        with pytest.raises(cr.DerivativeError, match="'backwards'"):
            transform(np.sin, method="backwards")


class TestComplex:
    Z = np.array([1 + 2j, 0.5 - 1j])

    @pytest.mark.parametrize("method", ["reverse", "forward"])
    def test_the_gradient_points_uphill(self, method):
        for f in (
            lambda z: np.sum(np.abs(z) ** 2),
            lambda z: np.sum(np.real(z * np.conj(z))),
            lambda z: np.sum(z.real**2 + z.imag**2),
        ):
            np.testing.assert_allclose(cr.grad(f, method=method)(self.Z), 2 * self.Z)
        assert cr.grad(lambda z: abs(z) ** 2, method=method)(1 + 2j) == pytest.approx(2 + 4j)
        assert type(cr.grad(lambda z: abs(z) ** 2, method=method)(1 + 2j)) is complex

    def test_the_pullback_conjugates_the_derivative(self):
        value, pullback = cr.vjp(lambda z: z**2, self.Z)
        np.testing.assert_allclose(pullback(np.ones(2, complex))[0], np.conj(2 * self.Z))
        np.testing.assert_allclose(pullback(1j * np.ones(2))[0], 1j * np.conj(2 * self.Z))
        assert value.dtype == np.complex128

    def test_the_tangent_is_the_derivative(self):
        np.testing.assert_allclose(cr.jvp(lambda z: z**2, self.Z, 1j * self.Z)[1], 2j * self.Z**2)
        np.testing.assert_allclose(cr.jvp(lambda x: np.exp(1j * x), X, X)[1], 1j * np.exp(1j * X) * X)

    def test_jacobians_by_both_modes(self):
        for f in (lambda z: z**2 * z[::-1], lambda z: np.exp(z), lambda z: np.abs(z) ** 2, lambda z: z.real * z.imag):
            np.testing.assert_allclose(cr.jacrev(f)(self.Z), cr.jacfwd(f)(self.Z), atol=1e-14)
        for f in (lambda x: np.exp(1j * x) * x, lambda x: x * (1 + 2j)):
            np.testing.assert_allclose(cr.jacrev(f)(X), cr.jacfwd(f)(X), atol=1e-14)
        np.testing.assert_allclose(cr.jacobian(lambda x: np.exp(1j * x))(1.0), 1j * np.exp(1j))

    @pytest.mark.parametrize("order", ["rr", "rf", "fr", "ff"])
    def test_second_derivatives_through_complex_numbers(self, order):
        f = lambda t: np.abs(np.sum((1 + 1j * t) ** 3 * np.exp(1j * t * X))) ** 2
        for mode in order:
            f = slope(f) if mode == "f" else cr.grad(f)
        g = lambda t: np.abs(np.sum((1 + 1j * t) ** 3 * np.exp(1j * t * X))) ** 2
        expected = cr.numeric.richardson(cr.grad(g), 0.4).value
        assert f(0.4) == pytest.approx(float(expected), rel=1e-8)

    def test_a_complex_result_has_no_gradient(self):
        with pytest.raises(cr.DerivativeError, match="complex"):
            cr.grad(lambda x: x * 1j)(1.0)

    def test_single_precision(self):
        z = self.Z.astype(np.complex64)
        assert cr.grad(lambda z: np.sum(np.abs(z)))(z).dtype == np.complex64
        assert cr.jvp(lambda z: z * 2, z, z)[1].dtype == np.complex64
        assert type(cr.jvp(lambda z: z[0] * 2, z, z)[1]) is np.complex64


class TestProducts:
    def test_nested_in_and_out(self):
        f = lambda p, x: {"s": p["a"] * x, "t": [p["a"], np.sum(x)]}
        assert_trees(cr.jvp(f, ({"a": 2.0}, X), ({"a": 1.0}, np.ones(3)))[1], {"s": X + 2.0, "t": [1.0, 3.0]})
        value, pullback = cr.vjp(f, {"a": 2.0}, X)
        assert_trees(value, {"s": 2 * X, "t": [2.0, float(np.sum(X))]})
        found = pullback({"s": np.ones(3), "t": [10.0, 100.0]})
        assert_trees(found, ({"a": float(np.sum(X)) + 10.0}, np.full(3, 102.0)))

    def test_one_argument_needs_no_tuple(self):
        assert cr.jvp(np.sin, 0.0, 1.0) == (0.0, 1.0)
        np.testing.assert_array_equal(cr.jvp(lambda x: 2 * x, X, X)[1], 2 * X)
        assert_trees(cr.jvp(lambda p: p["a"] ** 2, {"a": 3.0}, {"a": 1.0}), (9.0, 6.0))

    def test_extra_results(self):
        assert cr.jvp(lambda x: (x * x, "extra"), 3.0, 1.0, has_aux=True) == (9.0, 6.0, "extra")
        value, pullback, extra = cr.vjp(lambda x: (x * x, {"x": x}), 3.0, has_aux=True)
        assert (value, pullback(1.0), extra["x"]) == (9.0, (6.0,), 3.0)

    def test_constants(self):
        assert_trees(cr.jvp(lambda x: (1, np.ones(2)), X, X), ((1.0, np.ones(2)), (0.0, np.zeros(2))))
        assert_trees(cr.vjp(lambda x: 1.0, X)[1](1.0), (np.zeros(3),))

    def test_a_pullback_can_be_called_again(self):
        _, pullback = cr.vjp(lambda x: np.sin(x) * x, X)
        first, second, third = pullback(np.ones(3))[0], pullback(np.arange(3.0))[0], pullback(np.ones(3))[0]
        np.testing.assert_array_equal(first, third)
        np.testing.assert_allclose(second, first * np.arange(3.0))

    def test_the_pullback_transposes_the_pushforward(self):
        rng = np.random.default_rng(1)
        f = lambda x: np.outer(np.sin(x), x * x)[:, 1:]
        t, g = rng.normal(size=3), rng.normal(size=(3, 2))
        forward = np.sum(cr.jvp(f, X, t)[1] * g)
        assert np.sum(cr.vjp(f, X)[1](g)[0] * t) == pytest.approx(forward, rel=1e-14)

    def test_integers(self):
        assert_trees(cr.jvp(lambda x: x * x, np.arange(3), np.ones(3, int)), (np.arange(3.0) ** 2, 2 * np.arange(3.0)))
        assert_trees(cr.vjp(lambda x: x * x, np.arange(3))[1](np.ones(3, int)), (2 * np.arange(3.0),))

    def test_single_precision(self):
        x = X.astype(np.float32)
        assert [v.dtype for v in cr.jvp(lambda x: x * 2.5, x, X)] == [np.float32] * 2
        assert cr.vjp(lambda x: x * 2.5, x)[1](X)[0].dtype == np.float32
        assert cr.jacobian(lambda x: x * np.ones(3))(x).dtype == np.float32
        for f in (cr.jacfwd, cr.jacrev, cr.elementwise_grad):
            assert f(lambda x: np.sin(x) * 2.5)(x).dtype == np.float32
        assert cr.hvp(lambda x: np.sum(x**3))(x, X).dtype == np.float32
        assert cr.hessian(lambda x: np.sum(x**3))(x).dtype == np.float32

    @pytest.mark.parametrize(
        ("call", "word"),
        [
            (lambda: cr.jvp(lambda x: x, X, np.ones(2)), "shape"),
            (lambda: cr.jvp(lambda x: x, X, 1.0), "shape"),
            (lambda: cr.jvp(lambda x: x, (X,), (X, X)), "structured"),
            (lambda: cr.jvp(lambda x: x, {"a": X}, {"b": X}), "structured"),
            (lambda: cr.jvp(lambda x: x, X, 1j * X), "complex"),
            (lambda: cr.jvp(lambda x, y: x, (2.0, 3.0), (1.0, None)), "NoneType|structured"),
            (lambda: cr.vjp(lambda x: x, X)[1](1.0), "shape"),
            (lambda: cr.vjp(lambda x: {"a": x}, X)[1](X), "structured"),
            (lambda: cr.vjp(lambda x: x, X)[1](1j * X), "complex"),
            (lambda: cr.hvp(np.sum)(X, np.ones(2)), "shape"),
            (lambda: cr.hvp(lambda x, y: x * y, (0, 1))(2.0, 3.0, (1.0,)), "structured"),
            (lambda: cr.hvp(lambda x: x)(X, X), "needs one number"),
        ],
    )  # fmt: skip
    def test_directions_that_do_not_fit(self, call, word):
        with pytest.raises(cr.DerivativeError, match=word):
            call()


class TestJacobians:
    F = staticmethod(lambda x: np.sin(x[:2]) * x[2])

    def test_shapes(self):
        matrix = X * np.ones((2, 1))
        f = lambda m: np.stack([m.T @ m, m.T @ m])
        for transform in (cr.jacobian, cr.jacrev, cr.jacfwd):
            assert transform(f)(matrix).shape == (2, 3, 3, 2, 3)
            assert transform(lambda x: x[:0])(X).shape == (0, 3)
            assert transform(lambda x: x * 2)(np.zeros(0)).shape == (0, 0)
            assert transform(np.sum)(X).shape == (3,)
            assert transform(lambda x: np.stack([x, x]))(2.0).shape == (2,)
            assert transform(lambda x: x * x)(3.0) == 6.0
            assert type(transform(lambda x: x * x)(3.0)) is float
            assert np.shape(transform(lambda x: x * x)(np.array(3.0))) == ()
        np.testing.assert_allclose(cr.jacrev(f)(matrix), cr.jacfwd(f)(matrix))

    def test_nested_in_and_out(self):
        f = lambda p, x: {"u": p["a"] * x, "v": (p["b"], p["a"] * p["b"])}
        for transform in (cr.jacobian, cr.jacrev, cr.jacfwd):
            found = transform(f, argnums=(0, 1))({"a": 2.0, "b": 3.0}, X)
            assert_trees(found["u"], ({"a": X, "b": np.zeros(3)}, 2.0 * np.eye(3)))
            assert_trees(found["v"][1], ({"a": 3.0, "b": 2.0}, np.zeros(3)))
        assert_trees(
            cr.hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 2.0, "b": 3.0}),
            {"a": {"a": 6.0, "b": 4.0}, "b": {"a": 4.0, "b": 0.0}},
        )
        found = cr.hessian(lambda x, y: np.sum(x * x) * y, argnums=(0, 1))(X, 2.0)
        assert_trees(found, ((4 * np.eye(3), 2 * X), (2 * X, 0.0)))

    def test_extra_results(self):
        for transform in (cr.jacobian, cr.jacrev, cr.jacfwd):
            found, extra = transform(lambda x: (x * x, ("extra", x)), has_aux=True)(X)
            np.testing.assert_allclose(found, np.diag(2 * X))
            assert extra[0] == "extra"
            np.testing.assert_array_equal(extra[1], X)

    def test_the_cheaper_mode(self):
        wide, tall = lambda x: x[:1] * x[1], lambda x: np.concatenate([x, x * x, x])
        for f, transform, forward, backward in (
            (wide, cr.jacobian, 1, 1), (wide, cr.jacrev, 1, 1), (wide, cr.jacfwd, 3, 0),
            (tall, cr.jacobian, 4, 0), (tall, cr.jacrev, 1, 9), (tall, cr.jacfwd, 3, 0),
        ):  # fmt: skip
            with counting() as work:
                transform(f)(X)
            assert (work.forward_sweeps, work.reverse_sweeps) == (forward, backward)

    def test_hvp_and_hessian(self):
        f = lambda x: np.sum(np.sin(x) * x[::-1] ** 2) + np.prod(x)
        v = np.array([1.0, -2.0, 0.5])
        hessian = cr.hessian(f)(X)
        np.testing.assert_allclose(hessian, hessian.T, rtol=1e-13)
        np.testing.assert_allclose(cr.hessian(f, method="forward")(X), hessian, rtol=1e-13)
        np.testing.assert_allclose(cr.jacfwd(cr.jacfwd(f))(X), hessian, rtol=1e-13)
        np.testing.assert_allclose(cr.jacrev(cr.jacfwd(f))(X), hessian, rtol=1e-13)
        np.testing.assert_allclose(cr.hvp(f)(X, v), hessian @ v, rtol=1e-13)
        with counting() as work:
            cr.hvp(f)(X, v)
        assert work.reverse_sweeps == 1
        found = cr.hvp(lambda x, y: np.sum(x * x) * y**2, argnums=(0, 1))(X, 2.0, (v, 1.0))
        assert_trees(found, (8 * v + 8 * X, float(8 * X @ v + 2 * X @ X)))
        assert_trees(
            cr.hvp(lambda p: p["a"] ** 2 * p["b"])({"a": 2.0, "b": 3.0}, {"a": 1.0, "b": 0.0}), {"a": 6.0, "b": 4.0}
        )

    def test_elementwise_grad(self):
        np.testing.assert_allclose(cr.elementwise_grad(np.tanh)(X), 1 - np.tanh(X) ** 2)
        np.testing.assert_allclose(cr.elementwise_grad(cr.elementwise_grad(np.sin))(X), -np.sin(X))
        assert cr.elementwise_grad(np.sin)(0.0) == 1.0
        a, b = cr.elementwise_grad(lambda x, y: x * y**2, argnums=(0, 1))(X, 2 * X)
        np.testing.assert_allclose(a, 4 * X * X)
        np.testing.assert_allclose(b, 4 * X * X)


@pytest.mark.parametrize("outer", ["reverse", "forward"])
@pytest.mark.parametrize(
    "inner",
    [
        lambda x: np.sum(cr.grad(lambda y: np.sum(y**3))(x)),
        lambda x: np.sum(cr.grad(lambda y: np.sum(y**3), method="forward")(x)),
        lambda x: cr.value_and_grad(lambda y: (np.sum(y**3), y), has_aux=True)(x)[0][1] @ np.ones(3) + np.sum(2 * x**2),
        lambda x: np.trace(cr.jacobian(lambda y: y**3)(x)),
        lambda x: np.trace(cr.jacfwd(lambda y: y**3)(x)),
        lambda x: np.trace(cr.hessian(lambda y: np.sum(y**4) / 4)(x)),
        lambda x: np.sum(cr.hvp(lambda y: np.sum(y**4) / 4)(x, np.ones(3))),
        lambda x: np.sum(cr.jvp(lambda y: y**3, x, np.ones(3))[1]),
        lambda x: np.sum(cr.jvp(lambda y: y**3, np.ones(3), x * x)[1]),
        lambda x: np.sum(cr.vjp(lambda y: y**3, x)[1](np.ones(3))[0]),
        lambda x: np.sum(cr.vjp(lambda y: y**3, np.ones(3))[1](x * x)[0]),
        lambda x: np.sum(cr.elementwise_grad(lambda y: y**3)(x)),
    ],
)
def test_transforms_inside_transforms(inner, outer):
    """Each inner derivative sums to 3 x^2, or for the extra result to x + 2 x^2."""
    found = cr.grad(inner, method=outer)(X)
    value = inner(X)
    expected = 6 * X if value == pytest.approx(3 * np.sum(X**2)) else 1 + 4 * X
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("method", ["numeric", "symbolic"])
def test_methods_that_cannot_be_recorded_are_refused_inside_others(method):
    with pytest.raises(cr.DerivativeError):
        cr.grad(lambda x: cr.grad(lambda y: y * x, method=method)(x))(2.0)
