"""What the command line promises, with the real detector and the real embedder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import first_photos, keep_in
from tests.end_to_end.conftest import tagger
from tui_tagger.demo.library import GroundTruth
from tui_tagger.geometry import Box
from tui_tagger.metadata.identity import file_hash

pytestmark = pytest.mark.xdist_group("commands")

PORTRAITS = 3  # of a person, at most
SOME = 14  # photos: every orientation, every format and the damaged one


def faces_in(db: Path) -> list[tuple[str, list[int]]]:
    return sorted((Path(face["photo"]).name, face["box"]) for face in tagger("faces", "--db", db).lines)


def count_faces(db: Path) -> int:
    """How many faces a database holds while another process writes it; 0 before there is a table."""
    try:
        with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM face").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_the_demo_without_a_screen_reports(demo_library: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_library, tmp_path / "demo")
    report = tagger("demo", "--headless", "--dir", tmp_path / "demo").lines[-1]
    assert report["photos"] >= 60
    assert report["faces_found"] >= 0.97 * report["faces_drawn"]
    right = report["right_after"]
    assert right["1"] >= 0.70
    assert right["2"] >= 0.85
    assert right["3"] >= 0.90
    assert report["written"] >= 40


def test_a_scan_killed_half_way_ends_with_the_same_faces(demo_library: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    first_photos(demo_library, photos, SOME)
    tagger("scan", photos, "--processes", 1, "--db", tmp_path / "whole.db", check=1)  # one of them is damaged
    expected, killed = faces_in(tmp_path / "whole.db"), tmp_path / "killed.db"
    command = [sys.executable, "-m", "tui_tagger", "scan", str(photos), "--db", str(killed), "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as run:
        while count_faces(killed) <= 2 and run.poll() is None:
            time.sleep(0.01)
        os.killpg(run.pid, signal.SIGKILL)
    assert 2 < len(faces_in(killed)) < len(expected)
    report = tagger("scan", photos, "--processes", 1, "--db", killed, check=1).lines[-1]
    assert report["unchanged"] > 0
    assert faces_in(killed) == expected


@dataclass(frozen=True)
class Enrolled:
    """A library, portraits of it as DIR/<Name>/*.jpg, and a database that knows these people."""

    library: Path
    portraits: Path
    db: Path
    used: frozenset[str]  # photos of the library that are portraits


@pytest.fixture(scope="module")
def enrolled(demo_library: Path, truth: GroundTruth, tmp_path_factory: pytest.TempPathFactory) -> Enrolled:
    folder = tmp_path_factory.mktemp("enrolled")
    library = Path(shutil.copytree(demo_library, folder / "library"))
    used: set[str] = set()
    count: Counter[str] = Counter()
    for name, faces in sorted(truth.photos.items()):
        if len(faces) == 1 and faces[0].name is not None and count[faces[0].name] < PORTRAITS:
            try:
                Image.open(library / name).load()
            except OSError:
                continue  # the truncated one
            count[faces[0].name] += 1
            used.add(name)
            target = folder / "people" / faces[0].name / Path(name).name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library / name, target)
    with pytest.MonkeyPatch.context() as patch:
        keep_in(folder, patch)
        report = tagger("enrol", folder / "people", "--db", folder / "x.db", check=None).lines[-1]
    assert report["people"] == len(count)
    assert report["enrolled"] >= 0.9 * report["photos"]
    return Enrolled(library, folder / "people", folder / "x.db", frozenset(used))


def test_enrolled_people_are_named_and_others_are_unknown(enrolled: Enrolled, truth: GroundTruth) -> None:
    names = {path.name for path in enrolled.portraits.iterdir()}
    groups = [name for name, faces in sorted(truth.photos.items()) if len(faces) > 1 and name not in enrolled.used]
    photos = [enrolled.library / name for name in groups[:14]]
    answers = tagger("identify", *photos, "--db", enrolled.db, check=None).lines
    verdicts = Counter(verdict(answer, enrolled.library, truth, names) for answer in answers if "box" in answer)
    assert verdicts["named right"] + verdicts["named wrong"] + verdicts["missed"] >= 20
    assert verdicts["named right"] >= 0.85 * (verdicts["named right"] + verdicts["named wrong"] + verdicts["missed"])
    assert verdicts["unknown right"] > verdicts["stranger named"]


def verdict(answer: dict[str, Any], library: Path, truth: GroundTruth, enrolled: set[str]) -> str:
    drawn = truth.photos[str(Path(answer["photo"]).relative_to(library))]
    box = Box(*answer["box"])
    best = max(drawn, key=lambda face: face.box.iou(box))
    if best.box.iou(box) < 0.3:
        return "no face there"
    if best.name not in enrolled:
        return "unknown right" if answer["person"] is None else "stranger named"
    return {None: "missed", best.name: "named right"}.get(answer["person"], "named wrong")


def test_identify_tells_photos_without_faces_and_bad_files(tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), "grey").save(tmp_path / "empty.jpg")
    (tmp_path / "bad.jpg").write_bytes(b"no photo")
    result = tagger("identify", tmp_path / "empty.jpg", tmp_path / "bad.jpg", "--db", tmp_path / "x.db", check=1)
    assert result.lines[0] == {"photo": str(tmp_path / "empty.jpg"), "faces": 0}
    assert "bad.jpg" in result.lines[1]["error"]


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_written_names_are_where_exiftool_looks(enrolled: Enrolled) -> None:
    db, photos = enrolled.db, sorted(enrolled.portraits.rglob("*.jpg"))
    before = {path: (path.read_bytes(), file_hash(path)) for path in photos}
    plan = tagger("write", "--dry-run", "--db", db).lines
    assert plan[-1]["files"] == len(plan) - 1 > 8
    assert all(path.read_bytes() == data for path, (data, _) in before.items())
    result = tagger("write", "--db", db).lines
    assert result[-1]["written"] == result[-1]["files"] == len(plan) - 1
    fields = ["-XMP-dc:Subject", "-XMP-mwg-rs:all", "-XMP-iptcExt:PersonInImage", "-struct", "-json", "-n"]
    shown = json.loads(subprocess.check_output(["exiftool", *fields, *map(str, photos)]))
    for row in shown:
        path = Path(row["SourceFile"])
        if path.read_bytes() == before[path][0]:
            continue  # its face was not found, so there was nothing to write
        assert row["Subject"] == row["PersonInImage"] == [path.parent.name]
        assert row["RegionInfo"]["RegionList"][0]["Name"] == path.parent.name
        assert file_hash(path) == before[path][1]
    assert tagger("write", "--db", db).lines[-1]["files"] == 0
    tagger("write", "--undo", "--db", db)
    assert all(path.read_bytes() == data for path, (data, _) in before.items())


def test_wrong_use_ends_with_2_and_says_what_to_do(tmp_path: Path) -> None:
    for arguments in (["scan", tmp_path / "nowhere"], ["people", "rename", "Nobody", "X"], ["faces", "--state", "odd"]):
        result = tagger(*arguments, "--db", tmp_path / "x.db", check=2)
        assert result.lines == []
        assert result.stderr.strip()
        assert "Traceback" not in result.stderr


def test_doctor_tells_that_all_is_well(tmp_path: Path) -> None:
    checks = {line["name"]: line for line in tagger("doctor", "--db", tmp_path / "x.db").lines}
    assert checks["database"]["ok"]
    assert checks["compact model"]["ok"]
    assert checks["strangers"]["text"].startswith("500")
