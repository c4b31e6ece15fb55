"""What a PNG says, read chunk by chunk, and the file with its pixels alone.

Decoders refuse files for faults beside the pixels: a wrong checksum of a comment, a profile that
unpacks to megabytes. Browsers paint them. So the decoder is given only the chunks that make pixels.

Source: Portable Network Graphics, third edition (W3C, 2025); sections are named where they apply.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.color_space import BT709, ColorSpace, Primaries, from_cicp

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_PROFILE_BYTES = 4 * 2**20  # the largest profiles in use are those of printers, at about 3 MB
_HEADERS = (b"IHDR", b"PLTE")
_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT")
_BITS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type -> samples of a pixel (section 11.2.1)
# Adam7's passes: first column and row, and steps between two (section 8.1).
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
_LAST_PASS = (0, 1, 1, 2)
_AT_ONCE = 2**20  # bytes unpacked at a time
# libpng takes gammas so near to each other for equal, and 1/2.2 for sRGB's curve.
_SAME_GAMMA = 0.05
_SMALLEST_GAMUT = 0.01  # twice the area of the triangle in x, y; sRGB's is 0.22


@dataclass(frozen=True)
class Png:
    """A PNG's pixels, and what it says of them."""

    header: bytes
    chunks: tuple[tuple[bytes, bytes], ...] = field(repr=False)  # those that make pixels
    color: ColorSpace | None  # None: sRGB, or as the profile says
    icc_profile: bytes | None = field(repr=False)
    exif: bytes | None = field(repr=False)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = struct.unpack_from(">II", self.header)
        return width, height

    def file(self) -> bytes:
        """The file for a decoder."""
        parts = [SIGNATURE, _chunk(b"IHDR", self.header)]
        parts += [_chunk(name, data) for name, data in self.chunks]
        return b"".join([*parts, _chunk(b"IEND", b"")])

    def mended(self) -> tuple[bytes, int] | None:
        """The file of those rows that can be unpacked, and how many they are.

        What follows the last pixel, the stream's own checksum too, is made right. None where there
        is no whole row.
        """
        packed = b"".join(data for name, data in self.chunks if name == b"IDAT")
        rows = _rows_there(self.header, packed)
        if rows is None:
            return None
        count, end, adler = rows
        (width, height), header = self.size, self.header
        if count == height:
            packed = packed[:end] + struct.pack(">I", adler)
        elif not count or header[12]:  # fewer rows have other passes (section 8.1)
            return None
        else:
            header = struct.pack(">II", width, count) + header[8:]
        others = tuple(chunk for chunk in self.chunks if chunk[0] != b"IDAT")
        chunks = (*others, (b"IDAT", packed))
        return Png(header, chunks, None, None, None).file(), count


def read_png(data: bytes) -> Png | None:
    """Read a PNG's chunks; None where there is no picture in them, or a header is damaged.

    A wrong checksum of pixels is nothing to browsers: they are packed with one of their own. Other
    chunks with a wrong checksum count as absent.
    """
    header, pixels = b"", []
    others: dict[bytes, bytes] = {}
    for name, body, is_sound in _chunks(data):
        if name == b"IEND":
            break
        is_sound = is_sound or name == b"IDAT"
        if name in _HEADERS and not is_sound:
            return None
        if name == b"IHDR":
            header = header or body
        elif name in _PIXELS and is_sound:
            body = _in_8_bits(body, header) if name == b"tRNS" else body
            pixels += [(name, body)] if body else []
        elif is_sound:
            others.setdefault(name, body)
    if len(header) != 13 or header[9] not in _BITS:
        return None
    if not any(name == b"IDAT" for name, _ in pixels):
        return None
    color, profile = _described(others)
    return Png(header, tuple(pixels), color, profile, others.get(b"eXIf"))


