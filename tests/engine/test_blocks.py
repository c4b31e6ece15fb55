"""Pictures painted in blocks: the same losses and gradients as those painted as a whole."""

import dataclasses

import pytest
import torch
from PIL import Image

from engine.blocks import BORDER, STRIDE, Block, cut
from engine.content import ContentSeenAgain, KeptContent
from engine.device import choose_device
from engine.features import see
from engine.losses import Objective, core_of, style_grams, style_sums
from engine.memory import Plan
from engine.presets import MURAL, PRESETS, SEED, Recipe
from engine.request import PaintSettings, StylizeRequest
from engine.scales import Scale
from engine.step import Stepper, compare
from engine.studio import Studio
from engine.vgg19 import Encoder
from engine.weights import bundled, load

# Height, width, side of the blocks, which see 80 pixels more: cut across, both ways, and down.
SHAPES = [(48, 336, 96), (117, 133, 64), (339, 43, 160)]


@pytest.fixture(scope="module")
def exact() -> Encoder:
    """The bundled VGG-19 in FP32."""
    return Encoder(load(bundled()), choose_device("cpu", "fp32"), "bundled")


@pytest.mark.parametrize("recipe", [MURAL, SEED], ids=["mural", "seed"])
@pytest.mark.parametrize(("height", "width", "side"), SHAPES)
def test_losses_and_gradients_of_blocks_are_those_of_the_whole(
    exact: Encoder, recipe: Recipe, height: int, width: int, side: int
) -> None:
    """Within 1e-4, relative to their size, for any shape and any number of blocks."""
    generator = torch.Generator().manual_seed(3)
    content, style, canvas = (
        torch.rand(1, 3, height, width, generator=generator) for _ in range(3)
    )
    whole, several = cut(height, width, max(height, width)), cut(height, width, side)
    assert (len(whole), len(several) > 1) == (1, True)
    seen = see(exact, recipe, content)
    features = KeptContent({tap: seen[tap].clone() for tap in recipe.content_taps})
    targets = style_grams(recipe, style_sums(recipe, see(exact, recipe, style), whole[0]))
    objective = Objective(recipe, features, targets)
    one = torch.ones(())

    expected = compare(exact, recipe, objective, canvas, whole, one)
    found = compare(exact, recipe, objective, canvas, several, one)

    for wanted, got in zip(expected, found, strict=True):
        assert float((got - wanted).norm() / wanted.norm()) < 1e-4


def test_content_that_is_seen_again_is_the_same(exact: Encoder) -> None:
    """Computed anew for each block, the content's features are those of the whole picture."""
    canvas = torch.rand(1, 3, 117, 133, generator=torch.Generator().manual_seed(5))
    (whole,), several = cut(117, 133, 133), cut(117, 133, 64)

    def cores(block: Block) -> dict[str, torch.Tensor]:
        features = see(exact, MURAL, block.of(canvas), MURAL.content_taps)
        return {tap: core_of(features, tap, block) for tap in MURAL.content_taps}

    kept, again = KeptContent(cores(whole)), ContentSeenAgain(cores, several)
    assert again.counts == kept.counts
    for tap in MURAL.content_taps:
        torch.testing.assert_close(again.energies[tap], kept.energies[tap], rtol=1e-4, atol=0)
        for block in several:
            torch.testing.assert_close(again.of(block)[tap], kept.of(block)[tap])


def test_the_border_is_what_the_network_needs(exact: Encoder) -> None:
    """The features of a core are the whole picture's, and would not be with a border less."""
    recipe = dataclasses.replace(MURAL, content_taps={}, style_taps={"relu5_1": 1.0})
    canvas = torch.rand(1, 3, 64, 480, generator=torch.Generator().manual_seed(4))
    features = see(exact, recipe, canvas)["relu5_1"]
    block = cut(64, 480, 96)[2]
    part = core_of(see(exact, recipe, block.of(canvas)), "relu5_1", block)
    torch.testing.assert_close(part, features[block.core_in_picture("relu5_1")])

    start, end = block.across.seen
    narrow = dataclasses.replace(
        block, across=dataclasses.replace(block.across, seen=(start + STRIDE, end - STRIDE))
    )
    less = core_of(see(exact, recipe, narrow.of(canvas)), "relu5_1", narrow)
    assert not torch.allclose(less, features[block.core_in_picture("relu5_1")], rtol=1e-3)


@pytest.mark.parametrize(("height", "width", "side"), [*SHAPES, (16, 16, 64), (4096, 3000, 512)])
def test_the_cores_cover_the_picture_once(height: int, width: int, side: int) -> None:
    """Every pixel belongs to the core of one block, which sees it with a full border."""
    answered = torch.zeros(height, width, dtype=torch.int32)
    for block in cut(height, width, side):
        (top, bottom), (left, right) = block.down.core, block.across.core
        answered[top:bottom, left:right] += 1
        assert block.down.seen == (max(0, top - BORDER), min(height, bottom + BORDER))
        assert max(bottom - top, right - left) < side + STRIDE
    assert (answered == 1).all()


@pytest.mark.parametrize(
    ("preset", "keeps_content"),
    [
        ("mural", True),
        pytest.param("gatys", True, marks=pytest.mark.slow),
        pytest.param("gatys", False, marks=pytest.mark.slow),
    ],
)
def test_a_scale_that_is_painted_in_blocks_comes_out_the_same(
    preset: str, keeps_content: bool, exact: Encoder
) -> None:
    """Where only blocks fit into memory, targets and steps are those of the whole picture.

    Up to what L-BFGS makes of the rounding: a hundredth of the range at most.
    """
    content = Image.effect_noise((600, 32), 60).convert("RGB")
    style = Image.effect_noise((500, 40), 90).convert("RGB")
    request = StylizeRequest(content, (style,), PaintSettings(preset, 600))
    recipe, scale = PRESETS[preset].recipe, Scale(600, 32, 3)
    studio = Studio(request, recipe, exact, 2**40, scale)
    start = studio.first_canvas(scale)

    def paint(plan: Plan, neighbours: torch.Tensor | None = None) -> Stepper:
        stepper = studio._stepper(scale, start, neighbours, None, plan)
        for _ in range(3):
            assert stepper.take(1)[0].finite
        return stepper

    whole = paint(Plan(608, recipe.history))
    blocks = paint(Plan(256, recipe.history, keeps_content), whole.neighbours)
    assert len(blocks._blocks(exact.device)) > len(whole._blocks(exact.device)) == 1
    torch.testing.assert_close(blocks.canvas, whole.canvas, rtol=0, atol=1e-2)
