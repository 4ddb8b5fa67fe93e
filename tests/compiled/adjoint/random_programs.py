"""Random programs of the intermediate representation, for tests of derivatives."""

from __future__ import annotations

import random

from chainrule.compiled import ir
from chainrule.compiled.build import Builder, const

__all__ = ["N", "program"]

N = 4  # the length of every array


class Scope:
    """What a statement may name."""

    def __init__(self, floats: list, ints: list, buffers: list) -> None:
        self.floats, self.ints, self.buffers = list(floats), list(ints), list(buffers)

    def inner(self) -> Scope:
        return Scope(self.floats, self.ints, self.buffers)


class Generator:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.b = Builder()
        self.size = 0

    def program(self) -> ir.Program:
        b = self.b
        x, y = ir.Buffer(b.names.fresh("x"), "float64", 1), ir.Buffer(b.names.fresh("y"), "float64", 1)
        a, n = b.var("a", "float64"), b.var("n", "int64")
        scope = Scope([a], [], [x, y])
        self.trip = n
        self.block(scope, depth=0, length=self.random.randint(3, 7))
        total = self.float(scope)
        for buffer in scope.buffers:
            total = b.let("add", total, b.load(buffer, [const(self.random.randrange(N))]))
        return ir.Program(ir.Function("f", [x, y, a, n], b.block, [total]))

    # ---- Values

    def float(self, scope: Scope) -> ir.Atom:
        if self.random.random() < 0.1:
            return const(self.random.choice([0.5, -1.25, 2.0]))
        return self.random.choice(scope.floats)

    def index(self, scope: Scope) -> ir.Atom:
        if scope.ints and self.random.random() < 0.8:
            i = self.random.choice(scope.ints)
            return self.b.let("subtract", const(N - 1), i) if self.random.random() < 0.3 else i
        return const(self.random.randrange(N))

    def test(self, scope: Scope) -> ir.Atom:
        if scope.ints and self.random.random() < 0.4:
            return self.b.let("less", self.random.choice(scope.ints), const(self.random.randrange(1, N)))
        return self.b.let("less", self.float(scope), const(self.random.choice([-0.3, 0.1, 0.4])))

    # ---- Statements

    def block(self, scope: Scope, depth: int, length: int) -> None:
        for _ in range(length):
            kinds = [self.let, self.let, self.let, self.load, self.load, self.store, self.store]
            if depth < 3 and self.size < 60:
                kinds += [self.loop, self.loop, self.branch, self.alloc, self.elementwise, self.repeat]
            self.size += 1
            self.random.choice(kinds)(scope, depth)

    def let(self, scope: Scope, depth: int) -> None:
        op = self.random.choice(["sin", "tanh", "multiply", "add", "subtract", "cos", "square", "select", "divide"])
        args = [self.float(scope), self.float(scope)]
        if op == "select":
            result = self.b.let(op, self.test(scope), *args)
        elif op == "divide":
            result = self.b.let(op, args[0], self.b.let("add", self.b.let("square", args[1]), const(1.5)))
        elif op in ("multiply", "square"):
            tame = [self.b.let("tanh", x) for x in args]
            result = self.b.let(op, *tame[: 2 if op == "multiply" else 1])
        else:
            result = self.b.let(op, *(args if op in ("add", "subtract") else args[:1]))
        scope.floats.append(result)

    def load(self, scope: Scope, depth: int) -> None:
        scope.floats.append(self.b.load(self.random.choice(scope.buffers), [self.index(scope)]))

    def store(self, scope: Scope, depth: int) -> None:
        value = self.b.let("tanh", self.float(scope))
        self.b.store(self.random.choice(scope.buffers), [self.index(scope)], value, self.random.random() < 0.3)

    def alloc(self, scope: Scope, depth: int) -> None:
        fill = const(0.25) if self.random.random() < 0.5 else self.float(scope)
        buffer = self.b.alloc("w", "float64", [const(N)], fill)
        scope.buffers.append(buffer)
        if self.random.random() < 0.7:
            self.elementwise(scope, depth, buffer)

    def elementwise(self, scope: Scope, depth: int, target: ir.Buffer | None = None) -> None:
        """A whole array written in a parallel loop, as array expressions are."""
        target = target or self.random.choice(scope.buffers)
        sources = [s for s in scope.buffers if s != target]
        with self.b.loop(const(N), "j", parallel=True) as j:
            inner = Scope([self.float(scope), self.b.load(self.random.choice(sources), [j])], [j], sources)
            for _ in range(self.random.randint(1, 3)):
                self.let(inner, depth)
            self.b.store(target, [j], self.b.let("tanh", inner.floats[-1]))

    def trips(self, scope: Scope) -> ir.Atom:
        ragged = scope.ints if self.random.random() < 0.3 else []
        return self.random.choice([const(self.random.randrange(N)), self.trip, *ragged])

    def carried(self, scope: Scope) -> list[tuple[ir.Var, ir.Atom]]:
        return [(self.b.var("s", "float64"), self.float(scope)) for _ in range(self.random.randrange(3))]

    def loop(self, scope: Scope, depth: int) -> None:
        trip = self.trips(scope)
        counter = self.b.counter(trip, "i")
        carried = self.carried(scope)
        inner = scope.inner()
        inner.floats += [phi for phi, _ in carried]
        inner.ints.append(counter)
        body: list[ir.Statement] = []
        stop = count = None
        with self.b.into(body):
            self.block(inner, depth + 1, self.random.randint(1, 4))
            if self.random.random() < 0.25:
                stop, count = self.test(inner), self.b.var("count", "int64")
                stop = None if isinstance(stop, ir.Const) else stop
            ends = self.ends(carried, inner)
            if len(scope.buffers) > 3 and self.random.random() < 0.3:
                pair = tuple(self.random.sample(scope.buffers[2:], 2))
                self.b.add(ir.Swap(pair, pair[::-1]))
        self.b.add(ir.For(counter, trip, body, ends, stop, count if stop is not None else None))
        scope.floats += [c.result for c in ends]

    def ends(self, carried: list[tuple[ir.Var, ir.Atom]], inner: Scope) -> list[ir.Carried]:
        nexts = [self.b.let("tanh", self.float(inner)) if self.random.random() < 0.7 else self.float(inner)
                 for _ in carried]  # fmt: skip
        return [
            ir.Carried(phi, init, next, self.b.var("s", "float64"))
            for (phi, init), next in zip(carried, nexts, strict=True)
        ]

    def repeat(self, scope: Scope, depth: int) -> None:
        """A ``while``."""
        counter = self.b.var("k", "int64")
        carried = self.carried(scope)
        inner = scope.inner()
        inner.floats += [phi for phi, _ in carried]
        head: list[ir.Statement] = []
        body: list[ir.Statement] = []
        with self.b.into(head):
            short = self.b.let("less", counter, const(self.random.randrange(1, N)))
            test = self.b.let("logical_and", short, self.test(inner)) if self.random.random() < 0.5 else short
        inner.ints.append(counter)
        with self.b.into(body):
            self.block(inner, depth + 1, self.random.randint(1, 3))
            ends = self.ends(carried, inner)
        self.b.add(ir.While(counter, head, test, body, self.b.var("count", "int64"), ends))
        scope.floats += [c.result for c in ends]

    def branch(self, scope: Scope, depth: int) -> None:
        test = self.test(scope)
        blocks: list[list[ir.Statement]] = []
        values = []
        for _ in range(2):
            inner = scope.inner()
            with self.b.into([]) as block:
                self.block(inner, depth + 1, self.random.randint(0, 3))
                values.append(self.float(inner))
            blocks.append(block)
        result = self.b.var("m", "float64")
        self.b.add(ir.If(test, *blocks, [ir.Merge(result, *values)]))
        scope.floats.append(result)


def program(seed: int) -> ir.Program:
    """Return a program of two arrays, a number and a trip count that returns a number."""
    return Generator(seed).program()
