"""What a trace holds: inputs, steps, partials, contributions, outputs."""

import numpy as np
import pytest

import chainrule as cr
from tracing import programs


def test_partials_are_the_textbook_ones():
    trace = cr.trace(programs.polynomial, 3.0, 4.0)
    partials = [[float(trace.partial(s, e)) for e in trace.edges(s)] for s in trace]
    assert partials == [[6.0], [4.0, 9.0], [1.0, 1.0], [1.0]]


def test_contributions_sum_to_the_adjoints():
    def f(p, x):
        h = np.tanh(x @ p["w"] + p["b"])
        h = np.concatenate([h, h[:1] ** 2])
        return np.sum(h * h[::-1]) + np.max(h) + p["b"]

    p, x = {"w": np.array([0.3, -0.2]), "b": 0.1}, np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.2]])
    trace = cr.trace(f, p, x)
    adjoints = trace.adjoints()
    totals = [np.zeros(np.shape(node.value)) for node in trace.nodes]
    totals[trace.outputs[0].node] += 1
    for step in trace.steps:
        for edge, term in trace.contributions(step, adjoints[step.id]):
            totals[edge.node] = totals[edge.node] + term
    for total, adjoint in zip(totals, adjoints, strict=True):
        np.testing.assert_allclose(total, np.zeros_like(total) if adjoint is None else adjoint, rtol=1e-14)


def test_the_kinds_of_partials():
    def f(w, x):
        h = w @ x
        return np.sum(h * h)

    trace = cr.trace(f, np.eye(2), np.ones(2))
    kinds = {s.operation: [e.kind for e in trace.edges(s)] for s in trace}
    assert kinds == {"matmul": ["map", "map"], "multiply": ["elementwise"] * 2, "sum": ["gradient"]}
    assert trace.partial(trace.steps[0], trace.edges(trace.steps[0])[0]) is None
    np.testing.assert_array_equal(trace.partial(trace.steps[2], trace.edges(trace.steps[2])[0]), [1.0, 1.0])


def test_names_of_inputs():
    trace = cr.trace(lambda p, x: p["w"] * p["b"][0] * x, {"w": 2.0, "b": [3.0]}, 4.0)
    assert [x.name for x in trace.inputs] == ["p['b'][0]", "p['w']", "x"]


def test_arguments_that_are_not_numbers_are_passed_on():
    def f(x, flag, name, index):
        assert flag is True
        assert name == "sum"
        return getattr(np, name)(x[index])

    trace = cr.trace(f, np.arange(3.0), True, "sum", np.array([0, 2]))
    assert [x.name for x in trace.inputs] == ["x"]
    assert trace.value == 2.0


def test_integers_become_floats_and_the_error_says_so():
    assert [x.value.dtype for x in cr.trace(programs.polynomial, 3, 4).inputs] == [np.float64] * 2
    with pytest.raises(TypeError) as caught:
        cr.trace(programs.long_loop, 0.5, 3)
    assert "argnums" in caught.value.__notes__[0]


def test_argnums():
    assert [x.name for x in cr.trace(programs.polynomial, 3.0, 4.0, argnums="y").inputs] == ["y"]
    assert [x.name for x in cr.trace(programs.polynomial, 3.0, 4.0, argnums=(-1, 0)).inputs] == ["y", "x"]
    for wrong in ("z", 2):
        with pytest.raises(cr.DerivativeError, match="no argument"):
            cr.trace(programs.polynomial, 3.0, 4.0, argnums=wrong)
    with pytest.raises(cr.DerivativeError, match="is a number"):
        cr.trace(lambda x: x, "text")


def test_several_outputs():
    trace = cr.trace(lambda x: {"a": x * 2, "b": (x[0], 5.0)}, np.array([1.0, 2.0]))
    assert [(x.label, x.node is None) for x in trace.outputs] == [
        ("result['a']", False), ("result['b'][0]", False), ("result['b'][1]", True)
    ]  # fmt: skip
    np.testing.assert_array_equal(trace.adjoints("result['a'][1]")[0], [0.0, 2.0])
    np.testing.assert_array_equal(trace.adjoints(1)[0], [1.0, 0.0])
    assert trace.adjoints(2) == [None] * len(trace.nodes)


