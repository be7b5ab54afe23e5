"""Other names of people: found by type-ahead and filter, understood by the import, never written to files."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain

from tui_tagger.errors import UsageError
from tui_tagger.services.review import clean_name
from tui_tagger.services.views import Outcome
from tui_tagger.storage import journal
from tui_tagger.storage.journal import Recorder
from tui_tagger.storage.models import Alias, Person
from tui_tagger.text import folded


def all_aliases() -> dict[int, tuple[str, ...]]:
    """The other names of each person who has any, in the order in which they were added."""
    found: dict[int, list[str]] = defaultdict(list)
    for person, name in Alias.select(Alias.person, Alias.name).order_by(Alias.id).tuples():
        found[person].append(name)
    return {person: tuple(names) for person, names in found.items()}


def add_alias(person_id: int, name: str) -> Outcome:
    """Raises UsageError if somebody is called so already, but for case and accents."""
    clean, person = clean_name(name), Person.get_by_id(person_id)
    holder = _holder(clean)
    if holder is not None:
        known = "has that name already" if holder.id == person_id else "is called so"
        raise UsageError(f"{clean}: {holder.name} {known}", "" if holder.id == person_id else "Merge the two instead.")
    with journal.decision("alias") as (decision, record):
        record.insert(Alias, person=person_id, name=clean)
        decision.message = f"{person.name} is also called {clean}"
    return Outcome(decision.id, decision.message, ())


def remove_alias(person_id: int, name: str) -> Outcome:
    """Raises UsageError if it is none of the person's other names."""
    person = Person.get_by_id(person_id)
    with journal.decision("alias") as (decision, record):
        gone = drop_aliases(record, person_id, name)
        if not gone:
            raise UsageError(f"{person.name} is not also called {name}", "`tui-tagger people list` shows the names.")
        decision.message = f"{person.name} is no longer also called {gone[0]}"
    return Outcome(decision.id, decision.message, ())


def drop_aliases(record: Recorder, person_id: int, name: str | None = None) -> list[str]:
    """Removes all other names of a person, or those alike but for case and accents; says which."""
    rows = [
        row
        for row in Alias.select().where(Alias.person == person_id)
        if name in (None, row.name) or folded(row.name) == folded(name)
    ]
    for row in rows:
        record.delete(Alias, row.id)
    return [row.name for row in rows]


def _holder(name: str) -> Person | None:
    """Who is called so, but for case and accents."""
    persons = (person for person in Person.select() if folded(person.name) == folded(name))
    others = (row.person for row in Alias.select(Alias, Person).join(Person) if folded(row.name) == folded(name))
    return next(chain(persons, others), None)
