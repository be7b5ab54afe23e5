"""The persons in the database."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from tui_tagger.cli.commands import people_cli
from tui_tagger.cli.options import Db, Json
from tui_tagger.cli.output import emit, say
from tui_tagger.cli.running import services


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
