"""The disk cache: found by a second process, harmless when damaged, bounded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule as cr
from chainrule.compiled import cache

PROGRAM = """
import sys, chainrule as cr
sys.path.insert(0, {folder!r})
from model import f
print(cr.jit(cr.grad(f))(0.5, 10))
"""
MODEL = """
def f(x, n):
    for i in range(n):
        x = x*x - 0.5
    return x
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


def process(folder):
    program = PROGRAM.format(folder=str(folder))
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(folder):
    made = process(folder)
    out, err = made.communicate(timeout=120)
    assert not made.returncode, err
    return float(out)


def kept(folder):
    return {p: p.stat().st_mtime_ns for p in (folder / "cache").rglob("*.nbc")}


def test_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path))
    assert cache.directory() == tmp_path
    monkeypatch.delenv("CHAINRULE_CACHE_DIR")
    assert "chainrule" in str(cache.directory())


def test_module_is_written_once(folder):
    first, on_disk = cache.load_module("x = 1\n", "a")
    assert on_disk
    del sys.modules[first.__name__]
    before = os.stat(first.__file__).st_ino
    second, _ = cache.load_module("# a comment\nx = 1\n", "a")
    assert second.__name__ == first.__name__
    assert os.stat(second.__file__).st_ino == before
    assert cache.load_module("x = 2\n", "a")[0].x == 2


def test_directory_that_cannot_be_made(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    module, on_disk = cache.load_module("def f():\n    return 1\n", "b")
    assert not on_disk
    assert module.f() == 1


def test_trimmed(folder):
    for k in range(8):
        module, _ = cache.load_module(f"x = {k}\n", "c")
        os.utime(module.__file__, (k, k))
    cache.trim(most_files=6)
    assert sorted(p.read_text() for p in (folder / "cache").glob("*.py")) == ["x = 5\n", "x = 6\n", "x = 7\n"]


def test_what_another_process_used_meanwhile_is_not_trimmed(folder, monkeypatch):
    for k in range(4):
        module, _ = cache.load_module(f"y = {k}\n", "d")
        os.utime(module.__file__, (k, k))
    used = Path(module.__file__)
    machine_code = cache._machine_code

    def meanwhile(path):  # another process reads the newest module while the oldest is removed
        os.utime(used)
        return machine_code(path)

    monkeypatch.setattr(cache, "_machine_code", meanwhile)
    cache.trim(most_files=1)
    assert list((folder / "cache").glob("*.py")) == [used]


def test_a_module_that_another_process_removes_compiles_all_the_same(folder, monkeypatch):
    load = cache.load_module

    def removed(*args):
        module, on_disk = load(*args)
        assert on_disk
        Path(module.__file__).unlink()
        return module, on_disk

    monkeypatch.setattr(cache, "load_module", removed)
    assert cr.jit(cr.grad(lambda x: x * x * x))(2.0) == 12.0


@pytest.mark.slow
def test_second_process_finds_the_machine_code(folder):
    expected = run(folder)
    before = kept(folder)
    assert before
    assert run(folder) == expected
    assert kept(folder) == before


@pytest.mark.slow
def test_edits_are_noticed(folder):
    first = run(folder)
    (folder / "model.py").write_text(MODEL.replace("0.5", "0.25"))
    assert run(folder) != first


@pytest.mark.slow
def test_moved_lines_are_no_edit(folder):
    run(folder)
    before = kept(folder)
    (folder / "model.py").write_text("\n\n\n" + MODEL)
    run(folder)
    assert kept(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("content", [b"", b"damaged", b"\x80\x05\x95"], ids=["empty", "text", "cut"])
def test_damaged_files(folder, suffix, content):
    expected = run(folder)
    for path in (folder / "cache").rglob(f"*.{suffix}"):
        path.write_bytes(content)
    assert run(folder) == expected
    assert run(folder) == expected


@pytest.mark.slow
def test_directory_that_is_not_writable(folder, monkeypatch):
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", "/proc/nowhere")
    run(folder)


@pytest.mark.slow
def test_processes_at_once(folder):
    made = [process(folder) for _ in range(4)]
    found = {p.communicate(timeout=120)[0] for p in made}
    assert not any(p.returncode for p in made)
    assert len(found) == 1


RECURSIVE = """
import sys
import numpy as np
import chainrule as cr

def determinant(A):
    n = A.shape[0]
    if n == 1:
        return A[0, 0]
    total = 0.0
    for c in range(n):
        minor = np.empty((n - 1, n - 1), like=A)
        for i in range(1, n):
            for j in range(n - 1):
                minor[i - 1, j] = A[i, j] if j < c else A[i, j + 1]
        total += (1 - 2 * (c % 2)) * A[0, c] * determinant(minor)
    return total

def flipped(A, n=4):
    return A[0, 0] if n == 0 else flipped(A.T, n - 1) * A[0, 1]

def root(A, n=2):
    return np.sqrt(A[0, 0]) if n == 0 else root(A, n - 1)

def rooted(A):
    return root(A, 2) * A[0, 1]

A = np.array([[2.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.0, 1.0, 4.0]])
f = globals()[sys.argv[1]]
print(np.abs(cr.jit(cr.grad(f))(A) - cr.grad(f)(A)).max() < 1e-12)
for module in list(sys.modules.values()):
    for function in vars(module).values() if module.__name__.startswith("chainrule_") else ():
        if getattr(function, "__module__", "") == module.__name__:
            found = function.stats.cache_hits, function.stats.cache_misses
            print(function.__name__, *[sum(counts.values()) for counts in found])
"""


@pytest.fixture
def recursive(tmp_path):
    """A function of processes that return what was read from disk and what was compiled."""
    script = tmp_path / "recursive.py"
    script.write_text(RECURSIVE)
    env = {**os.environ, "CHAINRULE_CACHE_DIR": str(tmp_path / "cache")}

    def run(name):
        command = [sys.executable, str(script), name]
        found = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert not found.returncode, found.stderr
        right, *counts = found.stdout.splitlines()
        assert right == "True"
        return {name: (int(hits), int(misses)) for name, hits, misses in map(str.split, counts)}

    return run


@pytest.mark.slow
def test_recursive_functions_are_read_from_disk(recursive):
    called, entry = "determinant_1_with_gradient_0_of_0", "determinant_grad"
    assert recursive("determinant") == {called: (0, 1), entry: (0, 1)}
    assert recursive("determinant") == {called: (0, 0), entry: (1, 0)}


@pytest.mark.slow
def test_functions_that_call_other_versions_of_themselves_are_compiled_again(recursive):
    """Numba leaves calls between the versions open; what it reads back from disk would crash."""
    first = recursive("flipped")
    assert recursive("flipped") == first
    assert not any(hits for hits, _ in first.values())


@pytest.mark.slow
def test_a_number_in_the_first_call_makes_no_other_version(recursive):
    """Numba compiles ``root(A, 2)`` for the number 2, and what that calls for any number."""
    compiled = recursive("rooted")
    assert any(misses for _, misses in compiled.values())
    assert recursive("rooted") == {**dict.fromkeys(compiled, (0, 0)), "rooted_grad": (1, 0)}
