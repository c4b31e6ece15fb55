"""Requests with other settings, pictures as numbers, and damaged checkpoints, for tests."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from engine.request import StylizeRequest


def having(request: StylizeRequest, **settings: object) -> StylizeRequest:
    """The same pictures with other settings."""
    return replace(request, settings=replace(request.settings, **settings))  # type: ignore[arg-type]


def pixels(picture: Image.Image) -> np.ndarray:
    """A picture as integers, (H, W, 3)."""
    return np.asarray(picture).astype(int)


def damage(checkpoint: Path, part: str, name: str, value: object) -> None:
    """Write another value into a part of a checkpoint, "stepper" or "log"; None takes it out."""
    values = torch.load(checkpoint, weights_only=True)
    values[part][name] = value
    if value is None:
        del values[part][name]
    torch.save(values, checkpoint)
