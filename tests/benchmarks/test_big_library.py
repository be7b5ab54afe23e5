from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.big_library import build
from tui_tagger.services import Services


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tui_tagger.config.cache_dir", lambda: tmp_path / "cache")
    return build(tmp_path / "library.db", photos=500, faces=1500, people=20)


def test_a_library_of_the_wanted_size(path: Path) -> None:
    services = Services.open(path)
    counts = services.library.counts()
    assert (counts.photos, counts.people) == (500, 20)
    assert counts.waiting > 300
    assert 0 < counts.unwritten < 100
    assert counts.failed
    assert services.recognition.update() == 0  # the suggestions are the program's own
    assert services.review.queue()
    services.close()


def test_the_second_time_it_is_a_copy(path: Path, tmp_path: Path) -> None:
    again = build(tmp_path / "again.db", photos=500, faces=1500, people=20)
    assert len(list((tmp_path / "cache/benchmarks").glob("*.db"))) == 1
    assert again.stat().st_mode & 0o777 == 0o600
