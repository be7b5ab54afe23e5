"""The embedding models: which there are, which is in use, installing, changing, and clearing up after a change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from peewee import fn

from tui_tagger.errors import ModelError, UsageError
from tui_tagger.faces import weights
from tui_tagger.faces.weights import available_models, download, install_from_file
from tui_tagger.services.calibration import due
from tui_tagger.services.embedding import faces_lacking
from tui_tagger.services.recognition import current_model
from tui_tagger.storage.database import setting, store_setting
from tui_tagger.storage.models import Embedding

OFFERED = "better model offered"
NOT_HERE = "no longer part of the program; `tui-tagger models remove` deletes what it left"


@dataclass(frozen=True, slots=True)
class ModelRow:
    id: str
    title: str  # a word or two, for commands
    installed: bool
    in_use: bool
    embedded: int  # faces that have an embedding of this model
    text: str


def list_models() -> tuple[ModelRow, ...]:
    """The models that there are, then those of which only embeddings are left."""
    used, counts = current_model(), _embedded()
    rows = [
        ModelRow(m.model_id, m.title, m.installed, m.model_id == used, counts.pop(m.model_id, 0), m.text)
        for m in available_models()
    ]
    rows += [ModelRow(name, name, False, name == used, count, NOT_HERE) for name, count in sorted(counts.items())]
    return tuple(rows)


def first_offer() -> str:
    """The title of the better model that is not installed, the first time that this is asked; else nothing."""
    best = available_models()[0]
    if best.installed or setting(OFFERED, False):
        return ""
    store_setting(OFFERED, True)
    return best.title


def install(from_file: Path | None, progress: Callable[[int, int], None]) -> Path:
    """Puts FaceNet's checked weights into the user's cache. Raises ModelError."""
    return install_from_file(from_file, progress) if from_file is not None else download(progress)


def use(name: str) -> str:
    """Chooses the embedder and returns its id; an earlier compact model's name stands for the one that ships.

    The embeddings of other models stay. Raises UsageError for an unknown model, ModelError for one not installed.
    """
    model = weights.current_id(name)
    known = {row.model_id: row for row in available_models()}
    if model not in known:
        raise UsageError(f"There is no model {name!r}", f"There are: {', '.join(known)}.")
    if not known[model].installed:
        raise ModelError(f"{model} is not installed", weights.INSTALL_HINT)
    store_setting("embedder", model)
    return model


def remove_embeddings(model: str) -> int:
    """Deletes the embeddings of a model that is not in use and returns how many; faces and decisions stay.

    Raises UsageError for the model in use and for one that has none.
    """
    if model == current_model():
        raise UsageError(f"{model} is in use", "Choose another model first: tui-tagger models use NAME")
    removed = int(Embedding.delete().where(Embedding.model == model).execute())
    if not removed:
        raise UsageError(f"There are no embeddings of {model!r}", "tui-tagger models list shows what there is.")
    return removed


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the library is with the model in use; `replaced` is an earlier one that gave way to it, or empty."""

    model: str
    lacking: int
    replaced: str


def standing() -> Standing:
    """Which model is in use, how many faces wait for its embedding, and why, if an update is the reason."""
    model, chosen = current_model(), str(setting("embedder", ""))
    older = [name for name in (chosen, *sorted(_embedded())) if name and name != model]
    replaced = next((name for name in older if weights.current_id(name) == model), "")
    return Standing(model, faces_lacking(model), replaced)


def work_waits() -> bool:
    """Whether `JobService.embed` has something to do: faces to embed, or enough confirmed ones to calibrate from."""
    model = current_model()
    return faces_lacking(model) > 0 or due(model)


def _embedded() -> dict[str, int]:
    return dict(Embedding.select(Embedding.model, fn.COUNT(Embedding.id)).group_by(Embedding.model).tuples())
