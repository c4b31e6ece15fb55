"""The two panels of `/settings`: their texts, and what they store."""

import asyncio
import re
from dataclasses import fields

import pytest

from bot.guilds import rules_panel, settings_panel
from bot.guilds.limits import Ceilings, capped
from bot.guilds.model import GuildSettings, RoleAllowance, Switch
from bot.guilds.rules_panel import RulesPanel, SettingEffects
from bot.guilds.service import GuildService
from bot.guilds.store import GuildStore
from bot.languages.speech import LANGUAGES, speaking
from bot.people import Member
from bot.storage.database import Database

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
    assert rules.count(f"<@&{ID}>") == 3
    assert len(re.findall(r"(?<!\d)15(?!\d)", settings)) == 1  # a list
    assert len(re.findall(r"(?<!\d)15(?!\d)", rules)) == 4


def test_every_yes_or_no_is_on_the_panel() -> None:
    """Each such field of a server's settings has a line and an option, filled in with its value."""
    names = [one.name for one in fields(GuildSettings) if one.type is bool]
    assert sorted(settings_panel.yes_or_no()) == sorted(names)
    for name in names:
        for value, word in ((True, "yes"), (False, "no")):
            effective = capped(GuildSettings.from_json({name: value}), CEILINGS)
            label, meaning = settings_panel.yes_or_no()[name]
            assert f"**{label}**: {word}" in settings_panel.overview(effective, ID, "en-US")
            menu = settings_panel.components(effective).children[2].to_component_dict()
            (option,) = [one for one in menu["options"] if one["value"] == name]
            assert (option["description"], option["default"]) == (meaning, value)


def test_short_lists_are_named_in_full() -> None:
    """Ten are named, and nothing is counted."""
    chosen = GuildSettings(paint_channels=MANY[:10])
    text = settings_panel.overview(capped(chosen, CEILINGS), ID, "en-US")
    assert text.count("<#") == 10
    assert "more" not in text


async def test_two_managers_at_once(database: Database) -> None:
    """What each switches off, and each role's painting time, is kept."""
    guilds = GuildService(GuildStore(database), CEILINGS)
    panel = RulesPanel(guilds, SettingEffects())
    managers = Member(1, 10, manages=True), Member(2, 10, manages=True)
    switched_off = Switch.STYLES, Switch.QUEUE
    await asyncio.gather(
        *(
            panel.store(manager, {"off": {switch: True}})
            for manager, switch in zip(managers, switched_off, strict=True)
        )
    )
    allowances = RoleAllowance(7, 60, None), RoleAllowance(8, None, 90)
    await asyncio.gather(
        *(panel.limit(manager, one) for manager, one in zip(managers, allowances, strict=True))
    )
    settings = await guilds.settings(10)
    assert set(settings.off) == set(switched_off)
    assert set(settings.allowances) == set(allowances)
