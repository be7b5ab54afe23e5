"""Finding places by name, in the data that the package carries."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tui_tagger.metadata.gazetteer import Texts, gazetteer


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("lisbon", "Lisbon, Portugal"),
        ("LISB", "Lisbon, Portugal"),
        ("paris", "Paris, France"),
        ("Paris, tex", "Paris, United States"),
        ("  Sao Paulo ", "São Paulo, Brazil"),
        ("Valencia, Ven", "Valencia, Venezuela"),
    ],
)
def test_the_largest_place_of_a_name(text: str, name: str) -> None:
    found = gazetteer().find(text)
    assert found is not None
    assert found.name == name


def test_where_it_is() -> None:
    found = gazetteer().find("Lisbon, Portugal")
    assert found is not None
    assert (found.latitude, found.longitude) == pytest.approx((38.72, -9.14), abs=0.05)


@pytest.mark.parametrize("text", ["", "  ", "Xyzzyville", ", France", "Lisbon, Atlantis"])
def test_what_is_nowhere(text: str) -> None:
    assert gazetteer().find(text) is None


def test_the_nearest_place() -> None:
    assert gazetteer().nearest(48.8566, 2.3522).startswith("Paris")
    assert gazetteer().nearest(-16.9, -179.99) == gazetteer().nearest(-16.9, 180.01)
    assert gazetteer().nearest(0.0, -30.0) == ""


def test_texts_are_what_they_were_made_of() -> None:
    words = ["", "Zürich", "日本", "a", ""]
    texts = Texts(words)
    assert list(texts) == words
    assert [texts[at] for at in range(-5, 5)] == [*words, *words]
    assert texts[1:3] == words[1:3]
    assert len(Texts([])) == 0
    with pytest.raises(IndexError):
        texts[5]


def test_finding_places_needs_no_scipy() -> None:
    code = "import sys; from tui_tagger.metadata.gazetteer import gazetteer; gazetteer(); print('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
