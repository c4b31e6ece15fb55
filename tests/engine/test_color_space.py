"""Colours that a file names by numbers. Right values are those of the standards' own tables."""

import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.color_space import BT709, PRIMARIES, ColorSpace, from_cicp, to_bt709
from engine.images import decode
from tests.engine.picture_files import encoded, png, png_chunk, quarters

# CSS Color 4, "Sample code for color conversions", and ITU-R BT.2087-0, annex 2.
P3_TO_SRGB = [[1.2249, -0.2249, 0.0], [-0.0421, 1.0421, 0.0], [-0.0196, -0.0786, 1.0983]]
BT2020_TO_BT709 = [
    [1.6605, -0.5876, -0.0728],
    [-0.1246, 1.1329, -0.0083],
    [-0.0182, -0.1006, 1.1187],
]
P3_CHRM = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


def one_color(*chunks: bytes, values: tuple[int, int, int], depth: int = 8) -> bytes:
    """A PNG of 16x16 pixels of one colour, with chunks before its pixels."""
    row = b"\0" + struct.pack(">3H" if depth == 16 else ">3B", *values) * 16
    return png(16, 16, depth, 2, *chunks, png_chunk(b"IDAT", zlib.compress(row * 16)))


def shown(data: bytes) -> tuple[int, ...]:
    """The one colour that a file decodes to."""
    ((_, color),) = decode(data).getcolors() or []
    assert isinstance(color, tuple)
    return color


def gamma(value: float) -> bytes:
    """A gAMA chunk."""
    return png_chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


@pytest.mark.parametrize(("code", "table"), [(12, P3_TO_SRGB), (9, BT2020_TO_BT709)])
def test_primaries_become_those_of_srgb(code: int, table: list[list[float]]) -> None:
    """P3's and BT.2020's matrices are the published ones."""
    assert to_bt709(PRIMARIES[code]) == pytest.approx(np.array(table), abs=2e-4)
    assert to_bt709(BT709) == pytest.approx(np.eye(3), abs=1e-12)


@pytest.mark.parametrize("code", sorted(PRIMARIES))
def test_white_stays_white(code: int) -> None:
    """Whatever the white of the primaries, greys have no tint."""
    assert to_bt709(PRIMARIES[code]).sum(axis=1) == pytest.approx(np.ones(3), abs=1e-9)


def test_gamma_is_honoured_without_srgb_and_profile() -> None:
    """Values of light: half of it is 188 in sRGB. An sRGB chunk or a cICP counts more."""
    linear = gamma(1.0)
    assert shown(one_color(linear, values=(128, 128, 128))) == (188, 188, 188)
    assert shown(one_color(linear, values=(0x8000, 0x8000, 0x8000), depth=16)) == (188,) * 3
    assert shown(one_color(gamma(1 / 1.8), values=(128, 128, 128))) == (146, 146, 146)
    for chunk in (png_chunk(b"sRGB", b"\0"), png_chunk(b"cICP", bytes([1, 13, 0, 1]))):
        assert shown(one_color(linear, chunk, values=(128, 128, 128))) == (128, 128, 128)


def test_the_gamma_of_srgb_is_srgb() -> None:
    """0.45455, which almost every file says, changes nothing; nor do zero and a torn chunk."""
    for chunk in (gamma(0.45455), gamma(0), png_chunk(b"gAMA", b"")):
        assert shown(one_color(chunk, values=(9, 60, 200))) == (9, 60, 200)


def test_16_bits_of_light_keep_their_shadows() -> None:
    """Of 8 bits of light the darkest step is 13 levels of sRGB; of 16 bits there are no steps."""
    ramp = np.arange(2048, dtype=np.uint16).reshape(16, 128)
    rows = b"".join(b"\0" + np.repeat(row, 3).astype(">u2").tobytes() for row in ramp)
    data = png(128, 16, 16, 2, gamma(1.0), png_chunk(b"IDAT", zlib.compress(rows)))
    light = ramp / 65535
    wanted = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(np.asarray(decode(data), float)[..., 0] - wanted).max() <= 0.51


def test_grey_of_16_bits_has_a_gamma_too() -> None:
    """A quarter of the light is 137."""
    rows = (b"\0" + struct.pack(">H", 0x4000) * 16) * 16
    data = png(16, 16, 16, 0, gamma(1.0), png_chunk(b"IDAT", zlib.compress(rows)))
    assert shown(data) == (137, 137, 137)


