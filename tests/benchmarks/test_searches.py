"""References that no difference of values can check."""

from __future__ import annotations

import numpy as np
import pytest

from harness.problem import problem


@pytest.mark.parametrize("name", ["particle", "saddle"])
def test_what_is_found_is_what_others_have_published(name: str) -> None:
    module = problem(name)
    _, found = module.reference(*module.data(**module.HEADLINE))
    np.testing.assert_allclose(found, module.EXPECTED, rtol=1e-12)
