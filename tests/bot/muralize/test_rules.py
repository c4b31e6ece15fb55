"""Which requests are valid, and the settings that a button on a result gives."""

from dataclasses import replace
from random import Random

import pytest

from bot.errors import Refused
from bot.guilds.limits import EffectiveSettings
from bot.guilds.model import GuildSettings
from bot.jobs.quotas import JobQuotas
from bot.muralize.button_handlers import REPEATS
from bot.muralize.buttons import Action
from bot.muralize.request import Request
from bot.muralize.rules import changed, check_request
from bot.pictures.model import UploadedFile
from engine.errors import RequestRejected
from engine.presets import PRESETS
from engine.request import PaintSettings
from tests.bot.muralize.test_card import JOB

LARGEST = 1024  # pixels
EFFECTIVE = EffectiveSettings(GuildSettings(), JobQuotas(1, 1), LARGEST, 10, "mural")
PICTURE = UploadedFile("The picture", "https://cdn.example/1.png", 10)


def after(change: str, **settings: float) -> PaintSettings:
    """Press a button under a painting with these settings."""
    job = replace(JOB, settings=replace(PaintSettings(size=512), **settings))  # type: ignore[arg-type]
    return changed(job, change, LARGEST, Random(1))


def test_each_button_changes_one_setting() -> None:
    """Stronger, softer, larger: by a factor of 1.5. Again: a new seed. Time-lapse: nothing."""
    before = PaintSettings(size=512)
    assert after("stronger") == replace(before, strength=1.5)
    assert after("softer") == replace(before, strength=1 / 1.5)
    assert after("larger") == replace(before, size=768)
    assert after("timelapse") == before
    assert replace(after("again"), seed=before.seed) == before
    assert after("again").seed != before.seed


def test_settings_stay_in_their_limits() -> None:
    """The strength stops at its bounds; at the largest size there is no larger one."""
    assert after("stronger", strength=9.0).strength == 10.0
    assert after("softer", strength=0.12).strength == 0.1
    assert after("larger", size=1000).size == LARGEST
    with pytest.raises(Refused, match="already the largest size here, 1024 pixels"):
        after("larger", size=LARGEST)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_brush_that_the_preset_has_not_is_refused_before_the_download(preset: str) -> None:
    """`gatys` and `seed` have one brush, which a member is told at once, in one sentence."""
    request = Request(JOB.origin, PICTURE, PICTURE, None, PaintSettings(preset))
    bold = replace(request, settings=PaintSettings(preset, brush="bold"))

    check_request(request, EFFECTIVE)
    if PRESETS[preset].recipe.matching:
        check_request(bold, EFFECTIVE)
    else:
        with pytest.raises(RequestRejected, match=f"{preset} has no brush"):
            check_request(bold, EFFECTIVE)


@pytest.mark.parametrize("action", [*REPEATS, Action.TIMELAPSE])
def test_a_button_that_paints_again_gives_settings(action: Action) -> None:
    """Every action of `REPEATS` is known to `changed`, and so is the time-lapse."""
    assert after(action).preset == PaintSettings().preset


@pytest.mark.parametrize("action", [Action.CURVE, Action.DELETE, "sideways"])
def test_a_button_of_another_kind_paints_nothing(action: str) -> None:
    """An action that is not a change raises ValueError; it does not paint larger."""
    with pytest.raises(ValueError, match="no button changes a painting"):
        after(action)
