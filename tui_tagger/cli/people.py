"""The persons in the database."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from tui_tagger.cli.commands import people_cli
from tui_tagger.cli.options import Db, Json
from tui_tagger.cli.output import count, emit, say, tell
from tui_tagger.cli.running import services
from tui_tagger.errors import UsageError
from tui_tagger.text import percent


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


@people_cli.command("split")
def people_split(
    name: str,
    seeds: Annotated[
        list[int], typer.Option("--seeds", metavar="FACE_ID", help="A face of the other person; may be repeated.")
    ],
    into: Annotated[str, typer.Option("--into", metavar="NEW", help="The name of the other person.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show where each face would go.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Splits a person who is two: the seeds and the faces like them go to the other one. `faces` lists the ids."""
    with services(db) as opened:
        person = opened.people.find(name)
        plan = opened.people.plan_split(person, seeds)
        if dry_run:
            for one in plan:
                _divided(one, into if one.goes else name, as_json)
            return
        _outcome(opened.people.split(person, [one.id for one in plan if one.goes], into), as_json)


def _divided(face: Any, person: str, as_json: bool) -> None:
    row = {"id": face.id, "person": person, "probability": round(face.chance, 4), "borderline": face.borderline}
    mark = "borderline" if face.borderline else ""
    emit(row | {"seed": face.seed}) if as_json else say(f"{face.id}\t{person}\t{percent(face.chance)}\t{mark}")


@people_cli.command("hide")
def people_hide(name: str, db: Db = None, as_json: Json = False) -> None:
    """Hides a person: never suggested, not offered in lists; the faces stay theirs."""
    with services(db) as opened:
        _outcome(opened.people.hide(opened.people.find(name)), as_json)


@people_cli.command("show")
def people_show(name: str, db: Db = None, as_json: Json = False) -> None:
    """Shows a hidden person again."""
    with services(db) as opened:
        _outcome(opened.people.hide(opened.people.find(name), hidden=False), as_json)


@people_cli.command("alias")
def people_alias(
    name: str,
    alias: str,
    remove: Annotated[bool, typer.Option("--remove", help="Take the other name away.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Gives a person another name, by which search, type-ahead and import know them; it is not written to files."""
    with services(db) as opened:
        change = opened.people.remove_alias if remove else opened.people.add_alias
        _outcome(change(opened.people.find(name), alias), as_json)


@people_cli.command("delete")
def people_delete(name: str, db: Db = None, as_json: Json = False) -> None:
    """Removes a person; the faces are unknown again."""
    with services(db) as opened:
        _outcome(opened.people.delete(opened.people.find(name)), as_json)


@people_cli.command("forget")
def people_forget(
    name: str,
    from_files: Annotated[
        bool,
        typer.Option("--from-files", help="First take the name out of the files that this program wrote it to."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. Nothing of it can be undone.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Removes a person's faces and names for good: from the database, its journal, backups and caches. No undo."""
    with services(db) as opened:
        person_id = opened.people.find(name)
        seen = opened.forgetting.preview(person_id)
        if not yes:
            _confirm_forgetting(seen, from_files)
        done = opened.forgetting.forget(person_id, from_files)
    if as_json:
        emit(asdict(done))
        return
    say(f"{count(done.faces, 'face')} removed, {count(done.decisions, 'decision')} of the journal scrubbed,")
    say(f"undo data of {count(done.writes, 'file write')} and {count(done.backups, 'old backup')} removed")
    if done.files:
        say(f"the name was taken out of {count(done.files, 'file')}")
    for text in done.stays:
        say(f"not removed: {text}")


def _confirm_forgetting(seen: Any, from_files: bool) -> None:
    """Raises UsageError where nobody can be asked, and ends the command after a no."""
    if not sys.stdin.isatty():
        raise UsageError("Forgetting cannot be undone and was not confirmed.", "Add --yes if you are sure.")
    tell(f"{seen.name}: {count(seen.faces, 'face')} in {count(seen.photos, 'photo')}. Forgetting cannot be undone.")
    if seen.files and not from_files:
        tell(f"{count(seen.files, 'photo')} would keep the name in their file; --from-files takes it out first.")
    typer.confirm("Forget?", abort=True, err=True)


def _outcome(outcome: Any, as_json: bool) -> None:
    emit({"message": outcome.message, "faces": len(outcome.face_ids)}) if as_json else say(outcome.message)
