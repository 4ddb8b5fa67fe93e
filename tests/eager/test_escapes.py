"""What a recorded value may become: the right derivative, or an error that says what to do; never a lost derivative."""

import copy
import functools
import math
import operator
import pickle

import numpy as np
import pytest

import chainrule as cr

POINT = np.array([1.5, 2.5, 0.5])
ONES = np.ones(3)
PLAIN = np.arange(3.0)
MODES = ["reverse", "forward"]


def write(make, index):
    def f(x):
        y = make(x)
        y[index] = x[index]
        return np.sum(y * x)

    return f


def augment(make, op):
    def f(x):
        y = make(x)
        y = op(y, x)
        return np.sum(y * x)

    return f


def with_out(x):
    y = np.zeros(3, like=x)
    np.multiply(x, x, out=y)
    return np.sum(y * x)


def with_where_and_out(x):
    y = x * 2.0
    np.log(x, out=y, where=x > 1)
    return np.sum(y * x)


def with_add_at(x):
    y = x * 2.0
    np.add.at(y, [0, 0, 2], x)
    np.subtract.at(y, 1, x[0] * x[1])
    return np.sum(y * x)


def with_copyto(x):
    y = x * 2.0
    np.copyto(y, x * x, where=[True, False, True])
    return np.sum(y * x)


def with_fill_and_sort(x):
    y = x * x
    y.sort()
    z = x * 2.0
    z[:2].fill(x[1])
    return np.sum(y * PLAIN + z * x)


def with_flat(x):
    y = np.stack([x, x * x])
    y.flat[1] = x[2] ** 3
    y.flat[::2] = 2 * x
    return sum(v * v for v in y.T.flat) * y.flat[1] * len(y.flat)


def matches(x):
    match x[0]:
        case 99.0:
            return x[0]
        case _:
            return x[0] * x[1]


