"""Memory under the limits of this process's control groups, as Docker and systemd set them.

Control groups are described in the kernel's documentation: admin-guide/cgroup-v2.rst and
admin-guide/cgroup-v1/memory.rst.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


@dataclass(frozen=True)
class _Version:
    """The names of one version of control groups."""

    folder: str
    limit: str
    used: str
    cache: str  # in memory.stat: page cache that the kernel gives up when memory is short


V2 = _Version("", "memory.max", "memory.current", "inactive_file")
V1 = _Version("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


@dataclass(frozen=True)
class Room:
    """Memory in bytes."""

    free: int
    total: int


def rooms_in_container(groups: Path = GROUPS, own: Path = OWN) -> list[Room]:
    """The memory under each limit on this process; none without a limit.

    The page cache counts as used memory there, but files that were read long ago make room by
    themselves, so they count as free.
    """
    return [
        room
        for version, path in _paths(own)
        for folder in _with_parents(groups / version.folder, path)
        if (room := _room(folder, version)) is not None
    ]


def _paths(own: Path) -> Iterator[tuple[_Version, str]]:
    """The groups of this process that may limit memory: lines such as `4:memory:/docker/a1b2`."""
    try:
        lines = own.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if number == "0":
            yield V2, path
        elif "memory" in controllers.split(","):
            yield V1, path


def _with_parents(root: Path, path: str) -> Iterator[Path]:
    """The group's folder and its parents' up to `root`.

    Inside a container the path may be that on the host, where only `root` exists.
    """
    folder = root / path.lstrip("/")
    while folder != root and root in folder.parents:
        yield folder
        folder = folder.parent
    yield root


def _room(folder: Path, version: _Version) -> Room | None:
    try:
        limit = int((folder / version.limit).read_text())  # "max" where there is no limit
        used = int((folder / version.used).read_text())
        counts = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    return Room(max(0, limit - max(0, used - int(counts.get(version.cache, 0)))), limit)
