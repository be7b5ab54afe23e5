from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.metadata.photos import encoded, saved
from tui_tagger.errors import MetadataError
from tui_tagger.metadata import safewrite, writer
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.writer import WriteRequest

BOB = NamedRegion("Bob", None)

# Writes a name while no file may grow beyond the limit in bytes, as on a full disk.
LIMITED = """
import resource, signal, sys
from pathlib import Path
from tui_tagger.errors import MetadataError
from tui_tagger.metadata import writer
from tui_tagger.metadata.regions import NamedRegion
path, limit = Path(sys.argv[1]), int(sys.argv[2])
plan = writer.plan(writer.WriteRequest(path, (NamedRegion("Bob", None),)))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    writer.apply(plan, lambda record: None)
except MetadataError:
    sys.exit(7)
"""

# Kills itself at the moment before the new file takes the old one's place.
KILLED = """
import os, signal, sys
from pathlib import Path
from tui_tagger.metadata import writer
from tui_tagger.metadata.regions import NamedRegion
sys.addaudithook(lambda event, _: os.kill(os.getpid(), signal.SIGKILL) if event == "os.rename" else None)
writer.apply(writer.plan(writer.WriteRequest(Path(sys.argv[1]), (NamedRegion("Bob", None),))), lambda record: None)
"""

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX limits and signals")


def run(script: str, *arguments: str) -> int:
    return subprocess.run([sys.executable, "-c", script, *arguments], check=False, timeout=60).returncode


@posix
def test_a_full_disk_leaves_the_photo_as_it_was(tmp_path: Path) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()
    assert run(LIMITED, str(path), str(len(before) // 2)) == 7
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_a_kill_leaves_the_photo_as_it_was_and_litter_that_is_swept(tmp_path: Path) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()
    assert run(KILLED, str(path)) == -9
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2
    assert writer.sweep(tmp_path) == 1
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_times_mode_and_attributes_stay(tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.chmod(0o640)
    os.utime(path, ns=(1_500_000_000_123_456_789, 1_400_000_000_987_654_321))
    try:
        os.setxattr(path, "user.label", b"red")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    writer.apply(writer.plan(WriteRequest(path, (BOB,))), lambda record: None)
    status = path.stat()
    assert status.st_mtime_ns == 1_400_000_000_987_654_321
    assert status.st_mode & 0o777 == 0o640
    assert os.getxattr(path, "user.label") == b"red"


def test_a_file_that_changes_during_the_write_wins(tmp_path: Path) -> None:
    path = saved(tmp_path)
    old, status = path.read_bytes(), path.stat()
    path.write_bytes(old + b"\0")
    with pytest.raises(MetadataError, match="changed while"):
        safewrite.replace(path, old, status, b"new")
    assert path.read_bytes() == old + b"\0"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_never_replaces_one_that_appeared(tmp_path: Path) -> None:
    path = tmp_path / "a.xmp"
    path.write_bytes(b"someone else's")
    with pytest.raises(MetadataError, match="appeared"):
        safewrite.create(path, b"ours")
    assert path.read_bytes() == b"someone else's"
    assert list(tmp_path.iterdir()) == [path]


def test_sweep_takes_only_its_own_litter(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(encoded())
    (tmp_path / "download.tmp").write_bytes(b"x")
    assert writer.sweep(tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 2
