"""Bytes -> checked picture. Free of torch.

Bytes from outside are decoded in the child of `engine.decoding`, which alone calls `decode` and
`check` with them. One thread at a time may: warning filters belong to the whole process.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageChops, ImageFile, UnidentifiedImageError

from engine.cut import ENOUGH, Rest, rest_of
from engine.described import deep_pixels, describe
from engine.errors import READABLE_WORDS, ImageRejected, Sentence
from engine.ground import on_ground
from engine.picture_formats import formats_of
from engine.picture_limits import DEFAULT_LIMITS, PictureLimits
from engine.png import SIGNATURE, Png, read_png
from engine.srgb import to_srgb

_CORNER = 64  # pixels on each side of the part that `check` converts to sRGB

BeforeLoad = Callable[[int], None]
Tell = Callable[[Sentence], None]
Result = TypeVar("Result")
Box = tuple[int, int, int, int]  # left, top, right, bottom


class _Damaged(ImageRejected):
    """A file that cannot be decoded as it is."""


@dataclass(frozen=True)
class _File:
    """A file for Pillow, with all that its refusal needs."""

    data: bytes
    png: Png | None
    limits: PictureLimits
    name: str
    before_load: BeforeLoad | None


def decode(
    data: bytes,
    limits: PictureLimits = DEFAULT_LIMITS,
    name: str = "The file",
    before_load: BeforeLoad | None = None,
    enough: int | None = None,
    *,
    with_alpha: bool = False,
    tell: Tell | None = None,
) -> Image.Image:
    """Decode a picture to upright sRGB in mode RGB: its first frame, on a ground where it is seen.

    `with_alpha` gives mode RGBA: the same colours, and the opacity that was flattened. `name`
    stands in the sentence of the ImageRejected that is raised where `data` is no picture in one of
    the formats that are read, is damaged, or is beyond `limits`. `before_load` is called with the
    number of pixels that the header promises, once that is within the limits; `tell` with a
    sentence for people where a part of the picture is missing. Where `enough` pixels will do, a
    JPEG is decoded at 1/2, 1/4 or 1/8 scale, but never to fewer.
    """

    def convert(file: _File, rows: int | None) -> Image.Image:
        with _opened(file) as picture:
            covered, described = _covered(picture), describe(picture, file.data, file.png)
            smaller = rows is None and enough is not None and _at_least(picture, enough)
            picture.load()
            there = picture if rows is None else picture.crop((0, 0, picture.width, rows))
            if not smaller:
                check_size(there.size, limits, name)  # HEIF and GIF may find another one
            deep = partial(deep_pixels, picture, file.data, file.png)
            colors, alpha = to_srgb(there, described, deep)
            alpha = _within(alpha, covered, colors.size)
        colors = colors if alpha is None else on_ground(colors, alpha)
        if with_alpha:
            colors.putalpha(255 if alpha is None else alpha)
        return colors

    return _whole_or_rest(_file(data, limits, name, before_load), convert, tell)


def check(
    data: bytes,
    limits: PictureLimits = DEFAULT_LIMITS,
    name: str = "The file",
    before_load: BeforeLoad | None = None,
) -> tuple[int, int]:
    """Raise ImageRejected where `decode` would; return the width and height of the upright picture.

    The data are read to their end all the same, but a JPEG's pixels are made at 1/8 scale, and only
    a corner's colours are converted: a fifth of the time, and much less memory.
    """

    def look(file: _File, rows: int | None) -> tuple[int, int]:
        with _opened(file) as picture:
            size, described = picture.size, describe(picture, file.data, file.png)
            smaller = picture.draft(None, (1, 1)) is not None  # a JPEG
            picture.load()
            if not smaller:
                size = picture.size
            size = size if rows is None else (size[0], rows)
            check_size(size, limits, name)
            corner = min(_CORNER, picture.width), min(_CORNER, picture.height)
            to_srgb(picture.crop((0, 0, *corner)), described)
        return (size[1], size[0]) if described.is_on_its_side else size

    return _whole_or_rest(_file(data, limits, name, before_load), look)


def _file(data: bytes, limits: PictureLimits, name: str, before_load: BeforeLoad | None) -> _File:
    """Check the bytes, and read a PNG's chunks."""
    if not data:
        raise ImageRejected(
            "{name} is empty; choose a {formats} picture.", name=name, formats=READABLE_WORDS
        )
    if len(data) > limits.max_bytes:
        raise ImageRejected(
            "{name} is larger than {most} MiB; choose a smaller file.",
            name=name,
            most=limits.max_bytes / 2**20,
        )
    png = read_png(data) if data.startswith(SIGNATURE) else None
    return _File(data if png is None else png.file(), png, limits, name, before_load)


