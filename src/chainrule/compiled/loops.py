"""What Numba's compiler is told of loops: that no iteration accesses an element of an array that another one writes.

A loop over ``apart_range`` is one over ``range`` of which that is proven (see `ir.For.apart`). When Numba has written a
function in LLVM's language, the accesses of the loop become one "access group", and the jump back to its head says that
the loop may run them side by side. Then LLVM need not compare the places of arrays before each run of the loop.

References
----------
LLVM Language Reference, "llvm.loop.parallel_accesses" and "llvm.access.group".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["APART", "lowering"]

APART = "apart_range"


@cache
def lowering() -> Any:
    """Return the step of Numba's that writes a function in LLVM's language; None if it is not made of known parts."""
    try:
        return _lowering()
    except (ImportError, AttributeError):
        return None


def _lowering() -> Any:
    passes, plain = import_module("numba.core.typed_passes"), import_module("numba.core.lowering").Lower

    class Lower(plain):  # type: ignore[misc, valid-type]
        """Writes a function in LLVM's language."""

        def lower_function_body(self) -> Any:
            self.made: dict[int, list[Any]] = {}
            found = super().lower_function_body()
            for loop in _apart(self.func_ir):
                _mark(self.module, [b for label in loop.body for b in self.made[label]], self.blkmap[loop.header])
            return found

        def lower_block(self, block: Any) -> None:
            label = next(k for k, b in self.blocks.items() if b is block)
            before = set(map(id, self.function.blocks))
            super().lower_block(block)
            new = [b for b in self.function.blocks if id(b) not in before]
            self.made[label] = [self.blkmap[label], *new]

    @import_module("numba.core.compiler_machinery").register_pass(mutates_CFG=True, analysis_only=False)
    class Lowering(passes.BaseNativeLowering):  # type: ignore[misc, name-defined]
        _name = "chainrule_lowering"

        @property
        def lowering_class(self) -> Any:
            return Lower

    return Lowering


def _apart(function: Any) -> Iterator[Any]:
    """Yield the loops over ``apart_range``, as Numba's analysis gives them."""
    numba_ir = import_module("numba.core.ir")
    graph = import_module("numba.core.analysis").compute_cfg_from_blocks(function.blocks)
    for loop in graph.loops().values():
        for s in function.blocks[loop.header].body:
            value = getattr(s, "value", None)
            if isinstance(value, numba_ir.Expr) and value.op == "iternext" and _is_apart(function, value.value):
                yield loop


def _is_apart(function: Any, iterator: Any) -> bool:
    numba_ir = import_module("numba.core.ir")
    try:
        made = function.get_definition(iterator)  # getiter
        call = function.get_definition(made.value)
        callee = function.get_definition(call.func)
    except (KeyError, AttributeError):
        return False
    return isinstance(callee, numba_ir.Global) and callee.name == APART


def _mark(module: Any, blocks: list[Any], head: Any) -> None:
    """Put the accesses of a loop's blocks into a group of their own, and say so where they jump back to its head."""
    node = _node()
    group = node(module)
    about = node(module, [None, module.add_metadata(["llvm.loop.parallel_accesses", group])])
    for block in blocks:
        for instruction in block.instructions:
            if instruction.opname in ("load", "store"):
                instruction.set_metadata("llvm.access.group", group)
        if block.terminator is not None and head in getattr(block.terminator, "operands", ()):
            block.terminator.set_metadata("llvm.loop", about)


@cache
def _node() -> Any:
    """Return the class of nodes of metadata that are like no other; None among what one holds is itself."""
    values = import_module("llvmlite.ir.values")

    class Node(values.MDValue):  # type: ignore[misc, name-defined]
        def __init__(self, module: Any, held: Any = ()) -> None:
            super().__init__(module, [self if x is None else x for x in held], name=str(len(module.metadata)))

        def descr(self, text: list[str]) -> None:
            text += (f"distinct !{{ {', '.join(x.get_reference() for x in self.operands)} }}", "\n")

        def __eq__(self, other: object) -> bool:
            return self is other

        def __hash__(self) -> int:
            return id(self)

    return Node
