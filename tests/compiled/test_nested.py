"""Derivatives that a compiled function takes itself, and derivatives of it."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr

native = pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["text", "numba"])

X = np.array([1.0, 2.0, -0.5])
WEIGHTS = np.array([1.0, 2.0, 3.0])


def cubed(x):
    return np.sum(WEIGHTS * x**3)


slope = cr.grad(cubed)


def around(x):
    """What is differentiated reads a value that the derivative of the whole depends on."""
    return cr.grad(lambda y: y**3 * x)(x)


def potential(p, w):
    near = 1.0 / np.sqrt((p[0] - 10.0) ** 2 + (p[1] - 10.0 + w) ** 2)
    return near + 1.0 / np.sqrt((p[0] - 10.0) ** 2 + p[1] ** 2)


def particle(w):
    """Motion along a gradient, for as long as it takes."""
    x, v = np.array([0.0, 8.0]), np.array([0.75, 0.0])
    while x[1] > 0.0:
        force = -cr.grad(lambda p: potential(p, w))(x)
        x = x + 0.1 * v
        v = v + 0.1 * force
    return (x[0] - x[1] / v[1] * v[0]) ** 2


def descent(start, rate):
    """Newton's method and descent inside, of a function that is defined inside."""

    def f(y):
        return np.cos(y) + 0.1 * y * y * rate

    y = start
    for _ in range(5):
        y = y - cr.grad(f)(y) / (np.abs(cr.grad(cr.grad(f))(y)) + 1.0)
    return y


def products(x):
    value, gradient = cr.value_and_grad(cubed)(x)
    return value * np.sum(gradient)


def curvature(x):
    return np.sum(cr.hessian(cubed)(x) @ x) + np.sum(cr.hvp(cubed)(x, np.ones(3)))


def rows(x):
    return np.sum(cr.jacobian(lambda v: np.stack([v[0] * v[1], np.sin(v[2])]))(x) ** 2)


def elementwise(x):
    return np.sum(cr.elementwise_grad(np.tanh)(x) ** 2)


def batched(x):
    return np.sum(cr.vmap(cr.grad(lambda t: np.sin(t) * t * x[0]))(x))


def square_root(a):
    x = a
    while np.abs(x * x - a) > 1e-12:
        x = (x + a / x) / 2 * np.exp(0.0 * x)
    return x


def roots(x):
    """Each row takes as many turns as it needs."""
    return np.sum(cr.vmap(cr.grad(square_root))(x * x) ** 2)


def with_extra(x):
    gradient, extra = cr.grad(lambda v: (np.sum(v**2 * x[0]), v[1] * 3.0), has_aux=True)(x)
    return np.sum(gradient) * extra


def of_two(x, y):
    dx, dy = cr.grad(lambda a, b: a * a * b, argnums=(0, 1))(x, y)
    return dx * dy


def by_whole_number(x):
    return x * cr.grad(lambda n: n**2)(3)


def optimised(w):
    """The derivative of a loop whose turns nobody knows before needs room that grows."""
    return cr.grad(particle)(w) ** 2


def named_outside(x):
    return np.sum(slope(x) ** 2)


def pushed(x):
    value, tangent = cr.jvp(cubed, (x,), (np.ones(3),))
    return value * tangent


def pushed_gradient(x):
    """The gradient and its product with a vector, of a function that reads what is around it."""
    gradient, product = cr.jvp(lambda y: cr.grad(cubed)(y) * x[0], (x,), (2 * x,))
    return np.sum(gradient * product)


def pushed_in_a_loop(x):
    total = 0.0
    for i in range(3):
        value, tangent = cr.jvp(lambda y, z: y * z * np.sin(total + y), (x[i], 2.0), (1.0, x[i]))  # noqa: B023
        total = total + value * tangent
    return total


def pushed_structures(x):
    value, tangent = cr.jvp(
        lambda p: {"a": p["x"] * x[0], "b": (p["y"] ** 2,)}, {"x": x, "y": 3.0}, {"x": np.cos(x), "y": x[1]}
    )
    return np.sum(value["a"] * tangent["a"]) + value["b"][0] * tangent["b"][0]


def pushed_twice(x):
    return np.sum(cr.jvp(lambda y: cr.jvp(cubed, y, y)[1], x, np.ones(3))[1])


def gradient_of_pushed(x):
    return cr.grad(lambda y: cr.jvp(cubed, y, x)[1])(x) @ x


def pushed_writes(x):
    def step(y):
        z = y.copy()
        for _ in range(3):
            z[1:] += z[:-1] * x[0]
        return z

    value, tangent = cr.jvp(step, (x,), (np.array([1, 0, 0]),))
    return value @ tangent


