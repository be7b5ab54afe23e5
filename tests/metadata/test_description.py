from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_tagger.config import DESCRIPTION_TEMPLATE
from tui_tagger.errors import UsageError
from tui_tagger.metadata.description import FIELDS, MAX_LENGTH, field_values, parse_template

FULL = field_values(["Anna", "Bo"], "Lisbon, Portugal", "2019-07-12T14:03:22")


def filled(template: str, **changes: str) -> str:
    return parse_template(template).fill({**FULL, **changes})


def test_the_standard_template() -> None:
    assert filled(DESCRIPTION_TEMPLATE) == "Anna and Bo, Lisbon, 12 July 2019"


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ({"people": ""}, "Lisbon, 12 July 2019"),
        ({"place": ""}, "Anna and Bo, 12 July 2019"),
        ({"date": ""}, "Anna and Bo, Lisbon"),
        ({"people": "", "date": ""}, "Lisbon"),
        ({"people": "", "place": "", "date": ""}, ""),
    ],
)
def test_missing_parts_drop_out(missing: dict[str, str], expected: str) -> None:
    assert filled(DESCRIPTION_TEMPLATE, **missing) == expected


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ({}, "Seen: Anna and Bo in Lisbon (12 July 2019)."),
        ({"place": ""}, "Seen: Anna and Bo (12 July 2019)."),
        ({"date": ""}, "Seen: Anna and Bo in Lisbon."),
        ({"people": ""}, "Lisbon (12 July 2019)."),
        ({"people": "", "place": ""}, "(12 July 2019)."),
    ],
)
def test_words_and_brackets_go_with_their_part(missing: dict[str, str], expected: str) -> None:
    assert filled("Seen: {people} in {place} ({date}).", **missing) == expected


def test_a_bracket_in_the_middle_goes_with_its_part() -> None:
    assert filled("{people} ({place}), {date}") == "Anna and Bo (Lisbon), 12 July 2019"
    assert filled("{people} ({place}), {date}", place="") == "Anna and Bo, 12 July 2019"
    assert filled("{people} ({place}), {date}", date="") == "Anna and Bo (Lisbon)"


@pytest.mark.parametrize(
    ("template", "message", "hint"),
    [
        ("{poeple}", "{poeple}", "{people}"),
        ("{Place}", "{Place}", "{place}"),
        ("{people.__class__}", "people.__class__", "{people}"),
        ("{people[0]}", "people[0]", "{people}"),
        ("{people!r}", "people!r", "{people}"),
        ("{date:>999999999}", "date:>999999999", "{date}"),
        ("{}", "{}", "Fields are"),
        ("{0}", "{0}", "Fields are"),
        ("nothing", "no fields", "Fields are"),
        ("{people", "cannot be read", "Example"),
    ],
)
def test_anything_but_known_plain_fields_is_refused(template: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_template(template)
    assert message in raised.value.message
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    ("people", "place", "taken_at", "expected"),
    [
        ([], "", None, {}),
        (["Anna"], "Faro", "2019", {"people": "Anna", "place": "Faro", "date": "2019", "year": "2019"}),
        (["A", "B", "C", "A"], "", "2019-07", {"people": "A, B and C", "date": "July 2019", "year": "2019"}),
        (["\x1b[31m"], "Washington, D.C., US", "nonsense", {"people": "[31m", "place": "Washington, D.C."}),
    ],
)
def test_values(people: list[str], place: str, taken_at: str | None, expected: dict[str, str]) -> None:
    found = {key: value for key, value in field_values(people, place, taken_at).items() if value}
    assert {key: found.get(key) for key in expected} == expected


@given(st.text(max_size=40), st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=3000)))
def test_no_template_and_no_value_gives_anything_but_a_line_or_a_refusal(template: str, values: dict[str, str]) -> None:
    with contextlib.suppress(UsageError):
        text = parse_template(template + "{people}").fill(values)
        assert len(text) <= MAX_LENGTH
        assert text.isprintable() or not any(ord(each) < 32 for each in text)
