"""Picture files for the tests: ordinary ones of every format, and hostile ones."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()  # writes too, which the engine never does

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "HEIF")


def quarters(size: int = 64) -> Image.Image:
    """Return a picture whose quarters are red, green / blue, yellow."""
    pixels = np.zeros((size, size, 3), np.uint8)
    half = size // 2
    pixels[:half, :half] = (220, 30, 40)
    pixels[:half, half:] = (40, 180, 60)
    pixels[half:, :half] = (50, 70, 200)
    pixels[half:, half:] = (230, 210, 60)
    return Image.fromarray(pixels)


def encoded(picture: Image.Image, format_name: str, **options: object) -> bytes:
    """Return a picture as the bytes of a file."""
    buffer = io.BytesIO()
    picture.save(buffer, format_name, **options)
    return buffer.getvalue()


def differs(one: Image.Image, other: Image.Image) -> float:
    """Return the mean difference per channel, in 1/255."""
    assert one.size == other.size
    apart = np.asarray(one, np.int16) - np.asarray(other, np.int16)
    return float(np.abs(apart).mean())


def png_chunk(name: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG file with its length and checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int, color_type: int, *chunks: bytes) -> bytes:
    """Return a PNG of a header and chunks that are already made."""
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + png_chunk(b"IHDR", header) + b"".join(chunks) + png_chunk(b"IEND", b"")


def one_color_png(side: int) -> bytes:
    """Return a valid PNG of side x side black pixels, one bit each: huge only once decoded."""
    packer = zlib.compressobj(1)
    row = bytes(1 + (side + 7) // 8)
    block = row * 100
    data = b"".join(packer.compress(block) for _ in range(side // 100)) + packer.flush()
    return png(side, side, 1, 0, png_chunk(b"IDAT", data))


def linear_profile(space: bytes) -> bytes:
    """Return an ICC profile with sRGB's primaries but values proportional to light.

    `space` is b"RGB " or b"GRAY". The layout is ICC.1:2022's, sections 7.2 and 7.3, version 2.
    """

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    straight = b"curv" + bytes(4) + struct.pack(">I", 0)
    tags = {b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1, 0.8249)}
    if space == b"GRAY":
        tags[b"kTRC"] = straight
    else:
        for name, column in (  # sRGB's primaries, adapted to D50
            (b"r", (0.4361, 0.2225, 0.0139)),
            (b"g", (0.3851, 0.7169, 0.0971)),
            (b"b", (0.1431, 0.0606, 0.7142)),
        ):
            tags[name + b"XYZ"] = b"XYZ " + bytes(4) + fixed(*column)
            tags[name + b"TRC"] = straight
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(data))
        body += data
    size = 132 - 4 + len(table) + len(body)
    header = struct.pack(">I4xI4s4s4s", size, 0x02400000, b"mntr", space, b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249)
    return header.ljust(128, b"\0") + table + body


def bombs() -> dict[str, bytes]:
    """Return small files that promise, or unpack to, far more than any picture needs."""
    webp = b"VP8X" + struct.pack("<II", 10, 0) + 2 * (16382).to_bytes(3, "little")
    jpeg = bytearray(encoded(quarters(), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65500, 65500)
    gif = bytearray(encoded(quarters(), "GIF"))
    gif[6:10] = struct.pack("<HH", 65535, 65535)
    return {
        "png of 50,000 x 50,000 pixels": one_color_png(50_000),
        "webp with a canvas of 16,383 x 16,383": b"RIFF" + struct.pack("<I", 22) + b"WEBP" + webp,
        "jpeg of 65,500 x 65,500": bytes(jpeg),
        "gif of 65,535 x 65,535": bytes(gif),
        "avif of 30,000 x 30,000": _with_extent(encoded(quarters(), "AVIF"), 30_000),
        "heic of 30,000 x 30,000": _with_extent(encoded(quarters(), "HEIF"), 30_000),
    }


def ballast() -> dict[str, bytes]:
    """Return small pictures with texts and profiles beside them that unpack to 200 MB."""
    zeros = zlib.compress(bytes(200_000_000), 9)
    pixels = png_chunk(b"IDAT", zlib.compress(bytes(64 * 65)))
    return {
        name: png(64, 64, 8, 0, png_chunk(name.encode(), start + zeros), pixels)
        for name, start in (("zTXt", b"a\0\0"), ("iCCP", b"a\0\0"), ("iTXt", b"a\0\1\0\0\0"))
    }


def _with_extent(data: bytes, side: int) -> bytes:
    """Return an AVIF or HEIC whose `ispe` box claims another size (ISO/IEC 23008-12, 6.5.3)."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", side, side) + data[at + 8 :]
