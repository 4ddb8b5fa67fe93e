"""Pages opened in headless Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Callable[..., Any]:
    """Return a context that opens a page from disk, and looks afterwards that it was quiet and asked for nothing."""

    @contextmanager
    def opening(page: Any, part: str = "", **options: Any) -> Iterator[Any]:
        file = page.save(tmp_path / "page.html")
        troubles: list[str] = []
        asked: list[str] = []
        context = browser.new_context(**{"viewport": {"width": 1400, "height": 900}, "locale": "en-GB", **options})
        tab = context.new_page()
        tab.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(file.as_uri() + part)
        tab.wait_for_selector("html[data-ready=yes]")
        yield tab
        context.close()
        assert troubles == []
        assert {url.partition("#")[0] for url in asked} == {file.as_uri()}

    return opening
