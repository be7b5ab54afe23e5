"""When, where and with what a photo was taken, in a few lines."""

from __future__ import annotations

from textual.content import Content

from tui_tagger.services.views import PhotoDetail, PhotoStatus
from tui_tagger.text import visible
from tui_tagger.widgets.text import when

WINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def facts(photo: PhotoDetail, width: int) -> Content:
    """Date with its offset and source; place; coordinates and direction; camera and size."""
    offset = photo.offset or "no offset"
    date = Content.assemble((when(photo.row.taken_at), "bold"), f" {offset}" if photo.row.taken_at else "")
    source = f"date from {visible(photo.date_source)}" if photo.date_source else "no date in the file"
    place = visible(photo.row.place) or ("no place" if photo.latitude is None else "place without a name")
    size = f"{photo.width} x {photo.height}"
    lines = [
        date,
        Content.styled(source, "$foreground-muted"),
        Content.styled(place, "bold"),
        Content.styled(coordinates(photo) + direction(photo), "$foreground-muted"),
        Content.styled(" · ".join(filter(None, [visible(photo.camera), size])), "$foreground-muted"),
    ]
    if photo.row.status is PhotoStatus.OFFLINE:
        lines.insert(0, Content.styled("offline: its file is not there; decisions stay", "bold $text-warning"))
    elif photo.row.status is PhotoStatus.FAILED:
        lines.insert(0, Content.styled(f"unreadable: {visible(photo.failure)}", "bold $text-error"))
    if photo.description:
        lines.append(Content.styled(f"“{visible(photo.description)}”", "italic"))
    return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)


def coordinates(photo: PhotoDetail, digits: int = 4) -> str:
    """Such as "38.7223, -9.1393", as maps take it; a sentence without coordinates."""
    if photo.latitude is None or photo.longitude is None:
        return "no coordinates"
    return f"{photo.latitude:.{digits}f}, {photo.longitude:.{digits}f}"


def direction(photo: PhotoDetail) -> str:
    if photo.direction is None:
        return ""
    return f", looking {WINDS[round(photo.direction / 45) % 8]} ({photo.direction:.0f}°)"
