"""Two hundred jobs while everything around them breaks: each comes once, or ends in words."""

import asyncio
import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.simulator import Simulator
from bot.simulator.model import Interaction, InteractionState
from tests.end_to_end.disasters import Victim, small_disk
from tests.end_to_end.harness import (
    is_result,
    muralize,
    picture,
    private_answers,
    query,
)
from tests.end_to_end.test_memory import ALLOWED, MIB

pytestmark = pytest.mark.slow

JOBS = 200
MEMBERS = ("ada", "ben", "cleo", "olga")
# In the first half the bot dies too; in the second it lives, so that its memory can be watched.
MILD = ["kill_engine", "cut_network", "lose_answers", "slow_network", "fill_disk", "move_clock"]
WILD = [*MILD, "kill_bot", "kill_bot"]


async def test_two_hundred_jobs_in_chaos(
    simulator: Simulator, migrated_file: Path, tmp_path: Path
) -> None:
    """No job is lost or comes twice, database and picture store agree, and memory is flat."""
    moments = random.Random(200)
    simulator.limits.response_deadline = 3.0  # commands to a dead bot fail as at Discord
    with small_disk(tmp_path / "data") as mounted:
        shutil.copy(migrated_file, tmp_path / "data" / "muralscape.db")
        victim = Victim(simulator, tmp_path / "data", moments, mounted)
        await victim.start()
        asked = await suffer(victim, JOBS // 2, WILD)
        asked += await suffer(victim, JOBS // 5, MILD)  # a bot that was killed just now warms up
        before = victim.process.memory_info().rss
        asked += await suffer(victim, JOBS - len(asked), MILD)
        grown = victim.process.memory_info().rss - before
        try:
            await settled(victim)
        finally:
            assert await victim.stop() == 0
        assert set(victim.happened) == set(WILD)
        assert_each_once(victim, asked)
        assert grown < ALLOWED, f"grew by {grown / MIB:.1f} MiB"
        # two hours on, the next start sweeps away what crashes left in the picture store
        victim.clock_ahead = 7200
        await victim.start()
        await simulator.until(lambda: stored(victim.data_dir) == referred_to(victim.data_dir))
        assert await victim.stop() == 0
        assert_consistent(victim.data_dir)


async def suffer(victim: Victim, count: int, disasters: list[str]) -> list[Interaction]:
    """Have so many commands acknowledged while disasters happen; return all that were sent."""
    simulator, moments = victim.simulator, victim.moments
    asked: list[Interaction] = []

    def enough() -> bool:
        return sum(one.state is InteractionState.ACKNOWLEDGED for one in asked) >= count

    async def ask(user: str) -> None:
        while not enough():
            asked.append(muralize(simulator, user, content=unlike_others(moments)))
            await answered(simulator, asked[-1])
            await asyncio.sleep(moments.uniform(0, 0.6))

    async def strike() -> None:
        while not enough():
            for disaster in moments.sample(disasters, len(disasters)):
                await asyncio.sleep(moments.uniform(0.1, 0.6))
                await victim.befall(disaster)

    async with asyncio.TaskGroup() as together:
        together.create_task(strike())
        for user in MEMBERS:
            together.create_task(ask(user))
    return asked


async def settled(victim: Victim) -> None:
    """Wait until every request has its outcome, for as long as some get theirs.

    Discord takes five messages in five seconds in a channel, and a slow machine leaves more to send
    than a quick one. A member is told of an error again after 1, 4, 16 and 64 seconds.
    """
    left = JOBS * 2  # more than there are
    restarted = False

    def fewer() -> bool:
        return len(unsettled(victim.data_dir)) < left

    while left:
        try:
            await victim.simulator.until(fewer, 120)
        except TimeoutError:
            if restarted:
                pytest.fail(f"not settled: {unsettled(victim.data_dir)}")
            restarted = True
            assert await victim.stop() == 0
            await victim.start()
            continue
        left = len(unsettled(victim.data_dir))


async def answered(simulator: Simulator, one: Interaction) -> None:
    """Wait until an interaction was acknowledged, or its time to be is over."""
    await simulator.until(lambda: one.state is not InteractionState.WAITING)


def unlike_others(moments: random.Random) -> bytes:
    """Make a picture that no other job has, so that no two share a file."""
    return picture(colour=f"#{moments.getrandbits(24):06x}")


def assert_each_once(victim: Victim, asked: list[Interaction]) -> None:
    """Each acknowledged command has a painting or a sentence, and none has two paintings."""
    simulator = victim.simulator
    made = {row["interaction_id"]: row for row in query(victim.data_dir, "SELECT * FROM jobs")}
    assert made.keys() <= {one.id for one in asked}
    arrived = Counter(
        file.filename.split(".")[0]
        for message in simulator.world.messages.values()
        for file in message.attachments
        if is_result(message)
    )
    by_id = {one.id: one for one in asked}
    for number, job in made.items():
        if job["kept"]:  # it could not be sent while the disk was full; `/queue show` has it
            assert not arrived[f"muralscape-{job['id']}"], dict(job)
            continue
        told = simulator.world.messages.get(job["delivered_message_id"])
        if told is None:
            # It was refused, and its card replaced by the refusal; but a full disk, or the end of
            # the bot, kept the request from being forgotten, so that the next start painted it.
            answered = private_answers(simulator, by_id[number])
            assert answered or letters(simulator)[by_id[number].user.id], dict(job)
            continue
        assert arrived[f"muralscape-{job['id']}"] == (job["state"] == "done"), dict(job)
        assert (job["state"] == "done") == is_result(told), told.content
        assert job["state"] == "done" or "Not painted" in told.content
    silent: Counter[int] = Counter()
    for one in asked:
        acknowledged = one.state is InteractionState.ACKNOWLEDGED
        if acknowledged and one.id not in made and not private_answers(simulator, one):
            silent[one.user.id] += 1
    # a member with a token that expired before the refusal got a direct message
    assert silent <= letters(simulator)


def letters(simulator: Simulator) -> Counter[int]:
    """Count the direct messages that each member got."""
    return Counter(
        message.channel.recipients[0].id
        for message in simulator.world.messages.values()
        if message.channel.recipients
    )


def assert_consistent(data_dir: Path) -> None:
    """The database is sound, and every picture is there that a row names, and no other."""
    assert [row[0] for row in query(data_dir, "PRAGMA integrity_check")] == ["ok"]
    assert query(data_dir, "PRAGMA foreign_key_check") == []
    assert stored(data_dir) == referred_to(data_dir)
    assert list((data_dir / "pictures" / "work").iterdir()) == []


def unsettled(data_dir: Path) -> list[dict[str, Any]]:
    """List the requests that are not jobs yet, and the jobs with an outcome still to be sent."""
    rows = query(data_dir, "SELECT * FROM requests")
    rows += query(data_dir, "SELECT * FROM jobs WHERE told_at IS NULL AND NOT kept")
    return [dict(row) for row in rows]


def stored(data_dir: Path) -> set[str]:
    """Name the pictures on disk."""
    return {file.name for file in (data_dir / "pictures").glob("[0-9a-f][0-9a-f]/*")}


def referred_to(data_dir: Path) -> set[str]:
    """Name the pictures that rows refer to; nobody saves styles or enters challenges here."""
    return {row[0] for row in query(data_dir, "SELECT picture FROM job_pictures")}
