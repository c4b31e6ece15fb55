"""The reconciliation of murals with a real queue, and without Discord."""

import asyncio
from functools import partial
from pathlib import Path

import discord

from bot.jobs.model import Job, JobState
from bot.journal import NO_JOURNAL
from bot.moderation.service import BlockService
from bot.moderation.store import BlockStore
from bot.mural.assembler import Assembler
from bot.mural.messenger import MuralMessenger, MuralPace
from bot.mural.model import Mural
from bot.mural.reconciler import MuralReconciler
from bot.mural.tile_jobs import TileJobs
from tests.bot.mural.harness import HOST, Murals, member


def reconciler_of(murals: Murals) -> MuralReconciler:
    """Make a reconciler, with a client that is connected to nothing."""
    harness, store = murals.harness, murals.service.store
    client = discord.Client(intents=discord.Intents.none())
    messenger = MuralMessenger(
        client,
        store,
        murals.guilds,
        murals.workshop,
        harness.pictures,
        lambda _: None,
        murals.data.end_in,
        harness.clock,
        MuralPace(),
    )
    blocks = BlockService(BlockStore(harness.database), harness.data, NO_JOURNAL, harness.clock)

    async def tell(member_id: int, text: str) -> None:
        raise AssertionError(f"nobody is to be told: {member_id} {text}")

    tile_jobs = TileJobs(
        murals.service,
        harness.service,
        harness.admission,
        murals.guilds,
        harness.retention,
        murals.workshop,
        partial(blocks.check, quietly=True),
        lambda: 1000,
        harness.clock,
    )
    assembler = Assembler(
        murals.service,
        murals.guilds,
        harness.retention,
        murals.workshop,
        tell,
        harness.clock,
        MuralPace().assembling,
    )
    steps = (
        *(tile_jobs.take_over_ended, murals.service.advance, tile_jobs.queue_next),
        *(assembler.assemble, messenger.show),
    )
    return MuralReconciler(murals.service, tile_jobs.on_change, steps)


async def first_queued(murals: Murals) -> Job:
    """Reconcile until a painting is queued, and return its job."""
    changes: asyncio.Queue[Job] = asyncio.Queue()
    unsubscribe = murals.harness.service.subscribe(changes.put_nowait)
    reconciling = asyncio.create_task(reconciler_of(murals).run())
    try:
        async with asyncio.timeout(120):
            return await changes.get()
    finally:
        unsubscribe()
        reconciling.cancel()
        await asyncio.gather(reconciling, return_exceptions=True)


async def test_a_tile_that_is_freed_while_it_is_queued_is_not_painted(
    murals: Murals, tmp_path: Path
) -> None:
    """A job that is submitted when nobody wants it any more is cancelled at once."""
    photo = await murals.start()
    await murals.service.store.set_message(photo.id, given_up=True)  # there is no Discord here
    mural = await murals.ordered(photo, 1, member(1))
    changes: asyncio.Queue[JobState] = asyncio.Queue()
    murals.harness.service.subscribe(lambda job: changes.put_nowait(job.state))
    reconciling = asyncio.create_task(reconciler_of(murals).run())
    async with asyncio.timeout(120):
        while not list((tmp_path / "pictures" / "work").iterdir()):  # noqa: ASYNC110 - of files
            await asyncio.sleep(0.005)
    await murals.service.free(HOST, 1)
    async with asyncio.timeout(120):
        seen = [await changes.get(), await changes.get()]
    assert seen == [JobState.QUEUED, JobState.CANCELLED]
    reconciling.cancel()
    await asyncio.gather(reconciling, return_exceptions=True)
    assert (await murals.read(mural)).tiles == ()


async def test_a_full_queue_holds_up_its_member_alone(murals: Murals) -> None:
    """A tile that waits for room in the queue does not hold up the one beside it."""
    await murals.guilds.change(HOST, {"jobs_per_member": 1})
    await murals.harness.submit(1)
    mural = await murals.start()
    await murals.service.store.set_message(mural.id, given_up=True)  # there is no Discord here
    for number in (1, 2):
        await murals.ordered(mural, number, member(number))
    assert (await first_queued(murals)).origin.member_id == 2


async def test_a_blocked_members_order_is_given_up(murals: Murals) -> None:
    """What waits to be queued is not queued for a moment, and the tile is free again."""
    mural = await murals.start()
    await murals.service.store.set_message(mural.id, given_up=True)  # there is no Discord here
    for number in (1, 2):
        await murals.ordered(mural, number, member(number))
    blocks = BlockService(
        *(BlockStore(murals.harness.database), murals.harness.data),
        *(NO_JOURNAL, murals.harness.clock),
    )
    await blocks.block(HOST, member(1), "Spam", None)
    assert (await first_queued(murals)).origin.member_id == 2
    assert (await murals.read(mural)).free == (1, 3, 4)


async def test_a_change_is_not_lost_to_an_error(murals: Murals) -> None:
    """Where the murals cannot be read, the steps after the change are taken at the next try."""
    await murals.start()
    tries, taken = 0, asyncio.Event()

    async def fail_twice() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise OSError("the database is locked")

    async def take(_: Mural) -> float:
        taken.set()
        return float("inf")

    reconciler = MuralReconciler(murals.service, fail_twice, [take], retry=0.01)
    reconciling = asyncio.create_task(reconciler.run())
    async with asyncio.timeout(120):
        await taken.wait()
    assert tries == 3
    reconciling.cancel()
    await asyncio.gather(reconciling, return_exceptions=True)
