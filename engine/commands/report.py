"""What `muralscape paint` says of what it made: a sentence, or with `--json` an object."""

from pathlib import Path

from engine.errors import printable
from engine.motion.clip import Clip
from engine.request import PaintOutcome


def painting_as_json(
    outcome: PaintOutcome, output: Path
) -> dict[str, str | int | float | list[str]]:
    """What `--json` prints of a painting."""
    return {
        "output": str(output),
        "width": outcome.width,
        "height": outcome.height,
        "preset": outcome.preset,
        "steps": outcome.steps,
        "final_loss": outcome.losses.total,
        "content_loss": outcome.losses.content,
        "style_loss": outcome.losses.style,
        "seconds": round(outcome.seconds, 3),
        "device": outcome.device,
        "precision": outcome.precision,
        "weights": outcome.weights,
        "repeated_steps": outcome.repeated_steps,
        "notes": list(outcome.notes),
    }


def painting_in_words(outcome: PaintOutcome, output: Path) -> str:
    """What a person reads of a painting."""
    return (
        f"{printable(str(output))}: {outcome.width}x{outcome.height}, {outcome.preset}, "
        f"{_count(outcome.steps, 'step')} in {outcome.seconds:.1f} s, "
        f"final loss {outcome.losses.total:.6g} "
        f"({outcome.weights}; {outcome.device}, {outcome.precision})"
    )


def film_as_json(painted: Clip, clip: Clip, output: Path) -> dict[str, str | int | float]:
    """What `--json` prints of a film."""
    width, height = painted.frames[0].size
    return {
        "output": str(output),
        "width": width,
        "height": height,
        "frames": len(painted.frames),
        "frames_asked": len(clip.frames),
        "seconds_long": round(sum(painted.seconds), 3),
    }


def film_in_words(painted: Clip, clip: Clip, output: Path) -> str:
    """What a person reads of a film; `clip` is what it was painted from."""
    width, height = painted.frames[0].size
    done, asked = len(painted.frames), len(clip.frames)
    stopped = f", stopped after {done} of {asked}" if done < asked else ""
    frames = _count(done, "frame")
    seconds = f"{sum(painted.seconds):.1f} s long"
    return f"{printable(str(output))}: {width}x{height}, {frames}, {seconds}{stopped}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
