"""Packing pictures to train on into shards (see shards.py)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import torch
from PIL import Image, ImageOps
from safetensors.torch import save_file

from engine import images
from engine.errors import DatasetRejected, ImageRejected
from engine.files import written_whole
from engine.pretraining.shards import MAX_SIDE, MIN_SIDE

JPEG_QUALITY = 92
SHARD_BYTES = 48 * 2**20  # a size that is easy to copy


@dataclass(frozen=True)
class Labelled:
    """The file of a picture, and the number of its class."""

    path: Path
    label: int


@dataclass(frozen=True)
class Listing:
    """The pictures that a folder holds, and the names of their classes in order."""

    pictures: tuple[Labelled, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Packed:
    """What became of a folder of pictures."""

    kept: int
    skipped: int  # files that are no picture
    shards: int


def listing(folder: Path, annotations: Path | None = None) -> Listing:
    """List a folder of class folders, each with pictures at any depth.

    With `annotations` the pictures lie together, and each line of that file gives, with a tab
    between, a picture's name and its class (Tiny ImageNet's `val_annotations.txt` has more columns,
    which are not read). Raises DatasetRejected where there is nothing to list.
    """
    if not folder.is_dir():
        raise DatasetRejected(f"There is no folder {folder}; name one with a folder per class.")
    found = _annotated(folder, annotations) if annotations else _in_class_folders(folder)
    classes = tuple(sorted({name for _, name in found}))
    if len(classes) < 2:
        raise DatasetRejected(f"{folder} holds fewer than two classes of pictures.")
    numbers = {name: number for number, name in enumerate(classes)}
    return Listing(tuple(Labelled(path, numbers[name]) for path, name in found), classes)


def _in_class_folders(folder: Path) -> list[tuple[Path, str]]:
    return [
        (path, group.name)
        for group in sorted(folder.iterdir())
        if group.is_dir()
        for path in sorted(group.rglob("*"))
        if path.is_file() and path.suffix.lower() != ".txt"
    ]


def _annotated(folder: Path, annotations: Path) -> list[tuple[Path, str]]:
    try:
        rows = [line.split("\t") for line in annotations.read_text().splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetRejected(f"{annotations} cannot be read ({error}).") from error
    if any(len(row) < 2 for row in rows):
        raise DatasetRejected(f"{annotations} has a line without a tab between name and class.")
    return [(folder / row[0], row[1].strip()) for row in rows]


def pack(
    listed: Listing,
    out: Path,
    side: int,
    *,
    shard_bytes: int = SHARD_BYTES,
    on_picture: Callable[[], None] = lambda: None,
) -> Packed:
    """Write shards of square pictures, `side` pixels wide, to a new or empty folder.

    A picture is cut to its middle square; files that are no picture are skipped. Raises
    DatasetRejected where none is left or `side` is out of range, OutputRejected where a file
    cannot be written.
    """
    if not MIN_SIDE <= side <= MAX_SIDE:
        raise DatasetRejected(f"A side of {side} pixels is not in {MIN_SIDE} to {MAX_SIDE}.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DatasetRejected(f"{out} is not empty; name a new folder for the shards.")
    out.mkdir(parents=True, exist_ok=True)
    metadata = {"classes": json.dumps(listed.classes), "side": str(side)}
    kept = skipped = shards = waiting = 0
    jpegs: list[bytes] = []
    labels: list[int] = []
    for picture in listed.pictures:
        on_picture()
        try:
            jpeg = _squared(picture.path, side)
        except ImageRejected:
            skipped += 1
            continue
        if jpegs and waiting + len(jpeg) > shard_bytes:
            _write(out, shards, jpegs, labels, metadata)
            shards, waiting, jpegs, labels = shards + 1, 0, [], []
        jpegs.append(jpeg)
        labels.append(picture.label)
        waiting += len(jpeg)
        kept += 1
    if not kept:
        raise DatasetRejected("None of the files is a picture that can be read.")
    _write(out, shards, jpegs, labels, metadata)
    return Packed(kept, skipped, shards + 1)


def _squared(path: Path, side: int) -> bytes:
    square = ImageOps.fit(images.read(path), (side, side), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    square.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def _write(
    out: Path, number: int, jpegs: list[bytes], labels: list[int], metadata: dict[str, str]
) -> None:
    tensors = {
        "jpegs": torch.frombuffer(bytearray(b"".join(jpegs)), dtype=torch.uint8),
        "ends": torch.tensor([len(jpeg) for jpeg in jpegs]).cumsum(0),
        "labels": torch.tensor(labels),
    }
    with written_whole(out / f"shard-{number:04d}.safetensors") as path:
        save_file(tensors, path, metadata)
