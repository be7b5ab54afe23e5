from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.large_photos import SIZE, Picture, Sources, compose
from benchmarks.scan import Compared, interval
from tui_tagger.geometry import Box


def marked(width: int, height: int, box: Box) -> Picture:
    """A grey picture with a red rectangle, which is its known face."""
    image = Image.new("RGB", (width, height), (120, 120, 120))
    ImageDraw.Draw(image).rectangle((box.x, box.y, box.right - 1, box.bottom - 1), fill=(255, 0, 0))
    return Picture(image, (box,))


@pytest.mark.parametrize("kind", ["one", "two", "four", "far", "crowd", "nobody"])
def test_known_faces_lie_where_they_were_painted(kind: str) -> None:
    picture = marked(640, 400, Box(250, 90, 60, 80))
    photo = compose(kind, Sources([picture], [picture]), np.random.default_rng(5))
    pixels = np.asarray(photo.image, np.int16)
    red = (pixels[..., 0] > 220) & (pixels[..., 1] < 60) & (pixels[..., 2] < 60)
    assert photo.image.size == SIZE
    assert len(photo.faces) == {"nobody": 0, "two": 2, "four": 4}.get(kind, 1)
    for face in photo.faces:
        inside = red[round(face.y) : round(face.bottom), round(face.x) : round(face.right)]
        assert inside.mean() > 0.9
    if photo.faces:
        assert sum(face.area for face in photo.faces) == pytest.approx(red.sum(), rel=0.05)


def test_a_face_that_is_mostly_cut_off_is_not_known() -> None:
    wide = marked(900, 300, Box(0, 100, 60, 80))  # a square takes its middle third
    assert wide.fitted((300, 300)).faces == ()
    assert len(marked(900, 300, Box(310, 100, 60, 80)).fitted((300, 300)).faces) == 1


def test_recall_counts_the_boxes_of_the_baseline_and_those_on_faces() -> None:
    face, hand, missed, small = Box(0, 0, 50, 60), Box(200, 0, 50, 60), Box(400, 0, 50, 60), Box(600, 0, 30, 30)
    photo = Compared([face, hand, missed, small], [face], [face, missed, small]).over(40)
    assert photo.again(on_faces=False) == (1, 3)
    assert photo.again(on_faces=True) == (1, 2)
    assert photo.found() == (2, 1, 2)
    assert photo.elsewhere() == (1, 0)


def test_the_interval_is_wilsons() -> None:
    assert interval(733, 734) == pytest.approx((0.9923, 0.99976), abs=1e-4)
    assert interval(0, 0) == (0.0, 1.0)
