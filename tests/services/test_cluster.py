"""A scan on two real Dask workers, processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import PAINTED, fake_models, paint_photo
from tests.services import workers
from tui_tagger.errors import ModelError, TaggerError, UsageError
from tui_tagger.services import Services
from tui_tagger.services.cluster import Cluster
from tui_tagger.services.extraction import Models
from tui_tagger.services.library import all_faces
from tui_tagger.services.scan import scan

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
MANY = 60


def lacking_models() -> Models:
    def missing() -> Any:
        raise ModelError("the weights are not installed", "Install them.")

    return Models(missing, missing, "none")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler and two workers, as a user starts them; a worker that dies is replaced by its nanny."""
    about = tmp_path_factory.mktemp("dask") / "scheduler.json"
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",  # deaths of workers before a photo is to blame
    }
    there = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(about)]
    dask = [sys.executable, "-m", "dask"]
    commands = (
        [*dask, "scheduler", "--port", "0", *there],
        [*dask, "worker", "--nworkers", "2", "--nthreads", "1", *there],
    )
    with ExitStack() as stack:
        for command in commands:
            quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            process = subprocess.Popen(command, env=environment, start_new_session=True, **quiet)
            stack.callback(process.wait)
            stack.callback(os.killpg, process.pid, signal.SIGKILL)
        until(about.is_file)
        found = str(json.loads(about.read_text())["address"])
        until(lambda: len(pids(found)) == 2)
        yield found


def until(met: Callable[[], bool], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.2)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for number in range(MANY):
        paint_photo(tmp_path / "many" / f"{number:03}.jpg", (number % 4,))
    return tmp_path / "many"


def pids(address: str) -> list[int]:
    with distributed.Client(address, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def test_finds_what_a_scan_here_finds(services: Services, photos: Path, address: str) -> None:
    report = scan([photos], Cluster(address, fake_models), lambda *_: True)
    assert (report.new, report.failed) == (len(PAINTED), ())
    assert len(all_faces()) == sum(map(len, PAINTED.values()))
    (photos / "a1.jpg").rename(photos / "z.jpg")
    (photos / "broken.jpg").write_bytes(b"no photo")
    report = scan([photos], Cluster(address, fake_models), lambda *_: True)
    assert (report.moved, report.new, len(report.failed)) == (1, 0, 1)


def test_a_worker_that_is_killed_loses_nothing(services: Services, many: Path, address: str) -> None:
    killed: list[int] = []

    def go_on(done: int, total: int, path: Path | None) -> bool:
        if done == 10 and not killed:
            killed.append(pids(address)[0])
            os.kill(killed[0], signal.SIGKILL)
        return True

    until(lambda: len(pids(address)) == 2)
    report = scan([many], Cluster(address, workers.slow_models), go_on)
    assert killed
    assert (report.new, report.failed) == (MANY, ())
    assert len(all_faces()) == MANY


def test_a_photo_that_kills_workers_again_and_again_is_failed(services: Services, photos: Path, address: str) -> None:
    Image.new("RGB", workers.DEADLY).save(photos / "a0.jpg")
    report = scan([photos], Cluster(address, workers.slow_models), lambda *_: True)
    assert [failure.path.name for failure in report.failed] == ["a0.jpg"]
    assert report.new == len(PAINTED)


def test_a_stopped_scan_goes_on(services: Services, many: Path, address: str) -> None:
    scan([many], Cluster(address, workers.slow_models), lambda done, *_: done < 10)
    before = len(all_faces())
    assert before == 10
    report = scan([many], Cluster(address, fake_models), lambda *_: True)
    assert (report.unchanged, report.new) == (10, MANY - 10)


def test_workers_without_models_are_named(services: Services, photos: Path, address: str) -> None:
    until(lambda: len(pids(address)) == 2)
    with pytest.raises(TaggerError, match=r"2 of 2 workers .*weights are not installed"):
        scan([photos], Cluster(address, lacking_models), lambda *_: True)


def test_workers_without_the_mount_are_named(
    services: Services, photos: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui_tagger.services import inventory

    real = inventory.find_files

    def elsewhere(folders: Any) -> Any:
        for file in real(folders):
            yield file.__class__(Path("/nowhere") / file.path.name, file.size, file.mtime_ns)

    monkeypatch.setattr(inventory, "find_files", elsewhere)
    with pytest.raises(TaggerError, match="does not see the folder /nowhere"):
        scan([photos], Cluster(address, fake_models), lambda *_: True)


def test_nobody_there(services: Services, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_tagger.services.cluster.CONNECTING", 1.0)
    with pytest.raises(TaggerError, match="no Dask scheduler"):
        scan([photos], Cluster("tcp://127.0.0.1:1", fake_models), lambda *_: True)
    with pytest.raises(UsageError, match="not the address"):
        Cluster("http://example.org", fake_models)


def test_without_news_nobody_is_asked(services: Services, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert scan([tmp_path / "empty"], Cluster("tcp://127.0.0.1:1", fake_models), lambda *_: True).photos == 0
