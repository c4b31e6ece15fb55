"""The texts of the two panels of `/settings`."""

import pytest

from bot.guilds import rules_panel, settings_panel
from bot.guilds.limits import Ceilings, capped
from bot.guilds.model import GuildSettings, RoleAllowance, Switch
from bot.languages.speech import LANGUAGES, speaking

ID = 1_234_567_890_123_456_789  # as long as Discord's are
MANY = tuple(range(ID, ID + 25))  # as many as a menu takes
CEILINGS = Ceilings(99, 999, 9999, 9999)
FULL = GuildSettings(
    paint_channels=MANY,
    style_roles=MANY,
    challenge_roles=MANY,
    paint_roles=MANY,
    allowances=tuple(RoleAllowance(role, 987_654, 987_654) for role in MANY),
    forbidden_words=("word",) * 200,
    gallery=True,
    off=tuple(Switch),
    log_channel=ID,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_texts_fit_into_a_message(language: str) -> None:
    """Discord takes 2000 characters; of long lists the first are named, and the rest counted."""
    with speaking(language):
        settings = settings_panel.overview(capped(FULL, CEILINGS), ID, language)
        rules = rules_panel.overview(FULL, ID, "x" * 200)
    assert len(settings) <= 2000
    assert len(rules) <= 2000
    assert settings.count(f"<@&{ID}>") == 2
    assert settings.count("15") == 3  # three lists


def test_short_lists_are_named_in_full() -> None:
    """Ten are named, and nothing is counted."""
    chosen = GuildSettings(paint_channels=MANY[:10])
    text = settings_panel.overview(capped(chosen, CEILINGS), ID, "en-US")
    assert text.count("<#") == 10
    assert "more" not in text
