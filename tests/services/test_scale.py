"""What a key asks of the database: how many statements, whatever the library's size, and none that reads a whole table.

A statement that is added must be worth its time over every step of a review: then its number here is changed, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.services.drawn import add_photo
from tui_tagger.services import Services
from tui_tagger.services.library import SORTS
from tui_tagger.services.query import KEYS

LARGE = {"photo", "face", "embedding"}  # tables that no key may read from end to end
ALIAS = re.compile(r'"(\w+)" AS "(\w+)"')
WHOLE = re.compile(r"SCAN (\w+)(?! USING)")

Act = Callable[[Services], object]
ACTS: dict[str, tuple[int, Act]] = {
    "the Library opens": (14, lambda s: (s.library.counts(), s.library.folders(), s.library.page())),
    "a page": (7, lambda s: s.library.page(offset=20, limit=20)),
    "a filter": (7, lambda s: s.library.page("person:anna date:2019 -is:offline")),
    "the Photo screen": (5, lambda s: s.library.photo(3)),
    "People's table": (2, lambda s: s.people.entries()),
    "the next question": (7, lambda s: s.review.item(s.review.queue()[0])),
}


def confirm(services: Services) -> None:
    """A decision with all that follows: how many suggestions it changes depends on the faces."""
    services.review.accept([services.review.queue()[0]], 1, True)
    services.review.queue()


def asked(services: Services, act: Act) -> list[str]:
    """The statements that `act` makes, with their values."""
    connection, seen = services.database.connection(), list[str]()
    connection.set_trace_callback(seen.append)
    try:
        act(services)
    finally:
        connection.set_trace_callback(None)
    return [statement for statement in seen if not statement.startswith("--")]  # triggers


def fill(services: Services, photos: int) -> None:
    """Photos of two people who are known, and faces that wait."""
    for number in range(photos):
        add_photo([[0], [1], [2, 0], [0, 3]][number % 4])
    services.recognition.update()
    services.library.counts()


@pytest.fixture
def library(services: Services) -> Services:
    fill(services, 8)
    services.review.name([1, 4], "Anna")
    services.review.name([2, 8], "Bo")
    fill(services, 16)
    return services


@pytest.mark.parametrize("name", ACTS)
def test_a_key_costs_so_many_statements_in_any_library(library: Services, name: str) -> None:
    expected, act = ACTS[name]
    act(library)
    assert len(asked(library, act)) == expected
    fill(library, 40)
    act(library)
    assert len(asked(library, act)) == expected


def whole_tables(services: Services, statement: str) -> set[str]:
    """The large tables that a statement reads row by row."""
    tables = {alias: table for table, alias in ALIAS.findall(statement)}
    plan = [row[3] for row in services.database.execute_sql(f"EXPLAIN QUERY PLAN {statement}")]
    return LARGE & {tables.get(name, name) for step in plan for name in WHOLE.findall(step)}


def looked(services: Services, act: Act) -> None:
    for statement in asked(services, act):
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")) and "(0 = 1)" not in statement:
            assert not whole_tables(services, statement), statement


@pytest.mark.parametrize("name", ACTS)
def test_no_key_reads_a_whole_table(library: Services, name: str) -> None:
    ACTS[name][1](library)
    looked(library, ACTS[name][1])


def test_no_decision_reads_a_whole_table(library: Services) -> None:
    library.review.queue()
    looked(library, confirm)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("reverse", [False, True])
def test_no_order_reads_a_whole_table(library: Services, sort: str, reverse: bool) -> None:
    looked(library, lambda s: s.library.page(sort=sort, offset=10, limit=10, reverse=reverse))


@pytest.mark.parametrize("query", [*(key.example for key in KEYS.values()), "oslo", "face:ignored", "has:gps"])
def test_no_filter_reads_a_whole_table(library: Services, query: str) -> None:
    looked(library, lambda s: s.library.page(query))


def test_a_whole_table_would_be_noticed(library: Services) -> None:
    assert whole_tables(library, 'SELECT * FROM "face" AS "t1" WHERE "t1"."score" > 2') == {"face"}
    assert whole_tables(library, "SELECT count(*) FROM photo WHERE camera = ''") == {"photo"}
