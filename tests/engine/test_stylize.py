"""The recipe from end to end, with the real VGG-19 at small sizes."""

import itertools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from engine.device import Device, choose_device
from engine.errors import PaintingFailed
from engine.presets import PRESETS
from engine.request import Progress, StylizeRequest
from engine.scales import REDUCING_GAP
from engine.stylize import stylize
from engine.vgg19 import Encoder
from tests.engine.paintings import having, pixels


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_preset_paints(preset: str, small: StylizeRequest, encoder: Encoder) -> None:
    """Each preset lowers its loss and returns what a result shows."""
    painting = stylize(having(small, preset=preset), encoder)
    outcome = painting.outcome

    assert outcome.preset == preset
    assert outcome.steps == len(outcome.curve) == 12
    assert outcome.curve[-1][1] < outcome.curve[0][1]
    assert outcome.losses.total == pytest.approx(outcome.losses.content + outcome.losses.style)
    assert outcome.losses.total == outcome.curve[-1][1]
    assert max(painting.picture.size) == 48
    assert outcome.weights == "bundled"
    assert outcome.device == "cpu"
    assert outcome.precision == "fp32"
    assert outcome.repeated_steps == 0


def test_aspect_ratio_is_kept_but_by_the_seed(
    small: StylizeRequest, encoder: Encoder, content: Image.Image
) -> None:
    """A painting has its content's shape; only the original squeezed it to a square."""
    wide = replace(small, content=content.crop((0, 0, content.width, content.width // 2)))

    assert stylize(wide, encoder).picture.size == (48, 24)
    assert stylize(having(wide, preset="seed"), encoder).picture.size == (48, 48)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_the_same_smallgives_the_same_picture(
    preset: str, small: StylizeRequest, encoder: Encoder
) -> None:
    """Same seed, same machine, same picture, byte for byte."""
    once, twice = (stylize(having(small, preset=preset, steps=5), encoder) for _ in range(2))

    assert once.picture.tobytes() == twice.picture.tobytes()
    assert once.outcome.curve == twice.outcome.curve


@pytest.mark.parametrize("preset", ["mural", "gatys"])
def test_the_seed_of_the_noise_counts(preset: str, small: StylizeRequest, encoder: Encoder) -> None:
    """Another seed is other noise to start from, and another picture."""
    request = having(small, preset=preset, steps=2)

    one, other = stylize(request, encoder), stylize(having(request, seed=1), encoder)

    assert one.picture.tobytes() != other.picture.tobytes()


def test_strength_brings_the_picture_nearer_to_the_style(
    small: StylizeRequest, encoder: Encoder
) -> None:
    """With more strength the style's own loss, its weight taken out, ends lower."""
    soft = stylize(having(small, strength=0.3, steps=12), encoder)
    strong = stylize(having(small, strength=3, steps=12), encoder)

    assert strong.outcome.losses.style / 3**2 < soft.outcome.losses.style / 0.3**2
    assert strong.outcome.losses.content > soft.outcome.losses.content


def test_every_strength_is_another_picture(small: StylizeRequest, encoder: Encoder) -> None:
    """From 0.25 to 4 no step of the dial does nothing; soft pictures are nearest the photograph."""
    strengths = (0.25, 0.5, 1.0, 2.0, 4.0)
    small = having(small, size=32, steps=6)
    pictures = [stylize(having(small, strength=one), encoder).picture for one in strengths]

    changes = [
        np.abs(pixels(one) - pixels(next_)).mean() for one, next_ in itertools.pairwise(pictures)
    ]
    assert min(changes) > 3  # of 255 levels
    content = pixels(small.content.resize(pictures[0].size, Image.Resampling.LANCZOS))
    away = [np.abs(pixels(one) - content).mean() for one in pictures]
    assert away[0] < away[1] < min(away[2:])


@pytest.mark.parametrize("brush", ["fine", "bold"])
def test_every_brush_is_another_picture(
    brush: str, small: StylizeRequest, encoder: Encoder
) -> None:
    """Strokes of another size paint the same picture differently, at the same size."""
    medium = stylize(having(small, steps=5), encoder).picture
    other = stylize(having(small, steps=5, brush=brush), encoder).picture

    assert other.size == medium.size
    assert np.abs(pixels(other) - pixels(medium)).mean() > 1


def half_white(size: tuple[int, int]) -> Image.Image:
    """A mask: black on the left, white on the right."""
    mask = Image.new("L", size, "white")
    mask.paste("black", (0, 0, size[0] // 2, size[1]))
    return mask


@pytest.mark.parametrize("preset", list(PRESETS))
def test_the_photograph_stays_where_the_mask_is_black(
    preset: str, small: StylizeRequest, encoder: Encoder
) -> None:
    """With one style, to the very level, and the rest is painted; black all over is no painting."""
    request = having(small, preset=preset, size=40, steps=4)

    painting = stylize(replace(request, mask=half_white((40, 40))), encoder).picture

    recipe = PRESETS[preset].recipe
    resampling = Image.Resampling[recipe.resampling.upper()]
    gap = (
        REDUCING_GAP if resampling == Image.Resampling.LANCZOS else None
    )  # as the engine shrinks it
    content = pixels(request.content.resize(painting.size, resampling, reducing_gap=gap))
    same = (pixels(painting) == content).all(axis=2)
    half = painting.width // 2
    assert same[:, :half].all()
    assert same[:, half:].mean() < 0.5
    black = stylize(replace(request, mask=Image.new("L", (9, 9))), encoder).picture
    assert (pixels(black) == content).all()


def colored(style: Image.Image, color: str) -> Image.Image:
    """A painting's strokes in one colour."""
    return Image.blend(style, Image.new("RGB", style.size, color), 0.7)


def test_a_mask_divides_the_picture_between_two_styles(
    small: StylizeRequest, encoder: Encoder
) -> None:
    """The first style's colour is where the mask is white, the second's where it is black."""
    (style,) = small.styles
    request = replace(
        small,
        styles=(colored(style, "red"), colored(style, "blue")),
        settings=replace(small.settings, steps=10, style_weights=(1.0, 1.0)),
        mask=half_white((30, 20)),
    )

    red, _, blue = np.moveaxis(pixels(stylize(request, encoder).picture), 2, 0)

    more_red = (red > blue).astype(float)
    half = red.shape[1] // 2
    assert more_red[:, : half - 4].mean() < 0.05
    assert more_red[:, half + 4 :].mean() > 0.95


def test_several_styles_are_all_in_the_picture(small: StylizeRequest, encoder: Encoder) -> None:
    """Without a mask each style paints where it fits, more of it with more weight."""
    (style,) = small.styles
    styles = colored(style, "red"), colored(style, "blue")

    def redness(*weights: float) -> float:
        settings = replace(small.settings, size=32, steps=6, style_weights=weights)
        both = replace(small, styles=styles, settings=settings)
        picture = stylize(both, encoder).picture
        red, _, blue = np.moveaxis(pixels(picture), 2, 0)
        return float((red - blue).mean())

    assert redness(1, 0) > redness(3, 1) > redness(1, 3) > redness(0, 1)


def test_kept_colors_are_the_contents(small: StylizeRequest, encoder: Encoder) -> None:
    """The painting's chroma is that of the content where nothing had to be clipped."""
    painting = stylize(having(small, keep_colors=True), encoder)

    wanted = small.content.resize(painting.picture.size, Image.Resampling.LANCZOS)
    got, want = (pixels(p.convert("YCbCr"))[..., 1:] for p in (painting.picture, wanted))
    inside = ((pixels(painting.picture) > 2) & (pixels(painting.picture) < 253)).all(axis=2)
    assert inside.mean() > 0.5
    assert np.abs(got - want)[inside].max() <= 3


def test_a_style_of_no_weight_does_not_count(
    small: StylizeRequest, encoder: Encoder, content: Image.Image
) -> None:
    """Two styles blend by their weights: at 1 and 0 the first one is alone."""
    (style,) = small.styles
    settings = replace(small.settings, steps=4)
    alone = stylize(replace(small, settings=settings), encoder)

    both = replace(settings, style_weights=(1.0, 0.0))
    blended = stylize(replace(small, styles=(style, content), settings=both), encoder)

    assert blended.outcome.curve == alone.outcome.curve


def test_progress_tells_every_step_and_shows_the_picture(
    small: StylizeRequest, encoder: Encoder
) -> None:
    """Steps count up to the total, time left falls to zero, previews are pictures."""
    seen: list[tuple[Progress, Image.Image]] = []

    painting = stylize(small, encoder, on_progress=lambda p: seen.append((p, p.preview())))

    assert [progress.step for progress, _ in seen] == list(range(1, 13))
    assert {progress.total_steps for progress, _ in seen} == {12}
    assert seen[-1][0].seconds_left == 0
    assert seen[0][0].seconds_left > 0
    assert seen[-1][1].tobytes() == painting.picture.tobytes()
    assert seen[-1][0].losses == painting.outcome.losses


def test_a_preview_made_smaller_leaves_the_painting_as_it_is(
    small: StylizeRequest, encoder: Encoder
) -> None:
    """A preview is its receiver's own, that of the last step too, which is the painting."""
    size = stylize(small, encoder).picture.size
    painting = stylize(small, encoder, on_progress=lambda p: p.preview().thumbnail((16, 16)))
    outcome = painting.outcome
    assert painting.picture.size == (outcome.width, outcome.height) == size


def overflowing(state: Mapping[str, torch.Tensor], factor: float) -> dict[str, torch.Tensor]:
    """The bundled VGG-19 with conv1_1 louder and conv1_2 quieter: the same network but for FP16."""
    changed = {name: value.float() for name, value in state.items()}
    for name in ("features.0.weight", "features.0.bias"):
        changed[name] = changed[name] * factor
    changed["features.2.weight"] = changed["features.2.weight"] / factor
    return changed


def test_steps_that_overflow_are_repeated_in_fp32(
    small: StylizeRequest, state: Mapping[str, torch.Tensor]
) -> None:
    """Where FP16 cannot hold the features every step is done in FP32, and counted."""
    fp16 = Device(torch.device("cpu"), "fp16")
    request = having(small, size=24, steps=4)
    loud = Encoder(overflowing(state, 2.0**16), fp16, "loud")

    painting = stylize(request, loud)

    exact = stylize(request, loud.in_fp32)
    assert painting.outcome.repeated_steps == 4
    assert painting.outcome.losses.total == pytest.approx(exact.outcome.losses.total, rel=0.05)


def test_fp16_paints_what_fp32_paints(
    small: StylizeRequest, state: Mapping[str, torch.Tensor], encoder: Encoder
) -> None:
    """FP16 with its loss scale loses no step and comes to about the same loss."""
    request = having(small, size=32, steps=6)

    painting = stylize(request, Encoder(state, Device(torch.device("cpu"), "fp16"), "bundled"))

    exact = stylize(request, encoder)
    assert painting.outcome.repeated_steps == 0
    assert painting.outcome.curve[0][1] == pytest.approx(exact.outcome.curve[0][1], rel=0.01)
    # L-BFGS's first steps enlarge what FP16 rounds.
    assert painting.outcome.losses.total == pytest.approx(exact.outcome.losses.total, rel=0.25)


def test_weights_that_never_give_a_finite_loss_fail_in_words(
    small: StylizeRequest, state: Mapping[str, torch.Tensor]
) -> None:
    """A network that overflows even FP32 is told as such, not painted with."""
    broken = {name: value.float() * 1e30 for name, value in state.items()}

    with pytest.raises(PaintingFailed, match="not finite"):
        stylize(small, Encoder(broken, choose_device("cpu", "fp32"), "broken"))


@pytest.mark.gpu
@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_graphics_card_paints_what_the_cpu_paints(
    preset: str, small: StylizeRequest, state: Mapping[str, torch.Tensor], encoder: Encoder
) -> None:
    """FP16 on CUDA, graph replay included, comes to the CPU's loss in FP32."""
    cuda = Encoder(state, choose_device("cuda", "fp16"), "bundled")
    request = having(small, preset=preset, size=64, steps=30)

    painting = stylize(request, cuda)

    assert painting.outcome.precision == "fp16"
    assert painting.outcome.repeated_steps == 0
    assert painting.outcome.losses.total == pytest.approx(
        stylize(request, encoder).outcome.losses.total, rel=0.1
    )
