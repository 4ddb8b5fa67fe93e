"""Threads that run parts: each part once, whoever comes late, and nobody is woken for a trifle."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from chainrule.compiled import launch

numba = pytest.importorskip("numba")
pytestmark = pytest.mark.skipif(not launch._has_own_threads(), reason="threads of chainrule's own are for Linux")
from_address = launch.ctypes.c_int64.from_address


@pytest.fixture(scope="module")
def pool():
    return launch._with_helpers(2)


@pytest.fixture(scope="module")
def native():
    from chainrule.compiled import native_launch

    return native_launch


@pytest.fixture(scope="module")
def start(native):
    """The function that runs a job, which lets other Python threads run meanwhile."""
    return numba.njit(nogil=True)(native.launch)


@pytest.fixture(scope="module")
def counting():
    """A job that counts how often each part was run, after a while that is the first number."""

    @numba.cfunc(numba.void(numba.int64, numba.int64))
    def count(data, part):
        cells = numba.carray(_pointer(data), (20,), numba.int64)
        x = 1.0
        for k in range(cells[0]):
            x = np.sin(x + k)
        cells[1 + part] += 1 + (x > 2.0)

    return count


@numba.extending.intrinsic
def _pointer(typing, address):
    kind = numba.types.CPointer(numba.int64)

    def generate(context, builder, signature, values):
        return builder.inttoptr(values[0], context.get_value_type(kind))

    return kind(numba.int64), generate


def runs(start, job, pool, parts, effort):
    cells = np.zeros(20, np.int64)
    cells[0] = effort
    start(job.address, cells.ctypes.data, parts, pool)
    return cells[1:]


def expected(parts):
    return (np.arange(19) < parts).astype(np.int64)


def until(test):
    end = time.monotonic() + 20
    while not test():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_each_part_runs_once(start, counting, pool):
    for k in range(3000):
        parts = k % 7
        np.testing.assert_array_equal(runs(start, counting, pool, parts, k * k % 1000), expected(parts))


def test_jobs_of_several_python_threads(start, counting, pool):
    failures = []

    def work(seed):
        generator = np.random.default_rng(seed)
        for effort in generator.integers(0, 3000, 1000):
            found = runs(start, counting, pool, 3, effort)
            failures.extend([found] if not np.array_equal(found, expected(3)) else [])

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures


def test_a_helper_that_sleeps_is_woken_for_much_work_only(start, counting, pool, native):
    asleep = [from_address(pool + native.HELPER + native.SIZE * k + native.ASLEEP) for k in range(2)]
    cost, credit = from_address(pool + native.COST), from_address(pool + native.CREDIT)
    runs(start, counting, pool, 2, 100)  # known from here on
    until(lambda: all(x.value for x in asleep))
    cost.value = 10**9
    for _ in range(100):
        runs(start, counting, pool, 2, 100)
    assert all(x.value for x in asleep)
    assert credit.value > 0
    cost.value = 1
    np.testing.assert_array_equal(runs(start, counting, pool, 2, 100), expected(2))
    assert credit.value == 0  # one was woken
    assert asleep[1].value  # one was enough
    assert cost.value >= 1


def test_more_parts_than_a_word_can_count(start, pool):
    @numba.cfunc(numba.void(numba.int64, numba.int64))
    def count(data, part):
        numba.carray(_pointer(data), (1,), numba.int64)[0] += 1

    cells = np.zeros(1, np.int64)
    start(count.address, cells.ctypes.data, 70000, pool)
    assert cells[0] == 70000


NUMBAS = """
import numpy as np
import chainrule as cr
from chainrule.compiled import launch
from chainrule.compiled.threads import outline
launch._has_own_threads = lambda: False
outline.LEAST = -(10**9)
from compiled.threads.test_threads import matrix, rows, vector
slopes = [cr.jit(cr.grad(rows), threads=count)(matrix(), vector()) for count in (1, 2)]
np.testing.assert_allclose(*slopes, rtol=1e-12)
"""


@pytest.mark.slow
def test_threads_of_numba_do_as_well():
    """As on systems other than Linux."""
    tests = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")])}
    subprocess.run([sys.executable, "-c", NUMBAS], env=environment, check=True, timeout=300)
