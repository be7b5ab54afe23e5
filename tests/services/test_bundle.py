"""The bundle for a bug report says what happened, and nothing of whom or where."""

from __future__ import annotations

import json
import logging
import stat
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.fuzz_library import make_library
from tui_tagger import log
from tui_tagger.cli import cli
from tui_tagger.config import log_dir
from tui_tagger.errors import UsageError
from tui_tagger.services import Services
from tui_tagger.services.bundle import INSIDE, Sieve, contents, write
from tui_tagger.settings import parse
from tui_tagger.storage.database import store_setting
from tui_tagger.storage.models import Photo

SECRETS = ("Zebedée", "Zebedee", "Quux", "Xanthippe", "Kühlungsborn", "Wuthering", "Heights", "IMG_Zaphod", "Zaphod")
PLACE = ("54.1523", "11.7554")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with distinctive names in every text, in the log, and in the output of the worker."""
    folder = tmp_path / "Wuthering Heights"
    folder.mkdir()
    path = make_library(folder)
    services = Services.open(path)
    anna = services.people.find("Anna")
    services.people.rename(anna, "Zebedée Quux")
    services.people.add_alias(anna, "Xanthippe")
    gone = folder / "IMG_Zaphod 1.jpg"
    Photo.update(path=gone, name=gone.name, latitude=float(PLACE[0]), longitude=float(PLACE[1])).where(
        Photo.id == 1
    ).execute()
    Photo.update(place="Kühlungsborn, Germany", description="Zebedée at sea").where(Photo.id == 1).execute()
    store_setting("searches", ["person:Xanthippe"])
    services.close()
    log.start()
    log.event("scan", photos=4)
    log.stop()
    line = f"warning: {gone}: Zebedee Quux at {', '.join(PLACE)} in kühlungsborn, '{gone.parent.name}/{gone.name}'"
    (log_dir() / "worker.log").write_text(f"{line}\nlibpng error: bad adaptive filter\n")
    logging.shutdown()
    return path


def texts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["doctor", *map(str, words), "--images", "none"])
    return done.exit_code, done.output


def test_nothing_of_people_photos_or_places_is_inside(library: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.zip"
    status, printed = run("--bundle", target, "--db", library)
    assert status == 0, printed
    found = texts(target)
    everything = "\n".join(found.values()).casefold()
    for secret in (*SECRETS, *PLACE, str(tmp_path), str(library.parent)):
        assert secret.casefold() not in everything, secret
        assert json.dumps(secret)[1:-1].casefold() not in everything, secret
    assert "scan photos=4" in found["log.txt"]
    assert "libpng error: bad adaptive filter" in found["log.txt"]
    counts = json.loads(found["counts.json"])
    assert counts["rows"]["photo"] == 4
    assert counts["schema"] >= 10
    assert "INDEX" in counts["plans"]["the photos of a person"][0]
    assert "textual" in json.loads(found["versions.json"])["libraries"]
    assert {check["name"] for check in json.loads(found["checks.json"])} >= {"database", "values", "compact model"}
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_what_is_inside_is_said_first(library: Path, tmp_path: Path) -> None:
    _, printed = run("--bundle", tmp_path / "report.zip", "--db", library)
    assert all(f"{name} " in printed for name in INSIDE)
    assert printed.index("log.txt") < printed.index("Look into it before you send it")
    assert texts(tmp_path / "report.zip").keys() == INSIDE.keys()


def test_of_a_broken_library_no_text_gets_through(library: Path, tmp_path: Path) -> None:
    library.write_bytes(library.read_bytes()[:5000])
    run("--bundle", tmp_path / "report.zip", "--db", library)
    found = texts(tmp_path / "report.zip")
    assert not any(secret.casefold() in "".join(found.values()).casefold() for secret in SECRETS)
    assert json.loads(found["counts.json"])["code"] in ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")


def test_settings_without_texts_of_the_user(tmp_path: Path) -> None:
    told = parse('[look]\ntheme = "Zebedee"\n[pictures]\nbudget = 7\n[keys]\n"Quux" = ["x"]\n', tmp_path / "Zaphod")
    text = contents(tmp_path / "none.db", [], told, [])["settings.json"]
    assert not any(secret in text for secret in SECRETS)
    assert json.loads(text)["pictures.budget"] == 7
    assert json.loads(text)["look.theme"] == "changed"


def test_what_is_there_is_not_replaced_nor_a_planted_link_followed(tmp_path: Path) -> None:
    (tmp_path / "there.zip").write_bytes(b"mine")
    (tmp_path / "link.zip").symlink_to(tmp_path / "elsewhere")
    for name in ("there.zip", "link.zip"):
        with pytest.raises(UsageError, match="already"):
            write(tmp_path / name, {"a": "b"})
    assert (tmp_path / "there.zip").read_bytes() == b"mine"
    assert not (tmp_path / "elsewhere").exists()


def test_the_sieve_leaves_other_words_alone() -> None:
    sieve = Sieve(frozenset({"anna"}))
    assert sieve("error 28 at safewrite.py:81, ANNA, Annabel") == "error 28 at safewrite.py:81, <…>, Annabel"
    assert sieve("C:\\Users\\Bo\\x.jpg ~/x ../y 38.72231") == "<…> <…> <…> <…>"
