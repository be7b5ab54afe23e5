from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.drawn import add_photo
from tui_tagger.errors import UsageError
from tui_tagger.services import Services
from tui_tagger.services.library import face_view
from tui_tagger.storage.models import Rejection


@pytest.fixture
def two(services: Services) -> Services:
    """Anna has faces 1 to 3, Nonna 4 and 5; both are in the third photo. Face 6 waits."""
    alone = [add_photo([0])[0] for _ in range(2)]
    together = add_photo([0, 0])
    more = [add_photo([0])[0], add_photo([0])[0]]
    services.recognition.update()
    services.review.name([*alone, together[0]], "Anna")
    services.review.name([together[1], more[0]], "Nonna")
    return services


def ids(services: Services) -> tuple[int, int]:
    return services.people.find("Nonna"), services.people.find("Anna")


def test_the_preview_says_what_happens_and_what_speaks_against_it(two: Services) -> None:
    nonna, anna = ids(two)
    two.people.set_birth_date(anna, "1978")
    two.people.set_birth_date(nonna, "1938-05")
    two.review.reject(5, anna)
    two.review.name([5], "Nonna")
    two.people.add_alias(nonna, "Grandma")
    found = two.people.preview_merge([nonna], anna)
    assert (found.target, found.sources, found.faces) == ("Anna", (("Nonna", 2),), 2)
    assert found.together == (Path("/library/2.jpg"),)
    assert (found.denied, found.birth_date, found.dropped) == (1, "1978", (("Nonna", "1938-05"),))
    assert found.aliases == ("Nonna", "Grandma")


def test_names_stay_as_other_names_and_a_birth_date_is_taken_over(two: Services) -> None:
    nonna, anna = ids(two)
    two.people.set_birth_date(nonna, "1938")
    two.people.add_alias(nonna, "Grandma")
    two.people.merge([nonna], anna)
    row = two.people.row(anna)
    assert (row.confirmed, row.aliases, row.birth_date) == (5, ("Nonna", "Grandma"), "1938")
    assert two.people.find("nonna") == anna


def test_who_was_denied_stays_denied_and_who_moves_is_denied_no_longer(two: Services) -> None:
    nonna, anna = ids(two)
    two.review.reject(6, nonna)
    two.review.reject(5, anna)
    two.review.name([5], "Nonna")
    two.people.merge([nonna], anna)
    assert list(Rejection.select(Rejection.face, Rejection.person).tuples()) == [(6, anna)]
    assert face_view(5).person == "Anna"
    assert face_view(6).person is None


def test_undo_after_a_restart_puts_everything_back(two: Services, tmp_path: Path) -> None:
    nonna, anna = ids(two)
    two.people.set_birth_date(nonna, "1938")
    two.people.add_alias(nonna, "Grandma")
    two.review.reject(6, nonna)
    before = (two.people.list(), set(Rejection.select(Rejection.face, Rejection.person).tuples()))
    two.people.merge([nonna], anna)
    two.close()
    again = Services.open(tmp_path / "library.db")
    again.review.undo()
    assert (again.people.list(), set(Rejection.select(Rejection.face, Rejection.person).tuples())) == before
    again.review.redo()
    assert [person.name for person in again.people.list()] == ["Anna"]
    again.close()


def test_nobody_to_merge_is_refused(two: Services) -> None:
    _, anna = ids(two)
    with pytest.raises(UsageError, match="at least two"):
        two.people.merge([anna], anna)
    with pytest.raises(UsageError, match="no longer"):
        two.people.preview_merge([999], anna)
