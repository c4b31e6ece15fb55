"""Bytes -> checked picture; picture -> file, or bytes under a limit. Free of torch.

Bytes from outside are decoded in the child of `engine.decoding`, which alone calls `decode` and
`check` with them. One thread at a time may: warning filters belong to the whole process.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from engine import files
from engine.errors import ImageRejected, OutputRejected
from engine.picture_formats import WRITABLE, formats_of
from engine.picture_limits import DEFAULT_LIMITS, READABLE_WORDS, PictureLimits
from engine.srgb import is_on_its_side, to_srgb

_WEBP_MAX_SIDE = 16383  # the format has 14 bits for each side
_CORNER = 64  # pixels on each side of the part that `check` converts to sRGB


def decode(
    data: bytes,
    limits: PictureLimits = DEFAULT_LIMITS,
    name: str = "The file",
    before_load: Callable[[int], None] | None = None,
    enough: int | None = None,
) -> Image.Image:
    """Decode a picture to upright sRGB in mode RGB: first frame, transparency on white.

    `name` stands in the sentence of the ImageRejected that is raised where `data` is no picture in
    one of the READABLE formats, is damaged, or is beyond `limits`. `before_load` is called with the
    number of pixels that the header promises, once that is within the limits. Where `enough` pixels
    will do, a JPEG is decoded at 1/2, 1/4 or 1/8 scale, but never to fewer.
    """
    with _opened(data, limits, name) as picture:
        if before_load:
            before_load(picture.width * picture.height)
        smaller = enough is not None and _at_least(picture, enough)
        picture.load()
        if not smaller:
            _check_size(picture.size, limits, name)  # HEIF and GIF may find another one
        _restore_orientation(picture, data)
        return to_srgb(picture)


def check(
    data: bytes,
    limits: PictureLimits = DEFAULT_LIMITS,
    name: str = "The file",
    before_load: Callable[[int], None] | None = None,
) -> tuple[int, int]:
    """Raise ImageRejected where `decode` would; return the width and height of the upright picture.

    The data are read to their end all the same, but a JPEG's pixels are made at 1/8 scale, and only
    a corner's colours are converted: a fifth of the time, and much less memory.
    """
    with _opened(data, limits, name) as picture:
        size = picture.size
        if before_load:
            before_load(size[0] * size[1])
        smaller = picture.draft(None, (1, 1)) is not None  # a JPEG
        picture.load()
        if not smaller:
            size = picture.size
            _check_size(size, limits, name)
        _restore_orientation(picture, data)
        corner = min(_CORNER, picture.width), min(_CORNER, picture.height)
        to_srgb(picture.crop((0, 0, *corner)))
        return (size[1], size[0]) if is_on_its_side(picture) else size


@contextmanager
def _opened(data: bytes, limits: PictureLimits, name: str) -> Iterator[ImageFile.ImageFile]:
    """Open a picture within the limits; every error in the block becomes ImageRejected."""
    if not data:
        raise ImageRejected(f"{name} is empty; choose a {READABLE_WORDS} picture.")
    if len(data) > limits.max_bytes:
        raise ImageRejected(
            f"{name} is larger than {limits.max_bytes / 2**20:g} MiB; choose a smaller file."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns of is checked here or harmless
            with Image.open(BytesIO(data), formats=formats_of(data)) as picture:
                _check_size(picture.size, limits, name)
                yield picture
    except ImageRejected:
        raise
    except UnidentifiedImageError as error:
        raise ImageRejected(
            f"{name} is not a picture that can be read; choose a {READABLE_WORDS}."
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageRejected(_too_many_pixels(name, "too many", limits)) from error
    except MemoryError as error:
        raise ImageRejected(too_much_memory(name)) from error
    except Exception as error:  # a damaged file makes decoders raise whatever they please
        raise ImageRejected(
            f"{name} is damaged or cut off; save or download it again, or choose another."
        ) from error


def _at_least(picture: ImageFile.ImageFile, pixels: int) -> bool:
    """Have a JPEG decoded at a smaller scale, to no fewer pixels; whether it is one."""
    width, height = picture.size
    least = next((n for n in (8, 4, 2) if -(-width // n) * -(-height // n) >= pixels), 1)
    size = (max(1, width // least), max(1, height // least))
    return picture.draft(None, size) is not None


def _restore_orientation(picture: Image.Image, data: bytes) -> None:
    """Put back the EXIF orientation of a HEIC that has no other.

    HEIC turns pictures by `irot` and `imir` boxes (ISO/IEC 23008-12, 6.5.10 and 6.5.12) and wants
    EXIF's word ignored beside them, so pillow-heif erases it. Writers that only copy EXIF leave no
    box, and then EXIF alone knows.
    """
    orientation = picture.info.get("original_orientation")
    if picture.format == "HEIF" and orientation and not (b"irot" in data or b"imir" in data):
        picture.getexif()[ExifTags.Base.Orientation] = orientation


def read(path: Path, limits: PictureLimits = DEFAULT_LIMITS) -> Image.Image:
    """Decode the picture in a trusted file, as `decode` does; see `engine.decoding` for others."""
    return decode(read_bytes(path, limits), limits, str(path))


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


def _check_size(size: tuple[int, int], limits: PictureLimits, name: str) -> None:
    width, height = size
    if width * height > limits.max_pixels:
        raise ImageRejected(_too_many_pixels(name, f"{width}x{height}", limits))
    if min(size) < limits.min_side:
        raise ImageRejected(
            f"{name} has only {width}x{height} pixels; "
            f"choose a picture with at least {limits.min_side} on each side."
        )
    if max(size) > limits.max_aspect * min(size):
        raise ImageRejected(
            f"{name} is a strip of {width}x{height} pixels; "
            f"crop it to at most {limits.max_aspect} times as long as wide."
        )


def too_much_memory(name: str) -> str:
    """Say that a file cannot be decoded in the memory that there is."""
    return f"{name} needs more memory than there is; choose a smaller picture."


def _too_many_pixels(name: str, how_many: str, limits: PictureLimits) -> str:
    most = f"{limits.max_pixels / 1e6:g} megapixels"
    return f"{name} has {how_many} pixels; choose a picture of at most {most}."


def check_writable(path: Path) -> None:
    """Raise OutputRejected where `save` could not write to `path`; for before a long painting."""
    if path.suffix.lower() not in WRITABLE:
        raise OutputRejected(
            f"{path} has no suffix of a picture that can be written; "
            f"end it in one of {', '.join(WRITABLE)}."
        )
    files.check_writable(path)


def save(picture: Image.Image, path: Path) -> None:
    """Write a picture in the format of the path's suffix, whole or not at all.

    Raises OutputRejected for an unknown suffix, a missing or unwritable folder, a full disk.
    """
    check_writable(path)
    with files.written_whole(path) as temporary:
        if path.suffix.lower() in (".tif", ".tiff"):
            _save_tiled(picture, temporary)
        else:
            picture.save(temporary, **WRITABLE[path.suffix.lower()])


def _save_tiled(picture: Image.Image, path: Path) -> None:
    """Write a TIFF in tiles, of which viewers of large pictures read only those they show."""
    import numpy as np
    import tifffile  # nobody else needs it

    tifffile.imwrite(
        path, np.asarray(picture), photometric="rgb", tile=(256, 256), compression="zlib"
    )


@dataclass(frozen=True)
class Encoded:
    """A picture as the bytes of a file."""

    data: bytes
    extension: str  # with its dot
    content_type: str
    size: tuple[int, int]  # pixels


def encode_under(picture: Image.Image, max_bytes: int) -> Encoded:
    """Encode a picture in at most `max_bytes` bytes, at the best quality that fits.

    PNG first, then WebP, then JPEG of falling quality, then smaller and smaller JPEGs. Raises
    OutputRejected where nothing fits.
    """
    for encoded in _ever_smaller(picture):
        if len(encoded.data) <= max_bytes:
            return encoded
    raise OutputRejected(f"The picture does not fit into {max_bytes} bytes; raise the limit.")


def _ever_smaller(picture: Image.Image) -> Iterator[Encoded]:
    yield _encode(picture, ".png", "image/png", "PNG")
    if max(picture.size) <= _WEBP_MAX_SIDE:
        for quality in (95, 90):
            yield _encode(picture, ".webp", "image/webp", "WEBP", quality=quality)
    for quality in (90, 85, 75, 65):
        yield _jpeg(picture, quality)
    scaled = picture
    while min(scaled.size) >= 2 * DEFAULT_LIMITS.min_side:
        # Each from the original: resampling a resampled picture blurs it.
        fraction = 0.75 * scaled.width / picture.width
        width, height = (max(1, round(side * fraction)) for side in picture.size)
        scaled = picture.resize((width, height), Image.Resampling.LANCZOS)
        yield _jpeg(scaled, 80)


def _jpeg(picture: Image.Image, quality: int) -> Encoded:
    return _encode(picture, ".jpg", "image/jpeg", "JPEG", quality=quality, progressive=True)


def _encode(
    picture: Image.Image, extension: str, content_type: str, format_name: str, **options: int
) -> Encoded:
    buffer = BytesIO()
    picture.save(buffer, format_name, **options)
    return Encoded(buffer.getvalue(), extension, content_type, picture.size)
