"""Random programs with views and in-place writes, compared with plain NumPy and with the complex step."""

import operator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chainrule as cr

AUGMENTED = [operator.iadd, operator.isub, operator.imul]
REFUSALS = (IndexError, ValueError, TypeError)


# A program is a list of instructions (name, slot, ...) on a list of slots. Its text is the same for plain, complex
# and recorded arrays. An instruction that NumPy refuses is skipped, and noted as refused.


def alias(slots, i):
    slots.append(slots[i])


def read(slots, i, index):
    slots.append(slots[i][index])


def reshape(slots, i, shape):
    slots.append(slots[i].reshape(shape))


def transpose(slots, i):
    slots.append(slots[i].T)


def ravel(slots, i):
    slots.append(np.ravel(slots[i]))


def flip(slots, i):
    slots.append(np.flip(slots[i]))


def product(slots, i, j):
    slots.append(0.5 * slots[i] * slots[j])


def sine(slots, i):
    slots.append(np.sin(slots[i]))


def stack(slots, i, j):
    slots.append(np.stack([slots[i], slots[j]]))


def write_number(slots, i, index, number):
    slots[i][index] = number


def write_array(slots, i, index, array):
    slots[i][index] = array


def write_slot(slots, i, index, j):
    slots[i][index] = separate(slots[j], index)


def write_part(slots, i, index, j, other):
    slots[i][index] = separate(slots[j][other], index)


def separate(x, index):
    """A copy where a mask is written to: NumPy alone gives ``y[mask] = y[::2]`` no buffer, and reads what it wrote."""
    return x * 1.0 if getattr(index, "dtype", None) == np.bool_ else x


def write_shifted(slots, i, n):
    slots[i][n:] = slots[i][: len(slots[i]) - n]


def write_overlapping(slots, i, n):
    slots[i][n:] += slots[i][: len(slots[i]) - n] ** 2


def write_every(slots, i, factor):
    y = slots[i]
    for k in range(len(y)):
        y[k] = y[k] * y[k - 1] + factor


def augment(slots, i, op, j):
    slots[i] = op(slots[i], slots[j])


def augment_number(slots, i, op, number):
    slots[i] = op(slots[i], number)


def augment_part(slots, i, index, op, j):
    slots[i][index] = op(slots[i][index], slots[j])


def add_at(slots, i, index, number):
    np.add.at(slots[i], index, number)


def out(slots, i, j, k):
    np.multiply(slots[i], slots[j], out=slots[k])


@np.errstate(over="ignore", invalid="ignore")
def run(program, x):
    """Return the slots after a program, a number that depends on all that was read on the way, and the refusals."""
    slots, seen, refused = [x, x * 1.0], [], []
    for name, *arguments in program:
        seen.append(np.sum(np.sin(slots[arguments[0]] * 0.7)))  # read what the instruction may overwrite
        try:
            globals()[name](slots, *arguments)
        except REFUSALS as error:
            if isinstance(error, cr.ChainruleError):
                raise
            refused.append(name)
        else:
            refused.append("")
    total = 0.0
    for n, slot in enumerate([*slots, *seen]):
        total = total + np.sum(slot * slot * (0.1 + 0.01 * n))
    return slots, total, refused


