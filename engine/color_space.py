"""Colour spaces that files name by numbers, and their way to sRGB. Free of Pillow.

Sources: ITU-T H.273 (code points), ITU-R BT.709, BT.1886, BT.2100 (PQ, HLG), BT.2390 (tone
mapping), BT.2408 (reference white), SMPTE EG 432-1 (P3), IEC 61966-2-1 (sRGB).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]  # CIE 1931 x, y
Primaries = tuple[Point, Point, Point, Point]  # red, green, blue, white
Numbers = NDArray[np.float32]

_D65 = (0.3127, 0.3290)
_C = (0.310, 0.316)
BT709: Primaries = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
# H.273, table 2.
PRIMARIES: dict[int, Primaries] = {
    1: BT709,
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    8: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
# H.273, table 3. BT.709's curve is a camera's; screens show it by BT.1886, with a power of 2.4.
CAMERA_CURVES = (1, 6, 14, 15)
TRANSFERS: dict[int, str | float] = {
    **dict.fromkeys((*CAMERA_CURVES, 11), 2.4),
    4: 2.2,
    5: 2.8,
    7: "smpte240m",
    8: 1.0,
    12: "srgb",
    13: "srgb",
    16: "pq",
    17: "dci",
    18: "hlg",
}
_UNSPECIFIED = 2

WHITE_NITS = 203.0  # reference white of PQ in cd/m2 (BT.2408, table 1)
_HLG_WHITE = 0.75  # the same of HLG, as a signal
# PQ (BT.2100, table 4).
_M1, _M2 = 2610 / 16384, 128 * 2523 / 4096
_C1, _C2, _C3 = 3424 / 4096, 32 * 2413 / 4096, 32 * 2392 / 4096
# HLG (BT.2100, table 5).
_A = 0.17883277
_B = 1 - 4 * _A
_HLG_C = 0.5 - _A * np.log(4 * _A)
# From XYZ to the responses of cones, for chromatic adaptation (Bradford; ICC.1:2022, annex E).
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_PIXELS_AT_ONCE = 2**18
_STEPS = 65536  # of light, where it is looked up which 8 bits it is


@dataclass(frozen=True)
class ColorSpace:
    """What the numbers of a picture mean.

    `transfer` says how values of 0 to 1 become light: a power, "srgb", "pq", "hlg", "smpte240m" or
    "dci".
    """

    primaries: Primaries = BT709
    transfer: str | float = "srgb"

    @property
    def is_srgb(self) -> bool:
        """Whether there is nothing to convert."""
        return self == ColorSpace()

    @property
    def needs_depth(self) -> bool:
        """Whether 8 bits of it are too few: its steps are not even to the eye, as sRGB's are."""
        return self.transfer != "srgb"

    def to_srgb(self, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Convert (H, W, 3) of 8 or 16 bits to sRGB of 8 bits.

        Light above reference white is tone mapped; colours outside of sRGB are clipped, as in
        browsers.
        """
        values = np.iinfo(pixels.dtype).max
        light = light_of(self.transfer, np.linspace(0, 1, values + 1)).astype(np.float32)
        peak = float(light[int(pixels.max(initial=0))])
        matrix = to_bt709(self.primaries).T.astype(np.float32)
        encode = _encoded(np.linspace(0, 1, _STEPS))
        result = np.empty(pixels.shape, np.uint8)
        rows = max(1, _PIXELS_AT_ONCE // max(1, pixels.shape[1]))
        for top in range(0, len(pixels), rows):
            part = light[pixels[top : top + rows]]
            if peak > 1:
                part *= _tone_mapped(part.max(2, keepdims=True), peak)
            part = (part @ matrix).clip(0, 1)
            result[top : top + rows] = encode[(part * (_STEPS - 1) + 0.5).astype(np.uint16)]
        return result


def from_cicp(primaries: int, transfer: int) -> ColorSpace | None:
    """The colour space of two code points of H.273; None where nothing is known of them."""
    if (primaries, transfer) == (_UNSPECIFIED, _UNSPECIFIED):
        return None
    points = BT709 if primaries == _UNSPECIFIED else PRIMARIES.get(primaries)
    curve = "srgb" if transfer == _UNSPECIFIED else TRANSFERS.get(transfer)
    if points is None or curve is None:
        return None
    return ColorSpace(points, curve)


def light_of(transfer: str | float, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The light of values from 0 to 1, where 1 is that of reference white."""
    if not isinstance(transfer, str):
        return np.asarray(values**transfer)
    curves: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
        "srgb": lambda v: np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4),
        "pq": lambda v: nits_of_pq(v) / WHITE_NITS,
        "hlg": lambda v: scene_of_hlg(v) / float(scene_of_hlg(np.array(_HLG_WHITE))),
        # SMPTE ST 240, as H.273 has it
        "smpte240m": lambda v: np.where(v < 0.0913, v / 4, ((v + 0.1115) / 1.1115) ** (1 / 0.45)),
        "dci": lambda v: 52.37 / 48 * v**2.6,  # SMPTE ST 428-1
    }
    return curves[transfer](values)


