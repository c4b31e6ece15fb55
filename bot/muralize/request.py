"""What a member asked for, before its pictures are here: plain data that survives a restart."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.people import Origin
from bot.pictures.intake import UploadedFile
from engine.request import PaintSettings


@dataclass(frozen=True)
class Request:
    """A painting that was asked for with pictures to fetch: the style's, or a style's name."""

    origin: Origin
    content: UploadedFile
    style: UploadedFile | None
    style_name: str | None
    settings: PaintSettings
    mask: UploadedFile | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the request as JSON values."""
        return {**asdict(self), "settings": self.settings.to_dict()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Request":
        """Read what `to_json` gave."""
        style, mask = stored["style"], stored["mask"]
        return cls(
            origin=Origin(**stored["origin"]),
            content=UploadedFile(**stored["content"]),
            style=UploadedFile(**style) if style else None,
            style_name=stored["style_name"],
            settings=PaintSettings.from_dict(stored["settings"]),
            mask=UploadedFile(**mask) if mask else None,
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
