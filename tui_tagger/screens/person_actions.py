"""What can be done with a person, in the table of people and among their faces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui_tagger.errors import UsageError
from tui_tagger.screens.base import Command
from tui_tagger.screens.forget import forget_commands
from tui_tagger.screens.person_previews import delete_lines, merge_lines
from tui_tagger.screens.previewed import Previewed
from tui_tagger.services.exporting import export_person
from tui_tagger.services.views import Outcome, PersonRow
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.name_field import NameField
from tui_tagger.widgets.text import counted

ACTIONS = ("rename", "merge", "delete", "hide", "birth_date", "alias", "export", "times", "in_library", "write")
BIRTH_DATE = "born (1978, 1978-03 or 1978-03-05; empty: not known)"


class PersonActions(Previewed):
    """A screen on which a person, or several marked ones, can be renamed, merged, deleted, hidden and so on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("R", "rename", "person.rename", "rename", "Rename the person"),
        key("m", "merge", "person.merge", "merge", "Merge the marked people, or this one, into another"),
        key("D,delete", "delete", "person.delete", "delete", "Delete the person; the faces become unknown"),
        key("minus", "hide", "person.hide", "hide", "Hide the person from suggestions and lists, or show them again"),
        key("b", "birth_date", "person.birth", "born", "Set the birth date"),
        key("equals_sign", "alias", "person.alias", "also called", "Add another name"),
        key("t", "times", "person.times", "times", "Show when the person was photographed, and with whom"),
        key("L", "in_library", "person.library", "in Library", "Show the person's photos in the Library"),
        key("w", "write", "person.write", "write", "Write names into the person's photos"),
        key("E", "export", "person.export", "export", "Export the person's faces to a JSON or CSV file"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._named: Callable[[str], None] = lambda _name: None

    @property
    def person(self) -> PersonRow | None:
        """The person under the cursor, or whose faces are shown."""
        raise NotImplementedError

    @property
    def persons(self) -> tuple[PersonRow, ...]:
        """The marked people, else the one of `person`."""
        return (self.person,) if self.person else ()

    def carry_out(self, change: Callable[[], Outcome]) -> None:
        """Makes a change, tells what it did, and shows what is new."""
        with self.told():
            self.shell.tell(change().message)
            self.fill()

    def gone(self) -> None:
        """Called after the person was merged into another or deleted."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ACTIONS:
            return self.person is not None
        return super().check_action(action, parameters)

    def label(self, binding: Binding) -> str:
        if binding.id == "person.hide" and self.person and self.person.hidden:
            return "show"
        return super().label(binding)

    def commands(self) -> Iterable[Command]:
        yield from self._alias_commands()
        if self.person:
            yield from forget_commands(self, self.person.id, self.gone)

    def _alias_commands(self) -> Iterator[Command]:
        person = self.person
        for name in person.aliases if person else ():
            yield f"person: Remove the other name {name}", partial(self._remove_alias, name)

    # --- names ------------------------------------------------------------------------------------------------------

    def ask_name(self, title: str, done: Callable[[str], None], creating: bool = False) -> None:
        self._named = done
        self.add_class("-naming")
        self.query_one(NameField).open(title, creating)

    def on_name_field_named(self, event: NameField.Named) -> None:
        self.on_name_field_closed()
        self._named(event.name)

    def on_name_field_closed(self) -> None:
        self.query_one(NameField).display = False
        self.remove_class("-naming")
        self.focus_body()

    def action_rename(self) -> None:
        if self.person:
            self.status.read("new name", partial(self._rename, self.person.id), self.person.name)

    def _rename(self, person_id: int, name: str) -> None:
        self.carry_out(lambda: self.services.people.rename(person_id, name))

    def action_alias(self) -> None:
        if self.person:
            self.status.read(f"{self.person.name} is also called", partial(self._add_alias, self.person.id))

    def _add_alias(self, person_id: int, name: str) -> None:
        self.carry_out(lambda: self.services.people.add_alias(person_id, name))

    def _remove_alias(self, name: str) -> None:
        if self.person:
            person_id = self.person.id
            self.carry_out(lambda: self.services.people.remove_alias(person_id, name))

    def action_birth_date(self) -> None:
        if self.person:
            self.status.read(BIRTH_DATE, partial(self._set_birth_date, self.person.id), self.person.birth_date or "")

    def _set_birth_date(self, person_id: int, text: str) -> None:
        self.carry_out(lambda: self.services.people.set_birth_date(person_id, text.strip() or None))

    # --- merging, deleting, hiding ----------------------------------------------------------------------------------

    def action_merge(self) -> None:
        persons = self.persons
        names = ", ".join(person.name for person in persons)
        self.ask_name(f"Merge {names} into:", partial(self._preview_merge, [person.id for person in persons]))

    def _preview_merge(self, sources: Sequence[int], name: str) -> None:
        with self.told():
            target = self.services.people.find(name)
            if set(sources) == {target}:
                raise UsageError(f"There is nobody else to merge into {name}", "Mark the others first.")
            preview = self.services.people.preview_merge(sources, target)
            self.ask(merge_lines(preview), "Merge?", partial(self._merge, sources, target))

    def _merge(self, sources: Sequence[int], target: int) -> None:
        self.carry_out(lambda: self.services.people.merge(sources, target))
        self.gone()

    def action_delete(self) -> None:
        if self.person:
            preview = self.services.people.preview_delete(self.person.id)
            self.ask(delete_lines(preview), f"Delete {self.person.name}?", partial(self._delete, self.person.id))

    def _delete(self, person_id: int) -> None:
        self.carry_out(lambda: self.services.people.delete(person_id))
        self.gone()

    def action_hide(self) -> None:
        if self.person:
            person_id, hidden = self.person.id, not self.person.hidden
            self.carry_out(lambda: self.services.people.hide(person_id, hidden))

    # --- elsewhere --------------------------------------------------------------------------------------------------

    def action_times(self) -> None:
        if self.person:
            self.shell.show_times(self.person.id)

    def action_in_library(self) -> None:
        if self.person:
            self.shell.show_library(person_query(self.person.name))

    def action_write(self) -> None:
        if self.person:
            faces = self.services.people.faces(self.person.id, fits={})
            self.shell.show_writes(tuple(dict.fromkeys(face.photo_id for face in faces)))

    def action_export(self) -> None:
        if self.person:
            file = Path.cwd() / f"{file_name(self.person.name)}.json"
            self.status.read("to a .json or .csv file", partial(self._export, self.person.id), str(file))

    def _export(self, person_id: int, file: str) -> None:
        with self.told():
            path = Path(file.strip()).expanduser()
            faces = export_person(person_id, path)
            self.shell.tell(f"{counted(faces, 'face')} exported to {path}")


def person_query(*names: str) -> str:
    """The Library's query for photos that show all of these people."""
    together = " & ".join(names).replace("\\", "\\\\").replace('"', '\\"')
    return f'person:"{together}"'


def file_name(name: str) -> str:
    """A name as a file is called: what has a meaning in paths is left out."""
    kept = "".join(char if char.isalnum() or char in " -_." else "" for char in name)
    return kept.strip(" .").replace(" ", "-").casefold() or "person"
