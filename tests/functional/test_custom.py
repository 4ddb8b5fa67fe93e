"""Functions with their own derivatives, in every nesting of forward and reverse mode."""

import itertools
import threading

import numpy as np
import pytest

import chainrule as cr

X = np.array([0.3, 0.5, 0.7])
ORDERS = ["".join(p) for n in (1, 2, 3) for p in itertools.product("rf", repeat=n)]


def forward(f):
    return lambda x: cr.jvp(f, x, 1.0)[1]


def derivative(f, order):
    for mode in order:
        f = cr.grad(f) if mode == "r" else forward(f)
    return f


def make_jvp():
    @cr.custom_jvp
    def f(x, y):
        return x * x * np.sin(y)

    @f.defjvp
    def _(primals, tangents):
        (x, y), (s, t) = primals, tangents
        return f(x, y), 2 * x * np.sin(y) * s + x * x * np.cos(y) * t

    return f


def make_vjp():
    @cr.custom_vjp
    def f(x, y):
        return x * x * np.sin(y)

    f.defvjp(
        lambda x, y: (x * x * np.sin(y), (x, y)),
        lambda saved, g: (2 * saved[0] * np.sin(saved[1]) * g, saved[0] * saved[0] * np.cos(saved[1]) * g),
    )
    return f


def make_gradient():
    @cr.custom_gradient
    def f(x, y):
        return x * x * np.sin(y), lambda g: (2 * x * np.sin(y) * g, x * x * np.cos(y) * g)

    return f


