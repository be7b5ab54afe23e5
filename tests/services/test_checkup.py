from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import PAINTED
from tests.fakes import FakeEmbedder
from tui_tagger.faces import weights
from tui_tagger.faces.ignored_strangers import with_single_faces
from tui_tagger.faces.strangers import bank_path
from tui_tagger.services import Services
from tui_tagger.services.banks import base_bank, store_bank
from tui_tagger.services.checkup import check_all
from tui_tagger.services.storage_check import Check
from tui_tagger.storage.database import store_setting

FACES = sum(map(len, PAINTED.values()))


def checks(tmp_path: Path) -> dict[str, Check]:
    return {check.name: check for check in check_all()}


def test_without_a_bank_the_doctor_says_how_to_build_one(services: Services, tmp_path: Path) -> None:
    check = checks(tmp_path)["strangers"]
    assert check.ok
    assert "threshold alone" in check.text
    assert all(way in check.hint for way in ("models strangers DIR", "--lfw", "--ignored"))


def test_a_bank_that_was_built_is_counted_and_a_damaged_one_named(services: Services, tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).standard_normal((30, 64)).astype(np.float32)
    bank = with_single_faces(base_bank(FakeEmbedder.model_id, 64), vectors)
    store_bank(bank, bank_path(FakeEmbedder.model_id))
    assert checks(tmp_path)["strangers"].text == f"30 for {FakeEmbedder.model_id}"
    bank_path(FakeEmbedder.model_id).write_bytes(b"damaged")
    check = checks(tmp_path)["strangers"]
    assert not check.ok
    assert "models strangers" in check.hint


def test_what_the_model_in_use_lacks_is_told(
    scanned: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checks(tmp_path)["model"].text == f"{FakeEmbedder.model_id} is in use"
    monkeypatch.setattr(weights, "COMPACT_ID", "compact-99")
    store_setting("embedder", "compact-98")
    check = checks(tmp_path)["model"]
    assert check.text == f"compact-99 is in use; compact-98 gave way to it; {FACES} faces have no embedding of it yet"
    assert "models use compact-99" in check.hint


def test_a_model_that_ships_with_a_bank_needs_no_calibration(services: Services, tmp_path: Path) -> None:
    assert "confirm" in checks(tmp_path)["calibration"].hint.lower()
    store_setting("embedder", weights.COMPACT_ID)
    assert "before it was shipped" in checks(tmp_path)["calibration"].text
