"""Requests for paintings, before their pictures are downloaded: plain data, stored as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.people import Origin
from bot.pictures.model import UploadedFile
from engine.errors import Sentence
from engine.request import PaintSettings

# In sentences; translated where those are.
CONTENT, STYLE, MASK = (
    Sentence("The content picture"),
    Sentence("The style picture"),
    Sentence("The mask"),
)


@dataclass(frozen=True)
class Request:
    """A request with pictures to download. The style is a picture or the name of a saved style."""

    origin: Origin
    content: UploadedFile
    style: UploadedFile | None
    style_name: str | None
    settings: PaintSettings
    mask: UploadedFile | None = None
    alt_text: str = ""  # the member's own, cleaned
    still: bool = False  # of a moving content only the first frame is painted

    def to_json(self) -> dict[str, Any]:
        """Give the request as JSON values."""
        return {**asdict(self), "settings": self.settings.to_dict()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Request":
        """Read the result of `to_json`."""
        style, mask = stored["style"], stored["mask"]
        return cls(
            origin=Origin(**stored["origin"]),
            content=UploadedFile(**stored["content"]),
            style=UploadedFile(**style) if style else None,
            style_name=stored["style_name"],
            settings=PaintSettings.from_dict(stored["settings"]),
            mask=UploadedFile(**mask) if mask else None,
            alt_text=stored.get("alt_text", ""),  # absent in requests of older versions
            still=stored.get("still", False),
        )


@dataclass(frozen=True)
class Draft:
    """A request while a member puts it together; its pictures may still be missing."""

    settings: PaintSettings
    content: UploadedFile | None = None
    style: UploadedFile | None = None
    style_name: str | None = None  # of a saved style; a picture comes before it
    mask: UploadedFile | None = None
    alt_text: str = ""
    still: bool = False

    @property
    def lacks_style(self) -> bool:
        """Whether there is neither a picture nor a saved style."""
        return self.style is None and self.style_name is None


@dataclass(frozen=True)
class Repeat:
    """A request by a button on another painting's card."""

    origin: Origin
    job_id: int
    change: str  # "again", "stronger", "softer", "larger" or "timelapse"

    def to_json(self) -> dict[str, Any]:
        """Give the request as JSON values."""
        return asdict(self)


def from_json(stored: Mapping[str, Any]) -> Request | Repeat:
    """Read the result of either `to_json`."""
    if "change" in stored:
        return Repeat(**{**stored, "origin": Origin(**stored["origin"])})
    return Request.from_json(stored)
