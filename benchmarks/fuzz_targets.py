"""What is fuzzed: each target makes one wrong input in a folder and uses it as the program would.

A trial that returns has accepted its input; a TaggerError is a refusal with a reason; anything else is a crash.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fuzz_mutations import mutated
from benchmarks.fuzz_seeds import PEOPLE, Seed, photos, sidecars
from tui_tagger.errors import TaggerError
from tui_tagger.geometry import Box

Trial = Callable[[random.Random, Path], None]


@dataclass(frozen=True)
class Target:
    """`prepare` is given the folder of the corpus and one for itself; `batch`: trials in a row, more of quick ones."""

    name: str
    prepare: Callable[[Path, Path], Trial]
    batch: int


def every(acts: Iterable[Callable[[], object]]) -> None:
    """Does all of it, and raises the first refusal only then."""
    refusals = []
    for act in acts:
        try:
            act()
        except TaggerError as refusal:
            refusals.append(refusal)
    if refusals:
        raise refusals[0]


TOKENS = (
    b"\xff\xd8\xff", b"\xff\xe1", b"\xff\xda", b"\xff\xd9", b"Exif\0\0", b"MM\0*", b"II*\0", b"8BIM\x04\x04",
    b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0", b"\x89PNG\r\n\x1a\n", b"IHDR", b"iTXt",
    b"zTXt", b"eXIf", b"IDAT", b"IEND", b"RIFF", b"WEBPVP8X", b"XMP ", b"EXIF", b"ftypheic", b"ftypavif", b"meta",
    b"\x87\x69", b"\x88\x25", b"\x92\x7c", b"\x02\xbc", b"UNICODE\0", b"<?xpacket", b"\0" * 64, b"\xff" * 64,
)  # fmt: skip
XML = (
    b"<", b">", b"&", b"]]>", b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>]>", b"&a;", b"<![CDATA[", b"<!--", b"-->", b"\0",
    b"<rdf:Bag>", b"<rdf:li>", b"</rdf:li>", b"<rdf:Description>", b'rdf:parseType="Resource"', b'xml:lang="x-default"',
    b"mwg-rs:Regions", b'stArea:x="NaN"', b'stArea:w="1e999"', b'stArea:h="-1"', b"MPReg:Rectangle", b"\xff\xfe",
    b"\xef\xbb\xbf", "\u202e".encode(), b"xmlns:rdf=''", b"<a>" * 3000, b"1/0", b"0000-00-00T00:00:00",
)  # fmt: skip
TOML = (
    b"[look]", b"[pictures]", b"[keys]", b"[[keys]]", b"=", b'"', b"'''", b"inf", b"nan", b"1e999", b"-9" * 60, b"{",
    b"[" * 2000, b"a." * 2000, b"\0", b"\xff", b"1979-05-27", b"true", b"[]", b'"""', b'keys."review.accept" = ["x"]',
)  # fmt: skip
INI = (
    b"[photo.jpg]",
    b"faces=rect64(",
    b";",
    b"),",
    b"[Contacts2]",
    b"\0",
    b"backuphash=",
    b"rect64(ffffffffffffffff)",
)


def _bytes_of(seeds: Iterable[Seed]) -> list[bytes]:
    return [seed.data for seed in seeds]


def photo(corpus: Path, scratch: Path) -> Trial:
    """Image files: decoded, their metadata read by every reader, names written into them and taken back."""
    seeds = photos(corpus, scratch)
    alike = {each.suffix: _bytes_of(seed for seed in seeds if seed.suffix == each.suffix) for each in seeds}
    sidecar = sidecars(corpus, scratch)[0].data

    def trial(draw: random.Random, folder: Path) -> None:
        seed = draw.choice(seeds)
        path = folder / f"photo{seed.suffix}"
        path.write_bytes(mutated(draw, seed.data, [*alike[seed.suffix], sidecar], TOKENS))
        every([lambda: read(path), lambda: decode(path), lambda: write(path)])

    return trial


def read(path: Path) -> None:
    from tui_tagger.metadata.exif import read_entries, read_info
    from tui_tagger.metadata.identity import file_hash
    from tui_tagger.metadata.naming import LONGEST_NAME, MOST_PEOPLE, read_naming
    from tui_tagger.metadata.xmp import read_keywords, read_people
    from tui_tagger.text import visible

    every([lambda: file_hash(path), lambda: read_keywords(path), lambda: read_people(path)])
    people = read_naming(path).people
    assert len(people) <= MOST_PEOPLE and all(0 < len(each.name) <= LONGEST_NAME for each in people)
    for entry in read_entries(path):
        text = f"{entry.name} {entry.value} {entry.raw}"
        assert visible(text) == text, entry
    info = read_info(path)
    assert info.width >= 0 and info.orientation in range(1, 9)
    assert info.latitude is None or (abs(info.latitude) <= 90 and abs(info.longitude or 0) <= 180)