def nits_of_pq(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light in cd/m2 of a PQ signal (BT.2100, table 4: the EOTF)."""
    root = signal ** (1 / _M2)
    light: NDArray[np.float64] = 10_000 * (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (
        1 / _M1
    )
    return light


def pq_of_nits(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The PQ signal of light in cd/m2, the inverse of `nits_of_pq`."""
    power = (nits / 10_000) ** _M1
    signal: NDArray[np.float64] = ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
    return signal


def scene_of_hlg(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light of the scene of an HLG signal, 0 to 1 (BT.2100, table 5: the inverse OETF).

    Shown as it is: the system gamma is 1 for screens of about 330 cd/m2, and SDR is seen on such.
    """
    high = (np.exp((signal - _HLG_C) / _A) + _B) / 12
    return np.where(signal <= 0.5, signal**2 / 3, high)


def to_bt709(primaries: Primaries) -> NDArray[np.float64]:
    """The matrix (3, 3) from linear RGB to linear RGB of BT.709's primaries and white."""
    source, target = _to_xyz(primaries), _to_xyz(BT709)
    cones = [_BRADFORD @ _xyz(white) for white in (primaries[3], BT709[3])]
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(cones[1] / cones[0]) @ _BRADFORD
    matrix: NDArray[np.float64] = np.linalg.inv(target) @ adapted @ source
    return matrix


def _to_xyz(primaries: Primaries) -> NDArray[np.float64]:
    """The matrix from RGB to XYZ that makes white of ones (SMPTE RP 177)."""
    columns = np.stack([_xyz(point) for point in primaries[:3]], axis=1)
    matrix: NDArray[np.float64] = columns * np.linalg.solve(columns, _xyz(primaries[3]))
    return matrix


def _xyz(point: Point) -> NDArray[np.float64]:
    x, y = point
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _encoded(light: NDArray[np.float64]) -> NDArray[np.uint8]:
    """sRGB's 8 bits of light from 0 to 1 (IEC 61966-2-1)."""
    curve = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    rounded: NDArray[np.uint8] = np.rint(curve * 255).astype(np.uint8)
    return rounded


def _tone_mapped(brightest: Numbers, peak: float) -> Numbers:
    """By what to multiply pixels, of their brightest channel, so that a peak above 1 becomes 1.

    The curve is BT.2390-11's, section 5.4.1: straight up to a knee, then a spline, all in PQ. The
    nearer the peak is to white, the more stays as it is; a picture without highlights stays whole.
    """
    top = float(pq_of_nits(np.array(peak * WHITE_NITS)))
    nodes = np.linspace(0, 1, 1024)
    white = float(pq_of_nits(np.array(WHITE_NITS))) / top
    knee = 1.5 * white - 0.5
    t = (nodes - knee).clip(0) / (1 - knee)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (3 * t**2 - 2 * t**3) * white
    )
    mapped = np.where(nodes < knee, nodes, spline)
    before, after = (nits_of_pq(values * top) / WHITE_NITS for values in (nodes, mapped))
    factors = np.divide(after, before, out=np.ones_like(after), where=before > 1e-6)
    return np.interp(brightest, before, factors).astype(np.float32)