RIGHT = {
    "bool": lambda x: x[0] * x[1] if x[0] else 0.0,
    "comparison": lambda x: x[0] * x[1] if 1 < x[0] <= 2 else 0.0,
    "while": lambda x: functools.reduce(lambda s, _: s * s / 3, range(4), x[0]),
    "match": matches,
    "np.stack": lambda x: np.sum(np.stack([x, x * x]) ** 2),
    "np.full_like": lambda x: np.sum(np.full_like(x, x[0]) * x),
    "np.full like": lambda x: np.sum(np.full(3, x[0], like=x) * x),
    "np.linspace": lambda x: np.sum(np.linspace(x[0], x[1], 5) ** 2),
    "cr.numpy.array": lambda x: np.sum(cr.numpy.array([[x[0], 1.0], [2.0, x[1]]]) ** 2),
    "cr.numpy.array of an array": lambda x: np.sum(cr.numpy.array(x) * x),
    "cr.numpy.array of plain rows": lambda x: np.sum(cr.numpy.array([[1.0, 2.0, 3.0], x]) * x),
    "cr.numpy.full": lambda x: np.sum(cr.numpy.full(3, x[0]) * x),
    "cr.numpy.linspace": lambda x: cr.numpy.sum(cr.numpy.linspace(x[0], x[1], 3) ** 2),
    "cr.numpy.arange is plain": lambda x: np.sum(x[cr.numpy.arange(2)] * cr.numpy.arange(1, 3)),
    "write into np.zeros(like=)": write(lambda x: np.zeros(3, like=x), slice(1, None)),
    "write into cr.numpy.zeros": write(lambda x: cr.numpy.zeros(3), 1),
    "write into np.zeros_like": write(lambda x: np.zeros_like(x), [0, 2]),
    "augment a copy": augment(lambda x: x.copy(), operator.imul),
    "augment cr.numpy.ones": augment(lambda x: cr.numpy.ones(3), operator.isub),
    "power in place": lambda x: np.sum(operator.ipow(x * 1.0, 3) * x),
    "modulo in place": lambda x: np.sum(operator.imod(x * 1.0, 2) * x),
    "matmul in place": lambda x: np.sum(operator.imatmul(x * 1.0, np.arange(9.0).reshape(3, 3)) * x),
    "a plain array on the left": lambda x: np.sum(PLAIN * x - PLAIN / x),
    "a list": lambda x: np.sum(x * [1, 2, 3] + [1.0, 2.0, 3.0] * x),
    "a list with matmul": lambda x: x @ [1, 2, 3],
    "out=": with_out,
    "out= and where=": with_where_and_out,
    "np.add.at": with_add_at,
    "np.copyto": with_copyto,
    "fill and sort": with_fill_and_sort,
    "flat": with_flat,
    "np.add.reduce": lambda x: np.sum(np.add.reduce(np.stack([x, x * x])) * x),
    "np.add.reduce over all": lambda x: np.add.reduce(np.stack([x, x * x]), axis=None) * x[0],
    "np.add.reduce by position": lambda x: np.add.reduce(np.stack([x, x * x]), None) * x[0],
    "np.add.reduce with keepdims": lambda x: np.sum(np.multiply.reduce(np.stack([x, x * x]), 1, keepdims=True) ** 2),
    "np.add.accumulate": lambda x: np.sum(np.add.accumulate(x) ** 2),
    "np.multiply.outer": lambda x: np.sum(np.multiply.outer(x, x * x)),
    "dtype=": lambda x: np.sum(np.sum(np.stack([x, x]), axis=0, dtype=np.complex128).real * x),
    "copy": lambda x: np.sum(copy.copy(x) * copy.deepcopy([x])[0]),
    "sorted": lambda x: sum(i * v for i, v in enumerate(sorted(x))),
    "max and min": lambda x: max(x) * min(x[0], x[1]),
    "sum": lambda x: sum(x) * sum(v * v for v in x),
    "zip, map, reversed": lambda x: sum(a * b * c for a, b, c in zip(x, map(np.sin, x), reversed(x), strict=True)),
    "unpacking": lambda x: (lambda a, b, c: a * b + c)(*x),
    "abs, round, divmod": lambda x: abs(x[0]) * divmod(x[1], 2)[1] * round(x[2] * 2.4),
    "math.floor": lambda x: math.floor(x[0]) * math.ceil(x[1]) * math.trunc(x[1]) * x[0],
    "math.prod": lambda x: math.prod(x),
    "in": lambda x: x[0] * x[1] * ((99.0 in x) + 2 * (x[0] in [99.0, 98.0])),
    "formats": lambda x: x[0] * len(f"{x[0]:.1f}{x}{x[1]!r}{x[0]!s:>9}%s" % x[0]) * 0 + x[0] * x[1],
    "tolist and item": lambda x: sum(x.tolist()) * x[0].item() * x.item(1),
    "np.shape and relatives": lambda x: x[0] * np.shape(x)[0] * np.size(x) * np.ndim(x) * len(x),
    "np.isclose": lambda x: x[0] * np.isclose(x, 1.5, atol=0.1)[0] * np.allclose(x, x) * np.array_equal(x, x),
    "np.nonzero": lambda x: np.sum(x[np.nonzero(x > 1)] ** 2) + x[np.argmax(x)] * x[np.argwhere(x > 2)[0, 0]],
    "np.ndindex": lambda x: sum(x[i] ** 2 for i in np.ndindex(x.shape)),
    "a generator": lambda x: sum(v * v for v in (x[i] for i in range(3))),
    "isinstance": lambda x: x[0] * x[1] if isinstance(x, (np.ndarray, cr.Tensor)) else 0.0,
    "is not None": lambda x: x[0] * x[1] if x is not None and x[0] != None else 0.0,  # noqa: E711
    "True and large integers": lambda x: x[0] * True * 10**20 / 10**20,
    "np.float32 and np.int64": lambda x: x[0] * np.float32(1.5) * np.int64(3) + np.int8(2) * x[1],
    "0-d arrays": lambda x: x[0] * np.array(2.0) + np.array(3) * x[1],
    "cr.value": lambda x: x[0] * float(cr.value(x[0])) * 0 + x[0] * x[1],
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", RIGHT)
def test_right(name, mode):
    f = RIGHT[name]
    x = POINT.copy()
    value, gradient = cr.value_and_grad(f, method=mode)(x)
    with np.errstate(all="ignore"):
        plain = f(x.copy())
        expected = cr.numeric.richardson(f, POINT, step=0.01).value
    assert value == (plain.raw if isinstance(plain, cr.Tensor) else plain)
    np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(x, POINT)


def assign(target, index, value):
    target[index] = value


def out_of_two(x):
    return np.divmod(x, 2.0, out=(np.zeros(3, like=x), np.zeros(3, like=x)))[1]


ESCAPES = {
    "math.sin": lambda x: math.sin(x[0]),
    "math.hypot": lambda x: math.hypot(x[0], x[1]),
    "math.fsum": lambda x: math.fsum(x),
    "math.isnan": lambda x: math.isnan(x[0]),
    "float": lambda x: float(x[0]),
    "int": lambda x: int(x[0]),
    "complex": lambda x: complex(x[0]),
    "operator.index": lambda x: operator.index(x[0]),
    "np.array": lambda x: np.array([x[0], x[1]]),
    "np.array of an array": lambda x: np.array(x),
    "np.array of objects": lambda x: np.array([x[0], x[1]], dtype=object),
    "np.asarray": lambda x: np.asarray(x),
    "np.asarray of a list": lambda x: np.asarray([x, x]),
    "np.ascontiguousarray": lambda x: np.ascontiguousarray(x),
    "np.require": lambda x: np.require(x),
    "np.float64": lambda x: np.float64(x[0]),
    "np.full": lambda x: np.full(3, x[0]),
    "np.full_like of a plain array": lambda x: np.full_like(PLAIN, x[0]),
    "ndarray[0] = x[0]": lambda x: assign(np.zeros(3), 0, x[0]),
    "ndarray[:] = x": lambda x: assign(np.zeros(3), slice(None), x),
    "ndarray += x": lambda x: operator.iadd(np.zeros(3), x),
    "ndarray -= x[0]": lambda x: operator.isub(np.zeros(3), x[0]),
    "integers += x": lambda x: operator.iadd(np.zeros(3, int), x),
    "out=ndarray": lambda x: np.sin(x, out=np.zeros(3)),
    "sum(out=ndarray)": lambda x: np.sum(x, out=np.zeros(())),
    "method with out=ndarray": lambda x: x.sum(out=np.zeros(())),
    "np.add.at": lambda x: np.add.at(np.zeros(3), [0], x[0]),
    "np.copyto": lambda x: np.copyto(np.zeros(3), x),
    "np.fill_diagonal": lambda x: np.fill_diagonal(np.zeros((3, 3)), x),
    "np.put": lambda x: np.put(np.zeros(3), [0], x[0]),
    "np.place": lambda x: np.place(np.zeros(3), [True, False, False], x),
    "np.putmask": lambda x: np.putmask(np.zeros(3), [True, False, False], x),
    "np.multiply.at": lambda x: np.multiply.at(np.zeros(3), [0], x[0]),
    "ndarray.fill": lambda x: np.zeros(3).fill(x[0]),
    "np.vectorize": lambda x: np.vectorize(lambda t: t * 2)(x),
    "np.fromiter": lambda x: np.fromiter(x, float),
    "a list index": lambda x: [1.0, 2.0, 3.0][x[0]],
    "an array index": lambda x: PLAIN[x[0]],
    "np.arange": lambda x: np.arange(x[0]),
    "range": lambda x: range(x[0]),
    "np.ndenumerate": lambda x: list(np.ndenumerate(x)),
    "pickle": lambda x: pickle.dumps(x),
    "a random normal": lambda x: np.random.default_rng(0).normal(x[0]),
    "random normals": lambda x: np.random.default_rng(0).normal(x),
    "a random choice": lambda x: np.random.default_rng(0).choice(x),
    "np.random.normal": lambda x: np.random.normal(x[0]),  # noqa: NPY002
    "hash": lambda x: hash(x[0]),
    "a key": lambda x: {x[0]: 1},
    "a member": lambda x: {x[0]},
    "lru_cache": lambda x: functools.lru_cache(lambda t: t)(x[0]),
    "a list of recorded values as operand": lambda x: x * [x[0], x[1], x[2]],
    "a masked array on the left": lambda x: np.ma.array(PLAIN, mask=[0, 1, 0]) * x,
    "written into integers": lambda x: assign(cr.numpy.array([1, 2, 3]), 0, x[0]),
    "written into np.zeros(int, like=)": lambda x: assign(np.zeros(3, int, like=x), 0, x[0]),
    "a parameter without derivative": lambda x: np.roll(x, x[0]),
}  # fmt: skip

MISSING = {
    "power.reduce(where=)": lambda x: np.power.reduce(x, where=[True, False, True]),
    "np.packbits": lambda x: np.packbits(x),
    "np.frompyfunc": lambda x: np.frompyfunc(lambda t: t * 2, 1, 1)(x),
    "np.save": lambda x: np.save("never written", x),
    "sin(where=)": lambda x: np.sin(x, where=[True, False, True]),
    "two arrays for out=": out_of_two,
    "a masked array": lambda x: x * np.ma.array(PLAIN, mask=[0, 1, 0]),
    "a masked array in a function": lambda x: np.multiply(np.ma.array(PLAIN, mask=[0, 1, 0]), x),
    "a record array": lambda x: x * np.rec.array(PLAIN),
}  # fmt: skip

AS_NUMPY = {
    "the truth of an array": (ValueError, lambda x: 1.0 if x else 0.0),
    "an unknown argument": (TypeError, lambda x: np.sum(x, foo=1)),
    "None": (TypeError, lambda x: x + None),
    "a text": (TypeError, lambda x: x + "a"),
    "a set": (TypeError, lambda x: x * {1}),
    "an array of texts": (TypeError, lambda x: x * np.array(["a", "b", "c"])),
    "an index that is a float": (IndexError, lambda x: x[1.5]),
    "an index that is recorded": (IndexError, lambda x: x[x[0]]),
    "an index out of range": (IndexError, lambda x: x[3]),
    "a write out of range": (IndexError, lambda x: assign(x, 3, 0.0)),
    "a write of another shape": (ValueError, lambda x: assign(x, slice(None), np.ones(2))),
    "a write into a number": (TypeError, lambda x: assign(x[0], ..., 1.0)),
    "a write into a read-only view": (ValueError, lambda x: assign(np.broadcast_to(x, (2, 3)), 0, 1.0)),
    "shapes that do not fit": (ValueError, lambda x: x + np.ones(2)),
    "+= that would grow": (ValueError, lambda x: operator.iadd(x, np.ones((2, 3)))),
    "+= that would lose an axis": (ValueError, lambda x: operator.iadd(x, np.ones((1, 3)))),
    "+= of complex numbers": (TypeError, lambda x: operator.iadd(x, 1j * x)),
    "out= that would lose an axis": (ValueError, lambda x: np.add(x, np.ones((1, 3)), out=x)),
    "out= of complex numbers": (TypeError, lambda x: np.add(x, 1j, out=x)),
    "dtype= that loses": (TypeError, lambda x: np.add(x, x, dtype=int)),
    "iteration over a number": (TypeError, lambda x: list(x[0])),
    "len of a number": (TypeError, lambda x: len(x[0])),
    "memoryview": (TypeError, lambda x: memoryview(x[0:1].tolist())),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ESCAPES)
def test_escapes(name, mode):
    """The error says what was about to be lost, where in the user's code, and what to do instead."""
    with pytest.raises(cr.EscapeError) as caught:
        cr.grad(ESCAPES[name], method=mode)(POINT)
    what, place, *_, repair = str(caught.value).splitlines()
    assert what.endswith((".", "it."))
    assert __file__ in place
    assert len(repair) > 10
    assert not cr.eager.state.is_recording()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", MISSING)
def test_missing_rules(name, mode):
    with pytest.raises(cr.MissingRuleError) as caught:
        cr.grad(MISSING[name], method=mode)(POINT.copy())
    what, place, *_, repair = str(caught.value).splitlines()
    assert what.endswith(".")
    assert __file__ in place
    assert len(repair) > 10


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", AS_NUMPY)
def test_what_numpy_refuses_is_refused(name, mode):
    error, f = AS_NUMPY[name]
    with pytest.raises(error):
        f(POINT.copy())
    with pytest.raises(error):
        cr.grad(f, method=mode)(POINT.copy())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [lambda x: np.sum(x * np.array([1, 2, 3], object))])
