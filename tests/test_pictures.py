"""The benchmark of pictures: its pairs, its measures at toy size, its sheet, its painters."""

import shutil

import numpy as np
import pytest
from PIL import Image, ImageFilter

from engine import images
from engine.device import choose_device
from engine.samples import FOLDER
from engine.vgg19 import Encoder
from engine.weights import bundled, load
from tests.benchmarks import rivals
from tests.benchmarks.measures import coherence, content_kept, flattest, grain, style_missed
from tests.benchmarks.pairs import MADE_HERE, PAIRS, chosen
from tests.benchmarks.pictures import markdown, summary
from tests.benchmarks.sheets import CELL, Measured, plot, sheet

SIDE, TILE = 96, 24


@pytest.fixture(scope="module")
def style() -> Image.Image:
    """A style full of strokes, small."""
    return (
        images.read(FOLDER / "whirling_night.jpg").crop((300, 100, 492, 292)).resize((SIDE, SIDE))
    )


def shuffled(picture: Image.Image, places: int | None = None) -> Image.Image:
    """A picture made of the tiles of another: of all in another order, or of only some."""
    pixels = np.asarray(picture)
    tiles = [
        pixels[row : row + TILE, column : column + TILE]
        for row in range(0, SIDE, TILE)
        for column in range(0, SIDE, TILE)
    ]
    order = np.random.default_rng(0).permutation(len(tiles))
    chosen_tiles = [tiles[order[n % (places or len(tiles))]] for n in range(len(tiles))]
    rows = [np.concatenate(chosen_tiles[n : n + 4], axis=1) for n in range(0, len(tiles), 4)]
    return Image.fromarray(np.concatenate(rows))


def noise() -> Image.Image:
    """A picture without strokes."""
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_a_style_is_made_of_its_own_strokes(style: Image.Image) -> None:
    """Every patch of a picture is found in the picture itself."""
    assert coherence(style, style) == pytest.approx(1, abs=1e-4)


def test_strokes_in_another_order_are_coherent(style: Image.Image) -> None:
    """Tiles of the style score above the same tiles blurred, and those above noise."""
    blurred = shuffled(style).filter(ImageFilter.GaussianBlur(3))
    assert coherence(shuffled(style), style) > coherence(blurred, style) + 0.05
    assert coherence(blurred, style) > coherence(noise(), style)


def test_coherence_asks_for_the_whole_style(style: Image.Image) -> None:
    """A picture made of one tile of the style lacks the others."""
    assert coherence(shuffled(style, 1), style) < coherence(shuffled(style), style) - 0.05


