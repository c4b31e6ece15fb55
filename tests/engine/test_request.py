"""Settings and outcomes: which are refused, and that both survive being stored."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.checkpoint import fingerprint_of
from engine.errors import RequestRejected
from engine.presets import PRESETS, settle
from engine.request import PaintOutcome, PaintSettings, StylizeRequest
from engine.stylize import stylize
from engine.vgg19 import Encoder

# JSON has no infinities, and no integers beyond what other readers of it hold.
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(int, st.integers(-(2**53), 2**53))


@given(st.builds(PaintSettings))
def test_settings_survive_json(settings: PaintSettings) -> None:
    """Every field comes back as it was, tuples included."""
    assert PaintSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


@given(st.builds(PaintOutcome))
def test_outcomes_survive_json(outcome: PaintOutcome) -> None:
    """Every field comes back as it was, losses and curve included."""
    assert PaintOutcome.from_dict(json.loads(json.dumps(outcome.to_dict()))) == outcome


def test_absent_fields_of_an_older_version_get_defaults() -> None:
    """Settings that were stored before an option existed are read as if it had not been chosen."""
    stored = {"preset": "gatys", "strength": 2, "keep_colors": True}

    assert PaintSettings.from_dict(stored) == PaintSettings(
        "gatys", strength=2.0, keep_colors=True, brush="medium"
    )


@pytest.mark.parametrize(
    "stored", [{"glitter": True}, {"size": "large"}, {"brush": "broom"}, {"style_weights": 1.0}]
)
def test_what_is_not_understood_is_not_dropped(stored: Mapping[str, object]) -> None:
    """An unknown option or a value of another type raises ValueError."""
    with pytest.raises(ValueError, match="PaintSettings"):
        PaintSettings.from_dict(stored)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"preset": "oil"}, "no preset 'oil'"),
        ({"size": 0}, "size must be"),
        ({"size": 100_000}, "size must be"),
        ({"size": 10**30}, "size must be"),
        ({"steps": 0}, "steps must be"),
        ({"strength": 0.0}, "strength must be"),
        ({"strength": float("nan")}, "strength must be"),
        ({"strength": float("inf")}, "strength must be"),
        ({"style_weights": (-1.0,)}, "weights must be between"),
        ({"style_weights": (0.0,)}, "not all zero"),
        ({"style_weights": (1e308,)}, "between 0 and 1000000"),
        ({"style_weights": (float("nan"),)}, "weights must be between"),
        ({"fast": True}, "no fast setting"),
        ({"brush": "broom"}, "no brush 'broom'"),
        ({"brush": "broom" * 9999}, "no brush 'broombroom"),
        ({"preset": "gatys", "brush": "bold"}, "gatys has no brush: .* mural, draft"),
        ({"preset": "seed", "brush": "fine"}, "seed has no brush"),
    ],
)
def test_impossible_settings_are_refused_in_words(
    changes: dict[str, object],
    words: str,
    content: Image.Image,
    style: Image.Image,
    encoder: Encoder,
) -> None:
    """Settings that nothing can be painted with are refused before anything is computed."""
    settings = replace(PaintSettings(), **changes)  # type: ignore[arg-type]

    with pytest.raises(RequestRejected, match=words):
        settle(settings)
    with pytest.raises(RequestRejected, match=words):
        stylize(StylizeRequest(content, (style,), settings), encoder)


@pytest.mark.parametrize("count", [0, 2])
def test_each_style_needs_a_weight(count: int, content: Image.Image) -> None:
    """A request without styles, or with more of them than weights, cannot be made."""
    with pytest.raises(RequestRejected, match="at least one style, and one weight for each"):
        StylizeRequest(content, (content,) * count)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "I;16"])
def test_pictures_of_other_modes_are_refused(mode: str, content: Image.Image) -> None:
    """A picture that `engine.images` did not read is refused by its mode, before any tensor is."""
    other = Image.new(mode, (32, 32))
    for pictures in ((other, content), (content, other)):
        with pytest.raises(ValueError, match=f"must be in mode RGB, not .*{mode}"):
            StylizeRequest(pictures[0], (pictures[1],))
    StylizeRequest(content, (content,), mask=other)
    if mode != "L":
        with pytest.raises(ValueError, match=f"alpha must be in mode L, not {mode}"):
            StylizeRequest(content, (content,), alpha=other)


def test_a_mask_divides_the_canvas_between_two_styles_at_most(content: Image.Image) -> None:
    """With a third style there is no telling where it should paint."""
    settings = PaintSettings(style_weights=(1.0, 1.0, 1.0))
    mask = Image.new("L", (8, 8))
    StylizeRequest(content, (content,) * 3, settings)
    with pytest.raises(RequestRejected, match="between 2 styles at most, not 3"):
        StylizeRequest(content, (content,) * 3, settings, mask)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_only_presets_that_match_keep_styles_apart(
    preset: str, content: Image.Image, encoder: Encoder
) -> None:
    """Any preset takes a mask with one style; with two it needs to match cells to a style."""
    settings = PaintSettings(preset, size=16, steps=1)
    mask = Image.new("L", (8, 8), "white")
    stylize(StylizeRequest(content, (content,), settings, mask), encoder)

    divided = replace(settings, style_weights=(1.0, 1.0))
    request = StylizeRequest(content, (content, content), divided, mask)
    if PRESETS[preset].recipe.matching:
        stylize(request, encoder)
    else:
        with pytest.raises(RequestRejected, match=f"{preset} takes a mask with one style only"):
            stylize(request, encoder)


def test_presets_settle_what_is_not_asked_for() -> None:
    """Size and steps are the preset's own where the settings say nothing."""
    for name, preset in PRESETS.items():
        assert settle(PaintSettings(name))[1:] == (preset.size, preset.steps)
    assert settle(PaintSettings("seed", fast=True))[1:] == (256, PRESETS["seed"].fast_steps)
    assert settle(PaintSettings(size=300, steps=7))[1:] == (300, 7)


def test_neither_torch_nor_pillow_is_needed() -> None:
    """The bot's own process reads settings and checks them without loading either."""
    code = "import sys, engine.presets; print({'torch', 'PIL'} & sys.modules.keys())"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )

    assert done.stdout.strip() == "set()"


def test_a_mask_counts_in_a_checkpoint(content: Image.Image, style: Image.Image) -> None:
    """A checkpoint of a painting with a mask is not that of one without, or with another."""
    plain = StylizeRequest(content, (style,))
    masks = [Image.new("RGB", (8, 8), grey) for grey in ("black", "white")]

    marks = {fingerprint_of(replace(plain, mask=mask), "bundled") for mask in (None, *masks)}

    assert len(marks) == 3
