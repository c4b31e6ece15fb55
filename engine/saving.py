"""Pictures -> files, or bytes under a limit. Free of torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from engine import files
from engine.errors import OutputRejected, Sentence
from engine.picture_formats import MOST_SIDE, TRANSPARENT, WRITABLE
from engine.picture_limits import DEFAULT_LIMITS


def check_writable(path: Path, *, with_alpha: bool = False) -> None:
    """Raise OutputRejected where `save` could not write to `path`; for before a long painting."""
    suffix = path.suffix.lower()
    if suffix not in WRITABLE:
        raise OutputRejected(
            f"{path} has no suffix of a picture that can be written; "
            f"end it in one of {', '.join(WRITABLE)}."
        )
    if with_alpha and suffix not in TRANSPARENT:
        raise OutputRejected(
            f"{path} cannot be transparent; end it in one of {', '.join(TRANSPARENT)}."
        )
    files.check_writable(path)


def check_size(path: Path, size: tuple[int, int]) -> None:
    """Raise OutputRejected where the format of the path has no room for so many pixels."""
    most = MOST_SIDE.get(path.suffix.lower())
    if most is not None and max(size) > most:
        raise OutputRejected(
            f"{path} can have {most} pixels on a side, not {max(size)}; "
            "end it in .png or .tiff, or paint a smaller picture."
        )


def save(picture: Image.Image, path: Path) -> None:
    """Write a picture in the format of the path's suffix, whole or not at all.

    A format without transparency gets the colours alone. Raises OutputRejected for an unknown
    suffix, too many pixels, a missing or unwritable folder, a full disk.
    """
    check_writable(path)
    check_size(path, picture.size)
    suffix = path.suffix.lower()
    if suffix not in TRANSPARENT:
        picture = picture.convert("RGB")
    with files.written_whole(path) as temporary:
        if suffix in (".tif", ".tiff"):
            _save_tiled(picture, temporary)
        else:
            picture.save(temporary, **WRITABLE[suffix])


def _save_tiled(picture: Image.Image, path: Path) -> None:
    """Write a TIFF in tiles, of which viewers of large pictures read only those they show."""
    import numpy as np
    import tifffile  # nobody else needs it

    tifffile.imwrite(
        path,
        np.asarray(picture),
        photometric="rgb",
        extrasamples=["unassalpha"] if picture.mode == "RGBA" else None,
        tile=(256, 256),
        compression="zlib",
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
    raise OutputRejected(
        Sentence("The picture does not fit into {most} bytes; raise the limit.", most=max_bytes)
    )


def _ever_smaller(picture: Image.Image) -> Iterator[Encoded]:
    yield _encode(picture, ".png", "image/png", "PNG")
    if max(picture.size) <= MOST_SIDE[".webp"]:
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
