"""Checks of what painters report: an engine process or a worker may be damaged, or taken over."""

import math
from dataclasses import replace

from bot.executors.contract import PaintProgress
from bot.texts import clean
from engine.errors import Wording
from engine.motion.clip import MOST_FRAMES
from engine.request import LARGEST_SIDE, LARGEST_STEPS, PaintOutcome

LONGEST_TEXT = 100  # characters: of a device, of weights
LONGEST_SENTENCE = 300  # characters; members read why a painting failed
LARGEST_PREVIEW = 256 * 1024  # bytes


def checked_outcome(outcome: PaintOutcome) -> PaintOutcome:
    """Clean the texts of an outcome. Raises ValueError for numbers that no painting has."""
    losses = (outcome.losses.total, outcome.losses.content, outcome.losses.style)
    numbers = (*losses, *(loss for _, loss in outcome.curve), outcome.seconds)
    steps = (outcome.steps, outcome.repeated_steps, *outcome.scale_starts)
    if not all(math.isfinite(number) for number in numbers) or outcome.seconds < 0:
        raise ValueError("not the numbers of a painting")
    if not all(1 <= side <= LARGEST_SIDE for side in (outcome.width, outcome.height)):
        raise ValueError("not the size of a painting")
    if not 0 <= outcome.frames <= outcome.frames_asked <= MOST_FRAMES:
        raise ValueError("not the frames of a film")
    if not all(0 <= step <= LARGEST_STEPS for step in (*steps, *(at for at, _ in outcome.curve))):
        raise ValueError("not the steps of a painting")
    if max(len(outcome.curve), len(outcome.scale_starts)) > LARGEST_STEPS:
        raise ValueError("not the curve of a painting")
    texts = {
        name: short_text(text) for name, text in vars(outcome).items() if isinstance(text, str)
    }
    wordings = tuple(map(checked_wording, outcome.wordings))
    return replace(outcome, **texts, wordings=wordings)  # type: ignore[arg-type]  # as its fields


def check_progress(progress: PaintProgress) -> None:
    """Raise ValueError for numbers that no painting has."""
    losses = (progress.loss, progress.content_loss, progress.style_loss)
    times = (progress.seconds, progress.seconds_left)
    if not all(math.isfinite(number) for number in (*losses, *times)) or min(times) < 0:
        raise ValueError("not the numbers of a painting")
    if not 0 <= progress.step <= progress.total_steps <= LARGEST_STEPS:
        raise ValueError("not the steps of a painting")


def checked_preview(data: bytes) -> bytes:
    """Give a preview. Raises ValueError for anything but a small JPEG."""
    if not data.startswith(b"\xff\xd8\xff") or len(data) > LARGEST_PREVIEW:
        raise ValueError("not a preview")
    return data


def checked_wording(wording: Wording) -> Wording:
    """Clean the values of a sentence. Its template is looked up, and never shown itself."""
    return Wording(
        wording.template,
        {
            name: short_text(value) if isinstance(value, str) else value
            for name, value in wording.values.items()
        },
    )


def checked_sentence(text: str) -> str:
    """Clean a sentence that members read, and cut it."""
    return clean(text)[:LONGEST_SENTENCE].rstrip()


def short_text(text: str) -> str:
    """Clean a text that members or hosts read, and cut it."""
    return clean(text)[:LONGEST_TEXT].rstrip()
