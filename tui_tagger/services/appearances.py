"""When a person was photographed, and with whom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tui_tagger.services.birth import age_on
from tui_tagger.storage.models import Person, proxy

MONTHS = """
    SELECT substr(taken_at, 1, 7), count(DISTINCT photo_id) FROM face JOIN photo ON photo.id = photo_id
    WHERE person_id = ? AND state = 'confirmed' GROUP BY 1"""
COMPANIONS = """
    SELECT person.id, person.name, count(DISTINCT photo.id), min(taken_at), max(taken_at)
    FROM face JOIN photo ON photo.id = face.photo_id
        JOIN face AS other ON other.photo_id = photo.id AND other.state = 'confirmed'
        JOIN person ON person.id = other.person_id
    WHERE face.person_id = ? AND face.state = 'confirmed' AND person.id != face.person_id AND NOT person.hidden
    GROUP BY person.id ORDER BY 3 DESC, person.name"""


@dataclass(frozen=True, slots=True)
class Year:
    """The photos of a person in one year: in all, and from January to December where the month is known."""

    year: int
    photos: int
    months: tuple[int, ...]
    age: int | None  # reached in that year


@dataclass(frozen=True, slots=True)
class Companion:
    """Somebody who is in photos with a person: how many, and the dates of the first and the last."""

    person_id: int
    name: str
    photos: int
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Appearances:
    years: tuple[Year, ...]  # those with photos, in order
    undated: int  # photos without a date
    companions: tuple[Companion, ...]  # most photos first


def appearances(person_id: int) -> Appearances:
    """From the confirmed faces of a person; hidden people are nobody's companions."""
    months: dict[int, list[int]] = defaultdict(lambda: [0] * 13)  # [0]: the month is not known
    undated = 0
    for month, photos in proxy.execute_sql(MONTHS, (person_id,)):
        if month is None:
            undated += photos
        else:
            months[int(month[:4])][int(month[5:7] or 0)] += photos
    born = Person.get_by_id(person_id).birth_date
    years = (Year(year, sum(each), tuple(each[1:]), age_on(born, f"{year}-12-31")) for year, each in months.items())
    together = (Companion(*row) for row in proxy.execute_sql(COMPANIONS, (person_id,)))
    return Appearances(tuple(sorted(years, key=lambda each: each.year)), undated, tuple(together))
