"""``numpy.fft``, whose functions take recorded values as they are."""

from __future__ import annotations

from typing import Any

import numpy as np


def __getattr__(name: str) -> Any:
    return getattr(np.fft, name)


def __dir__() -> list[str]:
    return dir(np.fft)
