"""Seconds of painting for each unit of work that are assumed of a device; see `work`."""

# Assumed before the first measurement: a recent GPU in FP16, and two CPU cores.
START_RATES = {"cuda": 0.05, "cpu": 25.0}  # seconds for a megapixel and step


def start_rate(device: str) -> float:
    """Give the assumed rate of a device that was never measured."""
    return START_RATES["cuda" if device.startswith("cuda") else "cpu"]
