"""Tiles of a mural: how they are cut, painted into each other, and put together."""

import itertools
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.mural.grid import Grid, cropped, levels, suggested
from engine.mural.layers import Layers, paint_mask
from engine.mural.tasks import Task
from engine.mural.work import carry_out
from engine.request import StylizeRequest, Surroundings
from engine.seams import blended
from engine.stylize import stylize
from engine.vgg19 import Encoder
from tests.engine.paintings import having, pixels

GRIDS = st.builds(Grid, st.integers(2, 5), st.integers(2, 5), st.integers(64, 130))


@pytest.mark.parametrize("preset", ["mural", "gatys"])
def test_masked_paint_stays_and_the_rest_is_painted(
    preset: str, small: StylizeRequest, encoder: Encoder, content: Image.Image
) -> None:
    """Where the mask is white the result is the paint, pixel by pixel."""
    paint = Image.effect_noise((48, 48), 90).convert("RGB")
    mask = Image.new("L", paint.size)
    mask.paste(255, (0, 0, 16, 48))
    around = Surroundings(paint, mask, content)
    part = stylize(replace(having(small, preset=preset), surroundings=around), encoder).picture

    assert (pixels(part)[:, :16] == pixels(paint)[:, :16]).all()
    assert np.abs(pixels(part)[:, 16:] - pixels(paint)[:, 16:]).mean() > 10


def test_strokes_stay_whole_between_two_paints() -> None:
    """Fine structure is as strong on the way as at both ends, where a plain fade weakens it."""
    noise = torch.Generator().manual_seed(1)
    one, other = (0.5 + 0.1 * torch.randn((1, 3, 96, 384), generator=noise) for _ in range(2))
    mask = torch.linspace(0, 1, 384).expand(1, 1, 96, 384)
    both = blended(one, other, mask)
    assert (both[..., 0] - one[..., 0]).abs().max() < 1e-6
    assert (both[..., -1] - other[..., -1]).abs().max() < 1e-6
    faded = torch.lerp(one, other, mask)
    middle = slice(160, 224)
    assert faded[..., middle].std() < 0.8 * one.std()
    assert 0.9 < both[..., middle].std() / one.std() < 1.15


@given(GRIDS, st.integers(0, 99), st.data())
def test_a_tile_ends_in_what_was_there(grid: Grid, seed: int, data: st.DataObject) -> None:
    """At the edges of its region all paint of its neighbours stays, so that no seam is left."""
    number = data.draw(st.integers(1, grid.count))
    done = data.draw(st.sets(st.sampled_from(sorted(grid.neighbours(number)))))
    photo = Image.new("RGB", (200, 150), "teal")
    mask = paint_mask(grid, number, done, seed)
    left, top, right, bottom = grid.region(number)
    own = grid.box(number)
    assert mask.shape == (bottom - top, right - left)
    assert Layers(grid, photo, []).photo((left, top, right, bottom)).size == mask.shape[::-1]
    column, row = grid.place(number)
    for near in done:
        there = grid.place(near)
        beside = (there[0] - column, there[1] - row)
        rows = slice(own[1] - top + grid.border, own[3] - top - grid.border)
        columns = slice(own[0] - left + grid.border, own[2] - left - grid.border)
        edges = {(-1, 0): mask[rows, 0], (1, 0): mask[rows, -1]}
        edges |= {(0, -1): mask[0, columns], (0, 1): mask[-1, columns]}
        if beside in edges:
            assert (edges[beside] == 1).all()
    middle = mask[mask.shape[0] // 2, mask.shape[1] // 2]
    assert middle == 0


@given(GRIDS)
def test_every_pixel_is_in_one_tile_and_near_its_neighbours(grid: Grid) -> None:
    """Boxes cover the mural once; neighbours are mutual, and only their regions overlap."""
    covered = np.zeros(grid.size[::-1], int)
    for number in range(1, grid.count + 1):
        left, top, right, bottom = grid.box(number)
        covered[top:bottom, left:right] += 1
        for near in grid.neighbours(number):
            assert number in set(grid.neighbours(near))
    assert (covered == 1).all()


def test_grids_suit_the_photograph() -> None:
    """The suggestion has about square tiles, and what does not fit is cut off evenly."""
    assert suggested((4000, 3000), 4) == (4, 3)
    assert suggested((1000, 4000), 4) == (2, 4)
    assert cropped((400, 300), 2, 2) == (50, 0, 350, 300)
    assert [size for _, size in levels((6144, 6144))] == [
        *((6144, 6144), (3072, 3072), (1536, 1536), (768, 768), (384, 384)),
    ]


def test_a_mural_is_put_together(tmp_path: Path) -> None:
    """Later layers lie above; the whole, its tiles and the film show them all."""
    grid = Grid(2, 2, 64)
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (300, 200), "teal").save(photo)
    layers = []
    for number, colour in zip((4, 1, 2, 3), ("red", "lime", "blue", "white"), strict=True):
        left, top, right, bottom = grid.region(number)
        file = tmp_path / f"{number}.png"
        Image.new("RGB", (right - left, bottom - top), colour).save(file)
        layers.append((number, str(file)))
    folder = tmp_path / "made"
    folder.mkdir()
    carry_out(Task("assemble", grid, str(photo), tuple(layers), str(folder)))

    with Image.open(folder / "mural.png") as whole:
        assert whole.size == (128, 128)
        seen = [whole.getpixel(at) for at in itertools.product((1, 126), (1, 126))]
        assert seen == [(0, 255, 0), (255, 255, 255), (0, 0, 255), (255, 0, 0)]
        assert whole.getpixel((70, 70)) == (255, 255, 255)  # the border of the last one
    assert [file.name for file in (folder / "zoom").iterdir()] == ["0-0-0"]
    with av.open(str(folder / "film.mp4")) as film:
        (stream,) = film.streams.video
        assert 7 < stream.frames / 24 < 9
        last = list(film.decode(video=0))[-1].to_ndarray(format="rgb24")
        assert last[2, 2, 1] > 200  # lime


def test_a_growing_mural_has_paint_in_painted_tiles_alone(tmp_path: Path) -> None:
    """Free tiles show the photograph, not the borders of what is painted beside them."""
    grid = Grid(2, 2, 128)
    photo, layer = tmp_path / "photo.jpg", tmp_path / "layer.png"
    Image.new("RGB", (256, 256), "white").save(photo)
    Image.new("RGB", (160, 160), "black").save(layer)
    carry_out(Task("preview", grid, str(photo), ((1, str(layer)),), str(tmp_path)))
    with Image.open(tmp_path / "preview.jpg") as preview:
        light = np.asarray(preview.convert("L"))
        assert light[:120, :120].max() < 10
        assert light[:, 136:].min() > 245


def test_free_tiles_are_darker_and_numbered(tmp_path: Path) -> None:
    """The preview marks the tiles that can be claimed, and no others."""
    grid = Grid(2, 2, 128)
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (256, 256), "white").save(photo)
    carry_out(Task("preview", grid, str(photo), (), str(tmp_path), numbered=(2,)))
    with Image.open(tmp_path / "preview.jpg") as preview:
        light = np.asarray(preview.convert("L"))
        assert light[64, 64] > 240
        assert light[100, 220] < 200
