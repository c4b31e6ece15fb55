"""What an engine needs, as far as that shows without torch, which takes seconds to import."""

import ctypes
from importlib.metadata import version

from bot.errors import EngineUnusable
from bot.executors.engine_process import EngineSetup
from engine import weights
from engine.errors import WeightsRejected

DRIVER = "libcuda.so.1"  # NVIDIA's; without it torch finds no GPU


def check_setup(setup: EngineSetup) -> None:
    """Check that the weights and the card's driver are there.

    The engine's process finds the same and more, but only once the bot has logged in to Discord,
    which allows a bot a thousand log-ins a day. Raises `EngineUnusable`.
    """
    try:
        weights.find(setup.weights)
    except WeightsRejected as error:
        raise EngineUnusable(str(error)) from None
    on_a_card = setup.device.startswith("cuda") and "rocm" not in version("torch")
    if on_a_card and not has_driver():
        raise EngineUnusable(
            f"there is no device {setup.device!r} here: NVIDIA's driver ({DRIVER}) is missing; "
            "install it, in Docker the NVIDIA Container Toolkit with compose.gpu.yaml, or set "
            "engine.device to cpu"
        )


def has_driver() -> bool:
    """Whether NVIDIA's driver can be loaded."""
    try:
        ctypes.CDLL(DRIVER)
    except OSError:
        return False
    return True
