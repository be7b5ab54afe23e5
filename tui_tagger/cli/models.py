"""The models that embed faces, and the strangers that they know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tui_tagger.cli.commands import models_cli
from tui_tagger.cli.options import Db, Json
from tui_tagger.cli.output import Progress, emit, finish, list_failures, say
from tui_tagger.cli.running import await_jobs, services


@models_cli.command("list")
def models_list(db: Db = None, as_json: Json = False) -> None:
    """Lists the models, which are here and which is in use."""
    from tui_tagger.services.models import list_models

    with services(db):
        for model in list_models():
            mark, there = "*" if model.in_use else " ", "installed" if model.installed else "not installed"
            emit(asdict(model)) if as_json else say(
                f"{mark} {model.id}\t{there}\t{model.embedded} faces embedded\t{model.text}"
            )


@models_cli.command("install")
def models_install(
    from_file: Annotated[
        Path | None, typer.Option("--from-file", metavar="F", help="A copy of the weights file.")
    ] = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Installs FaceNet's weights from the network or a file. Stopped and started again, a download goes on."""
    from tui_tagger.services.models import install

    with services(db):
        path = install(from_file, Progress("Installing FaceNet"))
    hint = "To use it: tui-tagger models use facenet-vggface2"
    emit({"installed": path}) if as_json else say(f"Installed: {path}\n{hint}")


@models_cli.command("use")
def models_use(name: str, db: Db = None, as_json: Json = False) -> None:
    """Chooses the model that embeds faces, and embeds the known faces with it. Decisions stay; stopped, it goes on."""
    from tui_tagger.services.models import standing, use

    with services(db) as opened:
        model = use(name)
        opened.jobs.embed()
        await_jobs(opened, "Embedding")
        report = opened.jobs.embedded()
        lacking = standing().lacking
    if as_json:
        emit({"in_use": model, "lacking": lacking, **asdict(report)})
    else:
        say(f"{model} is in use; {report.faces} faces embedded" + (f", {lacking} not yet" if lacking else ""))
        list_failures(report.failed)
    finish(report.failed)


@models_cli.command("remove")
def models_remove(name: str, db: Db = None, as_json: Json = False) -> None:
    """Deletes the embeddings of a model that is not in use. Faces and decisions stay."""
    from tui_tagger.services.models import remove_embeddings

    with services(db):
        removed = remove_embeddings(name)
    emit({"model": name, "removed": removed}) if as_json else say(f"{removed} embeddings of {name} removed")


@models_cli.command("strangers")
def models_strangers(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="DIR/<person>/*.jpg: strangers, 6 photos of each or more."),
    ] = None,
    lfw: Annotated[
        bool, typer.Option("--lfw", help="Labeled Faces in the Wild, by scikit-learn: downloads 230 MB.")
    ] = False,
    ignored: Annotated[bool, typer.Option("--ignored", help="The faces that you ignored in this library.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Teaches the model in use what strangers look like: statistics of people that nobody here knows."""
    from tui_tagger.services.strangers import build_bank
    from tui_tagger.services.worker import models

    with services(db) as opened:
        chosen = models(opened.jobs.resources.device)
        report = build_bank(chosen, folder, lfw, ignored, Progress("Looking at strangers"))
        opened.recognition.update()
    if as_json:
        emit(asdict(report))
    else:
        for line in _strangers_text(report):
            say(line)
        list_failures(report.failed)
    finish(report.failed)


def _strangers_text(report: Any) -> Iterator[str]:
    yield f"{report.strangers} strangers for {report.model}: {report.path}"
    if report.photos:
        yield f"{report.faces} faces of {report.people} people from {report.photos} photos"
        yield f"{len(report.no_face)} photos without a face"
    if report.ignored:
        yield f"{report.ignored} ignored faces, each taken for a person of its own"
    if not report.photos:
        yield "How much faces of one person differ cannot be measured on ignored faces: that and the threshold stay."
