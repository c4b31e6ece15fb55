"""The paths of a command: which of them are written, and that none has two roles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from engine.errors import RequestRejected


@dataclass(frozen=True)
class Role:
    """What a path is for, such as "--timelapse"."""

    name: str
    path: Path
    is_written: bool = False


# A painting may go on from the checkpoint that it keeps writing.
_TOGETHER = {"--checkpoint", "--resume"}


def check_roles(roles: Sequence[Role]) -> None:
    """Raise RequestRejected where a file would be written that has another role too.

    Files are compared, not names: links, `./` and, where the file system has no cases, those too.
    """
    identities = [(role, _identity(role.path)) for role in roles]
    for (one, its), (other, others) in combinations(identities, 2):
        if {one.name, other.name} == _TOGETHER or not (one.is_written or other.is_written):
            continue
        if its == others:
            raise RequestRejected(
                f"{one.name} and {other.name} are the same file, {other.path}; "
                "name another one to write."
            )


def _identity(path: Path) -> tuple[int | str, ...]:
    """What is equal for two paths to one file, there or not yet."""
    try:
        found = path.stat()
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return tuple(_to_be(path))
    return found.st_dev, found.st_ino


def _to_be(path: Path) -> Iterator[int | str]:
    """Of a file that is not there: its folder and, whatever its case, its name."""
    try:
        whole = path.resolve()
        folder = whole.parent.stat()
    except (OSError, RuntimeError, ValueError):  # RuntimeError: links in a circle
        yield str(path).casefold()
    else:
        yield from (folder.st_dev, folder.st_ino, whole.name.casefold())
