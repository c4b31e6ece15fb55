"""Pictures to train on, packed: JPEGs of one size with their classes, in a few files.

A shard is a safetensors file: `jpegs` (bytes,) uint8, one picture after the other; `ends` (N,)
int64, where each ends; `labels` (N,) int64. Its metadata name the classes and the side in pixels.
A machine without internet is fed by copying the folder.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from engine import images
from engine.errors import DatasetRejected, ImageRejected
from engine.files import written_whole

JPEG_QUALITY = 92
SHARD_BYTES = 48 * 2**20  # a size that is easy to copy
MIN_SIDE, MAX_SIDE = 16, 512  # pixels; VGG-19 halves a picture four times before conv5_1


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


@dataclass(frozen=True)
class Dataset:
    """Pictures in memory: (N, 3, S, S) uint8 and (N,) int64 on the CPU."""

    pictures: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    fingerprint: str  # of all that is in the shards

    @property
    def side(self) -> int:
        """The pictures' side in pixels."""
        return self.pictures.shape[-1]


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


def read_shards(folder: Path) -> Dataset:
    """Decode all pictures of a folder of shards into memory.

    Raises DatasetRejected where there are none, or one is damaged or of other classes or sides.
    """
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise DatasetRejected(f"There are no shards in {folder}; make them with `pack`.")
    digest = hashlib.sha256()
    parts: list[tuple[Tensor, Tensor]] = []
    kinds: set[tuple[str, str]] = set()
    for path in paths:
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata()
                kinds.add((metadata["classes"], metadata["side"]))
                jpegs, ends, labels = (file.get_tensor(n) for n in ("jpegs", "ends", "labels"))
            for part in (jpegs, ends, labels):
                digest.update(part.numpy().tobytes())
            parts.append((_decoded(jpegs.numpy().tobytes(), ends.tolist()), labels))
        except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
            raise DatasetRejected(f"{path} is damaged or no shard; pack it again.") from error
    if len(kinds) > 1:
        raise DatasetRejected(f"The shards in {folder} are not of one `pack`.")
    (named, _), *_ = kinds
    classes = tuple(json.loads(named))
    digest.update(named.encode())
    pictures, labels = (torch.cat(column) for column in zip(*parts, strict=True))
    if len(pictures) != len(labels) or not 0 <= labels.min() <= labels.max() < len(classes):
        raise DatasetRejected(f"The labels of the shards in {folder} do not fit; pack them again.")
    return Dataset(pictures, labels, classes, digest.hexdigest())


def _decoded(jpegs: bytes, ends: Sequence[int]) -> Tensor:
    """The pictures, (N, 3, S, S) uint8; Pillow lets threads decode side by side."""
    files: Iterable[bytes] = (
        jpegs[start:end] for start, end in zip([0, *ends], ends, strict=False)
    )
    with ThreadPoolExecutor() as pool:
        pixels = np.stack(list(pool.map(_pixels, files)))
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


def _pixels(jpeg: bytes) -> np.ndarray:
    with Image.open(BytesIO(jpeg), formats=("JPEG",)) as picture:
        return np.asarray(picture.convert("RGB"))