MAKERS = [make_jvp, make_vjp, make_gradient]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("make", MAKERS)
def test_all_nestings(make, order):
    f = make()
    plain = lambda x, y: x * x * np.sin(y)
    for along in (lambda f: lambda t: f(t, t), lambda f: lambda t: f(t, 0.4), lambda f: lambda t: f(0.4, t * t)):
        found = derivative(along(f), order)(0.8)
        assert found == pytest.approx(derivative(along(plain), order)(0.8), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("make", MAKERS)
def test_the_rule_is_used(make):
    """The rule of each is that of the function itself; here it is ten times as much."""
    if make is make_jvp:
        f = cr.custom_jvp(lambda x: x * x)
        f.defjvp(lambda p, t: (p[0] * p[0], 20 * p[0] * t[0]))
    elif make is make_vjp:
        f = cr.custom_vjp(lambda x: x * x)
        f.defvjp(lambda x: (x * x, x), lambda x, g: (20 * x * g,))
    else:
        f = cr.custom_gradient(lambda x: (x * x, lambda g: 20 * x * g))
    assert f(3.0) == 9.0
    assert cr.grad(f)(3.0) == 60.0
    assert cr.jvp(f, 3.0, 1.0) == (9.0, 60.0)
    np.testing.assert_allclose(cr.jacobian(f)(X), np.diag(20 * X))
    np.testing.assert_allclose(cr.jacfwd(f)(X), np.diag(20 * X))
    for order in ("rr", "rf", "fr", "ff"):
        assert derivative(f, order)(3.0) == 20.0


def test_several_outputs_and_nested_arguments():
    @cr.custom_jvp
    def polar(point):
        return {"r": np.hypot(point["x"], point["y"]), "parts": (point["x"] * 2.0, 3)}

    @polar.defjvp
    def _(primals, tangents):
        (p,), (t,) = primals, tangents
        r = np.hypot(p["x"], p["y"])
        return polar(p), {"r": (p["x"] * t["x"] + p["y"] * t["y"]) / r, "parts": (t["x"] * 2.0, 0)}

    def total(f, point):
        out = f(point)
        assert type(out["parts"][1]) is int
        return np.sum(out["r"] ** 3 * out["parts"][0]) * out["parts"][1]

    point = {"x": X, "y": 2 * X}
    plain = lambda p: np.sum(np.hypot(p["x"], p["y"]) ** 3 * p["x"] * 2.0) * 3
    expected = cr.grad(plain)(point)
    for method in ("reverse", "forward"):
        found = cr.grad(lambda p: total(polar, p), method=method)(point)
        np.testing.assert_allclose(found["x"], expected["x"])
        np.testing.assert_allclose(found["y"], expected["y"])


def test_several_outputs_of_a_vjp():
    @cr.custom_vjp
    def both(x, y):
        return x * y, [np.sin(x), len(x)]

    def backward(saved, g):
        x, y = saved
        first, (second, none) = g
        assert none == 0
        return first * y + second * np.cos(x), first * x

    both.defvjp(lambda x, y: ((x * y, [np.sin(x), len(x)]), (x, y)), backward)

    def f(x, y):
        a, (b, n) = both(x, y)
        assert n == 3
        return np.sum(a * a * b)

    plain = lambda x, y: np.sum((x * y) ** 2 * np.sin(x))
    for order in ("reverse", "forward"):
        found = cr.grad(f, argnums=(0, 1), method=order)(X, X + 1)
        np.testing.assert_allclose(found, cr.grad(plain, argnums=(0, 1))(X, X + 1))
    np.testing.assert_allclose(cr.hessian(f)(X, X + 1), cr.hessian(plain)(X, X + 1), rtol=1e-12)
    np.testing.assert_allclose(cr.hessian(f, method="forward")(X, X + 1), cr.hessian(plain)(X, X + 1), rtol=1e-12)


def test_single_precision_and_complex_outputs_keep_their_kind():
    @cr.custom_vjp
    def f(x):
        return x.astype(np.float32), x * 2.0, x * 1j

    f.defvjp(lambda x: ((x.astype(np.float32), x * 2.0, x * 1j), None), lambda _, g: (g[0] + 2 * g[1] - g[2].imag,))

    def g(x):
        a, b, c = f(x)
        assert (a.dtype, b.dtype, c.dtype) == (np.float32, np.float64, np.complex128)
        return np.sum(a) + np.sum(b) + np.sum(np.imag(c))

    np.testing.assert_allclose(cr.grad(g)(X), [4, 4, 4])


@pytest.mark.parametrize("order", ["r", "f", "rr", "fr", "rf", "ff"])
def test_none_is_a_zero_cotangent(order):
    @cr.custom_vjp
    def f(x, mode, y):
        return x * x * y if mode == "square" else x

    f.defvjp(lambda x, mode, y: (x * x * y, (x, y)), lambda saved, g: (2 * saved[0] * saved[1] * g, None, None))
    assert derivative(lambda t: f(t, "square", 3.0), order)(2.0) == (12.0 if len(order) == 1 else 6.0)
    assert derivative(lambda t: f(2.0, "square", t), order)(3.0) == 0.0


def test_a_number_is_a_cotangent():
    f = cr.custom_vjp(lambda x: x * x)
    f.defvjp(lambda x: (x * x, None), lambda _, g: (7,))
    assert cr.grad(f)(3.0) == 7.0


def test_keyword_arguments_are_passed_on():
    f = cr.custom_jvp(lambda x, *, n=2: x**n)
    f.defjvp(lambda p, t, *, n=2: (p[0] ** n, n * p[0] ** (n - 1) * t[0]))
    g = cr.custom_vjp(lambda x, n=2: x**n)
    g.defvjp(lambda x, n=2: (x**n, (x, n)), lambda s, d: (s[1] * s[0] ** (s[1] - 1) * d,))
    h = cr.custom_gradient(lambda x, n=2: (x**n, lambda d: n * x ** (n - 1) * d))
    for cube in (f, g, h):
        assert cr.grad(cube)(2.0, n=3) == 12.0
        assert cr.jvp(lambda x, cube=cube: cube(x, n=3), 2.0, 1.0)[1] == 12.0
        assert cr.grad(cr.grad(cube))(2.0, n=3) == 12.0


@pytest.mark.parametrize("decorate", [cr.custom_jvp, cr.custom_vjp])
def test_recorded_values_that_the_rule_does_not_cover_are_refused(decorate):
    @decorate
    def f(x, scale=1.0):
        return x * scale

    if decorate is cr.custom_jvp:
        f.defjvp(lambda p, t, scale=1.0: (p[0] * scale, t[0] * scale))
    else:
        f.defvjp(lambda x, scale=1.0: (x * scale, scale), lambda scale, g: (g * scale,))
    with pytest.raises(cr.EscapeError, match="by name"):
        cr.grad(lambda x: f(x, scale=x))(2.0)

    def outer(w):
        @decorate
        def g(x):
            return x * w

        if decorate is cr.custom_jvp:
            g.defjvp(lambda p, t: (p[0] * w, t[0] * w))
        else:
            g.defvjp(lambda x: (x * w, None), lambda _, d: (d * w,))
        return g(w * 2.0)

    for transform in (cr.grad, lambda f: lambda x: cr.jvp(f, x, 1.0)):
        with pytest.raises(cr.EscapeError, match="not among its arguments"):
            transform(outer)(2.0)


@pytest.mark.parametrize("decorate", [cr.custom_jvp, cr.custom_vjp, cr.custom_gradient])
def test_methods(decorate):
    class Model:
        def __init__(self, w):
            self.w = w

        @decorate
        def f(self, x):
            if decorate is cr.custom_gradient:
                return self.w * x, lambda g: (None, 10 * self.w * g)
            return self.w * x

        if decorate is cr.custom_jvp:
            f.defjvp(lambda p, t: (p[0].w * p[1], 10 * p[0].w * t[1]))
        elif decorate is cr.custom_vjp:
            f.defvjp(lambda self, x: (self.w * x, self.w), lambda w, g: (None, 10 * w * g))

    assert cr.grad(Model(3.0).f)(2.0) == 30.0
    assert cr.jvp(Model(3.0).f, 2.0, 1.0) == (6.0, 30.0)
    assert Model(3.0).f(2.0) == 6.0


def test_wrong_rules():
    f = cr.custom_jvp(lambda x: x * 2)
    g = cr.custom_vjp(lambda x: x * 2)
    assert f(1.0) == g(1.0) == 2.0
    for h in (f, g):
        with pytest.raises(cr.DerivativeError, match="rule yet"):
            cr.grad(h)(1.0)
    f.defjvp(lambda p, t: (p[0] * 2, (t[0], t[0])))
    with pytest.raises(cr.DerivativeError, match="structure"):
        cr.jvp(f, 1.0, 1.0)
    f.defjvp(lambda p, t: (p[0] * 2, np.sum(t[0])))
    with pytest.raises(cr.DerivativeError, match="shape"):
        cr.jvp(f, X, X)
    g.defvjp(lambda x: (x * 2, None), lambda _, d: (d, d))
    with pytest.raises(cr.DerivativeError, match="2 cotangents for 1"):
        cr.grad(g)(1.0)
    g.defvjp(lambda x: (x * 2, None), lambda _, d: (np.sum(d),))
    with pytest.raises(cr.DerivativeError, match="shape"):
        cr.grad(lambda x: np.sum(g(x)))(X)
    h = cr.custom_gradient(lambda x, y: (x * y, lambda d: d * y))
    with pytest.raises(ValueError, match="2"):
        cr.grad(h)(1.0, 2.0)


@pytest.mark.parametrize("method", ["reverse", "forward"])
def test_rules_may_write_into_what_they_are_given(method):
    """Neither the caller's arrays nor values that others have read change."""

    @cr.custom_vjp
    def f(x):
        x *= 2
        return x

    def saving(x):
        x *= 2
        return x, x * 1.0

    def backward(saved, g):
        g *= 2
        return (g,)

    f.defvjp(saving, backward)

    @cr.custom_jvp
    def h(x):
        x += 1
        return x

    @h.defjvp
    def _(primals, tangents):
        (x,), (t,) = primals, tangents
        x += 1
        t *= 1
        return x, t

    def total(x):
        y = x * x
        a = f(y)
        b = h(y)
        return np.sum(a) + np.sum(a * b) + np.sum(y * y)

    plain = lambda x: np.sum(2 * x * x) + np.sum(2 * x * x * (x * x + 1)) + np.sum(x**4)
    x = X.copy()
    np.testing.assert_allclose(cr.grad(total, method=method)(x), cr.grad(plain)(X))
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize("method", ["reverse", "forward"])
def test_a_write_after_the_call_does_not_reach_the_gradient_function(method):
    square = cr.custom_gradient(lambda x: (x * x, lambda g: 2 * x * g))

    def f(x):
        y = x * 1.0
        z = square(y)
        y[0] = 100.0
        return np.sum(z)

    np.testing.assert_allclose(cr.grad(f, method=method)(X), 2 * X)


def test_plain_arguments_run_the_function_as_it_is():
    calls = []

    @cr.custom_jvp
    def f(x):
        calls.append(type(x))
        return x

    f(1.0)
    f(X)
    cr.grad(lambda x: x * f(2.0))(1.0)
    assert calls == [float, np.ndarray, float]


@pytest.mark.parametrize("make", MAKERS)
def test_inside_other_transforms(make):
    f = make()
    plain = lambda x, y: x * x * np.sin(y)
    total = lambda f: lambda x: np.sum(f(x, x[::-1]) * x)
    np.testing.assert_allclose(cr.hessian(total(f))(X), cr.hessian(total(plain))(X), rtol=1e-13)
    np.testing.assert_allclose(cr.hvp(total(f))(X, X), cr.hvp(total(plain))(X, X), rtol=1e-13)
    np.testing.assert_allclose(
        cr.elementwise_grad(lambda x: f(x, 2 * x))(X), cr.elementwise_grad(lambda x: plain(x, 2 * x))(X), rtol=1e-13
    )
    value, pullback = cr.vjp(f, X, X)
    np.testing.assert_allclose(pullback(value), cr.vjp(plain, X, X)[1](value), rtol=1e-13)
    np.testing.assert_allclose(pullback(value), cr.vjp(plain, X, X)[1](value), rtol=1e-13)


def test_stop_gradient():
    assert cr.grad(lambda x: x * cr.stop_gradient(x))(3.0) == 3.0
    assert cr.jvp(lambda x: x * cr.stop_gradient({"a": (x,)})["a"][0], 3.0, 1.0) == (9.0, 3.0)
    assert cr.grad(cr.grad(lambda x: x * x * cr.stop_gradient(x)))(3.0) == 6.0
    assert cr.grad(lambda x: cr.grad(lambda y: y * cr.stop_gradient(x) * x)(x))(3.0) == 3.0
    assert cr.stop_gradient(3.0) == 3.0
    assert cr.stop_gradient("text") == "text"

    def f(x):
        y = x * 1.0
        z = cr.stop_gradient(y)
        z[0] = 5.0
        y[1] = 7.0
        return np.sum(z * x + y)

    np.testing.assert_allclose(cr.grad(f)(X), [5 + 1, 0.5, 0.7 + 1])


def test_use_in_a_thread_without_the_recorder_is_refused():
    f = make_vjp()
    errors = []

    def g(x):
        def work():
            try:
                f(x, 1.0)
            except cr.RecorderError as error:
                errors.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return x

    cr.grad(g)(1.0)
    cr.jvp(g, 1.0, 1.0)
    assert len(errors) == 2
