from __future__ import annotations

import pytest

from tests.services.drawn import add_photo
from tui_tagger.services import Services, roster
from tui_tagger.services.roster import Sort
from tui_tagger.storage.models import Person, Photo, proxy


def plan(statement: str) -> str:
    return "\n".join(row[3] for row in proxy.execute_sql(f"EXPLAIN QUERY PLAN {statement}"))


@pytest.fixture
def three(services: Services) -> Services:
    """Anna with three faces up to 2018, Bo with one of 2020, Clara with two of 2019; one more of Anna waits."""
    anna = [add_photo([0], f"201{year}-01-01T00:00:00")[0] for year in (5, 6, 8)]
    bo, clara = add_photo([1], "2020-01-01T00:00:00"), [add_photo([2])[0], add_photo([2])[0]]
    add_photo([0])
    services.recognition.update()
    for faces, name in ((clara, "Clara"), (anna, "Ánna"), (bo, "bo")):
        services.review.name(faces, name)
    for number, name in enumerate(("bo", "Clara", "Ánna")):
        Person.update(used_at=f"2026-01-0{number + 1}T00:00:00Z").where(Person.name == name).execute()
    return services


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.NAME, ["Ánna", "bo", "Clara"]),
        (Sort.CONFIRMED, ["Ánna", "Clara", "bo"]),
        (Sort.SUGGESTED, ["Ánna", "bo", "Clara"]),
        (Sort.SEEN, ["bo", "Clara", "Ánna"]),
        (Sort.USED, ["Ánna", "Clara", "bo"]),
    ],
)
def test_orders(three: Services, sort: Sort, expected: list[str]) -> None:
    assert [entry.name for entry in three.people.entries(sort=sort)] == expected
    assert [row.name for row in three.people.list(sort=sort)] == expected


def test_entries_and_rows_agree(three: Services) -> None:
    entries = three.people.entries()
    rows = three.people.rows([entry.id for entry in entries])
    assert [(row.name, row.confirmed, row.suggested) for row in rows] == [
        (entry.name, entry.confirmed, entry.suggested) for entry in entries
    ]
    assert [(row.first or "")[:4] for row in rows] == ["2015", "2020", "2019"]
    assert three.people.rows([999]) == ()


def test_unwritten_counts_photos_whose_file_lacks_the_name(three: Services) -> None:
    anna = three.people.find("Ánna")
    assert three.people.row(anna).unwritten == 3
    Photo.update(written=[{"name": 'x","name":"Ánna', "ours": True}]).where(Photo.id == 1).execute()
    Photo.update(written=[{"name": "Ánna", "ours": True}]).where(Photo.id == 2).execute()
    Photo.update(written=[{"name": "Ánna Rossi", "ours": True}]).where(Photo.id == 3).execute()
    assert three.people.row(anna).unwritten == 2


def test_the_list_is_counted_from_an_index_alone(services: Services) -> None:
    assert plan(roster.COUNTS) == "SEARCH face USING COVERING INDEX face_person (person_id>?)"


@pytest.mark.parametrize("statement", [roster.DETAILS, roster.KEYFACES])
def test_a_page_reads_only_the_faces_of_its_people(services: Services, statement: str) -> None:
    found = plan(statement.format("1,2,3"))
    assert "INDEX face_person (person_id=? AND state=?)" in found
    assert "SCAN" not in found
