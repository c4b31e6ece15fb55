"""Cells of the canvas and their neighbours in the styles."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from engine import images, neighbours
from engine.blocks import stride_of
from engine.features import see
from engine.neighbours import StyleCells, cut_into_cells, describe, divided, lay_out, nearest
from engine.presets import MURAL
from engine.samples import CONTENTS, STYLES
from engine.tensors import to_tensor
from engine.vgg19 import Encoder
from tests.engine.operators import Arguments, Operator, Operators

TAPS = {"relu2_1": 128, "relu3_1": 256, "relu4_1": 512}  # tap -> channels
EVEN = (1.0,)


def features_of(height: int, width: int, seed: int) -> dict[str, Tensor]:
    """Random features of a picture, channels last as the network leaves them."""
    generator = torch.Generator().manual_seed(seed)
    return {
        tap: torch.rand(
            1, channels, height // stride_of(tap), width // stride_of(tap), generator=generator
        ).to(memory_format=torch.channels_last)
        for tap, channels in TAPS.items()
    }


def cells_of(*styles: Mapping[str, Tensor], cell: int = 8) -> StyleCells:
    """The cells of styles, compared and fitted at every tap."""
    return StyleCells(styles, cell, tuple(TAPS), tuple(TAPS))


@pytest.mark.parametrize("cell", [4, 8, 32])
@pytest.mark.parametrize("tap", list(TAPS))
def test_cells_are_laid_out_as_they_were_cut(tap: str, cell: int) -> None:
    """Cut into cells and laid out again, a tap's features are what they were.

    Where a feature is larger than a cell it is seen by several of them, and comes back as their
    average: exact where features do not differ, and of the same size always.
    """
    features = features_of(96, 64, seed=1)[tap]
    table = cut_into_cells(features, tap, cell)
    assert len(table) == (96 // cell) * (64 // cell)

    again = lay_out(table, tap, cell, 96 // cell)

    assert again.shape == features.shape
    assert again.is_contiguous(memory_format=torch.channels_last)
    if stride_of(tap) <= cell:
        assert torch.equal(again, features)
    flat = torch.full_like(features, 0.7)
    flat_again = lay_out(cut_into_cells(flat, tap, cell), tap, cell, 96 // cell)
    torch.testing.assert_close(flat_again, flat)


@pytest.mark.parametrize("cell", [4, 8, 32])
def test_a_cell_is_described_row_by_row(cell: int) -> None:
    """A change in one place changes the description of the cell over it more than any other."""
    features = features_of(96, 64, seed=2)
    before = describe(features, cell)
    assert before.shape == ((96 // cell) * (64 // cell), sum(TAPS.values()))
    torch.testing.assert_close(before.mean(0), torch.zeros(before.shape[1]), atol=1e-5, rtol=0)

    down, across = 1, 1  # the cell in the second row and column
    for tap, one in features.items():
        stride = stride_of(tap)
        top, left = down * cell // stride, across * cell // stride
        side = max(1, cell // stride)
        one[:, :, top : top + side, left : left + side] += 5

    change = (describe(features, cell) - before).norm(dim=1)
    assert int(change.argmax()) == down * (64 // cell) + across


def test_every_tap_weighs_the_same() -> None:
    """Louder features of one tap do not outvote those of the others."""
    features = features_of(32, 32, seed=3)
    louder = {tap: one * (100 if tap == "relu3_1" else 1) for tap, one in features.items()}

    torch.testing.assert_close(describe(louder, 8), describe(features, 8))


@pytest.mark.parametrize("crowding", [0.0, 0.04])
@pytest.mark.parametrize("cell", [4, 8, 32])
def test_identical_pictures_find_themselves(cell: int, crowding: float) -> None:
    """The neighbour of a cell is the same cell where the canvas is the style.

    Cells of 4 pixels share the features of relu4_1 with those beside them, and still tell apart.
    """
    features = features_of(96, 64, seed=4)
    cells = cells_of(features, cell=cell)

    found = cells.find(features, None, EVEN, crowding)

    assert torch.equal(found, torch.arange(len(found)))
    targets = cells.targets(found, 96 // cell)
    for tap, target in targets.items():
        if stride_of(tap) <= cell:
            assert torch.equal(target, features[tap])


def test_crowding_spreads_the_cells() -> None:
    """A canvas that is everywhere like one cell takes many cells, and more at a higher price."""
    generator = torch.Generator().manual_seed(5)
    known = torch.nn.functional.normalize(torch.randn(64, 16, generator=generator), dim=1)
    own = torch.nn.functional.normalize(
        known[:1] + 0.05 * torch.randn(256, 16, generator=generator), dim=1
    )
    shares = torch.full((64,), 1 / 64)

    taken = [
        len(torch.unique(nearest(own, known, shares, crowding))) for crowding in (0.0, 0.02, 0.2)
    ]

    assert taken[0] == 1
    assert taken[0] < taken[1] < taken[2]


def seen(encoder: Encoder, path: Path, side: int) -> dict[str, Tensor]:
    """The network's features of a picture, squeezed to a square."""
    picture = to_tensor(images.read(path), (side, side), torch.device("cpu"))
    features = see(encoder, MURAL, picture, TAPS)
    return {tap: features[tap] for tap in TAPS}


