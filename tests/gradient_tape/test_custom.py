"""Functions that bring their own gradient."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.gradient_tape import InvalidArgumentError, grad_pass_through, recompute_grad


def gradient(f, *values, **options):
    """Return the gradients of f by each of the values."""
    xs = [cr.constant(x) if not isinstance(x, cr.Variable) else x for x in values]
    with cr.GradientTape() as tape:
        tape.watch(xs)
        y = f(*xs)
    return tape.gradient(y, xs, **options)


def with_gradient(f, pull):
    @cr.custom_gradient
    def decorated(*args, **kwargs):
        return f(*args, **kwargs), pull

    return decorated


def test_stable_logarithm():
    @cr.custom_gradient
    def log1pexp(x):
        e = np.exp(x)
        return np.log(1 + e), lambda g: g * (1 - 1 / (1 + e))

    assert gradient(log1pexp, 100.0)[0].numpy() == 1
    assert cr.grad(log1pexp)(100.0) == 1
    assert log1pexp.__name__ == "log1pexp"


@pytest.mark.parametrize(("parts", "count"), [([], 0), ((1.0, 2.0), 2)])
def test_arity(parts, count):
    f = with_gradient(lambda x: x * x, lambda g: parts)
    with pytest.raises(ValueError, match=r".") as info:
        gradient(f, 3.0)
    expected = f"custom_gradient function expected to return 1 gradients, but returned {count} instead."
    assert str(info.value) == expected


def test_a_gradient_of_another_shape():
    f = with_gradient(lambda x: np.sum(x), lambda g: np.ones(3))
    with pytest.raises(InvalidArgumentError):
        gradient(f, [1.0, 2.0])


def test_none_is_no_connection():
    f = with_gradient(lambda a, b: a * b, lambda g: (g, None))
    da, db = gradient(f, 3.0, 4.0)
    assert da.numpy() == 1
    assert db is None
    assert cr.grad(f, (0, 1))(3.0, 4.0) == (1.0, 0.0)


def test_arguments_that_are_not_differentiated():
    f = with_gradient(lambda x, n, text, scale=1.0: n * scale * x, lambda g: (10 * g, None, None))
    assert gradient(lambda x: f(x, 3, "text", scale=2.0), 3.0)[0].numpy() == 10


def test_nested_arguments():
    for parts in (lambda g: {"a": g, "b": 2 * g}, lambda g: (g, 2 * g), lambda g: ({"a": g, "b": 2 * g},)):
        f = with_gradient(lambda d: d["a"] * d["b"], parts)
        da, db = gradient(lambda a, b, f=f: f({"a": a, "b": b}), 3.0, 4.0)
        assert (da.numpy(), db.numpy()) == (1, 2)
    f = with_gradient(lambda d, x: d["a"] * x, lambda g: (None, 3 * g))
    da, dx = gradient(lambda a, x: f({"a": a}, x), 3.0, 4.0)
    assert da is None
    assert dx.numpy() == 3


def test_several_results_of_several_types():
    seen = []

    @cr.custom_gradient
    def f(x):
        def pull(*cotangents):
            seen.extend((g.dtype, g.shape) for g in cotangents[:3])
            return cotangents[0] + np.sum(cotangents[1]) + np.real(cotangents[2])

        return (x * x, np.stack([x, x]).astype(np.float32), x * (1 + 1j), int(cr.value(x))), pull

    x = cr.constant(3.0)
    with cr.GradientTape() as tape:
        tape.watch(x)
        a, b, c, n = f(x)
        y = 2 * a + np.sum(3 * b) + np.real(c)
    assert (a.dtype, b.dtype, c.dtype, n) == (np.float64, np.float32, np.complex128, 3)
    assert tape.gradient(y, x).numpy() == 2 + 6 + 1
    assert seen == [(np.float64, ()), (np.float32, (2,)), (np.complex128, ())]


def test_nested_results():
    f = with_gradient(lambda x: {"a": x, "b": [x * x]}, lambda g: 10 * g["a"] + g["b"][0])
    assert gradient(lambda x: 3 * f(x)["a"] + f(x)["b"][0], 2.0)[0].numpy() == 31


def test_the_gradient_function_is_called_once_for_each_cotangent():
    calls = []

    def pull(g):
        calls.append(g)
        return g, 2 * g, 3 * g

    f = with_gradient(lambda a, b, c: a * b * c, pull)
    assert [float(g) for g in gradient(f, 1.0, 2.0, 3.0)] == [1, 2, 3]
    assert len(calls) == 1


def test_higher_orders():
    f = with_gradient(lambda x: x**2, lambda g: g)  # says that the slope is 1

    @cr.custom_gradient
    def square(x):
        return x * x, lambda g: 10 * g * f(x)

    second = lambda x: gradient(square, x)[0] if not isinstance(x, cr.Tensor) else slope(square, x)
    assert float(second(3.0)) == 90
    assert float(slope(lambda x: slope(square, x), cr.constant(3.0))) == 10
    assert cr.grad(cr.grad(square))(3.0) == 10


def slope(f, x):
    with cr.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


def test_a_gradient_function_with_its_own_gradient():
    @cr.custom_gradient
    def f(x):
        @cr.custom_gradient
        def first(g):
            return 10 * g * x, lambda h: 1000 * h

        return x * x, first

    x, w = cr.constant(3.0), cr.constant(1.0)
    with cr.GradientTape() as outer:
        outer.watch(w)
        with cr.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        g = inner.gradient(y, x, output_gradients=w)
    assert g.numpy() == 30
    assert outer.gradient(g, w).numpy() == 1000


def test_forward_mode_is_the_transpose():
    """TensorFlow differentiates the function itself here."""
    f = with_gradient(lambda a, b: np.sum(a * b), lambda g: (10 * g, np.cumsum(g * np.ones(2))))
    a, b = cr.constant(3.0), cr.constant([1.0, 2.0])
    with cr.ForwardAccumulator([a, b], [cr.constant(1.0), cr.constant([1.0, 1.0])]) as acc:
        y = f(a, b)
    assert acc.jvp(y).numpy() == 10 + 3


def test_complex_gradients_are_conjugated_as_results_are():
    square = with_gradient(lambda z: z * z, lambda g: g * np.conj(2 * (1 + 2j)))
    assert gradient(square, 1 + 2j)[0].numpy() == 2 - 4j
    expected = gradient(lambda z: z * z, 1 + 2j, output_gradients=cr.constant(1 + 1j))[0].numpy()
    assert gradient(square, 1 + 2j, output_gradients=cr.constant(1 + 1j))[0].numpy() == expected


def test_a_gradient_function_may_write_and_take_numbers():
    def pull(g):
        g *= 2
        return np.asarray(g) + g.numpy()

    f = with_gradient(lambda x: x * x, pull)
    x = cr.constant([1.0, 2.0])
    with cr.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x) + x
    weights = cr.constant([1.0, 10.0])
    for _ in range(2):
        assert tape.gradient(y, x, output_gradients=weights).tolist() == [5.0, 50.0]
    assert weights.tolist() == [1.0, 10.0]


def test_float32_stays():
    f = with_gradient(lambda x: x * x, lambda g: 2.0 * g)
    assert gradient(f, np.float32(3))[0].dtype == np.float32


def test_variables():
    v, x = cr.Variable(2.0, name="v"), cr.constant(3.0)
    text = "@custom_gradient grad_fn must accept keyword argument 'variables', since function uses variables: "
    with pytest.raises(TypeError, match=f"^{text}") as info:
        with_gradient(lambda x: x * v, lambda g: g)(x)
    assert str(info.value) == f"{text}{[v]}"
    f = with_gradient(lambda x: x * v, lambda g, variables=None: (5 * g, [7 * g for _ in variables]))
    with cr.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    assert [g.numpy() for g in tape.gradient(y, [x, v])] == [5, 7]
    short = with_gradient(lambda x: x * v, lambda g, variables=None: (g, []))
    with pytest.raises(ValueError, match=r"^Must return gradient for each variable from @custom_gradient grad_fn\.$"):
        gradient(short, 3.0)


def test_variables_that_need_no_gradient_of_their_own():
    untrained, argument = cr.Variable(2.0, trainable=False), cr.Variable(3.0)
    assert gradient(with_gradient(lambda x: x * untrained, lambda g: 9 * g), 3.0)[0].numpy() == 9
    assert gradient(with_gradient(lambda x: x * x, lambda g: 9 * g), argument)[0].numpy() == 9
    assert with_gradient(lambda x, v=None: x * v, lambda g: g)(1.0, v=argument).numpy() == 3


def test_variables_read_by_an_inner_function_count_for_the_outer_one():
    v = cr.Variable(2.0)
    inner = with_gradient(lambda x: x * v, lambda g, variables: (g, [g]))
    with pytest.raises(TypeError, match="grad_fn must accept keyword argument 'variables'"):
        with_gradient(inner, lambda g: g)(3.0)


def test_without_a_recorder_the_value_is_plain():
    f = with_gradient(lambda x: {"y": x * 2}, lambda g: g)
    assert f(3.0) == {"y": 6.0}


def test_recompute_runs_again():
    runs, v = [], cr.Variable(2.0)

    @recompute_grad
    def f(x, scale=1.0):
        runs.append(x)
        return np.sin(x) * v * scale

    x = cr.constant(0.5)
    with cr.GradientTape() as tape:
        tape.watch(x)
        y = f(x, scale=3.0)
    assert len(runs) == 1
    dx, dv = tape.gradient(y, [x, v])
    assert len(runs) == 2
    assert (float(dx), float(dv)) == pytest.approx((6 * np.cos(0.5), 3 * np.sin(0.5)))
    assert f.__name__ == "f"


def test_recompute_keeps_nothing():
    x = cr.constant(np.ones(1000))
    kept = []
    for wrap in (lambda f: f, recompute_grad):
        with cr.GradientTape() as tape:
            tape.watch(x)
            wrap(lambda x: np.sum(np.sin(np.exp(np.cos(x)))))(x)
            kept.append(len(tape._record.entries))
    assert kept[1] < kept[0] / 3


def test_recompute_of_nested_results_and_higher_orders():
    f = recompute_grad(lambda x, d: (x * d["w"] ** 2, {"u": x**3}))

    def total(x, w):
        y, d = f(x, {"w": w})
        return y + d["u"]

    assert [float(g) for g in gradient(total, 2.0, 3.0)] == [9 + 12, 12]
    assert float(slope(lambda x: slope(lambda x: total(x, 3.0), x), cr.constant(2.0))) == 12
    np.testing.assert_allclose(cr.hessian(lambda x: total(x[0], x[1]))(np.array([2.0, 3.0])), [[12, 6], [6, 4]])


def test_recompute_after_an_assignment_is_refused():
    """TensorFlow computes with the new value."""
    v = cr.Variable(2.0)
    f = recompute_grad(lambda x: x * v)
    x = cr.constant(3.0)
    with cr.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    v.assign(5.0)
    with pytest.raises(cr.RecorderError, match="Variable:0 was assigned to after <lambda> read it"):
        tape.gradient(y, x)


def test_recompute_in_forward_mode_is_refused():
    f = recompute_grad(lambda x: x * x)
    with pytest.raises(NotImplementedError, match=r"^recompute_grad tried to transpose grad of <lambda>"):
        cr.jvp(f, 3.0, 1.0)


def test_grad_pass_through():
    v, z = cr.Variable(1.0), cr.Variable(3.0)
    with cr.GradientTape() as tape:
        y = grad_pass_through(v.assign)(z**2)
    assert y.numpy() == v.numpy() == 9
    dz, dv = tape.gradient(y, [z, v])
    assert dz.numpy() == 6
    assert dv is None
    assert gradient(grad_pass_through(np.floor), [1.5, 2.5], output_gradients=cr.constant([1.0, 3.0]))[0].tolist() == [
        1,
        3,
    ]


def test_stop_gradient():
    v = cr.Variable(3.0)
    assert gradient(lambda v: v * cr.gradient_tape.stop_gradient(v), v)[0].numpy() == 3
