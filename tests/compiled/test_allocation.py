import sys

import numpy as np
import pytest

from chainrule.compiled import allocation
from chainrule.compiled.allocation import keep_freed_memory
from chainrule.compiled.jit import jit


def test_the_setting_can_be_left_alone(monkeypatch):
    monkeypatch.setenv("CHAINRULE_KEEP_MEMORY", "0")
    assert not keep_freed_memory.__wrapped__()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc")
def test_the_setting_is_accepted():
    assert isinstance(keep_freed_memory(), bool)


def large(n):
    x = np.empty(n)
    for i in range(n):
        x[i] = i
    y = np.empty((n, 3), np.int64)
    y[:, 1] = 1
    y[:, ::2] = 2
    return x, y


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="advice for Linux")
def test_large_arrays_ask_for_huge_pages():
    text = jit(large).source(5)
    assert allocation.advising(text).count(f"{allocation.ADVISE}(") == 2
    small = "    y = np.empty((3, 3))\n    z = np.empty(3)\n"
    assert allocation.advising(small) == small


@pytest.mark.parametrize("n", [0, 3, 1_000_003])
def test_arrays_in_huge_pages(n):
    for found, right in zip(jit(large)(n), large(n), strict=True):
        np.testing.assert_array_equal(found, right)
