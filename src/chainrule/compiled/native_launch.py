"""Threads that run the parts of loops, in the form that Numba compiles.

A job is a function, the address of its arguments, and how many parts it has. Whoever is free takes the next part: the
thread that has the job begins with the first, and where a helper has not come by then, takes the others, too. So a job
waits for nobody who has not begun, and the most that it can lose is the call that wakes a helper.

That call takes a few microseconds on one machine and sixty on another. So it is measured; a helper stays awake for
longer than that after its last part; and one that sleeps is woken only when there was `WORTH` times as much work since
the last job that came late. How long a job takes is what it took the last time.

A word says what there is to take: ``job << 32 | parts << 16 | next part``. A part is taken by changing that word from
what was read to the next, which fails if anybody else has changed it. So a helper that comes late, after the job has
ended, can take nothing but a part of the job that is there.

References
----------
Karlin, Manasse, McGeoch and Owicki, *Competitive randomized algorithms for nonuniform problems*, 1994: who waits awake
for as long as a sleep costs never loses more than twice that. Franke, Russell and Kirkwood, *Fuss, futexes and
furwocks*, 2002: a semaphore on which nobody waits costs no system call.
"""

from __future__ import annotations

import platform
from importlib import import_module
from typing import Any

from llvmlite import ir
from numba import njit
from numba.extending import intrinsic

__all__ = ["launch", "serve", "size_for"]

types: Any = import_module("numba.types")

# Places in the memory that the threads share, in bytes: far apart, for what one thread writes slows others near it.
TICKET, LEFT, FUNCTION, DATA, WORK, WAITING, BUSY, DONE = 0, 128, 256, 264, 384, 512, 640, 768
HELPERS, COST, CREDIT, ENDED, CLOCK = 896, 904, 912, 920, 928  # of the thread that has the job
KNOWN = 1024  # what jobs took: pairs of a function and nanoseconds
SLOTS = 256
HELPER, ASLEEP, WAKE, TIME = KNOWN + 16 * SLOTS, 0, 128, 192  # the first helper's, and in it
SIZE = 256  # of each helper's
MOST_PARTS = 65535
WORTH = 8  # how much work, in calls that wake a helper, makes one worth it
DEAREST = 100_000  # nanoseconds, which a call that wakes a helper is taken to cost, at most
PATIENCE = 20_000  # nanoseconds for which a helper asks for work, at least
MONOTONIC = 1  # the clock, for the C library

_wake: Any = types.ExternalFunction("sem_post", types.int32(types.intp))
_sleep: Any = types.ExternalFunction("sem_wait", types.int32(types.intp))
_tell: Any = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.intp))
_WORD = ir.IntType(64)


def size_for(helpers: int) -> int:
    """Return how many bytes the shared memory has."""
    return HELPER + SIZE * helpers


# ---- Words that several threads read and write


def _at(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, _WORD.as_pointer())


def _operation(count: int, result: Any, generate: Any) -> Any:
    """Return an intrinsic of so many integers."""
    numbers = (types.int64,) * count

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        given = [context.cast(builder, v, t, types.int64) for v, t in zip(values, signature.args, strict=True)]
        found = generate(builder, *given)
        return context.get_dummy_value() if found is None else found

    def of_none(typing: Any) -> Any:
        return result(), emit

    def of_one(typing: Any, a: Any) -> Any:
        return result(*numbers), emit

    def of_two(typing: Any, a: Any, b: Any) -> Any:
        return result(*numbers), emit

    def of_three(typing: Any, a: Any, b: Any, c: Any) -> Any:
        return result(*numbers), emit

    return intrinsic([of_none, of_one, of_two, of_three][count])


def _put(builder: Any, address: Any, value: Any) -> None:
    builder.store_atomic(value, _at(builder, address), "seq_cst", 8)


def _pause(builder: Any) -> None:
    """Tell the processor that this is a loop that waits."""
    kind, number = ir.VoidType(), ir.IntType(32)
    if platform.machine() == "x86_64":
        builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", (), ir.FunctionType(kind, [])), [])
    elif platform.machine() == "aarch64":
        hint = builder.module.declare_intrinsic("llvm.aarch64.hint", (), ir.FunctionType(kind, [number]))
        builder.call(hint, [number(1)])


def _call(builder: Any, function: Any, data: Any, part: Any) -> None:
    kind = ir.FunctionType(ir.VoidType(), [_WORD, _WORD]).as_pointer()
    builder.call(builder.inttoptr(function, kind), [data, part])


get = _operation(1, types.int64, lambda b, x: b.load_atomic(_at(b, x), "seq_cst", 8))
put = _operation(2, types.none, _put)
swap = _operation(2, types.int64, lambda b, x, new: b.atomic_rmw("xchg", _at(b, x), new, "seq_cst"))
add = _operation(2, types.int64, lambda b, x, more: b.atomic_rmw("add", _at(b, x), more, "seq_cst"))
changed = _operation(
    3, types.boolean, lambda b, x, old, new: b.extract_value(b.cmpxchg(_at(b, x), old, new, "seq_cst", "seq_cst"), 1)
)
pause = _operation(0, types.none, _pause)
call_at = _operation(3, types.none, _call)


