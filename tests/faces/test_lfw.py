from __future__ import annotations

from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import _lfw

from tui_tagger.errors import ModelError
from tui_tagger.faces.lfw import lfw_folder


def lay_out(home: Path, people: int = 2, faces: int = 6) -> None:
    """The files that scikit-learn leaves after a download, with drawn pictures."""
    base = home / "lfw_home"
    for person in range(people):
        folder = base / "lfw_funneled" / f"Person_{person}"
        folder.mkdir(parents=True)
        for number in range(faces):
            pixels = np.random.default_rng([person, number]).integers(0, 256, (250, 250, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"Person_{person}_{number:04}.jpg")
    for target in _lfw.TARGETS:
        (base / target.filename).write_text("")


def test_what_was_fetched_before_needs_no_network(tmp_path: Path) -> None:
    lay_out(tmp_path)
    folder = lfw_folder(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ["Person_0", "Person_1"]
    assert len(list((folder / "Person_0").glob("*.jpg"))) == 6


def test_without_a_network_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr(_lfw, "_fetch_remote", refuse)
    with pytest.raises(ModelError, match="no route to host") as caught:
        lfw_folder(tmp_path)
    assert "models strangers lfw_funneled" in caught.value.hint


def test_a_folder_without_people_is_reported(tmp_path: Path) -> None:
    lay_out(tmp_path, faces=2)
    with pytest.raises(ModelError, match="cannot be fetched"):
        lfw_folder(tmp_path)
