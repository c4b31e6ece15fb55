"""When checkpoints are written: never at the first step, and seldom where they are large."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from engine.checkpoint import BYTES_PER_SECOND, PAUSE_PER_WRITE, CheckpointWriter, Saved
from engine.request import PaintSettings, Progress, StylizeRequest
from engine.stylize import stylize
from engine.vgg19 import Encoder

SMALL = {"canvas": torch.zeros(1)}


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_the_first_step_is_not_worth_a_file(
    content: Image.Image, style: Image.Image, encoder: Encoder, tmp_path: Path
) -> None:
    """A painting that has only begun leaves nothing; after some steps there is a file."""
    file, there = tmp_path / "state.pth", []

    def look(_: Progress) -> None:
        there.append(file.exists())

    request = StylizeRequest(content, (style,), PaintSettings("gatys", 32, 8))
    stylize(request, encoder, on_progress=look, checkpoint=file)
    assert there[:3] == [False] * 3
    assert there[-1]


@pytest.mark.parametrize("begins_at", [0, 37])
def test_some_steps_lie_before_the_first_file(begins_at: int, tmp_path: Path) -> None:
    """From wherever the painting begins: what a checkpoint held need not be kept again."""
    clock = Clock()
    writer = CheckpointWriter(tmp_path / "state.pth", begins_at, clock)
    clock.now += 1
    due = [step - begins_at for step in range(begins_at, begins_at + 9) if writer.due(step, SMALL)]
    assert due == [4, 5, 6, 7, 8]


def test_a_large_state_waits_for_as_long_as_it_takes(tmp_path: Path) -> None:
    """Gigabytes are not written after seconds: the pause is in proportion, from the first on."""
    clock = Clock()
    writer = CheckpointWriter(tmp_path / "state.pth", 0, clock)
    large = {"canvas": torch.empty(2**32, dtype=torch.uint8, device="meta")}
    pause = PAUSE_PER_WRITE * 2**32 / BYTES_PER_SECOND
    clock.now += pause - 1
    assert not writer.due(4, large)
    assert writer.due(4, SMALL)
    clock.now += 2
    assert writer.due(4, large)


def test_later_files_wait_by_what_the_last_one_took(tmp_path: Path) -> None:
    """A file that took three seconds is followed by a minute without one."""
    clock = Clock()

    class Slow(dict[str, torch.Tensor]):
        """A state that takes three seconds to be pickled."""

        def __reduce__(self) -> tuple[object, ...]:
            clock.now += 3
            return dict, ()

    writer = CheckpointWriter(tmp_path / "state.pth", 0, clock)
    writer.write(4, Saved("mark", Slow(), {}))
    clock.now += 3 * PAUSE_PER_WRITE - 1
    assert not writer.due(20, SMALL)
    clock.now += 2
    assert writer.due(20, SMALL)
