"""A small photo library of invented people, drawn on the spot, with the truth about who is where."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from tui_tagger.demo.drawing import BOTTOM, LEFT, RIGHT, TOP, draw_person
from tui_tagger.demo.plan import Shot, Standing, plan_library
from tui_tagger.demo.raster import smooth_noise
from tui_tagger.demo.scenes import draw_scene
from tui_tagger.errors import UsageError
from tui_tagger.geometry import Box
from tui_tagger.metadata.writer import exif_bytes

TRUTH_FILE = "ground-truth.json"
VERSION = 1  # of the drawings: a library of another version is drawn anew
QUALITY = 88
SHARPEST = 130.0  # pixels a head unit that are drawn; larger heads are enlarged, as soft as a real photo at 100 %
KEPT = 0.55  # of the damaged file
STORED_AS = {  # how upright pixels are stored, by EXIF orientation (TIFF 6.0, tag 274)
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip


@dataclass(frozen=True)
class DrawnFace:
    """A face in a photo: whose, or None for a stranger, and where, in pixels of the upright photo."""

    name: str | None
    box: Box


@dataclass(frozen=True)
class GroundTruth:
    """The faces of every photo, by its path relative to the library, with forward slashes.

    The one damaged photo has none: nobody can see them.
    """

    photos: Mapping[str, tuple[DrawnFace, ...]]


def make_library(
    folder: Path, seed: int = 1, progress: Callable[[int, int], None] | None = None, photos: int | None = None
) -> GroundTruth:
    """Draws the library into `folder`, or leaves it alone where it is complete; the same for the same seed.

    `progress` is told how many photos are done and how many there are. With `photos`, only the first ones are drawn;
    the first 14 have every orientation, format and kind of damage. Raises OSError when the folder cannot be written.
    """
    shots = plan_library(seed)[:photos]
    if _is_complete(folder, seed, shots):
        return load_ground_truth(folder)
    folder.mkdir(parents=True, exist_ok=True)
    faces: dict[str, tuple[DrawnFace, ...]] = {}
    for number, shot in enumerate(shots):
        faces[shot.name] = draw_photo(shot, folder)
        if progress:
            progress(number + 1, len(shots))
    truth = GroundTruth(faces)
    _save(truth, folder, seed)
    return truth


def load_ground_truth(folder: Path) -> GroundTruth:
    """Reads what `make_library` stored. Raises UsageError where there is no complete library."""
    try:
        stored = json.loads((folder / TRUTH_FILE).read_text("utf-8"))
        photos = {
            name: tuple(DrawnFace(face["name"], Box(*face["box"])) for face in faces)
            for name, faces in stored["photos"].items()
        }
    except FileNotFoundError:
        raise UsageError(f"{folder}: no demo library is here", "Draw one with `tui-tagger demo`.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{folder / TRUTH_FILE}: is damaged", "Delete it and draw the library again.") from error
    return GroundTruth(photos)


def draw_photo(shot: Shot, folder: Path) -> tuple[DrawnFace, ...]:
    """Draws one photo and writes it; gives back the faces that can be seen in the file."""
    rng = np.random.default_rng(shot.seed)
    image = draw_scene(shot.scene, shot.size, rng)
    faces = [_place(image, standing) for standing in sorted(shot.people, key=lambda one: one.pixels)]
    image = _developed(image, shot.scene, rng)
    path = folder / shot.name
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(image, shot, path)
    if shot.damaged:
        os.truncate(path, int(path.stat().st_size * KEPT))
        return ()
    return tuple(sorted(faces, key=lambda face: face.box.x))


def _place(image: Image.Image, standing: Standing) -> DrawnFace:
    """Draws a person into the photo, down to its lower edge."""
    bottom = max(BOTTOM, (image.height - standing.y) / standing.pixels)
    drawing = draw_person(standing.person.face, standing.look, min(standing.pixels, SHARPEST), bottom)
    width, height = round((RIGHT - LEFT) * standing.pixels), round((bottom - TOP) * standing.pixels)
    person = Image.fromarray(drawing.pixels).resize((width, height), Image.Resampling.BICUBIC)
    person = person.filter(ImageFilter.GaussianBlur(0.6))
    left, top = round(standing.x + LEFT * standing.pixels), round(standing.y + TOP * standing.pixels)
    image.paste(person, (left, top), person)
    box = drawing.box.scaled(width / drawing.pixels.shape[1])
    return DrawnFace(standing.person.name, Box(box.x + left, box.y + top, box.width, box.height))


def _developed(image: Image.Image, scene: str, rng: np.random.Generator) -> Image.Image:
    """Colour temperature, exposure and noise of a camera."""
    warm = rng.normal(0, 0.025) + (0.05 if scene in ("evening", "room") else 0.0)
    bright = rng.uniform(0.9, 1.06) * (0.88 if scene == "evening" else 1.0)
    tables = [np.clip(np.arange(256) * bright * (1 + warm * side), 0, 255) for side in (1, 0, -1)]
    image = image.point([round(float(value)) for table in tables for value in table])
    grain = smooth_noise(rng, (image.height, image.width), (image.height // 2, image.width // 2))
    noise = np.clip(grain * 2.0, -8, 8).astype(np.int16)[..., None]
    return Image.fromarray(np.clip(np.asarray(image, np.int16) + noise, 0, 255).astype(np.uint8))


def _exif(shot: Shot) -> bytes:
    latitude, longitude, altitude = shot.place or (None, None, None)
    return exif_bytes(
        taken_at=f"{shot.taken_at:%Y-%m-%dT%H:%M:%S}", offset=shot.trip.offset, make=shot.trip.camera.make,
        model=shot.trip.camera.model, latitude=latitude, longitude=longitude, altitude=altitude,
        direction=shot.direction, orientation=shot.orientation,
    )  # fmt: skip


def _write(image: Image.Image, shot: Shot, path: Path) -> None:
    stored = image.transpose(STORED_AS[shot.orientation]) if shot.orientation != 1 else image
    # Each format takes its own settings and ignores the others'.
    stored.save(path, quality=QUALITY, exif=_exif(shot), compress_level=6, method=2)


def _is_complete(folder: Path, seed: int, shots: list[Shot]) -> bool:
    try:
        stored = json.loads((folder / TRUTH_FILE).read_text("utf-8"))
        same = (stored["version"], stored["seed"], set(stored["photos"])) == (VERSION, seed, {s.name for s in shots})
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return same and all((folder / shot.name).is_file() for shot in shots)


def _save(truth: GroundTruth, folder: Path, seed: int) -> None:
    """Last of all and at once, so that the file stands for a complete library."""
    photos = {
        name: [
            {"name": f.name, "box": [round(n, 1) for n in (f.box.x, f.box.y, f.box.width, f.box.height)]} for f in faces
        ]
        for name, faces in truth.photos.items()
    }
    text = json.dumps({"version": VERSION, "seed": seed, "photos": photos}, ensure_ascii=False, indent=1)
    fresh = folder / (TRUTH_FILE + ".new")
    fresh.write_text(text, "utf-8")
    fresh.replace(folder / TRUTH_FILE)
