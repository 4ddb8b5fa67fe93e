"""Reverse mode, from program to program."""

from .build_adjoint import adjoint, adjoint_with_report

__all__ = ["adjoint", "adjoint_with_report"]
