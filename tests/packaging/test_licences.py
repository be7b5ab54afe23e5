"""The list of licences names every package that is bundled, and has the terms of each."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tools import build_licences
from tools.build_licences import PYTHON, bundled, canonical, files, licence, text


def test_each_package_is_named_with_its_licence() -> None:
    packages = {canonical(each) for each in bundled()}
    assert packages >= {"torch", "numpy", "scipy", "scikit-learn", "textual", "pillow", "typer", "rich", "pyinstaller"}
    assert not packages & {"pytest", "tui-tagger", "altgraph"}
    for each in bundled():
        assert re.fullmatch(r"(?!Copyright)\w.+", licence(each)), each.metadata["Name"]


def test_every_text_is_there_in_full() -> None:
    whole = text()
    for package in bundled():
        texts = list(files(package))
        assert texts
        for name, content in texts:
            assert len(content) > 200 or "notice" in name.lower(), f"{package.metadata['Name']}: {name}"
            assert f"{package.metadata['Name']} {package.version}: {name}" in whole
            assert content.strip() in whole
    assert f"\n{PYTHON}\n" in whole
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in whole
    assert "GNU GENERAL PUBLIC LICENSE\n                       Version 3" in whole


def test_a_package_without_a_licence_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (package,) = (each for each in bundled() if canonical(each) == "reverse-geocode")
    monkeypatch.setattr(build_licences, "TEXTS", tmp_path)
    with pytest.raises(SystemExit, match="reverse-geocode comes without"):
        list(files(package))


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="this is neither Debian nor Ubuntu")
def test_libraries_of_the_system_bring_theirs() -> None:
    libc = text(["libc.so.6"])
    assert "\nlibc6, of the system\n" in libc
    assert Path("/usr/share/doc/libc6/copyright").read_text("utf-8", "replace").strip() in libc
    with pytest.raises(SystemExit, match=r"libnobody\.so: no licence"):
        text(["libnobody.so"])
