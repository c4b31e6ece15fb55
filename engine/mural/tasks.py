"""What is done with the pictures of a mural: plain tasks, files in and files out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from engine.mural.grid import Grid

# Files that a task writes.
CONTENT, PAINT, WHOLE = "content.png", "paint.png", "whole.png"
PAINT_MASK = "paint_mask.png"
PREVIEW, FULL_PNG, FULL_JPEG, FILM = "preview.jpg", "mural.png", "mural.jpg", "film.mp4"
ZOOM = "zoom"  # a folder of JPEGs, named by their labels
SMALL = "small"  # a folder of layers in the size of a preview, named by the numbers of their tiles


@dataclass(frozen=True)
class Task:
    """One task. `part` writes what a tile is painted from, `preview` a small picture with the
    numbers of free tiles and the small layers that were missing, `assemble` everything that a
    finished mural has.
    """

    kind: Literal["part", "preview", "assemble"]
    grid: Grid
    photo: str  # a file
    layers: tuple[tuple[int, str], ...]  # tiles and their files, the first painted first
    folder: str  # where files are written
    number: int = 0  # of the tile, for `part`
    seed: int = 0  # of how its edges wander
    numbered: tuple[int, ...] = ()  # free tiles, for `preview`
    small: tuple[str, ...] = ()  # files of the layers in the size of a preview, there or not

    def to_json(self) -> dict[str, Any]:
        """Give the task as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Task":
        """Read the result of `to_json`."""
        layers = tuple((number, path) for number, path in values["layers"])
        own = {name: tuple(values[name]) for name in ("numbered", "small")}
        grid = Grid(**values["grid"])
        return cls(**{**values, **own, "grid": grid, "layers": layers})
