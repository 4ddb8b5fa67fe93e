"""Programs of the intermediate representation as the text of a Python module that a person can read."""

from .module import Emitted, emit

__all__ = ["Emitted", "emit"]