# ---- Parts


@njit(cache=True)
def _now(place: Any) -> Any:
    """Return the time in nanoseconds; `place` is room for two words."""
    _tell(MONOTONIC, place)
    return get(place) * 1_000_000_000 + get(place + 8)


@njit(cache=True)
def _patience(pool: Any) -> Any:
    """Return for how many nanoseconds a thread waits awake."""
    return max(PATIENCE, 2 * get(pool + COST))


@njit(cache=True)
def _has_parts(ticket: Any) -> Any:
    return ticket & 0xFFFF < (ticket >> 16) & 0xFFFF


@njit(cache=True)
def _work(pool: Any, clock: Any) -> None:
    """Run parts until none is left to take; whoever ends the last one wakes the thread that waits for that."""
    before = _now(clock)
    while True:
        ticket = get(pool + TICKET)
        if not _has_parts(ticket):
            return
        if changed(pool + TICKET, ticket, ticket + 1):
            call_at(get(pool + FUNCTION), get(pool + DATA), ticket & 0xFFFF)
            after = _now(clock)
            add(pool + WORK, after - before)
            before = after
            if add(pool + LEFT, -1) == 1 and swap(pool + WAITING, 0) == 1:
                _wake(pool + DONE)


@njit(cache=True)
def _wait(semaphore: Any) -> None:
    while _sleep(semaphore) != 0:  # a signal came
        pass


# ---- Helpers


def serve(pool: Any, number: Any) -> None:
    """Help for ever: run parts, ask for more for a while, sleep."""
    mine = pool + HELPER + SIZE * number
    while True:
        _work(pool, mine + TIME)
        until = _now(mine + TIME) + _patience(pool)
        while not _has_parts(get(pool + TICKET)) and _now(mine + TIME) < until:
            pause()
        if _has_parts(get(pool + TICKET)):
            continue
        put(mine + ASLEEP, 1)
        # If the note cannot be taken back, somebody has it and wakes this thread.
        if _has_parts(get(pool + TICKET)) and swap(mine + ASLEEP, 0) == 1:
            continue
        _wait(mine + WAKE)


@njit(cache=True)
def _rouse(pool: Any, parts: Any, expected: Any) -> None:
    """Wake helpers that sleep, if that is worth it; note what it costs."""
    now = _now(pool + CLOCK)
    credit = get(pool + CREDIT) if now - get(pool + ENDED) < _patience(pool) else 0
    cost = get(pool + COST)
    put(pool + CREDIT, credit + expected)
    if expected >= 0 and credit + expected < WORTH * cost:
        return
    for helper in range(min(parts - 1, get(pool + HELPERS))):
        mine = pool + HELPER + SIZE * helper
        if swap(mine + ASLEEP, 0) == 1:
            _wake(mine + WAKE)
            put(pool + CREDIT, 0)
            before, now = now, _now(pool + CLOCK)
            taken = now - before
            cost = taken if cost == 0 else cost + (min(taken, 2 * cost) - cost) // 8
            put(pool + COST, min(cost, DEAREST))


# ---- Jobs


@njit(cache=True)
def _finish(pool: Any) -> None:
    """Wait until all parts have ended: for a while awake, then asleep."""
    if get(pool + LEFT) > 0:
        until = _now(pool + CLOCK) + _patience(pool)
        while get(pool + LEFT) > 0 and _now(pool + CLOCK) < until:
            pause()
    while get(pool + LEFT) > 0:
        put(pool + WAITING, 1)
        # If the note cannot be taken back, somebody has it and wakes this thread: perhaps one who ended the last part
        # of the job before and comes late.
        if get(pool + LEFT) > 0 or swap(pool + WAITING, 0) == 0:
            _wait(pool + DONE)


def launch(function: Any, data: Any, parts: Any, pool: Any) -> None:
    """Run all parts of a job; return when the last has ended."""
    if parts > MOST_PARTS or swap(pool + BUSY, 1) == 1:  # the helpers have another thread's job
        for part in range(parts):
            call_at(function, data, part)
        return
    known = pool + KNOWN + 16 * ((function >> 4) % SLOTS)
    expected = get(known + 8) if get(known) == function else -1
    put(pool + FUNCTION, function)
    put(pool + DATA, data)
    put(pool + WORK, 0)
    put(pool + LEFT, parts)
    put(pool + TICKET, ((get(pool + TICKET) >> 32) + 1) << 32 | parts << 16)
    _rouse(pool, parts, expected)
    _work(pool, pool + CLOCK)
    _finish(pool)
    put(known, function)
    put(known + 8, get(pool + WORK))
    put(pool + ENDED, _now(pool + CLOCK))
    put(pool + BUSY, 0)