def pushed_whole_numbers(x):
    value, tangent = cr.jvp(lambda n: n * n, 3, 1)
    return value * tangent * x


def pushed_rows(x):
    return np.sum(cr.vmap(lambda r: cr.jvp(lambda s: s**3 * x[1], (r,), (1.0,))[1])(x))


CASES = {
    "pushed": (pushed, X),
    "pushed_gradient": (pushed_gradient, X),
    "pushed_in_a_loop": (pushed_in_a_loop, X),
    "pushed_structures": (pushed_structures, X),
    "pushed_twice": (pushed_twice, X),
    "gradient_of_pushed": (gradient_of_pushed, X),
    "pushed_writes": (pushed_writes, X),
    "pushed_whole_numbers": (pushed_whole_numbers, 0.7),
    "pushed_rows": (pushed_rows, X),
    "around": (around, 1.5),
    "particle": (particle, 0.1),
    "descent": (lambda x: descent(x, 1.3), 2.0),
    "descent_rate": (lambda r: descent(2.0, r), 1.3),
    "products": (products, X),
    "curvature": (curvature, X),
    "rows": (rows, X),
    "elementwise": (elementwise, X),
    "batched": (batched, X),
    "with_extra": (with_extra, X),
    "of_two": (lambda x: of_two(x, 1.5 * x), 0.7),
    "by_whole_number": (by_whole_number, 0.7),
    "named_outside": (named_outside, X),
    "optimised": (optimised, 0.1),
    "roots": (roots, X),
}


