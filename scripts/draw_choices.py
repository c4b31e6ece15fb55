"""Paint the sheet of docs/painting.md: what `mural` would be without each choice that it makes.

    python scripts/draw_choices.py [docs/choices.webp] [--size 320]

Uses only pictures that the project ships.
"""

from dataclasses import replace
from pathlib import Path

import click
from settings_sheet import draw

from engine.presets import MATCHING, MURAL, PRESETS, Preset
from engine.request import PaintSettings

CHOICES = {
    "mural": MURAL,
    "no last touch": replace(MURAL, matching=replace(MATCHING, touch=0.0)),
    "no price of crowding": replace(MURAL, matching=replace(MATCHING, crowding=0.0)),
    "no share of the content": replace(
        MURAL, matching=replace(MATCHING, content_share=(0.0, 0.0), unlike_share=0.0)
    ),
    "no Gram loss": replace(MURAL, style_weight=0.0),
    "one search a scale": replace(MURAL, matching=replace(MATCHING, searches=1)),
    "from 128 pixels on": replace(MURAL, coarsest=128),
    "relu1_1 fitted too": replace(MURAL, content_taps={"relu1_1": 1.0, **MURAL.content_taps}),
}


@click.command()
@click.argument("output", type=click.Path(path_type=Path), default=Path("docs/choices.webp"))
@click.option("--size", default=320, show_default=True, help="Pixels on the long side.")
def main(output: Path, size: int) -> None:
    """Paint every choice and write the sheet."""
    for label, recipe in CHOICES.items():
        PRESETS.setdefault(label, Preset(label, label, size, PRESETS["mural"].steps, recipe))
    draw({label: PaintSettings(preset=label) for label in CHOICES}, output, size)


if __name__ == "__main__":
    main()
