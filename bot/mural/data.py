"""Murals as the data of members and servers: exported, ended, deleted."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from bot.errors import MuralRefused
from bot.mural import lifecycle, rules
from bot.mural.model import Mural
from bot.mural.service import MuralService


class MuralData:
    """Serves `/privacy`, and departures: the bot has left a server, or a channel was deleted.

    `clock` gives Unix seconds.
    """

    def __init__(self, murals: MuralService, clock: Callable[[], float]) -> None:
        self._murals = murals
        self._store = murals.store
        self._clock = clock

    async def guild_ids(self) -> set[int]:
        """Give the servers that have murals."""
        return await self._store.guild_ids()

    async def end_in(self, guild_id: int, channel_id: int | None = None) -> None:
        """Cancel a server's mural, or only one in a channel; its message is edited no more."""
        mural = await self._store.unfinished(guild_id)
        if mural is None or channel_id not in (None, mural.channel_id):
            return
        with contextlib.suppress(MuralRefused):  # it has just ended
            await self._murals.change(mural.id, partial(rules.end, now=self._clock()))
        await self._store.set_message(mural.id, given_up=True)

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete a server's murals; return their pictures."""
        return await self._store.forget_guild(guild_id)

    async def about_member(self, member_id: int) -> AsyncIterator[Sequence[dict[str, Any]]]:
        """Yield the murals that a member started or has tiles of, one by one."""
        for mural_id in await self._store.of_member(member_id):
            mural = await self._store.get(mural_id)
            if mural is not None:
                yield [_about(mural, member_id)]

    async def forget_member(self, member_id: int) -> set[str]:
        """Take a member's tiles off all murals; return their pictures."""
        pictures: set[str] = set()
        for mural_id in await self._store.of_member(member_id):
            mural = await self._store.get(mural_id)
            if mural is not None:
                own_tiles = rules.tiles_of(mural, member_id)
                pictures |= {name for tile in own_tiles for name in tile.pictures}
                rule = partial(lifecycle.forget, member_id=member_id, now=self._clock())
                await self._murals.change(mural_id, rule)
        return pictures


def _about(mural: Mural, member_id: int) -> dict[str, Any]:
    """What a mural says about a member."""
    return {
        "mural": mural.id,
        "guild_id": mural.guild_id,
        "title": mural.terms.title,
        "started": mural.host_id == member_id,
        "tiles": [asdict(tile) for tile in rules.tiles_of(mural, member_id)],
    }
