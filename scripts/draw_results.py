"""Paint the README's sheet of results: each painting with the two pictures that it was made of.

    python scripts/draw_results.py [docs/results.webp] [--size 512]

Uses only pictures that the project ships.
"""

from pathlib import Path

import click
from PIL import Image, ImageDraw, ImageOps

from engine import images
from engine.request import DEFAULT_PRESET, PaintSettings, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.stylize import stylize
from engine.vgg19 import load_encoder

PAIRS = (
    ("cat", "sunrise_window"),
    ("astronaut", "whirling_night"),
    ("pagoda", "woodblock_waves"),
    ("mountains", "burning_bay"),
    ("grace_hopper", "pencil_cat"),
    ("coffee", "watercolor_poppies"),
)
COLUMNS = 3
CELL = (420, 420)  # of a painting, pixels
INSET = 104  # side of the two source pictures
GAP = 10
PAPER = "#f6f4ef"


@click.command()
@click.argument("output", type=click.Path(path_type=Path), default=Path("docs/results.webp"))
@click.option("--size", default=512, show_default=True, help="Pixels on the long side.")
@click.option("--preset", default=DEFAULT_PRESET, show_default=True)
def main(output: Path, size: int, preset: str) -> None:
    """Paint every pair and write the sheet."""
    encoder = load_encoder("bundled")
    pictures = {sample.name: images.read(sample.path) for sample in (*CONTENTS, *STYLES)}
    rows = -(-len(PAIRS) // COLUMNS)
    width, height = (n * (side + GAP) + GAP for n, side in zip((COLUMNS, rows), CELL, strict=True))
    sheet = Image.new("RGB", (width, height), PAPER)
    for number, (content, style) in enumerate(PAIRS):
        request = StylizeRequest(
            pictures[content], (pictures[style],), PaintSettings(preset=preset, size=size)
        )
        painting = stylize(request, encoder)
        outcome = painting.outcome
        click.echo(f"{content} in {style}: {outcome.seconds:.0f} s, {outcome.losses.total:.3f}")
        left = GAP + number % COLUMNS * (CELL[0] + GAP)
        top = GAP + number // COLUMNS * (CELL[1] + GAP)
        sheet.paste(_cell(painting.picture, pictures[content], pictures[style]), (left, top))
    output.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(output, quality=80, method=6)


def _cell(painting: Image.Image, content: Image.Image, style: Image.Image) -> Image.Image:
    """A painting with its content and its style in the lower corners."""
    cell = ImageOps.fit(painting, CELL, Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(cell)
    for picture, left in ((content, 8), (style, CELL[0] - INSET - 8)):
        top = CELL[1] - INSET - 8
        draw.rectangle((left - 3, top - 3, left + INSET + 2, top + INSET + 2), fill="white")
        cell.paste(ImageOps.fit(picture, (INSET, INSET), Image.Resampling.LANCZOS), (left, top))
    return cell


if __name__ == "__main__":
    main()
