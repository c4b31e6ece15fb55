"""Channels and roles in the panels of `/settings`: menus of them, and their names in the text."""

from collections.abc import Sequence

import discord

from bot.discord_io.components import AnyItem, custom_id
from bot.discord_io.limits import MOST_OPTIONS
from bot.languages.speech import ngettext

FEATURE = "settings"  # in the custom ids of all components of `/settings`
MOST_NAMED = 10  # of a list in a message, which may have 2000 characters in all


def role_select(path: str, placeholder: str, chosen: Sequence[int]) -> AnyItem:
    """Make a menu of roles, with those chosen filled in."""
    return discord.ui.RoleSelect(
        custom_id=custom_id(FEATURE, path),
        placeholder=placeholder,
        min_values=0,
        max_values=MOST_OPTIONS,
        default_values=filled(chosen, discord.SelectDefaultValueType.role),
    )


def filled(
    ids: Sequence[int], kind: discord.SelectDefaultValueType
) -> list[discord.SelectDefaultValue]:
    """Fill in the channels or roles of a menu."""
    return [discord.SelectDefaultValue(id=number, type=kind) for number in ids]


def roles_in_words(roles: Sequence[int]) -> str:
    """Name roles, as many as fit."""
    return named([f"<@&{role}>" for role in roles])


def channels_in_words(channels: Sequence[int]) -> str:
    """Name channels, as many as fit."""
    return named([f"<#{channel}>" for channel in channels])


def named(parts: Sequence[str], between: str = ", ") -> str:
    """Join the first of a list, and say how many more there are."""
    shown = between.join(parts[:MOST_NAMED])
    more = len(parts) - MOST_NAMED
    if more <= 0:
        return shown
    return ngettext("{names} and {n} more", "{names} and {n} more", more, names=shown)
