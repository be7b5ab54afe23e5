"""Naming the faces of photos that are not in the library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui_tagger.errors import PhotoError
from tui_tagger.geometry import Box
from tui_tagger.services.extraction import Models, find_faces
from tui_tagger.services.recognition import Recognition, Suggestion


@dataclass(frozen=True, slots=True)
class IdentifiedFace:
    box: Box
    score: float
    suggestion: Suggestion


@dataclass(frozen=True, slots=True)
class IdentifiedPhoto:
    path: Path
    faces: tuple[IdentifiedFace, ...]
    error: str = ""


def identify(paths: Sequence[Path], models: Models, recognition: Recognition) -> Iterator[IdentifiedPhoto]:
    """The faces of each photo with the persons they may be; nothing is stored."""
    recognition.update()
    for path in paths:
        try:
            faces = find_faces(path, models)
        except PhotoError as error:
            yield IdentifiedPhoto(path, (), error.message)
            continue
        answers = recognition.judge(faces)
        yield IdentifiedPhoto(
            path, tuple(IdentifiedFace(f.box, f.score, s) for f, s in zip(faces, answers, strict=True))
        )
