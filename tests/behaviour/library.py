"""The library that every scenario begins with: two known people, one unknown, three strangers; painted, and scanned."""

from __future__ import annotations

import shutil
from pathlib import Path

from peewee import fn

from tests.conftest import paint_photo, scan_fake
from tests.fakes import FakeEmbedder
from tui_tagger.services import Services
from tui_tagger.services.clustering import cluster
from tui_tagger.services.models import first_offer
from tui_tagger.storage.database import store_setting
from tui_tagger.storage.models import Face, Photo

ANNA, BO, DORA, STRANGERS = 0, 1, 2, (4, 5, 6)
PHOTOS = {
    "anna-0.jpg": (ANNA,),
    "bo-0.jpg": (BO,),
    **{f"anna-{n}.jpg": (ANNA,) for n in range(1, 6)},
    **{f"bo-{n}.jpg": (BO,) for n in range(1, 4)},
    "both.jpg": (ANNA, BO),
    **{f"dora-{n}.jpg": (DORA,) for n in range(4)},
    **{f"stranger-{n}.jpg": (person,) for n, person in enumerate(STRANGERS)},
}


def open_library(folder: Path) -> Services:
    services = Services.open(folder / "library.db")
    store_setting("embedder", FakeEmbedder.model_id)
    first_offer()  # not the first start: nothing is told at the start
    return services


def fill(services: Services, folder: Path) -> None:
    """Anna has 6 faces that wait, Bo 4, Dora 4; one of Anna and one of Bo is confirmed."""
    for name, people in PHOTOS.items():
        paint_photo(folder / "photos" / name, people)
    scan_fake([folder / "photos"])
    cluster()
    services.review.name(faces("anna-0.jpg"), "Anna")
    services.review.name(faces("bo-0.jpg"), "Bo")


def copy(original: Path, folder: Path) -> None:
    """A library that `fill` made, in another folder."""
    shutil.copytree(original, folder, dirs_exist_ok=True)
    services = open_library(folder)
    for column in ("path", "folder"):
        moved = fn.replace(getattr(Photo, column), str(original), str(folder))
        services.database.execute(Photo.update({column: moved}))
    services.close()


def faces(photo: str) -> list[int]:
    """The faces of a photo from left to right."""
    rows = Face.select(Face.id).join(Photo).where(Photo.name == photo).order_by(Face.x).tuples()
    return [face for (face,) in rows]


def faces_of(person: int) -> set[int]:
    """All faces of somebody."""
    return {faces(name)[people.index(person)] for name, people in PHOTOS.items() if person in people}
