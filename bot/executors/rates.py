"""How fast a device is assumed to paint until that has been measured."""

# Seconds per megapixel and step (`engine.work`), of a recent GPU in FP16 and of two CPU cores.
START_RATES = {"cuda": 0.05, "cpu": 25.0}


def start_rate(device: str) -> float:
    """Give the assumed rate of a device that was never measured."""
    return START_RATES["cuda" if device.startswith("cuda") else "cpu"]
