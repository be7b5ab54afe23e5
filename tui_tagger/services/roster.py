"""Lists of people: in several orders, with what was counted, by what somebody types.

500 people on 300,000 faces are listed from an index alone; what needs the photos is read for a page of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from tui_tagger.errors import UsageError
from tui_tagger.services.aliases import all_aliases
from tui_tagger.services.views import KnownName, PersonEntry, PersonRow
from tui_tagger.storage.models import Person, proxy
from tui_tagger.text import folded

# Statements of their own: a plan that reads only the index is worth testing for (tests/services/test_roster.py).
COUNTS = """
    SELECT person_id, state, count(*) FROM face
    WHERE person_id IS NOT NULL GROUP BY person_id, state"""
SEEN = """
    SELECT person_id, max(taken_at) FROM face JOIN photo ON photo.id = photo_id
    WHERE person_id IS NOT NULL AND state = 'confirmed' GROUP BY person_id"""
# Names stand in photo.written as JSON; a name that holds what looks like this has its quotes escaped there.
DETAILS = """
    SELECT person_id, min(taken_at), max(taken_at),
        count(DISTINCT CASE WHEN instr(written, '"name":' || json_quote(person.name)) = 0 THEN photo.id END)
    FROM face JOIN photo ON photo.id = photo_id JOIN person ON person.id = person_id
    WHERE person_id IN ({}) AND face.state = 'confirmed' GROUP BY person_id"""
KEYFACES = """
    SELECT person_id, face.id, max((face.id = person.keyface) * 1e9 + coalesce(width, 0) * score)
    FROM face JOIN person ON person.id = person_id
    WHERE person_id IN ({}) AND state = 'confirmed' GROUP BY person_id"""
AT_ONCE = 500  # ids in one statement


class Sort(StrEnum):
    """Orders of the people; within them by name."""

    NAME = "name"
    CONFIRMED = "confirmed"
    SUGGESTED = "suggested"
    SEEN = "last seen"
    USED = "recently used"


def entries(filter: str = "", sort: Sort = Sort.NAME, hidden: bool = False) -> tuple[PersonEntry, ...]:  # noqa: A002
    """People with a name or another name that holds `filter` (without case and accents); hidden ones if asked for."""
    confirmed, suggested = _counts()
    aliases = all_aliases() if filter else {}
    fields = (Person.id, Person.name, Person.hidden, Person.used_at)
    rows = [row for row in Person.select(*fields).tuples() if hidden or not row[2]]
    if filter:
        wanted = folded(filter)
        rows = [row for row in rows if any(wanted in folded(name) for name in (row[1], *aliases.get(row[0], ())))]
    found = [
        (PersonEntry(person, name, confirmed.get(person, 0), suggested.get(person, 0), out), used)
        for person, name, out, used in sorted(rows, key=lambda row: (folded(row[1]), row[1]))
    ]
    return tuple(entry for entry, _ in _ordered(found, sort))


def _ordered(found: list[tuple[PersonEntry, str]], sort: Sort) -> list[tuple[PersonEntry, str]]:
    if sort is Sort.NAME:
        return found
    if sort is Sort.SEEN:
        seen = dict(proxy.execute_sql(SEEN))
        return sorted(found, key=lambda each: seen.get(each[0].id) or "", reverse=True)
    if sort is Sort.USED:
        return sorted(found, key=lambda each: each[1], reverse=True)
    return sorted(found, key=lambda each: getattr(each[0], sort.value), reverse=True)


def rows(ids: Sequence[int]) -> tuple[PersonRow, ...]:
    """Everything that the table shows of these people, in the order asked for; those that are gone are left out."""
    found: dict[int, PersonRow] = {}
    for at in range(0, len(ids), AT_ONCE):
        found |= _rows(ids[at : at + AT_ONCE])
    return tuple(found[person] for person in ids if person in found)


def _rows(ids: Sequence[int]) -> dict[int, PersonRow]:
    confirmed, suggested = _counts(ids)
    details = {person: told for person, *told in _of(DETAILS, ids)}
    keyfaces = {person: face for person, face, _ in _of(KEYFACES, ids)}
    aliases = all_aliases()
    found = {}
    for person in Person.select().where(Person.id.in_(ids)):
        first, last, unwritten = details.get(person.id, (None, None, 0))
        found[person.id] = PersonRow(
            id=person.id,
            name=person.name,
            keyface_id=keyfaces.get(person.id),
            confirmed=confirmed.get(person.id, 0),
            suggested=suggested.get(person.id, 0),
            first=first,
            last=last,
            unwritten=unwritten,
            birth_date=person.birth_date,
            aliases=aliases.get(person.id, ()),
            hidden=person.hidden,
        )
    return found


def complete(text: str, limit: int = 8) -> tuple[KnownName, ...]:
    """People for type-ahead, recently used first; those called so from the beginning before those who contain it."""
    wanted, aliases = folded(text), all_aliases()
    people = Person.select(Person.id, Person.name).where(~Person.hidden)
    people = people.order_by(Person.used_at.desc(), Person.id.desc()).tuples()
    known = (_meant(wanted, name, aliases.get(person, ())) for person, name in people)
    found = [each for each in known if each is not None]
    return tuple(sorted(found, key=lambda each: not folded(each.alias or each.name).startswith(wanted))[:limit])


def _meant(wanted: str, name: str, aliases: Sequence[str]) -> KnownName | None:
    if wanted in folded(name):
        return KnownName(name)
    alias = next((alias for alias in aliases if wanted in folded(alias)), None)
    return None if alias is None else KnownName(name, alias)


def find(name: str) -> int:
    """The person of this name, exact or but for case and accents, else the one also called so. Raises UsageError."""
    people = list(Person.select(Person.id, Person.name).tuples())
    exact = [person for person, known in people if known == name]
    alike = exact or [person for person, known in people if folded(known) == folded(name)]
    alike = alike or [person for person, names in all_aliases().items() if folded(name) in map(folded, names)]
    if len(alike) != 1:
        raise UsageError(f"There is no person {name!r}", "`tui-tagger people list` shows the names.")
    return int(alike[0])


def _counts(ids: Sequence[int] | None = None) -> tuple[dict[int, int], dict[int, int]]:
    """Confirmed and suggested faces of each person."""
    found: dict[str, dict[int, int]] = {"confirmed": {}, "suggested": {}}
    rows = proxy.execute_sql(COUNTS) if ids is None else _of(COUNTS.replace("IS NOT NULL", "IN ({})"), ids)
    for person, state, count in rows:
        found.setdefault(state, {})[person] = count
    return found["confirmed"], found["suggested"]


def _of(statement: str, ids: Sequence[int]) -> list[Any]:
    return list(proxy.execute_sql(statement.format(",".join(map(str, map(int, ids))))))
