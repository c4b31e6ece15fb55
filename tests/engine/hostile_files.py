"""Damaged and hostile picture files by the thousand: each a function of a seed and a number."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import pillow_heif
from PIL import Image

from tests.engine.picture_files import FORMATS, bombs, encoded, png, png_chunk, quarters

pillow_heif.register_heif_opener()

_MAX_SIDE = 65_535
# Lengths, sizes and offsets as overflows begin: all ones, sign bits, nothing at all.
_EDGES = (b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0", bytes(4), b"\0\0\0\1", b"\xff\xff\0\0")


def hostile_file(seed: int, number: int) -> bytes:
    """Return the file of that number; the same bytes in every process."""
    dice = random.Random(f"{seed} {number}")
    (make,) = dice.choices(list(_MAKERS), list(_MAKERS.values()))
    return make(dice)


@cache
def _originals() -> list[bytes]:
    exif = Image.Exif()
    exif[274], exif[270] = 6, "a picture" * 20
    frames = [quarters(32).rotate(90)] * 3
    return [
        *(encoded(quarters(32), name) for name in (*FORMATS, "TIFF")),
        *(encoded(quarters(32).convert("RGBA"), name) for name in FORMATS if name != "JPEG"),
        *(encoded(quarters(32), name, exif=exif) for name in FORMATS if name != "GIF"),
        *(
            encoded(quarters(32), name, save_all=True, append_images=frames)
            for name in ("GIF", "PNG", "WEBP", "AVIF")
        ),
        encoded(quarters(32), "JPEG", progressive=True),
        encoded(quarters(32).convert("CMYK"), "JPEG"),
        encoded(quarters(32).quantize(8), "PNG"),
    ]


@cache
def _bombs() -> list[bytes]:
    return list(bombs().values())


def _mutated(dice: random.Random) -> bytes:
    """A picture with up to eight places overwritten, left out or put in, mostly in its headers."""
    data = bytearray(dice.choice(_originals()))
    for _ in range(dice.randint(1, 8)):
        at = int(dice.random() ** 3 * len(data))
        new = dice.choice((*_EDGES, dice.randbytes(dice.randint(1, 8))))
        data[at : at + dice.choice((0, len(new), len(new), 8))] = new
    return bytes(data)


def _cut_off(dice: random.Random) -> bytes:
    data = dice.choice(_originals())
    return data[: dice.randrange(len(data))]


def _spliced(dice: random.Random) -> bytes:
    """The beginning of one file with the end of another."""
    one, other = dice.sample(_originals(), 2)
    return one[: dice.randrange(len(one))] + other[dice.randrange(len(other)) :]


def _huge(dice: random.Random) -> bytes:
    """A header that claims sides of up to 2**31 - 1 (PNG) or 65,535 pixels (GIF)."""
    if dice.random() < 0.5:
        width, height = (dice.choice((1, _MAX_SIDE, 2**31 - 1)) for _ in range(2))
        rows = png_chunk(b"IDAT", zlib.compress(bytes(dice.randrange(100_000))))
        return png(width, height, dice.choice((1, 8, 16)), dice.choice((0, 2, 3, 6)), rows)
    gif = bytearray(encoded(quarters(32), "GIF"))
    gif[6:10] = struct.pack("<HH", dice.randint(0, _MAX_SIDE), dice.randint(0, _MAX_SIDE))
    return bytes(gif)


def _chunky(dice: random.Random) -> bytes:
    """A PNG of thousands of chunks, or of a few that unpack to megabytes."""
    pixels = png_chunk(b"IDAT", zlib.compress(bytes(32 * 33)))
    if dice.random() < 0.5:
        name = dice.choice((b"tEXt", b"IDAT", b"eXIf", b"abCd", b"fcTL", b"tRNS", b"PLTE"))
        many = png_chunk(name, dice.randbytes(dice.randint(0, 8))) * dice.randint(1_000, 5_000)
        return png(32, 32, 8, 0, many, pixels)
    packed = _packed(dice.choice((1, 8, 64)))
    chunk = dice.choice(
        (
            png_chunk(b"zTXt", b"a\0\0" + packed),
            png_chunk(b"iCCP", b"a\0\0" + packed),
            png_chunk(b"iTXt", b"a\0\1\0\0\0" + packed),
        )
    )
    return png(32, 32, 8, 0, chunk * dice.randint(1, 3), pixels)


@cache
def _packed(megabytes: int) -> bytes:
    return zlib.compress(bytes(megabytes * 10**6), 9)


def _polyglot(dice: random.Random) -> bytes:
    """A picture that is also a page, an archive or another picture."""
    picture = dice.choice(_originals())
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("../../etc/passwd", "root")
    page = b"<html><script>alert(1)</script></html>"
    other = dice.choice((archive.getvalue(), page, dice.choice(_originals())))
    return picture + other if dice.random() < 0.7 else other + picture


def _something_else(dice: random.Random) -> bytes:
    """No picture at all, or one of a kind that is not read, whatever its name says."""
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg' width='99999' height='99999'/>"
    return dice.choice(
        (
            b"",
            b"\0" * dice.randrange(1, 5_000),
            dice.randbytes(dice.randrange(1, 5_000)),
            b"%PDF-1.7\n",
            b"MZ" + dice.randbytes(500),
            drawing,
            *(encoded(quarters(32), name) for name in ("TIFF", "BMP", "ICO", "PPM", "JPEG2000")),
        )
    )


def _bomb(dice: random.Random) -> bytes:
    return dice.choice(_bombs())


# what makes a file -> how often of a hundred
_MAKERS: dict[Callable[[random.Random], bytes], int] = {
    _mutated: 58,
    _cut_off: 10,
    _spliced: 8,
    _huge: 6,
    _chunky: 4,
    _polyglot: 6,
    _something_else: 7,
    _bomb: 1,
}
