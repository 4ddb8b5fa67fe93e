"""What a call's arguments say about the program that they need."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled.signature import overlapping, signature_of
from chainrule.compiled.spec import ArraySpec, ScalarSpec, Static


def test_numbers_of_python_are_weak():
    assert signature_of((1.0, 2, True), {}).specs == [ScalarSpec("float64"), ScalarSpec("int64"), ScalarSpec("bool")]


def test_numbers_of_numpy_are_not():
    specs = signature_of((np.float64(1), np.float32(1), np.int64(1), np.bool_(True)), {}).specs
    assert specs == [ScalarSpec(name, weak=False) for name in ("float64", "float32", "int64", "bool")]


def test_arrays_say_which_lengths_are_one():
    spec = signature_of((np.zeros((5, 1)),), {}).specs[0]
    assert spec == ArraySpec("float64", (0, 1))
    assert spec.ndim == 2


def test_small_arrays_say_how_long_they_are_and_general_signatures_do_not():
    signature = signature_of((np.zeros((3, 1)), 2.0, np.zeros(4)), {})
    assert [s.lengths for s in signature.specs if isinstance(s, ArraySpec)] == [(3, 1), (4,)]
    general = signature.general()
    assert [s.lengths for s in general.specs if isinstance(s, ArraySpec)] == [(0, 1), (0,)]
    assert general.specs[1] == signature.specs[1]
    assert general.values is signature.values


def test_arrays_say_whether_they_are_contiguous():
    a = np.zeros((3, 4))
    assert [signature_of((x,), {}).specs[0].contiguous for x in (a, a.T, a[:, ::2])] == [True, False, False]


def test_structures_are_part_of_the_key():
    keys = {signature_of(args, {}).key for args in [((1.0, 2.0),), (1.0, 2.0), ([1.0, 2.0],), ({"a": 1.0, "b": 2.0},)]}
    assert len(keys) == 4


def test_keyword_arguments():
    made = signature_of((1.0,), {"n": 3})
    assert made.named
    assert made.values == [1.0, 3]


def test_other_values_are_constants():
    made = signature_of((1.0, "text", None), {})
    assert made.specs[1:] == [Static("text"), Static(None)]
    assert made.values == [1.0]


def test_small_integers_are_copied():
    given = np.arange(3, dtype=np.int16)
    made = signature_of((given,), {})
    assert made.values[0].dtype == np.int64
    assert made.converted == (0,)


def test_integers_that_are_differentiated_are_floats():
    made = signature_of((3, np.arange(3), 2), {}, floats=(0, 1))
    assert [type(made.values[0]), made.values[1].dtype, type(made.values[2])] == [float, np.float64, int]


def test_other_byte_orders_are_copied():
    made = signature_of((np.arange(3.0).astype(">f8"),), {})
    assert made.values[0].dtype.isnative
    assert made.converted == (0,)


@pytest.mark.parametrize(
    "value", [1j, np.zeros(2, complex), np.zeros(2, np.float16), np.zeros(2, np.longdouble), np.array(["a"]),
              np.zeros(2, np.uint64), np.ma.zeros(2)],
    ids=["complex", "complex array", "half", "long", "text", "unsigned", "masked"],
)  # fmt: skip
def test_refused(value):
    with pytest.raises(cr.UnsupportedError, match="without cr"):
        signature_of((value,), {})


def test_overlap():
    a = np.zeros(10)
    assert overlapping([1.0, a[:5], a[5:]]) is None
    assert overlapping([1.0, a[:6], a[5:]]) == (1, 2)
    assert overlapping([a, a]) == (0, 1)
