"""The command line: the app, and every job without a screen.

Results go to stdout (`--json`: one object a line), progress and diagnostics to stderr. Exit status 0: done; 1: done,
with failures listed; 2: wrong use, or cannot start.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tui_tagger import __version__
from tui_tagger.config import database_path
from tui_tagger.errors import TaggerError, UsageError
from tui_tagger.text import visible

FAILURES = 1
CANNOT = 2


class Commands(TyperGroup):
    """`tui-tagger ~/Pictures` is `tui-tagger open ~/Pictures`: what names no command opens the app."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own = {*self.commands, "--help", "--version", "--install-completion", "--show-completion"}
        if not ctx.resilient_parsing and not (args and args[0] in own):
            args = ["open", *args]
        return super().parse_args(ctx, args)


cli = typer.Typer(cls=Commands, help=__doc__.split("\n")[0] if __doc__ else None, no_args_is_help=False)
people_cli = typer.Typer(help="The persons in the database.", no_args_is_help=True)
models_cli = typer.Typer(help="Models that embed faces.", no_args_is_help=True)
cli.add_typer(people_cli, name="people")
cli.add_typer(models_cli, name="models")

Db = Annotated[Path | None, typer.Option("--db", metavar="FILE", help="The database; made when it is not there.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
Dirs = Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of photos.")]


class Images(StrEnum):
    """How pictures are shown."""

    AUTO = "auto"
    KITTY = "kitty"
    SIXEL = "sixel"
    HALFCELL = "halfcell"
    NONE = "none"


class To(StrEnum):
    """Where names are written."""

    AUTO = "auto"
    FILE = "file"
    SIDECAR = "sidecar"


ImagesOption = Annotated[Images, typer.Option(help="How pictures are shown; auto asks the terminal.")]


def main() -> None:
    """The entry point. TaggerErrors become a message with what to do, and exit status 2."""
    multiprocessing.freeze_support()
    try:
        cli()
    except TaggerError as error:
        tell(f"{error.title}: {error.message}")
        if error.hint:
            tell(error.hint)
        raise SystemExit(CANNOT) from None
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        raise SystemExit(0) from None


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tui-tagger {__version__}")
        raise typer.Exit


@cli.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Tag the people in your photos from the terminal. With folders, or with nothing, the app opens."""


# --- the app --------------------------------------------------------------------------------------------------------


@cli.command("open", hidden=True)
def open_app(
    folders: Annotated[list[Path] | None, typer.Argument(metavar="[DIR...]")] = None,
    db: Db = None,
    images: ImagesOption = Images.AUTO,
) -> None:
    """Opens the app; new folders are scanned."""
    for folder in folders or []:
        if not folder.exists():
            raise UsageError(f"{folder}: there is neither such a folder nor such a command", "tui-tagger --help")
    _run_app(db or database_path(), folders or [], images)


def _run_app(db: Path, folders: Sequence[Path], images: Images) -> None:
    from tui_tagger.widgets.terminal import install, probe

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The app needs a terminal", "Without one: tui-tagger scan, identify, write and others; --help."
        )
    terminal = probe(images.value)
    install(terminal)
    from tui_tagger.app import TaggerApp

    with services(db) as opened:
        TaggerApp(opened, terminal, [folder.absolute() for folder in folders]).run()


@cli.command()
def demo(
    folder: Annotated[Path | None, typer.Option("--dir", metavar="D", help="Where the library is made.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No app: a report on stdout.")] = False,
    db: Db = None,
    as_json: Json = False,
    images: ImagesOption = Images.AUTO,
) -> None:
    """Makes a small library of drawn photos, scans it, and opens the app on it."""
    from tui_tagger.demo.library import make_library

    began = time.monotonic()
    if headless:
        with tempfile.TemporaryDirectory(prefix="tui-tagger-demo-") as scratch:
            _rehearse(folder or Path(scratch), db, as_json, began)
        return
    folder = folder or Path("demo-library")
    make_library(folder, progress=Progress("Drawing photos"))
    _run_app(db or folder / "library.db", [folder], images)


def _rehearse(folder: Path, db: Path | None, as_json: bool, began: float) -> None:
    from tui_tagger.demo.library import load_ground_truth, make_library
    from tui_tagger.services.rehearsal import rehearse

    make_library(folder, progress=Progress("Drawing photos"))
    with services(db or folder / "library.db") as opened:
        if opened.review.history(1):
            raise UsageError(f"{folder} was reviewed before", "Choose a new folder: a rehearsal starts from nothing.")
        _run_scan(opened, [folder])
        opened.recognition.update()
        report = rehearse(folder, load_ground_truth(folder), opened.review, opened.tagging, began)
    if as_json:
        emit(asdict(report))
        return
    found = report.faces_found / max(report.faces_drawn, 1)
    say(f"photos              {report.photos}")
    say(f"faces found         {report.faces_found} of {report.faces_drawn} drawn ({found:.1%})")
    for count, share in report.right_after.items():
        say(f"suggestions right   {share:.1%} after {count} confirmation{'s' if count > 1 else ''} a person")
    say(f"strangers           {report.strangers_taken:.1%} suggested to be somebody")
    say(f"files written       {report.written}")
    say(f"seconds             {report.seconds}")


# --- jobs without a screen ------------------------------------------------------------------------------------------


@cli.command()
def scan(folders: Dirs, db: Db = None, as_json: Json = False) -> None:
    """Finds photos, reads them, finds and embeds faces, suggests names. Stopped and started again, it goes on."""
    with services(db) as opened:
        report = _run_scan(opened, folders)
    if as_json:
        emit(asdict(report))
    else:
        say(f"{report.photos} photos: {report.new} new, {report.unchanged} unchanged, {report.moved} moved")
        say(f"{report.faces} faces, {report.seconds:.1f} seconds")
        _list_failures(report.failed)
    _finish(report.failed)


@cli.command()
def enrol(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with one sub-folder a person.")],
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Learns people from folders: DIR/<Name>/*.jpg."""
    from tui_tagger.services.enrolment import enrol as enrol_folder

    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder")
    with services(db) as opened:
        _run_scan(opened, [folder])
        report = enrol_folder(folder, opened.review)
    if as_json:
        emit(asdict(report))
    else:
        say(f"{report.enrolled} faces of {report.people} people enrolled from {report.photos} photos")
        for path in report.no_face:
            say(f"no face: {path}")
        _list_failures(report.failed)
    _finish([*report.failed, *report.no_face])


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
        for photo in identify_files(files, models(), opened.recognition):
            if photo.error:
                bad.append(photo.path)
            for line in _identified(photo):
                emit(line) if as_json else say(_identified_text(line))
    _finish(bad)


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


@cli.command()
def write(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH...]", help="Photos or folders; else all.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be written.")] = False,
    to: Annotated[To, typer.Option(help="Into the file, into a sidecar, or as fits each file.")] = To.AUTO,
    describe: Annotated[
        bool, typer.Option("--describe", help="Give photos without a description one: people, place and date.")
    ] = False,
    template: Annotated[
        str | None,
        typer.Option("--template", metavar="T", help='Of descriptions, kept: "{people}, {place}, {date}".'),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last write back.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Writes confirmed names into the photos' metadata."""
    with services(db) as opened:
        if undo:
            message = opened.tagging.undo_last()
            emit({"undone": message}) if as_json else say(message)
            return
        if template is not None:
            opened.tagging.set_template(template)
        ids = opened.library.ids_below([path.absolute() for path in paths]) if paths else None
        rows = _previewed(opened, ids, to, describe) if dry_run else _written(opened, ids, to, describe)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["result"]] = counts.get(row["result"], 0) + 1
        names = "".join(f" {sign}{name}" for sign, key in (("+", "added"), ("-", "removed")) for name in row[key])
        names += f' "{row["description"]}"' if row["description"] else ""
        reason = f" ({row['reason']})" if row["reason"] else ""
        emit(row) if as_json else say(f"{row['path']}: {row['result']}{names}{reason}")
    emit({"files": len(rows), **counts}) if as_json else say(_counted(counts, dry_run))
    _finish([row for row in rows if row["result"] == "refused"])


def _previewed(opened: Any, ids: Sequence[int] | None, to: To, describe: bool) -> list[dict[str, Any]]:
    words = {"file": "would write", "sidecar": "would write sidecar"}
    return [
        {
            "path": row.path,
            "target": row.target,
            "result": words.get(row.target, "refused" if row.reason else "unchanged"),
            "reason": row.reason,
            "added": list(row.added),
            "removed": list(row.removed),
            "description": row.description,
            "notes": list(row.notes),
        }
        for row in opened.tagging.preview(ids, to.value, describe)
    ]


def _written(opened: Any, ids: Sequence[int] | None, to: To, describe: bool) -> list[dict[str, Any]]:
    results = opened.tagging.write(ids, Progress("Writing names"), to.value, describe)
    return [
        {
            "path": row.path,
            "target": row.target,
            "result": row.result,
            "reason": row.reason,
            "added": list(row.added),
            "removed": list(row.removed),
            "description": row.description,
        }
        for row in results
    ]


def _counted(counts: dict[str, int], dry_run: bool) -> str:
    text = ", ".join(f"{count} {result}" for result, count in sorted(counts.items())) or "nothing to write"
    return f"{text} (nothing was written)" if dry_run else text


# --- names in and out -----------------------------------------------------------------------------------------------


@cli.command("import")
def import_people(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[DIR...]", help="Folders of photos; else the whole library.")
    ] = None,
    from_export: Annotated[
        Path | None, typer.Option("--from-export", metavar="FILE", help="Take decisions from an export instead.")
    ] = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Takes in the people that other programs named in the photos: regions and names become confirmed faces."""
    from tui_tagger.services.exporting import restore
    from tui_tagger.services.importing import import_names

    with services(db) as opened:
        scanned = _run_scan(opened, folders) if folders else None
        if from_export is not None:
            report = restore(from_export, opened.recognition)
        else:
            report = import_names(opened.recognition, folders, Progress("Reading names"))
        if report.new_boxes:
            _run_scan(opened, report.new_boxes)  # embeds them
            opened.recognition.update()
    row = asdict(report)
    del row["new_boxes"]
    known = {failure.path for failure in report.failed}
    failed = [*report.failed, *(each for each in (scanned.failed if scanned else ()) if each.path not in known)]
    if as_json:
        emit({**row, "failed": [asdict(failure) for failure in failed]})
    else:
        say(
            f"{_count(report.people, 'person', 'people')} in {_count(report.photos, 'photo')}, {report.unchanged} known"
        )
        say(
            f"{_count(report.matched, 'face')} confirmed, {report.added} added, {report.present} present without a face"
        )
        for each in report.skipped:
            say(f"left alone: {each.path}: {each.reason}")
        _list_failures(failed)
    _finish(failed)


@cli.command("export")
def export_people(
    as_csv: Annotated[bool, typer.Option("--csv", help="A table with a line of headings; the default.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Lists all faces with what was decided: photo, its hash, box, state, person, when. JSON can be imported again."""
    import csv

    from tui_tagger.services.exporting import FIELDS, export_faces

    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other")
    table = csv.writer(sys.stdout, lineterminator="\n")
    with services(db):
        if not as_json:
            table.writerow(FIELDS)
        for face in export_faces():
            row = face.row()
            emit(row) if as_json else table.writerow([_cell(row[field]) for field in FIELDS])


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _cell(value: Any) -> str:
    """A cell for people and spreadsheets: control characters made visible, a box as four numbers."""
    if value is None:
        return ""
    return _printable(" ".join(map(str, value)) if isinstance(value, list) else str(value))


# --- people ---------------------------------------------------------------------------------------------------------


@people_cli.command("list")
def people_list(db: Db = None, as_json: Json = False) -> None:
    """Lists the persons."""
    with services(db) as opened:
        for person in opened.people.list():
            row = asdict(person)
            del row["keyface_id"]
            emit(row) if as_json else say(f"{person.name}\t{person.confirmed} confirmed\t{person.suggested} suggested")


@people_cli.command("add")
def people_add(name: str, db: Db = None, as_json: Json = False) -> None:
    """Adds a person."""
    with services(db) as opened:
        _outcome(opened.people.add(name), as_json)


@people_cli.command("rename")
def people_rename(name: str, new_name: str, db: Db = None, as_json: Json = False) -> None:
    """Gives a person another name."""
    with services(db) as opened:
        _outcome(opened.people.rename(opened.people.find(name), new_name), as_json)


@people_cli.command("birth")
def people_birth(
    name: str,
    birth_date: Annotated[str, typer.Argument(metavar="DATE|-", help="1978, 1978-03 or 1978-03-05; - removes it.")],
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Sets a person's birth date: nobody is suggested for photos from before their birth."""
    with services(db) as opened:
        text = None if birth_date == "-" else birth_date
        _outcome(opened.people.set_birth_date(opened.people.find(name), text), as_json)


@people_cli.command("merge")
def people_merge(
    names: Annotated[list[str], typer.Argument(metavar="NAME... INTO")], db: Db = None, as_json: Json = False
) -> None:
    """Makes several persons one: all faces become those of the last one named."""
    with services(db) as opened:
        ids = [opened.people.find(name) for name in names]
        _outcome(opened.people.merge(ids[:-1], ids[-1]), as_json)


@people_cli.command("delete")
def people_delete(name: str, db: Db = None, as_json: Json = False) -> None:
    """Removes a person; the faces are unknown again."""
    with services(db) as opened:
        _outcome(opened.people.delete(opened.people.find(name)), as_json)


def _outcome(outcome: Any, as_json: bool) -> None:
    emit({"message": outcome.message, "faces": len(outcome.face_ids)}) if as_json else say(outcome.message)


# --- models and checks ----------------------------------------------------------------------------------------------


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
        _await_jobs(opened, "Embedding")
        report = opened.jobs.embedded()
        lacking = standing().lacking
    if as_json:
        emit({"in_use": model, "lacking": lacking, **asdict(report)})
    else:
        say(f"{model} is in use; {report.faces} faces embedded" + (f", {lacking} not yet" if lacking else ""))
        _list_failures(report.failed)
    _finish(report.failed)


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
        report = build_bank(models(), folder, lfw, ignored, Progress("Looking at strangers"))
        opened.recognition.update()
    if as_json:
        emit(asdict(report))
    else:
        for line in _strangers_text(report):
            say(line)
        _list_failures(report.failed)
    _finish(report.failed)


def _strangers_text(report: Any) -> Iterator[str]:
    yield f"{report.strangers} strangers for {report.model}: {report.path}"
    if report.photos:
        yield f"{report.faces} faces of {report.people} people from {report.photos} photos"
        yield f"{len(report.no_face)} photos without a face"
    if report.ignored:
        yield f"{report.ignored} ignored faces, each taken for a person of its own"
    if not report.photos:
        yield "How much faces of one person differ cannot be measured on ignored faces: that and the threshold stay."


@cli.command()
def doctor(db: Db = None, as_json: Json = False) -> None:
    """Shows what works here, what does not, and what to do."""
    from tui_tagger.services.checkup import Check, check_all
    from tui_tagger.widgets.terminal import probe

    terminal = probe("auto")
    note = "; ".join(terminal.notes)
    checks = [
        Check(
            "terminal",
            True,
            f"{terminal.name or 'none'}, pictures: {terminal.protocol}" + (f" ({note})" if note else ""),
        )
    ]
    path = db or database_path()
    with services(path):
        checks += check_all(path)
    for check in checks:
        if as_json:
            emit(asdict(check))
        else:
            say(
                f"{'ok ' if check.ok else 'NO '} {check.name}: {check.text}"
                + (f"\n    {check.hint}" if check.hint else "")
            )
    _finish([check for check in checks if not check.ok])


# --- shared ---------------------------------------------------------------------------------------------------------


@contextmanager
def services(db: Path | None) -> Iterator[Any]:
    """The services on the database, closed afterwards."""
    from tui_tagger.services import Services

    opened = Services.open(db or database_path())
    try:
        yield opened
    finally:
        opened.close()


def _run_scan(opened: Any, folders: Sequence[Path]) -> Any:
    """A scan in the worker process, with progress on stderr; ctrl+c ends it after the photo it is at."""
    for folder in folders:
        if not folder.exists():
            raise UsageError(f"{folder}: there is no such folder", "Check the name.")
    opened.jobs.scan(folders)
    _await_jobs(opened, "Scanning")
    return opened.jobs.report()


def _await_jobs(opened: Any, title: str) -> None:
    """Shows the progress of the jobs until they end. Raises the error of one that broke."""
    progress = Progress(title)
    while opened.jobs.busy:
        try:
            if opened.jobs.wait(0.5) and (view := opened.jobs.current()):
                progress(view.done, view.total)
        except KeyboardInterrupt:
            tell("Stopping after this photo; start again to go on.")
            opened.jobs.cancel()
    if opened.jobs.error is not None:
        raise opened.jobs.error


class Progress:
    """A counter on stderr where that is a terminal; quiet elsewhere."""

    def __init__(self, title: str) -> None:
        self.title, self.shown, self.terminal = title, 0.0, sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self.terminal or (done < total and now - self.shown < 0.1):
            return
        self.shown = now
        share = f"{done / total:.0%}" if total else ""
        print(
            f"\r\x1b[K{self.title} {done} of {total} {share}",
            end="" if done < total else "\n",
            file=sys.stderr,
            flush=True,
        )


def _list_failures(failures: Iterable[Any]) -> None:
    for failure in failures:
        say(f"failed: {failure.reason}")


def _finish(failures: Sequence[Any]) -> None:
    if failures:
        raise typer.Exit(FAILURES)


def emit(row: dict[str, Any]) -> None:
    """One JSON object a line; ASCII, so that any name of a file can be printed."""
    print(json.dumps(row, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value)} is not for JSON")


def say(text: str) -> None:
    """A line for people; control characters made visible."""
    print(_printable(text))


def tell(text: str) -> None:
    print(_printable(text), file=sys.stderr)


def _printable(text: str) -> str:
    lines = [visible(line) for line in text.replace("\t", "  ").split("\n")]
    encoding = sys.stdout.encoding or "utf-8"
    return "\n".join(lines).encode(encoding, "backslashreplace").decode(encoding)
