"""Turns that are shared among servers and members."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from bot.pictures.turns import Owner, Turns

ADA, BEN, CLEO, EVE = Owner(10, 1), Owner(10, 2), Owner(10, 3), Owner(20, 4)


async def try_for(turns: Turns, owner: Owner, stack: AsyncExitStack) -> bool:
    """Ask for a turn; say whether it was given at once."""
    try:
        async with asyncio.timeout(0.01):
            await stack.enter_async_context(turns.of(owner))
    except TimeoutError:
        return False
    return True


async def test_a_member_has_one_turn() -> None:
    """A member's second picture waits for the first; another member's does not."""
    turns = Turns(4)
    async with AsyncExitStack() as stack:
        assert await try_for(turns, ADA, stack)
        assert not await try_for(turns, ADA, stack)
        assert await try_for(turns, BEN, stack)
    assert turns.taken == 0


async def test_a_server_leaves_a_turn_to_others() -> None:
    """The members of one server never take the last turn."""
    turns = Turns(3)
    async with AsyncExitStack() as stack:
        assert await try_for(turns, ADA, stack)
        assert await try_for(turns, BEN, stack)
        assert not await try_for(turns, CLEO, stack)
        assert await try_for(turns, EVE, stack)


async def test_a_turn_that_ends_goes_to_the_server_with_fewest() -> None:
    """Among those that wait, the server with fewer turns goes first."""
    turns, order = Turns(1), list[Owner]()

    async def work(owner: Owner) -> None:
        async with turns.of(owner):
            order.append(owner)
            await asyncio.sleep(0)

    await asyncio.gather(*(work(owner) for owner in (ADA, BEN, EVE)))
    assert sorted(order, key=lambda one: one.member_id) == [ADA, BEN, EVE]
    assert turns.taken == 0


@pytest.mark.parametrize("started", [False, True])
async def test_who_gives_up_keeps_nothing(started: bool) -> None:
    """A cancelled wait, and a cancelled turn, are free for others at once."""
    turns = Turns(2)

    async def hold() -> None:
        async with turns.of(ADA):
            await asyncio.sleep(60)

    async with AsyncExitStack() as stack:
        if not started:
            await stack.enter_async_context(turns.of(ADA))
        task = asyncio.create_task(hold())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert turns.taken == 0
    async with turns.of(ADA):
        assert turns.taken == 1
