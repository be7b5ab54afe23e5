"""The listing follows every change, and what it answers never reads a whole table of faces or photos."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import faces_by_person
from tui_tagger.services import Services
from tui_tagger.services.listing import refresh, unwritten
from tui_tagger.services.query import KEYS
from tui_tagger.services.unwritten import differing
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Alias, Face, Listing, Outdated, Person, Photo, proxy


@pytest.fixture
def named(scanned: Services) -> Services:
    scanned.review.name([faces_by_person(scanned)[0][1]], "Zoë Ångström")  # in a2.jpg
    return scanned


def listing() -> dict[int, Any]:
    refresh()
    return {row["id"]: row for row in Listing.select().dicts()}


def anew() -> dict[int, Any]:
    Outdated.insert_from(Photo.select(Photo.id), [Outdated.id]).on_conflict_ignore().execute()
    return listing()


def face_of(name: str) -> Face:
    found: Face = Face.select().join(Photo).where(Photo.name == name).order_by(Face.x).first()
    return found


def set_face(**fields: Any) -> Callable[[], Any]:
    return lambda: Face.update(**fields).where(Face.id == face_of("a2.jpg").id).execute()


def set_photo(**fields: Any) -> Callable[[], Any]:
    return lambda: Photo.update(**fields).where(Photo.name == "a2.jpg").execute()


CHANGES: dict[str, Callable[[], Any]] = {
    "state": set_face(state=FaceState.IGNORED, person=None),
    "another photo": lambda: set_face(photo=face_of("b1.jpg").photo_id)(),
    "face removed": lambda: Face.delete_by_id(face_of("a2.jpg").id),
    "face added": lambda: Face.create(photo=face_of("a2.jpg").photo_id),
    "person renamed": lambda: Person.update(name="Bo").execute(),
    "another name": lambda: Alias.create(person=Person.get().id, name="Zozo"),
    "place": set_photo(place="Évora"),
    "status": set_photo(status="offline"),
    "date": set_photo(taken_at="1999-01-01T00:00:00"),
    "description": set_photo(description="cake", typed="cake"),
    "written": set_photo(written=[{"name": "Zoë Ångström", "ours": True}]),
    "moved": set_photo(path=Path("/else/where.jpg"), folder=Path("/else"), name="where.jpg"),
    "photo removed": lambda: Photo.delete().where(Photo.name == "a2.jpg").execute(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_listing_follows_every_change(named: Services, change: str) -> None:
    before = listing()
    CHANGES[change]()
    after = listing()
    assert after != before
    assert after == anew()


def test_a_box_that_was_moved_far_from_the_written_one_is_unwritten(named: Services) -> None:
    face = face_of("a2.jpg")
    box = [face.x, face.y, face.width, face.height]
    set_photo(written=[{"name": face.person.name, "ours": True, "box": box}])()
    assert unwritten() == set()
    set_face(x=face.x + 200)()
    assert unwritten() == {face.photo_id}


def test_another_suggestion_changes_nothing(named: Services) -> None:
    refresh()
    suggested = Face.state.in_(["unknown", "suggested"])
    Face.update(state="suggested", person=Person.get().id, probability=0.7).where(suggested).execute()
    assert Outdated.select().count() == 0


def test_what_is_unwritten_is_what_the_comparison_says(named: Services) -> None:
    ids = list(named.library.photo_ids())
    assert unwritten() == differing(ids) == unwritten(ids) == {face_of("a2.jpg").photo_id}
    assert unwritten(ids[:0]) == set()


def test_undo_and_redo_are_followed(named: Services) -> None:
    one = listing()
    named.review.undo()
    two = listing()
    assert one != two == anew()
    named.review.redo()
    assert listing() == one


@contextmanager
def asked() -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent to the database meanwhile."""
    statements: list[tuple[str, Any]] = []
    database, execute = proxy.obj, proxy.obj.execute_sql

    def recording(sql: str, params: Any = None, *rest: Any) -> Any:
        statements.append((sql, params or ()))
        return execute(sql, params, *rest)

    database.execute_sql = recording
    try:
        yield statements
    finally:
        del database.execute_sql


def plan(sql: str, params: Any) -> list[str]:
    return [row[3] for row in proxy.obj.execute_sql(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()]


HOT: dict[str, tuple[int, Callable[[Services], Any]]] = {
    "first page": (6, lambda services: services.library.page()),
    "last page": (6, lambda services: services.library.page(offset=7)),
    "backwards": (6, lambda services: services.library.page(reverse=True)),
    "by name": (6, lambda services: services.library.page(sort="name")),
    "what waits first": (6, lambda services: services.library.page(sort="waiting")),
    "most people first": (6, lambda services: services.library.page(sort="people")),
    "a folder": (6, lambda services: services.library.page(folder=Path("/photos/2019"))),
    "folders": (2, lambda services: services.library.folders()),
    "counts": (5, lambda services: services.library.counts()),
    "ids": (2, lambda services: services.library.photo_ids()),
    "unwritten": (2, lambda services: unwritten()),
}


@pytest.mark.parametrize("name", HOT)
def test_a_list_never_reads_a_whole_table(named: Services, name: str) -> None:
    statements_wanted, ask = HOT[name]
    refresh()
    with asked() as statements:
        ask(named)
    assert len([sql for sql, _ in statements if "PRAGMA" not in sql]) <= statements_wanted + 2
    for sql, params in statements:
        for step in () if "(0 = 1)" in sql else plan(sql, params):  # nothing was found: nothing is read
            scans = step.startswith("SCAN") and "INDEX" not in step and "outdated" not in step
            assert not scans or '"person"' in sql, (sql, step)
            assert "TEMP B-TREE FOR ORDER BY" not in step or "IN (" in sql or "folder" in sql, (sql, step)


@pytest.mark.parametrize("query", [key.example for key in KEYS.values()] + ["lisbon", "-is:offline"])
def test_a_filter_reads_the_narrow_listing_only(named: Services, query: str) -> None:
    refresh()
    with asked() as statements:
        named.library.page(query)
    assert len(statements) <= 8
    for sql, params in statements:
        for step in () if "(0 = 1)" in sql else plan(sql, params):  # nothing was found: nothing is read
            wide = step.startswith("SCAN") and "INDEX" not in step and "outdated" not in step
            assert not wide or ("t1" in step and '"listing" AS "t1"' in sql), (sql, step)
