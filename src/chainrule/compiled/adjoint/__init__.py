"""Reverse mode, from program to program."""

from .build_adjoint import adjoint, adjoint_with_report
from .saves import Saved

__all__ = ["Saved", "adjoint", "adjoint_with_report"]
