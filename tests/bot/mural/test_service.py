"""Murals over a real database: claims at once, jobs that are not wanted, and a member's data."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random

import discord
import pytest
from PIL import Image

from bot.errors import MuralRefused
from bot.guilds.limits import Ceilings
from bot.guilds.model import RoleAllowance
from bot.guilds.rules import RoleNeeded
from bot.guilds.service import GuildService
from bot.guilds.store import GuildStore
from bot.jobs.allowance import TimeSpent
from bot.jobs.model import Job, JobState
from bot.journal import NO_JOURNAL
from bot.moderation.service import BlockService
from bot.moderation.store import BlockStore
from bot.mural import rules
from bot.mural.keeper import MuralKeeper
from bot.mural.messenger import MuralMessenger, MuralPace
from bot.mural.model import Choice, Mural, MuralState, Results, Terms
from bot.mural.service import MuralService
from bot.mural.store import MuralStore
from bot.mural.workshop import Workshop
from bot.people import Member
from bot.pictures.decoder import Decoder
from bot.storage.database import Database
from engine.request import PaintSettings
from tests.bot.jobs.harness import GUILD, JobHarness

HOST = Member(99, GUILD, manages=True, moderates=True, name="Mo")


@dataclass
class Murals:
    """A mural service over real jobs."""

    harness: JobHarness
    service: MuralService
    style: Choice
    photo: str
    guilds: GuildService
    workshop: Workshop

    async def start(self) -> Mural:
        """Start a mural of 2x2 tiles, two for each member."""
        until = self.harness.clock() + 3600
        terms = Terms("Town", 2, 2, 64, until, self.style, tiles_per_member=2)
        return await self.service.start(HOST, 20, terms, self.photo)

    async def ordered(self, mural: Mural, number: int, member: Member) -> Mural:
        """Have a member claim a tile and choose its style."""
        await self.service.claim(member, mural.id, number)
        return await self.service.choose(
            member, mural.id, number, self.style, 900 + number, library=True
        )

    async def read(self, mural: Mural) -> Mural:
        """Read it again."""
        found = await self.service.store.get(mural.id)
        assert found is not None
        return found


@pytest.fixture
async def murals(database: Database, tmp_path: Path) -> AsyncIterator[Murals]:
    """A service over an empty database."""
    harness = JobHarness(database, tmp_path / "pictures")
    await harness.pictures.open()
    store = MuralStore(database)
    harness.retention.add_users([store])
    async with Decoder() as decoder:
        guilds = GuildService(GuildStore(database), Ceilings(5, 50, 1024, 100))
        service = MuralService(
            store,
            harness.retention,
            decoder,
            guilds,
            harness.service,
            harness.admission,
            harness.clock,
            Random(0),
            tile_side=512,
            hold=600.0,
        )
        buffer = io.BytesIO()
        Image.new("RGB", (300, 200), "teal").save(buffer, "PNG")
        photo = await harness.pictures.put(buffer.getvalue())
        style = await harness.pictures.put(b"style")
        workshop = Workshop(harness.retention)
        yield Murals(harness, service, Choice(style, "Night"), photo, guilds, workshop)


def member(number: int) -> Member:
    """Make a plain member."""
    return Member(number, GUILD, name=f"Member {number}")


async def test_claims_at_once(murals: Murals) -> None:
    """Of many members that press the same number one gets the tile; it is read back whole."""
    mural = await murals.start()
    claims = (murals.service.claim(member(number), mural.id, 3) for number in range(1, 9))
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    assert sum(isinstance(one, Mural) for one in outcomes) == 1
    assert sum(isinstance(one, MuralRefused) for one in outcomes) == 7
    mural = await murals.read(mural)
    assert [tile.number for tile in mural.tiles] == [3]
    mural = await murals.ordered(mural, 1, member(20))
    assert await murals.read(mural) == mural
    with pytest.raises(MuralRefused, match="already a mural"):
        await murals.start()


async def test_a_freed_tile_takes_its_job_along(murals: Murals) -> None:
    """The job of a tile that is freed while it waits in the queue is cancelled."""
    mural = await murals.ordered(await murals.start(), 1, member(1))
    job = await murals.harness.submit(1)
    rule = partial(rules.queued, number=1, key=901, job_id=job.id)
    await murals.service.change(mural.id, rule)
    _, had = await murals.service.free(HOST, 1)
    assert had == 1
    found = await murals.harness.service.get(job.id)
    assert found is not None
    assert found.state is JobState.CANCELLED


async def test_a_member_is_forgotten(murals: Murals) -> None:
    """The export has a member's own tiles alone; deletion frees them, with their pictures."""
    mural = await murals.start()
    for number, who in ((1, 1), (2, 2)):
        await murals.ordered(mural, number, member(who))
        picture = await murals.harness.pictures.put(b"painted %d" % number)
        queued = partial(rules.queued, number=number, key=900 + number, job_id=70 + number)
        done = partial(rules.painted, job_id=70 + number, picture=picture, now=5.0)
        await murals.service.change(mural.id, queued)
        await murals.service.change(mural.id, done, [picture])
    (about,) = [one async for page in murals.service.about_member(1) for one in page]
    assert [tile["number"] for tile in about["tiles"]] == [1]
    assert "Member 2" not in str(about)

    gone = await murals.service.forget_member(1)
    await murals.harness.retention.release(gone)
    mural = await murals.read(mural)
    assert [tile.member_id for tile in mural.tiles] == [2]
    assert mural.free == (1, 3, 4)
    assert not await murals.harness.pictures.has(sorted(gone - {murals.style.picture}))
    assert [one async for page in murals.service.about_member(1) for one in page] == []

    await murals.service.end_in(GUILD)
    mural = await murals.read(mural)
    assert mural.state is MuralState.CANCELLED
    assert mural.message.given_up
    assert murals.style.picture in await murals.service.forget_guild(GUILD)
    assert await murals.service.guild_ids() == set()


