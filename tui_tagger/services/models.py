"""The embedding models: which there are, which is in use, installing and changing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tui_tagger.config import DATA, cache_dir
from tui_tagger.errors import ModelError, UsageError
from tui_tagger.faces.weights import FACENET, download, install_from_file, installed_path
from tui_tagger.services.recognition import COMPACT, current_model
from tui_tagger.storage.database import store_setting

FACENET_ID = "facenet-vggface2"


@dataclass(frozen=True, slots=True)
class ModelRow:
    id: str
    installed: bool
    in_use: bool
    text: str


def list_models() -> tuple[ModelRow, ...]:
    used = current_model()
    rows = (
        (COMPACT, (DATA / "compact.npz").exists(), "ships with the package; a stand-in until FaceNet is installed"),
        (FACENET_ID, installed_path(cache_dir()) is not None, "InceptionResnetV1 trained on VGGFace2, 107 MB"),
    )
    return tuple(ModelRow(name, there, name == used, text) for name, there, text in rows)


def install(from_file: Path | None, progress: Callable[[int, int], None]) -> Path:
    """Puts FaceNet's checked weights into the user's cache. Raises ModelError."""
    return install_from_file(from_file, progress) if from_file is not None else download(progress)


def use(model: str) -> None:
    """Chooses the embedder. Raises UsageError for an unknown model, ModelError for one that is not installed."""
    found = {row.id: row for row in list_models()}.get(model)
    if found is None:
        raise UsageError(f"There is no model {model!r}", f"There are: {COMPACT}, {FACENET_ID}.")
    if not found.installed:
        raise ModelError(f"{model} is not installed ({FACENET.name})", "tui-tagger models install")
    store_setting("embedder", model)
