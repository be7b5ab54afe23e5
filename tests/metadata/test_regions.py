from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tui_tagger.geometry import Box
from tui_tagger.metadata.regions import Area, Frame, from_mp, from_mwg, mp_rectangle, mwg_fields, to_area, to_box

WIDTH, HEIGHT = 60, 40

frames = st.builds(Frame, st.integers(1, 9000), st.integers(1, 9000), st.integers(1, 8))
shares = st.floats(0, 1)


@st.composite
def areas(draw: st.DrawFn) -> Area:
    left, top = draw(st.floats(0, 0.9)), draw(st.floats(0, 0.9))
    return Area(left, top, draw(st.floats(0.01, 1 - left)), draw(st.floats(0.01, 1 - top)))


@given(areas(), frames)
def test_area_survives_the_way_to_pixels_and_back(area: Area, frame: Frame) -> None:
    back = to_area(to_box(area, frame), frame)
    for before, after in zip(
        (area.x, area.y, area.width, area.height), (back.x, back.y, back.width, back.height), strict=True
    ):
        assert after == pytest.approx(before, abs=1e-9)


@given(areas())
def test_both_dialects_say_the_same_area(area: Area) -> None:
    centred = from_mwg(*(mwg_fields(area)[name] for name in ("x", "y", "w", "h")))
    cornered = from_mp(mp_rectangle(area))
    assert centred is not None
    assert cornered is not None
    assert area.iou(centred) > 0.999
    assert area.iou(cornered) > 0.999


@pytest.mark.parametrize("orientation", range(1, 9))
def test_box_around_a_mark_stays_around_it_when_pillow_turns_the_photo(orientation: int) -> None:
    stored = np.zeros((HEIGHT, WIDTH), np.uint8)
    stored[6:16, 12:24] = 255
    image = Image.fromarray(stored)
    image.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(image))
    rows, columns = np.nonzero(upright)
    seen = Box(*(float(each) for each in (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)))
    frame = Frame(WIDTH, HEIGHT, orientation)
    area = to_area(seen, frame)
    assert (area.x * WIDTH, area.y * HEIGHT) == pytest.approx((12, 6))
    assert (area.width * WIDTH, area.height * HEIGHT) == pytest.approx((12, 10))
    assert to_box(area, frame).iou(seen) == pytest.approx(1)


def test_box_beyond_the_edge_is_cut_there() -> None:
    area = to_area(Box(-10, 30, 40, 40), Frame(WIDTH, HEIGHT))
    assert (area.x, area.y + area.height) == pytest.approx((0, 1))
    assert area.width * WIDTH == pytest.approx(30)


@pytest.mark.parametrize(
    "text", ["", "1, 2", "a, b, c, d", "0, 0, 0, 0.5", "nan, 0, 1, 1", "0, 0, 9e99, 1", "0,0,1,1,1"]
)
def test_nonsense_rectangles_are_none(text: str) -> None:
    assert from_mp(text) is None
