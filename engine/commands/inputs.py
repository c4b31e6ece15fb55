"""Reads what `muralscape paint` is given: styles with weights, and the pictures themselves."""

from collections.abc import Callable, Sequence
from pathlib import Path

from engine.decoding.pictures import picture_reader
from engine.errors import RequestRejected
from engine.ground import split
from engine.request import PaintSettings, StylizeRequest
from engine.scales import pixels_wanted


def weighted_style(text: str) -> tuple[Path, float]:
    """Split STYLE=0.7 into a path and a weight; a file of that very name comes first."""
    name, equals, weight = text.rpartition("=")
    if not equals or Path(text).exists():
        return Path(text), 1.0
    try:
        return Path(name), float(weight)
    except ValueError as error:
        if not Path(name).is_file():  # then the `=` belongs to the path of a file that is missing
            return Path(text), 1.0
        raise RequestRejected(f"The weight of {name} must be a number, not {weight!r}.") from error


def read_request(
    content: Path,
    styles: Sequence[Path],
    mask: Path | None,
    settings: PaintSettings,
    tell: Callable[[str], None],
) -> StylizeRequest:
    """Decode the pictures in a child; `tell` gets a sentence where a part of one is missing."""
    enough = pixels_wanted(settings)
    with picture_reader() as pictures:
        picture, alpha = split(
            pictures.read(content, enough=enough, with_alpha=True, tell=tell), settings.keep_alpha
        )
        return StylizeRequest(
            picture,
            tuple(pictures.read(path, enough=enough, tell=tell) for path in styles),
            settings,
            pictures.read(mask, enough=enough, tell=tell) if mask is not None else None,
            alpha,
        )