def test_elements_and_directions():
    trace = cr.trace(lambda x: x**2, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(trace.tangents("x[1]")[-1], [0.0, 4.0, 0.0])
    np.testing.assert_array_equal(trace.tangents(0, [1.0, 0.0, 1.0])[-1], [2.0, 0.0, 6.0])
    np.testing.assert_array_equal(trace.tangents()[-1], [2.0, 4.0, 6.0])
    with pytest.raises(cr.DerivativeError, match="shape"):
        trace.tangents(0, [1.0])
    with pytest.raises(cr.DerivativeError, match="The inputs are x"):
        trace.tangents("y")
    with pytest.raises(cr.DerivativeError, match="The outputs are result"):
        trace.adjoints(3)


def test_constants_are_kept_as_they_were():
    buffer = np.array([1.0, 2.0])

    def f(x):
        y = x * buffer
        buffer[0] = 100.0
        return np.sum(y * buffer)

    trace = cr.trace(f, np.array([1.0, 1.0]))
    np.testing.assert_array_equal(trace.steps[0].operands[1].value, [1.0, 2.0])
    np.testing.assert_array_equal(trace.steps[1].operands[1].value, [100.0, 2.0])
    np.testing.assert_array_equal(trace.adjoints()[0], [100.0, 4.0])


def test_values_before_and_after_a_write():
    def f(x):
        y = x * 1.0
        y[0] = y[1] * 5.0
        y += y
        return y[0]

    trace = cr.trace(f, np.array([1.0, 2.0]))
    assert trace.value == 20.0
    written = [s for s in trace if s.operation == "put"]
    np.testing.assert_array_equal(written[0].operands[0].value, [1.0, 2.0])
    np.testing.assert_array_equal(written[0].value, [10.0, 2.0])


def test_comparisons_and_constant_functions_are_steps_without_a_derivative():
    trace = cr.trace(lambda x: np.floor(x) * x if x > 1 else x, 2.5)
    assert [(s.name, s.operation, s.kind) for s in trace] == [
        ("b1", "greater", "constant"), ("v1", "floor", "constant"), ("v2", "multiply", "elementwise")
    ]  # fmt: skip
    assert trace.adjoints()[0] == 2.0
    assert trace.edges(trace.steps[1]) == []


def test_compiled_functions_and_gradients_can_be_traced():
    square = cr.jit(lambda x: x * x)
    assert [s.operation for s in cr.trace(square, 3.0)] == ["multiply"]
    gradient = cr.trace(cr.grad(lambda x: x * x), 3.0)
    assert gradient.value == 6.0
    assert gradient.adjoints()[0] == 2.0


def test_recorded_values_are_refused():
    with pytest.raises(cr.EscapeError, match="is not differentiated"):
        cr.grad(lambda x: x * cr.trace(lambda z: z * z, x).value)(3.0)
    assert cr.grad(lambda x: x * cr.trace(lambda z: z * z, cr.value(x)).value)(3.0) == 9.0


def test_complex_values():
    trace = cr.trace(lambda x: np.abs(np.exp(1j * x) + x), 0.5)
    assert trace.adjoints()[0] == cr.grad(lambda x: np.abs(np.exp(1j * x) + x))(0.5)


def test_costs():
    costs = cr.trace(lambda x: np.sum(np.exp(x)), np.ones(1000)).costs()
    assert [cost.bytes for cost in costs] == [8000, 8]
    assert all(cost.seconds > 0 for cost in costs)


def test_repeated_eigenvalues():
    def f(x):
        values, vectors = np.linalg.eigh(np.diag(np.array([1.0, 1.0, 2.0])) + x * np.ones((3, 3)))
        return np.sum(values**3) + np.sum((vectors * values) @ vectors.T)

    assert cr.trace(f, 0.0).adjoints()[0] == pytest.approx(cr.grad(f)(0.0), rel=1e-12)
    assert cr.trace(f, 0.0).tangents()[-1] == pytest.approx(cr.jvp(f, 0.0, 1.0)[1], rel=1e-12)


def test_nonfinite():
    trace = cr.trace(lambda x: np.sqrt(np.sum((x - 1.0) ** 2)), np.ones(2))
    found = trace.nonfinite()
    assert found["value"] is None
    assert found["adjoint"].step.operation == "sqrt"
    assert found["tangent"].step.operation == "sqrt"
    with np.errstate(invalid="ignore"):
        trace = cr.trace(lambda x: np.sqrt(x) * 2.0, -1.0)
    assert trace.nonfinite()["value"].step.operation == "sqrt"


@pytest.mark.parametrize("constant", [np.floor, np.round, np.trunc])
def test_nothing_flows_to_what_a_constant_function_made(constant):
    trace = cr.trace(lambda x: constant(x) * x, 2.25)
    assert [edge.node for edge in trace.edges(trace.steps[1])] == [0]
    (edge, term), *others = trace.contributions(trace.steps[1], trace.adjoints()[2])
    assert (edge.node, term, others) == (0, trace.adjoints()[0], [])


def test_results_are_what_the_function_returns():
    trace = cr.trace(lambda x: (x > 1, 7, x * 2, np.arange(2)), 2.0)
    assert [type(x) for x in trace.value] == [bool, int, float, np.ndarray]
    assert trace.value[:3] == (True, 7, 4.0)
    assert str(trace).startswith("f(x=2) = (True, 7, 4, [0, 1])")


def test_inputs_know_their_arguments():
    trace = cr.trace(lambda p, x: p["w"] * x + p["b"], {"w": 2.0, "b": 1.0}, 3.0)
    assert [(x.name, x.argument) for x in trace.inputs] == [("p['b']", "p"), ("p['w']", "p"), ("x", "x")]


@pytest.mark.parametrize(
    ("f", "args", "text"),
    [(lambda x: (), (2.0,), "returned no number"), (lambda x, y: y, ([], 2.0), "differentiate by hold no number")],
)
def test_nothing_to_differentiate(f, args, text):
    with pytest.raises(cr.DerivativeError, match=text):
        cr.trace(f, *args, argnums=0)


def test_partials_by_what_a_comparison_multiplies_are_numbers():
    trace = cr.trace(lambda x: (x < 3) * x + np.sum(np.array([True, False]) * x), 2.0)
    partials = [trace.partial(step, edge) for step in trace for edge in trace.edges(step)]
    assert [np.asarray(x).dtype.kind for x in partials[:2]] == ["f", "f"]
    np.testing.assert_array_equal(partials[1], [1.0, 0.0])


@pytest.mark.parametrize(("x", "y"), [(0.5, np.nan), (np.inf, 1.0)])
def test_the_first_step_that_reads_what_is_not_finite(x, y):
    found = cr.trace(lambda x, y: x * 2.0 * y + 1.0, x, y, argnums=0).nonfinite()
    assert found["value"].step.name == ("v2" if np.isnan(y) else "v1")
    assert (found["tangent"] is not None) == np.isnan(y)