async def test_a_tile_that_is_freed_while_it_is_queued_is_not_painted(
    murals: Murals, tmp_path: Path
) -> None:
    """A job that is submitted when nobody wants it any more is cancelled at once."""
    photo = await murals.start()
    await murals.service.store.set_message(photo.id, given_up=True)  # there is no Discord here
    mural = await murals.ordered(photo, 1, member(1))
    changes: asyncio.Queue[JobState] = asyncio.Queue()
    murals.harness.service.subscribe(lambda job: changes.put_nowait(job.state))
    keeper = asyncio.create_task(keeper_of(murals).run())
    async with asyncio.timeout(120):
        while not list((tmp_path / "pictures" / "work").iterdir()):  # noqa: ASYNC110 - of files
            await asyncio.sleep(0.005)
    await murals.service.free(HOST, 1)
    async with asyncio.timeout(120):
        seen = [await changes.get(), await changes.get()]
    assert seen == [JobState.QUEUED, JobState.CANCELLED]
    keeper.cancel()
    await asyncio.gather(keeper, return_exceptions=True)
    assert (await murals.read(mural)).tiles == ()


def keeper_of(murals: Murals) -> MuralKeeper:
    """Make a keeper, with a client that is connected to nothing."""
    harness, store = murals.harness, murals.service.store
    client = discord.Client(intents=discord.Intents.none())
    messenger = MuralMessenger(
        client,
        store,
        murals.guilds,
        murals.workshop,
        harness.pictures,
        lambda _: None,
        murals.service.end_in,
        harness.clock,
        MuralPace(),
    )
    blocks = BlockService(BlockStore(harness.database), harness.data, NO_JOURNAL, harness.clock)

    async def tell(member_id: int, text: str) -> None:
        raise AssertionError(f"nobody is to be told: {member_id} {text}")

    return MuralKeeper(
        murals.service,
        harness.service,
        harness.admission,
        murals.guilds,
        harness.retention,
        murals.workshop,
        messenger,
        partial(blocks.check, quietly=True),
        lambda: 1000,
        tell,
        harness.clock,
        MuralPace().assembling,
    )


