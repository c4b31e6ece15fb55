"""Seconds of painting per megapixel and step: what is assumed, and the work to multiply with."""

# Assumed before the first measurement: a recent GPU in FP16, and two CPU cores.
START_RATES = {"cuda": 0.05, "cpu": 25.0}
FIXED_PIXELS = 64 * 64  # a step has a fixed cost, as much as that of so many pixels


def start_rate(device: str) -> float:
    """Give the assumed rate of a device that was never measured."""
    return START_RATES["cuda" if device.startswith("cuda") else "cpu"]


def work(size: int, steps: int) -> float:
    """Count the megapixels times steps of a square picture of `size` pixels."""
    return steps * (size**2 + FIXED_PIXELS) / 1e6
