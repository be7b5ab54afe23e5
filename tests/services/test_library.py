from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import PAINTED, faces_by_person
from tui_tagger.errors import PhotoError, UsageError
from tui_tagger.services import Services
from tui_tagger.services.library import SORTS
from tui_tagger.services.query import KEYS
from tui_tagger.storage.models import Photo
from tui_tagger.text import folded


def names(services: Services, query: str, sort: str = "name") -> list[str]:
    return [row.path.name for row in services.library.page(query, sort).rows]


@pytest.fixture
def named(scanned: Services) -> Services:
    faces = faces_by_person(scanned)
    for person, name in ((0, "Zoë Ångström"), (1, "Bo")):
        scanned.review.name([faces[person][1]], name)  # a2.jpg shows both; b1.jpg shows Bo
    Photo.update(
        latitude=38.7, longitude=-9.1, place="Lisbon, Portugal", taken_at="2019-07-12T14:00:00", camera="Leica Q"
    ).where(Photo.name == "c1.jpg").execute()
    return scanned


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", sorted(Path(name).name for name in PAINTED)),
        ("person:zoe", ["a2.jpg"]),
        ('person:"zoe & bo"', []),
        ("person:Bo", ["b1.jpg"]),
        ("faces:0", ["none.jpg"]),
        ("faces:2+", ["a2.jpg", "a3.jpg", "b2.jpg", "c1.jpg"]),
        ("faces:<1", ["none.jpg"]),
        ("has:gps", ["c1.jpg"]),
        ("date:2019-07", ["c1.jpg"]),
        ("place:lisbon", ["c1.jpg"]),
        ("LISBON", ["c1.jpg"]),
        ("camera:leica", ["c1.jpg"]),
        ("path:trip faces:1", ["c2.jpg"]),
        ("face:confirmed", ["a2.jpg", "b1.jpg"]),
        ('path:"tri', ["c1.jpg", "c2.jpg", "none.jpg"]),
        ("100%", []),
        ("a_", []),
        ("-faces:0 -person:bo path:b", ["b2.jpg"]),
        ("-path:trip -face:confirmed", ["a1.jpg", "a3.jpg", "b2.jpg"]),
        ("face:conf", ["a2.jpg", "b1.jpg"]),
        ("face:ignored", []),
        ("faces:0..1 path:trip", ["c2.jpg", "none.jpg"]),
        ("date:2018..2020", ["c1.jpg"]),
        ("date:..2019-07-11", []),
        ("date:2019-07-12..2019-07-12", ["c1.jpg"]),
        ("date:2019-08.. date:..2019-12", []),
        ("is:unwritten", ["a2.jpg", "b1.jpg"]),
        ("is:offline", []),
        ("has:people -is:waiting", ["b1.jpg"]),
        ("place: camera:", sorted(Path(name).name for name in PAINTED)),
        ("c1.jpg 12:30", []),
    ],
    ids=[str(number) for number in range(31)],  # the folder of a test is named after it, and paths are searched
)
def test_queries(named: Services, query: str, expected: list[str]) -> None:
    assert names(named, query) == expected


@pytest.mark.parametrize("query", ["faces:many", "face:friendly", "has:wings", "is:gone", "date:May", "date:2019x"])
def test_a_bad_query_says_what_would_be_right(named: Services, query: str) -> None:
    with pytest.raises(UsageError) as raised:
        named.library.page(query)
    assert raised.value.hint


def test_a_number_of_faces_has_an_end(named: Services) -> None:
    for digits in ("9" * 25, "9" * 5000, f"1..{'9' * 25}"):
        with pytest.raises(UsageError, match="not a number"):
            named.library.page(f"faces:{digits}")


def test_a_date_is_never_longer_than_a_date(named: Services) -> None:
    """What is longer took hours to compare with the form of one."""
    assert named.library.page("date:2019-07-12T14:03:22").total <= named.library.page("date:2019-07-12").total
    for digits in ("2019-07-12T14:03:22:1", "019-" * 50_000):
        with pytest.raises(UsageError, match="not a date"):
            named.library.page(f"date:{digits}")


def test_an_unknown_word_of_the_filter_says_the_nearest(named: Services) -> None:
    for query, nearest in (("persn:Anna", "person:"), ("-is:oflfine", "is:offline"), ("has:gsp", "has:gps")):
        with pytest.raises(UsageError) as raised:
            named.library.page(query)
        assert nearest in raised.value.hint


def test_every_example_of_the_filters_can_be_asked(named: Services) -> None:
    for key in KEYS.values():
        named.library.page(key.example)
        named.library.page(f"-{key.example}")


def test_every_order_turns_round(named: Services) -> None:
    for sort in SORTS:
        assert list(named.library.photo_ids(sort=sort, reverse=True)) == list(named.library.photo_ids(sort=sort))[::-1]


def test_pages_and_ids_agree_in_every_order(named: Services) -> None:
    for sort in ("date", "name", "waiting", "people"):
        ids = list(named.library.photo_ids(sort=sort))
        paged = [
            row.id for offset in range(0, 8, 3) for row in named.library.page(sort=sort, offset=offset, limit=3).rows
        ]
        assert paged == ids
        assert named.library.page(sort=sort, limit=3).total == len(PAINTED)
    assert names(named, "", "people")[:2] == ["a2.jpg", "b1.jpg"]
    with pytest.raises(UsageError):
        named.library.page(sort="colour")


def test_rows_tell_people_and_waiting_faces(named: Services) -> None:
    row = named.library.page("faces:2 person:zoe").rows[0]
    assert (row.people, row.faces, row.waiting, row.unwritten) == (("Zoë Ångström",), 2, 1, True)


def test_folder_limits_the_page(named: Services, photos: Path) -> None:
    assert named.library.page(folder=photos / "trip").total == 3
    assert named.library.page(folder=photos).total == len(PAINTED)


def test_pictures_are_bounded_and_upright(named: Services, tmp_path: Path) -> None:
    photo = named.library.page("person:bo").rows[0]
    assert named.library.picture(photo.id, 100).size == (100, 62)
    face = named.library.photo(photo.id).faces[0]
    assert max(named.library.face_picture(face.id, 48).size) <= 48
    photo.path.unlink()
    with pytest.raises(PhotoError):
        named.library.picture(photo.id, 100)


def test_what_is_not_there_is_a_usage_error(services: Services) -> None:
    with pytest.raises(UsageError):
        services.library.photo(7)
    with pytest.raises(UsageError):
        services.library.face_picture(7, 10)
    with pytest.raises(UsageError):
        services.review.item(7)


def test_fold_ignores_case_and_accents() -> None:
    assert folded("ÉCOLE Straße") == folded("école STRASSE")
