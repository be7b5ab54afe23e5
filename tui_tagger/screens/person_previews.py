"""In words: what a merge or a delete would do, and what speaks against it."""

from __future__ import annotations

from tui_tagger.services.merging import MergePreview
from tui_tagger.services.people import DeletePreview
from tui_tagger.widgets.text import counted

SHOWN_PHOTOS = 2


def merge_lines(preview: MergePreview) -> list[str]:
    """The first line says what happens, the others what to look at before."""
    names = ", ".join(f"{name} ({counted(faces, 'face')})" for name, faces in preview.sources)
    lines = [f"{names} will become {preview.target}."]
    if preview.together:
        photos = ", ".join(path.name for path in preview.together[:SHOWN_PHOTOS])
        more = ", ..." if len(preview.together) > SHOWN_PHOTOS else ""
        lines.append(f"! Together in {counted(len(preview.together), 'photo')}, so perhaps two people: {photos}{more}")
    if preview.denied:
        lines.append(f"! You said of {counted(preview.denied, 'face')} that it is not {preview.target}.")
    if preview.dropped:
        dates = ", ".join(f"{date} of {name}" for name, date in preview.dropped)
        lines.append(f"! Birth dates differ: {preview.birth_date} stays, {dates} goes.")
    if preview.aliases:
        lines.append(f"{preview.target} will also be called {', '.join(preview.aliases)}.")
    return lines


def delete_lines(preview: DeletePreview) -> list[str]:
    if not preview.faces:
        return [f"{preview.name} has no faces."]
    faces = counted(preview.faces, "face")
    lines = [f"{faces} of {preview.name} in {counted(preview.photos, 'photo')} will be unknown again."]
    if preview.written:
        lines.append(f"{counted(preview.written, 'file')} will still hold the name until names are written again.")
    return lines
