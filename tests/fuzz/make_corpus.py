"""Make the seed corpus: `python -m tests.fuzz.make_corpus`. Found inputs beside it are kept."""

import random
import zlib
from collections.abc import Iterator

from PIL import Image

from tests.engine.picture_files import (
    FORMATS,
    bombs,
    encoded,
    linear_profile,
    png,
    png_chunk,
    quarters,
)
from tests.fuzz.target import CORPUS

_MAX_BYTES = 8192  # of one seed; larger ones only slow the fuzzer down


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield small files of every format in every mode that decoding treats in its own way."""
    picture, dice = quarters(32), random.Random(6)
    exif = Image.Exif()
    exif[274] = 6  # orientation
    for name in FORMATS:
        yield f"{name}_plain", encoded(picture, name)
        if name != "GIF":
            yield f"{name}_turned", encoded(picture, name, exif=exif)
            yield f"{name}_profile", encoded(picture, name, icc_profile=linear_profile(b"RGB "))
        if name != "JPEG":
            yield f"{name}_clear", encoded(picture.convert("RGBA"), name)
        whole = encoded(picture, name)
        yield f"{name}_cut", whole[: dice.randrange(len(whole) // 2, len(whole))]
    for name in ("GIF", "PNG", "WEBP"):
        frames = [picture.rotate(90), picture.rotate(180)]
        yield f"{name}_animated", encoded(picture, name, save_all=True, append_images=frames)
    for mode in ("L", "CMYK"):
        yield f"JPEG_{mode}", encoded(picture.convert(mode), "JPEG")
    yield "JPEG_progressive", encoded(picture, "JPEG", progressive=True)
    for mode in ("1", "L", "LA", "P", "I;16"):
        yield f"PNG_{mode.replace(';', '_')}", encoded(_in_mode(picture, mode), "PNG")
    text = png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1000)))
    pixels = png_chunk(b"IDAT", zlib.compress(bytes(32 * 33)))
    yield "PNG_text", png(32, 32, 8, 0, text, pixels)
    for name, data in bombs().items():
        yield "bomb_" + "".join(c if c.isalnum() else "_" for c in name), data


def _in_mode(picture: Image.Image, mode: str) -> Image.Image:
    return picture.convert("L").convert(mode) if mode == "I;16" else picture.convert(mode)


def main() -> None:
    """Write the seeds that are small enough."""
    CORPUS.mkdir(exist_ok=True)
    for name, data in seeds():
        if len(data) <= _MAX_BYTES:
            (CORPUS / name).write_bytes(data)


if __name__ == "__main__":
    main()
