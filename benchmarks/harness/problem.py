"""Problems: found by the name of their folder."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).parents[1] / "problems"


def names() -> list[str]:
    """All problems."""
    return sorted(file.parent.name for file in FOLDER.glob("*/__init__.py"))


def problem(name: str) -> ModuleType:
    """The module that describes a problem: its sizes, data, reference and tolerance."""
    return import_module(f"problems.{name}")


def has(name: str, file: str) -> bool:
    """Whether a problem is written for a tool."""
    return (FOLDER / name / f"{file}.py").exists()


def program(name: str, file: str) -> ModuleType:
    """A problem as one tool has it."""
    return import_module(f"problems.{name}.{file}")


def label(size: dict[str, Any]) -> str:
    """A size in a table."""
    return " ".join(f"{key}={value}" for key, value in size.items())
