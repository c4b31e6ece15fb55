"""Small files that cost a decoder far more than their size: seconds, memory, or both."""

import io
import struct
import zlib
from collections.abc import Callable

import pillow_heif
from PIL import Image

from tests.engine.picture_files import encoded, png, png_chunk, quarters

pillow_heif.register_heif_opener()


def costly_files() -> dict[str, Callable[[], bytes]]:
    """Return how to make a file for each way in which a decoder was stopped."""
    return {
        "png with a profile of 20,000 shared elements": lambda: _png_with_profile(20_000),
        "heic grid of 1,000 tiles": lambda: heic_grid(1_000, 4096),
        "heic grid of 65,025 tiles": lambda: heic_grid(65_025, 64),
        "heic overlay of 1,000 layers": lambda: heic_grid(1_000, 4096, overlay=True),
        "jpeg of 400 empty scans": lambda: jpeg_of_scans(400, 7000),
        "jpeg of 6,000 empty scans": lambda: jpeg_of_scans(6000, 6000),
        "jpeg with 12 MB of exif": lambda: _jpeg_with_exif(12_000_000),
        "jpeg with stray markers": lambda: jpeg_with_markers(6_000_000),
        "webp that promises a canvas": lambda: _webp_promise(7000),
        "png with a text of 200 MB": lambda: _png_with_text(200_000_000),
        "png of 300,000 empty text chunks": lambda: _png_with_chunks(300_000),
        "gif of 7000 x 7000 in 60 frames": lambda: _gif(7000, 60),
        "webp of 2000 x 2000 in 200 frames": lambda: _frames("WEBP", 2000, 200),
        "avif of 1000 x 1000 in 200 frames": lambda: _frames("AVIF", 1000, 200),
    }


def _png_with_profile(elements: int) -> bytes:
    """A PNG; its profile's D2B0 tag names one element many times (ICC.1:2022, 10.16)."""
    curve = b"curf" + bytes(4) + struct.pack(">HH", 1, 0)
    curve += b"parf" + bytes(4) + struct.pack(">HH4f", 0, 0, 1, 1, 0, 0)
    head = b"cvst" + bytes(4) + struct.pack(">HH", 3, 3)
    element = head + struct.pack(">6I", *((len(head) + 24, len(curve)) * 3)) + curve
    start = 16 + 8 * elements
    tag = b"mpet" + bytes(4) + struct.pack(">HHI", 3, 3, elements)
    tag += struct.pack(">II", start, len(element)) * elements + element
    tag += bytes(-len(tag) % 4)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    first = 128 + 4 + 24
    table = struct.pack(">I4sII4sII", 2, b"D2B0", first, len(tag), b"wtpt", first + len(tag), 20)
    body = table + tag + white
    header = struct.pack(
        ">I4sI4s4s4s", 128 + len(body), b"lcms", 0x04300000, b"mntr", b"RGB ", b"XYZ "
    )
    header += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + b"APPL" + bytes(24)
    header += struct.pack(">3i", 63190, 65536, 54061)
    profile = header.ljust(128, b"\0") + body
    return encoded(quarters(), "PNG", icc_profile=profile)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def _full(kind: bytes, version: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24), *parts)


def _inside(data: bytes, *path: bytes) -> bytes:
    """The contents of a nested box (ISO/IEC 14496-12, 4.2)."""
    for name in path:
        at = 0
        while data[at + 4 : at + 8] != name:
            at += int.from_bytes(data[at : at + 4], "big")
        data = data[at + 8 : at + int.from_bytes(data[at : at + 4], "big")]
        if name == b"meta":
            data = data[4:]
    return data


