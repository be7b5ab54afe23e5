"""Choosing the embedder in the palette."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tui_tagger.screens.base import Command
from tui_tagger.services.models import ModelRow, list_models, use
from tui_tagger.shell.host import Host


def model_commands(app: Host) -> Iterator[Command]:
    """The models that are installed and not in use."""
    for model in list_models():
        if model.installed and not model.in_use:
            yield f"models: Use {model.title}", partial(use_model, app, model)


def use_model(app: Host, model: ModelRow) -> None:
    """Changes to another embedder; the known faces are embedded with it in the background."""
    use(model.id)
    app.services.jobs.embed()
    app.tell(f"{model.title} is in use: faces are embedded with it, your decisions stay")
    app.data_changed()
