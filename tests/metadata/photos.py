"""Photos that the tests draw themselves, and the programs they ask what others see."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tui_tagger.metadata import container, people, sidecar
from tui_tagger.metadata.packet import parse
from tui_tagger.metadata.people import Field
from tui_tagger.metadata.writer import exif_bytes

needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
needs_exiv2 = pytest.mark.skipif(shutil.which("exiv2") is None, reason="exiv2 is not installed")

FORMATS = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}


def drawn(width: int = 160, height: int = 120) -> Image.Image:
    """A smooth colour gradient that compresses well and is nowhere the same."""
    down, across = np.mgrid[0:height, 0:width]
    channels = [across * 255 // width, down * 255 // height, (across + down) % 256]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


def encoded(suffix: str = ".jpg", orientation: int = 1, xmp: bytes = b"", **options: Any) -> bytes:
    """A photo in one of FORMATS with EXIF, and XMP where given."""
    if xmp and suffix == ".png":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options["pnginfo"] = text
    elif xmp:
        options["xmp"] = xmp
    target = io.BytesIO()
    block = exif_bytes(taken_at="2019-07-12T14:03:22", make="Acme", model="One", orientation=orientation)
    drawn().save(target, FORMATS[suffix], exif=block, **options)
    return target.getvalue()


def saved(folder: Path, suffix: str = ".jpg", orientation: int = 1, xmp: bytes = b"") -> Path:
    path = folder / f"photo{suffix}"
    path.write_bytes(encoded(suffix, orientation, xmp))
    return path


def exiftool(path: Path, *options: str) -> dict[str, Any]:
    """What exiftool reads, structures kept, by "Group:Tag"."""
    command = ["exiftool", "-j", "-struct", "-G1", "-n", *options, str(path)]
    result = subprocess.run(command, capture_output=True, check=False, timeout=30)
    found: dict[str, Any] = json.loads(result.stdout)[0]
    return found


def said(path: Path, field: Field) -> list[str]:
    """The entries of one field in a photo's sidecar, else in the photo: as they stand there, by no reader's rules."""
    beside = sidecar.find(path)
    packets = container.packets(path.read_bytes()) if beside is None else [beside.read_bytes()]
    return [item.value for packet in packets for item in people.items_in(parse(packet)) if item.field == field]


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.tobytes()


PACKET = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Other">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmp:Rating="4">
   <!-- a comment that stays -->
   <dc:subject>
    <rdf:Bag>
     <rdf:li>holiday</rdf:li>
     <rdf:li>Anna</rdf:li>
    </rdf:Bag>
   </dc:subject>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">At &lt;sea&gt;</rdf:li></rdf:Alt></dc:title>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
