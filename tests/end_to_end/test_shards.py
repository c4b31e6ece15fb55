"""Two bots in processes of their own on one PostgreSQL database, against one Discord."""

import asyncio
import itertools
from collections import Counter
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import sqlalchemy as sa

from bot.simulator import Simulator
from bot.simulator.model import Channel, Guild
from bot.storage.database import Database
from bot.storage.shard import Shard
from tests.bot.conftest import ON_POSTGRES, database_url, migrated_postgres, postgres
from tests.end_to_end import bot_process
from tests.end_to_end.harness import UNTOLD, Share, all_settled, muralize, picture, results

__all__ = ["database_url", "migrated_postgres", "postgres"]

EACH = 6  # jobs in each server
COLOURS = ("navy", "olive")  # of the pictures in each server


def rooms(simulator: Simulator) -> list[Channel]:
    """A channel in a server of each of two shards, with the same members."""
    world = simulator.world
    found: dict[int, Guild] = {}
    for number in itertools.count():
        guild = world.add_guild(f"Server {number}", world.users[world.application_owner.id])
        found[0 if Shard(0, 2).has(guild.id) else 1] = guild
        simulator.clock.advance(0.001)  # the time is in the id, which determines the shard
        if len(found) == 2:
            break
    for guild in found.values():
        for name in ("ada", "ben"):
            world.join(guild, simulator.people.user(name))
    return [world.add_channel(found[shard], f"room{shard}", "") for shard in (0, 1)]


async def until_told(database: Database) -> None:
    """Wait until every request has its outcome."""
    async with asyncio.timeout(120):
        while True:
            async with database.read() as connection:
                if not list(await connection.execute(sa.text(UNTOLD))):
                    return
            await asyncio.sleep(0.05)


@ON_POSTGRES
async def test_two_bots_share_the_servers(
    simulator: Simulator, database_url: str, tmp_path: Path
) -> None:
    """Each answers and paints for its own servers, one is killed meanwhile: all comes once."""

    def start(shard: int) -> ForkServerProcess:
        share = Share(database_url, shard, 2)
        folder = tmp_path / str(shard)
        address = simulator.world.token, simulator.api_base
        return bot_process.start(*address, folder, "load_steady", share=share)

    channels = rooms(simulator)
    bots = [start(shard) for shard in (0, 1)]
    await simulator.until(lambda: simulator.gateway.shards == {0, 1})
    asked = []
    for user, (channel, colour) in itertools.product(
        ("ada", "ben"), zip(channels, COLOURS, strict=True)
    ):
        for _ in range(EACH // 2):
            content = picture(colour=colour)
            asked.append(muralize(simulator, user, content=content, channel=channel.name))
    await simulator.until(lambda: all_settled(simulator, 3))
    bots[1].kill()
    await asyncio.to_thread(bots[1].join)
    bots[1] = start(1)
    await simulator.until(lambda: all_settled(simulator, len(asked)))
    database = Database(database_url)
    await until_told(database)
    for bot in bots:
        bot.terminate()
        await asyncio.to_thread(bot.join, 120)  # which needs the simulator to take its leave
        assert bot.exitcode == 0
    shown = [message.channel.guild_id for message in results(simulator)]
    assert Counter(shown) == {channel.guild_id: EACH for channel in channels}
    assert {message.interaction for message in results(simulator)} == set(asked)
    async with database.read() as connection:
        rows = list(await connection.execute(sa.text("SELECT state, guild_id, content FROM jobs")))
    await database.close()
    assert [state for state, _, _ in rows] == ["done"] * len(asked)
    for shard, folder in enumerate((tmp_path / "0", tmp_path / "1")):
        stored = {file.name for file in (folder / "pictures").glob("??/*")}
        ours = {content for _, guild, content in rows if Shard(shard, 2).has(guild)}
        others = {content for _, guild, content in rows if not Shard(shard, 2).has(guild)}
        assert ours <= stored
        assert not others & stored