def test_arrays_of_objects_have_no_derivative(f, mode):
    with pytest.raises(cr.ChainruleError):
        cr.grad(f, method=mode)(POINT)


@pytest.mark.parametrize("transform", [cr.grad, cr.jacobian, lambda f: lambda x: cr.jvp(f, x, x)])
def test_arguments_that_are_no_arrays_of_numbers(transform):
    for x in ("text", None, True, np.array(["a"]), np.array([True]), np.array([1, None]), object(), np.ma.array([1.0])):
        with pytest.raises(cr.ChainruleError):
            transform(lambda x: np.sum(x))(x)


def test_a_value_may_leave_once_its_recorder_is_closed():
    kept = []

    def f(x):
        kept.append(x * x)
        return np.sum(x)

    cr.grad(f)(POINT)
    (y,) = kept
    assert float(y[0]) == 2.25
    assert [10, 20, 30][int(y[2] * 4)] == 20
    np.testing.assert_array_equal(np.array(y), POINT**2)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(y)).raw, POINT**2)
    left = np.asarray(y)
    left[0] = 99.0
    assert y[0] == 2.25
    with pytest.raises(ValueError, match="copy"):
        np.array(y, copy=False)


def test_an_index_must_be_an_integer_on_the_way_out_too():
    with pytest.raises(TypeError):
        [1, 2, 3][cr.numpy.zeros(())]


def test_random_numbers_added_to_a_recorded_value():
    f = lambda x: np.sum((x + np.random.default_rng(0).normal(size=3)) ** 2)
    np.testing.assert_allclose(cr.grad(f)(POINT), 2 * (POINT + np.random.default_rng(0).normal(size=3)))
