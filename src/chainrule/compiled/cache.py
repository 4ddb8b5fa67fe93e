"""Files of emitted modules: a name from their content, so that a second process finds what the first one compiled.

A file is written once and never changed; Numba keeps its machine code in ``__pycache__`` beside it. Files are written
whole or not at all, so that processes can share the directory. What cannot be written or read is done without.
"""

from __future__ import annotations

import contextlib
import hashlib
import linecache
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

__all__ = ["directory", "forget", "load_module", "trim", "version"]

MOST_BYTES = 256 * 2**20
MOST_FILES = 4000


def directory() -> Path:
    """Return where modules are kept: ``CHAINRULE_CACHE_DIR``, or the user's directory for caches."""
    chosen = os.environ.get("CHAINRULE_CACHE_DIR")
    if chosen:
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "chainrule" / "cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "chainrule"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "chainrule"


def load_module(text: str, name: str, version: str = "") -> tuple[ModuleType, bool]:
    """Return the module of a text, and whether it is kept on disk.

    Parameters
    ----------
    text : str
    name : str
        Part of the module's name, for people who read a traceback.
    version : str
        What else the compiled form depends on.
    """
    digest = hashlib.sha256(f"{_bare(text)}\n{version}".encode()).hexdigest()[:20]
    module_name = f"chainrule_{name}_{digest}"
    known = sys.modules.get(module_name)
    if known is not None:
        return known, getattr(known, "__chainrule_kept__", False)
    path = _kept(text, f"{module_name}.py")
    file = str(path) if path is not None else f"<{module_name}>"
    module = ModuleType(module_name)
    module.__file__ = file
    module.__dict__["__chainrule_kept__"] = path is not None
    if path is None:  # tracebacks and debuggers show the lines all the same
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), module.__dict__)
    sys.modules[module_name] = module  # Numba finds functions of its cache by the module's name
    return module, path is not None


def _kept(text: str, name: str) -> Path | None:
    """Return the file that holds a text, written if it is not there; None if that cannot be."""
    try:
        path = directory() / name
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if _bare(path.read_text(encoding="utf-8")) == _bare(text):
                os.utime(path)  # the cache is trimmed by age
                return path if os.access(path.parent, os.W_OK) else None
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, text)
        trim()
    except (OSError, RuntimeError):  # not writable, or no home directory
        return None
    return path


def _bare(text: str) -> str:
    """Return a text without its comments: they name lines of the user's file, and these move."""
    return "\n".join([line for line in text.splitlines() if not line.lstrip().startswith("#")])


def _write(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.stem}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def forget(module: ModuleType) -> None:
    """Remove what Numba keeps for a module: it cannot be read."""
    for file in _machine_code(Path(module.__file__ or "")):
        with contextlib.suppress(OSError):
            file.unlink()


def _machine_code(path: Path) -> Iterator[Path]:
    folder = path.parent / "__pycache__"
    return folder.glob(f"{path.stem}.*") if folder.is_dir() else iter(())


def trim(most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES) -> None:
    """Remove the modules that were used longest ago, until the directory is within its limits."""
    sizes = _sizes(directory())
    total, count = sum(sizes.values()), len(sizes)
    if total <= most_bytes and count <= most_files:
        return
    for last_used, module in sorted((_last_used(path), path) for path in directory().glob("chainrule_*.py")):
        if _last_used(module) > last_used:  # by another process, meanwhile
            continue
        for file in [*_machine_code(module), module]:
            with contextlib.suppress(OSError):
                file.unlink()
                total, count = total - sizes.get(file, 0), count - 1
        if total <= most_bytes / 2 and count <= most_files / 2:
            return


def _sizes(folder: Path) -> dict[Path, int]:
    found: dict[Path, int] = {}
    for place in (folder, folder / "__pycache__"):
        with contextlib.suppress(OSError), os.scandir(place) as entries:
            for entry in entries:
                if entry.is_file():
                    found[Path(entry.path)] = entry.stat().st_size
    return found


def _last_used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@cache
def version() -> str:
    """Return what the compiled form of a text depends on beside the text: the helpers that it calls."""
    names = ("runtime.py", "native.py", "native_linalg.py", "special.py", "vector.py", "allocation.py", "callback.py",
             "exponential.py", "loops.py", "machine.py", "pipeline.py", "launch.py", "native_launch.py",
             "native_prange.py")  # fmt: skip
    texts = [Path(__file__).with_name(name) for name in names]
    try:
        return hashlib.sha256(b"".join([text.read_bytes() for text in texts])).hexdigest()[:16]
    except OSError:
        return ""
