"""The test card in each protocol."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tui_tagger.widgets.encoding import PLACEHOLDER
from tui_tagger.widgets.terminal import Protocol, Terminal
from tui_tagger.widgets.test_card import CELLS, EXPECTED, card, shown


def terminal(protocol: Protocol) -> Terminal:
    return Terminal(protocol, (8, 17), "test", (), False)


def test_the_card_has_what_one_is_told_to_look_for() -> None:
    image = card()
    width, height = image.size
    assert all(image.getpixel(corner) == (255, 255, 255) for corner in ((0, 0), (width - 1, height - 1)))
    bars = [image.getpixel((bar * width // 8 + 20, 12)) for bar in range(8)]
    colours = ["white", "yellow", "cyan", "green", "magenta", "red", "blue", "black"]
    values = dict(zip(colours, bars, strict=True))
    assert (values["yellow"], values["green"], values["red"]) == ((255, 255, 0), (0, 255, 0), (255, 0, 0))
    assert (values["cyan"], values["magenta"], values["blue"]) == ((0, 255, 255), (255, 0, 255), (0, 0, 255))
    assert all(colour in " ".join(EXPECTED) for colour in colours)


@pytest.mark.parametrize(
    ("protocol", "mark"),
    [("sixel", "\x1bP"), ("kitty", PLACEHOLDER), ("halfcell", "▀")],
    ids=["sixel", "kitty", "half"],
)
def test_each_protocol_draws_it_and_ends_in_a_line_of_its_own(protocol: Protocol, mark: str) -> None:
    text = shown(terminal(protocol))
    assert mark in text
    assert text.endswith("\n")


def test_half_cells_are_as_wide_as_told() -> None:
    import re

    lines = re.sub(r"\x1b\[[\d;]*m", "", shown(terminal("halfcell"))).splitlines()
    assert [cell_len(line) for line in lines] == [CELLS[0]] * CELLS[1]


def test_without_pictures_there_is_nothing_to_draw() -> None:
    assert shown(terminal("none")) == ""
