"""What the benchmark of pictures shows: a sheet of all paintings, a plot of all measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont, ImageOps

CELL = 320  # pixels along a side of each picture of the sheet
GAP, LABEL = 8, 30
PAPER, INK = "#f6f4ef", "#1f2328"
COLORS = {"mural": "#c2410c", "before": "#6b7280", "gmic": "#15803d", "plain": "#1d4ed8"}
_GRID = "#e5e7eb"


@dataclass(frozen=True)
class Measured:
    """One painting's figures."""

    pair: str
    kind: str
    rival: str
    seconds: float
    edges: float  # higher is better
    style: float  # lower is better
    strokes: float  # higher is better


AXES = (
    ("edges", "Edges kept (right is better)"),
    ("style", "Style missed (left is better)"),
    ("strokes", "Coherence of strokes (right is better)"),
)


def sheet(rows: Sequence[tuple[str, dict[str, Image.Image]]]) -> Image.Image:
    """One row for each pair: its pictures side by side, each under its name."""
    names = list(dict.fromkeys(name for _, pictures in rows for name in pictures))
    strips = [_strip(pair, pictures, names) for pair, pictures in rows]
    width = GAP + len(names) * (CELL + GAP)
    picture = Image.new("RGB", (width, GAP + sum(strip.height for strip in strips)), PAPER)
    top = GAP
    for strip in strips:
        picture.paste(strip, (0, top))
        top += strip.height
    return picture


def _strip(pair: str, pictures: dict[str, Image.Image], names: Sequence[str]) -> Image.Image:
    """One row of the sheet, as high as its highest picture."""
    cells = {
        name: ImageOps.contain(shown, (CELL, CELL), Image.Resampling.LANCZOS)
        for name, shown in pictures.items()
    }
    height = LABEL + max(cell.height for cell in cells.values()) + GAP
    strip = Image.new("RGB", (GAP + len(names) * (CELL + GAP), height), PAPER)
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default(18)
    for name, cell in cells.items():
        left = GAP + names.index(name) * (CELL + GAP)
        draw.text((left + 2, 4), pair if name == names[0] else name, INK, font)
        strip.paste(cell, (left, LABEL))
    return strip


def plot(measured: Sequence[Measured]) -> bytes:
    """Return a PNG: a line for each pair, a dot for each painting, a panel for each measure."""
    pairs = list(dict.fromkeys(one.pair for one in measured))
    figure = Figure(
        figsize=(12, 1.6 + 0.3 * len(pairs)), dpi=130, facecolor="white", layout="constrained"
    )
    panels = figure.subplots(1, 3, sharey=True, squeeze=False)[0]
    for panel, (measure, title) in zip(panels, AXES, strict=True):
        for rival, color in reversed(COLORS.items()):  # `mural` is drawn last, over the others
            dots = [
                (getattr(m, measure), pairs.index(m.pair)) for m in measured if m.rival == rival
            ]
            if dots:
                label = rival if measure == "edges" else None
                panel.scatter(*zip(*dots, strict=True), color=color, s=34, label=label, zorder=3)
        panel.set_title(title, fontsize=10)
        panel.set_yticks(range(len(pairs)), pairs, fontsize=8)
        panel.grid(color=_GRID)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].invert_yaxis()
    figure.legend(frameon=False, ncols=len(COLORS), loc="outside lower center")
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