@pytest.mark.parametrize(
    "chunks",
    [
        [png_chunk(b"cICP", bytes([12, 13, 0, 1]))],
        [gamma(1 / 2.2), png_chunk(b"cHRM", P3_CHRM)],
    ],
    ids=["cICP", "cHRM"],
)
def test_p3_is_converted(chunks: list[bytes]) -> None:
    """P3 by its code or by its points: the published matrix, clipped as browsers do."""
    assert shown(one_color(*chunks, values=(200, 120, 60))) == pytest.approx((213, 115, 42), abs=1)
    assert shown(one_color(*chunks, values=(255, 0, 0))) == (255, 0, 0)


def test_useless_points_are_ignored() -> None:
    """Primaries on one point, or without a gamma, are nobody's."""
    for chunks in (
        [gamma(1.0), png_chunk(b"cHRM", bytes(32))],
        [gamma(1.0), png_chunk(b"cHRM", struct.pack(">8I", *[33000] * 8))],
        [png_chunk(b"cHRM", P3_CHRM)],
        [png_chunk(b"cICP", bytes([12, 13, 1, 1]))],
        [png_chunk(b"cICP", bytes([99, 13, 0, 1]))],
    ):
        assert shown(one_color(*chunks, values=(200, 120, 60))) == (200, 120, 60)


# BT.2408-7, table 1: the signal of reference white, and of 18 % grey (26 cd/m2).
@pytest.mark.parametrize(
    ("transfer", "white", "grey"), [(16, 0.5807, 0.3798), (18, 0.75, 0.376)], ids=["PQ", "HLG"]
)
def test_hdr_is_as_bright_as_its_sdr_twin(transfer: int, white: float, grey: float) -> None:
    """Reference white is white. Without highlights nothing is tone mapped: grey is SDR's too."""
    chunk = png_chunk(b"cICP", bytes([9, transfer, 0, 1]))
    full, part = (round(signal * 65535) for signal in (white, grey))
    assert min(shown(one_color(chunk, values=(full, full, full), depth=16))) >= 254
    level = shown(one_color(chunk, values=(part, part, part), depth=16))
    lights = {16: 26 / 203, 18: 0.376**2 / 3 / 0.2650}
    light = lights[transfer]
    wanted = 255 * (1.055 * light ** (1 / 2.4) - 0.055)
    assert level == pytest.approx((wanted,) * 3, abs=1)


def test_highlights_are_rolled_off() -> None:
    """Beside 1000 cd/m2 shadows stay, white darkens somewhat, and all stays in order."""
    space = ColorSpace(BT709, "pq")
    nits = np.array([1, 20, 60, 100, 203, 400, 1000.0])
    signal = np.round(pq(nits) * 65535).astype(np.uint16)
    alone = space.to_srgb(np.repeat(signal[:1], 3)[None, None])
    levels = space.to_srgb(np.repeat(signal, 3).reshape(1, -1, 3))[0, :, 0].astype(int)
    assert abs(levels[0] - int(alone[0, 0, 0])) <= 1
    assert (np.diff(levels) > 0).all()
    assert levels[-1] == 255
    assert 215 <= levels[4] < 250


def pq(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The signal of light, SMPTE ST 2084, equation 5.2."""
    power = (nits / 10_000) ** 0.1593017578125
    return np.asarray(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


@pytest.mark.parametrize("format_name", ["AVIF", "HEIF"])
def test_nclx_is_honoured(format_name: str) -> None:
    """P3 in the box `colr` of AVIF and HEIC is converted; a camera's curve means sRGB there."""
    flat = Image.new("RGB", (64, 64), (200, 120, 60))
    data = encoded(flat, format_name, quality=100, subsampling="4:4:4", chroma=444)
    at = data.index(b"nclx") + 4
    for primaries, transfer, wanted in (
        (12, 13, (213, 115, 42)),
        (12, 1, (213, 115, 42)),
        (1, 1, (200, 120, 60)),
    ):
        patched = data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]
        assert decode(patched).getpixel((32, 32)) == pytest.approx(wanted, abs=5)


def test_unknown_codes_are_no_colour_space() -> None:
    """What is unspecified or reserved changes nothing."""
    assert from_cicp(2, 2) is None
    assert from_cicp(1, 0) is None
    assert from_cicp(2, 16) == ColorSpace(BT709, "pq")
    assert decode(encoded(quarters(), "PNG")).getpixel((1, 1)) == (220, 30, 40)
