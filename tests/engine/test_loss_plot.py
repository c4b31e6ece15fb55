"""The plot of the losses, looked at as a picture."""

import io
import math
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from engine.loss_plot import draw

ORANGE, RED = (0xFF, 0xB4, 0x54), (0xFF, 0x7A, 0x6B)  # the lines of the first and second scale
CURVE = tuple((step, 90.0 / step if step <= 50 else 900.0 / step) for step in range(1, 101))


def pixels(png: bytes) -> np.ndarray:
    """Return a plot as (H, W, 3) in [0, 255]."""
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB"), np.int16)


def columns_of(plot: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    """Return the columns in which a line's colour is found."""
    return np.flatnonzero((np.abs(plot - color).max(2) < 12).any(0))


def test_plot_is_dark_and_breaks_at_scales() -> None:
    """1200x675 on Discord's dark ground; each scale has its colour and its own stretch of steps."""
    plot = pixels(draw(CURVE, (1, 51), "coarse to fine"))
    assert plot.shape == (675, 1200, 3)
    assert tuple(plot[2, 2]) == (0x2B, 0x2D, 0x31)
    first, second = columns_of(plot, ORANGE), columns_of(plot, RED)
    assert first.size > 300
    assert second.size > 300
    assert first.max() < second.min() + 3  # no cliff is drawn across the break


@pytest.mark.parametrize(
    "curve",
    [
        (),
        ((7, 3.5),),
        ((1, 2.0), (2, 2.0)),
        ((1, 0.0), (2, -1.0)),
        ((1, math.nan), (2, math.inf), (3, 5.0)),
        ((1, 1e30), (2, 1e-30)),
    ],
)
def test_odd_curves_are_drawn_all_the_same(curve: tuple[tuple[int, float], ...]) -> None:
    """No point, one point, a flat line, zero, values that aren't finite: a plot, never an error."""
    assert pixels(draw(curve, (1,), "odd")).shape == (675, 1200, 3)


def test_titles_may_hold_anything() -> None:
    """Names with formulas, other scripts, bytes of no script or no end neither fail nor warn."""
    for title in ("costs $5 or $\\frac{}$", "星月夜 🎨", "long " * 100, "a\udcff\n.png"):
        draw(CURVE, (1,), title)


def test_matplotlib_is_imported_when_something_is_drawn() -> None:
    """Importing the module is cheap, and pyplot's global state is never touched."""
    code = (
        "import sys, engine.loss_plot as plot; print('matplotlib' in sys.modules);"
        "plot.draw(((1, 1.0),), (1,), ''); print('matplotlib.pyplot' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == ["False", "False"]
