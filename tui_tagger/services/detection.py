"""Faces of a photo that is known: looked for once more, or drawn by hand."""

from __future__ import annotations

from tui_tagger.config import WORKING_SIDE
from tui_tagger.faces.alignment import quality
from tui_tagger.geometry import Box
from tui_tagger.imaging import load_reduced
from tui_tagger.services.extraction import FoundFace, Models, crop_source, find_faces
from tui_tagger.services.storing import store_faces
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Face, Photo, proxy

SAME = 0.4  # overlap of boxes from which on they are taken for one face


def detect_again(photo: Photo, models: Models) -> int:
    """Looks for faces once more: adds what is new, replaces undecided ones, leaves decided faces alone."""
    found = find_faces(photo.path, models)
    undecided = (Face.state.in_((FaceState.UNKNOWN, FaceState.SUGGESTED))) & (Face.source == "detected")
    with proxy.atomic("IMMEDIATE"):
        Face.delete().where((Face.photo == photo.id) & undecided).execute()
        kept = [
            Box(f.x, f.y, f.width, f.height)
            for f in Face.select().where((Face.photo == photo.id) & Face.x.is_null(False))
        ]
        new = [face for face in found if all(face.box.iou(box) < SAME for box in kept)]
        store_faces(photo.id, new, models.embedder_id)
    return len(new)


def add_drawn(photo: Photo, box: Box, models: Models) -> int:
    """A face that the human drew a box around; returns its id."""
    image = crop_source(photo.path, load_reduced(photo.path, WORKING_SIDE), [box])
    crop = models.embedder().crop(image, box, None)
    face = FoundFace(box, None, 1.0, quality(crop).sharpness, models.embedder().embed(crop[None])[0], "drawn")
    with proxy.atomic("IMMEDIATE"):
        return store_faces(photo.id, [face], models.embedder_id)[0]
