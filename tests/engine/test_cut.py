"""Faults beside sound pixels, and files that were cut off."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from engine.errors import ImageRejected
from engine.images import check, decode
from engine.samples import CONTENTS
from tests.engine.picture_files import encoded, linear_profile, png, png_chunk, quarters

PIXELS = zlib.compress(b"".join(b"\0" + row.tobytes() for row in np.asarray(quarters())))


@pytest.fixture(scope="module")
def photograph() -> Image.Image:
    """A photograph: its rows cost about the same number of bytes."""
    with Image.open(CONTENTS[2].path) as picture:
        return picture.convert("RGB").resize((300, 220))


def told_of(data: bytes) -> tuple[Image.Image, list[str]]:
    """A picture, and what people are told of it. `check` must agree on its size."""
    notes: list[str] = []
    picture = decode(data, tell=notes.append)
    assert check(data) == picture.size
    return picture, notes


def wrong(chunk: bytes) -> bytes:
    """A chunk with a wrong checksum."""
    return chunk[:-4] + struct.pack(">I", 1 ^ int.from_bytes(chunk[-4:]))


MEGABYTES = zlib.compress(bytes(8 * 2**20))


@pytest.mark.parametrize(
    "chunk",
    [
        wrong(png_chunk(b"gAMA", struct.pack(">I", 100_000))),
        wrong(png_chunk(b"pHYs", bytes(9))),
        wrong(png_chunk(b"iTXt", b"a\0\0\0\0\0text")),
        wrong(png_chunk(b"iCCP", b"a\0\0" + zlib.compress(linear_profile(b"RGB ")))),
        wrong(png_chunk(b"eXIf", b"MM\0*")),
        wrong(png_chunk(b"tRNS", bytes(6))),
        png_chunk(b"iCCP", b"a\0\1" + zlib.compress(linear_profile(b"RGB "))),
        png_chunk(b"iCCP", b"a\0\0" + MEGABYTES),
        png_chunk(b"iCCP", b"no name"),
        png_chunk(b"zTXt", b"a\0\0" + MEGABYTES),
        png_chunk(b"iTXt", b"a\0\1\0\0\0" + MEGABYTES),
        png_chunk(b"acTL", bytes(3)),
    ],
    ids=lambda chunk: chunk[4:8].decode(),
)
def test_faults_beside_the_pixels_cost_nothing(chunk: bytes) -> None:
    """The pixels are painted as they are, and nobody is told."""
    picture, notes = told_of(png(64, 64, 8, 2, chunk, png_chunk(b"IDAT", PIXELS)))
    assert picture.tobytes() == quarters().tobytes()
    assert notes == []


@pytest.mark.parametrize("size", [64, 333])
def test_a_wrong_adler_checksum(size: int) -> None:
    """Every pixel is there, the last row too."""
    rows = b"".join(b"\0" + row.tobytes() for row in np.asarray(quarters(size)))
    packed = zlib.compress(rows)
    data = png(size, size, 8, 2, png_chunk(b"IDAT", packed[:-4] + bytes(4)))
    picture, notes = told_of(data)
    assert picture.tobytes() == quarters(size).tobytes()
    assert notes == []


def test_wrong_checksums_of_critical_chunks() -> None:
    """Of pixels it is nothing, as to browsers; of the header or the palette the file is refused."""
    picture, notes = told_of(png(64, 64, 8, 2, wrong(png_chunk(b"IDAT", PIXELS))))
    assert (picture.tobytes(), notes) == (quarters().tobytes(), [])
    sound = encoded(quarters().quantize(8), "PNG")
    for name in (b"IHDR", b"PLTE"):
        at = sound.index(name)
        end = at + 4 + int.from_bytes(sound[at - 4 : at])
        with pytest.raises(ImageRejected):
            decode(sound[:end] + bytes(4) + sound[end + 4 :])


@pytest.mark.parametrize("end", [b"", b"\0\0", b"\xff"], ids=["none", "zeros", "half"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_end(photograph: Image.Image, end: bytes, progressive: bool) -> None:
    """Every pixel is there: the same picture as with the end, and nobody is told."""
    data = encoded(photograph, "JPEG", progressive=progressive)
    picture, notes = told_of(data[:-2] + end)
    assert picture.tobytes() == decode(data).tobytes()
    assert notes == []


KINDS: dict[str, dict[str, object]] = {
    "JPEG": {},
    "JPEG with restarts": {"restart_marker_blocks": 4, "subsampling": 0},
    "PNG": {},
    "WEBP": {"quality": 90},
    "WEBP without loss": {"lossless": True},
    "GIF": {"interlace": 0},
    "GIF in four passes": {"interlace": 1},
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_there_of_a_cut_file_is_painted(photograph: Image.Image, kind: str) -> None:
    """Of 97 % of a file the rows that are there come out as they were; people are told."""
    data = encoded(photograph, kind.split()[0], **KINDS[kind])
    whole = np.asarray(decode(data))
    picture, notes = told_of(data[: len(data) * 97 // 100])
    assert 0.9 * photograph.height <= picture.height < photograph.height
    assert (np.asarray(picture) == whole[: picture.height]).all()
    assert notes == [
        f"The file is cut off: {100 * picture.height // photograph.height} % of it is there, "
        "and that is painted."
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_too_little_is_refused(photograph: Image.Image, kind: str) -> None:
    """Of 84 % of a file nothing is painted; the sentence says how much is there."""
    data = encoded(photograph, kind.split()[0], **KINDS[kind])
    for look in (decode, check):
        with pytest.raises(ImageRejected, match=r"is cut off, with only \d\d % of it there"):
            look(data[: len(data) * 84 // 100])


def test_a_progressive_jpeg_loses_only_detail(photograph: Image.Image) -> None:
    """Of 85 % of it every row is there, nearly as it was."""
    data = encoded(photograph, "JPEG", progressive=True)
    picture, notes = told_of(data[: len(data) * 85 // 100])
    assert picture.size == photograph.size
    apart = np.asarray(picture, int) - np.asarray(decode(data), int)
    assert np.abs(apart).mean() < 2
    assert notes == ["The file is cut off before its finest detail; it is painted as it is."]


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_an_orientation_in_xmp_turns_nothing(format_name: str) -> None:
    """Browsers know EXIF's alone."""
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22'
        b'-rdf-syntax-ns#"><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
        b'tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    picture = quarters().resize((80, 40))
    if format_name == "PNG":
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        data = buffer.getvalue()
        text = png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
        data = data[:33] + text + data[33:]
    else:
        data = encoded(picture, format_name, xmp=xmp)
    assert xmp in data
    assert decode(data).size == check(data) == (80, 40)
