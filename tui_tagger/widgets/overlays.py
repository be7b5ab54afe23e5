"""Boxes of faces on a photo, as the picture widget draws them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tui_tagger.geometry import Box
from tui_tagger.services.views import FaceView, PhotoDetail
from tui_tagger.widgets.picture import Overlay
from tui_tagger.widgets.text import STATES

DRAWN = "warning"


def face_overlays(
    photo: PhotoDetail, selected: int | None, colours: Mapping[str, str], only: Collection[int] = ()
) -> tuple[Overlay, ...]:
    """A numbered box for each face (or only for those ids), in the colour of its state."""
    faces = [face for face in photo.faces if face.box and (not only or face.id in only)]
    return tuple(face_overlay(photo, face, face.id == selected, colours) for face in faces)


def face_overlay(photo: PhotoDetail, face: FaceView, selected: bool, colours: Mapping[str, str]) -> Overlay:
    assert face.box is not None
    mark = STATES[face.state]
    return Overlay(shares(face.box, photo), f"{face.number}{mark.glyph}", colours[mark.colour], selected)


def drawn_overlay(photo: PhotoDetail, box: Box, colours: Mapping[str, str]) -> Overlay:
    """The box that is being drawn by hand."""
    return Overlay(shares(box, photo), "+", colours[DRAWN], True)


def shares(box: Box, photo: PhotoDetail) -> tuple[float, float, float, float]:
    """Left, top, width and height as shares of the photo."""
    return box.x / photo.width, box.y / photo.height, box.width / photo.width, box.height / photo.height
