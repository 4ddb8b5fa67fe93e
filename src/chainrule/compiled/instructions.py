"""Instructions for elements and parts of arrays, in machine code; see `elements`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["PART", "PUT", "TAKE", "machine_form"]

TAKE, PUT, PART = "chainrule_take", "chainrule_put", "chainrule_part"


@cache
def machine_form(name: str) -> Any:
    """Return a function that reads or writes an element, for Numba's use."""
    what, _, count = name.rpartition("_")
    typed = {TAKE: _taking, PUT: _putting, PART: _parting}[what]
    parameters = ", ".join([*[f"i{k}" for k in range(int(count))], *(["value"] if what == PUT else [])])
    namespace = {"typed": typed}
    exec(f"def {name}(context, array, {parameters}):\n    return typed(array, {parameters})\n", namespace)
    return import_module("numba.extending").intrinsic(namespace[name])


def _taking(array: Any, *index: Any) -> Any:
    if array.ndim > len(index):  # a row
        return _parting(array, *index)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        address = _address(context, builder, array, values[0], _sizes(context, builder, index, values[1:]))
        return context.unpack_value(builder, array.dtype, address, align=None if array.aligned else 1)

    _require_element(array, index)
    return array.dtype(array, *index), generate


def _putting(array: Any, *others: Any) -> Any:
    *index, kind = others

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        element = context.cast(builder, values[-1], kind, array.dtype)
        address = _address(context, builder, array, values[0], _sizes(context, builder, index, values[1:-1]))
        context.pack_value(builder, array.dtype, element, address, align=None if array.aligned else 1)
        return context.get_dummy_value()

    _require_element(array, index)
    return import_module("numba.types").none(array, *others), generate


def _parting(array: Any, *index: Any) -> Any:
    made = array.copy(ndim=array.ndim - len(index), layout="C" if array.layout == "C" else "A")

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        whole, zero = values[0], context.get_constant(import_module("numba.types").intp, 0)
        first = [*_sizes(context, builder, index, values[1:]), *[zero] * made.ndim]
        shape, strides = [
            _tail(builder, _field(context, builder, array, whole, name), len(index), array.ndim)
            for name in ("shape", "strides")
        ]
        count = context.get_constant(import_module("numba.types").intp, 1)
        for k in range(made.ndim):
            count = builder.mul(count, builder.extract_value(shape, k), flags=["nsw"])
        fields = {name: _field(context, builder, array, whole, name) for name in ("meminfo", "parent", "itemsize")}
        fields.update(data=_address(context, builder, array, whole, first), nitems=count, shape=shape, strides=strides)
        part = import_module("llvmlite.ir").Constant(context.get_value_type(made), None)
        for name, value in fields.items():
            part = builder.insert_value(part, value, context.data_model_manager[made].get_field_position(name))
        context.nrt.incref(builder, made, part)
        return part

    return made(array, *index), generate


def _tail(builder: Any, values: Any, start: int, stop: int) -> Any:
    """Return the last elements of an array of sizes."""
    return import_module("numba.core.cgutils").pack_array(
        builder, [builder.extract_value(values, k) for k in range(start, stop)]
    )


def _field(context: Any, builder: Any, array: Any, value: Any, name: str) -> Any:
    return builder.extract_value(value, context.data_model_manager[array].get_field_position(name))


def _require_element(array: Any, index: Any) -> None:
    if array.ndim != len(index):
        msg = f"an element of {array} has {array.ndim} indices, not {len(index)}"
        raise TypeError(msg)


def _sizes(context: Any, builder: Any, kinds: Any, values: Any) -> list[Any]:
    intp = import_module("numba.types").intp
    return [context.cast(builder, value, kind, intp) for value, kind in zip(values, kinds, strict=True)]


def _address(context: Any, builder: Any, array: Any, value: Any, index: list[Any]) -> Any:
    """Return the address of an element."""
    data = _field(context, builder, array, value, "data")
    if array.layout == "A":
        strides = _field(context, builder, array, value, "strides")
        steps = [builder.extract_value(strides, k) for k in range(len(index))]
        offset = _sum(builder, [builder.mul(i, step, flags=["nsw"]) for i, step in zip(index, steps, strict=True)])
        return import_module("numba.core.cgutils").pointer_add(builder, data, offset)
    shape, order = _field(context, builder, array, value, "shape"), range(len(index))
    place, *others = order if array.layout == "C" else reversed(order)
    offset = index[place]
    for axis in others:
        length = builder.extract_value(shape, axis)
        offset = builder.add(builder.mul(offset, length, flags=["nsw"]), index[axis], flags=["nsw"])
    return builder.gep(data, [offset], inbounds=True)


def _sum(builder: Any, terms: list[Any]) -> Any:
    total, *others = terms
    for term in others:
        total = builder.add(total, term, flags=["nsw"])
    return total
