"""What is there of the pictures in files that were cut off or have a damaged end.

A download stopped, a memory card was pulled: most of the picture is there, and browsers show it.
PNG is unpacked to see how far it goes. JPEG, WebP and GIF are given one end and another one: what
comes out alike of both is there.
"""

import random
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from PIL import Image, ImageChops

from engine.errors import ImageRejected, Sentence
from engine.png import Png

ENOUGH = 0.9  # of the rows must be there
_END_OF_JPEG = b"\xff\xd9"
_SCAN, _FRAMES = 0xDA, (0xC0, 0xC1, 0xC2)  # markers of ITU-T T.81, table B.1
_ALONE = (0x01, *range(0xD0, 0xD9))  # markers without a length
_COEFFICIENTS = 64
_NOISE = random.Random(0).randbytes(64).replace(b"\xff", b"\x5a")
_LONG_END = 2**18  # bytes
_EXTENSION, _FRAME = 0x21, 0x2C  # what begins a block of a GIF
_DROPPED = 5  # bytes, less one, that an end may be too early
_BYTES_OF_CODE = 3  # for each pixel, at most: a code of 12 bits, and one that clears the table
# With the markers at which decoding may begin anew, one of which may be awaited.
_OTHER_END = b"".join(_NOISE + bytes((0xFF, 0xD0 + number)) for number in range(8)) + _NOISE


@dataclass(frozen=True)
class Rest:
    """A file that decodes, and how much of it is the picture."""

    data: bytes
    rows: int  # from the top, that are there
    height: int
    is_coarse: bool = False  # all rows are there, but not their finest detail

    @property
    def share(self) -> float:
        """Of the rows, how many are there."""
        return self.rows / self.height

    def sentence(self, name: str) -> Sentence | None:
        """Say what is missing, if anything."""
        if self.is_coarse:
            return Sentence(
                "{name} is cut off before its finest detail; it is painted as it is.", name=name
            )
        if self.rows == self.height:
            return None
        return Sentence(
            "{name} is cut off: {percent} % of it is there, and that is painted.",
            name=name,
            percent=int(100 * self.share),
        )


Decode = Callable[[bytes], Image.Image]


def rest_of(data: bytes, png: Png | None, decode: Decode) -> Rest | None:
    """Find what is there of a file that cannot be decoded; None where that is nothing.

    `decode` gives the stored picture in mode RGB, and may raise anything.
    """
    if png is not None:
        mended = png.mended()
        return None if mended is None else Rest(*mended, png.size[1])
    if data.startswith(b"\xff\xd8"):
        return _rest_of_jpeg(data, decode)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _rest_of_webp(data, decode)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return _rest_of_gif(data, decode)
    return None


def _rest_of_jpeg(data: bytes, decode: Decode) -> Rest | None:
    """Ended, a JPEG of one scan has its rows from the top, one of many scans all of them coarse."""
    scans, received = _scans(data)
    if scans == 0 or (scans > 1 and received < ENOUGH):
        return None
    data = data.rstrip(b"\xff")  # half of a marker
    ended = data + _END_OF_JPEG
    picture = decode(ended)
    there = _rows_alike(picture, decode(data + _OTHER_END + _END_OF_JPEG))
    if scans > 1:
        return Rest(ended, picture.height, picture.height, there < picture.height)
    return Rest(ended, there, picture.height)


def _rest_of_webp(data: bytes, decode: Decode) -> Rest | None:
    """Its last chunk made long enough for any end (WebP Container Specification)."""
    at, size = 12, 0
    while at + 8 <= len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        if at + 8 + size > len(data):
            break
        at += 8 + size + size % 2
    else:  # cut between two chunks
        whole = data[:4] + struct.pack("<I", at - 8) + data[8:at]
        height = decode(whole).height
        return Rest(whole, height, height)
    data += bytes(len(data) % 2)  # chunks are even
    longer = len(data) - at - 8 + _LONG_END
    head = data[:4] + struct.pack("<I", at + longer) + data[8 : at + 4] + struct.pack("<I", longer)
    ends = bytes(_LONG_END), (_NOISE * (_LONG_END // len(_NOISE)))
    zeros, noise = (head + data[at + 8 :] + end for end in ends)
    picture = decode(zeros)
    return Rest(zeros, _rows_alike(picture, decode(noise)), picture.height)


def _rest_of_gif(data: bytes, decode: Decode) -> Rest | None:
    """The first frame's codes continued with such as every table of LZW has (GIF89a, appendix F).

    A code has at most 12 bits, and those with one bit or none are in the table, or clear it. Half a
    code with such an end may not be: then the cut is made a byte earlier.
    """
    for dropped in range(_DROPPED):
        data = data[: len(data) - min(1, dropped)]
        at = _codes_of_gif(data)
        if at is None:
            return None
        while at < len(data) and data[at]:  # blocks, each with its length before it
            at += 1 + data[at]
        if at < len(data):
            return None  # it is not cut off in its first frame
        width, height = struct.unpack_from("<HH", data, 6)
        blocks = 1 + round((1 - ENOUGH) * width * height * _BYTES_OF_CODE) // 255
        ends = bytes(255), b"\x01\0\0" * 85
        zeros, ones = (
            data + end[: at - len(data)] + (b"\xff" + end) * blocks + b"\0;" for end in ends
        )
        with suppress(ImageRejected):
            return Rest(zeros, _rows_alike(decode(zeros), decode(ones)), height)
    return None


def _codes_of_gif(data: bytes) -> int | None:
    """Where the first frame's blocks of codes begin; None where they do not."""
    with suppress(IndexError):
        at = 13 + _table_of_gif(data[10])
        while data[at] == _EXTENSION:
            at += 2
            while data[at]:
                at += 1 + data[at]
            at += 1
        if data[at] == _FRAME:
            return at + 11 + _table_of_gif(data[at + 9])
    return None


def _table_of_gif(flags: int) -> int:
    """How many bytes a table of colours has."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _rows_alike(one: Image.Image, other: Image.Image) -> int:
    """How many rows from the top are the same in both."""
    if one.size != other.size:
        return 0
    box = ImageChops.difference(one, other).getbbox()
    return one.height if box is None else box[1]


def _scans(data: bytes) -> tuple[int, float]:
    """How many scans of a JPEG began, and the share of the coefficients in those that ended.

    A progressive JPEG sends coefficients by bands, first roughly, then more exactly.
    """
    at, scans, bands, components = 2, 0, [], 0
    while at + 4 <= len(data):
        if data[at] != 0xFF or data[at + 1] in (0x00, 0xFF, *_ALONE):
            at += 1
            continue
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        segment = data[at + 4 : at + 2 + length]
        if marker in _FRAMES and len(segment) > 5:
            components = segment[5]
        if marker == _SCAN and segment:
            count = segment[0]
            names = segment[1 : 1 + 2 * count : 2]
            first, last = (*segment[1 + 2 * count : 3 + 2 * count], 0, 0)[:2]
            scans += 1
            bands.append({(name, k) for name in names for k in range(first, last + 1)})
            at = data.find(b"\xff", at + 2 + length)
            if at < 0:
                break
            continue
        at += 2 + length
    whole = set().union(*bands[:-1]) if len(bands) > 1 else set()
    return scans, len(whole) / (_COEFFICIENTS * components) if components else 0.0
