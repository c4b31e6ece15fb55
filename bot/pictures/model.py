"""Pictures before and after they are stored: plain data."""

from dataclasses import dataclass

LONG_SIDE = 640  # pixels, of a thumbnail; Discord shows no more of a picture


@dataclass(frozen=True)
class UploadedFile:
    """An upload as Discord describes it, before it is downloaded. Errors call it `called`."""

    called: str  # such as "The style picture"
    url: str  # signed; Discord's expire after about a day
    size: int  # bytes, as declared
    spoiler: bool = False  # marked so by the sender
    name: str = ""  # of the file, and its content type: the sender's word
    content_type: str = ""
    title: str = ""  # what its uploader calls it, cleaned


@dataclass(frozen=True)
class StoredPicture:
    """A picture or time-lapse in the store."""

    name: str  # the SHA-256 of its bytes
    bytes: int
    width: int = 0  # pixels, upright; 0 where it was not measured
    height: int = 0
    # of each frame of a moving picture, in seconds; empty for a still, and where it was not asked
    frames: tuple[float, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height


@dataclass(frozen=True)
class FilmLimits:
    """The host's limits of films. Without seconds, moving pictures are painted as stills."""

    seconds: float  # that are painted
    frames: int
    pixels: int  # of each frame of an upload
    size: int  # pixels on the long side of a painted frame
    painting_seconds: float  # predicted

    @property
    def are_painted(self) -> bool:
        """Whether there are films."""
        return self.seconds > 0


NO_FILMS = FilmLimits(0.0, 0, 0, 0, 0.0)
