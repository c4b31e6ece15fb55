"""Menus of channels and roles in the panels of `/settings`."""

from collections.abc import Sequence

import discord

from bot.discord_io.components import AnyItem, custom_id

FEATURE = "settings"  # in the custom ids of all components of `/settings`
MOST_CHOSEN = 25  # channels or roles; Discord's limit for a menu


def role_select(path: str, placeholder: str, chosen: Sequence[int]) -> AnyItem:
    """Make a menu of roles, with those chosen filled in."""
    return discord.ui.RoleSelect(
        custom_id=custom_id(FEATURE, path),
        placeholder=placeholder,
        min_values=0,
        max_values=MOST_CHOSEN,
        default_values=filled(chosen, discord.SelectDefaultValueType.role),
    )


def filled(
    ids: Sequence[int], kind: discord.SelectDefaultValueType
) -> list[discord.SelectDefaultValue]:
    """Fill in the channels or roles of a menu."""
    return [discord.SelectDefaultValue(id=number, type=kind) for number in ids]


def roles_in_words(roles: Sequence[int]) -> str:
    """Name roles."""
    return ", ".join(f"<@&{role}>" for role in roles)
