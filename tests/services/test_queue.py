"""Ids of faces as an array are what a tuple of them is."""

from __future__ import annotations

import pytest

from tui_tagger.services.queue import Faces


def test_faces_are_like_a_tuple() -> None:
    ids = (7, 3, 9, 4)
    faces = Faces(ids)
    assert (len(faces), list(faces), faces[1], faces[-1], faces[1:3]) == (4, [*ids], 3, 4, (3, 9))
    assert faces == ids
    assert ids == faces
    assert faces != ids[:3]
    assert faces != (7, 3, 9, 5)
    assert (9 in faces, 8 in faces) == (True, False)
    assert (faces.index(9), faces.index(4, 2)) == (2, 3)
    with pytest.raises(ValueError, match="8 is not in the queue"):
        faces.index(8)
    with pytest.raises(IndexError):
        faces[4]
    assert faces.within({4, 7, 100}) == (7, 4)
    assert not Faces()
