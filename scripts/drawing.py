"""What the style pictures are drawn with: noise, palettes, flow.

Lengths are pixels of the finished picture.
Colours are sRGB in [0, 1], arrays float32, x to the right and y down.
Everything random comes from a generator that is passed in, so a seed gives the same picture.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Rng = np.random.Generator


def grid(height: int, width: int) -> tuple[Array, Array]:
    """Return x and y of every pixel, (H, W) each, in units of the height: y in [0, 1)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    return x, y


def noise(rng: Rng, height: int, width: int, feature: float, slope: float = 1.5) -> Array:
    """Return tileable fractal noise, (H, W), mean 0 and deviation 1.

    Its spectrum falls with the power `slope` above one wave per `feature` pixels.
    """
    fy = np.fft.fftfreq(height)[:, None] * feature
    fx = np.fft.rfftfreq(width)[None, :] * feature
    envelope = (1 + fy**2 + fx**2) ** (-slope / 2 - 0.5)
    spectrum = np.fft.rfft2(rng.standard_normal((height, width))) * envelope
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, (height, width))
    return (field / field.std()).astype(np.float32)


def blur(field: Array, radius: float) -> Array:
    """Return an (H, W) or (H, W, C) field after a Gaussian blur of deviation `radius` pixels."""
    pad = int(3 * radius) + 1
    edges = [(pad, pad), (pad, pad)] + [(0, 0)] * (field.ndim - 2)
    padded = np.pad(field, edges, mode="edge")
    fy = np.fft.fftfreq(padded.shape[0])[:, None]
    fx = np.fft.rfftfreq(padded.shape[1])[None, :]
    kernel = np.exp(-2 * (np.pi * radius) ** 2 * (fy**2 + fx**2))
    kernel = kernel.reshape(kernel.shape + (1,) * (field.ndim - 2))
    spectrum = np.fft.rfft2(padded, axes=(0, 1)) * kernel
    smooth = np.fft.irfft2(spectrum, padded.shape[:2], axes=(0, 1))
    return smooth[pad:-pad, pad:-pad].astype(np.float32)


def palette(t: Array | float, *colors: str) -> Array:
    """Return colours between evenly spaced stops ("#rrggbb") at `t` in [0, 1], (..., 3)."""
    stops = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colors]) / 255
    at = np.clip(np.asarray(t), 0, 1) * (len(stops) - 1)
    low = np.minimum(at.astype(int), len(stops) - 2)
    part = (at - low)[..., None]
    return (stops[low] * (1 - part) + stops[low + 1] * part).astype(np.float32)


def smoothstep(low: float, high: float, x: Array) -> Array:
    """Return 0 below `low`, 1 above `high` and a smooth ramp between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def mix(a: Array, b: Array, part: Array) -> Array:
    """Return colours `a` (H, W, 3) turned into `b` where `part` (H, W) is 1."""
    return (a + (b - a) * part[..., None]).astype(np.float32)


def streaked(field: Array, angle: Array, length: float, steps: int = 16) -> Array:
    """Return a field (H, W) averaged along the lines that follow `angle`, `length` pixels long.

    Line integral convolution: Cabral and Leedom, SIGGRAPH 1993. Mean 0 and deviation 1.
    """
    height, width = field.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    total = field.copy()
    for step in (-length / (2 * steps), length / (2 * steps)):
        y, x = rows, columns
        for _ in range(steps):
            there = angle[pixels(y, height), pixels(x, width)]
            y, x = y + step * np.sin(there), x + step * np.cos(there)
            total += field[pixels(y, height), pixels(x, width)]
    total -= total.mean()
    return (total / total.std()).astype(np.float32)


def pixels(places: NDArray[Any], count: int) -> NDArray[Any]:
    """Return the nearest of `count` rows or columns."""
    return np.clip(places, 0, count - 1).astype(np.int32)
