"""Seconds of painting per megapixel and step: a guess for each device, and the work to multiply."""

# Before anything is measured: a recent GPU in FP16, and two CPU cores.
START = {"cuda": 0.05, "cpu": 25.0}
FIXED_PIXELS = 64 * 64  # a step costs as much as these, however small the picture


def guess(device: str) -> float:
    """Give the rate of a device of which nothing was measured."""
    return START["cuda" if device.startswith("cuda") else "cpu"]


def work(size: int, steps: int) -> float:
    """Count the megapixels times steps of a square picture of `size` pixels a side."""
    return (size**2 + FIXED_PIXELS) * steps / 1e6
