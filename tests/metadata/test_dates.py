from __future__ import annotations

import pytest

from tui_tagger.metadata.dates import Moment, date_of
from tui_tagger.metadata.iptc import Iptc
from tui_tagger.metadata.packet import Packet, parse
from tui_tagger.metadata.tags import Tags

ORIGINAL = {"DateTimeOriginal": "2019:07:12 14:03:22", "OffsetTimeOriginal": "+02:00", "SubSecTimeOriginal": "07"}
NO_IPTC = Iptc()


def packet(**properties: str) -> Packet:
    attributes = " ".join(f'{name.replace("_", ":")}="{value}"' for name, value in properties.items())
    return parse(
        (
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
            ' xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
            f' xmlns:xmp="http://ns.adobe.com/xap/1.0/" {attributes}/></rdf:RDF>'
        ).encode()
    )


def test_exif_s_original_time_with_thousandths_and_offset() -> None:
    assert date_of(ORIGINAL, None, None, NO_IPTC) == Moment("2019-07-12T14:03:22.070", "+02:00", "DateTimeOriginal")


@pytest.mark.parametrize(("digits", "shown"), [("5", ".500"), ("123456", ".123"), ("", ""), ("x1", ""), ("²", "")])
def test_thousandths(digits: str, shown: str) -> None:
    found = date_of({**ORIGINAL, "SubSecTimeOriginal": digits}, None, None, NO_IPTC)
    assert found is not None
    assert found.taken_at == f"2019-07-12T14:03:22{shown}"


def test_the_order_of_trust() -> None:
    gps: Tags = {"GPSDateStamp": "2019:07:12", "GPSTimeStamp": (12.0, 3.0, 22.5)}
    changed = {"DateTime": "2020:01:01 00:00:00", "OffsetTime": "+01:00"}
    digitised = {"DateTimeDigitized": "2019:07:13 10:00:00"}
    inside = packet(xmp_CreateDate="2001-02-03T04:05:06.789-03:00")
    older = Iptc(date="1999-01-02T03:04:05", offset="+05:00")
    everything = {**ORIGINAL, **digitised, **gps, **changed}

    def source(tags: Tags, xmp: Packet | None, iptc: Iptc) -> str:
        found = date_of(tags, xmp, None, iptc)
        return found.source if found else "none"

    assert source(dict(everything), inside, older) == "DateTimeOriginal"
    assert source({**digitised, **gps, **changed}, inside, older) == "DateTimeDigitized"
    assert source({**gps, **changed}, inside, older) == "XMP CreateDate"
    assert source({**gps, **changed}, None, older) == "IPTC DateCreated"
    assert source({**gps, **changed}, None, NO_IPTC) == "GPSDateStamp"
    assert source(dict(changed), None, NO_IPTC) == "DateTime"
    assert source({}, None, NO_IPTC) == "none"


def test_gps_time_is_utc_and_stays_utc() -> None:
    gps: Tags = {"GPSDateStamp": "2019:07:12", "GPSTimeStamp": (12.0, 3.0, 22.5)}
    assert date_of(gps, None, None, NO_IPTC) == Moment("2019-07-12T12:03:22", "+00:00", "GPSDateStamp")


@pytest.mark.parametrize("clock", [(25.0, 0.0, 0.0), (1.0, 2.0), (float("nan"), 1.0, 1.0), (-1.0, 0.0, 0.0), ()])
def test_gps_times_that_are_none(clock: tuple[float, ...]) -> None:
    assert date_of({"GPSDateStamp": "2019:07:12", "GPSTimeStamp": clock}, None, None, NO_IPTC) is None


def test_a_sidecar_that_says_otherwise_wins_and_one_that_repeats_the_photo_s_xmp_does_not() -> None:
    inside = packet(xmp_CreateDate="2001-02-03T04:05:06")
    beside = packet(exif_DateTimeOriginal="2018-01-01T10:00:00+01:00")
    assert date_of(ORIGINAL, inside, beside, NO_IPTC) == Moment(
        "2018-01-01T10:00:00", "+01:00", "sidecar DateTimeOriginal"
    )
    seeded = date_of(ORIGINAL, inside, packet(xmp_CreateDate="2001-02-03T04:05:06"), NO_IPTC)
    assert seeded is not None
    assert seeded.source == "DateTimeOriginal"


def test_a_mere_day_gives_way_to_the_time_of_that_day() -> None:
    day = packet(photoshop_DateCreated="2006-10-29")
    assert date_of({}, day, None, Iptc(date="2006-10-29T06:27:51", offset="-05:00")) == Moment(
        "2006-10-29T06:27:51", "-05:00", "IPTC DateCreated"
    )
    other = date_of({}, day, None, Iptc(date="2006-10-30T06:27:51"))
    assert other == Moment("2006-10-29T00:00:00", None, "XMP DateCreated")
