from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tui_tagger import settings
from tui_tagger.cli import cli
from tui_tagger.errors import SettingsError
from tui_tagger.settings import Settings, line_of, load, parse
from tui_tagger.settings_text import as_toml

FILE = Path("settings.toml")


def refusal(text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        parse(text, FILE)
    return caught.value


def test_without_a_file_everything_is_as_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(settings.VARIABLE, raising=False)
    monkeypatch.setattr(settings, "default_path", lambda: tmp_path / "none.toml")
    assert load() == Settings()


def test_a_named_file_has_to_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="no such settings file"):
        load(tmp_path / "none.toml")
    monkeypatch.setenv(settings.VARIABLE, str(tmp_path / "other.toml"))
    with pytest.raises(SettingsError, match=r"other\.toml"):
        load()


def test_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        '[look]\ntheme = "nord"\n[pictures]\nbudget = 80\n[keys]\n"review.accept" = ["y"]\nreview.skip = "S"\n'
    )
    found = load(path)
    assert (found.look.theme, found.pictures.budget, found.source) == ("nord", 80, path)
    assert found.keys == {"review.accept": ("y",), "review.skip": ("S",)}


def test_an_unknown_key_is_refused_with_the_nearest_and_the_line() -> None:
    error = refusal('# mine\n[look]\n\nthemes = "nord"\n')
    assert error.message == "settings.toml, line 4: look.themes is unknown"
    assert error.hint == "Did you mean theme?"


def test_an_unknown_section_is_refused_with_the_nearest() -> None:
    assert refusal("[picture]\nbudget = 3\n").hint == "Did you mean pictures?"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[pictures]\nbudget = true\n", "line 2: pictures.budget = True: must be a whole number"),
        ("[pictures]\nbudget = -1\n", "must be from 0 to 4000"),
        ('[pictures]\nprotocol = "sixels"\n', "must be one of auto, kitty, sixel, halfcell, none; sixel?"),
        ("look = 3\n", "line 1: look is a section"),
        ('[keys]\n"review.accept" = 3\n', "line 2: keys of review.accept: must be a list of keys"),
        ("[look\n", "at line 1"),
    ],
)
def test_wrong_values_are_refused_with_line_and_reason(text: str, told: str) -> None:
    assert told in refusal(text).message


@pytest.mark.parametrize(
    "text",
    [f"[keys]\n{'a.' * 3000}b = 1\n", f"[keys]\n{'a.' * 3000}b = ['x']\n", f"[look]\ntheme.{'a.' * 3000}b = 1\n"],
)
def test_keys_without_end_are_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        parse(text, Path("s.toml"))


def test_the_line_of_a_value_of_several_lines_is_its_first() -> None:
    assert line_of('[a]\nb = [\n  1,\n]\nc = """\nb = 2\n"""\n', ("a", "b")) == 2
    assert line_of('[a]\nb = 1\nc = """\nd = 2\n"""\n', ("a", "c")) == 3
    assert line_of("a.b = 1\n", ("a", "c")) is None


@given(st.text(max_size=200))
def test_any_text_gives_settings_or_a_clear_error(text: str) -> None:
    try:
        parse(text, FILE)
    except SettingsError as error:
        told = error
    else:
        return
    assert str(FILE) in told.message and told.hint


VALUES = st.one_of(st.booleans(), st.integers(-9, 9), st.floats(), st.text(max_size=5), st.lists(st.text(max_size=3)))
NAMES = st.sampled_from(["look", "pictures", "keys", "theme", "compact", "protocol", "budget", "x"])


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(letter):08x}" for letter in value if not 0xD800 <= ord(letter) < 0xE000) + '"'
    return repr(value)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES)))
def test_any_toml_gives_settings_or_an_error_that_names_the_line(table: dict[str, dict[str, object]]) -> None:
    lines = [f"[{name}]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in keys.items())
             for name, keys in table.items()]  # fmt: skip
    try:
        parse("".join(lines), FILE)
    except SettingsError as error:
        told = error
    else:
        return
    assert ", line " in told.message and told.hint


def test_the_default_file_says_the_defaults_with_a_comment_for_every_key() -> None:
    text = as_toml(Settings())
    assert parse(text, FILE) == Settings(source=FILE)
    lines = text.splitlines()
    assert all(lines[index - 1].startswith("#") for index, line in enumerate(lines) if " = " in line and line[0] != "#")


def test_settings_as_they_are_can_be_read_again() -> None:
    changed = parse('[look]\ntheme = "nörd \\" "\n[keys]\nreview.skip = ["?", "é"]\n', FILE)
    assert parse(as_toml(changed), FILE) == changed


def test_the_command_prints_where_and_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner, path = CliRunner(), tmp_path / "mine.toml"
    monkeypatch.setenv(settings.VARIABLE, str(path))
    assert runner.invoke(cli, ["settings", "--path"]).stdout.strip() == str(path)
    path.write_text(runner.invoke(cli, ["settings", "--default"]).stdout)
    assert load() == Settings(source=path)
    path.write_text("[look]\ncompact = 1\n")
    assert isinstance(runner.invoke(cli, ["settings"]).exception, SettingsError)


def test_choices_are_those_that_the_program_has() -> None:
    """The settings stand below what they name: the lists are written twice."""
    from tui_tagger.screens.library import SORTS
    from tui_tagger.services.orders import Order
    from tui_tagger.settings import Library, Map, Review
    from tui_tagger.widgets.map_view import LAST_ZOOM

    rules = {entry.name: entry.metadata for kind in (Library, Map, Review) for entry in fields(kind)}
    assert rules["sort"]["choices"] == tuple(SORTS)
    assert rules["order"]["choices"] == tuple(Order)
    assert rules["zoom"]["high"] == LAST_ZOOM
