"""A library of drawn photos with faces and embeddings, put into the database without a detector."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tui_tagger.services import Services
from tui_tagger.services.recognition import current_model, to_blob
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Embedding, Face, Person, Photo

SIZE = (640, 480)
DIMENSIONS = 256  # of the embedder that ships with the package
SKIN = ("#e8b48c", "#8d5a3b", "#f1cfb0")
PLACES = ((38.7223, -9.1393, "Lisbon, Portugal"), (59.9139, 10.7522, "Oslo, Norway"), (None, None, ""))


@dataclass(frozen=True)
class Somebody:
    """A person as drawn: a look, and a direction in embedding space."""

    name: str
    look: int

    def vector(self, size: int, draw: np.random.Generator) -> NDArray[np.float32]:
        own = np.random.default_rng(self.look).normal(size=size)
        noisy = own / np.linalg.norm(own) + draw.normal(scale=0.3 / size**0.5, size=size)
        return (noisy / np.linalg.norm(noisy)).astype(np.float32)


ANNA, BO, CLARA = Somebody("Anna Rossi", 1), Somebody("Bo Lind", 2), Somebody("Clara Ek", 3)
PEOPLE = (ANNA, BO, CLARA)


def draw_photo(path: Path, people: tuple[Somebody, ...], shade: int) -> list[tuple[float, float, float, float]]:
    """Draws a head for each person, side by side; returns their boxes in pixels."""
    image = Image.new("RGB", SIZE, (60 + shade % 120, 120, 190 - shade % 90))
    pen = ImageDraw.Draw(image)
    boxes = []
    for place, person in enumerate(people):
        left, top, side = 60 + place * 190, 130 + 20 * (place % 2), 130
        pen.ellipse((left, top, left + side, top + side * 1.25), fill=SKIN[person.look % 3])
        for eye in (0.32, 0.68):
            pen.ellipse((left + side * eye - 8, top + 50, left + side * eye + 8, top + 66), fill="black")
        pen.arc((left + 40, top + 80, left + 90, top + 120), 20, 160, fill="#802020", width=5)
        boxes.append((float(left), float(top), float(side), side * 1.25))
    image.save(path, quality=85)
    return boxes


def fill(services: Services, folder: Path, photos: int = 6) -> None:
    """Photos with one to three faces; the first face of each person is confirmed, the others wait."""
    draw = np.random.default_rng(0)
    size = DIMENSIONS
    folder.mkdir(parents=True, exist_ok=True)
    known: dict[str, Person] = {}
    for number in range(photos):
        people = PEOPLE[: 1 + number % 3]
        path = folder / f"party [{number}].jpg"
        boxes = draw_photo(path, people, shade=number * 40)
        photo = store_photo(path, number)
        for somebody, box in zip(people, boxes, strict=True):
            person = known.get(somebody.name)
            face = store_face(photo, box, somebody.vector(size, draw))
            if person is None:
                known[somebody.name] = confirm(face, somebody.name)
    services.recognition.update()


def store_photo(path: Path, number: int) -> Photo:
    latitude, longitude, place = PLACES[number % len(PLACES)]
    stat = path.stat()
    photo: Photo = Photo.create(
        path=path,
        folder=path.parent,
        name=path.name,
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        image_hash=f"{number:064}",
        width=SIZE[0],
        height=SIZE[1],
        taken_at=f"2019-07-{number % 28 + 1:02}T14:03:22",
        utc_offset="+02:00",
        date_source="DateTimeOriginal",
        camera="Fuji X100",
        latitude=latitude,
        longitude=longitude,
        direction=225.0 if latitude else None,
        place=place,
        detector="mtcnn",
    )
    return photo


def store_face(photo: Photo, box: tuple[float, float, float, float], vector: NDArray[np.float32]) -> Face:
    x, y, width, height = box
    face: Face = Face.create(photo=photo, x=x, y=y, width=width, height=height, score=0.99, sharpness=200.0)
    Embedding.create(face=face, model=current_model(), vector=to_blob(vector))
    return face


def confirm(face: Face, name: str) -> Person:
    person: Person = Person.create(name=name)
    face.person, face.state = person, FaceState.CONFIRMED
    face.save()
    return person
