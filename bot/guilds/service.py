"""Reads and changes the settings of servers, with a cache in memory."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from bot.guilds.limits import Ceilings, EffectiveSettings, capped
from bot.guilds.model import GuildSettings, Switch
from bot.guilds.rules import check_manager, check_values, living
from bot.guilds.store import GuildStore
from bot.languages.speech import ENGLISH, speaking
from bot.people import OUTSIDE, Member


class GuildService:
    """Caches the settings of servers, because every command reads them before it answers.

    Only one service may change the settings of a server. `outside` are the limits outside of
    servers. `existing` gives the ids of a server's channels and roles, None where Discord has not
    told them; `language` the language that a server says it speaks.
    """

    def __init__(
        self,
        store: GuildStore,
        ceilings: Ceilings,
        outside: Ceilings | None = None,
        existing: Callable[[int], Collection[int] | None] = lambda _: None,
        language: Callable[[int], str] = lambda _: ENGLISH,
    ) -> None:
        self._store = store
        self._known: dict[int, GuildSettings] = {}
        self._changing = asyncio.Lock()
        self._outside = outside or ceilings
        self._existing = existing
        self._language = language
        self.ceilings = ceilings

    async def settings(self, guild_id: int) -> GuildSettings:
        """Give the settings that a server has chosen, without channels and roles now deleted."""
        chosen = await self._chosen(guild_id)
        existing = self._existing(guild_id)
        return chosen if existing is None else living(chosen, existing)

    async def lost_channels(self, guild_id: int) -> bool:
        """Say whether all channels that a server chose for painting were deleted."""
        chosen = await self._chosen(guild_id)
        return bool(chosen.paint_channels and not (await self.settings(guild_id)).paint_channels)

    async def language(self, guild_id: int) -> str:
        """Give the language for all in a server, by Discord's name."""
        return (await self._chosen(guild_id)).language or self._language(guild_id)

    async def voice(
        self, guild_id: int, language: str | None = None
    ) -> AbstractContextManager[None]:
        """Speak as a server wants within the block that is given: `with await guilds.voice(7):`.

        That is in the server's language, or in one member's `language`, and with emoji or without.
        """
        chosen = await self._chosen(guild_id)
        spoken = language or await self.language(guild_id)
        return speaking(spoken, emoji=chosen.emoji)

    async def shows_gallery(self, guild_id: int) -> bool:
        """Say whether a server, which may be any number from the web, opted into the gallery."""
        # not cached, so that requests with random numbers do not fill the memory
        known = self._known.get(guild_id)
        chosen = known if known is not None else await self._store.find(guild_id)
        return chosen.gallery and not chosen.has_off(Switch.CHALLENGES)

    async def is_off(self, guild_id: int, feature: str) -> bool:
        """Say whether a server has switched a feature off."""
        return (await self._chosen(guild_id)).has_off(feature)

    async def switched_off(self, guild_id: int) -> frozenset[str]:
        """Give the features that a server has switched off."""
        return frozenset((await self._chosen(guild_id)).off)

    async def mentions_members(self, guild_id: int) -> bool:
        """Say whether a server wants members mentioned when a long painting is finished."""
        return (await self._chosen(guild_id)).mention_members

    async def shows_previews(self, guild_id: int) -> bool:
        """Say whether a server wants previews of paintings under way."""
        return (await self._chosen(guild_id)).previews

    async def has_log(self, guild_id: int) -> bool:
        """Say whether moderators read what happens in a channel."""
        return await self.log_channel(guild_id) is not None

    async def log_channel(self, guild_id: int) -> int | None:
        """Give the channel in which moderators read what happens."""
        return (await self.settings(guild_id)).log_channel

    async def with_allowances(self) -> set[int]:
        """Give the servers that bound the painting time of their members."""
        found = await self._store.guild_ids()
        return {one for one in found if (await self._chosen(one)).allowances}

    async def effective(self, guild_id: int) -> EffectiveSettings:
        """Give a server's settings, capped by the host's limits."""
        host = self._outside if guild_id == OUTSIDE else self.ceilings
        return capped(await self.settings(guild_id), host)

    async def change(self, member: Member, changes: Mapping[str, Any]) -> GuildSettings:
        """Change settings of a member's server. Raises Refused."""
        return await self.change_by(member, lambda _: changes)

    async def change_by(
        self, member: Member, rule: Callable[[GuildSettings], Mapping[str, Any]]
    ) -> GuildSettings:
        """Change settings of a member's server to what follows from those of that moment.

        Raises Refused.
        """
        check_manager(member)
        async with self._changing:
            changes = rule(await self.settings(member.guild_id))
            check_values(changes)
            changed = replace(await self._chosen(member.guild_id), **changes)
            await self._store.save(member.guild_id, changed)
            self._known[member.guild_id] = changed
        return changed

    async def guild_ids(self) -> set[int]:
        """Give the servers that have chosen something."""
        return await self._store.guild_ids()

    async def end_in(self, guild_id: int) -> None:
        """Nothing of a server's settings is under way."""

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete a server's settings."""
        async with self._changing:
            await self._store.forget(guild_id)
            self._known[guild_id] = GuildSettings()
        return set()

    async def _chosen(self, guild_id: int) -> GuildSettings:
        if guild_id not in self._known:
            found = await self._store.find(guild_id)
            self._known.setdefault(guild_id, found)  # they may have been changed since
        return self._known[guild_id]
