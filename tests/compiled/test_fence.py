"""What is refused: each construct with its line, carets, the reason and the repair."""

# ruff: noqa

import random

import numpy as np
import pytest

import chainrule as cr
from chainrule import UnsupportedError
from compiled.lower.lowering import lowered

ITEMS = [1.0, 2.0]


def with_(x):
    with open("file"):
        return x


def try_(x):
    try:
        return 1 / x
    except ZeroDivisionError:
        return x


def yield_(x):
    yield x


def global_(x):
    global COUNT
    COUNT = x
    return x


def nonlocal_(x):
    y = x

    def f():
        nonlocal y
        y = 2.0

    f()
    return y


def class_(x):
    class A:
        pass

    return x


def match_(x):
    match x:
        case 1.0:
            return x
    return x


def import_(x):
    import os

    return x


def complex_(x):
    return x * 1j


def printed(x):
    print(x)
    return x


def random_(x):
    return x * np.random.normal()


def random_module(x):
    return x * random.random()


def attribute_(x):
    cr.something = x
    return x


def global_list(x):
    ITEMS.append(x)
    return x


def argument_list(v):
    v[0] = 2.0
    return v[1]


def type_clash(x):
    if x > 0:
        y = x
    else:
        y = "text"
    return y * 2


def none_or_number(x):
    if x > 0:
        return x


def unknown_function(x):
    return open(x)


def set_of(x):
    return {x, 1.0}


def two_kinds(x, n):
    for i in range(n):
        if i > x:
            x = (x, 1)
    return x


def derivative(x):
    cr.check_grads(np.sin, x)
    return x


def endless(x):
    return endless(x) + 1.0


def delete_item(x):
    v = [x, 1.0]
    del v[0]
    return v[0]


def text_of_number(x):
    return int(str(x))


def run_time_key(x, n):
    return {0: x, 1: 2.0}[n]


def unlike_items(x, n):
    s = 0.0
    for i in range(n):
        s += (x, None)[i]
    return s


CASES = [
    (with_, (1.0,), "with open", "with statement"),
    (try_, (1.0,), "try:", "try statement"),
    (yield_, (1.0,), "yield x", "generator"),
    (global_, (1.0,), "global COUNT", "global statement"),
    (nonlocal_, (1.0,), "nonlocal y", "nonlocal"),
    (class_, (1.0,), "class A", "class"),
    (match_, (1.0,), "match x", "match"),
    (import_, (1.0,), "import os", "import of os"),
    (complex_, (1.0,), "return x * 1j", "Complex"),
    (printed, (1.0,), "print(x)", "print"),
    (random_, (1.0,), "np.random.normal", "Random"),
    (random_module, (1.0,), "random.random()", "Random"),
    (attribute_, (1.0,), "cr.something = x", "attribute something"),
    (global_list, (1.0,), "ITEMS.append(x)", "outside of the function"),
    (argument_list, ([1.0, 2.0],), "v[0] = 2.0", "outside of the function"),
    (type_clash, (1.0,), "return y * 2", "a number or a str"),
    (none_or_number, (1.0,), "def none_or_number", "None on others"),
    (unknown_function, (1.0,), "return open(x)", "open"),
    (set_of, (1.0,), "{x, 1.0}", "key"),
    (two_kinds, (1.0, 3), "if i > x", "a tuple or a number"),
    (derivative, (1.0,), "cr.check_grads(np.sin, x)", "check_grads"),
    (endless, (1.0,), "def endless", "calls itself on every path"),
    (delete_item, (1.0,), "del v[0]", "Deleting"),
    (text_of_number, (1.0,), "str(x)", ""),
    (run_time_key, (1.0, 1), "{0: x, 1: 2.0}[n]", "key that is known at run time"),
    (unlike_items, (1.0, 1), "for i in range(n)", "unlike"),
]


@pytest.mark.parametrize(("f", "args", "line", "reason"), CASES, ids=[c[0].__name__ for c in CASES])
def test_refusals_name_the_line_the_reason_and_a_repair(f, args, line, reason):
    with pytest.raises(UnsupportedError) as caught:
        lowered(f, *args)
    what, place, text, carets, *repair = str(caught.value).splitlines()
    assert reason in what, what
    assert place.startswith(f"  {__file__}:"), place
    assert line in text, text
    assert set(carets.strip()) == {"^"}
    assert repair
    assert repair[0]


def test_nothing_of_the_users_is_changed():
    assert ITEMS == [1.0, 2.0]
