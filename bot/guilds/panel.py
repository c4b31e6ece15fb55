"""A panel of `/settings`: a private answer that says what holds, with components to change it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import discord

from bot.discord_io import answers
from bot.discord_io.components import Interaction, Press, look_up
from bot.errors import OutdatedMessage
from bot.guilds.service import GuildService
from bot.languages.speech import decorate
from bot.people import Member

# Gives the fields of `GuildSettings` that a press of a component changes.
Change = Callable[[Press], Mapping[str, Any]]


class Panel(ABC):
    """Shows and changes what a server has chosen; `changes` has each component's, by its path."""

    changes: ClassVar[Mapping[str, Change]]

    def __init__(self, guilds: GuildService) -> None:
        self._guilds = guilds

    @abstractmethod
    async def text(self, guild_id: int) -> str:
        """List what holds in a server."""

    @abstractmethod
    async def controls(self, guild_id: int) -> discord.ui.View:
        """Make the components, with what holds now filled in."""

    async def show(self, interaction: Interaction) -> None:
        """Answer a command with the panel."""
        guild_id = interaction.guild_id or 0
        await interaction.response.send_message(
            await self.text(guild_id), view=await self.controls(guild_id), ephemeral=True
        )

    async def pressed(self, interaction: Interaction, press: Press) -> None:
        """Store what was chosen in a component. Raises Refused."""
        change = look_up(self.changes, press.path[0])
        await self.change(interaction, change(press))

    async def change(self, interaction: Interaction, changes: Mapping[str, Any]) -> None:
        """Store changed fields of `GuildSettings`, and show on the panel what holds now."""
        member = answers.member_of(interaction)
        await interaction.response.defer()
        await self.store(member, changes)
        decorate((await self._guilds.settings(member.guild_id)).emoji)
        await interaction.edit_original_response(
            content=await self.text(member.guild_id), view=await self.controls(member.guild_id)
        )

    async def store(self, member: Member, changes: Mapping[str, Any]) -> None:
        """Store changed fields, and do what follows. Raises Refused where a member may not."""
        await self._guilds.change(member, changes)


def shown_as(on: Iterable[bool]) -> str:
    """Write which options of a menu are chosen, such as "11010", for the menu's custom id."""
    return "".join(str(int(one)) for one in on)


def switched(press: Press, options: Iterable[str]) -> dict[str, bool]:
    """Give the options that a member has switched in a menu, by its `shown_as`.

    The others are left out: they may have changed since the menu was shown.
    Raises OutdatedMessage where the menu does not say what it has shown.
    """
    if len(press.path) < 2:  # the name alone
        raise OutdatedMessage
    before = zip(options, press.path[1], strict=False)
    return {
        name: name in press.values for name, was in before if (name in press.values) != (was == "1")
    }


def ids(values: Sequence[str]) -> tuple[int, ...]:
    """Give the ids of the channels or roles that were chosen in a menu."""
    return tuple(int(value) for value in values if value.isdigit())
