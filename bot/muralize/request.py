"""What a member asked for, before its pictures are here: plain data that survives a restart."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.jobs.model import Recipe
from bot.people import Origin
from bot.pictures.intake import UploadedFile
from bot.styles.model import Style


@dataclass(frozen=True)
class Options:
    """The options of `/muralize` beside its pictures."""

    preset: str | None = None  # None takes the server's usual one
    size: int | None = None  # pixels on the long side; None takes the preset's own
    strength: float = 1.0
    keep_colors: bool = False


@dataclass(frozen=True)
class Request:
    """A painting that was asked for with pictures to fetch: the style's, or a style's name."""

    origin: Origin
    content: UploadedFile
    style: UploadedFile | None
    style_name: str | None
    options: Options

    def to_json(self) -> dict[str, Any]:
        """Give the request as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Request":
        """Read what `to_json` gave."""
        style = stored["style"]
        return cls(
            origin=Origin(**stored["origin"]),
            content=UploadedFile(**stored["content"]),
            style=UploadedFile(**style) if style else None,
            style_name=stored["style_name"],
            options=Options(**stored["options"]),
        )


@dataclass(frozen=True)
class Repeat:
    """A painting that was asked for by a button on another one's card."""

    origin: Origin
    job_id: int
    change: str  # "again", "stronger", "softer", "larger" or "timelapse"

    def to_json(self) -> dict[str, Any]:
        """Give the request as JSON values."""
        return asdict(self)


def from_json(stored: Mapping[str, Any]) -> Request | Repeat:
    """Read what either's `to_json` gave."""
    if "change" in stored:
        return Repeat(**{**stored, "origin": Origin(**stored["origin"])})
    return Request.from_json(stored)


def recipe_for(
    request: Request, content: str, style: str, saved: Style | None, usual_preset: str
) -> Recipe:
    """Say what to paint once the pictures are in the store.

    The seed stays `muralscape paint`'s default, so that both come to the same picture.
    """
    options = request.options
    return Recipe(
        content=content,
        styles=(style,),
        style_name=saved.name if saved else None,
        style_author=saved.author_id if saved else None,
        preset=options.preset or usual_preset,
        size=options.size,
        strength=options.strength,
        keep_colors=options.keep_colors,
    )
