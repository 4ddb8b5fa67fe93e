"""The command ``chainrule``: see ``chainrule --help``."""

from ._main import main

__all__ = ["main"]
