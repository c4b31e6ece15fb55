"""The paths of a command: which of them are written, and that none has two roles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import click

from engine.errors import RequestRejected

DEFAULT_CHECKPOINT = Path("model/nst_model.pth")
CHECKPOINT_SUFFIXES = (".pth", ".pt")


class CheckpointCommand(click.Command):
    """A command with a usual path for its checkpoints."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Fill in the usual path."""
        return super().parse_args(ctx, with_usual_checkpoints(args))


def with_usual_checkpoints(words: Sequence[str]) -> list[str]:
    """Name DEFAULT_CHECKPOINT where `--checkpoint` or `--resume` stands alone.

    Without `=` only a word that ends as checkpoints do is their path: a picture never is.
    """
    named: list[str] = []
    for place, word in enumerate(words):
        if word == "--":
            return [*named, *words[place:]]
        if word in ("--checkpoint", "--resume"):
            following = words[place + 1] if place + 1 < len(words) else ""
            if Path(following).suffix.lower() not in CHECKPOINT_SUFFIXES:
                word = f"{word}={DEFAULT_CHECKPOINT}"
        named.append(word)
    return named


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
