from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import PAINTED, faces_by_person, fake_models
from tests.fakes import FakeEmbedder
from tui_tagger.errors import ModelError, UsageError
from tui_tagger.faces import weights
from tui_tagger.services import Services, models
from tui_tagger.services.embedding import embed_missing
from tui_tagger.services.extraction import Models
from tui_tagger.services.library import face_view
from tui_tagger.services.models import first_offer, list_models, remove_embeddings, standing, use, work_waits
from tui_tagger.services.recognition import current_model
from tui_tagger.storage.database import setting, store_setting
from tui_tagger.storage.models import Embedding

FACES = sum(map(len, PAINTED.values()))


@pytest.fixture
def updated(monkeypatch: pytest.MonkeyPatch) -> str:
    """As after an update of the program that ships another compact model."""
    monkeypatch.setattr(weights, "COMPACT_ID", "compact-9")
    return "compact-9"


def embed_as(model: str) -> None:
    fakes = fake_models()
    embed_missing(Models(fakes.detector, fakes.embedder, model), lambda *_: True)


def test_the_list_tells_what_is_here_in_use_and_embedded(scanned: Services) -> None:
    rows = {row.id: row for row in list_models()}
    assert rows[weights.COMPACT_ID].installed
    assert not rows[weights.FACENET_ID].installed
    assert rows[weights.FACENET_ID].embedded == 0
    fake = rows[FakeEmbedder.model_id]
    assert (fake.in_use, fake.installed, fake.embedded) == (True, False, FACES)


def test_the_better_model_is_offered_once(services: Services) -> None:
    assert first_offer() == "FaceNet"
    assert first_offer() == ""


def test_an_installed_model_is_not_offered(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = [replace(model, path=Path("x")) for model in weights.available_models()]
    monkeypatch.setattr(models, "available_models", lambda: installed)
    assert first_offer() == ""


def test_only_installed_models_can_be_used(services: Services) -> None:
    with pytest.raises(UsageError, match="no model 'arcface'") as unknown:
        use("arcface")
    assert weights.FACENET_ID in unknown.value.hint
    with pytest.raises(ModelError, match="not installed") as missing:
        use(weights.FACENET_ID)
    assert "models install" in missing.value.hint
    assert current_model() == FakeEmbedder.model_id
    assert use("compact") == current_model() == weights.COMPACT_ID


def test_a_retired_model_gives_way_to_the_one_that_ships(scanned: Services, updated: str) -> None:
    faces = faces_by_person(scanned)
    embed_as("compact-8")
    store_setting("embedder", "compact-8")
    scanned.review.name([faces[0][0]], "Anna")
    assert current_model() == updated
    now = standing()
    assert (now.model, now.replaced, now.lacking) == (updated, "compact-8", FACES)
    assert work_waits()
    for face in scanned.review.queue():
        scanned.review.item(face)
    embed_as(updated)
    scanned.recognition.update()
    assert standing().lacking == 0
    assert not work_waits()
    assert {face_view(face).person for face in faces[0]} == {"Anna"}
    assert use("compact-8") == setting("embedder") == updated


def test_a_library_that_never_chose_is_told_too(scanned: Services, updated: str) -> None:
    store_setting("embedder", "compact-8")
    embed_as("compact-8")
    store_setting("embedder", updated)
    assert standing().replaced == "compact-8"


def test_embeddings_of_another_model_can_be_removed(scanned: Services) -> None:
    embed_as("compact-0")
    with pytest.raises(UsageError, match="in use"):
        remove_embeddings(FakeEmbedder.model_id)
    assert remove_embeddings("compact-0") == FACES
    with pytest.raises(UsageError, match="no embeddings"):
        remove_embeddings("compact-0")
    assert Embedding.select().count() == FACES
    assert standing().replaced == ""


def test_weights_that_vanish_are_reported_as_not_installed(services: Services, tmp_path: Path) -> None:
    store_setting("embedder", weights.FACENET_ID)
    rows = {row.id: row for row in list_models()}
    assert rows[weights.FACENET_ID].in_use
    assert not rows[weights.FACENET_ID].installed
