"""NumPy's functions that have no derivative rule, for a reason; and those that need none."""

from __future__ import annotations

import numpy as np

from ._classes import passing, refused

__all__: list[str] = []

# ---- Refused -------------------------------------------------------------------------------------------------------

refused(
    np.load, np.loadtxt, np.genfromtxt, np.fromfile, np.fromregex, np.fromstring, np.frombuffer, np.from_dlpack,
    reason="it makes an array of a file, a text or a piece of memory",
    instead="Read the data first, and pass it to the function as an argument.",
)  # fmt: skip
refused(
    np.save, np.savez, np.savez_compressed, np.savetxt, reason="it writes a file", instead="Write chainrule.value(x)."
)
refused(
    np.base_repr, np.binary_repr, np.format_float_positional, np.format_float_scientific, reason="it writes a text",
    instead="Give it chainrule.value(x).",
)  # fmt: skip
refused(
    np.packbits, np.unpackbits, reason="it works on the bits of integers",
    instead="Give it plain values, chainrule.value(x).",
)  # fmt: skip
refused(
    np.busday_count, np.busday_offset, np.is_busday, np.isnat, np.datetime_as_string, np.datetime_data,
    reason="it works on dates", instead="Turn dates into numbers first: (date - start) / np.timedelta64(1, 'D').",
)  # fmt: skip
refused(
    np.asmatrix, np.bmat, reason="np.matrix has an arithmetic of its own",
    instead="Use arrays of two dimensions and @; np.block puts blocks together.",
)  # fmt: skip
refused(
    np.fromiter, reason="it reads Python's numbers one by one",
    instead="Use np.stack([...]), or chainrule.numpy.array([...]).",
)  # fmt: skip
refused(
    np.frompyfunc, reason="it makes functions of single Python objects",
    instead="Write the function with NumPy functions, or declare it with chainrule.rules.elementwise.",
)  # fmt: skip
refused(np.require, reason="it asks for a place in memory", instead="Use x.copy().")
refused(np.nested_iters, reason="it walks through memory", instead="Use indices, or np.ndindex(x.shape).")

# ---- Nothing needed ------------------------------------------------------------------------------------------------

# About shapes and types.
passing(
    np.broadcast_shapes, np.isscalar, np.iterable, np.isfortran, np.typename, np.mintypecode, np.issubdtype,
    np.promote_types, np.isdtype,
)  # fmt: skip

# Made of functions that have rows.
passing(np.fromfunction, *[getattr(np, name) for name in ("row_stack",) if name in vars(np)])

# Settings and information.
passing(
    np.info, np.get_include, np.show_config, np.show_runtime, np.get_printoptions, np.set_printoptions,
    np.printoptions, np.getbufsize, np.setbufsize, np.geterr, np.seterr, np.geterrcall, np.seterrcall,
    *[vars(module)["test"] for module in (np, np.linalg, np.fft)],
)  # fmt: skip
