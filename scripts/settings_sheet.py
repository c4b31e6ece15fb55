"""A sheet of one portrait and one landscape, painted with several settings."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click
from PIL import Image, ImageDraw, ImageFont, ImageOps

from engine import images
from engine.request import PaintSettings, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.stylize import stylize
from engine.vgg19 import load_encoder

PAIRS = (("astronaut", "whirling_night"), ("mountains", "whirling_night"))
COLUMNS = 4
GAP, LABEL = 8, 30  # pixels
PAPER, INK = "#f6f4ef", "#333333"


def draw(settings: Mapping[str, PaintSettings], output: Path, size: int) -> None:
    """Paint both pairs with each setting, and write the sheet: a cell a painting, labelled."""
    encoder = load_encoder("bundled")
    pictures = {sample.name: images.read(sample.path) for sample in (*CONTENTS, *STYLES)}
    cell = (size, size * 3 // 4)
    width = COLUMNS * (cell[0] + GAP) + GAP
    height = -(-len(settings) // COLUMNS) * len(PAIRS) * (cell[1] + LABEL + GAP) + GAP
    sheet = Image.new("RGB", (width, height), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(20)
    for number, (label, options) in enumerate(settings.items()):
        for row, (content, style) in enumerate(PAIRS):
            wanted = replace(options, size=size)
            request = StylizeRequest(pictures[content], (pictures[style],), wanted)
            painting = stylize(request, encoder)
            click.echo(f"{label}, {content}: {painting.outcome.seconds:.0f} s")
            left = GAP + number % COLUMNS * (cell[0] + GAP)
            top = GAP + (number // COLUMNS * len(PAIRS) + row) * (cell[1] + LABEL + GAP)
            pen.text((left, top), label, fill=INK, font=font)
            fitted = ImageOps.fit(painting.picture, cell, centering=(0.5, 0.0))
            sheet.paste(fitted, (left, top + LABEL))
    output.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(output, quality=80, method=6)
