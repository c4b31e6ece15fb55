"""The frames of a film that are painted, and what a later run needs to go on after them.

Whole canvases are kept of the last frame, and of the few that close a loop: a long film takes no
more memory than its pictures.
"""

import hashlib

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engine.checkpoint import Saved, fingerprint_of
from engine.errors import CheckpointRejected
from engine.motion.clip import Clip
from engine.motion.closing import frames_led_back
from engine.motion.strokes import Painted
from engine.request import StylizeRequest


class Reel:
    """Takes the frames of a film in order."""

    def __init__(self, total: int, loops: bool) -> None:
        """Take how many frames the film will have, and whether it will be closed."""
        led_back = frames_led_back(total) if loops else 0
        self._of_tail = range(total - led_back, total)
        self.pictures: list[Image.Image] = []
        self.seconds = 0.0  # of painting
        self.last: Painted | None = None
        self.first: Painted | None = None  # of a loop
        self.tail: dict[int, Painted] = {}  # of a loop, by the frame's number

    def add(self, picture: Image.Image, painted: Painted, seconds: float) -> None:
        """Take the next frame, after so many seconds of painting."""
        number = len(self.pictures)
        if self._of_tail and number == 0:
            self.first = painted
        if number in self._of_tail:
            self.tail[number] = painted
        self.last, self.seconds = painted, seconds
        self.pictures.append(picture)

    def saved(self, fingerprint: str) -> Saved:
        """What `restore` takes, with the fingerprint of the film."""
        kept = {-1: self.last, 0: self.first, **self.tail}
        tensors = {
            f"{name} {number}": getattr(painted, name)
            for number, painted in kept.items()
            if painted is not None
            for name in ("content", "canvas", "places")
        }
        pixels = [torch.from_numpy(np.array(picture)) for picture in self.pictures]
        tensors["pictures"] = torch.stack(pixels)
        return Saved(fingerprint, tensors, {"seconds": self.seconds})

    def restore(self, saved: Saved) -> None:
        """Go on from what `saved` gave. Raises CheckpointRejected."""
        tensors = saved.stepper
        try:
            self.pictures = [Image.fromarray(one.numpy()) for one in tensors["pictures"]]
            self.last = _painted(tensors, -1)
            self.first = _painted(tensors, 0) if "canvas 0" in tensors else None
            self.tail = {
                number: _painted(tensors, number)
                for number in self._of_tail
                if f"canvas {number}" in tensors
            }
            self.seconds = float(saved.log["seconds"])  # type: ignore[arg-type]  # as it was saved
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointRejected("The checkpoint is of no film, or damaged.") from error


def fingerprint_of_film(clip: Clip, like: StylizeRequest, weights: str) -> str:
    """A hash of all that decides a film, as `engine.checkpoint.fingerprint_of` is of a picture."""
    digest = hashlib.sha256(fingerprint_of(like, weights).encode())
    for frame in clip.frames:
        digest.update(frame.tobytes())
    digest.update(repr((clip.seconds, clip.loops)).encode())
    return digest.hexdigest()


def _painted(tensors: dict[str, Tensor], number: int) -> Painted:
    content, canvas, places = (
        tensors[f"{name} {number}"] for name in ("content", "canvas", "places")
    )
    return Painted(content, canvas, places)
