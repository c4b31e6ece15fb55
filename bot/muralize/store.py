"""The SQL of requests: accepted, but not jobs yet."""

from collections.abc import AsyncIterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import Refused
from bot.jobs.quotas import UnderWay
from bot.languages.speech import _
from bot.muralize.request import Repeat, Request, from_json
from bot.muralize.tables import requests
from bot.people import Origin
from bot.storage.database import Database
from bot.storage.shard import WHOLE, Shard

_ADD = sa.insert(requests)  # made once, as those of jobs
_REMOVE = sa.delete(requests).where(requests.c.interaction_id == sa.bindparam("sought"))


class Withdrawn(Refused):
    """The request was deleted: the bot left the server, or the member deleted their data."""

    def __init__(self) -> None:
        super().__init__(_("This request was deleted before it was painted."))


class RequestStore:
    """Stores requests while their pictures are being downloaded, until they are jobs.

    Methods that take a connection are part of its transaction.
    """

    def __init__(self, database: Database, shard: Shard = WHOLE) -> None:
        self.database = database
        self._shard = shard

    async def add(self, connection: AsyncConnection, request: Request | Repeat) -> None:
        """Keep a request."""
        row = {"interaction_id": request.origin.interaction_id, "request": request.to_json()}
        await connection.execute(_ADD, row)

    async def pending(self, connection: AsyncConnection, origin: Origin) -> UnderWay:
        """Count the requests that are not jobs yet."""
        stored = (await connection.execute(sa.select(requests.c.request))).scalars()
        found = [one.origin for one in map(from_json, stored)]
        here = [one for one in found if one.guild_id == origin.guild_id]
        return UnderWay(
            sum(one.member_id == origin.member_id for one in here),
            len(here),
            sum(one.member_id == origin.member_id for one in found),
            len(found),
        )

    async def settle(self, connection: AsyncConnection, request: Request | Repeat) -> None:
        """Delete a request that becomes a job. Raises Withdrawn where it was deleted before."""
        found = await connection.execute(_REMOVE, {"sought": request.origin.interaction_id})
        if not found.rowcount:
            raise Withdrawn

    async def remove(self, request: Request | Repeat) -> None:
        """Delete a request that was refused."""
        async with self.database.write() as connection:
            await connection.execute(_REMOVE, {"sought": request.origin.interaction_id})

    async def about_member(self, member_id: int) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield a member's requests; there are few at a time."""
        yield [_readable(one) for one in await self.all() if one.origin.member_id == member_id]

    async def forget_member(self, member_id: int) -> set[str]:
        """Delete a member's requests; their pictures are not stored yet."""
        for request in await self.all():
            if request.origin.member_id == member_id:
                await self.remove(request)
        return set()

    async def guild_ids(self) -> set[int]:
        """Give the servers that have requests."""
        return {one.origin.guild_id for one in await self.ours()}

    async def end_in(self, guild_id: int) -> None:
        """Delete a server's requests; one that is being downloaded is refused when it ends."""
        for request in await self.all():
            if request.origin.guild_id == guild_id:
                await self.remove(request)

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete a server's requests; their pictures are not stored yet."""
        await self.end_in(guild_id)
        return set()

    async def ours(self) -> list[Request | Repeat]:
        """Read the requests in the shard's servers, oldest first."""
        return [one for one in await self.all() if self._shard.has(one.origin.guild_id)]

    async def resuming(self, request: Request | Repeat) -> int:
        """Count a resumption before it begins; return the number of them, this one included.

        A request that ended the bot is still counted after the next start.
        """
        one = requests.c.interaction_id == request.origin.interaction_id
        async with self.database.write() as connection:
            await connection.execute(
                sa.update(requests).where(one).values(resumed=requests.c.resumed + 1)
            )
            found = await connection.execute(sa.select(requests.c.resumed).where(one))
            return found.scalar() or 0

    async def all(self) -> list[Request | Repeat]:
        """Read all requests, oldest first: an interaction's id begins with its time."""
        query = sa.select(requests.c.request).order_by(requests.c.interaction_id)
        async with self.database.read() as connection:
            return [from_json(row) for row in (await connection.execute(query)).scalars()]


def _readable(request: Request | Repeat) -> dict[str, Any]:
    if isinstance(request, Repeat):
        return {"painting": request.job_id, "change": request.change}
    return {"content": request.content.url, "style": request.style_name}
