"""Sixels and kitty commands: their sizes, their budgets, their pixels."""

from __future__ import annotations

import io
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len

from tui_tagger.widgets.boxes import Overlay, drawable
from tui_tagger.widgets.encoding import (
    PLACEHOLDER,
    KittyImage,
    Pane,
    encode_sixels,
    kitty_commands,
    kitty_delete,
    kitty_image,
    kitty_line,
    sixels,
)
from tui_tagger.widgets.halfcells import fit, halfcells

PANE = Pane(40, 20, (8, 17), (10, 20, 30))
RED = Image.new("RGB", (300, 200), (255, 0, 0))


def noise(width: int, height: int) -> Image.Image:
    """The worst case: nothing repeats."""
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8))


def on_kitty(image: Image.Image, overlays: tuple[Overlay, ...] = ()) -> KittyImage:
    encoded = kitty_image(image, overlays, PANE)
    assert encoded
    return encoded


def sixel_size(data: str) -> tuple[int, int]:
    found = re.search(r'"1;1;(\d+);(\d+)', data)
    assert found
    return int(found[1]), int(found[2])


def kitty_png(commands: str) -> Image.Image:
    parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", commands)
    return Image.open(io.BytesIO(b64decode("".join(data for _, data in parts))))


@pytest.mark.parametrize("rows", [1, 7, 20])
def test_sixels_cover_whole_bands_inside_the_pane(rows: int) -> None:
    pane = Pane(40, rows, (8, 17), (0, 0, 0))
    picture = sixels(RED, (), pane)
    assert picture
    width, height = sixel_size(picture.data)
    assert width == 320
    assert height % 6 == 0
    assert rows * 17 - 6 < height <= rows * 17


def test_each_sixel_colour_is_selected_after_its_definition() -> None:
    data = encode_sixels(noise(24, 12), 16)
    definitions = re.findall(r"(#\d+);2;\d+;\d+;\d+(#\d+)?", data)
    assert len(definitions) > 2
    assert all(defined == selected for defined, selected in definitions)


@pytest.mark.parametrize("budget", [100_000, 30_000])
def test_budget_holds_for_the_worst_picture(budget: int) -> None:
    pane = Pane(60, 24, (8, 17), (0, 0, 0))
    picture = sixels(noise(300, 300), (), pane, budget)
    assert picture is None or len(picture.data) <= budget
    image = kitty_image(noise(300, 300), (), pane, budget)
    assert image is None or len(image.png) <= budget


def test_a_photo_that_fits_keeps_its_size() -> None:
    picture = sixels(RED, (), PANE)
    assert picture
    assert len(picture.data) < 10_000


def test_nothing_is_encoded_where_not_even_the_cheapest_fits() -> None:
    assert sixels(noise(300, 300), (), PANE, 500) is None
    assert kitty_image(noise(300, 300), (), PANE, 500) is None


def test_palette_stays_within_the_registers_of_the_terminal() -> None:
    pane = Pane(40, 20, (8, 17), (0, 0, 0), colours=16)
    picture = sixels(noise(300, 300), (), pane)
    assert picture
    assert {int(number) for number in re.findall(r"#(\d+)", picture.data)} <= set(range(16))


def test_kitty_image_is_a_png_of_whole_cells() -> None:
    image = on_kitty(RED)
    commands = kitty_commands(image, 70_000)
    png = kitty_png(commands)
    assert (image.columns, image.rows) == (40, 13)
    assert png.size == (40 * 8, 13 * 17)
    assert png.convert("RGB").getpixel((160, 110)) == (255, 0, 0)
    assert "a=p,U=1,i=70000,c=40,r=13,q=2" in commands


def test_kitty_commands_are_cut_in_chunks_of_which_the_last_says_so() -> None:
    commands = kitty_commands(on_kitty(noise(300, 200)), 70_000)
    heads = [head for head, data in re.findall(r"\x1b_G([^;\x1b]*);([^\x1b]*)", commands) if len(data) <= 4096]
    assert len(heads) > 3
    assert heads[0].startswith("i=70000,f=100,")
    assert [head.endswith("m=0") for head in heads] == [False] * (len(heads) - 1) + [True]


def test_kitty_line_is_as_wide_as_its_columns_and_names_its_row() -> None:
    line = kitty_line(12, 3)
    assert cell_len(line) == 12
    assert line.count(PLACEHOLDER) == 12
    assert line != kitty_line(12, 4)
    assert "I,i=5," in kitty_delete(5)


