"""The SQL of blocks."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.model import HOST, Block, BlockKind
from bot.moderation.tables import blocks
from bot.storage.database import Database


class BlockStore:
    """Reads and writes blocks. Methods that take a connection are part of its transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def put(self, connection: AsyncConnection, block: Block) -> None:
        """Write a block, in place of an earlier one of the same member or server."""
        await connection.execute(sa.delete(blocks).where(_is(block)))
        await connection.execute(sa.insert(blocks).values(vars(block)))

    async def lift(
        self, connection: AsyncConnection, guild_id: int, kind: BlockKind, subject_id: int
    ) -> bool:
        """Delete a block; False where there is none."""
        which = Block(guild_id, kind, subject_id, 0.0)
        return bool((await connection.execute(sa.delete(blocks).where(_is(which)))).rowcount)

    async def all(self) -> list[Block]:
        """Read all blocks, the oldest first."""
        async with self.database.read() as connection:
            query = sa.select(blocks).order_by(blocks.c.created_at, blocks.c.subject_id)
            found = (await connection.execute(query)).mappings()
            return [Block(**{**row, "kind": BlockKind(row["kind"])}) for row in found]

    async def tell(self, block: Block) -> bool:
        """Record that a reason is given now; False where it was given before."""
        query = sa.update(blocks).where(_is(block), ~blocks.c.told).values(told=True)
        async with self.database.write() as connection:
            return bool((await connection.execute(query)).rowcount)

    async def prune(self, now: float) -> None:
        """Delete the blocks that have ended."""
        async with self.database.write() as connection:
            await connection.execute(sa.delete(blocks).where(blocks.c.until <= now))

    # For members and servers.

    async def about_member(self, member_id: int) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Yield the blocks of a member, and when they blocked others, without those."""
        shown = ("guild_id", "created_at", "reason", "until")
        every = await self.all()
        yield [
            {"blocked": True, **{name: getattr(block, name) for name in shown}}
            for block in every
            if block.kind is BlockKind.MEMBER and block.subject_id == member_id
        ]
        yield [
            {"you_blocked_somebody": True, "guild_id": one.guild_id, "created_at": one.created_at}
            for one in every
            if one.by_id == member_id
        ]

    async def forget_member(self, member_id: int) -> set[str]:
        """Delete a member's id from blocks that they made. Blocks of a member stay until they end.

        Else a deletion would lift them.
        """
        query = sa.update(blocks).where(blocks.c.by_id == member_id).values(by_id=0)
        async with self.database.write() as connection:
            await connection.execute(query)
        return set()

    async def guild_ids(self) -> set[int]:
        """Give the servers that have blocked somebody."""
        return {block.guild_id for block in await self.all()} - {HOST}

    async def end_in(self, guild_id: int) -> None:
        """Nothing of blocks is under way."""

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete a server's blocks; the host's block of the server stays."""
        async with self.database.write() as connection:
            await connection.execute(sa.delete(blocks).where(blocks.c.guild_id == guild_id))
        return set()


def _is(block: Block) -> sa.ColumnElement[bool]:
    return (
        (blocks.c.guild_id == block.guild_id)
        & (blocks.c.kind == block.kind)
        & (blocks.c.subject_id == block.subject_id)
    )
