"""When a photo was taken: local wall time, its offset from UTC where one is written, and the tag that says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui_tagger.metadata import gps, tags
from tui_tagger.metadata.iptc import Iptc
from tui_tagger.metadata.packet import EXIF, PHOTOSHOP, XMP, Packet

_TAGS = (
    ("DateTimeOriginal", "OffsetTimeOriginal", "SubSecTimeOriginal"),
    ("DateTimeDigitized", "OffsetTimeDigitized", "SubSecTimeDigitized"),
)
_CHANGED = ("DateTime", "OffsetTime", "SubSecTime")
_XMP = ((EXIF, "DateTimeOriginal"), (PHOTOSHOP, "DateCreated"), (XMP, "CreateDate"))

MIDNIGHT = "00:00:00"


@dataclass(frozen=True, slots=True)
class Moment:
    """`taken_at` such as "2019-07-12T14:03:22" or "2019-07-12T14:03:22.120"; `offset` such as "+02:00"."""

    taken_at: str
    offset: str | None
    source: str


def date_of(found: tags.Tags, packet: Packet | None, override: Packet | None, older: Iptc) -> Moment | None:
    """The first that is there, in the order of trust; None where nothing tells.

    1. a sidecar's, if the photo's own XMP does not say the same: somebody put the date right there;
    2. EXIF's original and digitised times; 3. the photo's XMP; 4. IPTC's; 5. GPS's, which is UTC and stays UTC
    (offset "+00:00"); 6. EXIF's time of the last change.
    """
    inside = list(_xmp_moments(packet, "XMP"))
    beside = [each for each in _xmp_moments(override, "sidecar") if _told_otherwise(each, inside)]
    order = [*beside, *_exif_moments(found), *inside, *_iptc_moment(older), *_gps_moment(found)]
    taken = [each for each in order if each is not None]
    return _with_time(taken) if taken else _exif_moment(found, *_CHANGED)


def _with_time(moments: list[Moment]) -> Moment:
    """The first; if that is a mere day, the first that knows the time of that day."""
    day, _, time = moments[0].taken_at.partition("T")
    fuller = (each for each in moments if each.taken_at.startswith(day) and not each.taken_at.endswith(MIDNIGHT))
    return next(fuller, moments[0]) if time == MIDNIGHT else moments[0]


def _told_otherwise(moment: Moment, inside: list[Moment]) -> bool:
    return all((moment.taken_at, moment.offset) != (each.taken_at, each.offset) for each in inside)


def _exif_moments(found: tags.Tags) -> Iterator[Moment | None]:
    return (_exif_moment(found, *names) for names in _TAGS)


def _exif_moment(found: tags.Tags, name: str, offset: str, fraction: str) -> Moment | None:
    date = gps.parse_date(tags.text(found, name))
    if date is None:
        return None
    return Moment(date + _thousandths(tags.text(found, fraction)), gps.parse_offset(tags.text(found, offset)), name)


def _thousandths(digits: str) -> str:
    """EXIF's SubSecTime, the digits after the decimal point, as ".120"; empty where there are none."""
    return f".{digits[:3]:0<3}" if digits.isascii() and digits.isdigit() else ""


def _xmp_moments(packet: Packet | None, where: str) -> Iterator[Moment]:
    for namespace, local in _XMP if packet is not None else ():
        assert packet is not None
        text = packet.simple(namespace, local)
        if (date := gps.parse_date(text)) is not None:
            fraction = gps.parse_fraction(text)
            yield Moment(
                date + _thousandths(fraction), gps.parse_offset(text) if "T" in text else None, f"{where} {local}"
            )


def _iptc_moment(older: Iptc) -> Iterator[Moment]:
    if older.date is not None:
        yield Moment(older.date, older.offset, "IPTC DateCreated")


def _gps_moment(found: tags.Tags) -> Iterator[Moment]:
    clock = tags.numbers(found, "GPSTimeStamp")
    if len(clock) == 3 and all(0 <= each < 61 for each in clock):
        text = f"{tags.text(found, 'GPSDateStamp')} {clock[0]:02.0f}:{clock[1]:02.0f}:{int(clock[2]):02}"
        if (date := gps.parse_date(text)) is not None:
            yield Moment(date, "+00:00", "GPSDateStamp")
