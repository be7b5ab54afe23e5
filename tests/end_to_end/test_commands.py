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
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.end_to_end.conftest import tagger
from tui_tagger.demo.library import GroundTruth, make_library
from tui_tagger.geometry import Box
from tui_tagger.metadata.identity import file_hash

pytestmark = pytest.mark.xdist_group("demo")

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


def test_a_scan_killed_half_way_ends_with_the_same_faces(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    make_library(photos, photos=SOME)
    tagger("scan", photos, "--db", tmp_path / "whole.db", check=1)  # one of them is damaged
    expected, killed = faces_in(tmp_path / "whole.db"), tmp_path / "killed.db"
    command = [sys.executable, "-m", "tui_tagger", "scan", str(photos), "--db", str(killed), "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as run:
        while count_faces(killed) <= 2 and run.poll() is None:
            time.sleep(0.01)
        os.killpg(run.pid, signal.SIGKILL)
    assert 2 < len(faces_in(killed)) < len(expected)
    report = tagger("scan", photos, "--db", killed, check=1).lines[-1]
    assert report["unchanged"] > 0
    assert faces_in(killed) == expected


def enrolment(library: Path, truth: GroundTruth, folder: Path, each: int) -> tuple[Path, set[str]]:
    """DIR/<Name>/*.jpg from portraits of the library; returns also the photos that were used."""
    used: set[str] = set()
    count: Counter[str] = Counter()
    for name, faces in sorted(truth.photos.items()):
        if len(faces) == 1 and faces[0].name is not None and count[faces[0].name] < each:
            try:
                Image.open(library / name).load()
            except OSError:
                continue  # the truncated one
            count[faces[0].name] += 1
            used.add(name)
            target = folder / faces[0].name / Path(name).name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library / name, target)
    return folder, used


def test_enrolled_people_are_named_and_others_are_unknown(library: Path, truth: GroundTruth, tmp_path: Path) -> None:
    people, used = enrolment(library, truth, tmp_path / "people", each=3)
    db = tmp_path / "x.db"
    report = tagger("enrol", people, "--db", db, check=None).lines[-1]
    names = {path.name for path in people.iterdir()}
    assert report["people"] == len(names)
    assert report["enrolled"] >= 0.9 * report["photos"]
    groups = [name for name, faces in sorted(truth.photos.items()) if len(faces) > 1 and name not in used]
    answers = tagger("identify", *(library / name for name in groups[:14]), "--db", db, check=None).lines
    verdicts = Counter(verdict(answer, library, truth, names) for answer in answers if "box" in answer)
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
def test_written_names_are_where_exiftool_looks(library: Path, truth: GroundTruth, tmp_path: Path) -> None:
    people, _ = enrolment(library, truth, tmp_path / "people", each=2)
    db = tmp_path / "x.db"
    tagger("enrol", people, "--db", db, check=None)
    photos = sorted(people.rglob("*.jpg"))
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
