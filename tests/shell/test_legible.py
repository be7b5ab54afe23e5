"""Inks of themes that can be read on the papers they are used on."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tui_tagger.shell.legible import INKS, LEAST, PAPERS, contrast, legible

COLOURED = sorted(name for name in BUILTIN_THEMES if "ansi" not in name)


def variables(theme: str) -> dict[str, str]:
    found = BUILTIN_THEMES[theme]
    return {**found.to_color_system().generate(), **found.variables}


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#777777", "#777777", 1), ("#767676", "#ffffff", 4.54), ("#ff0000", "#ffffff", 4.0)],
)
def test_the_ratio_is_the_standards(one: str, other: str, ratio: float) -> None:
    assert contrast(Color.parse(one), Color.parse(other)) == pytest.approx(ratio, abs=0.01)
    assert contrast(Color.parse(other), Color.parse(one)) == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize("theme", COLOURED)
def test_every_ink_can_be_read_on_every_paper(theme: str) -> None:
    found = legible(variables(theme))
    for paper in (Color.parse(found[name]) for name in PAPERS):
        for ink in (Color.parse(found[name]) for name in INKS):
            assert contrast(paper + ink, paper) >= LEAST


def test_what_can_be_read_keeps_its_colour() -> None:
    before = variables("textual-dark")
    assert legible(before) == before
    pale = variables("textual-light")
    changed = {name for name, value in legible(pale).items() if value != pale[name]}
    assert changed == {"foreground-muted", "text-accent", "text-success", "text-warning"}


def test_the_terminals_own_colours_are_left_alone() -> None:
    for theme in set(BUILTIN_THEMES) - set(COLOURED):
        assert legible(variables(theme)) == variables(theme)
