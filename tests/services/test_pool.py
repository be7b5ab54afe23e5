"""Extracting in processes of its own: the same results, and what is left when one of them dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import fake_models
from tests.services import workers
from tui_tagger.errors import ModelError, PhotoError, TaggerError
from tui_tagger.services.extraction import Extracted, File
from tui_tagger.services.extractors import InProcess, Result
from tui_tagger.services.inventory import find_files
from tui_tagger.services.pool import AHEAD, Pool
from tui_tagger.services.resources import Resources

TWO = Resources(device="cpu", processes=2)


def facts(results: Iterator[Result]) -> dict[str, object]:
    """What is told of each file, as something that can be compared."""
    return {
        file.path.name: (
            [(face.box, face.score, face.vector.tobytes()) for face in found.faces or ()],
            found.identity,
            found.info,
        )
        if isinstance(found, Extracted)
        else str(found)
        for file, found in results
    }


def test_several_processes_find_what_one_finds(photos: Path) -> None:
    (photos / "bad.jpg").write_bytes(b"nothing")
    files = list(find_files([photos]))
    alone = facts(InProcess(fake_models()).extract(files, ()))
    assert facts(Pool(workers.fakes, TWO).extract(files, ())) == alone
    assert "bad.jpg" in str(alone["bad.jpg"])


def test_faces_that_are_known_are_not_looked_for(photos: Path) -> None:
    files = list(find_files([photos]))
    first = InProcess(fake_models()).extract(files[:2], ())
    known = {found.identity for _, found in first if isinstance(found, Extracted)}
    for extractors in (InProcess(fake_models()), Pool(workers.fakes, TWO)):
        results = dict(extractors.extract(files, known))
        asked = [found.faces is not None for found in map(results.get, files) if isinstance(found, Extracted)]
        assert asked == [False, False, *[True] * (len(files) - 2)]


def test_a_photo_that_kills_its_process_costs_only_itself(photos: Path) -> None:
    for number in range(3):
        Image.new("RGB", workers.DEADLY, (number, 0, 0)).save(photos / f"deadly{number}.jpg")
    files = list(find_files([photos]))
    results = {file.path.name: found for file, found in Pool(workers.slow_fakes, TWO).extract(files, ())}
    assert len(results) == len(files)
    died = {name: found for name, found in results.items() if isinstance(found, TaggerError)}
    assert died.keys() == {"deadly0.jpg", "deadly1.jpg", "deadly2.jpg"}
    assert all(
        isinstance(found, PhotoError) and f"{name}: decoding it crashed (SIGKILL)" in found.message
        for name, found in died.items()
    )


def test_few_photos_are_under_way(photos: Path) -> None:
    taken = 0

    def files() -> Iterator[File]:
        nonlocal taken
        for file in [*find_files([photos])] * 5:
            taken += 1
            yield file

    results = Pool(workers.fakes, TWO).extract(files(), ())
    for done in range(20):
        next(results)
        assert taken <= done + 1 + 2 * AHEAD + 1  # and one that is at hand
    results.close()


def test_closing_ends_the_processes(photos: Path) -> None:
    results = Pool(workers.slow_fakes, TWO).extract(find_files([photos]), ())
    next(results)
    before = children(os.getpid())
    assert before
    results.close()
    assert len(before - children(os.getpid())) == 2  # what is left is multiprocessing's own


def test_models_that_cannot_be_loaded_are_no_photo_s_fault(photos: Path) -> None:
    with pytest.raises(ModelError, match="weights are gone"):
        list(Pool(workers.unloadable, TWO).extract(find_files([photos]), ()))


def test_processes_that_keep_dying_end_the_work(photos: Path) -> None:
    files = [*find_files([photos])] * 3
    with pytest.raises(TaggerError, match=r"end by themselves \(exit status 3\)") as caught:
        list(Pool(workers.dying, TWO).extract(files, ()))
    assert "--processes 1" in caught.value.hint


def children(pid: int) -> set[int]:
    return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def ended(pids: set[int], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while any(Path(f"/proc/{pid}/exe").exists() for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


SCRIPT = """
import sys
from pathlib import Path
from tests.services import workers
from tui_tagger.services import Services
from tui_tagger.services.jobs import JobService
from tui_tagger.services.library import all_faces
if __name__ == "__main__":
    services = Services.open(Path(sys.argv[1]) / "library.db")
    jobs = JobService(services.path, workers.main)
    jobs.scan([Path(sys.argv[1]) / "photos"])
    while not list(all_faces()):
        jobs.wait(0.05)
    print("running", flush=True)
    if sys.argv[2] == "wait":
        sys.stdin.read()
"""


@pytest.fixture
def many(photos: Path) -> Path:
    first = photos / "a1.jpg"
    for number in range(200):
        (photos / f"copy{number:03}.jpg").write_bytes(first.read_bytes())
    return photos


def start(folder: Path, what: str) -> subprocess.Popen[bytes]:
    (folder / "script.py").write_text(SCRIPT)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        [sys.executable, str(folder / "script.py"), str(folder), what],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"running\n"
    return process


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_program_that_is_killed_takes_all_its_processes_along(many: Path) -> None:
    with start(many.parent, "wait") as process:
        below = children(process.pid)
        below |= {each for pid in below for each in children(pid)}
        assert len(below) >= 3  # one that writes, those that extract, multiprocessing's own
        process.send_signal(signal.SIGKILL)
        assert ended(below)


def test_a_program_that_ends_without_a_word_does_not_hang(many: Path) -> None:
    with start(many.parent, "end") as process:
        assert process.wait(20) == 0
