"""Finding photos and faces, and saying who is on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from tui_tagger.cli.commands import cli
from tui_tagger.cli.options import Db, DeviceOption, Dirs, Json, Processes
from tui_tagger.cli.output import emit, finish, list_failures, say
from tui_tagger.cli.running import resources_of, run_scan, services
from tui_tagger.errors import UsageError
from tui_tagger.settings import load


@cli.command()
def scan(
    folders: Dirs,
    db: Db = None,
    device: DeviceOption = None,
    processes: Processes = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", metavar="ADDRESS", help="The workers of a Dask scheduler read photos: tcp://HOST:8786."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Finds photos, reads them, finds and embeds faces, suggests names. Stopped and started again, it goes on."""
    with services(db, resources_of(load(), device, processes, cluster)) as opened:
        report = run_scan(opened, folders)
    if as_json:
        emit(asdict(report))
    else:
        told = {"replaced": report.changed, "with other metadata": report.reread, "gone": report.gone}
        more = "".join(f", {count} {what}" for what, count in told.items() if count)
        say(f"{report.photos} photos: {report.new} new, {report.unchanged} unchanged, {report.moved} moved{more}")
        say(f"{report.faces} faces, {report.seconds:.1f} seconds")
        list_failures(report.failed)
    finish(report.failed)


@cli.command()
def enrol(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with one sub-folder a person.")],
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Learns people from folders: DIR/<Name>/*.jpg."""
    from tui_tagger.services.enrolment import enrol as enrol_folder

    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder", "Check the name.")
    with services(db) as opened:
        run_scan(opened, [folder])
        report = enrol_folder(folder, opened.review)
    if as_json:
        emit(asdict(report))
    else:
        say(f"{report.enrolled} faces of {report.people} people enrolled from {report.photos} photos")
        for path in report.no_face:
            say(f"no face: {path}")
        list_failures(report.failed)
    finish([*report.failed, *report.no_face])


@cli.command()
def identify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Photos.")],
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Says who is in photos, or that it does not know. Stores nothing."""
    from tui_tagger.services.identification import identify as identify_files
    from tui_tagger.services.worker import models

    bad = []
    with services(db) as opened:
        for photo in identify_files(files, models(opened.jobs.resources.device), opened.recognition):
            if photo.error:
                bad.append(photo.path)
            for line in _identified(photo):
                emit(line) if as_json else say(_identified_text(line))
    finish(bad)


def _identified(photo: Any) -> Iterator[dict[str, Any]]:
    if photo.error:
        yield {"photo": photo.path, "error": photo.error}
    elif not photo.faces:
        yield {"photo": photo.path, "faces": 0}
    for face in photo.faces:
        answer = face.suggestion
        known = bool(answer.candidates) and answer.recommendation != "none"
        yield {
            "photo": photo.path,
            "box": face.box.rounded(),
            "score": round(face.score, 4),
            "person": answer.candidates[0].person if known else None,
            "probability": round(answer.candidates[0].probability, 4) if answer.candidates else 0.0,
            "recommendation": answer.recommendation,
            "candidates": [{"person": c.person, "probability": round(c.probability, 4)} for c in answer.candidates],
        }


def _identified_text(line: dict[str, Any]) -> str:
    if "error" in line:
        return str(line["error"])
    if "faces" in line:
        return f"{line['photo']}: no face"
    who = f"{line['person']} ({line['probability']:.0%}, {line['recommendation']})" if line["person"] else "unknown"
    return f"{line['photo']}: {line['box']} {who}"


@cli.command()
def faces(
    state: Annotated[str | None, typer.Option("--state", metavar="S", help="Only faces in this state.")] = None,
    suspicious: Annotated[
        bool, typer.Option("--suspicious", help="Only confirmed faces that may be somebody else's, and why.")
    ] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Lists the faces in the database."""
    from tui_tagger.services.library import all_faces

    if suspicious and state is not None:
        raise UsageError("--suspicious lists confirmed faces", "Leave --state out.")
    with services(db) as opened:
        if suspicious:
            for one in opened.people.suspicious():
                _face(replace(one.face, probability=one.probability), as_json, one.reason)
        else:
            for face in all_faces(state):
                _face(face, as_json)


def _face(face: Any, as_json: bool, reason: str | None = None) -> None:
    box = face.box.rounded() if face.box else None
    if as_json:
        row = {"id": face.id, "photo": face.photo_path, "box": box, "state": face.state, "person": face.person}
        emit(row | {"probability": face.probability} | ({"reason": reason} if reason else {}))
    else:
        why = f"\t{reason}" if reason else ""
        say(f"{face.id}\t{face.state}\t{face.person or '-'}\t{box}\t{face.photo_path}{why}")
