"""Fuzzing what is stored: rows with values that make no sense, and databases whose bytes are broken."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.fuzz_mutations import mutated
from benchmarks.fuzz_targets import Trial, every
from tui_tagger.errors import DatabaseDamaged, TaggerError

NOBODYS = frozenset({"sqlite_sequence", "migration"})
VALUES: tuple[object, ...] = (
    None, "", "x", "\0", "é" * 5000, "2019-13-45T99:99:99", "9999-99", "[1]", "[[]]", "{}", "null", '"x"', "confirmed",
    "suggested", 0, 1, -1, 2, 7, 999, 2**31, -(2**31), 2**63 - 1, -(2**63), 0.5, -0.5, 1e308, float("inf"),
    float("-inf"), b"", b"\xff", b"\0" * 20, b"\xff" * 40, b"\0\x7e" * 256, b"\0" * 512, b"\0" * 513, b"\0" * 1024,
)  # fmt: skip
SENSE = ("database", "references", "values")  # checks of the doctor that what is stored has to pass
BOXES = ((50.0, 60.0, 80.0, 90.0), (180.0, 60.0, 80.0, 90.0))


def make_library(folder: Path) -> Path:
    """A small library in which everything occurs: named, suggested and ignored faces, a write, a journal, settings."""
    from PIL import Image

    from tui_tagger.services import Services
    from tui_tagger.services.recognition import current_model, to_blob
    from tui_tagger.storage.models import Embedding, Face, Photo

    services = Services.open(folder / "library.db")
    draw = np.random.default_rng(0)
    for number in range(4):
        path = folder / f"{number}.jpg"
        Image.effect_noise((320, 240), 60).convert("RGB").save(path)
        told = path.stat()
        place: dict[str, object] = {"latitude": 38.7, "longitude": -9.1} if number % 2 else {}
        photo = Photo.create(
            path=path, folder=folder, name=path.name, size=told.st_size, mtime_ns=told.st_mtime_ns,
            image_hash=f"{number:032}", width=320, height=240, taken_at=f"2019-07-1{number}T14:03:22", detector="mtcnn",
            **place,
        )  # fmt: skip
        for person, (x, y, width, height) in enumerate(BOXES):
            vector = np.random.default_rng(person).normal(size=256) + draw.normal(scale=0.3, size=256)
            face = Face.create(photo=photo, x=x, y=y, width=width, height=height, score=0.9, sharpness=200.0)
            unit = (vector / np.linalg.norm(vector)).astype(np.float32)
            Embedding.create(face=face, model=current_model(), vector=to_blob(unit))
    faces = [face for (face,) in Face.select(Face.id).order_by(Face.id).tuples()]
    services.review.name(faces[0:1], "Anna")
    services.review.name(faces[1:2], "Bo")
    services.review.reject(faces[2], services.people.find("Bo"))
    services.review.ignore(faces[5:6])
    services.people.add_alias(services.people.find("Anna"), "Annie")
    services.people.set_birth_date(services.people.find("Anna"), "1978-03")
    services.tagging.write()
    services.tagging.describe(1, "By the sea")
    services.recognition.update()
    use(services)
    services.close()
    return folder / "library.db"


def use(services: object) -> None:
    """What the screens ask of the services, one after another."""
    from tui_tagger.services import Services
    from tui_tagger.services.exporting import export_faces
    from tui_tagger.storage.models import Face, Person, Photo

    assert isinstance(services, Services)
    library, review, people = services.library, services.review, services.people
    photos = [photo for (photo,) in Photo.select(Photo.id).tuples()]
    faces = [face for (face,) in Face.select(Face.id).tuples()]
    persons = [person for (person,) in Person.select(Person.id).tuples()]
    every([
        services.recognition.update,
        library.counts,
        library.folders,
        *(partial(library.page, sort=sort) for sort in ("date", "name", "waiting")),
        lambda: library.page("person:Anna"),
        *(partial(library.photo, photo) for photo in photos),
        *(partial(library.picture, photo, 64) for photo in photos),
        *(partial(library.face_picture, face, 64) for face in faces),
        lambda: [review.item(face) for face in review.queue()],
        review.groups,
        review.history,
        people.list,
        people.suspicious,
        lambda: people.complete("an"),
        *(lambda person=person: people.faces(person, fits=people.fits(person)) for person in persons),
        *(partial(people.appearances, person) for person in persons),
        services.places.points,
        lambda: services.tagging.preview(describe=True),
        services.tagging.unfinished,
        lambda: list(export_faces()),
    ])  # fmt: skip


def undo_and_redo(services: object) -> None:
    from tui_tagger.services import Services

    assert isinstance(services, Services)
    every([services.review.undo] * 8 + [services.review.redo] * 8)


JSON = (
    b"NaN", b"-Infinity", b"1e999", b"-1", b"0", b"9" * 400, b"9" * 5000, b"null", b"true", b"[]", b"{}", b'""', b'"',
    b"\\u0000", b"\\ud800", b"\\u202e", b"[" * 3000, b'"box": [1, 1, 50, 50]', b'"state": "ignored"', b'"person": 7',
    b'"hash": "', b"\n", b"\xff", b'"person": "' + b"x" * 5000,
)  # fmt: skip


def export(_corpus: Path, scratch: Path) -> Trial:
    """An export taken back into a library in which nothing is decided: what it holds then makes sense."""
    from tui_tagger.services import Services
    from tui_tagger.services.exporting import export_faces, write_rows
    from tui_tagger.services.from_export import restore
    from tui_tagger.services.storage_check import check_storage

    path = make_library(scratch)
    services = Services.open(path)
    with (scratch / "export.jsonl").open("w", encoding="utf-8") as file:
        write_rows(export_faces(), file, as_csv=False)
    while services.review.undo() is not None:
        pass
    services.close()
    whole = (scratch / "export.jsonl").read_bytes()

    def trial(draw: random.Random, folder: Path) -> None:
        library, file = folder / "library.db", folder / "export.jsonl"
        shutil.copy(path, library)
        file.write_bytes(mutated(draw, whole, [whole], JSON) if draw.random() < 0.5 else _odd_rows(draw, whole))
        services = Services.open(library)
        try:
            restore(file, services.recognition)
            every([lambda: use(services), lambda: undo_and_redo(services)])
        finally:
            services.close()
        wrong = [check.text for check in check_storage(library) if check.name in SENSE and not check.ok]
        assert not wrong, wrong

    return trial


FIELDS: tuple[object, ...] = (
    None, True, 0, -1, 7, 10**400, 0.5, float("nan"), float("inf"), "", "Anna", "ANNIE", "Zoë\n", "x" * 3000, "\0",
    "\ud800", "\u202e", "confirmed", "ignored", "not a face", "unknown", "suggested", [], {}, [1, 2, 3], [0, 0, 0, 0],
    [50, 60, 80, 90], [52.5, 58, 80, 91], [-20, -20, 60, 60], [300, 200, 1e6, 1e6], [5000, 5000, 9, 9], [1e7] * 4,
    [1e-5] * 4, [float("nan")] * 4, ["1"] * 4, [[1]] * 4, "0" * 32, "1".zfill(32), "/nowhere/x.jpg",
)  # fmt: skip


def _odd_rows(draw: random.Random, whole: bytes) -> bytes:
    """An export that is JSON, with values that make no sense, doubled rows and missing fields."""
    rows = [json.loads(line) for line in whole.splitlines()]
    for _ in range(draw.choice((1, 1, 2, 5))):
        row = draw.choice(rows)
        field = draw.choice(sorted(row))
        match draw.randrange(8):
            case 0:
                rows.append(dict(row))
            case 1:
                row[field] = draw.choice(rows).get(field)
            case 2:
                del row[field]
                rows = [each for each in rows if each] or [{"photo": 1}]
            case _:
                row[field] = draw.choice(FIELDS)
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def spoil(draw: random.Random, path: Path) -> list[str]:
    """Puts values where they make no sense; what was done, as SQL."""
    done = []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = sorted(set(tables) - NOBODYS)
        for _ in range(draw.choice((1, 1, 2, 4))):
            table = draw.choice(tables)
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            column = draw.choice(columns[1:] or columns)  # the first is the id
            ids = [row[0] for row in connection.execute(f"SELECT id FROM {table}")]
            if not ids:
                continue
            value, row = draw.choice(VALUES), draw.choice(ids)
            try:
                connection.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (value, row))
                done.append(f"UPDATE {table} SET {column} = {value!r} WHERE id = {row}"[:200])
            except sqlite3.IntegrityError:  # the schema refuses it, as it should
                continue
    return done


def refused(act: Callable[[], object]) -> TaggerError | None:
    """What a user is told of it, as the command line and the app do it; raises what nobody foresaw."""
    from tui_tagger.services.upkeep import told

    try:
        act()
    except TaggerError as error:
        return error
    except Exception as error:
        if (refusal := told(error)) is None:
            raise
        return refusal
    return None


def database_rows(_corpus: Path, scratch: Path) -> Trial:
    """Told at the start, or harmless; and after `doctor --repair` all of it works."""
    from tui_tagger.services import Services
    from tui_tagger.services.repair import repair
    from tui_tagger.services.storage_check import check_storage

    whole = make_library(scratch)

    def trial(draw: random.Random, folder: Path) -> None:
        path = folder / "library.db"
        shutil.copy(whole, path)
        (folder / "done.sql").write_text("\n".join(spoil(draw, path)), "utf-8", "backslashreplace")
        refusal = refused(lambda: _opened(path))
        if isinstance(refusal, DatabaseDamaged):
            list(repair(path))
            assert all(check.ok for check in check_storage(path) if check.name in SENSE)
            services = Services.open(path)
            every([lambda: use(services), lambda: undo_and_redo(services)])
            services.close()
        if refusal is not None:
            raise refusal

    def _opened(path: Path) -> None:
        services = Services.open(path)
        try:
            every([lambda: use(services), lambda: undo_and_redo(services)])
        finally:
            services.close()

    return trial


def database_file(_corpus: Path, scratch: Path) -> Trial:
    """A database whose bytes are broken, with a backup or without: told, and mended as far as it goes."""
    from tui_tagger.services import Services
    from tui_tagger.services.repair import repair
    from tui_tagger.storage.backups import make_backup

    path = make_library(scratch)
    make_backup(path)
    whole = path.read_bytes()
    tokens = (b"SQLite format 3\0", b"\x0d", b"\x05", b"\0" * 4096, b"CREATE TABLE", b"\xff" * 9)

    def trial(draw: random.Random, folder: Path) -> None:
        library = folder / "library.db"
        library.write_bytes(mutated(draw, whole, [whole], tokens))
        if draw.random() < 0.7:
            shutil.copytree(path.with_name("library.db.backups"), folder / "library.db.backups")
        refusal = refused(lambda: opened(library))
        if isinstance(refusal, DatabaseDamaged):
            list(repair(library))
            opened(library)
        if refusal is not None:
            raise refusal

    def opened(library: Path) -> None:
        services = Services.open(library)
        try:
            use(services)
        finally:
            services.close()

    return trial
