"""Random statements. The weights favour what goes wrong easily: writes in place, views, aliases, carried arrays."""

from __future__ import annotations

from collections.abc import Callable

from . import expressions as ex
from .scope import Scope, Shape, Whole

Lines = list[str]


def indented(lines: Lines) -> Lines:
    return ["    " + line for line in lines]


def block(scope: Scope, count: int, depth: int, looping: bool) -> Lines:
    """Write some statements; each may be a block of its own until `depth` is used up."""
    lines: Lines = []
    for _ in range(count):
        lines += _statement(scope, depth, looping)
    return lines or ["pass"]


def _statement(scope: Scope, depth: int, looping: bool) -> Lines:
    simple: list[tuple[float, Callable[[Scope], Lines | None]]] = [
        (3, new_number), (3, new_array), (3, view), (1.5, alias), (2, rebind), (1.5, rebind_number), (2, swap),
        (5, write_element), (5, write_part), (3, augment_part), (2, augment), (1, write_mask), (0.7, write_gathered),
        (1, unpack), (0.7, work_array), (0.7, reuse_after_write), (0.4, growing_list), (0.5, promoted),
        (1, new_whole),
    ]  # fmt: skip
    compound: list[tuple[float, Callable[[Scope, int, bool], Lines | None]]] = [
        (4, for_loop), (3, branch), (1.2, while_loop), (1, over_elements),
    ]  # fmt: skip
    if scope.simple:
        simple = [(weight, make) for weight, make in simple if make not in NOT_SIMPLE]
    if depth > 0 and scope.chance(0.35):
        lines = scope.weighted(compound)(scope, depth - 1, looping)
    elif looping and scope.chance(0.06):
        lines = [f"if {ex.condition(scope)}:", f"    {scope.pick(['break', 'continue'])}"]
    elif scope.returning and scope.chance(0.02):
        lines = [f"if {ex.condition(scope)}:", f"    return {ex.number(scope, 2)}"]
    else:
        lines = scope.weighted(simple)(scope)
    return lines or new_number(scope)


def new_number(scope: Scope) -> Lines:
    text = ex.number(scope, 3)
    name = scope.fresh("s")
    scope.bind(name, ())
    return [f"{name} = {text}"]


def rebind_number(scope: Scope) -> Lines | None:
    names = scope.of(())
    if not names:
        return None
    name = scope.pick(names).text
    form = scope.pick(["{n} = {e}", "{n} = {n} * {e}", "{n} += {e}", "{n} -= 0.5 * {e}", "{n} *= {e}"])
    return [form.format(n=name, e=ex.bounded(scope, ex.number(scope, 2)))]


def new_array(scope: Scope) -> Lines:
    shape = scope.shape()
    text = ex.array(scope, shape, 2)
    copied = scope.pick(["{}", "{} * 1.0", "({}).copy()", "np.sin({})"])
    name = scope.fresh("v")
    scope.bind(name, shape)
    return [f"{name} = {copied.format(text)}"]


def view(scope: Scope) -> Lines | None:
    """Name a part of an array: what is written through one is seen through the other."""
    arrays = scope.arrays()
    if not arrays:
        return None
    base = scope.pick(arrays)
    wanted = _smaller(scope, base.shape)
    text = ex.readable(scope, wanted)
    name = scope.fresh("w")
    if text is None:
        return None
    scope.bind(name, wanted)
    return [f"{name} = {text}"]


def _smaller(scope: Scope, shape: Shape) -> Shape:
    if len(shape) == 2 and scope.chance(0.4):
        return (scope.pick(list(shape)),)
    return tuple(n if n == 1 or scope.chance(0.5) else n - 1 for n in shape)


def alias(scope: Scope) -> Lines | None:
    arrays = scope.arrays()
    if not arrays:
        return None
    of = scope.pick(arrays)
    name = scope.fresh("u") if scope.chance(0.5) else scope.pick(scope.of(of.shape)).text
    scope.bind(name, of.shape)
    return [f"{name} = {of.text}"]


def rebind(scope: Scope) -> Lines | None:
    arrays = scope.arrays()
    if not arrays:
        return None
    name = scope.pick(arrays)
    text = ex.array(scope, name.shape, 2)
    return [f"{name.text} = {ex.bounded(scope, text) if scope.chance(0.8) else text}"]