def decode(path: Path) -> None:
    from tui_tagger.imaging import crop_upright, load_upright, probe_size

    width, height = probe_size(path)
    image = load_upright(path, 320)
    assert image.full_size == (width, height) and max(image.pixels.size) <= 320 and image.pixels.mode == "RGB"
    crop_upright(path, Box(width / 4, height / 4, width / 2, height / 2), 64)


def write(path: Path) -> None:
    """Names into the file or a sidecar: the picture stays, and undo gives every byte back."""
    from tui_tagger.metadata import writer
    from tui_tagger.metadata.identity import image_hash
    from tui_tagger.metadata.writer import UndoRecord, WriteRequest

    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    records: list[UndoRecord] = []
    plan = writer.plan(WriteRequest(path, PEOPLE, description="A & B"))
    if plan.kind == "refused":
        return
    writer.apply(plan, records.append)
    assert image_hash(path.read_bytes()) == image_hash(before[path.name]), "the picture changed"
    for record in reversed(records):
        writer.undo(UndoRecord.from_bytes(record.to_bytes()))
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before, "undo left something else"


def sidecar(corpus: Path, scratch: Path) -> Trial:
    """XMP beside a sound photo."""
    seeds = _bytes_of(sidecars(corpus, scratch))
    whole = photos(Path("/nowhere"), scratch)[0].data

    def trial(draw: random.Random, folder: Path) -> None:
        path = folder / "photo.jpg"
        path.write_bytes(whole)
        beside = folder / draw.choice(("photo.jpg.xmp", "photo.xmp"))
        beside.write_bytes(mutated(draw, draw.choice(seeds), seeds, XML))
        every([lambda: read(path), lambda: write(path)])

    return trial


def picasa(_corpus: Path, scratch: Path) -> Trial:
    """Picasa's file beside a sound photo."""
    from tui_tagger.metadata.naming import read_naming

    whole = photos(Path("/nowhere"), scratch)[0].data
    text = b"[Contacts2]\nab12=Anna Rossi;;\n[photo.jpg]\nfaces=rect64(3f845bcb59418507),ab12;rect64(0,1),x\n"

    def trial(draw: random.Random, folder: Path) -> None:
        path = folder / "photo.jpg"
        path.write_bytes(whole)
        (folder / ".picasa.ini").write_bytes(mutated(draw, text, [text], INI))
        read_naming(path)

    return trial


def settings(_corpus: Path, _scratch: Path) -> Trial:
    """The settings file, its keys included."""
    from tui_tagger.app import SCREENS, TaggerApp
    from tui_tagger.settings import Settings, load
    from tui_tagger.settings_text import as_toml
    from tui_tagger.shell.keymap import contexts, keymap

    found = contexts(TaggerApp, SCREENS)
    whole = as_toml(Settings()).encode()
    bare = (
        b'[look]\ntheme = "nord"\n[pictures]\nbudget = 7\n[keys]\nreview.accept = ["enter", "y"]\n"map.open" = "f9"\n'
    )
    seeds = [whole, bare, whole.replace(b"\n# ", b"\n").replace(b"\n#", b"\n")]

    def trial(draw: random.Random, folder: Path) -> None:
        path = folder / "settings.toml"
        path.write_bytes(mutated(draw, draw.choice(seeds), seeds, TOML))
        keymap(load(path), found)

    return trial


def undo_record(_corpus: Path, scratch: Path) -> Trial:
    """What undoes a write, as it stands in the database; carried out on the file that it names."""
    from tui_tagger.metadata import writer
    from tui_tagger.metadata.writer import UndoRecord, WriteRequest

    whole = photos(Path("/nowhere"), scratch)[0].data
    path = scratch / "photo.jpg"
    path.write_bytes(whole)
    records: list[UndoRecord] = []
    writer.apply(writer.plan(WriteRequest(path, PEOPLE)), records.append)
    stored, written = records[0].to_bytes(), path.read_bytes()
    tokens = (b"null", b"[]", b"{}", b'"', b"-1", b"1e9", b"true", b'"created":true', b'"edits":[[0,9,""]]')

    def trial(draw: random.Random, folder: Path) -> None:
        photo = folder / "photo.jpg"
        photo.write_bytes(written)
        record = UndoRecord.from_bytes(mutated(draw, stored, [stored], tokens)).at(photo)
        writer.undo(record)
        assert photo.exists()

    return trial


