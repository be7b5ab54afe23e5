"""One question about many faces: who are these? All but the unticked ones are meant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui_tagger.services.groups import GroupKind, GroupView
from tui_tagger.services.review import ReviewService
from tui_tagger.services.views import KnownName, ReviewItem
from tui_tagger.text import percent, visible
from tui_tagger.widgets.contact_sheet import contact_sheet
from tui_tagger.widgets.face_grid import FaceGrid, Thumbnail
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.name_field import NameField
from tui_tagger.widgets.navigation import Navigation
from tui_tagger.widgets.overlays import face_overlays
from tui_tagger.widgets.picture import Picture
from tui_tagger.widgets.sources import Sources
from tui_tagger.widgets.text import counted, when
from tui_tagger.widgets.tick_grid import TickGrid

NOTHING = GroupView(GroupKind.LONERS, None, None, None, ())


class GroupPanel(Navigation, Container, can_focus=True):
    """A grid, the least likely first; what is under the cursor can be looked at closely, with its photo."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter,a", "answer('take')", "group.take", "accept", "Accept the ticked faces, or name or ignore them"),
        key("n", "answer('name')", "group.name", "name", "Name the ticked faces"),
        key("space", "mark", "group.tick", "untick", "Untick or tick this face and advance"),
        key("x", "answer('reject')", "group.reject", "not them", "Remember that this face is not this person"),
        key("X", "answer('reject_all')", "group.reject_all", "none is", "Remember it for all ticked faces"),
        key("i", "answer('ignore')", "group.ignore", "ignore", "Ignore the ticked strangers"),
        key("d", "answer('not_a_face')", "group.not_a_face", "no face", "Say that this is not a face"),
        key("s", "answer('skip')", "group.skip", "skip", "Skip the group: its faces are asked about one by one"),
        key("z", "look", "group.look", "look", "Look closely at this face"),
        key("tab", "swap", "group.swap", "photo", "Swap the face and its photo"),
        key("o", "answer('open')", "group.open", "open photo", "Open the photo of this face"),
        key("v", "mark_range", "group.range", "range", "Start a range, or tick and untick up to here"),
        key("ctrl+a", "mark_all", "group.untick_all", "untick all", "Untick all faces"),
        key("ctrl+r", "mark_others", "group.invert", "invert", "Tick what is unticked, and untick the rest"),
        *Navigation.MOVES,
        key("l,right", "step(1)", "move.right", "right", "Move right"),
        key("h,left", "step(-1)", "move.left", "left", "Move left"),
    ]

    @dataclass
    class Answered(Message):
        """A key that decides: `act` is the verb, the faces are those that are ticked."""

        act: str

    class Moved(Message):
        """The cursor or the ticks changed."""

    def __init__(
        self, sources: Sources, review: ReviewService, complete: Callable[[str], tuple[KnownName, ...]]
    ) -> None:
        super().__init__(id="group")
        self.group = NOTHING
        self.item: ReviewItem | None = None  # of the face under the cursor, while it is looked at
        self.photo_first = False
        self.left = 0  # groups to be asked, this one among them
        self._sources = sources
        self._review = review
        self._complete = complete

    def compose(self) -> ComposeResult:
        yield Static(id="group-question")
        with Horizontal():
            yield TickGrid(id="group-grid", marking=True)
            with Vertical(id="group-look"):
                yield Picture(id="look-picture")
                yield Picture(id="look-second")
                yield Static(id="look-facts")
                yield Picture(id="look-strip")
        yield NameField(self._complete)

    @property
    def grid(self) -> TickGrid:
        return self.query_one(TickGrid)

    @property
    def face(self) -> int | None:
        """The face under the cursor."""
        return self.group.face_ids[self.cursor] if self.group.count else None

    @property
    def unticked(self) -> frozenset[int]:
        return frozenset(self.grid.marks.ids & set(self.group.face_ids))

    @property
    def ticked(self) -> tuple[int, ...]:
        unticked = self.grid.marks.ids
        return tuple(face for face in self.group.face_ids if face not in unticked)

    def show(self, group: GroupView, cursor: int, unticked: Collection[int]) -> None:
        """Asks about a group."""
        if group != self.group:
            self.remove_class("-looking")
        self.group, self.count = group, group.count
        self.grid.marks.clear()
        self.grid.marks.ids = set(unticked)
        self.marks = self.grid.marks
        self.grid.cursor = self.cursor = min(cursor, max(0, group.count - 1))
        self.grid.fill(group.count, self.thumbnail, self.id_at)
        self.show_question()
        self.call_after_refresh(self.show_look)  # the next faces first

    def thumbnail(self, index: int) -> Thumbnail | None:
        return self._thumbnail(self.group.face_ids[index]) if index < self.group.count else None

    def _thumbnail(self, face: int) -> Thumbnail:
        chance = self._review.likelihood(face)
        return Thumbnail(("face", face), self._sources.face(face), "" if chance is None else percent(chance))

    def fetch(self, faces: Iterable[int]) -> None:
        """Has thumbnails drawn that come next, while the human looks."""
        self.grid.fetch(map(self._thumbnail, faces))

    def show_question(self) -> None:
        self.query_one("#group-question", Static).update(
            question(self.group, len(self.unticked), self.left, self.app.size.width), layout=False
        )

    def show_look(self) -> None:
        """The face under the cursor and its photo, where there is room for them."""
        face = self.face
        pane = self.query_one("#group-look")
        if face is None or not pane.display:
            self.item = None
            return
        self.item = item = self._review.item(face)
        panes = [self.query_one("#look-picture", Picture), self.query_one("#look-second", Picture)]
        face_pane, photo_pane = reversed(panes) if self.photo_first else panes
        face_pane.show(self._sources.face(face), ("face", face))
        photo = self._sources.detail(item.face.photo_id)
        boxes = face_overlays(photo, face, self.app.theme_variables)
        photo_pane.show(self._sources.photo(photo.row.id), ("photo", photo.row.id), boxes)
        self.query_one("#look-facts", Static).update(facts(item, self.group))
        self.show_strip(item)

    def show_strip(self, item: ReviewItem) -> None:
        """Confirmed faces of the group's person, to compare with."""
        nearest = next((one.nearest for one in item.candidates if one.person_id == self.group.person_id), ())
        sources = [self._sources.face(face) for face in nearest]
        strip = self.query_one("#look-strip", Picture)
        strip.show((lambda side: contact_sheet(sources, side)) if nearest else None, ("strip", *nearest))

    def label(self, binding: Binding) -> str:
        """The footer's words: what a key does to how many."""
        many = len(self.ticked)
        if binding.id == "group.take":
            kind, name = self.group.kind, visible(self.group.person or "")
            words = {GroupKind.PERSON: name, GroupKind.UNKNOWN: "name", GroupKind.LONERS: "ignore"}[kind]
            return f": {words} {many}" if many else ": one by one"
        if binding.id == "group.ignore":
            return "" if self.group.kind is GroupKind.LONERS else "ignore"
        if binding.id == "group.tick":
            return "tick" if self.face in self.unticked else "untick"
        if binding.id == "group.look":
            return "grid" if self.looking else "look"
        return binding.description

    @property
    def looking(self) -> bool:
        return self.has_class("-looking")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "answer":
            if parameters[0] in ("reject", "reject_all"):
                return self.group.kind is GroupKind.PERSON
            return self.group.count > 0
        if action == "swap":
            return bool(self.query_one("#group-look").display)
        return True

    @property
    def row_places(self) -> int:
        return 1 if self.looking else self.grid.row_places

    @property
    def page_places(self) -> int:
        return self.grid.page_places

    def id_at(self, index: int) -> int:
        return self.group.face_ids[index]

    def move_to(self, index: int) -> None:
        self.cursor = index
        self.grid.move_to(index)
        self.call_after_refresh(self.show_look)
        self.post_message(self.Moved())

    def marks_changed(self) -> None:
        self.grid.refresh()
        self.show_question()
        self.post_message(self.Moved())

    def on_face_grid_moved(self, event: FaceGrid.Moved) -> None:
        """The mouse moved the cursor."""
        event.stop()
        if event.index != self.cursor:
            self.move_to(event.index)

    def on_face_grid_chosen(self, event: FaceGrid.Chosen) -> None:
        event.stop()
        self.action_mark()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_look)

    def action_mark_range(self) -> None:
        """From one end to the other what the first was not: ticked or unticked."""
        anchor = self.marks.anchor
        if anchor is None or anchor >= self.count:
            self.marks.anchor = self.cursor
        else:
            low, high = sorted((anchor, self.cursor))
            faces = {self.id_at(index) for index in range(low, high + 1)}
            self.marks.ids = self.marks.ids - faces if self.id_at(anchor) in self.marks.ids else self.marks.ids | faces
            self.marks.anchor = None
        self.marks_changed()

    def action_step(self, by: int) -> None:
        self.step(by)

    def action_answer(self, act: str) -> None:
        self.post_message(self.Answered(act))

    def action_look(self) -> None:
        self.toggle_class("-looking")
        self.call_after_refresh(self.show_look)
        self.post_message(self.Moved())

    def action_swap(self) -> None:
        self.photo_first = not self.photo_first
        self.show_look()

    def release(self) -> bool:
        """Leaves the close look, then ticks all again; says whether there was anything to leave."""
        if self.looking:
            self.action_look()
            return True
        if self.marks.clear():
            self.marks_changed()
            return True
        return False


