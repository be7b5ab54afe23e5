from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_tagger.geometry import Box

lengths = st.floats(0.1, 5000)
places = st.floats(-5000, 5000)
boxes = st.builds(Box, places, places, lengths, lengths)


@given(boxes, boxes)
def test_overlap_is_symmetric_and_between_0_and_1(a: Box, b: Box) -> None:
    assert 0 <= a.iou(b) <= 1 + 1e-9
    assert a.iou(b) == pytest.approx(b.iou(a))


@given(boxes)
def test_a_box_overlaps_itself_wholly(box: Box) -> None:
    assert box.iou(box) == pytest.approx(1, abs=1e-6)


@given(boxes, st.floats(1, 4000), st.floats(1, 4000))
def test_a_clipped_box_lies_inside(box: Box, width: float, height: float) -> None:
    part = box.clipped(width, height)
    assert 0 <= part.x <= part.right <= width + 1e-6
    assert 0 <= part.y <= part.bottom <= height + 1e-6
    assert part.area <= box.area + 1e-3


@given(boxes, st.floats(0.01, 3))
def test_growing_keeps_the_centre(box: Box, share: float) -> None:
    grown = box.grown(share)
    assert grown.center == pytest.approx(box.center, abs=1e-6)
    assert grown.width == pytest.approx(box.width * (1 + 2 * share))


@given(boxes, st.floats(0.01, 10))
def test_scaling_keeps_overlaps(box: Box, factor: float) -> None:
    other = Box(box.x + box.width / 3, box.y, box.width, box.height)
    assert box.scaled(factor).iou(other.scaled(factor)) == pytest.approx(box.iou(other), abs=1e-6)


def test_boxes_apart_and_boxes_without_area_do_not_overlap() -> None:
    assert Box(0, 0, 10, 10).iou(Box(10, 0, 10, 10)) == 0
    assert Box(0, 0, 0, 0).iou(Box(0, 0, 0, 0)) == 0


def test_the_command_line_gets_whole_pixels() -> None:
    assert Box(1.4, 2.6, 3.5, 4.0).rounded() == [1, 3, 4, 4]