@pytest.mark.parametrize(("image", "expected"), [((400, 200), (100, 50)), ((200, 400), (40, 80)), ((1, 5000), (1, 80))])
def test_fit_keeps_the_shape(image: tuple[int, int], expected: tuple[int, int]) -> None:
    assert fit(image, (100, 80)) == expected


def test_boxes_are_drawn_in_their_colour_and_place() -> None:
    overlay = Overlay((0.25, 0.25, 0.5, 0.5), "1", "#00ff00")
    png = kitty_png(kitty_commands(on_kitty(RED, (overlay,)), 70_000)).convert("RGB")
    pixels = np.asarray(png).astype(int)
    green = (pixels[..., 1] > 180) & (pixels[..., 0] < 80)
    rows, columns = np.flatnonzero(green.any(axis=1)), np.flatnonzero(green.any(axis=0))
    assert abs(columns.min() - 80) <= 2
    assert abs(columns.max() - 240) <= 2
    assert rows.min() < 53  # the tag stands above the box
    assert abs(rows.max() - (4 + 160)) <= 4


def test_a_selected_box_looks_different_without_its_colour() -> None:
    def drawn(selected: bool) -> Image.Image:
        overlay = Overlay((0.25, 0.25, 0.5, 0.5), "1", "#00ff00", selected)
        return kitty_png(kitty_commands(on_kitty(RED, (overlay,)), 70_000)).convert("L")

    assert np.abs(np.asarray(drawn(True)).astype(int) - np.asarray(drawn(False))).max() > 60


def test_letters_that_the_font_lacks_are_left_out() -> None:
    assert drawable("3✓\U0010ffff", 14).startswith("3")
    assert "\U0010ffff" not in drawable("3\U0010ffff", 14)


def test_an_unknown_colour_still_draws() -> None:
    assert Overlay((0, 0, 1, 1), "1", "no such colour").rgb == (220, 220, 220)


@pytest.mark.parametrize("box", [(-0.5, -0.5, 3, 3), (0.99, 0.99, 0.5, 0.5), (0, 0, 0, 0), (2, 2, 1, 1)])
def test_boxes_beyond_the_picture_are_cut(box: tuple[float, float, float, float]) -> None:
    x0, y0, x1, y1 = Overlay(box, "1", "red").rectangle(30, 20)
    assert 0 <= x0 < x1 <= 29
    assert 0 <= y0 < y1 <= 19
    assert on_kitty(RED, (Overlay(box, "1", "red"),)).rows == 13


def test_half_cells_show_two_colours_a_cell() -> None:
    image = Image.new("RGB", (8, 8), (255, 0, 0))
    image.paste((0, 0, 255), (0, 4, 8, 8))
    strips = halfcells(image, (), (2, 3), (8, 16), (0, 0, 0), 100_000)
    assert [strip.text for strip in strips] == ["  ", "▀▀", "  "]
    style = next(iter(strips[1])).style
    assert style is not None
    assert style.color is not None
    assert style.color.triplet == (255, 0, 0)
    assert style.bgcolor is not None
    assert style.bgcolor.triplet == (0, 0, 255)


def test_half_cells_are_centred_and_fitted_in_cells_that_are_not_square() -> None:
    strips = halfcells(RED, (), (30, 20), (8, 20), (0, 0, 0), 100_000)
    red = [
        sum(len(segment.text) for segment in strip if "255" in str(segment.style and segment.style.bgcolor))
        for strip in strips
    ]
    height = sum(count > 0 for count in red)
    assert len(strips) == 20
    assert all(strip.cell_length == 30 for strip in strips)
    assert height == pytest.approx(30 * 8 * 200 / 300 / 20, abs=1)


def test_half_cells_of_the_worst_picture_stay_near_their_budget() -> None:
    strips = halfcells(noise(400, 300), (), (120, 36), (8, 17), (0, 0, 0), 25_000)
    runs = sum(len(list(strip)) for strip in strips)
    assert runs * 38 <= 25_000


def test_half_cells_write_the_label_as_text() -> None:
    overlays = (Overlay((0.2, 0.4, 0.3, 0.3), "1✓", "red"), Overlay((0.6, 0.4, 0.3, 0.3), "2?", "lime", True))
    strips = halfcells(RED, overlays, (40, 13), (8, 17), (0, 0, 0), 100_000)
    text = "\n".join(strip.text for strip in strips)
    assert "1✓" in text
    assert "[2?]" in text