async def queued_by_keeper(murals: Murals) -> Job:
    """Run a keeper until it has queued a painting."""
    changes: asyncio.Queue[Job] = asyncio.Queue()
    unsubscribe = murals.harness.service.subscribe(changes.put_nowait)
    keeper = asyncio.create_task(keeper_of(murals).run())
    try:
        async with asyncio.timeout(120):
            return await changes.get()
    finally:
        unsubscribe()
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)


async def test_a_full_queue_holds_up_its_member_alone(murals: Murals) -> None:
    """A tile that waits for room in the queue does not hold up the one beside it."""
    await murals.guilds.change(HOST, {"jobs_per_member": 1})
    await murals.harness.submit(1)
    mural = await murals.start()
    await murals.service.store.set_message(mural.id, given_up=True)  # there is no Discord here
    for number in (1, 2):
        await murals.ordered(mural, number, member(number))
    assert (await queued_by_keeper(murals)).origin.member_id == 2


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
    assert (await queued_by_keeper(murals)).origin.member_id == 2
    assert (await murals.read(mural)).free == (1, 3, 4)


async def test_a_moderator_takes_a_tile_off_a_finished_mural(murals: Murals) -> None:
    """The last mural is meant where none is open, else the one of the given number."""
    old = await finished(murals)
    after, had = await murals.service.free(HOST, 1)
    assert (after.id, after.state, had) == (old.id, MuralState.REPAIRING, 1)
    new = await murals.start()
    await murals.service.claim(member(2), new.id, 1)
    after, had = await murals.service.free(HOST, 1)
    assert (after.id, had) == (new.id, 2)
    with pytest.raises(MuralRefused, match="the server's own"):
        await murals.service.free(HOST, 1, old.id)
    elsewhere = replace(HOST, guild_id=GUILD + 1)
    with pytest.raises(MuralRefused, match="no such mural"):
        await murals.service.free(elsewhere, 1, old.id)


async def finished(murals: Murals) -> Mural:
    """Start a mural, have its first tile painted by a member and the rest by the server."""
    mural = await murals.ordered(await murals.start(), 1, member(1))
    await murals.service.finish(HOST, None)
    names = [await murals.harness.pictures.put(b"layer %d" % number) for number in range(4)]
    for number, name in enumerate(names, 1):
        tile = (await murals.read(mural)).tile(number)
        assert tile is not None
        assert tile.order is not None
        queued = partial(rules.queued, number=number, key=tile.order.key, job_id=70 + number)
        await murals.service.change(mural.id, queued)
        done = partial(rules.painted, job_id=70 + number, picture=name, now=5.0)
        await murals.service.change(mural.id, done, [name])
    await murals.service.change(mural.id, partial(rules.due, now=6.0))
    results = Results(*names)
    await murals.service.change(
        mural.id, partial(rules.assembled, results=results, now=7.0), results.pictures
    )
    mural = await murals.read(mural)
    assert mural.state is MuralState.DONE
    return mural


async def test_a_deletion_in_a_finished_mural_leaves_the_next_one_alone(murals: Murals) -> None:
    """Its tile is painted anew while members paint the next mural, and neither is in the way."""
    old = await finished(murals)
    new = await murals.start()
    await murals.service.forget_member(1)
    old = await murals.read(old)
    assert old.results is None
    assert [tile.number for tile in rules.ready(old)] == [1]
    assert {one.id for one in await murals.service.store.alive()} == {old.id, new.id}
    assert (await murals.service.need_unfinished(GUILD)).id == new.id


