from chainrule.compiled import facts, ir
from chainrule.compiled.build import Builder, const
from chainrule.compiled.lower.array import Array
from chainrule.compiled.lower.checks import checked_index
from chainrule.compiled.lower.views import largest, minus
from chainrule.compiled.scalar import Scalar
from chainrule.compiled.spec import ArraySpec


def sized(builder, *names):
    result = [builder.var(name, ir.INT) for name in names]
    for var in result:
        facts.known_size(builder, var, not_one=True)
        builder.parameters.add(var)
    return result


def checks(body):
    return [s for s in ir.walk(body) if isinstance(s, ir.Check)]


def test_forms():
    b = Builder()
    n, m = sized(b, "n", "m")
    k = b.let("add", b.let("multiply", const(3), n), b.let("subtract", m, n))
    assert facts.form(b, k) == facts.Form(((m, 1), (n, 2)), 0)
    assert facts.equal(b, b.let("subtract", k, m), b.let("multiply", n, const(2)))
    assert not facts.equal(b, n, m)


def test_slices_of_one_length():
    b = Builder()
    (n,) = sized(b, "n")
    tail = largest(b, minus(b, n, const(1)), const(0))
    with b.into([]):
        again = b.let("maximum", minus(b, n, const(1)), const(0))
        assert facts.equal(b, tail, again)
    assert facts.prove(b, tail, n)
    assert not facts.positive(b, tail)


def test_counters():
    b = Builder()
    (n,) = sized(b, "n")
    trip = largest(b, minus(b, n, const(1)), const(0))
    with b.loop(trip) as k:
        i = b.let("add", k, const(1))
        assert facts.nonnegative(b, b.let("subtract", i, const(1)))
        assert facts.prove(b, i, n, 1)
        assert not facts.prove(b, i, n, 2)
        with b.loop(i) as j:
            assert facts.prove(b, j, n, 2)
            assert facts.prove(b, j, k)


def test_counting_by_two():
    b = Builder()
    (n,) = sized(b, "n")
    trip = b.let("floor_divide", b.let("add", n, const(1)), const(2))
    with b.loop(trip) as k:
        assert facts.prove(b, b.let("multiply", const(2), k), n, 1)


def test_what_was_computed_in_a_branch_stands_for_nothing_outside():
    b = Builder()
    (n,) = sized(b, "n")
    with b.into([]):
        inside = b.let("minimum", n, const(7))
    outside = b.let("minimum", n, const(7))
    assert facts.equal(b, inside, outside)
    assert facts.form(b, outside).terms == ((outside, 1),)


def test_equal_by_a_check():
    b = Builder()
    n, m = sized(b, "n", "m")
    with b.into([]):
        facts.suppose_equal(b, m, n)
        assert facts.equal(b, b.let("add", n, const(1)), b.let("add", m, const(1)))
    assert not facts.equal(b, n, m)


def made(use):
    """Return the statements of a loop over a parameter's trips that indexes an array."""
    b = Builder()
    (trip,) = sized(b, "trip")
    b.parameters.add(trip)
    array = Array.parameter(b, ir.Buffer("x.1", ir.FLOAT, 1), ArraySpec(ir.FLOAT, (0,)))
    use(b, array, trip)
    return b.block


def test_checks_before_the_loop():
    def use(b, x, trip):
        with b.loop(trip) as k:
            x[Scalar(k, b, True)]
            x[Scalar(b.let("add", k, const(1)), b, True)]

    body = made(use)
    loop = body[-1]
    assert isinstance(loop, ir.For)
    assert not checks(loop.body)
    assert len(checks(body)) == 2


def test_checks_before_nested_loops():
    def use(b, x, trip):
        with b.loop(trip) as i, b.loop(trip) as j:
            x[Scalar(b.let("add", i, j), b, True)]

    body = made(use)
    assert not checks(body[-1].body)
    assert len(checks(body)) == 1


def test_checks_stay_in_a_branch():
    def use(b, x, trip):
        with b.loop(trip) as k, b.when(b.let("less", k, const(3))):
            x[Scalar(k, b, True)]

    body = made(use)
    assert len(checks(body[-1].body)) == 1


def test_no_check_for_what_is_known():
    def use(b, x, trip):
        with b.loop(x.length().atom) as k:
            x[Scalar(k, b, True)]
            with b.loop(k) as j:
                x[Scalar(j, b, True)]
                x[Scalar(b.let("subtract", k, j), b, True)]
            x[Scalar(b.let("remainder", k, x.length().atom), b, True)]

    assert not checks(made(use))


def test_negative_indices_wrap():
    def use(b, x, trip):
        with b.loop(x.length().atom) as k:
            x[Scalar(b.let("subtract", k, const(1)), b, True)]

    body = made(use)
    assert any(isinstance(s, ir.Let) and s.op == "wrap" for s in ir.walk(body))
    assert not checks(body[-1].body)


def test_without_checks():
    b = Builder()
    b.notes["boundscheck"] = False
    n, i = sized(b, "n", "i.1")
    assert checked_index(b, i, n) == i
    assert not b.block
