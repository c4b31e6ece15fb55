"""The plot of the speed benchmark: both measures over seconds."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from tests.benchmarks.race import Point, Race

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MURAL, PLAIN = "#c2410c", "#1d4ed8"
_GRID = "#e5e7eb"


def draw(races: Sequence[Race]) -> bytes:
    """Return a PNG of 1500x600 pixels: a line for each painting, content left and style right."""
    figure = Figure(figsize=(10, 4), dpi=150, facecolor="white", layout="constrained")
    content, style = figure.subplots(1, 2)
    for race in races:
        _lines(content, style, race.plain, PLAIN)
        _lines(content, style, race.mural, MURAL)
    _frame(content, "Content kept (higher is better)", "correlation of edges")
    _frame(style, "Style missed (lower is better)", "sliced Wasserstein distance")
    style.set_yscale("log")
    for colour, name in ((MURAL, "mural"), (PLAIN, "plain Gatys loop")):
        content.plot([], [], color=colour, label=name, lw=2)
    figure.legend(
        *content.get_legend_handles_labels(), frameon=False, ncols=2, loc="outside lower center"
    )
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _lines(content: "Axes", style: "Axes", points: Sequence[Point], colour: str) -> None:
    seconds = [point.seconds for point in points]
    content.plot(seconds, [point.content for point in points], color=colour, lw=1.3, alpha=0.8)
    style.plot(seconds, [point.style for point in points], color=colour, lw=1.3, alpha=0.8)


def _frame(axes: "Axes", title: str, unit: str) -> None:
    axes.set_title(title, fontsize=11)
    axes.set_xlabel("seconds")
    axes.set_ylabel(unit)
    axes.set_xscale("log")
    axes.grid(color=_GRID)
    axes.spines[["top", "right"]].set_visible(False)
