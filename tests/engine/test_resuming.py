"""Paintings that were stopped and go on from their checkpoint."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.errors import CheckpointRejected, Stopped
from engine.request import Painting, PaintSettings, Progress, StylizeRequest
from engine.stylize import stylize
from engine.vgg19 import Encoder
from tests.engine.paintings import damage, having, pixels


def stop_at(
    step: int, request: StylizeRequest, encoder: Encoder, file: Path, resume: Path | None = None
) -> None:
    """Paint until a step is done, and leave a checkpoint."""
    done = 0

    def count(progress: Progress) -> None:
        nonlocal done
        done = progress.step

    with pytest.raises(Stopped, match=f"step {step} of "):
        stylize(
            request,
            encoder,
            on_progress=count,
            should_stop=lambda: done == step,
            checkpoint=file,
            resume=resume,
        )


@pytest.mark.parametrize("preset", ["mural", "seed", "gatys"])
def test_a_stopped_run_goes_on_to_the_same_picture(
    preset: str, small: StylizeRequest, encoder: Encoder, tmp_path: Path
) -> None:
    """Stopped in the middle of a scale and resumed, the picture is the uninterrupted one."""
    request, file = having(small, preset=preset), tmp_path / "nst_model.pth"
    whole = stylize(request, encoder)
    stop_at(3, request, encoder, file)
    stop_at(7, request, encoder, file, resume=file)
    assert [path.name for path in tmp_path.iterdir()] == ["nst_model.pth"]
    resumed = stylize(request, encoder, resume=file)

    assert resumed.outcome.curve == whole.outcome.curve
    assert np.abs(pixels(resumed.picture) - pixels(whole.picture)).max() <= 1


@pytest.fixture
def checkpoint(small: StylizeRequest, encoder: Encoder, tmp_path: Path) -> Path:
    """A checkpoint of the small painting at its third step."""
    file = tmp_path / "nst_model.pth"
    stop_at(3, small, encoder, file)
    return file


@pytest.fixture(scope="module")
def staged(content: Image.Image, style: Image.Image) -> StylizeRequest:
    """Two scales off the grid, with two searches each: steps 1, 11, 21 and 26 begin a stage."""
    strip = content.crop((0, 0, content.width, content.width // 4))
    return StylizeRequest(strip, (style, content), PaintSettings(
        size=90, steps=30, style_weights=(2.0, 1.0)
    ))  # fmt: skip


@pytest.fixture(scope="module")
def uninterrupted(staged: StylizeRequest, encoder: Encoder) -> Painting:
    """What nothing stopped."""
    painting = stylize(staged, encoder)
    assert painting.outcome.scale_starts == (1, 11, 21, 26)
    return painting


def test_every_stage_can_be_gone_on_from(
    staged: StylizeRequest, uninterrupted: Painting, encoder: Encoder, tmp_path: Path
) -> None:
    """Before, between and after the searches of each scale, to the uninterrupted picture."""
    file = tmp_path / "nst_model.pth"
    for step in (0, 6, 10, 20, 23, 25):
        stop_at(step, staged, encoder, file, resume=file if step else None)
    resumed = stylize(staged, encoder, resume=file)

    assert resumed.outcome.curve == uninterrupted.outcome.curve
    assert resumed.picture.tobytes() == uninterrupted.picture.tobytes()


def test_checkpoints_are_some_steps_apart(
    small: StylizeRequest, encoder: Encoder, tmp_path: Path
) -> None:
    """However quick the disk, not every step is written: a worker sends each checkpoint away."""
    file = tmp_path / "nst_model.pth"
    written: list[int] = []

    def look(progress: Progress) -> None:
        if file.exists() and (changed := file.stat().st_mtime_ns) not in written:
            written.append(changed)

    stylize(having(small, steps=12), encoder, on_progress=look, checkpoint=file)
    assert 1 <= len(written) <= 3


def test_a_checkpoint_meets_only_its_own_painting(
    small: StylizeRequest, encoder: Encoder, tmp_path: Path
) -> None:
    """Other options, a damaged file and a missing one are refused with a message."""
    file = tmp_path / "nst_model.pth"
    with pytest.raises(Stopped):
        stylize(small, encoder, should_stop=lambda: True, checkpoint=file)

    with pytest.raises(CheckpointRejected, match="another painting"):
        stylize(having(small, strength=2), encoder, resume=file)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(CheckpointRejected, match="damaged"):
        stylize(small, encoder, resume=file)
    with pytest.raises(CheckpointRejected, match="no checkpoint"):
        stylize(small, encoder, resume=tmp_path / "missing.pth")


@pytest.mark.parametrize(
    ("part", "name", "damaged"),
    [
        ("stepper", "canvas", None),
        ("stepper", "canvas", torch.zeros(1, 3, 4, 4)),
        ("stepper", "canvas", torch.full((1, 3, 48, 48), torch.nan)),
        ("stepper", "canvas", "a canvas"),
        ("stepper", "neighbours", None),
        ("stepper", "neighbours", torch.full((144,), 10**9)),
        ("stepper", "neighbours", torch.full((144,), -1)),
        ("stepper", "canvas", torch.zeros(1, 3, 48, 48).double()),
        ("stepper", "canvas", torch.zeros(1, 3, 48, 48, device="meta")),
        ("log", "scale", 7),
        ("log", "scale", -1),
        ("log", "totals", [1.0] * 99),
        ("log", "totals", [1.0, torch.nan, 1.0]),
        ("log", "totals", 1.0),
        ("log", "totals", ["much"]),
        ("log", "losses", [1.0]),
        ("log", "losses", [torch.inf] * 3),
        ("log", "scale", torch.inf),
        ("log", "repeated_steps", torch.inf),
        ("log", "repeated_steps", -1),
        ("log", "repeated_steps", 4),
        ("log", "seconds", None),
        pytest.param("log", "seconds", 10**400, id="log-seconds-huge"),
        ("log", "seconds", torch.nan),
        ("log", "seconds", -5),
    ],
)
def test_a_checkpoint_that_cannot_be_is_refused(
    part: str,
    name: str,
    damaged: object,
    checkpoint: Path,
    small: StylizeRequest,
    encoder: Encoder,
) -> None:
    """A worker may have written it: whatever stands in it, it ends in words and not in a loop."""
    damage(checkpoint, part, name, damaged)
    with pytest.raises(CheckpointRejected):
        stylize(small, encoder, resume=checkpoint)


@pytest.mark.parametrize(
    ("preset", "name", "damage_to"),
    [
        ("mural", "optimiser.moves", None),
        ("mural", "optimiser.moves", lambda moves: moves.fill_(torch.nan)),
        ("mural", "optimiser.changes_changes", lambda products: products.fill_(-torch.inf)),
        ("mural", "optimiser.gradient", Tensor.double),
        ("mural", "optimiser.place", lambda place: place.fill_(-1)),
        ("mural", "optimiser.place", lambda place: place.fill_(10**6)),
        ("seed", "optimiser.steps", lambda steps: steps.fill_(torch.nan)),
        ("seed", "optimiser.second", Tensor.neg),
    ],
)
def test_a_state_that_no_optimiser_has_is_refused(
    preset: str,
    name: str,
    damage_to: Callable[[Tensor], Tensor] | None,
    small: StylizeRequest,
    encoder: Encoder,
    tmp_path: Path,
) -> None:
    """The painting begins anew: it does not fail as if the weights were off."""
    request, file = having(small, preset=preset), tmp_path / "nst_model.pth"
    stop_at(3, request, encoder, file)
    saved = torch.load(file, weights_only=True)["stepper"][name]
    damage(file, "stepper", name, damage_to and damage_to(saved))
    with pytest.raises(CheckpointRejected, match="damaged"):
        stylize(request, encoder, resume=file)
