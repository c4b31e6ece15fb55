"""The pictures that come with the package: photographs to repaint, styles to repaint them in."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "bundled" / "pictures"


@dataclass(frozen=True)
class Sample:
    """A picture of the package; where it comes from is in CREDITS.md beside it."""

    name: str  # for commands and addresses, such as "whirling_night"
    title: str  # for people, such as "Whirling night"

    @property
    def path(self) -> Path:
        """Where its JPEG lies."""
        return FOLDER / f"{self.name}.jpg"


CONTENTS = (
    Sample("astronaut", "Eileen Collins, astronaut"),
    Sample("grace_hopper", "Grace Hopper, rear admiral"),
    Sample("cat", "Chelsea the cat"),
    Sample("coffee", "A cup of coffee"),
    Sample("rocket", "A rocket before its launch"),
    Sample("mountains", "Mountains in spring"),
    Sample("pagoda", "A pagoda by a lake"),
    Sample("dogs", "Two dogs at a door"),
)
STYLES = (
    Sample("whirling_night", "Whirling night"),
    Sample("burning_bay", "Burning bay"),
    Sample("river_in_dots", "River in dots"),
    Sample("ink_mountains", "Mountains in ink"),
    Sample("sunrise_window", "Sunrise window"),
    Sample("woodblock_waves", "Woodblock waves"),
    Sample("loud_poster", "Loud poster"),
    Sample("bold_sitter", "Bold sitter"),
    Sample("pencil_cat", "Cat in pencil"),
    Sample("watercolor_poppies", "Poppies in watercolour"),
)
