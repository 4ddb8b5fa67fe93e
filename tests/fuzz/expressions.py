"""Random expressions, as text. Values stay tame: what grows is wrapped in a bounded function sooner or later."""

from __future__ import annotations

from .scope import Helper, Scope, Shape

CONSTANTS = ["0.3", "0.5", "1.5", "-0.7", "2.0", "1.0", "1", "2"]
BOUNDED = ["np.sin({})", "np.cos({})", "np.tanh({})", "np.exp(-({}) ** 2)", "(1.0 / (1.0 + ({}) ** 2))"]
SMOOTH = ["np.sqrt(1.0 + ({}) ** 2)", "np.log(2.0 + np.sin({}))", "(-({}))", "(({}) ** 2)", "abs({})", "np.arctan({})"]
OF_NUMBERS = ["math.sin({})", "math.tanh({})", "math.sqrt(1.0 + ({}) ** 2)", "math.exp(-abs({}))"]
PAIRS = ["{} + {}", "{} - {}", "{} * {}", "0.5 * {} * {}", "{} / (1.5 + np.cos({}))"]


def bounded(scope: Scope, text: str) -> str:
    return scope.pick(BOUNDED).format(text)


def whole(scope: Scope, low: int, high: int) -> str:
    """An integer in the range [low, high], which a program may use as an index."""
    found = [f"{low + int(scope.rng.integers(high - low + 1))}"]
    for w in scope.wholes:
        if low <= w.low and w.high <= high:
            found += [w.text] * 3
        for step in (1, -1):
            if low <= w.low + step and w.high + step <= high:
                found += [f"{w.text} {'+' if step > 0 else '-'} 1"] * 2
        if w.low >= 0 and low <= 0 and high >= 0:
            found.append(f"{w.text} % {high + 1}")
            if low <= high - w.high and w.high <= high:
                found.append(f"{high} - {w.text}")
    return scope.pick(found)


def index(scope: Scope, length: int) -> str:
    """An index into an axis of this length: within it, counted from either end."""
    for text, size, high in scope.indices:
        if high < length and scope.chance(0.15):
            return f"{text}[{whole(scope, 0, size - 1)}]"
    return whole(scope, -length if scope.chance(0.3) else 0, length - 1)


def part(scope: Scope, length: int, wanted: int) -> str | None:
    """A slice that takes `wanted` of `length` elements."""
    found = []
    if wanted == length:
        found += [":", "::-1", ":", f":{length + 2}"]
    if wanted == length - 1:
        found += ["1:", ":-1", "-2::-1", ":0:-1"]
    if wanted == (length + 1) // 2 and length > 1:
        found += ["::2", "::-2"]
    if wanted < length:
        start = int(scope.rng.integers(length - wanted + 1))
        found += [f"{start}:{start + wanted}", f"-{wanted}:"]
        moving = whole(scope, 0, length - wanted)
        found += [f"{moving}:{moving} + {wanted}"] * 2
    return scope.pick(found) if found else None


def number(scope: Scope, depth: int) -> str:
    """A number."""
    if depth <= 0:
        return _simple_number(scope)
    kind = scope.weighted(
        [(4, "simple"), (4, "pair"), (3, "bounded"), (2, "smooth"), (3, "reduced"), (1, "choice"), (1, "extreme")]
        + [(1.5, "call")] * bool(scope.helpers) + [(1, "count")] * bool(scope.wholes)
    )  # fmt: skip
    if kind == "pair":
        return "(" + scope.pick(PAIRS).format(number(scope, depth - 1), number(scope, depth - 1)) + ")"
    if kind in ("bounded", "smooth"):
        return scope.pick(BOUNDED + OF_NUMBERS if kind == "bounded" else SMOOTH).format(number(scope, depth - 1))
    if kind == "reduced":
        return reduced(scope, depth - 1)
    if kind == "choice":
        return f"({number(scope, depth - 1)} if {condition(scope)} else {number(scope, depth - 1)})"
    if kind == "extreme":
        return f"{scope.pick(['max', 'min'])}({number(scope, depth - 1)}, {number(scope, depth - 1)})"
    if kind == "call":
        return call(scope, ()) or _simple_number(scope)
    if kind == "count":
        return f"({scope.pick(scope.wholes).text} * {number(scope, depth - 1)})"
    return _simple_number(scope)


def _simple_number(scope: Scope) -> str:
    scalars, arrays = scope.of(()), scope.arrays()
    kind = scope.weighted([(1, "constant"), (5 * bool(scalars), "name"), (5 * bool(arrays), "element")])
    if kind == "name":
        return scope.pick(scalars).text
    if kind == "element":
        return element(scope)
    return scope.pick(CONSTANTS)


def element(scope: Scope) -> str:
    array = scope.pick([a for a in scope.arrays() if 0 not in a.shape])
    return f"{array.text}[{', '.join(index(scope, n) for n in array.shape)}]"


def reduced(scope: Scope, depth: int) -> str:
    """A number made from arrays."""
    shape = scope.shape()
    one = array(scope, shape, depth)
    if len(shape) == 1 and scope.chance(0.3):
        other = array(scope, shape, depth)
        return scope.pick(["np.dot({}, {})", "({} @ {})", "np.sum({} * {})"]).format(one, other)
    if len(shape) == 1 and scope.chance(0.15):
        return f"np.sum(({one})[{whole(scope, 0, shape[0])}:])"
    forms = ["np.sum({})", "np.mean({})", "({}).sum()", "np.max({})"]
    return scope.pick(forms + ["np.sum({}, axis=0)[0]"] * (len(shape) == 2)).format(one)


