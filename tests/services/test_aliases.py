from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.test_importing import LEFT, run, write
from tui_tagger.errors import UsageError
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.services import Services
from tui_tagger.services.views import KnownName


@pytest.fixture
def named(services: Services) -> Services:
    for name in ("Anna Rossi", "Bo Lind"):
        services.people.add(name)
    services.people.add_alias(services.people.find("Anna Rossi"), "Nonna")
    return services


def test_another_name_is_found_by_filter_type_ahead_and_command(named: Services) -> None:
    assert [person.name for person in named.people.entries("NÓN")] == ["Anna Rossi"]
    assert named.people.complete("nonn") == (KnownName("Anna Rossi", "Nonna"),)
    assert named.people.find("nonna") == named.people.find("Anna Rossi")
    assert named.people.row(named.people.find("Anna Rossi")).aliases == ("Nonna",)


def test_the_import_takes_another_name_for_the_person(scanned: Services, photos: Path) -> None:
    scanned.people.add("Anna Rossi")
    scanned.people.add_alias(scanned.people.find("Anna Rossi"), "Nonna")
    write(photos / "a1.jpg", NamedRegion("NONNA", LEFT))
    run(scanned)
    assert [(person.name, person.confirmed) for person in scanned.people.list()] == [("Anna Rossi", 1)]
    assert scanned.people.row(scanned.people.find("Anna Rossi")).unwritten == 1


def test_a_person_of_that_name_comes_before_somebody_also_called_so(scanned: Services, photos: Path) -> None:
    scanned.people.add("Anna Rossi")
    scanned.people.add_alias(scanned.people.find("Anna Rossi"), "Nonna")
    scanned.people.add("Nonna")
    write(photos / "a1.jpg", NamedRegion("Nonna", LEFT))
    run(scanned)
    assert {person.name: person.confirmed for person in scanned.people.list()} == {"Anna Rossi": 0, "Nonna": 1}


@pytest.mark.parametrize("taken", ["Bo Lind", "bo lind", "nonna", "Anna Rossi"])
def test_a_name_that_somebody_has_is_refused(named: Services, taken: str) -> None:
    with pytest.raises(UsageError):
        named.people.add_alias(named.people.find("Anna Rossi"), taken)


def test_names_come_and_go_undoably(named: Services) -> None:
    anna = named.people.find("Anna Rossi")
    named.people.remove_alias(anna, "NONNA")
    assert named.people.row(anna).aliases == ()
    named.review.undo()
    assert named.people.row(anna).aliases == ("Nonna",)
    with pytest.raises(UsageError, match="not also called"):
        named.people.remove_alias(anna, "Bo")


def test_deleting_takes_other_names_along_and_undo_brings_them_back(named: Services) -> None:
    named.people.delete(named.people.find("Anna Rossi"))
    assert named.people.complete("nonna") == ()
    named.review.undo()
    assert named.people.complete("nonna") == (KnownName("Anna Rossi", "Nonna"),)
    named.review.redo()
    assert named.people.complete("nonna") == ()
