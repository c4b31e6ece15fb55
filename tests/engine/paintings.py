"""Requests with other settings, and pictures as numbers, for tests of whole paintings."""

from dataclasses import replace

import numpy as np
from PIL import Image

from engine.request import StylizeRequest


def having(request: StylizeRequest, **settings: object) -> StylizeRequest:
    """The same pictures with other settings."""
    return replace(request, settings=replace(request.settings, **settings))  # type: ignore[arg-type]


def pixels(picture: Image.Image) -> np.ndarray:
    """A picture as integers, (H, W, 3)."""
    return np.asarray(picture).astype(int)
