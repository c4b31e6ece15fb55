"""Pictures to train on, packed: small JPEGs or WebPs of one size with their classes, in files.

A shard is a safetensors file: `jpegs` (bytes,) uint8, one picture after the other; `ends` (N,)
int64, where each ends; `labels` (N,) int64. Its metadata name the classes, the side in pixels and,
where it is not JPEG, the format. Any of a pack's shards may be missing: a machine without internet
is fed by copying as many as it takes. Reading needs torch, numpy and Pillow alone.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engine.errors import DatasetRejected

MIN_SIDE, MAX_SIDE = 16, 512  # pixels; VGG-19 halves a picture four times before conv5_1
FORMATS = ("JPEG", "WEBP")
# The format's own names of the types that shards and weights have.
DTYPES = {"U8": np.uint8, "I64": np.int64, "F16": np.float16, "F32": np.float32}


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
            tensors, metadata = read_safetensors(path)
            kinds.add((metadata["classes"], metadata["side"]))
            files, ends, labels = (tensors[name] for name in ("jpegs", "ends", "labels"))
            for part in (files, ends, labels):
                digest.update(part.numpy().tobytes())
            packed, form = files.numpy().tobytes(), metadata.get("format", "JPEG")
            parts.append((_decoded(packed, ends.tolist(), form), labels))
        except (AttributeError, KeyError, TypeError, ValueError, OSError) as error:
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


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a file's tensors and metadata without the library, which a lent machine may lack.

    Source: the format's README, github.com/huggingface/safetensors. Raises OSError, and
    AttributeError, KeyError, TypeError or ValueError where it is no such file.
    """
    content = path.read_bytes()
    begin = 8 + int.from_bytes(content[:8], "little")
    head = json.loads(content[8:begin])
    metadata: dict[str, str] = head.pop("__metadata__", {})
    tensors: dict[str, Tensor] = {}
    for name, entry in head.items():
        start, _ = entry["data_offsets"]
        flat = np.frombuffer(
            content, DTYPES[entry["dtype"]], math.prod(entry["shape"]), begin + start
        )
        tensors[name] = torch.from_numpy(flat.copy()).reshape(entry["shape"])
    return tensors, metadata


def _decoded(packed: bytes, ends: Sequence[int], form: str) -> Tensor:
    """The pictures, (N, 3, S, S) uint8; Pillow lets threads decode side by side."""
    if form not in FORMATS:
        raise ValueError(form)
    files: Iterable[bytes] = (
        packed[start:end] for start, end in zip([0, *ends], ends, strict=False)
    )
    with ThreadPoolExecutor() as pool:
        pixels = np.stack(list(pool.map(partial(_pixels, form), files)))
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


def _pixels(form: str, file: bytes) -> np.ndarray:
    with Image.open(BytesIO(file), formats=(form,)) as picture:
        return np.asarray(picture.convert("RGB"))
