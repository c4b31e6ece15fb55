"""The loss of a painting over its steps, as a PNG."""

import logging
import warnings
from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from math import inf, isfinite
from typing import TYPE_CHECKING

from engine.errors import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Discord's dark theme, so that the plot sits in a chat as if it belonged there.
_GROUND = "#2b2d31"
_INK = "#dbdee1"
_FAINT = "#4e5058"
_LINES = ("#ffb454", "#ff7a6b", "#e06bb0", "#a884f3", "#6ea8fe", "#4ccbd6")  # one for each scale
_LOG_FROM = 8.0  # the largest loss over the smallest, from which on a log scale shows more

Point = tuple[float, float]


def draw(curve: Sequence[tuple[int, float]], scale_starts: Sequence[int], title: str) -> bytes:
    """Return a PNG of 1200x675 pixels of the loss over the steps.

    `curve` is (step, loss); at the steps in `scale_starts` a new scale began and the loss jumps, so
    the line is broken there instead of drawing a cliff that the painting never had. Values that are
    not finite are left out.
    """
    # It warns of a home that it cannot write to, and works all the same.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    # No pyplot: its state is the whole process's, and it looks for a display.
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15)
    figure = Figure(figsize=(8, 4.5), dpi=150, facecolor=_GROUND, layout=layout)
    axes = figure.add_subplot(facecolor=_GROUND)
    _lines(axes, _pieces(curve, scale_starts))
    title = printable(title)
    _frame(axes, title if len(title) <= 70 else f"{title[:69]}…")
    buffer = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # titles may hold any script
        figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _pieces(curve: Sequence[tuple[int, float]], starts: Sequence[int]) -> list[list[Point]]:
    """Return the finite points of the curve, scale by scale, without empty scales."""
    edges = [-inf, *sorted(starts), inf]
    pieces = [
        [(float(step), loss) for step, loss in curve if low <= step < high and isfinite(loss)]
        for low, high in pairwise(edges)
    ]
    return [piece for piece in pieces if piece]


def _lines(axes: "Axes", pieces: list[list[Point]]) -> None:
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    if not pieces:
        axes.text(0.5, 0.5, "no losses yet", color=_INK, ha="center", transform=axes.transAxes)
        return
    losses = [loss for piece in pieces for _, loss in piece]
    low, high = min(losses), max(losses)
    if low > 0 and high / low >= _LOG_FROM:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.9g}"))
        floor, ceiling = low / (high / low) ** 0.08, high * (high / low) ** 0.08
    else:
        margin = 0.08 * (high - low) or abs(high) or 1.0
        floor, ceiling = low - margin, high + margin
    axes.set_ylim(floor, ceiling)
    first, last = pieces[0][0][0], pieces[-1][-1][0]
    axes.set_xlim(first - 0.02 * (last - first) - 1, last + 0.02 * (last - first) + 1)
    for number, piece in enumerate(pieces):
        xs, ys = zip(*piece, strict=True)
        color = _LINES[number % len(_LINES)]
        # One point alone makes no line, so it is marked.
        mark = "o" if len(piece) == 1 else ""
        axes.plot(xs, ys, color=color, linewidth=2.2, solid_capstyle="round", marker=mark)
        axes.fill_between(xs, ys, floor, color=color, alpha=0.10, linewidth=0)
    step, loss = pieces[-1][-1]
    axes.plot(step, loss, "o", color=color, markersize=7, markeredgecolor=_GROUND, clip_on=False)
    axes.annotate(
        f"{loss:,.4g}",
        (step, loss),
        (10, 0),
        textcoords="offset points",
        ha="left",
        va="center",
        color=_INK,
        fontsize=12,
        fontweight="bold",
    )


def _frame(axes: "Axes", title: str) -> None:
    from matplotlib.ticker import MaxNLocator

    # Names of files may hold dollar signs, which matplotlib would read as formulas.
    axes.set_title(title, color=_INK, loc="left", fontsize=14, pad=14, parse_math=False)
    axes.set_xlabel("step", color=_INK, fontsize=11)
    axes.set_ylabel("loss", color=_INK, fontsize=11)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.grid(axis="y", color=_FAINT, linewidth=0.6, alpha=0.6)
    axes.tick_params(which="both", colors=_INK, length=0, labelsize=10)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(_FAINT)
