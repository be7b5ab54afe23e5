from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from tui_tagger.faces.alignment import SIDE, TEMPLATE, align, quality, similarity, typical_landmarks
from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage

COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255))
NOWHERE = Box(0, 0, 1, 1)


def placed(scale: float, degrees: float, shift: tuple[float, float]) -> NDArray[np.float32]:
    """The template's landmarks, turned and scaled around the crop's middle, then shifted."""
    angle = np.deg2rad(degrees)
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))]) * scale
    return np.asarray((TEMPLATE - SIDE / 2) @ turn.T + np.array(shift), np.float32)


def dotted(size: tuple[int, int], landmarks: NDArray[np.float32], radius: float) -> UprightImage:
    """A black photo with a coloured disc on each landmark, drawn at four times its size and averaged."""
    photo = Image.new("RGB", (size[0] * 4, size[1] * 4))
    draw = ImageDraw.Draw(photo)
    for (x, y), colour in zip((landmarks + 0.5) * 4, COLOURS, strict=True):
        draw.ellipse((x - 4 * radius, y - 4 * radius, x + 4 * radius, y + 4 * radius), fill=colour)
    photo = photo.resize(size, Image.Resampling.BOX)
    return UprightImage(photo, 1.0, size)


def dots(crop: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Centres [5, 2] of the coloured discs in a crop."""
    centres = []
    for colour in COLOURS:
        alike = np.abs(crop.astype(int) - colour).sum(-1) < 150
        rows, columns = np.nonzero(alike)
        centres.append((columns.mean(), rows.mean()))
    return np.array(centres)


@given(st.floats(0.05, 20), st.floats(-180, 180), st.floats(-500, 500), st.floats(-500, 500))
def test_similarity_recovers_what_moved_the_template(scale: float, degrees: float, x: float, y: float) -> None:
    moved = placed(scale, degrees, (x, y))
    matrix = similarity(TEMPLATE, moved)
    assert np.hypot(matrix[0, 0], matrix[1, 0]) == pytest.approx(scale, rel=1e-3)
    assert np.abs(TEMPLATE @ matrix[:, :2].T + matrix[:, 2] - moved).max() < 1e-2


def test_similarity_never_mirrors() -> None:
    mirrored = np.asarray(TEMPLATE * (-1, 1), np.float32)
    assert np.linalg.det(similarity(mirrored, TEMPLATE)[:, :2]) > 0


def test_similarity_is_the_least_squares_solution() -> None:
    noisy = placed(2, 10, (300, 200)) + np.random.default_rng(1).normal(0, 4, (5, 2)).astype(np.float32)
    best = similarity(TEMPLATE, noisy)

    def error(matrix: NDArray[np.float64]) -> float:
        return float(((TEMPLATE @ matrix[:, :2].T + matrix[:, 2] - noisy) ** 2).sum())

    for change in ([[0.01, 0, 0], [0, 0.01, 0]], [[0, -0.01, 0], [0.01, 0, 0]], [[0, 0, 0.3], [0, 0, -0.3]]):
        assert error(best) < min(error(best + change), error(best - np.array(change)))


def test_similarity_needs_two_places() -> None:
    with pytest.raises(ValueError, match="one place"):
        similarity(np.ones((5, 2), np.float32), TEMPLATE)


@pytest.mark.parametrize(("scale", "degrees"), [(1, 0), (0.6, 20), (2.5, -35), (5, 90), (3, 180)])
def test_landmarks_come_to_lie_on_the_template(scale: float, degrees: float) -> None:
    landmarks = placed(scale, degrees, (400, 380))
    crop = align(dotted((800, 760), landmarks, 4 * scale), NOWHERE, landmarks)
    assert crop.shape == (SIDE, SIDE, 3)
    assert crop.dtype == np.uint8
    assert np.abs(dots(crop) - TEMPLATE).max() < 0.4


def test_a_reduced_photo_gives_the_same_crop() -> None:
    landmarks = placed(4, 15, (400, 380))
    full = dotted((800, 760), landmarks, 16)
    reduced = UprightImage(full.pixels.resize((400, 380), Image.Resampling.BOX), 0.5, (800, 760))
    difference = align(full, NOWHERE, landmarks).astype(int) - align(reduced, NOWHERE, landmarks)
    assert np.abs(difference).mean() < 3


def test_large_faces_are_averaged_not_picked() -> None:
    checks = (np.indices((1200, 1200)).sum(0) % 2 * 255).astype(np.uint8)
    photo = Image.fromarray(np.stack([checks] * 3, -1))
    crop = align(UprightImage(photo, 1.0, photo.size), NOWHERE, placed(7.3, 12, (600, 600)))
    assert crop.std() < 6
    assert abs(crop.mean() - 127.5) < 3


@pytest.mark.parametrize("scale", [0.8, 4])
def test_beyond_the_photo_is_black(scale: float) -> None:
    photo = Image.new("RGB", (300, 300), "white")
    crop = align(UprightImage(photo, 1.0, photo.size), NOWHERE, placed(scale, 0, (0, 150)))
    assert crop[:, : SIDE // 2 - 3].max() == 0
    assert crop[SIDE // 2, SIDE // 2 + 3 : SIDE // 2 + 20].min() > 250


def test_a_face_outside_of_the_photo_is_black() -> None:
    photo = Image.new("RGB", (300, 300), "white")
    assert align(UprightImage(photo, 1.0, photo.size), NOWHERE, placed(2, 0, (5000, -900))).max() == 0


@pytest.mark.parametrize("box", [Box(300, 200, 150, 200), Box(280, 210, 174, 174)])
def test_a_box_alone_gives_an_upright_face(box: Box) -> None:
    photo = dotted((800, 760), typical_landmarks(box), 5)
    assert np.abs(dots(align(photo, box, None)) - TEMPLATE).max() < 6
    in_one_place = np.full((5, 2), 7, np.float32)
    assert (align(photo, box, in_one_place) == align(photo, box, None)).all()


def test_typical_landmarks_lie_in_the_box() -> None:
    marks = typical_landmarks(Box(10, 20, 75, 100))
    assert marks == pytest.approx(np.array([(30.25, 59), (64.75, 59), (47.5, 79), (32.5, 96), (62.5, 96)]))


def test_quality_tells_sharp_from_blurred_and_bright_from_dark() -> None:
    texture = np.random.default_rng(0).integers(60, 200, (SIDE, SIDE, 3), dtype=np.uint8)
    blurred = np.asarray(Image.fromarray(texture).filter(ImageFilter.GaussianBlur(2)))
    assert quality(texture).sharpness > 20 * quality(blurred).sharpness
    assert quality(texture // 2).brightness == pytest.approx(quality(texture).brightness / 2, abs=0.01)
    assert quality(blurred).contrast < quality(texture).contrast


def test_quality_of_a_flat_crop() -> None:
    flat = quality(np.full((SIDE, SIDE, 3), 51, np.uint8))
    assert (flat.sharpness, flat.contrast) == (0, 0)
    assert flat.brightness == pytest.approx(0.2)


def test_quality_takes_crops_of_other_sizes() -> None:
    small = Image.effect_noise((SIDE, SIDE), 60).convert("RGB").filter(ImageFilter.GaussianBlur(1))
    large = small.resize((160, 160), Image.Resampling.BICUBIC)
    assert quality(np.asarray(large)).sharpness == pytest.approx(quality(np.asarray(small)).sharpness, rel=0.5)
