"""Paint the sheet of docs/painting.md: what `mural` would be without each choice that it makes.

    python scripts/draw_choices.py [docs/choices.jpg] [--size 320]

Uses only pictures that the project ships.
"""

from dataclasses import replace
from pathlib import Path

import click
from PIL import Image, ImageDraw, ImageFont, ImageOps

from engine import images
from engine.presets import MATCHING, MURAL, PRESETS, Preset
from engine.request import PaintSettings, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.stylize import stylize
from engine.vgg19 import load_encoder

PAIRS = (("astronaut", "whirling_night"), ("mountains", "whirling_night"))
GAP, LABEL = 8, 30  # pixels
PAPER, INK = "#f6f4ef", "#333333"


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
@click.argument("output", type=click.Path(path_type=Path), default=Path("docs/choices.jpg"))
@click.option("--size", default=320, show_default=True, help="Pixels on the long side.")
def main(output: Path, size: int) -> None:
    """Paint every choice and write the sheet: a column a choice, a row a pair."""
    encoder = load_encoder("bundled")
    pictures = {sample.name: images.read(sample.path) for sample in (*CONTENTS, *STYLES)}
    cell, columns = (size, size * 3 // 4), 4
    width = columns * (cell[0] + GAP) + GAP
    height = -(-len(CHOICES) // columns) * len(PAIRS) * (cell[1] + LABEL + GAP) + GAP
    sheet = Image.new("RGB", (width, height), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(20)
    for number, (label, recipe) in enumerate(CHOICES.items()):
        PRESETS[label] = Preset(label, label, size, PRESETS["mural"].steps, recipe)
        for row, (content, style) in enumerate(PAIRS):
            request = StylizeRequest(
                pictures[content], (pictures[style],), PaintSettings(preset=label)
            )
            painting = stylize(request, encoder)
            click.echo(f"{label}, {content}: {painting.outcome.seconds:.0f} s")
            left = GAP + number % columns * (cell[0] + GAP)
            top = GAP + (number // columns * len(PAIRS) + row) * (cell[1] + LABEL + GAP)
            draw.text((left, top), label, fill=INK, font=font)
            fitted = ImageOps.fit(painting.picture, cell, centering=(0.5, 0.0))
            sheet.paste(fitted, (left, top + LABEL))
    output.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(output, quality=88, progressive=True)


if __name__ == "__main__":
    main()
