from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from tests.metadata.photos import drawn, encoded, saved
from tui_tagger.errors import MetadataError
from tui_tagger.metadata import safewrite, writer
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.writer import UndoRecord, WriteRequest
from tui_tagger.metadata.xmp import read_people

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


@posix
@pytest.mark.parametrize(("photo", "sidecar"), [(0o600, 0o600), (0o640, 0o640), (0o666, 0o644), (0o444, 0o644)])
def test_a_new_sidecar_is_for_those_who_may_read_its_photo(tmp_path: Path, photo: int, sidecar: int) -> None:
    path = saved(tmp_path)
    path.chmod(photo)
    before = os.umask(0o022)
    try:
        writer.apply(writer.plan(WriteRequest(path, (BOB,)), "sidecar"), lambda record: None)
    finally:
        os.umask(before)
    assert path.with_name(f"{path.name}.xmp").stat().st_mode & 0o777 == sidecar


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


def test_a_write_that_keeps_size_and_time_is_noticed_too(tmp_path: Path) -> None:
    path = saved(tmp_path)
    old, status = path.read_bytes(), path.stat()
    with path.open("r+b") as file:
        file.write(old[:-1] + b"x")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    if os.name != "posix":
        pytest.skip("no change time here")
    with pytest.raises(MetadataError, match="changed while"):
        safewrite.replace(path, old, status, b"new")


def failing(code: int) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    return fail


@posix
@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_mount_without_syncing_and_attributes_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    path = saved(tmp_path)
    for function in ("fsync", "listxattr"):
        monkeypatch.setattr(os, function, failing(code))
    writer.apply(writer.plan(WriteRequest(path, (BOB,))), lambda record: None)
    assert [region.name for region in read_people(path)] == ["Bob"]


