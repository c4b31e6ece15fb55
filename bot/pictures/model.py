"""Pictures before they are stored: plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class UploadedFile:
    """An upload as Discord describes it, before it is downloaded. Errors call it `called`."""

    called: str  # such as "The style picture"
    url: str  # signed; Discord's expire after about a day
    size: int  # bytes, as declared
    spoiler: bool = False  # marked so by the sender
