"""One question about one face: who is it? The face, its photo, the candidates, and confirmed faces to compare with."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import get_current_worker

from tui_tagger.services.views import KnownName, PhotoDetail, ReviewItem
from tui_tagger.text import visible
from tui_tagger.widgets.candidates import Candidates
from tui_tagger.widgets.contact_sheet import contact_sheet
from tui_tagger.widgets.fitted import Fitted
from tui_tagger.widgets.name_field import NameField
from tui_tagger.widgets.overlays import face_overlays
from tui_tagger.widgets.picture import Picture, Source
from tui_tagger.widgets.prefetch import Pictures
from tui_tagger.widgets.sources import Sources
from tui_tagger.widgets.text import STATES, short_path, when


class FacePanel(Container):
    """The picture on the left, everything else on the right."""

    def __init__(self, sources: Sources, complete: Callable[[str], tuple[KnownName, ...]]) -> None:
        super().__init__(id="review")
        self.item: ReviewItem | None = None
        self.photo: PhotoDetail | None = None
        self.photo_first = False
        self.pictures = Pictures()
        self._sources = sources
        self._complete = complete

    def compose(self) -> ComposeResult:
        yield Picture(id="main-picture")
        yield Picture(id="second-picture")
        with Vertical(id="side"):
            yield Fitted(id="facts")
            yield NameField(self._complete)
            yield Candidates()
            yield Static(id="strip-title")
            yield Picture(id="strip")

    def show(self, item: ReviewItem, photo: PhotoDetail, marked: bool) -> None:
        """Asks about a face."""
        self.item, self.photo = item, photo
        self.show_facts(marked)
        self.query_one(Candidates).show(item)
        self.show_pictures()
        self.show_strip()

    def show_facts(self, marked: bool) -> None:
        if (item := self.item) is not None and (photo := self.photo) is not None:
            self.query_one("#facts", Fitted).fit(lambda width: facts(item, photo, marked, width))

    def show_pictures(self) -> None:
        panes = [self.query_one("#main-picture", Picture), self.query_one("#second-picture", Picture)]
        if self.item is None or self.photo is None:
            return
        face_pane, photo_pane = reversed(panes) if self.photo_first else panes
        face, photo = self.item.face.id, self.photo.row.id
        face_pane.show(self.pictures.source(("face", face), self._sources.face(face)), ("face", face), ())
        overlays = face_overlays(self.photo, face, self.app.theme_variables)
        photo_pane.show(self._sources.photo(photo), ("photo", photo), overlays)

    def show_strip(self) -> None:
        """Confirmed faces of the first candidate."""
        strip, title = self.query_one("#strip", Picture), self.query_one("#strip-title", Static)
        top = self.item.candidates[0] if self.item and self.item.candidates else None
        if top is None or not top.nearest:
            title.update("", layout=False)
            strip.show(None, None, ())
            return
        title.update(Content.assemble("confirmed: ", (visible(top.person), "bold")), layout=False)
        sources = [self._sources.face(face) for face in top.nearest]
        strip.show(lambda side: contact_sheet(sources, side), ("strip", *top.nearest), ())

    def swap(self) -> None:
        self.photo_first = not self.photo_first
        self.show_pictures()

    def fetch(self, face_ids: Sequence[int]) -> None:
        """Fetches the faces that come next while the human looks."""
        wanted: dict[Hashable, Source] = {("face", face): self._sources.face(face) for face in face_ids}
        self.run_worker(
            lambda: self.pictures.fetch(wanted, get_current_worker()),
            thread=True,
            exclusive=True,
            group="prefetch",
            exit_on_error=False,
        )


def facts(item: ReviewItem, photo: PhotoDetail, marked: bool, width: int) -> Content:
    """Path, date, place, and how things stand with the face."""
    face, mark = item.face, STATES[item.face.state]
    return Content.assemble(
        Content(short_path(face.photo_path, width)).truncate(width, ellipsis=True),
        f"\n{when(item.taken_at)}\n",
        Content(visible(item.place) or "no place").truncate(width, ellipsis=True),
        "\n",
        Content.styled("▪ marked  ", "bold $text-accent") if marked else Content(),
        (f"{mark.glyph} {mark.word}", f"$text-{mark.colour}"),
        (f"  face {face.number} of {len(photo.faces)}", "$foreground-muted"),
    )
