"""A machine with torch, numpy, Pillow and pytest alone: what is missing to load the weights.

In a rehearsal all else is hidden, so that it is rehearsed on such a machine.
"""

import importlib.abc
import importlib.util
import json
import os
import struct
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

HIDDEN = (
    "aiohttp", "aiosqlite", "alembic", "av", "click", "discord", "hypothesis", "matplotlib",
    "pillow_heif", "platformdirs", "prometheus_client", "pydantic", "pydantic_core",
    "pydantic_settings", "pynvml", "pytest_asyncio", "rich", "safetensors", "sqlalchemy",
    "tifffile", "torchvision",
)  # fmt: skip


class _Without(importlib.abc.MetaPathFinder):
    """Another finder, but for what is hidden."""

    def __init__(self, finder: Any) -> None:  # noqa: ANN401 - the protocol is private
        self._finder = finder

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._finder, name)  # importlib.metadata asks for more

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module as on a machine that has not what is hidden."""
        if name.partition(".")[0] in HIDDEN:
            return None
        spec: ModuleSpec | None = self._finder.find_spec(name, path, target)
        return spec


def read_safetensors(path: Path) -> dict[str, object]:
    """Read a file of tensors. Source: the format's README, github.com/huggingface/safetensors."""
    import torch

    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    head = json.loads(data[8 : 8 + length])
    head.pop("__metadata__", None)
    dtypes = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    tensors: dict[str, object] = {}
    for name, entry in head.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        flat = torch.frombuffer(bytearray(data[start:end]), dtype=dtypes[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def make_do() -> list[str]:
    """Let the engine be imported here; returns what is missing."""
    if os.environ.get("GPU_DAY_REHEARSAL"):
        sys.meta_path[:] = [_Without(finder) for finder in sys.meta_path]
    missing = [name for name in HIDDEN if importlib.util.find_spec(name) is None]
    if "safetensors" in missing:
        package, torchs = ModuleType("safetensors"), ModuleType("safetensors.torch")
        vars(package)["SafetensorError"] = ValueError
        vars(torchs)["load_file"] = read_safetensors
        sys.modules.update({"safetensors": package, "safetensors.torch": torchs})
    return missing