@native
@pytest.mark.parametrize("name", CASES)
def test_value_and_gradient(name, compile):
    f, x = CASES[name]
    np.testing.assert_allclose(cr.jit(f, compile=compile)(x), f(x), rtol=1e-12)
    value, gradient = cr.jit(cr.value_and_grad(f), compile=compile)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-12)
    np.testing.assert_allclose(gradient, cr.grad(f)(x), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", ["around", "descent", "products", "rows", "named_outside"])
def test_second_derivatives(name):
    f, x = CASES[name]
    np.testing.assert_allclose(cr.jit(cr.hessian(f), compile=False)(x), cr.hessian(f)(x), rtol=1e-8, atol=1e-9)


def test_structures_go_in_and_out():
    def f(p):
        gradient = cr.grad(lambda q: q["a"] * q["b"][0] ** 2)(p)
        return gradient["a"] * gradient["b"][0]

    p = {"a": 2.0, "b": [3.0]}
    assert cr.jit(f, compile=False)(p) == f(p) == 108.0
    assert cr.jit(cr.grad(f), compile=False)(p) == cr.grad(f)(p)


def test_the_program_is_one_function():
    text = cr.jit(cr.grad(particle), compile=False).source(0.0)
    assert text.count("def ") == 1


def test_an_argument_is_not_written_to():
    def overwriting(v):
        v[0] = 3.0 * v[0]
        return np.sum(v * v)

    def f(x):
        gradient = cr.grad(overwriting)(x)
        return gradient[0] + x[0]

    x = X.copy()
    assert cr.jit(f, compile=False)(x) == 18.0 * X[0] + X[0]
    np.testing.assert_array_equal(x, X)


def test_what_has_no_one_number():
    with pytest.raises(cr.DerivativeError, match="one number"):
        cr.jit(lambda x: np.sum(cr.grad(lambda v: v * v)(x)), compile=False)(X)


def checked(x):
    return cr.check_grads(np.sin, x)


def sampled(x):
    return cr.grad(np.sin, method="numeric")(x)


def pulled(x):
    return cr.vjp(np.sin, x)[0]


def pushed_with_extra(x):
    return cr.jvp(lambda y: (y, y), (x,), (x,), has_aux=True)


@pytest.mark.parametrize(
    ("f", "what"),
    [(checked, "check_grads"), (sampled, "numeric"), (pulled, "vjp"), (pushed_with_extra, "has_aux")],
)
def test_what_cannot_be_compiled_is_refused(f, what):
    with pytest.raises(cr.UnsupportedError, match=what):
        cr.jit(f, compile=False)(1.0)


def too_many(x):
    return cr.jvp(np.sin, (x,), (x, x))


def no_tuple(x):
    return cr.jvp(lambda z: z * 2, (x,), x)


def other_shape(x):
    return cr.jvp(np.sin, (x,), (np.ones(4),))


def number_for_an_array(x):
    return cr.jvp(np.sin, (x,), (1.0,))


@pytest.mark.parametrize("f", [too_many, no_tuple, other_shape, number_for_an_array])
def test_tangents_that_do_not_fit(f):
    with pytest.raises(cr.DerivativeError, match=rf"(?s)tangents are not structured.*test_nested.py.*in {f.__name__}"):
        cr.jit(f, compile=False)(X)


def test_a_tangent_of_another_length_is_noticed_when_it_runs():
    def f(x, t):
        return cr.jvp(np.sin, (x,), (t,))[1]

    moved = cr.jit(f, compile=False)
    x = np.arange(6.0)
    np.testing.assert_allclose(moved(x, x), np.cos(x) * x)
    with pytest.raises(ValueError, match="shape"):
        moved(x, np.arange(7.0))


def test_what_does_not_move():
    def f(x):
        return cr.jvp(lambda z: (z, 3, np.argmax(z), z > 1), (x,), (x,))

    (_, three, where, larger), (moved, *rest) = cr.jit(f, compile=False)(X)
    assert (three, where, larger.tolist()) == (3, 1, [False, True, False])
    np.testing.assert_array_equal(moved, X)
    assert rest[:2] == [0.0, 0.0]
    np.testing.assert_array_equal(rest[2], np.zeros(3))


def test_single_precision_is_kept():
    def f(x):
        return cr.jvp(lambda z: z * z, (x,), (np.ones(6),))

    x = np.arange(6, dtype=np.float32)
    value, tangent = cr.jit(f, compile=False)(x)
    assert value.dtype == tangent.dtype == np.float32
    np.testing.assert_array_equal(tangent, 2 * x)


def test_lengths_that_are_not_one_are_known_inside():
    """Else each operation on two arrays would have to ask which of them is stretched."""

    def f(points, center):
        return cr.grad(lambda c: np.sum((points - c) ** 2))(center)

    points, center = np.random.default_rng(0).normal(size=(20, 30)), np.arange(30.0)
    made = cr.jit(f, compile=False)
    assert "!= 1" not in made.source(points, center)
    np.testing.assert_allclose(made(points, center), -2 * np.sum(points - center, axis=0))
    one = np.ones(1)
    np.testing.assert_allclose(made(points, one), [-2 * np.sum(points - 1.0)])
    part = cr.jit(lambda p, c, n: f(p[:, :n], c), compile=False)  # of this length nothing is known
    np.testing.assert_allclose(part(points, center, 1), -2 * np.sum(points[:, :1] - center, axis=0))


# ---- By one number: forward mode, which saves nothing


def fallen(height):
    """A `while` loop with a branch, in which reverse mode would save every step."""
    position, speed = height, 0.0
    while position > 0.0:
        speed -= 0.1 * (9.81 - 0.1 * position * speed if position > 1.0 else 9.0)
        position += 0.1 * speed
    return position * speed


@cr.custom_vjp
def tripled(x):
    return 2.0 * x


tripled.defvjp(lambda x: (2.0 * x, None), lambda _, g: (3.0 * g,))


def polished(height):
    """One step of Newton's method for a function that is a loop."""
    value, slope = cr.value_and_grad(fallen)(height)
    return height - 0.01 * value / slope


PROGRAMS_OF_ONE_NUMBER = [
    polished,
    lambda x: cr.grad(lambda h: h)(x) + x,
    lambda x: cr.grad(lambda h: 2.0 + 0.0 * h)(x) + x,
    lambda x: cr.grad(cr.grad(lambda h: np.sin(h) * h**3))(x),
    lambda x: cr.grad(lambda h: np.sum(np.cumsum(h * np.ones(5)) ** 2))(x) ** 2,
    lambda x: cr.grad(lambda h, k: h * k + k, argnums=1)(x, 3) * x,
    lambda x: cr.grad(tripled)(x) * x,
    lambda x: sum(cr.value_and_grad(lambda h: (h * h, np.exp(h)), has_aux=True)(x)[0]),
]


@pytest.mark.parametrize("f", PROGRAMS_OF_ONE_NUMBER)
def test_derivatives_by_one_number(f):
    x = 2.3
    assert cr.jit(f, compile=False)(x) == pytest.approx(f(x), rel=1e-13)
    assert cr.jit(cr.grad(f), compile=False)(x) == pytest.approx(cr.grad(f)(x), rel=1e-11)


def test_a_derivative_by_one_number_saves_nothing():
    assert "saved" not in cr.jit(polished, compile=False).source(2.3)
    assert "saved" in cr.jit(cr.grad(fallen), compile=False).source(2.3)
    assert "saved" not in cr.jit(cr.grad(fallen, method="forward"), compile=False).source(2.3)