@st.composite
def indices(draw, shape):
    """An index into an array of a shape: usually a valid one."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from([..., (), None, slice(None)]))
    if not shape:
        return draw(st.sampled_from([..., (), None]))
    n = shape[0]
    kinds = ["slice", "slice", "int", "ellipsis", "tuple", "none", "list", "array", "mask", "pairs"]
    kind = draw(st.sampled_from(kinds))
    step = draw(st.sampled_from([None, 1, 2, -1, -2]))
    bound = st.one_of(st.none(), st.integers(-n - 1, n + 1))
    first = slice(draw(bound), draw(bound), step)
    if kind == "slice":
        return first
    if kind == "int":
        return draw(st.integers(-n, n))  # n is out of range
    if kind == "ellipsis":
        return (..., draw(st.integers(-shape[-1], max(shape[-1] - 1, 0))))
    if kind == "none":
        return (first, None)
    if kind == "tuple":
        return (first, *(draw(st.sampled_from([slice(None), slice(None, None, -1), 0, -1])) for _ in shape[1:]))
    near = st.integers(-n, max(n - 1, 0))
    chosen = draw(st.lists(near, min_size=1, max_size=3))
    if kind == "list":
        return chosen
    if kind == "array":
        return np.array(chosen)
    if kind == "pairs":
        return tuple([np.array([draw(st.integers(0, max(m - 1, 0))) for _ in chosen]) for m in shape])
    return np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)


NAMES = [
    alias, read, read, read, reshape, transpose, ravel, flip, product, sine, stack, write_number, write_array,
    write_slot, write_slot, write_part, write_part, write_shifted, write_overlapping, write_every, augment, augment,
    augment_number, augment_part, augment_part, add_at, out,
]  # fmt: skip


@st.composite
def programs(draw, x):
    """Draw instructions one by one, while they run on plain arrays, so that their indices fit."""
    program = []
    for _ in range(draw(st.integers(1, 9))):
        slots, _, _ = run(program, x.copy())
        slot = st.integers(0, len(slots) - 1)
        i = draw(slot)
        shape = np.shape(slots[i])
        name = draw(st.sampled_from(NAMES)).__name__
        number = draw(st.sampled_from([0.0, 0.5, -1.5]))
        if name in ("alias", "transpose", "ravel", "flip", "sine"):
            arguments = ()
        elif name == "read":
            arguments = (draw(indices(shape)),)
        elif name == "reshape":
            arguments = (draw(st.sampled_from([(-1,), (2, -1), (-1, 2), (1, -1), shape[::-1]])),)
        elif name in ("product", "stack"):
            arguments = (draw(slot),)
        elif name == "write_number":
            arguments = (draw(indices(shape)), number)
        elif name == "write_array":
            index = draw(indices(shape))
            part = np.shape(slots[i][index]) if _fits(slots[i], index) else (2,)
            arguments = (index, np.full(part[draw(st.integers(0, len(part))) :], number))
        elif name == "write_slot":
            arguments = (draw(indices(shape)), draw(slot))
        elif name == "write_part":
            j = draw(slot)
            arguments = (draw(indices(shape)), j, draw(indices(np.shape(slots[j]))))
        elif name in ("write_shifted", "write_overlapping"):
            arguments = (draw(st.integers(0, 2)),)
        elif name == "write_every":
            arguments = (number,)
        elif name == "augment":
            arguments = (draw(st.sampled_from(AUGMENTED)), draw(slot))
        elif name == "augment_number":
            arguments = (draw(st.sampled_from(AUGMENTED)), number)
        elif name == "augment_part":
            arguments = (draw(indices(shape)), draw(st.sampled_from(AUGMENTED)), draw(slot))
        elif name == "add_at":
            arguments = (draw(indices(shape)), number)
        else:
            arguments = (draw(slot), draw(slot))
        program.append((name, i, *arguments))
    return program


def _fits(x, index):
    try:
        x[index]
    except (IndexError, TypeError):
        return False
    return True


@st.composite
def cases(draw):
    shape = draw(st.sampled_from([(4,), (3, 2), (2, 1, 2), (1,), (5,), (0,), (2, 3)]))
    x = np.linspace(0.3, 0.9, int(np.prod(shape))).reshape(shape)
    return x, draw(programs(x))


def total(program):
    return lambda x: run(program, x)[1]


def complex_step(f, x, direction):
    return np.imag(f(x + 1e-30j * direction)) / 1e-30


def close(found, expected, scale):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11 * (1 + np.max(np.abs(scale), initial=0.0)))


def check(x, program, orders=()):
    plain_slots, value, refused = run(program, x.copy())
    if not np.isfinite(value) or abs(value) > 1e6:
        return
    given = x.copy()
    shapes = []

    def recorded(x):
        slots, result, too = run(program, x)
        shapes.append((slots, too))
        return result

    found, gradient = cr.value_and_grad(recorded)(given)
    slots, too = shapes[0]
    assert too == refused
    assert found == value
    for slot, plain in zip(slots, plain_slots, strict=True):
        assert type(slot.raw) is type(plain)
        np.testing.assert_array_equal(slot.raw, plain, strict=True)
    np.testing.assert_array_equal(given, x)

    f = total(program)
    basis = [np.reshape(row, x.shape) for row in np.eye(x.size)]
    expected = np.array([complex_step(f, x, e) for e in basis]).reshape(x.shape)
    close(gradient, expected, expected)
    direction = np.cos(np.arange(x.size)).reshape(x.shape)
    forward_value, moved = cr.jvp(f, given, direction)
    assert forward_value == value
    close(moved, complex_step(f, x, direction), expected)
    np.testing.assert_array_equal(given, x)

    second = {order: nested(f, order)(given, direction) for order in orders}
    for order in orders[1:]:
        close(second[order], second[orders[0]], second[orders[0]])
    if orders:
        # The gradient along the direction, differentiated along it again by central differences.
        slope = lambda t: np.sum(cr.grad(f)(x + t * direction) * direction)
        central = lambda h: (8 * (slope(h) - slope(-h)) - (slope(2 * h) - slope(-2 * h))) / (12 * h)
        fine, coarse = central(1e-4), central(2e-4)  # their distance is more than the error of the fine one
        tolerance = 1e-6 * (1 + abs(fine)) + abs(fine - coarse)
        np.testing.assert_allclose(second[orders[0]], fine, rtol=1e-6, atol=tolerance)


def nested(f, order):
    """Second derivative along a direction, by two directional derivatives, each forward or reverse."""

    def along(g, mode):
        if mode == "f":
            return lambda x, v: cr.jvp(lambda u: g(u, v), x, v)[1]
        return lambda x, v: np.sum(cr.grad(lambda u: g(u, v))(x) * v)

    return along(along(lambda x, v: f(x), order[1]), order[0])


SETTINGS = {"suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}


@settings(max_examples=150, **SETTINGS)
@given(cases())
def test_random_programs(case):
    check(*case)


@settings(max_examples=40, **SETTINGS)
@given(cases())
def test_random_programs_in_all_nestings(case):
    check(*case, orders=["rr", "rf", "fr", "ff"])


@pytest.mark.slow
@settings(max_examples=3000, **SETTINGS)
@given(cases())
def test_many_random_programs(case):
    check(*case)


@pytest.mark.slow
@settings(max_examples=600, **SETTINGS)
@given(cases())
def test_many_random_programs_in_all_nestings(case):
    check(*case, orders=["rr", "rf", "fr", "ff"])
