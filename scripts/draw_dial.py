"""Paint the README's sheet of strengths and brushes: a portrait and a landscape in every setting.

    python scripts/draw_dial.py [docs/dial.jpg] [--size 320]

Uses only pictures that the project ships.
"""

from dataclasses import replace
from pathlib import Path

import click
from PIL import Image, ImageDraw, ImageFont, ImageOps

from engine import images
from engine.request import BRUSHES, PaintSettings, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.stylize import stylize
from engine.vgg19 import load_encoder

PAIRS = (("astronaut", "whirling_night"), ("mountains", "whirling_night"))
STRENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
GAP, LABEL = 8, 30  # pixels
PAPER, INK = "#f6f4ef", "#333333"


@click.command()
@click.argument("output", type=click.Path(path_type=Path), default=Path("docs/dial.jpg"))
@click.option("--size", default=320, show_default=True, help="Pixels on the long side.")
def main(output: Path, size: int) -> None:
    """Paint every setting and write the sheet: a column a setting, a row a pair."""
    encoder = load_encoder("bundled")
    pictures = {sample.name: images.read(sample.path) for sample in (*CONTENTS, *STYLES)}
    settings = {
        f"strength {strength:g}": PaintSettings(strength=strength) for strength in STRENGTHS
    }
    settings |= {f"brush {brush}": PaintSettings(brush=brush) for brush in BRUSHES}
    cell = (size, size * 3 // 4)
    columns = (len(settings) + 1) // 2
    rows = 2 * len(PAIRS)
    sheet = Image.new(
        "RGB", (columns * (cell[0] + GAP) + GAP, rows * (cell[1] + LABEL + GAP) + GAP), PAPER
    )
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(20)
    for number, (label, options) in enumerate(settings.items()):
        for row, (content, style) in enumerate(PAIRS):
            wanted = replace(options, size=size)
            request = StylizeRequest(pictures[content], (pictures[style],), wanted)
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
