"""Which servers are a bot's, and that no other bot on the database has them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import pytest
import sqlalchemy as sa

from bot.storage.database import STORAGE_FAULTS, Database, DatabaseUnusable
from bot.storage.shard import WHOLE, Shard, ShardLock, ShardTaken
from tests.bot.conftest import ON_POSTGRES, ON_SQLITE

GUILDS = [0, 10, *(1_100_000_000_000_000_000 + (n << 22) + 7 for n in range(7)), 2**62 + 1]
CUT = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """Another bot's connections to the same database."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_every_server_has_one_bot(database: Database, count: int) -> None:
    """The shards share all servers out; direct messages are shard 0's; SQL says the same."""
    shards = [Shard(number, count) for number in range(count)]
    ids = sa.union_all(*(sa.select(sa.literal(g, sa.BigInteger).label("id")) for g in GUILDS)).cte()
    found = []
    async with database.read() as connection:
        for shard in shards:
            query = sa.select(ids.c.id).where(shard.where(ids.c.id))
            ours = list((await connection.execute(query)).scalars())
            assert ours == [guild for guild in GUILDS if shard.has(guild)]
            found += ours
    assert sorted(found) == GUILDS
    assert shards[0].has(0)


@ON_POSTGRES
async def test_one_bot_to_a_shard(database: Database, other: Database) -> None:
    """A second bot of the same shard is refused until the first has ended; other shards are not."""
    async with ShardLock(database, Shard(0, 2)):
        async with ShardLock(other, Shard(1, 2)):
            pass
        with pytest.raises(ShardTaken, match="another bot has shard 0 of 2"):
            async with ShardLock(other, Shard(0, 2), timeout=0.0):
                pass
    async with ShardLock(other, Shard(0, 2)):
        pass


@ON_POSTGRES
async def test_one_count_for_all(database: Database, other: Database) -> None:
    """A bot that counts other shards than those that run is refused, and holds nothing then."""
    async with ShardLock(database, Shard(0, 2)):
        for wrong in (Shard(1, 3), WHOLE):
            with pytest.raises(ShardTaken, match=f"counts 2 shards, this one {wrong.count}"):
                async with ShardLock(other, wrong, timeout=0.0):
                    pass
    async with ShardLock(other, Shard(1, 3)):
        pass


@ON_POSTGRES
async def test_a_bot_that_ends_badly_lets_go(database: Database, other: Database) -> None:
    """The lock ends with the connection; a bot that starts in that moment waits for it."""
    async with ShardLock(database, WHOLE):
        starting = asyncio.create_task(ShardLock(other, WHOLE, timeout=120.0).__aenter__())
        await asyncio.sleep(0.1)
        assert not starting.done()
        await cut(other)
        await (await asyncio.wait_for(starting, 120)).__aexit__(None, None, None)


@ON_POSTGRES
async def test_a_lost_hold_is_taken_again(database: Database, other: Database) -> None:
    """After a restart of the server the lock is taken again."""
    async with ShardLock(database, WHOLE, timeout=120.0) as lock:
        watching = asyncio.create_task(lock.watch(every=0.02))
        lost = lock._pid
        await cut(other)
        await until_held(other, lost)
        assert not watching.done()
        watching.cancel()


@ON_POSTGRES
async def test_a_lost_hold_that_another_has(database: Database, other: Database) -> None:
    """A bot ends when another has taken its shard meanwhile."""
    async with ShardLock(database, WHOLE, timeout=0.0) as lock:
        await cut(other)
        async with ShardLock(other, WHOLE, timeout=120.0):
            with pytest.raises(ShardTaken):
                await asyncio.wait_for(lock.watch(every=0.02), 120)


@ON_POSTGRES
async def test_a_connection_that_only_the_server_believes_in(database: Database) -> None:
    """The lock of a connection that was cut unnoticed by the server is taken over."""
    async with ShardLock(database, WHOLE, timeout=120.0) as lock:
        pid = lock._pid
        lost, lock._connection = lock._connection, None  # as after a cut network
        watching = asyncio.create_task(lock.watch(every=0.02))
        async with asyncio.timeout(120):
            while lock._pid == pid:  # noqa: ASYNC110 - nothing else tells
                await asyncio.sleep(0.02)
        watching.cancel()
        assert lost is not None
        with pytest.raises(sa.exc.DBAPIError):
            await lost.exec_driver_sql("SELECT 1")
        await lost.close()


@ON_POSTGRES
async def test_no_connection_is_free(database_url: str) -> None:
    """Where all connections wait for a slow database, it cannot be used now: no fault of ours."""
    busy = Database(database_url, busy_seconds=0.2)
    async with AsyncExitStack() as stack:
        with suppress(*STORAGE_FAULTS):
            while True:
                await stack.enter_async_context(busy.read())
        with pytest.raises(DatabaseUnusable, match="QueuePool limit"):
            await ShardLock(busy, WHOLE).__aenter__()
    await busy.close()


@ON_SQLITE
async def test_sqlite_needs_no_hold(database: Database) -> None:
    """On SQLite the data folder's lock keeps others off; there is nothing to hold or to watch."""
    async with ShardLock(database, WHOLE) as lock:
        await asyncio.wait_for(lock.watch(), 120)


async def cut(database: Database) -> None:
    """Have the server end the connections that hold something."""
    async with database.read() as connection:
        await connection.execute(sa.text(CUT))


async def until_held(other: Database, lost: int) -> None:
    """Wait until a connection other than the one that was lost holds something."""
    query = sa.text(f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> {lost}")
    async with asyncio.timeout(120):
        while True:
            async with other.read() as connection:
                if (await connection.execute(query)).scalar():
                    return
            await asyncio.sleep(0.02)