def _whole_or_rest(
    file: _File, work: Callable[[_File, int | None], Result], tell: Tell | None = None
) -> Result:
    """Do the work with a file or, where it is damaged, with what is there of it."""
    try:
        return work(file, None)
    except _Damaged as fault:
        refusal = fault.with_traceback(None)  # which would keep the picture in memory
    rest: Rest | None = None
    with suppress(_Damaged):
        rest = rest_of(file.data, file.png, partial(_stored, file))
    if rest is None or rest.rows == 0:
        raise refusal
    if rest.share < ENOUGH:
        raise ImageRejected(
            "{name} is cut off, with only {percent} % of it there; save or download it again, or "
            "choose another.",
            name=file.name,
            percent=int(100 * rest.share),
        )
    result = work(replace(file, data=rest.data), rest.rows)
    sentence = rest.sentence(file.name)
    if tell and sentence is not None:
        tell(sentence)
    return result


def _stored(file: _File, data: bytes) -> Image.Image:
    """The picture as it is stored, in mode RGB."""
    with _opened(replace(file, data=data)) as picture:
        picture.load()
        return picture.convert("RGB")


def _covered(picture: ImageFile.ImageFile) -> Box | None:
    """The part of a GIF's screen that its first frame covers; None for all of a picture."""
    if picture.format != "GIF" or not picture.tile:
        return None
    box = picture.tile[0][1]
    return None if box is None or box == (0, 0, *picture.size) else box


def _within(
    alpha: Image.Image | None, box: Box | None, size: tuple[int, int]
) -> Image.Image | None:
    """The opacity, with nothing opaque outside of a box."""
    if box is None:
        return alpha
    inside = Image.new("L", size, 0)
    inside.paste(255, box)
    return inside if alpha is None else ImageChops.darker(inside, alpha)


@contextmanager
def _opened(file: _File) -> Iterator[ImageFile.ImageFile]:
    """Open a picture within the limits; every error in the block becomes ImageRejected."""
    limits, name = file.limits, file.name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns of is checked here or harmless
            with Image.open(BytesIO(file.data), formats=formats_of(file.data)) as picture:
                check_size(picture.size, limits, name)
                if file.before_load:
                    file.before_load(picture.width * picture.height)
                yield picture
    except ImageRejected:
        raise
    except UnidentifiedImageError as error:
        unread = Sentence(
            "{name} is not a picture that can be read; choose a {formats}.",
            name=name,
            formats=READABLE_WORDS,
        )
        raise _Damaged(unread) from error
    except Image.DecompressionBombError as error:
        raise ImageRejected(
            "{name} has too many pixels; choose a picture of at most {most} megapixels.",
            name=name,
            most=limits.max_pixels / 1e6,
        ) from error
    except MemoryError as error:
        raise ImageRejected(too_much_memory(name)) from error
    except Exception as error:  # a damaged file makes decoders raise whatever they please
        raise _Damaged(damaged(name)) from error


def _at_least(picture: ImageFile.ImageFile, pixels: int) -> bool:
    """Have a JPEG decoded at a smaller scale, to no fewer pixels; whether it is one."""
    width, height = picture.size
    least = next((n for n in (8, 4, 2) if -(-width // n) * -(-height // n) >= pixels), 1)
    size = (max(1, width // least), max(1, height // least))
    return picture.draft(None, size) is not None


def read(
    path: Path, limits: PictureLimits = DEFAULT_LIMITS, enough: int | None = None
) -> Image.Image:
    """Decode the picture in a trusted file, as `decode` does; see `engine.decoding` for others."""
    return decode(read_bytes(path, limits), limits, str(path), enough=enough)


def read_bytes(path: Path, limits: PictureLimits = DEFAULT_LIMITS) -> bytes:
    """Read a file, never more than the limit of bytes and one. Raises ImageRejected."""
    try:
        with path.open("rb") as file:
            return file.read(limits.max_bytes + 1)
    except FileNotFoundError as error:
        raise ImageRejected(f"{path} does not exist; name a picture file.") from error
    except IsADirectoryError as error:
        raise ImageRejected(f"{path} is a folder; name a picture in it.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageRejected(
            f"{path} cannot be read ({reason}); check the file and its permissions."
        ) from error


def check_size(size: tuple[int, int], limits: PictureLimits, name: str) -> None:
    """Raise ImageRejected for a picture with too many pixels, too few, or a strip.

    `size` is as the file says: the picture may lie on its side.
    """
    width, height = size
    if width * height > limits.max_pixels:
        raise ImageRejected(
            "{name} has {width}x{height} pixels; choose a picture of at most {most} megapixels.",
            name=name,
            width=width,
            height=height,
            most=limits.max_pixels / 1e6,
        )
    if min(size) < limits.min_side:
        raise ImageRejected(
            "{name} has only {width}x{height} pixels; choose a picture with at least {least} on "
            "each side.",
            name=name,
            width=width,
            height=height,
            least=limits.min_side,
        )
    if max(size) > limits.max_aspect * min(size):
        raise ImageRejected(
            "{name} is a strip of {width}x{height} pixels; crop it to at most {most} times as "
            "long as wide.",
            name=name,
            width=width,
            height=height,
            most=limits.max_aspect,
        )


def too_much_memory(name: str) -> Sentence:
    """Say that a file cannot be decoded in the memory that there is."""
    return Sentence("{name} needs more memory than there is; choose a smaller picture.", name=name)


def damaged(name: str) -> Sentence:
    """Say that a file is damaged."""
    return Sentence(
        "{name} is damaged or cut off; save or download it again, or choose another.", name=name
    )
