"""Lines, calls, loops and iterations of the steps."""

import inspect
import json
import sys

import numpy as np
import pytest

import chainrule as cr
from tracing import programs


def line_of(f, text):
    lines, first = inspect.getsourcelines(f)
    return next(i for i, line in enumerate(lines, first) if text in line)


def path(step):
    """Return what encloses a step, outermost first."""
    found, fold = [], step.fold
    while fold.parent is not None:
        found.append(
            (fold.kind, fold.label if fold.kind in ("call", "loop", "within") else fold.iteration or fold.line)
        )
        fold = fold.parent
    return found[::-1]


def test_lines_and_columns():
    trace = cr.trace(programs.polynomial, 3.0, 4.0)
    places = [step.place for step in trace.steps]
    assert {place.line for place in places} == {line_of(programs.polynomial, "return")}
    assert {place.file for place in places} == {programs.__file__}
    assert [p.text[p.start : p.end] for p in places] == ["x**2", "x**2 * y", "x**2 * y + y", "x**2 * y + y + 2"]


def test_columns_count_characters():
    places = [step.place for step in cr.trace(programs.unicode, 1.0)]
    assert [p.text[p.start : p.end] for p in places] == ["np.sin(ä)", "np.sin(ä) * ä"]


def test_expressions_over_several_lines_have_a_line():
    trace = cr.trace(programs.many_lines, np.ones(2))
    assert [step.operation for step in trace] == ["exp", "multiply", "sum"]
    assert all(line_of(programs.many_lines, "return") <= s.place.line for s in trace)


def test_nested_loops():
    trace = cr.trace(programs.nested, 1.0, 3, argnums=0)
    inner = line_of(programs.nested, "s = s + x * i")
    adds = [path(s) for s in trace if s.operation == "add" and s.place.line == inner]
    expected = [(i, j) for i in (1, 2, 3) for j in (1, 2)]
    assert [(p[2][1], p[4][1]) for p in adds] == expected
    assert all([part[0] for part in p] == ["call", "loop", "iteration", "loop", "iteration", "line"] for p in adds)


def test_the_failing_test_of_a_while_is_an_iteration_of_its_own():
    trace = cr.trace(programs.nested, 1.0, 3, argnums=0)
    tests = [s for s in trace if s.operation == "less"]
    passed = [bool(s.value) for s in tests]
    assert passed.count(False) == 3
    iterations = [dict(path(s)[3:5])["iteration"] for s in tests]
    starts = [i for i, n in enumerate(iterations) if n == 1]
    assert len(starts) == 3
    for start, end in zip(starts, [*starts[1:], len(tests)], strict=True):
        assert iterations[start:end] == list(range(1, end - start + 1))
        assert passed[start:end] == [True] * (end - start - 1) + [False]


def test_calls():
    trace = cr.trace(programs.nested, 1.0, 3, argnums=0)
    squares = [path(s) for s in trace if s.place.function == "square"]
    assert squares
    assert all(p[-2] == ("call", "square") for p in squares)
    assert all(p[-3] == ("line", line_of(programs.nested, "square(x)")) for p in squares)


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (programs.one_line, [1, 2, 3]),
        (programs.branching, [1, 2, 3, 4]),
        (programs.long_headers, [1, 2, 3, 1, 2, 3]),
        (programs.skipping, [1, 3, 5]),
        (programs.endless, [1, 2, 3, 4]),
    ],
)
def test_iterations(f, expected):
    steps = [s for s in cr.trace(f, 0.5) if s.operation in ("sin", "cos", "multiply")]
    assert [dict(path(s))["iteration"] for s in steps] == expected


def test_iterations_without_steps_are_not_counted():
    line = line_of(programs.skipping, "for i")
    assert f"for, line {line}, 3 iterations with steps\n" in str(cr.trace(programs.skipping, 0.5))


def test_recursion():
    trace = cr.trace(programs.recursive, 2.0, 5, argnums=0)
    assert [sum(kind == "call" for kind, _ in path(s)) for s in trace] == [1, 2, 3, 4, 5]


def test_recursion_may_be_deep():
    trace = cr.trace(programs.recursive, 1.0, 900, argnums=0)
    assert len(trace) == 900
    assert len(trace.table(unfold=True).splitlines()) > 900
    assert json.loads(trace.to_json())["steps"][-1]["id"] == 900


def test_generators_keep_their_iterations():
    trace = cr.trace(programs.generated, 2.0)
    inside = [path(s) for s in trace if s.place.function == "powers"]
    assert [p[-2] for p in inside] == [("iteration", 1), ("iteration", 2), ("iteration", 3)]


def test_composite_functions_and_inner_derivatives_fold():
    def f(x):
        return np.var(x) + np.sum(cr.grad(lambda z: np.sum(np.exp(z)))(x))

    labels = {part[1] for s in cr.trace(f, np.array([1.0, 2.0])) for part in path(s) if part[0] == "within"}
    assert labels == {"var", "reverse sweep"}


def test_folds_are_contiguous_and_hold_every_step():
    trace = cr.trace(programs.nested, 1.0, 4, argnums=0)
    assert (trace.folds.first, trace.folds.last) == (0, len(trace) - 1)
    for fold in trace.folds.walk():
        assert len(fold) > 0
        edges = [fold.first - 1, *[i for child in fold.children for i in (child.first, child.last)], fold.last + 1]
        assert edges == sorted(edges)
    for i, step in enumerate(trace.steps):
        assert step.fold.first <= i <= step.fold.last


def test_another_trace_function_is_left_alone():
    seen = []

    def other(frame, event, arg):
        seen.append(event)

    sys.settrace(other)
    try:
        trace = cr.trace(programs.branching, 0.5)
        assert sys.gettrace() is other
    finally:
        sys.settrace(None)
    assert seen
    assert [s.place.line for s in trace] == [s.place.line for s in cr.trace(programs.branching, 0.5)]
    assert {kind for s in trace for kind, _ in path(s)} == {"call", "line"}


def test_the_trace_function_is_taken_away_after_an_error():
    def f(x):
        raise KeyError(x.shape)

    with pytest.raises(KeyError):
        cr.trace(f, 1.0)
    assert sys.gettrace() is None


def test_functions_without_a_line():
    trace = cr.trace(np.sin, 1.0)
    assert [s.operation for s in trace] == ["sin"]
    assert "sin" in str(trace)