def question(group: GroupView, unticked: int, left: int, width: int) -> Content:
    """Such as "38 faces, probably Julia, 97 %", then what is unticked or what to do, and how many groups are left.

    In `width` cells the hint gives way first, then the end of the question.
    """
    many = counted(group.count, "face")
    if group.kind is GroupKind.PERSON:
        chance = "beside confirmed ones" if group.probability is None else percent(group.probability)
        parts = [(f" {many}, probably ", ""), (visible(group.person or ""), "bold"), (f", {chance}", "")]
        hint = "the least likely first"
    elif group.kind is GroupKind.UNKNOWN:
        parts = [(f" {many} that look like one person: ", ""), ("who is it?", "bold")]
        hint = "the least likely first"
    else:
        parts = [(f" {many} like nobody: ", ""), ("ignore all but the ones you know", "bold")]
        hint = "n names the one under the cursor"
    note = (f"  {unticked} unticked", "bold $text-warning") if unticked else (f"  {hint}", "$foreground-muted")
    groups = (f"  {counted(left, 'group')}", "$foreground-muted") if left else ("", "")
    asked, noted, rest = Content.assemble(*parts), Content.assemble(note), Content.assemble(groups)
    if asked.cell_length + noted.cell_length + rest.cell_length > width and not unticked:
        noted = Content()
    room = max(width - noted.cell_length - rest.cell_length, 0)
    return Content.assemble(asked.truncate(room, ellipsis=True), noted, rest)


def facts(item: ReviewItem, group: GroupView) -> Content:
    """Where the face under the cursor is from, and how likely it is the person."""
    chance = next((one.probability for one in item.candidates if one.person_id == group.person_id), None)
    told = [when(item.taken_at), visible(item.place), visible(item.face.photo_path.name)]
    if chance is not None:
        told.append(f"{visible(group.person or '')} {percent(chance)}")
    return Content("\n").join(Content(line) for line in told if line)
