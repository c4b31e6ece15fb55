"""The formats of pictures that are read and written. Free of torch."""

from io import BytesIO
from typing import Any

from PIL import Image

# Pillow's names of what is read; nothing else is tried.
# in words for members: `READABLE_WORDS` of engine/errors.py
READABLE = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "HEIF")

# suffix -> what Pillow is told when it writes such a file
WRITABLE: dict[str, dict[str, Any]] = {
    ".png": {"format": "PNG"},
    ".jpg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    ".jpeg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    ".webp": {"format": "WEBP", "quality": 95},
    ".avif": {"format": "AVIF", "quality": 85},
    ".tif": {"format": "TIFF"},
    ".tiff": {"format": "TIFF"},
}
TRANSPARENT = (".png", ".webp", ".avif", ".tif", ".tiff")  # of those, the ones with an opacity
# Pixels on a side: WebP has 14 bits for each, JPEG 16, and AV1 16 for the whole of a frame.
MOST_SIDE = {".webp": 16383, ".jpg": 65535, ".jpeg": 65535, ".avif": 65536}


def formats_of(data: bytes) -> tuple[str, ...]:
    """Give the formats to try. HEIF's decoder is loaded for its family (ISO/IEC 14496-12) only."""
    if data[4:8] != b"ftyp":
        return tuple(name for name in READABLE if name != "HEIF")
    load_plugins()
    return READABLE


def load_plugins() -> None:
    """Add the formats that Pillow does not know by itself."""
    import pillow_heif

    pillow_heif.register_heif_opener()


def examples(names: tuple[str, ...] = READABLE) -> list[bytes]:
    """Make a small file of each format, left out where Pillow can only read it."""
    load_plugins()
    Image.init()
    picture = Image.new("RGB", (64, 64), "teal")
    made = []
    for name in names:
        if name in Image.SAVE:
            buffer = BytesIO()
            picture.save(buffer, name)
            made.append(buffer.getvalue())
    return made
