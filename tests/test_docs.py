"""The pages that are made from the program say what the program says."""

from __future__ import annotations

import pytest

from tools.build_docs import DOCS, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "python -m tools.build_docs writes it anew"