async def test_a_mural_under_repair_keeps_nobody_from_starting_one(murals: Murals) -> None:
    """A finished mural of which a painting was deleted takes no claims and does not end."""
    old = await finished(murals)
    await murals.service.forget_member(1)
    new = await murals.start()
    await murals.service.end_in(GUILD)
    assert (await murals.read(new)).state is MuralState.CANCELLED
    assert (await murals.read(old)).state is MuralState.REPAIRING


async def test_orders_that_wait_count_in_the_painting_time(murals: Murals) -> None:
    """Whoever has time for one tile cannot order a second one while the first is no job yet."""
    allowance = RoleAllowance(GUILD, per_hour=round(await one_tile(murals) * 1.5))
    await murals.guilds.change(HOST, {"allowances": (allowance,)})
    mural = await murals.start()
    ann = Member(1, GUILD, roles=frozenset({GUILD}))
    await murals.ordered(mural, 1, ann)
    with pytest.raises(TimeSpent):
        await murals.ordered(mural, 4, ann)


async def one_tile(murals: Murals) -> float:
    """Predict the seconds of a tile, as far as they are bounded."""
    side = await murals.service.tile_side(GUILD)
    return murals.harness.admission.predict(PaintSettings(size=side * 3 // 2), None)


async def test_a_claim_is_for_members_who_may_paint(murals: Murals) -> None:
    """Else somebody without the role could keep tiles from those with it."""
    await murals.guilds.change(HOST, {"paint_roles": (5,)})
    mural = await murals.start()
    with pytest.raises(RoleNeeded):
        await murals.service.claim(member(1), mural.id, 1)
    await murals.service.claim(Member(1, GUILD, roles=frozenset({5})), mural.id, 1)


async def test_a_server_of_small_pictures_has_no_murals(murals: Murals) -> None:
    """Tiles under the smallest side could not be painted, so no mural starts with them."""
    await murals.guilds.change(HOST, {"largest_size": 32})
    with pytest.raises(MuralRefused, match="at least 96"):
        await murals.service.tile_side(GUILD)
    await murals.guilds.change(HOST, {"largest_size": 96})
    assert await murals.service.tile_side(GUILD) == 64


async def test_a_tile_is_shown_to_its_owner_alone(murals: Murals) -> None:
    """An old menu does not say that a tile is theirs which somebody else has, or nobody."""
    mural = await murals.start()
    await murals.service.claim(member(1), mural.id, 1)
    assert (await murals.service.get_own(member(1), mural.id, 1)).tile(1) is not None
    for who, number in ((2, 1), (1, 2), (1, 99)):
        with pytest.raises(MuralRefused, match="not yours"):
            await murals.service.get_own(member(who), mural.id, number)


async def test_a_preview_is_made_once_for_all_who_ask(murals: Murals) -> None:
    """Many requests at once do not make a child process each."""
    mural = await murals.start()
    asked = (murals.workshop.preview(mural, numbered=False) for _ in range(4))
    first, *others = await asyncio.gather(*asked)
    assert all(one is first for one in others)


async def test_a_preview_reads_small_layers(murals: Murals) -> None:
    """A large mural's layers are shrunk once: the second preview does not open them any more."""
    mural = await murals.ordered(await murals.start(), 1, member(1))
    layer = io.BytesIO()
    Image.new("RGB", (80, 80), "red").save(layer, "PNG")
    picture = await murals.harness.pictures.put(layer.getvalue())
    await murals.service.change(mural.id, partial(rules.queued, number=1, key=901, job_id=71))
    done = partial(rules.painted, job_id=71, picture=picture, now=5.0)
    await murals.service.change(mural.id, done, [picture])
    first = await murals.workshop.preview(await murals.read(mural), numbered=True)
    murals.harness.pictures.path(picture).write_bytes(b"not to be opened")
    again = Workshop(murals.harness.retention)
    assert await again.preview(await murals.read(mural), numbered=True) == first
