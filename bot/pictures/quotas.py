"""How many bytes of pictures a member, a server and the host may have stored."""

import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.errors import Refused
from bot.languages.speech import _
from bot.pictures.retention import PictureRetention
from bot.pictures.turns import Owner

log = logging.getLogger(__name__)


class MemberStorageFull(Refused):
    """A member's stored pictures take all the bytes that they may."""

    def __init__(self, held: int, limit: int) -> None:
        super().__init__(
            _(
                "Your pictures and paintings in this server take {held} MiB of the {limit} MiB "
                "that a member may have stored, and this does not fit. Delete paintings that you "
                "do not need, or send smaller pictures.",
                held=_mebibytes(held),
                limit=_mebibytes(limit),
            )
        )


class GuildStorageFull(Refused):
    """A server's stored pictures take all the bytes that they may."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            _(
                "The pictures and paintings of this server take the {limit} MiB that a server may "
                "have stored. Delete paintings or saved styles that nobody needs, or wait until "
                "old ones expire.",
                limit=_mebibytes(limit),
            )
        )


class HostStorageFull(Refused):
    """The pictures of all servers take all the bytes that the host gives them."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This bot has no room for more pictures now; its host has been told. "
                "Try again later."
            )
        )


@dataclass(frozen=True)
class ByteQuotas:
    """Bytes of uploads, paintings, time-lapses and previews, copies for pages included."""

    per_member: int  # in one server
    per_guild: int
    in_all: int


class PictureQuotas:
    """Refuses what would not fit, before it is stored.

    What is being stored and has no row yet is counted in memory. Paintings count once they are
    stored, since their bytes are not known before: a member can go beyond the quota by those that
    are under way.
    """

    def __init__(self, retention: PictureRetention, quotas: ByteQuotas) -> None:
        self._retention = retention
        self._quotas = quotas
        self._members: Counter[Owner] = Counter()
        self._guilds: Counter[int] = Counter()

    @asynccontextmanager
    async def room_for(self, owner: Owner, size: int) -> AsyncIterator[None]:
        """Keep room for so many bytes until the block ends, when rows refer to them.

        Raises MemberStorageFull, GuildStorageFull and HostStorageFull.
        """
        self._members[owner] += size
        self._guilds[owner.guild_id] += size
        try:
            await self._check(owner)
            yield
        finally:
            self._members -= Counter({owner: size})  # drops counts of zero
            self._guilds -= Counter({owner.guild_id: size})

    async def _check(self, owner: Owner) -> None:
        quotas, retention = self._quotas, self._retention
        of_member = await retention.bytes_held(owner.guild_id, owner.member_id)
        if of_member + self._members[owner] > quotas.per_member:
            raise MemberStorageFull(of_member, quotas.per_member)
        of_guild = await retention.bytes_held(owner.guild_id)
        if of_guild + self._guilds[owner.guild_id] > quotas.per_guild:
            raise GuildStorageFull(quotas.per_guild)
        if retention.pictures.total_bytes + self._guilds.total() > quotas.in_all:
            log.warning(
                "pictures take %d of the %d bytes of limits.stored_bytes: nothing more is stored",
                retention.pictures.total_bytes,
                quotas.in_all,
            )
            raise HostStorageFull


def _mebibytes(size: int) -> int:
    return round(size / 2**20)
