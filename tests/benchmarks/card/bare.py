"""A machine with torch, numpy, Pillow and pytest alone: stand-ins for what the engine lacks there.

In a rehearsal all else is hidden, so that it is rehearsed on such a machine.
"""

import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

HIDDEN = (
    "aiohttp", "aiosqlite", "alembic", "asyncpg", "av", "babel", "click", "cv2", "discord",
    "hypothesis", "matplotlib", "nacl", "nats", "nkeys", "pillow_heif", "platformdirs",
    "prometheus_client", "psutil", "pydantic", "pydantic_core", "pydantic_settings", "pynvml",
    "pytest_asyncio", "rich", "safetensors", "sqlalchemy", "tenacity", "tifffile", "torchvision",
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


def _load_file(path: Path) -> dict[str, object]:
    from engine.pretraining.shards import read_safetensors

    return dict(read_safetensors(path)[0])


def make_do() -> list[str]:
    """Let the engine be imported here; returns what is missing."""
    if os.environ.get("GPU_DAY_REHEARSAL"):
        sys.meta_path[:] = [_Without(finder) for finder in sys.meta_path]
    missing = [name for name in HIDDEN if importlib.util.find_spec(name) is None]
    if "safetensors" in missing:
        package, torchs = ModuleType("safetensors"), ModuleType("safetensors.torch")
        vars(package)["SafetensorError"] = ValueError
        vars(torchs)["load_file"] = _load_file
        sys.modules.update({"safetensors": package, "safetensors.torch": torchs})
    if "psutil" in missing:  # of which a rehearsal asks for the processor's memory
        system = ModuleType("psutil")
        vars(system)["virtual_memory"] = lambda: SimpleNamespace(
            available=os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        )
        sys.modules["psutil"] = system
    return missing