def heic_grid(count: int, side: int, *, overlay: bool = False) -> bytes:
    """A HEIC derived from `count` times one tile (ISO/IEC 23008-12, 6.6.2)."""
    tile = encoded(Image.new("RGB", (side, side), "teal"), "HEIF", quality=10)
    decoder, data = _inside(tile, b"meta", b"iprp", b"ipco", b"hvcC"), _inside(tile, b"mdat")
    if overlay:
        derived = bytes([0, 1]) + bytes(8) + struct.pack(">II", 64, 64) + bytes(8) * count
    else:
        rows = next(rows for rows in range(min(256, count), 0, -1) if count % rows == 0)
        derived = bytes([0, 1, rows - 1, count // rows - 1]) + struct.pack(">II", 64, 64)
    kind = b"iovl" if overlay else b"grid"
    items = [
        _full(b"infe", 2, struct.pack(">HH4s", number, 0, name), b"\0")
        for number, name in ((1, b"hvc1"), (2, kind))
    ]
    extents = [_full(b"ispe", 0, struct.pack(">II", s, s)) for s in (side, 64)]
    ids = struct.pack(">H", 1) * count
    properties = _box(b"ipco", _box(b"hvcC", decoder), *extents, _full(b"pixi", 0, b"\3\10\10\10"))
    used = struct.pack(">IHB2BHB2B", 2, 1, 2, 0x81, 2, 2, 2, 3, 4)

    def header(first: int, second: int) -> bytes:
        places = struct.pack(">HHHHII", 1, 0, 0, 1, first, len(data))
        places += struct.pack(">HHHHII", 2, 0, 0, 1, second, len(derived))
        return _box(b"ftyp", b"heic", bytes(4), b"mif1heic") + _full(
            b"meta",
            0,
            _full(b"hdlr", 0, struct.pack(">I4s", 0, b"pict"), bytes(13)),
            _full(b"pitm", 0, struct.pack(">H", 2)),
            _full(b"iinf", 0, struct.pack(">H", 2), *items),
            _full(b"iref", 0, _box(b"dimg", struct.pack(">HH", 2, count), ids)),
            _box(b"iprp", properties, _full(b"ipma", 0, used)),
            _full(b"iloc", 1, b"\x44\0" + struct.pack(">H", 2), places),
        )

    start = len(header(0, 0)) + 8
    return header(start, start + len(data)) + _box(b"mdat", data, derived)


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def _bits(text: str) -> bytes:
    """Entropy-coded data: bits, ones to the end of the byte, a zero after each 0xFF."""
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")


def jpeg_of_scans(scans: int, side: int) -> bytes:
    """A progressive JPEG whose refinement scans change nothing (ITU-T T.81, annex G)."""
    blocks = ((side + 7) // 8) ** 2
    runs, left = "", blocks
    while left > 0:  # a run of blocks without coefficients: code 0, then 14 bits
        run = max(16384, min(left, 32767))
        runs += "0" + format(run - 16384, "014b")
        left -= run
    parts = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    data = _bits(runs)
    first = _segment(0xDA, bytes([1, 1, 0, 1, 63, 0x01])) + data
    again = _segment(0xDA, bytes([1, 1, 0, 1, 63, 0x10])) + data
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xDB, b"\0" + b"\1" * 64),
            _segment(0xC2, struct.pack(">BHHB", 8, side, side, 3) + parts),
            _segment(0xC4, b"\x00\x01" + bytes(15) + b"\x00"),
            _segment(0xC4, b"\x10\x01" + bytes(15) + b"\xe0"),
            _segment(0xDA, bytes([3, 1, 0, 2, 0, 3, 0, 0, 0, 0])) + _bits("0" * blocks * 3),
            first,
            again * scans,
            b"\xff\xd9",
        )
    )


def _jpeg_with_exif(size: int) -> bytes:
    """A JPEG whose EXIF is a directory of as many tags as fit, over many APP1 segments."""
    count = 65_535
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", count)
    tiff += b"".join(struct.pack("<HHII", tag % 65536, 7, size // 100, 8) for tag in range(count))
    tiff = tiff.ljust(size, b"\1")
    segments = b"".join(
        _segment(0xE1, b"Exif\0\0" + tiff[at : at + 65_000]) for at in range(0, size, 65_000)
    )
    plain = encoded(quarters(), "JPEG")
    return plain[:2] + segments + plain[2:]


def jpeg_with_markers(count: int) -> bytes:
    """A JPEG with empty application segments before its picture."""
    plain = encoded(quarters(), "JPEG")
    return plain[:2] + _segment(0xEB, b"") * count + plain[2:]


def _webp_promise(side: int) -> bytes:
    """A WebP of a few bytes: a lossless header of a large picture, and no picture."""
    bits = (side - 1) | (side - 1) << 14
    body = b"VP8L" + struct.pack("<IBI", 10, 0x2F, bits) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _png_with_text(size: int) -> bytes:
    text = png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(size), 9))
    return png(64, 64, 8, 0, text, png_chunk(b"IDAT", zlib.compress(bytes(64 * 65))))


def _png_with_chunks(count: int) -> bytes:
    text = png_chunk(b"tEXt", b"a\0") * count
    return png(64, 64, 8, 0, text, png_chunk(b"IDAT", zlib.compress(bytes(64 * 65))))


def _frames(form: str, side: int, count: int) -> bytes:
    """A sequence, of which only the first frame is wanted."""
    buffer = io.BytesIO()
    pictures = [Image.new("RGB", (side, side), color) for color in ("teal", "navy")]
    more = (pictures * count)[1:count]
    pictures[0].save(buffer, form, save_all=True, append_images=more, speed=10, method=0)
    return buffer.getvalue()


def _gif(side: int, frames: int) -> bytes:
    buffer = io.BytesIO()
    pictures = [Image.new("P", (side, side), number) for number in range(2)]
    pictures[0].save(buffer, "GIF", save_all=True, append_images=pictures[1:] * (frames - 1))
    return buffer.getvalue()
