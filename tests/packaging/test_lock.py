"""requirements.lock covers what pyproject.toml asks for, with hashes, and tells of no registry."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.build_lock import CPU_BUILDS, CUDA, LOCK, TORCH, without_cuda

PROJECT = tomllib.loads((LOCK.parent / "pyproject.toml").read_text("utf-8"))["project"]
ENTRIES = [entry for entry in re.split(r"\n(?=\S)", LOCK.read_text("utf-8").strip()) if not entry.startswith("#")]
PINNED = [(Requirement(entry.split(" \\\n")[0]), entry) for entry in ENTRIES]


@pytest.mark.parametrize("line", PROJECT["dependencies"])
def test_each_dependency_is_pinned_within_its_range(line: str) -> None:
    asked = Requirement(line)
    pins = [pin for pin, _ in PINNED if canonicalize_name(pin.name) == canonicalize_name(asked.name)]
    assert pins
    for pin in pins:
        (version,) = pin.specifier
        assert version.operator == "=="
        assert asked.specifier.contains(version.version)


def test_every_entry_has_hashes_and_nothing_else() -> None:
    for _, entry in PINNED:
        first, *hashes = entry.split(" \\\n")
        assert re.fullmatch(r"[a-z0-9-]+==[\w.+]+( ; .+)?", first)
        assert hashes
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}", line) for line in hashes)


def test_no_registry_stands_in_it(tmp_path: Path) -> None:
    text = LOCK.read_text("utf-8")
    assert "://" not in text
    assert "index" not in text


def test_cuda_stays_out_and_linux_has_its_cpu_builds() -> None:
    assert not [entry for entry in ENTRIES if CUDA.match(entry)]
    there = [(pin, entry) for pin, entry in PINNED if pin.name == "torch" and pin.marker]
    (linux,) = (entry for pin, entry in there if pin.marker and pin.marker.evaluate({"sys_platform": "linux"}))
    assert linux.startswith(f"torch=={TORCH}+cpu ;")
    assert tuple(re.findall("sha256:([0-9a-f]{64})", linux)) == CPU_BUILDS
    (windows,) = (entry for pin, entry in there if pin.marker and pin.marker.evaluate({"sys_platform": "win32"}))
    assert windows.startswith(f"torch=={TORCH} ;")


def test_cuda_is_told_from_others() -> None:
    names = ("a==1", "nvidia-nccl==2 ; x", "triton==3", "torch==2")
    kept = without_cuda("\n".join(f"{name} \\\n    --hash=sha256:0" for name in names))
    assert "nvidia" not in kept
    assert "triton" not in kept
    assert kept.startswith("a==1 \\\n    --hash=sha256:0\ntorch==2 \\\n    --hash=sha256:0\n")
