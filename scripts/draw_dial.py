"""Paint the README's sheet of strengths and brushes: a portrait and a landscape in every setting.

    python scripts/draw_dial.py [docs/dial.webp] [--size 320]

Uses only pictures that the project ships.
"""

from pathlib import Path

import click
from settings_sheet import draw

from engine.request import BRUSHES, PaintSettings

STRENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0)


@click.command()
@click.argument("output", type=click.Path(path_type=Path), default=Path("docs/dial.webp"))
@click.option("--size", default=320, show_default=True, help="Pixels on the long side.")
def main(output: Path, size: int) -> None:
    """Paint every setting and write the sheet."""
    settings = {f"strength {number:g}": PaintSettings(strength=number) for number in STRENGTHS}
    settings |= {f"brush {brush}": PaintSettings(brush=brush) for brush in BRUSHES}
    draw(settings, output, size)


if __name__ == "__main__":
    main()