def swap(scope: Scope) -> Lines | None:
    """Let names change places: two or three arrays, numbers, or elements."""
    if scope.chance(0.2) and scope.arrays():
        one, other = ex.element(scope), ex.element(scope)
        return [f"{one}, {other} = {other}, {one}"]
    groups = [group for name in scope.names if len(group := scope.of(name.shape)) > 1]
    if not groups:
        return None
    group = scope.pick(groups)
    count = 3 if len(group) > 2 and scope.chance(0.2) else 2
    chosen = [group[i].text for i in scope.rng.permutation(len(group))[:count]]
    right = [*chosen[1:], chosen[0]]
    if scope.chance(0.2) and not group[0].shape:
        right[-1] = ex.bounded(scope, f"{chosen[0]} * {chosen[1]}")
    return [f"{', '.join(chosen)} = {', '.join(right)}"]


def write_element(scope: Scope) -> Lines | None:
    if not scope.arrays():
        return None
    target = ex.element(scope)
    form = scope.pick(["{t} = {e}", "{t} = {e}", "{t} = {t} * {e}", "{t} += {e}", "{t} -= {e}", "{t} *= {e}"])
    value = ex.number(scope, 2)
    return [form.format(t=target, e=ex.bounded(scope, value) if scope.chance(0.8) else value)]


def _target(scope: Scope) -> tuple[str, Shape] | None:
    arrays = scope.arrays()
    if not arrays:
        return None
    base = scope.pick(arrays)
    shape = _smaller(scope, base.shape)
    text = ex.readable(scope, shape)
    if text is None:
        return None
    return (text if text.endswith("]") else f"{text}[:]" if len(shape) == 1 else f"{text}[...]"), shape


def write_part(scope: Scope) -> Lines | None:
    target = _target(scope)
    if target is None:
        return None
    text, shape = target
    value = ex.array(scope, shape, 2) if scope.chance(0.8) else ex.number(scope, 2)
    return [f"{text} = {ex.bounded(scope, value) if scope.chance(0.6) else value}"]


def augment_part(scope: Scope) -> Lines | None:
    target = _target(scope)
    if target is None:
        return None
    text, shape = target
    value = ex.array(scope, shape, 1) if scope.chance(0.7) else ex.number(scope, 1)
    return [f"{text} {scope.pick(['+=', '-=', '*='])} {ex.bounded(scope, value)}"]


def augment(scope: Scope) -> Lines | None:
    arrays = scope.arrays()
    if not arrays:
        return None
    name = scope.pick(arrays)
    value = ex.array(scope, name.shape, 1) if scope.chance(0.7) else ex.number(scope, 1)
    return [f"{name.text} {scope.pick(['+=', '-=', '*='])} {ex.bounded(scope, value)}"]


def write_mask(scope: Scope) -> Lines | None:
    arrays = scope.arrays()
    if not arrays:
        return None
    name = scope.pick(arrays)
    target = f"{name.text}[{ex.mask(scope, name.shape)}]"
    return [f"{target} {scope.pick(['=', '*=', '+='])} {ex.bounded(scope, ex.number(scope, 1))}"]


def write_gathered(scope: Scope) -> Lines | None:
    for text, size, high in scope.indices:
        fitting = [a for a in scope.arrays(1) if high < a.shape[0]]
        if fitting:
            value = ex.array(scope, (size,), 1) if scope.chance(0.6) else ex.number(scope, 1)
            return [f"{scope.pick(fitting).text}[{text}] {scope.pick(['=', '+=', '*='])} {ex.bounded(scope, value)}"]
    return None


def unpack(scope: Scope) -> Lines | None:
    """Take apart what a helper returns, or assign several at once."""
    several = [h for h in scope.helpers if len(h.returns) > 1]
    if several and scope.chance(0.7):
        helper = scope.pick(several)
        text = ex.called(scope, helper)
        names = [scope.fresh("r") for _ in helper.returns]
        for name, shape in zip(names, helper.returns, strict=True):
            scope.bind(name, shape)
        return [f"{', '.join(names)} = {text}"]
    values = [ex.number(scope, 1), ex.number(scope, 2)]
    names = [scope.fresh("s"), scope.fresh("s")]
    for name in names:
        scope.bind(name, ())
    return [f"{', '.join(names)} = {', '.join(values)}"]


def work_array(scope: Scope) -> Lines:
    """Make an array first and fill it in a loop."""
    n = scope.pick(list(scope.sizes))
    name, i = scope.fresh("z"), scope.fresh("i")
    make = scope.pick(["np.zeros({})", "np.empty({})", "np.ones({})"]).format(n)
    inner = scope.inner()
    inner.wholes.append(Whole(i, 0, n - 1))
    value = ex.bounded(inner, ex.number(inner, 2))
    scope.bind(name, (n,))
    return [f"{name} = {make}", f"for {i} in range({n}):", f"    {name}[{i}] = {value}"]


def reuse_after_write(scope: Scope) -> Lines | None:
    """Read, overwrite, and use what was read."""
    if not scope.arrays():
        return None
    element, kept = ex.element(scope), scope.fresh("s")
    scope.bind(kept, ())
    return [f"{kept} = {element}", f"{element} = {ex.bounded(scope, ex.number(scope, 1))}", f"{element} *= {kept}"]