def array(scope: Scope, shape: Shape, depth: int) -> str:
    """An array of a given shape."""
    if depth <= 0:
        return readable(scope, shape) or f"np.full({_tuple(shape)}, {_simple_number(scope)})"
    kind = scope.weighted(
        [(6, "name"), (4, "pair"), (3, "scaled"), (3, "function"), (1.2, "where"), (1.5, "axes"), (1, "running")]
        + [(1.5, "call")] * bool(scope.helpers) + [(1, "gather")] * bool(scope.indices)
    )  # fmt: skip
    text = None
    if scope.simple and kind in ("where", "axes", "running"):
        kind = "name"
    if kind == "pair":
        text = "(" + scope.pick(PAIRS).format(array(scope, shape, depth - 1), array(scope, shape, depth - 1)) + ")"
    elif kind == "scaled":
        text = "(" + scope.pick(PAIRS[:4]).format(number(scope, depth - 1), array(scope, shape, depth - 1)) + ")"
    elif kind == "function":
        text = scope.pick(BOUNDED + SMOOTH).format(array(scope, shape, depth - 1))
    elif kind == "where":
        text = f"np.where({mask(scope, shape)}, {array(scope, shape, depth - 1)}, {_either(scope, shape, depth - 1)})"
    elif kind == "axes":
        text = _broadcast(scope, shape, depth - 1)
    elif kind == "running" and len(shape) == 1:
        text = f"np.cumsum({array(scope, shape, depth - 1)})"
    elif kind == "call":
        text = call(scope, shape)
    elif kind == "gather":
        text = _gathered(scope, shape)
    return text or array(scope, shape, 0)


def _either(scope: Scope, shape: Shape, depth: int) -> str:
    return array(scope, shape, depth) if scope.chance(0.6) else number(scope, depth)


def _tuple(shape: Shape) -> str:
    return str(shape[0]) if len(shape) == 1 else str(shape)


def _broadcast(scope: Scope, shape: Shape, depth: int) -> str:
    """An array in whose making axes were stretched, summed or multiplied away."""
    inner = scope.pick(list(scope.sizes))
    if len(shape) == 1:
        n = shape[0]
        return scope.pick([
            f"np.sum({array(scope, (inner, n), depth)}, axis=0)",
            f"np.sum({array(scope, (n, inner), depth)}, axis=1)",
            f"np.max({array(scope, (n, inner), depth)}, axis=-1)",
            f"({array(scope, (n, inner), 0)} @ {array(scope, (inner,), 0)})",
            f"({array(scope, (inner,), 0)} @ {array(scope, (inner, n), 0)})",
        ])  # fmt: skip
    n, m = shape
    return scope.pick([
        f"({array(scope, (n,), depth)}[:, None] * {array(scope, (m,), depth)})",
        f"({array(scope, shape, depth)} - {array(scope, (m,), 0)})",
        f"({array(scope, shape, 0)} - np.mean({array(scope, shape, depth)}, axis=1, keepdims=True))",
        f"({array(scope, (n, inner), 0)} @ {array(scope, (inner, m), 0)})",
        f"np.outer({array(scope, (n,), depth)}, {array(scope, (m,), depth)})",
        f"({array(scope, (m, n), 0)}).T",
    ])  # fmt: skip


def _gathered(scope: Scope, shape: Shape) -> str | None:
    usable = [
        f"{a.text}[{text}]"
        for text, size, high in scope.indices
        for a in scope.arrays(len(shape))
        if high < a.shape[0] and (size, *a.shape[1:]) == shape
    ]
    return scope.pick(usable) if usable else None


def readable(scope: Scope, shape: Shape) -> str | None:
    """A name, or a basic slice of a name, that has this shape: what a view may be made of, or written through."""
    found = [name.text for name in scope.of(shape)] * 2
    for name in scope.arrays():
        if len(name.shape) == len(shape):
            parts = [part(scope, n, wanted) for n, wanted in zip(name.shape, shape, strict=True)]
            if None not in parts:
                found.append(f"{name.text}[{', '.join(map(str, parts))}]")
            if len(shape) == 2 and name.shape == shape[::-1]:
                found.append(f"{name.text}.T")
        if len(name.shape) == 2 and len(shape) == 1:
            rows, columns = name.shape
            if columns == shape[0]:
                found += [f"{name.text}[{index(scope, rows)}]"] * 2
            if rows == shape[0]:
                found.append(f"{name.text}[:, {index(scope, columns)}]")
    return scope.pick(found) if found else None


def mask(scope: Scope, shape: Shape) -> str:
    return f"{array(scope, shape, 0)} {scope.pick(['>', '<'])} {scope.pick(['0.1', '0.4', '-0.2'])}"


def condition(scope: Scope) -> str:
    """A condition on numbers or on integers."""
    options = [f"{number(scope, 1)} > {scope.pick(['0.1', '0.6', '-0.3'])}", f"{number(scope, 0)} < {number(scope, 0)}"]
    for w in scope.wholes:
        options.append(f"{w.text} % 2 == {scope.pick([0, 1])}")
        options.append(f"{w.text} {scope.pick(['<', '>', '=='])} {scope.pick([0, 1, 2])}")
    text = scope.pick(options)
    if scope.chance(0.15):
        return f"{text} {scope.pick(['and', 'or'])} {scope.pick(options)}"
    return f"not {text}" if scope.chance(0.05) else text


def call(scope: Scope, shape: Shape) -> str | None:
    """Call a helper with one result of this shape."""
    fitting = [h for h in scope.helpers if h.returns == (shape,)]
    return called(scope, scope.pick(fitting)) if fitting else None


def called(scope: Scope, helper: Helper) -> str:
    args = [number(scope, 1) if not s else array(scope, s, scope.pick([0, 0, 1])) for s in helper.takes]
    return f"{helper.text}({', '.join(args)})"
