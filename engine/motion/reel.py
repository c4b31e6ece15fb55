"""The frames of a film that are painted, and what a later run needs to go on after them.

Whole canvases are kept of the last frame, and of the few that close a loop: a long film takes no
more memory than its pictures.
"""

import hashlib
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engine.checkpoint import Saved, fingerprint_of
from engine.errors import CheckpointRejected
from engine.logbook import seconds_in
from engine.motion.clip import Clip
from engine.motion.closing import frames_led_back
from engine.motion.strokes import Painted
from engine.request import StylizeRequest


class Reel:
    """Takes the frames of a film in order."""

    def __init__(self, total: int, loops: bool) -> None:
        """Take how many frames the film will have, and whether it will be closed."""
        self._total = total
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

    def restore(
        self, saved: Saved, size: tuple[int, int], can_be: Callable[[Painted], bool]
    ) -> None:
        """Go on from what `saved` gave.

        `size` is the pictures' width and height; `can_be` says whether a frame can be this film's.

        Raises CheckpointRejected.
        """
        tensors = saved.stepper
        try:
            pictures = tensors["pictures"]
            done, (width, height) = len(pictures), size
            if pictures.shape != (done, height, width, 3) or pictures.dtype != torch.uint8:
                raise ValueError("other pictures were expected")
            if not 1 <= done <= self._total:
                raise ValueError(f"{done} of {self._total} frames cannot be done")
            self.pictures = [Image.fromarray(one.numpy()) for one in pictures]
            self.last = _painted(tensors, -1, can_be)
            self.first = _painted(tensors, 0, can_be) if self._of_tail else None
            self.tail = {
                number: _painted(tensors, number, can_be)
                for number in self._of_tail
                if number < done
            }
            self.seconds = seconds_in(saved.log)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CheckpointRejected("The checkpoint is of no film, or damaged.") from error


def fingerprint_of_film(clip: Clip, like: StylizeRequest, weights: str) -> str:
    """A hash of all that decides a film, as `engine.checkpoint.fingerprint_of` is of a picture."""
    digest = hashlib.sha256(fingerprint_of(like, weights).encode())
    for frame in clip.frames:
        digest.update(frame.tobytes())
    digest.update(repr((clip.seconds, clip.loops)).encode())
    return digest.hexdigest()


def _painted(tensors: dict[str, Tensor], number: int, can_be: Callable[[Painted], bool]) -> Painted:
    """A frame that was kept. Raises KeyError without it, and ValueError where it cannot be."""
    painted = Painted(*(tensors[f"{name} {number}"] for name in ("content", "canvas", "places")))
    if not can_be(painted):
        raise ValueError(f"frame {number} was not painted so")
    return painted
