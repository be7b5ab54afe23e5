"""`tui-tagger watch` as a process on a real folder, with fake models."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import paint_photo
from tests.fakes import FakeEmbedder
from tui_tagger.services import Services
from tui_tagger.storage.database import store_setting

SIDECAR = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">At
the sea</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"""
SECONDS = 90.0  # that a report may take to come on a busy machine


class Running:
    """The command while it runs: its reports in the order they come."""

    def __init__(self, database: Path, *folders: Path, module: str = "tests.watch_program") -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        command = [sys.executable, "-m", module, "watch", *map(str, folders), "--db", str(database), "--json"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        self.reports: queue.Queue[dict[str, Any]] = queue.Queue()
        self.told: list[str] = []
        self._threads = [threading.Thread(target=read) for read in (self._read_reports, self._read_told)]
        for thread in self._threads:
            thread.start()

    def _read_reports(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.reports.put(json.loads(line))

    def _read_told(self) -> None:
        assert self.process.stderr is not None
        self.told += self.process.stderr

    def until(self, met: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """The reports up to the first for which `met`."""
        seen, end = [], time.monotonic() + SECONDS
        while True:
            try:
                seen.append(self.reports.get(timeout=max(0.0, end - time.monotonic())))
            except queue.Empty:
                pytest.fail(f"no such report came: {seen} {self.told}")
            if met(seen[-1]):
                return seen

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    opened = Services.open(tmp_path / "library.db")
    store_setting("embedder", FakeEmbedder.model_id)
    opened.close()
    return tmp_path / "library.db"


def rested(folder: Path) -> Path:
    """The folder, its files old enough to have come to rest."""
    for path in folder.rglob("*.*"):
        os.utime(path, (1.7e9, 1.7e9))
    return folder


@pytest.fixture
def photos(photos: Path) -> Path:
    return rested(photos)


@pytest.fixture
def running(database: Path, photos: Path) -> Iterator[Running]:
    made = Running(database, photos)
    yield made
    made.close()


def test_photos_are_scanned_as_they_come_change_move_and_go(running: Running, photos: Path) -> None:
    (first,) = running.until(lambda report: True)
    assert (first["new"], first["failed"]) == (8, [])

    paint_photo(photos / "new" / "d.jpg", (3,))
    running.until(lambda report: report["new"] == 1)

    (photos / "new").rename(photos / "renamed")
    running.until(lambda report: report["moved"] == 1)

    paint_photo(photos / "a1.jpg", (5, 6))
    running.until(lambda report: report["changed"] == 1 and report["faces"] >= 2)

    (photos / "b1.jpg").unlink()
    running.until(lambda report: report["gone"] == 1)

    (photos / "a2.jpg.xmp").write_text(SIDECAR)
    running.until(lambda report: report["reread"] == 1)
    assert running.end(signal.SIGTERM) == 0


def test_a_copy_in_progress_is_not_a_broken_photo(running: Running, photos: Path, tmp_path: Path) -> None:
    running.until(lambda report: True)
    paint_photo(tmp_path / "whole.jpg", (0, 1, 2))
    data = (tmp_path / "whole.jpg").read_bytes()
    with (photos / "trip" / "copied.jpg").open("wb") as copy:
        for part in range(8):
            copy.write(data[part * len(data) // 8 : (part + 1) * len(data) // 8])
            copy.flush()
            if part == 3:
                (photos / "trip" / "c1.jpg").unlink()  # has the whole folder looked at
            time.sleep(1.0)
    seen = running.until(lambda report: report["new"] == 1)
    assert all(report["failed"] == [] for report in seen)
    assert any(report["gone"] == 1 for report in seen[:-1])
    assert running.end(signal.SIGINT) == 0


def test_a_copy_in_progress_at_the_start_is_waited_for(database: Path, photos: Path) -> None:
    arriving, whole = photos / "a0.jpg", (photos / "a1.jpg").read_bytes()
    copied = threading.Event()

    def copy() -> None:
        with arriving.open("wb") as file:
            for byte in whole[:-1]:
                file.write(bytes([byte]))
                file.flush()
                if copied.wait(0.5):
                    break
            file.write(whole[file.tell() :])

    writer = threading.Thread(target=copy)
    writer.start()
    running = Running(database, photos)
    try:
        (first,) = running.until(lambda report: True)
        assert first["unsettled"] == [str(arriving)]
        copied.set()
        (second,) = running.until(lambda report: True)
        assert (second["photos"], second["new"], second["failed"]) == (1, 1, [])
        assert running.end(signal.SIGINT) == 0
    finally:
        copied.set()
        writer.join()
        running.close()


def test_a_broken_photo_is_reported_and_the_watch_goes_on(running: Running, photos: Path) -> None:
    running.until(lambda report: True)
    (photos / "broken.jpg").write_bytes(b"this is no photo")
    (report,) = running.until(lambda report: bool(report["failed"]))
    assert report["failed"][0]["path"] == str(photos / "broken.jpg")
    paint_photo(photos / "good.jpg", (1,))
    running.until(lambda report: report["new"] == 1)
    assert running.end(signal.SIGINT) == 0


def test_a_drive_that_goes_and_comes_back(running: Running, photos: Path) -> None:
    running.until(lambda report: True)
    photos.rename(photos.with_name("away"))
    time.sleep(3)
    paint_photo(photos.with_name("away") / "meanwhile.jpg", (4,))
    photos.with_name("away").rename(photos)
    seen = running.until(lambda report: report["new"] == 1)
    assert seen[0]["unchanged"] == 8
    assert all(report["gone"] == 0 for report in seen)
    assert running.end(signal.SIGTERM) == 0
    assert any("looked for again" in line for line in running.told)


def test_stopped_in_the_middle_of_a_scan_it_ends_well(database: Path, tmp_path: Path) -> None:
    for number in range(200):
        paint_photo(tmp_path / "many" / f"{number}.jpg", (number % 4,))
    running = Running(database, rested(tmp_path / "many"))
    try:
        end = time.monotonic() + SECONDS
        while not _some_photos(database) and time.monotonic() < end:
            time.sleep(0.05)
        assert running.end(signal.SIGTERM) == 0
        report = running.reports.get(timeout=5)
        assert 0 < report["new"] < 200
        assert report["failed"] == []
    finally:
        running.close()


def _some_photos(database: Path) -> bool:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("SELECT count(*) FROM photo").fetchone()[0])


def test_a_folder_that_never_was_is_refused(database: Path, tmp_path: Path) -> None:
    running = Running(database, tmp_path / "nowhere")
    try:
        assert running.process.wait(SECONDS) == 2
    finally:
        running.close()
    assert any("no such folder" in line for line in running.told)
