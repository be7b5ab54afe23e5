"""The journal: every human act as the rows it changed, so that one mechanism undoes and redoes all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from peewee import ForeignKeyField, IntegrityError

from tui_tagger.storage.models import TABLES, Decision, Table, proxy

AT_ONCE = 5000  # rows in one statement
Change = list[Any]  # [table, row id, fields before or None, fields after or None], as it stands in JSON


class Recorder:
    """Changes rows and remembers what they were.

    Of a row that changes at all every field that was given is on record: what belongs together comes back together,
    whatever suggestions were put into the row meanwhile.
    """

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def insert(self, table: type[Table], **fields: Any) -> int:
        row = table.create(**fields)
        self.changes.append([_name(table), row.id, None, _image(table, row.id)])
        return int(row.id)

    def update(self, table: type[Table], row_id: int, **fields: Any) -> None:
        image = _image(table, row_id)
        before = {name: image[name] for name in fields}
        if before != fields:
            _write(table, row_id, fields)
            self.changes.append([_name(table), row_id, before, fields])

    def update_all(self, table: type[Table], row_ids: Sequence[int], **fields: Any) -> None:
        """The same for many rows, in few statements and without the object mapper: a key waits for thousands of rows.

        Fields of plain text and numbers.
        """
        columns = [table._meta.fields[name].column_name for name in fields]
        for at in range(0, len(row_ids), AT_ONCE):
            some = row_ids[at : at + AT_ONCE]
            those = f"WHERE id IN ({','.join(map(str, map(int, some)))})"
            rows = proxy.execute_sql(f"SELECT id, {', '.join(columns)} FROM {_name(table)} {those}")  # noqa: S608
            known = {row_id: rest for row_id, *rest in rows}
            for row_id in some:
                before = dict(zip(fields, known[row_id], strict=True))
                if before != fields:
                    self.changes.append([_name(table), row_id, before, fields])
            new = ", ".join(f"{column} = ?" for column in columns)
            proxy.execute_sql(f"UPDATE {_name(table)} SET {new} {those}", [*fields.values()])  # noqa: S608

    def delete(self, table: type[Table], row_id: int) -> None:
        self.changes.append([_name(table), row_id, _image(table, row_id), None])
        table.delete_by_id(row_id)


@contextmanager
def decision(kind: str) -> Iterator[tuple[Decision, Recorder]]:
    """One undoable act, in one transaction; set its `message` inside. What was undone before cannot be redone."""
    with proxy.atomic("IMMEDIATE"):
        Decision.delete().where(Decision.undone).execute()
        row, recorder = Decision.create(kind=kind, message=kind), Recorder()
        yield row, recorder
        row.changes = recorder.changes
        row.save()


def latest() -> Decision | None:
    """The decision that undo would take back."""
    found: Decision | None = Decision.select().where(~Decision.undone).order_by(Decision.id.desc()).first()
    return found


def next_undone() -> Decision | None:
    """The decision that redo would repeat."""
    found: Decision | None = Decision.select().where(Decision.undone).order_by(Decision.id).first()
    return found


def revert(row: Decision) -> None:
    with proxy.atomic("IMMEDIATE"):
        for table, row_id, before, after in reversed(row.changes):
            _apply(TABLES[table], row_id, after, before)
        Decision.update(undone=True).where(Decision.id == row.id).execute()


def repeat(row: Decision) -> None:
    with proxy.atomic("IMMEDIATE"):
        for table, row_id, before, after in row.changes:
            _apply(TABLES[table], row_id, before, after)
        Decision.update(undone=False).where(Decision.id == row.id).execute()


def touched(row: Decision, table: type[Table]) -> tuple[int, ...]:
    """The ids of the rows of `table` that a decision changed, in order, each once."""
    return tuple(dict.fromkeys(row_id for name, row_id, *_ in row.changes if name == _name(table)))


def _apply(table: type[Table], row_id: int, old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
    if new is None:
        table.delete_by_id(row_id)
        return
    with suppress(IntegrityError):  # what it refers to is gone, as faces of photos that were removed: the rest is done
        if old is None:
            table.insert(id=row_id, **new).execute()
        else:
            _write(table, row_id, new)


def _write(table: type[Table], row_id: int, fields: dict[str, Any]) -> None:
    table.update(**fields).where(table.id == row_id).execute()


def _name(table: type[Table]) -> str:
    return str(table._meta.table_name)


def _image(table: type[Table], row_id: int) -> dict[str, Any]:
    """The row's fields as JSON holds them: foreign keys as ids."""
    row = table.get_by_id(row_id)
    fields = (field for field in table._meta.sorted_fields if field.name != "id")
    return {
        field.name: getattr(row, field.object_id_name if isinstance(field, ForeignKeyField) else field.name)
        for field in fields
    }