def growing_list(scope: Scope) -> Lines:
    name, i, total = scope.fresh("l"), scope.fresh("i"), scope.fresh("s")
    inner = scope.inner()
    inner.wholes.append(Whole(i, 0, 2))
    lines = [f"{name} = []", f"for {i} in range(3):", f"    {name}.append({ex.number(inner, 2)})"]
    scope.bind(total, ())
    value = scope.pick([f"sum({name}) * {name}[-1]", f"sum([e * e for e in {name}])"])
    return [*lines, f"{total} = {value}"]


def promoted(scope: Scope) -> Lines:
    """An integer that a branch turns into a float."""
    name = scope.fresh("k")
    lines = [f"{name} = {scope.pick([0, 1, 2])}", f"if {ex.condition(scope)}:", f"    {name} = {ex.number(scope, 1)}"]
    scope.bind(name, ())
    return lines


def new_whole(scope: Scope) -> Lines:
    """An integer for indices and trip counts; now and then one of two, or one that changes what a loop counts to."""
    name, high = scope.fresh("m"), max(scope.sizes) - 1
    text = ex.whole(scope, 0, high)
    lines = [f"{name} = {text}"]
    if scope.chance(0.4):
        lines += [f"if {ex.condition(scope)}:", f"    {name} = {ex.whole(scope, 0, high)}"]
    scope.wholes.append(Whole(name, 0, high))
    return lines


def for_loop(scope: Scope, depth: int, looping: bool) -> Lines:
    i = scope.fresh("i")
    header, low, high = _range(scope)
    inner = scope.inner()
    inner.wholes.append(Whole(i, low, high))
    body = block(inner, 1 + int(scope.rng.integers(3)), depth, True)
    if scope.chance(0.2):
        scope.names = [n for n in inner.names if n.text not in {m.text for m in scope.names}] + scope.names
        scope.wholes.append(Whole(i, low, high))
    return [f"for {i} in {header}:", *indented(body)]


def _range(scope: Scope) -> tuple[str, int, int]:
    n = scope.pick([*scope.sizes, 2, 3])
    if scope.wholes and scope.chance(0.25):
        w = scope.pick(scope.wholes)
        if 0 < w.high <= 4:
            return f"range({w.text})", 0, w.high - 1
    lengths = [name.text for name in scope.arrays(1) if name.shape[0] == n]
    stop = f"len({scope.pick(lengths)})" if lengths and scope.chance(0.5) else str(n)
    if n > 1 and scope.chance(0.3):
        return f"range(1, {stop})", 1, n - 1
    return (f"range({stop} - 1, -1, -1)" if scope.chance(0.25) else f"range({stop})"), 0, n - 1


def over_elements(scope: Scope, depth: int, looping: bool) -> Lines | None:
    arrays = scope.arrays()
    if not arrays:
        return None
    base, name = scope.pick(arrays), scope.fresh("e")
    inner = scope.inner()
    inner.bind(name, base.shape[1:])
    header = f"{name} in {base.text}"
    if scope.chance(0.3):
        i = scope.fresh("i")
        inner.wholes.append(Whole(i, 0, base.shape[0] - 1))
        header = f"{i}, {name} in enumerate({base.text})"
    return [f"for {header}:", *indented(block(inner, 1 + int(scope.rng.integers(2)), depth, True))]


def while_loop(scope: Scope, depth: int, looping: bool) -> Lines:
    k = scope.fresh("k")
    limit = scope.pick([2, 3, 4])
    inner = scope.inner()
    inner.wholes.append(Whole(k, 1, limit))
    body = block(inner, 1 + int(scope.rng.integers(2)), depth, True)
    extra = f" and ({ex.condition(scope)})" if scope.chance(0.4) else ""
    return [f"{k} = 0", f"while {k} < {limit}{extra}:", f"    {k} += 1", *indented(body)]


def branch(scope: Scope, depth: int, looping: bool) -> Lines:
    lines: Lines = []
    for word in ["if", "elif"][: 1 + scope.chance(0.2)]:
        inner = scope.inner()
        body = block(inner, 1 + int(scope.rng.integers(2)), depth, looping)
        if scope.chance(0.1):
            scope.names = [n for n in inner.names if n.text not in {m.text for m in scope.names}] + scope.names
        lines += [f"{word} {ex.condition(scope)}:", *indented(body)]
    if scope.chance(0.5):
        lines += ["else:", *indented(block(scope.inner(), 1, depth, looping))]
    return lines


NOT_SIMPLE = {write_mask, write_gathered, growing_list, promoted, unpack}
