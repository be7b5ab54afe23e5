"""The pages that are made from the program say what the program says."""

from __future__ import annotations

import re

import pytest

from tools.build_docs import DOCS, PAGES
from tui_tagger.services.query import condition


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "python -m tools.build_docs writes it anew"


def test_the_filters_that_are_shown_are_filters() -> None:
    table = (DOCS / "filters.md").read_text("utf-8").partition("## Examples")[2]
    examples = re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE)
    assert len(examples) > 4
    assert all(condition(example) is not None for example in examples)
