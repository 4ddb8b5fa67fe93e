"""SciPy and its rows are imported when a program uses them, and not before."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


def run(text: str) -> None:
    """Run a program in a new process: here, SciPy is imported already."""
    subprocess.run([sys.executable, "-c", textwrap.dedent(text)], check=True)


PROGRAMS = {
    "nothing imports scipy unasked": """
        import sys
        import numpy as np
        import chainrule as cr
        import chainrule.symbolic
        from chainrule.rules import rows
        assert cr.grad(np.sin)(0.0) == 1.0
        assert [row.name for row in rows(scipy=False) if row.name == "erf"] == []
        assert "scipy" not in sys.modules
    """,
    "rows are there for a function of a loaded module": """
        import chainrule as cr
        from scipy.special import erf
        assert 1.128 < cr.grad(erf)(0.0) < 1.129
    """,
    "all rows are asked for": """
        from chainrule.rules import rows
        assert [row.name for row in rows() if row.name == "erf"] == ["erf"]
    """,
    "chainrule.scipy": """
        import sys
        import chainrule as cr
        from chainrule.scipy import special
        assert 1.128 < cr.grad(special.erf)(0.0) < 1.129
        assert special is cr.scipy.special and special.gamma is sys.modules["scipy.special"].gamma
    """,
    "rows without scipy": """
        import sys
        sys.modules["scipy"] = None
        from chainrule.rules import rows
        assert len(list(rows())) == len(list(rows(scipy=False)))
    """,
    "a rule of the user's for a function that has one": """
        from scipy.special import erf
        from chainrule.rules import elementwise, REAL
        try:
            elementwise(erf, x=1.0, domain=REAL)
        except TypeError as error:
            assert "erf has a rule already" in str(error)
        else:
            raise AssertionError
    """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_in_a_new_process(name: str) -> None:
    run(PROGRAMS[name])


def test_mirror_knows_the_names_of_the_module() -> None:
    from scipy import special

    import chainrule as cr

    assert dir(cr.scipy.special) == sorted(special.__all__)
    assert cr.scipy.special.SpecialFunctionError is special.SpecialFunctionError
    with pytest.raises(AttributeError, match=r"'chainrule.scipy.special' has no attribute 'gama'"):
        cr.scipy.special.gama  # noqa: B018
    with pytest.raises(AttributeError, match="it has linalg, numerically, special"):
        cr.scipy.stats  # noqa: B018
