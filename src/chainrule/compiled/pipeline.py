"""Numba's steps for emitted functions: without those that look for what they do not hold.

For each function, Numba looks for closures to write out and for operations on whole arrays to make into loops. Emitted
functions are loops over single numbers already; the search takes up to a tenth of the time of compiling. Nor is there
anybody who calls them from C.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any

from .loops import lowering

__all__ = ["options"]

_LEFT_OUT = {"InlineClosureLikes", "NopythonRewrites"}


def options(function: FunctionType) -> dict[str, Any]:
    """Return the options of Numba's for an emitted function."""
    closures = any(isinstance(x, CodeType) for x in function.__code__.co_consts)
    return {"error_model": "numpy", "no_cfunc_wrapper": True, "pipeline_class": _emitted(closures)}


@cache
def _emitted(closures: bool) -> Any:
    compiler = import_module("numba.core.compiler")  # which has no types: hence what is ignored below
    left_out = set() if closures else _LEFT_OUT

    class Emitted(compiler.CompilerBase):  # type: ignore[misc, name-defined]
        """The steps for an emitted function."""

        def define_pipelines(self) -> list[Any]:
            whole = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)
            manager = compiler.PassManager("emitted")
            for step, description in whole.passes:
                if step.__name__ == "NativeLowering":
                    manager.add_pass(lowering() or step, description)
                elif step.__name__ not in left_out:
                    manager.add_pass(step, description)
            manager.finalize()
            return [manager]

    return Emitted