@pytest.mark.parametrize("pair", [(0, 1), (2, 3)])
def test_weights_are_kept_as_areas(pair: tuple[int, int], encoder: Encoder) -> None:
    """A style of three times the weight fills about three quarters of the canvas."""
    one, other = (seen(encoder, STYLES[number].path, 64) for number in pair)
    canvas = seen(encoder, CONTENTS[0].path, 64)
    cells = cells_of(one, other, cell=4)

    def share_of_first(*weights: float) -> float:
        return float((cells.find(canvas, None, weights, 0.04) < 16 * 16).float().mean())

    assert share_of_first(1, 1) == pytest.approx(0.5, abs=0.15)
    assert share_of_first(3, 1) == pytest.approx(0.75, abs=0.15)
    assert share_of_first(1, 3) == pytest.approx(0.25, abs=0.15)
    assert share_of_first(1, 0) == 1
    assert share_of_first(0, 1) == 0


def test_sizes_of_styles_do_not_count_as_weights(encoder: Encoder) -> None:
    """A small style of the same weight fills as much as a large one."""
    small, large = seen(encoder, STYLES[0].path, 32), seen(encoder, STYLES[1].path, 96)
    canvas = seen(encoder, CONTENTS[0].path, 64)

    found = cells_of(small, large, cell=4).find(canvas, None, (1, 1), 0.04)

    assert float((found < 8 * 8).float().mean()) == pytest.approx(0.5, abs=0.15)


def test_equal_styles_give_finite_axes(encoder: Encoder) -> None:
    """Sixteen cells, twice over, differ in fifteen directions: of the others LAPACK gave NaN."""
    features = seen(encoder, CONTENTS[0].path, 16)

    cells = cells_of(features, features, cell=4)

    assert bool(cells.likeness(features).isfinite().all())
    found = cells.find(features, torch.full((16,), True), (1, 1), 0.0)
    assert torch.equal(found, torch.arange(16))


@pytest.mark.parametrize("crowding", [0.0, 0.04])
def test_regions_keep_to_their_style(crowding: float) -> None:
    """Where the region is true all neighbours are the first style's, elsewhere the second's."""
    one, other, canvas = features_of(32, 64, 12), features_of(64, 64, 13), features_of(64, 64, 14)
    region = torch.rand(8 * 8, generator=torch.Generator().manual_seed(0)) < 0.3

    found = cells_of(one, other).find(canvas, region, (1, 1), crowding)

    assert torch.equal(found < 4 * 8, region)


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_region_may_be_everything_or_nothing(everywhere: bool) -> None:
    """A mask that is all white or all black leaves one style alone."""
    one, other, canvas = (features_of(64, 64, seed) for seed in (15, 16, 17))
    region = torch.full((8 * 8,), everywhere)

    found = cells_of(one, other).find(canvas, region, (1, 1), 0.04)

    assert torch.equal(found < 8 * 8, region)


