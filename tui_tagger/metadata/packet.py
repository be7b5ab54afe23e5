"""An XMP packet as elements with their byte ranges, so that edits can leave every other byte alone (ISO 16684-1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from tui_tagger.metadata.splice import Refused

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
DC = "http://purl.org/dc/elements/1.1/"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
LIGHTROOM = "http://ns.adobe.com/lightroom/1.0/"
DIGIKAM = "http://www.digikam.org/ns/1.0/"
MICROSOFT = "http://ns.microsoft.com/photo/1.0/"
MWG_REGIONS = "http://www.metadataworkinggroup.com/schemas/regions/"
AREA = "http://ns.adobe.com/xmp/sType/Area#"
DIMENSIONS = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
MP = "http://ns.microsoft.com/photo/1.2/"
MP_INFO = "http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
MP_REGION = "http://ns.microsoft.com/photo/1.2/t/Region#"
TIFF = "http://ns.adobe.com/tiff/1.0/"
EXIF = "http://ns.adobe.com/exif/1.0/"
XMP = "http://ns.adobe.com/xap/1.0/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"

PREFIXES = {
    RDF: "rdf",
    DC: "dc",
    IPTC_EXT: "Iptc4xmpExt",
    LIGHTROOM: "lr",
    DIGIKAM: "digiKam",
    MICROSOFT: "MicrosoftPhoto",
    MWG_REGIONS: "mwg-rs",
    AREA: "stArea",
    DIMENSIONS: "stDim",
    MP: "MP",
    MP_INFO: "MPRI",
    MP_REGION: "MPReg",
    TIFF: "tiff",
    EXIF: "exif",
    XMP: "xmp",
    PHOTOSHOP: "photoshop",
}

MAX_BYTES = 16_000_000
MAX_DEPTH = 100
MAX_ELEMENTS = 200_000

Name = tuple[str, str]  # namespace, local name
Canonical = tuple[object, ...]


@dataclass(slots=True)
class Element:
    """An element: `start` and `end` enclose it, `inner` and `inner_end` its content.

    Where a tag closes itself, the last three are the offset after it.
    """

    name: Name
    attributes: dict[Name, str]
    namespaces: dict[str, str]  # prefix to URI, as in force inside
    start: int
    inner: int
    inner_end: int = 0
    end: int = 0
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def closed_on_itself(self) -> bool:
        return self.inner == self.end

    @property
    def text(self) -> str:
        return "".join(self.texts).strip()

    def child(self, namespace: str, local: str) -> Element | None:
        return next((each for each in self.children if each.name == (namespace, local)), None)

    def canonical(self) -> Canonical:
        """A value that is equal for elements that say the same, whatever their prefixes and white space."""
        parts = tuple(each.canonical() for each in self.children)
        return (self.name, tuple(sorted(self.attributes.items())), "" if parts else self.text, parts)


@dataclass(frozen=True, slots=True)
class Packet:
    """A parsed packet: its bytes, the rdf:RDF element, and where the root element ends."""

    data: bytes
    rdf: Element
    root_end: int

    def descriptions(self) -> Iterator[Element]:
        return (each for each in self.rdf.children if each.name == (RDF, "Description"))

    def find(self, namespace: str, local: str) -> Element | None:
        """A property in element form."""
        for description in self.descriptions():
            if (found := description.child(namespace, local)) is not None:
                return found
        return None

    def simple(self, namespace: str, local: str) -> str:
        """A property's text, in element or attribute form; empty where there is none."""
        for description in self.descriptions():
            if value := member(description, namespace, local):
                return value
        return ""

    def properties(self) -> dict[Name, Canonical]:
        """All properties in canonical form. Raises Refused where one occurs twice."""
        found: dict[Name, Canonical] = {}
        for description in self.descriptions():
            attributes = [(name, (value,)) for name, value in description.attributes.items() if _is_property(name)]
            elements = [(each.name, each.canonical()) for each in description.children]
            for name, value in [*attributes, *elements]:
                if name in found:
                    raise Refused(f"its XMP says {name[1]} twice")
                found[name] = value
        return found


def _is_property(name: Name) -> bool:
    return name[0] not in (RDF, XML, "")


