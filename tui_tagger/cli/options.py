"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Db = Annotated[Path | None, typer.Option("--db", metavar="FILE", help="The database; made when it is not there.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
Dirs = Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of photos.")]


class Images(StrEnum):
    """How pictures are shown."""

    AUTO = "auto"
    KITTY = "kitty"
    SIXEL = "sixel"
    HALFCELL = "halfcell"
    NONE = "none"


class Device(StrEnum):
    """Where networks compute."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class To(StrEnum):
    """Where names are written."""

    AUTO = "auto"
    FILE = "file"
    SIDECAR = "sidecar"


ImagesOption = Annotated[
    Images | None, typer.Option(help="How pictures are shown; auto asks the terminal.", show_default="auto")
]

Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The settings; tui-tagger settings says more.")
]

DeviceOption = Annotated[
    Device | None,
    typer.Option("--device", help="Where networks compute; auto: on an accelerator, if any.", show_default="auto"),
]

Processes = Annotated[
    int | None,
    typer.Option(
        "--processes", metavar="N", min=1, help="How many processes read photos.", show_default="as many as fit"
    ),
]
