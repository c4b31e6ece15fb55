"""Paintings by workers on other machines, as members of a Discord server see them."""

import asyncio
import io
import json
import random
import re
from collections import Counter
from contextlib import suppress
from pathlib import Path

import nats
import pytest
from nats.js.errors import DigestMismatchError, NotFoundError
from PIL import Image, ImageColor

from bot.executors.nats import wire
from bot.executors.nats.objects import Objects
from bot.simulator import Simulator
from bot.simulator.model import Interaction, Message
from tests.end_to_end.harness import (
    UNTOLD,
    muralize,
    painting,
    picture,
    private_answers,
    query,
    results,
    run,
)
from tests.end_to_end.remote import Site, running_site
from tests.end_to_end.test_chaos import assert_consistent

pytestmark = pytest.mark.slow

MEMBERS = ("ada", "ben", "cleo", "olga")
JOBS = 60
DEATHS = 5


async def test_sixty_jobs_through_deaths_and_a_restart(
    simulator: Simulator, data_dir: Path, tmp_path: Path
) -> None:
    """Workers die and are added at random, the NATS server restarts: each job comes once."""
    chance = random.Random(60)
    colours = [f"#{chance.getrandbits(24):06x}" for _ in range(JOBS)]
    async with running_site(simulator, data_dir, tmp_path) as site:
        for _ in range(3):
            site.add_worker("load_steady")
        await site.until_listed("worker1", "worker2", "worker3")
        asked: dict[Interaction, str] = {}

        async def ask() -> None:
            for number, colour in enumerate(colours):
                member = MEMBERS[number % len(MEMBERS)]
                asked[muralize(simulator, member, content=picture(colour=colour))] = colour
                await asyncio.sleep(chance.uniform(0, 0.2))

        asking = asyncio.create_task(ask())
        await strike(site, simulator, chance)
        await asking
        await simulator.until(lambda: len(results(simulator)) >= JOBS)
        await simulator.until(lambda: not query(data_dir, UNTOLD))
        await site.until_listed(*(worker.name for worker in site.workers))
        assert await site.stop_bot() == 0, site.log
    assert Counter(message.interaction for message in results(simulator)) == Counter(asked.keys())
    for message in results(simulator):
        assert message.interaction is not None
        assert colour_of(message) == ImageColor.getrgb(asked[message.interaction])
    states = Counter(row["state"] for row in query(data_dir, "SELECT state FROM jobs"))
    assert states == {"done": JOBS}
    assert_consistent(data_dir)


async def strike(site: Site, simulator: Simulator, chance: random.Random) -> None:
    """Kill a worker and add one, five times; at a time in between restart the NATS server."""
    moments = sorted(chance.sample(range(3, JOBS - 10), DEATHS))
    restart_at = chance.randrange(DEATHS)
    for number, moment in enumerate(moments):
        await simulator.until(lambda: len(results(simulator)) >= moment)  # noqa: B023
        await asyncio.sleep(chance.uniform(0, 0.3))
        site.kill_worker(chance.choice(site.workers))
        site.add_worker("load_steady")
        if number == restart_at:
            site.server.kill()
            await asyncio.sleep(chance.uniform(0, 0.5))
            site.server.start()


def colour_of(message: Message) -> tuple[int, ...]:
    """Give the colour of a painting that has only one."""
    with Image.open(io.BytesIO(message.attachments[0].content)) as painting:
        colours = painting.convert("RGB").getcolors()
    assert colours is not None
    ((_, colour),) = colours
    assert isinstance(colour, tuple)
    return colour


async def test_a_successor_goes_on(simulator: Simulator, data_dir: Path, tmp_path: Path) -> None:
    """After kill -9 of a worker another goes on from a checkpoint of it, and it is seen."""
    async with running_site(simulator, data_dir, tmp_path) as site:
        victim = site.add_worker("load_measured")
        await site.until_listed("worker1")
        asked = muralize(simulator)
        moment = random.Random(9).randrange(15, 30)
        await simulator.until(lambda: victim.steps_done >= moment)
        await painting(simulator, asked)
        await until_kept(site)
        assert await listed_to_ben(simulator) == ["`worker1` (a clock): painting № 1 (%)"]
        site.kill_worker(victim)
        killed_at = victim.steps_done
        site.add_worker("load_measured")
        await site.until_listed("worker2")
        await simulator.until(lambda: results(simulator))
        await simulator.until(lambda: not query(data_dir, UNTOLD))
        (line,) = await listed_to_ben(simulator)
        assert line.startswith("`worker2` (a clock): idle · about ")
    (message,) = results(simulator)
    assert message.interaction is asked
    ((stored,),) = query(data_dir, "SELECT result FROM jobs")
    begun_at = json.loads(stored)["outcome"]["curve"][0][0]
    assert 1 < begun_at <= killed_at + 1


async def until_kept(site: Site) -> None:
    """Wait until the NATS server has a checkpoint of the first job."""
    client = await nats.connect(site.server.url)
    objects = Objects(client.jetstream(), wire.PICTURES)
    async with asyncio.timeout(120):
        while True:
            with suppress(NotFoundError, DigestMismatchError):
                await objects.read(wire.checkpoint_of(1))
                break
            await asyncio.sleep(0.05)
    await client.close()


async def listed_to_ben(simulator: Simulator) -> list[str]:
    """Read the lines of `/queue show` about workers, without how far and where from they are."""
    shown = run(simulator, "queue show", "ben")
    await simulator.until(lambda: private_answers(simulator, shown))
    await simulator.until(lambda: shown.original and shown.original.content)
    assert shown.original is not None
    lines = [line for line in shown.original.content.splitlines() if "-# `" in line]
    return [re.sub(r"(?<=worker\d)\.[0-9a-f]{8}|\d+(?=%)|^-# ", "", line) for line in lines]