@posix
def test_a_failing_disk_or_a_lost_attribute_leaves_the_photo_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path)
    before, plan = path.read_bytes(), writer.plan(WriteRequest(path, (BOB,)))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing(errno.EIO))
        with pytest.raises(MetadataError, match="cannot be written"):
            writer.apply(plan, lambda record: None)
    with monkeypatch.context() as patch:
        patch.setattr(os, "listxattr", lambda _: ["user.label"])
        patch.setattr(os, "setxattr", failing(errno.ENOSPC))
        patch.setattr(os, "getxattr", lambda file, _: b"red" if file == path else failing(errno.ENODATA)())
        with pytest.raises(MetadataError, match="cannot be written"):
            writer.apply(plan, lambda record: None)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_a_folder_that_cannot_be_synced_after_the_swap_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has its new name then: a failure would make the caller forget how to undo it."""
    path = saved(tmp_path)
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: failing(errno.EIO)() if is_folder(handle) else sync(handle))
    writer.apply(writer.plan(WriteRequest(path, (BOB,))), lambda record: None)
    assert [region.name for region in read_people(path)] == ["Bob"]


def is_folder(handle: int) -> bool:
    return stat.S_ISDIR(os.fstat(handle).st_mode)


@posix
def test_a_read_only_folder_is_refused_once_and_clearly(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    path = saved(folder)
    folder.chmod(0o555)
    try:
        plan = writer.plan(WriteRequest(path, (BOB,)))
    finally:
        folder.chmod(0o755)
    assert (plan.kind, plan.reason) == ("refused", "its folder is read-only")


def test_an_undo_of_a_write_that_did_not_happen_changes_nothing(tmp_path: Path) -> None:
    path, unwritable = saved(tmp_path), tmp_path / "a.gif"
    encoded_gif(unwritable)
    for photo in (path, unwritable):
        records: list[UndoRecord] = []
        with pytest.raises(RuntimeError):
            writer.apply(writer.plan(WriteRequest(photo, (BOB,))), lambda record, kept=records: stop(record, kept))  # type: ignore[misc]
        before = photo.read_bytes()
        assert not writer.happened(records[0])
        writer.undo(records[0])
        assert photo.read_bytes() == before
    assert {each.name for each in tmp_path.iterdir()} == {"photo.jpg", "a.gif"}


def stop(record: UndoRecord, kept: list[UndoRecord]) -> NoReturn:
    kept.append(record)
    raise RuntimeError


def encoded_gif(path: Path) -> None:
    drawn().save(path)


def test_sweep_takes_only_its_own_litter(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(encoded())
    (tmp_path / "download.tmp").write_bytes(b"x")
    assert writer.sweep(tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 2


def test_a_rename_whose_answer_is_lost_is_a_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = saved(tmp_path), Path.replace

    def renamed(self: Path, target: Path) -> None:
        real(self, target)
        raise FileNotFoundError("as NFS says when it is asked a second time")

    monkeypatch.setattr(Path, "replace", renamed)
    writer.apply(writer.plan(WriteRequest(path, (BOB,))), lambda record: None)
    assert [region.name for region in read_people(path)] == ["Bob"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_rename_that_fails_leaves_the_photo_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()

    def refused(*_: object) -> None:
        raise PermissionError("another program holds it open")

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(MetadataError, match="cannot be written"):
        writer.apply(writer.plan(WriteRequest(path, (BOB,))), lambda record: None)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_a_planted_link_of_a_temporary_name_is_never_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, victim = saved(tmp_path), tmp_path / "victim"
    victim.write_bytes(b"someone else's")
    planted = tmp_path / f".tui-tagger-{os.getpid()}-planted.tmp"
    planted.symlink_to(victim)
    monkeypatch.setattr(tempfile, "_get_candidate_names", lambda: iter(["planted", "free"]))
    writer.apply(writer.plan(WriteRequest(path, (BOB,))), lambda record: None)
    assert [region.name for region in read_people(path)] == ["Bob"]
    assert victim.read_bytes() == b"someone else's"
    assert planted.is_symlink()


@posix
def test_sweeping_takes_a_link_away_and_not_what_it_leads_to(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"someone else's")
    (tmp_path / ".tui-tagger-999999999-x.tmp").symlink_to(victim)
    assert writer.sweep(tmp_path) == 1
    assert list(tmp_path.iterdir()) == [victim]


@posix
def test_a_photo_that_is_a_link_is_written_where_it_leads_and_nowhere_else(tmp_path: Path) -> None:
    library, outside = tmp_path / "library", tmp_path / "outside"
    library.mkdir()
    outside.mkdir()
    photo = saved(outside)
    (library / "x.jpg").symlink_to(photo)
    before = {each: each.lstat().st_ino for each in (library, library / "x.jpg")}
    writer.apply(writer.plan(WriteRequest(library / "x.jpg", (BOB,))), lambda record: None)
    assert [region.name for region in read_people(photo)] == ["Bob"]
    assert {each: each.lstat().st_ino for each in before} == before
    assert [path.name for path in library.iterdir()] == ["x.jpg"]
    outside.chmod(0o555)
    try:
        plan = writer.plan(WriteRequest(library / "x.jpg", (NamedRegion("Ann", None),)))
    finally:
        outside.chmod(0o755)
    assert (plan.kind, "read-only" in plan.reason) == ("refused", True)


@posix
@pytest.mark.parametrize("kind", ["dangling", "loop", "folder", "pipe"])
def test_what_has_the_sidecar_s_name_and_is_no_file_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = saved(tmp_path)
    beside = tmp_path / "photo.jpg.xmp"
    if kind == "folder":
        beside.mkdir()
    elif kind == "pipe":
        os.mkfifo(beside)
    else:
        beside.symlink_to(beside if kind == "loop" else tmp_path / "not there")
    plan = writer.plan(WriteRequest(path, (BOB,)), to="sidecar")
    assert (plan.kind, plan.reason) == ("refused", "photo.jpg.xmp is there and is no file")
    assert {each.name for each in tmp_path.iterdir()} == {"photo.jpg", "photo.jpg.xmp"}


@posix
def test_a_link_that_leads_nowhere_is_a_photo_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").symlink_to(tmp_path / "not there.jpg")
    with pytest.raises(MetadataError, match="not there"):
        writer.plan(WriteRequest(tmp_path / "x.jpg", (BOB,)))