def test_colours_do_not_count_as_strokes(style: Image.Image) -> None:
    """The same strokes in lighter paint stay the same strokes."""
    lighter = Image.eval(style.point(lambda value: value // 2), lambda value: value + 60)
    assert coherence(lighter, style.point(lambda value: value // 2)) > 0.99


def test_grain_is_that_of_the_flat_part() -> None:
    """A weave shows in a picture's flat half, whatever is beside it; a slope of light is none."""
    pixels = np.asarray(noise()).copy()
    pixels[:, SIDE // 2 :] = np.linspace(100, 140, SIDE // 2).astype(np.uint8)[:, None]
    flat = Image.fromarray(pixels)
    assert flattest(flat, SIDE // 2 - 8)[0] >= SIDE // 2 - 8
    pixels[:, SIDE // 2 :] += (np.indices((SIDE, SIDE // 2)).sum(0) % 2 * 8).astype(np.uint8)[
        ..., None
    ]
    woven = Image.fromarray(pixels)
    assert grain(flat) < 0.005
    assert grain(woven) == pytest.approx(4 / 255, rel=0.1)


def test_flat_paint_belongs_to_a_flat_style_alone(style: Image.Image) -> None:
    """A flat painting is all of a flat style and next to nothing of one with strokes."""
    flat, other = (Image.new("RGB", (SIDE, SIDE), color) for color in ("#204080", "#c04020"))
    assert coherence(flat, other) == pytest.approx(1, abs=1e-4)
    assert coherence(flat, style) < 0.6


def test_coherence_is_drawn_by_a_seed_of_its_own(style: Image.Image) -> None:
    """The same pictures give the same figure, and other sizes are allowed."""
    wide = style.resize((128, 80))
    assert coherence(wide, style) == coherence(wide, style)


def test_edges_and_style_tell_the_two_apart(style: Image.Image) -> None:
    """The content keeps all of its edges, the style misses nothing of itself."""
    content = images.read(FOLDER / "cat.jpg").resize((SIDE, SIDE))
    assert content_kept(content, content) == pytest.approx(1, abs=1e-5)
    assert content_kept(style, content) < 0.5
    assert style_missed(style, style) == 0
    assert style_missed(content, style) > style_missed(shuffled(style), style)


def test_pairs_are_of_many_kinds() -> None:
    """At least twelve pairs, three portraits, a pet, text and pixel art, each of other pictures."""
    kinds = [pair.kind for pair in PAIRS]
    assert len({pair.name for pair in PAIRS}) == len(PAIRS) >= 12
    assert kinds.count("portrait") >= 3
    assert {"pet", "text", "pixels"} <= set(kinds)
    for pair in PAIRS:
        content, style = pair.pictures()
        assert (content.mode, style.mode) == ("RGB", "RGB")
        assert min(*content.size, *style.size) >= 300


def test_pairs_are_chosen_by_parts_of_their_names() -> None:
    """No part means all; each part adds the pairs that have it."""
    assert chosen("") == list(PAIRS)
    assert {pair.content for pair in chosen("sprite screenshot")} == set(MADE_HERE)
    assert {pair.style for pair in chosen("-burning")} == {"burning_bay"}
    assert chosen("nothing_of_the_kind") == []


def measured(rival: str, edges: float, strokes: float, kind: str = "place") -> Measured:
    """One painting's figures."""
    return Measured(f"a {kind}", kind, rival, 2.0, edges, 0.1, strokes)


def test_figures_count_pairs() -> None:
    """Portraits must keep more of their edges; a missing rival is no defeat."""
    figures = summary(
        [
            measured("mural", 0.5, 0.7),
            measured("before", 0.9, 0.6),
            measured("mural", 0.5, 0.7, "portrait"),
        ]
    )
    assert figures["pictures_pairs"] == 2
    assert figures["pairs_more_coherent_than_before"] == 1
    assert figures["pairs_with_edges_kept"] == 1
    assert figures["pictures_edges_mural"] == 0.5
    assert "pictures_edges_gmic" not in figures


def test_results_are_shown_whole(style: Image.Image) -> None:
    """Table, plot and sheet hold every painting, also where a rival has none."""
    both = [measured("mural", 0.5, 0.7), measured("before", 0.9, 0.6)]
    every = [*both, measured("mural", 0.6, 0.7, "portrait")]
    assert "| a portrait | 0.60, - | 0.100, - | 0.70, - | 2.0, - |" in markdown(every)
    assert plot(every).startswith(b"\x89PNG")
    rows = [("one", {"content": style, "mural": style}), ("two", {"content": style, "gmic": style})]
    picture = sheet(rows)
    assert picture.width > 3 * CELL
    assert picture.height > 2 * CELL


def test_a_plain_loop_paints(style: Image.Image) -> None:
    """It takes about the seconds it is given, at least ten steps, and paints at the size."""
    encoder = Encoder(load(bundled()), choose_device("cpu", "fp32"), "bundled")
    painted = rivals.plain_loop(encoder, style, style, 32, 0.1)
    assert painted.picture.size == (32, 32)
    assert painted.seconds > 0


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gmic") is None, reason="G'MIC is not installed")
def test_gmic_paints(style: Image.Image) -> None:
    """Its painting has the content's shape and the style's patches."""
    content = images.read(FOLDER / "cat.jpg")
    painted = rivals.gmic(content, style, SIDE)
    assert painted is not None
    assert max(painted.picture.size) == SIDE
    small = content.resize(painted.picture.size)
    assert coherence(painted.picture, style) > coherence(small, style)