def _repacked(draw: random.Random, data: bytes) -> bytes:
    """An archive whose checksums are right and whose members are not."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        names = old.namelist()
        chosen = draw.choice(names)
        for name in names:
            member = old.read(name)
            if name == chosen:
                keep = draw.random()
                member = mutated(draw, member, [old.read(draw.choice(names))], NUMPY) if keep < 0.9 else b""
            new.writestr(name if name != chosen or draw.random() < 0.9 else f"../{name}", member)
    return target.getvalue()


NUMPY = (
    b"'descr': '|O'", b"'descr': '<f8'", b"'shape': (1000000000000,)", b"'shape': (-1,)", b"'fortran_order': True",
    b"\x93NUMPY\x03\0", b"(" * 500, b"cos\nsystem\n(S'true'\ntR.", b"PK\x03\x04", b"PK\x05\x06", b"\x80\x02c",
)  # fmt: skip


def archive(data: bytes, use: Callable[[Path], object], suffix: str) -> Trial:
    def trial(draw: random.Random, folder: Path) -> None:
        path = folder / f"weights{suffix}"
        wrong = _repacked(draw, data) if draw.random() < 0.6 else mutated(draw, data, [data], NUMPY)
        path.write_bytes(wrong)
        use(path)

    return trial


def compact(_corpus: Path, _scratch: Path) -> Trial:
    """The compact model's weights; one that is accepted embeds a face."""
    import torch

    from tui_tagger.faces.compact import INPUT_SIZE, load_net
    from tui_tagger.faces.weights import COMPACT_PATH

    face = torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE)

    def use(path: Path) -> None:
        with torch.inference_mode():
            load_net(path)(face)

    return archive(COMPACT_PATH.read_bytes(), use, ".npz")


def facenet(_corpus: Path, scratch: Path) -> Trial:
    """FaceNet's weights, as `models install --from-file` and the loader see them: small ones, never the right ones."""
    import torch

    from tui_tagger.faces.facenet import load_net
    from tui_tagger.faces.weights import install_from_file

    path = scratch / "some.pt"
    torch.save({"conv2d_1a.conv.weight": torch.zeros(32, 3, 3, 3), "last_bn.bias": torch.zeros(512)}, path)
    cache = scratch / "cache"

    def use(path: Path) -> None:
        every([lambda: install_from_file(path, cache=cache), lambda: load_net(path)])

    return archive(path.read_bytes(), use, ".pt")


def bank(_corpus: Path, _scratch: Path) -> Trial:
    """The stranger bank; one that is accepted judges a face."""
    import numpy as np

    from tui_tagger.config import DATA
    from tui_tagger.faces.bank_files import load_bank
    from tui_tagger.faces.identifier import Identifier
    from tui_tagger.faces.strangers import bank_path
    from tui_tagger.faces.weights import COMPACT_ID

    def use(path: Path) -> None:
        loaded = load_bank(path)
        vector = np.full((1, len(loaded.mean)), len(loaded.mean) ** -0.5, np.float32)
        Identifier(loaded, {1: vector}).identify(vector)

    return archive((DATA / bank_path(COMPACT_ID).name).read_bytes(), use, ".npz")


def terminal(_corpus: Path, _scratch: Path) -> Trial:
    """What a terminal answers, and words typed into the search."""
    from tui_tagger.services.query import condition
    from tui_tagger.widgets.terminal import parse

    answers = b"\x1bP>|kitty(0.32.2)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?1;0;256S\x1b[?62;4;22c"
    words = b'person:Anna -is:unwritten faces:>2 date:2019-07..2020 "a b" area:1,2,3,4 camera:x'
    tokens = (
        b"\x1b[",
        b";",
        b"9" * 5000,
        b"faces:",
        b"date:",
        b"area:",
        b"..",
        b'"',
        b"-",
        b":",
        b"is:",
        b"\xff",
        b"%_",
    )

    def trial(draw: random.Random, _folder: Path) -> None:
        parse(mutated(draw, answers, [words], tokens).decode("utf-8", "surrogateescape"))
        condition(mutated(draw, words, [answers], tokens).decode("utf-8", "replace"))

    return trial
