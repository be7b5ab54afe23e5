from __future__ import annotations

import pytest

from tests.metadata.photos import PACKET
from tui_tagger.metadata.packet import DC, XMP, Element, parse, texts_of
from tui_tagger.metadata.splice import Refused

RDF_START = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'


def test_ranges_enclose_the_elements() -> None:
    packet = parse(PACKET)

    def check(element: Element) -> None:
        assert PACKET[element.start : element.start + 1] == b"<"
        assert PACKET[element.end - 1 : element.end] == b">"
        assert element.closed_on_itself or PACKET[element.inner_end :].startswith(b"</")
        for child in element.children:
            check(child)

    check(packet.rdf)
    subject = packet.find(DC, "subject")
    assert subject is not None
    assert PACKET[subject.start : subject.end].startswith(b"<dc:subject>")
    assert PACKET[subject.start : subject.end].endswith(b"</dc:subject>")


def test_lists_and_attributes_are_read() -> None:
    packet = parse(PACKET)
    assert texts_of(packet.find(DC, "subject")) == ["holiday", "Anna"]
    assert packet.simple(XMP, "Rating") == "4"


def test_a_greater_sign_in_an_attribute_does_not_end_the_tag() -> None:
    data = RDF_START + b"<rdf:Description xmlns:e='urn:e#' e:x='a > b'/></rdf:RDF>"
    description = next(parse(data).descriptions())
    assert description.closed_on_itself
    assert data[description.start : description.end].endswith(b"'/>")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + RDF_START + b"</rdf:RDF>", "document type"),
        (RDF_START, "well-formed"),
        (b"<a/>", "no rdf:RDF"),
        (b"", "well-formed"),
        (RDF_START.decode().encode("utf-16") + b"x", "UTF-8"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?>' + RDF_START + b"</rdf:RDF>", "UTF-8"),
        (RDF_START + b"<a>" * 300 + b"</a>" * 300 + b"</rdf:RDF>", "nested"),
    ],
)
def test_packets_that_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        parse(data)


def test_a_property_that_occurs_twice_is_refused() -> None:
    twice = PACKET.replace(b"   <dc:title>", b"   <dc:title/><dc:title>")
    with pytest.raises(Refused, match="title twice"):
        parse(twice).properties()