def parse(data: bytes) -> Packet:
    """Raises Refused for what is not well-formed UTF-8 XML with an rdf:RDF, and for any DTD."""
    if len(data) > MAX_BYTES:
        raise Refused("its XMP is too large")
    builder = _Builder(data)
    builder.run()
    if builder.root is None:
        raise Refused("its XMP is empty")
    rdf = _find_rdf(builder.root)
    if rdf is None:
        raise Refused("its XMP has no rdf:RDF")
    return Packet(data, rdf, builder.root.end)


def _find_rdf(root: Element) -> Element | None:
    if root.name == (RDF, "RDF"):
        return root
    return next((each for each in root.children if each.name == (RDF, "RDF")), None)


class _Builder:
    """Builds elements from expat's events, which carry byte offsets."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.root: Element | None = None
        self._open: list[Element] = []
        self._scopes: list[dict[str, str]] = [{"xml": XML}]
        self._pending: dict[str, str] = {}
        self._count = 0
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartNamespaceDeclHandler = self._namespace
        self._parser.StartDoctypeDeclHandler = self._refuse_dtd
        self._parser.XmlDeclHandler = self._declaration

    def run(self) -> None:
        if b"\0" in self.data[:64]:
            raise Refused("its XMP is not in UTF-8")
        try:
            self._parser.Parse(self.data.rstrip(b"\0"), True)
        except expat.ExpatError as error:
            raise Refused("its XMP is not well-formed") from error
        except UnicodeError as error:
            raise Refused("its XMP is not in UTF-8") from error

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
            raise Refused("its XMP is not in UTF-8")

    def _refuse_dtd(self, *_: object) -> None:
        raise Refused("its XMP has a document type declaration")

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        self._pending[prefix or ""] = uri or ""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise Refused("its XMP is nested too deep or has too many elements")
        start = self._parser.CurrentByteIndex
        scope = {**self._scopes[-1], **self._pending} if self._pending else self._scopes[-1]
        self._pending = {}
        self._scopes.append(scope)
        named = {_split(key): value for key, value in attributes.items()}
        element = Element(_split(name), named, scope, start, _tag_end(self.data, start))
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        self._scopes.pop()
        if self.data[element.inner - 2 : element.inner] == b"/>":
            element.inner_end = element.end = element.inner
        else:
            element.inner_end = self._parser.CurrentByteIndex
            element.end = self.data.index(b">", element.inner_end) + 1

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].texts.append(text)


def _split(name: str) -> Name:
    namespace, _, local = name.rpartition(" ")
    return namespace, local


def _tag_end(data: bytes, start: int) -> int:
    """The offset after a start tag; a ">" inside of quotes does not end it."""
    position = start
    while True:
        byte = data[position : position + 1]
        if byte == b">":
            return position + 1
        if byte in (b'"', b"'"):
            position = data.index(byte, position + 1)
        if not byte:
            raise Refused("its XMP is not well-formed")
        position += 1


def array_of(element: Element | None) -> Element | None:
    """The rdf:Bag, rdf:Seq or rdf:Alt that a property holds."""
    if element is None:
        return None
    for kind in ("Bag", "Seq", "Alt"):
        if (array := element.child(RDF, kind)) is not None:
            return array
    return None


def items_of(array: Element | None) -> list[Element]:
    return [] if array is None else [each for each in array.children if each.name == (RDF, "li")]


def texts_of(element: Element | None) -> list[str]:
    """The texts of a property's array, without empty ones."""
    return [each.text for each in items_of(array_of(element)) if each.text]


def body_of(struct: Element) -> Element:
    """The element that holds a struct's members: a nested rdf:Description, or the struct itself."""
    return struct.child(RDF, "Description") or struct


def member(struct: Element | None, namespace: str, local: str) -> str:
    """A struct's simple member, in element or attribute form; empty where there is none."""
    if struct is None:
        return ""
    body = body_of(struct)
    child = body.child(namespace, local)
    if child is not None:
        return child.text
    return body.attributes.get((namespace, local), "") or struct.attributes.get((namespace, local), "")


def nested(struct: Element | None, namespace: str, local: str) -> Element | None:
    """A struct's member in element form."""
    return None if struct is None else body_of(struct).child(namespace, local)
