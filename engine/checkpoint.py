"""A painting's state on disk, from which it goes on as if it had never stopped."""

import errno
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.errors import CheckpointRejected, OutputRejected
from engine.files import written_whole
from engine.logbook import State
from engine.presets import settle
from engine.request import StylizeRequest
from engine.scales import plan_scales

# A file is written once the time since the last one is so many times what writing that one took...
PAUSE_PER_WRITE = 20.0
# ...and so many steps were taken: a worker on another machine sends each file away, which costs it
# and the server more than the writing does.
STEPS_PER_WRITE = 4
# By this the first file's writing is estimated, before anything was measured: a slow disk's.
BYTES_PER_SECOND = 200e6


@dataclass(frozen=True)
class Saved:
    """Everything that the steps still to come depend on."""

    fingerprint: str
    stepper: dict[str, Tensor]  # canvas (1, 3, H, W) float32, optimiser
    log: State  # losses, steps and seconds so far


def fingerprint_of(request: StylizeRequest, weights: str) -> str:
    """A hash of all that decides a painting, so that a checkpoint meets only its own.

    The preset goes in with what it says today: another version's checkpoint is another painting's.
    """
    digest = hashlib.sha256()
    masks = (request.mask,) if request.mask else ()
    around = request.surroundings
    surroundings = (around.paint, around.paint_mask, around.whole) if around else ()
    for picture in (request.content, *request.styles, *masks, *surroundings):
        digest.update(repr(picture.size).encode())
        digest.update(picture.tobytes())
    recipe, size, steps = settle(request.settings)
    settings = replace(request.settings, size=size, steps=steps)
    digest.update(repr((settings, recipe, plan_scales(request), weights)).encode())
    return digest.hexdigest()


class CheckpointWriter:
    """Writes checkpoints to one path, seldom enough to cost a painting under 5 % of its time."""

    def __init__(
        self,
        path: Path,
        step: int = 0,
        clock: Callable[[], float] = time.monotonic,
        on_fault: Callable[[str], None] | None = None,
        steps_per_write: int = STEPS_PER_WRITE,
    ) -> None:
        """Take the step that the painting begins at, of which nothing need be kept.

        After a fault that `on_fault` was told, nothing is due any more.
        """
        self._on_fault = on_fault
        self._has_failed = False
        self._path = path
        self._clock = clock
        self._began = clock()
        self._next_at: float | None = None  # None before the first file
        self._steps_per_write = steps_per_write
        self._next_step = step + steps_per_write

    def due(self, step: int, state: Mapping[str, Tensor]) -> bool:
        """Whether it is time to write a state, after so many steps."""
        if step < self._next_step or self._has_failed:
            return False
        if self._next_at is None:
            seconds = sum(tensor.nbytes for tensor in state.values()) / BYTES_PER_SECOND
            return self._clock() >= self._began + PAUSE_PER_WRITE * seconds
        return self._clock() >= self._next_at

    def write(self, step: int, saved: Saved, *, is_last: bool = False) -> None:
        """Write the file whole or not at all.

        Raises OutputRejected where it cannot be written and nobody is told, or this is the last.
        """
        began = self._clock()
        try:
            with written_whole(self._path) as partial:
                _save(vars(saved), partial)
        except OutputRejected as error:
            if self._on_fault is None or is_last:
                raise
            self._has_failed = True
            self._on_fault(str(error))
        now = self._clock()
        self._next_at = now + PAUSE_PER_WRITE * (now - began)
        self._next_step = step + self._steps_per_write


def _save(values: Mapping[str, Any], path: Path) -> None:
    """Write as `torch.save` does. Raises OSError, also where torch says it in its own way."""
    try:
        torch.save(values, path)
    except RuntimeError as error:  # such as of a full disk
        raise OSError(errno.EIO, str(error).splitlines()[0]) from error


def read_checkpoint(path: Path, expected: str) -> Saved:
    """Read what `CheckpointWriter` wrote; `expected` is the fingerprint of the painting to go on.

    Raises CheckpointRejected for a missing or damaged file and for another painting's.
    """
    values = read_values(path)
    try:
        saved = Saved(**{field.name: values[field.name] for field in fields(Saved)})
    except (KeyError, TypeError) as error:
        raise CheckpointRejected(f"{path} is no checkpoint of a painting.") from error
    if not isinstance(saved.log, dict) or not isinstance(saved.stepper, dict):
        raise CheckpointRejected(f"{path} is no checkpoint of a painting.")
    if not all(_is_plain(value) for value in saved.stepper.values()):
        raise CheckpointRejected(f"{path} is no checkpoint of a painting.")
    if saved.fingerprint != expected:
        raise CheckpointRejected(
            f"{path} belongs to another painting: give the same pictures, options and weights."
        )
    return saved


def _is_plain(value: object) -> bool:
    """Whether a value is a tensor of numbers in memory: not sparse, nested, meta or a parameter."""
    return (
        type(value) is Tensor
        and value.layout == torch.strided
        and value.device.type == "cpu"
        and not value.is_nested
        and not value.requires_grad
    )


def read_values(path: Path) -> dict[str, Any]:
    """Read a dictionary that `torch.save` wrote, on the CPU; no code in the file is run.

    Raises CheckpointRejected where the file is missing or damaged.
    """
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointRejected(f"There is no checkpoint at {path}.") from error
    except Exception as error:  # a damaged file makes torch raise whatever it pleases
        raise CheckpointRejected(f"{path} is no checkpoint of Muralscape, or damaged.") from error
    if not isinstance(values, dict):
        raise CheckpointRejected(f"{path} is no checkpoint of Muralscape.")
    return values
