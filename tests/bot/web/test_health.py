"""Whether the bot is well, check by check."""

import asyncio

from bot.web.health import Health


async def well() -> str | None:
    """Find nothing wrong."""
    return None


async def test_each_fault_is_named() -> None:
    """A check that finds a fault or raises makes the bot unready; the others are not affected."""

    async def unwell() -> str | None:
        return "it rains"

    async def broken() -> str | None:
        raise OSError(28, "No space left on device")

    readiness = await Health({"a": well, "b": unwell, "c": broken}).readiness()
    assert not readiness.ready
    assert readiness.faults == {"a": None, "b": "it rains", "c": "OSError; the log says more"}


async def test_a_check_that_hangs() -> None:
    """A check that hangs is a fault after its time, and is not started again while it hangs."""
    started = 0
    free = asyncio.Event()

    async def hangs() -> str | None:
        nonlocal started
        started += 1
        await free.wait()
        return None

    health = Health({"disk": hangs, "other": well}, seconds=0.02)
    for _ in range(2):
        readiness = await health.readiness()
        assert readiness.faults == {"disk": "no answer within 0 s", "other": None}
    assert started == 1
    free.set()
    assert (await health.readiness()).ready
    await health.close()
