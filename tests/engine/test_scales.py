"""Sizes on the way from coarse to fine, and the steps they get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.presets import PRESETS
from engine.request import SMALLEST_SIDE, PaintSettings, StylizeRequest
from engine.scales import fit, plan_scales


def wish(shape: tuple[int, int], **options: object) -> StylizeRequest:
    """A request whose content has a (width, height)."""
    picture = Image.new("RGB", shape)
    return StylizeRequest(picture, (picture,), PaintSettings(**options))  # type: ignore[arg-type]


@given(
    st.sampled_from(list(PRESETS)),
    st.tuples(st.integers(16, 200), st.integers(16, 200)),
    st.integers(16, 2048),
    st.integers(1, 500),
)
def test_scales_grow_to_the_size_and_share_all_steps(
    preset: str, picture: tuple[int, int], size: int, steps: int
) -> None:
    """The last scale is the size asked for, no scale is empty, and no step is lost."""
    scales = plan_scales(wish(picture, preset=preset, size=size, steps=steps))

    sides = [scale.long_side for scale in scales]
    assert sides == sorted(sides)
    assert sides[-1] == size
    assert sum(scale.steps for scale in scales) == steps
    assert all(scale.steps >= 1 for scale in scales)
    assert all(min(scale.size) >= SMALLEST_SIDE for scale in scales)


def test_a_mural_begins_with_the_draft() -> None:
    """The first scales and their steps are those of the draft, which is what people see first."""
    draft = plan_scales(wish((640, 480), preset="draft"))
    for size in (300, 512, 2048):
        assert plan_scales(wish((640, 480), preset="mural", size=size))[: len(draft)] == draft


def test_one_scale_presets_have_one() -> None:
    """The paper's and the original's presets paint at the last size only."""
    for preset in ("gatys", "seed"):
        assert len(plan_scales(wish((640, 480), preset=preset))) == 1
    assert len(plan_scales(wish((640, 480), preset="mural"))) > 2


@pytest.mark.parametrize(
    ("picture", "expected"),
    [((640, 480), (512, 384)), ((480, 640), (384, 512)), ((100, 100), (512, 512))],
)
def test_fit_keeps_the_shape(picture: tuple[int, int], expected: tuple[int, int]) -> None:
    """The long side becomes the size, the other follows."""
    assert fit(picture, 512) == expected


def test_fit_never_goes_under_what_the_network_sees() -> None:
    """A long strip keeps a short side that four poolings leave something of."""
    assert fit((1600, 100), 64) == (64, SMALLEST_SIDE)
