import sys

import pytest

from chainrule.compiled.allocation import keep_freed_memory


def test_the_setting_can_be_left_alone(monkeypatch):
    monkeypatch.setenv("CHAINRULE_KEEP_MEMORY", "0")
    assert not keep_freed_memory.__wrapped__()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc")
def test_the_setting_is_accepted():
    assert isinstance(keep_freed_memory(), bool)
