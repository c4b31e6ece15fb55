"""Murals over a real database: claims at once, jobs that are not wanted, and a member's data."""

import asyncio
import io
from dataclasses import replace
from functools import partial

import pytest
from PIL import Image

from bot.errors import MuralRefused
from bot.guilds.model import RoleAllowance
from bot.guilds.rules import RoleNeeded
from bot.jobs.allowance import TimeSpent
from bot.jobs.model import JobState
from bot.mural import lifecycle
from bot.mural.model import Mural, MuralState, Results
from bot.mural.workshop import Workshop
from bot.people import Member
from engine.request import PaintSettings
from tests.bot.jobs.harness import GUILD
from tests.bot.mural.harness import HOST, Murals, member


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
    rule = partial(lifecycle.queued, number=1, key=901, job_id=job.id)
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
        queued = partial(lifecycle.queued, number=number, key=900 + number, job_id=70 + number)
        done = partial(lifecycle.painted, job_id=70 + number, picture=picture, now=5.0)
        await murals.service.change(mural.id, queued)
        await murals.service.change(mural.id, done, [picture])
    (about,) = [one async for page in murals.data.about_member(1) for one in page]
    assert [tile["number"] for tile in about["tiles"]] == [1]
    assert "Member 2" not in str(about)

    gone = await murals.data.forget_member(1)
    await murals.harness.retention.release(gone)
    mural = await murals.read(mural)
    assert [tile.member_id for tile in mural.tiles] == [2]
    assert mural.free == (1, 3, 4)
    assert not await murals.harness.pictures.has(sorted(gone - {murals.style.picture}))
    assert [one async for page in murals.data.about_member(1) for one in page] == []

    await murals.data.end_in(GUILD)
    mural = await murals.read(mural)
    assert mural.state is MuralState.CANCELLED
    assert mural.message.given_up
    assert murals.style.picture in await murals.data.forget_guild(GUILD)
    assert await murals.data.guild_ids() == set()


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
        queued = partial(lifecycle.queued, number=number, key=tile.order.key, job_id=70 + number)
        await murals.service.change(mural.id, queued)
        done = partial(lifecycle.painted, job_id=70 + number, picture=name, now=5.0)
        await murals.service.change(mural.id, done, [name])
    await murals.service.change(mural.id, partial(lifecycle.advance, now=6.0))
    results = Results(*names)
    await murals.service.change(
        mural.id, partial(lifecycle.assembled, results=results, now=7.0), results.pictures
    )
    mural = await murals.read(mural)
    assert mural.state is MuralState.DONE
    return mural


async def test_a_deletion_in_a_finished_mural_leaves_the_next_one_alone(murals: Murals) -> None:
    """Its tile is painted anew while members paint the next mural, and neither is in the way."""
    old = await finished(murals)
    new = await murals.start()
    await murals.data.forget_member(1)
    old = await murals.read(old)
    assert old.results is None
    assert [tile.number for tile in lifecycle.to_queue(old)] == [1]
    assert {one.id for one in await murals.service.store.alive()} == {old.id, new.id}
    assert (await murals.service.need_unfinished(GUILD)).id == new.id


async def test_a_mural_under_repair_keeps_nobody_from_starting_one(murals: Murals) -> None:
    """A finished mural of which a painting was deleted takes no claims and does not end."""
    old = await finished(murals)
    await murals.data.forget_member(1)
    new = await murals.start()
    await murals.data.end_in(GUILD)
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
    await murals.service.change(mural.id, partial(lifecycle.queued, number=1, key=901, job_id=71))
    done = partial(lifecycle.painted, job_id=71, picture=picture, now=5.0)
    await murals.service.change(mural.id, done, [picture])
    first = await murals.workshop.preview(await murals.read(mural), numbered=True)
    murals.harness.pictures.path(picture).write_bytes(b"not to be opened")
    again = Workshop(murals.harness.retention)
    assert await again.preview(await murals.read(mural), numbered=True) == first