def _in_8_bits(transparent: bytes, header: bytes) -> bytes:
    """The transparent grey of fewer bits as Pillow compares it: with pixels that have 8.

    Empty where no pixel can have it.
    """
    depth, color_type = header[8:10] if len(header) == 13 else (8, 0)
    if color_type or depth >= 8 or len(transparent) != 2:
        return transparent
    grey, most = int.from_bytes(transparent), 2**depth - 1
    return (grey * 255 // most).to_bytes(2) if grey <= most else b""


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Name, contents and whether the checksum is right; the last may be cut off."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        end = at + 8 + length
        is_cut = end + 4 > len(data)
        checksum = zlib.crc32(body, zlib.crc32(name))
        yield name, body, not is_cut and checksum == int.from_bytes(data[end : end + 4])
        at = end + 4


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(data, zlib.crc32(name))
    return struct.pack(">I4s", len(data), name) + data + struct.pack(">I", checksum)


def _described(chunks: dict[bytes, bytes]) -> tuple[ColorSpace | None, bytes | None]:
    """The colour space or the profile: of several, cICP counts first, then iCCP, then sRGB.

    Section 11.3.2. A cHRM alone says nothing of the curve, and browsers ignore it.
    """
    cicp = chunks.get(b"cICP", b"")
    if len(cicp) == 4 and cicp[2:] == b"\0\1":  # RGB of full range, as browsers want it
        color = from_cicp(cicp[0], cicp[1])
        if color is not None:
            return color, None
    profile = _profile(chunks.get(b"iCCP", b""))
    if profile is not None or b"sRGB" in chunks:
        return None, profile
    gamma = int.from_bytes(chunks.get(b"gAMA", b"")[:4]) / 100_000
    if not gamma:
        return None, None
    transfer = "srgb" if abs(gamma * 2.2 - 1) < _SAME_GAMMA else 1 / gamma
    primaries = _primaries(chunks.get(b"cHRM", b""))
    return (None if primaries is None else ColorSpace(primaries, transfer)), None


def _profile(chunk: bytes) -> bytes | None:
    """The ICC profile of an iCCP chunk: a name, 0, the method 0, and the profile packed."""
    _name, zero, packed = chunk.partition(b"\0")
    if not zero or packed[:1] != b"\0":
        return None
    try:
        profile = zlib.decompressobj().decompress(packed[1:], MAX_PROFILE_BYTES + 1)
    except zlib.error:
        return None
    return profile if 128 <= len(profile) <= MAX_PROFILE_BYTES else None


def _primaries(chunk: bytes) -> Primaries | None:
    """Those of a cHRM chunk: white, red, green, blue, x and y in hundred-thousandths.

    Without the chunk, sRGB's. None where they are nobody's: no colours, or all on one line.
    """
    if len(chunk) != 32:
        return BT709
    values = [value / 100_000 for value in struct.unpack(">8I", chunk)]
    white, red, green, blue = zip(values[::2], values[1::2], strict=True)
    primaries = (red, green, blue, white)
    if not all(0 < y <= 1 and 0 <= x <= 1 and x + y <= 1 for x, y in primaries):
        return None
    area = (green[0] - red[0]) * (blue[1] - red[1]) - (blue[0] - red[0]) * (green[1] - red[1])
    return primaries if abs(area) > _SMALLEST_GAMUT else None


def _rows_there(header: bytes, packed: bytes) -> tuple[int, int, int] | None:
    """How many rows can be unpacked; where the packed data end, and the checksum of what they hold.

    None where the data are not packed as PNG wants them.
    """
    width, height, depth, color_type, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    bits = depth * _BITS[color_type]
    lines = [(width, height)]
    if interlaced:
        lines = [
            (-(-(width - x) // by_x), -(-(height - y) // by_y))
            for x, y, by_x, by_y in (*_PASSES, _LAST_PASS)
            if width > x and height > y
        ]
    wanted = sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in lines)
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    left, count, adler = packed[2:], 0, 1  # without zlib's own header
    try:
        while count <= wanted and not unpacker.eof:
            piece = unpacker.decompress(left, _AT_ONCE)
            if not piece:
                break
            left = unpacker.unconsumed_tail
            count += len(piece)
            adler = zlib.adler32(piece, adler)
    except zlib.error:
        pass
    if count >= wanted and unpacker.eof:
        return height, len(packed) - len(unpacker.unused_data), adler
    return min(height - 1, count // (1 + (width * bits + 7) // 8)), 0, 0