def test_of_too_many_cells_a_sample_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seed draws the sample; cells are numbered as if all of them had been compared."""
    features = features_of(96, 64, seed=18)
    monkeypatch.setattr(neighbours, "MOST_STYLE_CELLS", 40)
    every = tuple(TAPS)

    def found(seed: int) -> Tensor:
        return StyleCells([features], 8, every, every, seed).find(features, None, EVEN, 0.0)

    first = found(1)
    itself = first == torch.arange(96)
    assert int(itself.sum()) == len(torch.unique(first)) == 40
    assert torch.equal(found(1), first)
    assert not torch.equal(found(2), first)
    assert int(first.max()) > 40


def test_descriptions_of_all_styles_are_never_there_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four bold styles have millions of features to describe: the sample is taken one by one."""
    monkeypatch.setattr(neighbours, "MOST_STYLE_CELLS", 40)
    styles = [features_of(96, 64, seed) for seed in range(30, 34)]
    columns = sum(one.shape[1] for one in styles[0].values())

    class Rows(Operators):
        most = 0

        def run(
            self, name: str, operator: Operator, args: Arguments, kwargs: Mapping[str, Any]
        ) -> Any:  # noqa: ANN401
            out = operator(*args, **kwargs)
            if isinstance(out, Tensor) and out.shape[1:] == (columns,) != out.shape[:1]:
                self.most = max(self.most, len(out))
            return out

    with Rows() as rows:
        cells = cells_of(*styles)
    assert rows.most == 96  # of one style
    found = cells.find(styles[2], None, (1, 1, 1, 1), 0.0)
    assert int((found == torch.arange(2 * 96, 3 * 96)).sum()) == 10  # its share of the sample


def test_likeness_tells_what_a_style_has() -> None:
    """A canvas is wholly like itself, and less like anything else."""
    one, other = features_of(96, 64, seed=19), features_of(96, 64, seed=20)
    cells = cells_of(one)

    torch.testing.assert_close(cells.likeness(one), torch.ones(96))
    assert float(cells.likeness(other).max()) < 0.9


@pytest.mark.parametrize("value", [0.0, 0.5, float("nan"), float("inf")])
def test_flat_and_overflowed_features_find_some_neighbour(value: float) -> None:
    """A picture of one colour has cells that do not differ; in FP16 loud features overflow.

    Neither may stop the search: targets that are not finite are found by the objective.
    """
    flat = {tap: torch.full_like(one, value) for tap, one in features_of(32, 32, 21).items()}
    other = features_of(32, 32, seed=22)

    for style, canvas in ((flat, other), (other, flat), (flat, flat)):
        found = cells_of(style).find(canvas, None, EVEN, 0.04)
        assert found.shape == (16,)
        assert 0 <= int(found.min()) <= int(found.max()) < 16


def test_styles_have_their_share() -> None:
    """Of cells that are all most like the first style, each style still gets its weight."""
    likenesses = torch.tensor([[0.9] * 100, [0.5] * 100, [0.1] * 100])
    for shares in ([0.5, 0.3, 0.2], [0.01, 0.19, 0.8]):
        counts = torch.bincount(divided(likenesses, shares), minlength=3)
        assert counts.tolist() == [round(100 * share) for share in shares]


def test_each_style_takes_what_suits_it() -> None:
    """Half of the cells are more like one style, half like the other: so they are divided."""
    first = torch.linspace(0, 1, 10)
    assert divided(torch.stack([first, 1 - first]), [1, 1]).tolist() == [1] * 5 + [0] * 5
