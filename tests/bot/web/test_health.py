"""Whether the bot is well, check by check."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.web.health import Health


async def well() -> str | None:
    """Find nothing wrong."""
    return None


@asynccontextmanager
async def watched(health: Health) -> AsyncIterator[Health]:
    """Probe until the block ends."""
    watching = asyncio.create_task(health.watch())
    try:
        yield health
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(120):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_each_fault_is_named() -> None:
    """A check that finds a fault or raises makes the bot unready; the others are not affected."""

    async def broken() -> str | None:
        raise OSError(28, "No space left on device")

    looks: dict[str, Callable[[], str | None]] = {"a": lambda: None, "b": lambda: "it rains"}
    health = Health(looks, {"c": broken, "d": well})
    assert health.readiness().faults["c"] == "not probed yet"
    async with watched(health):
        await until(lambda: len(health.readiness().ages) == 2)
        readiness = health.readiness()
    assert not readiness.ready
    assert readiness.faults == {
        "a": None,
        "b": "it rains",
        "c": "OSError; the log says more",
        "d": None,
    }


async def test_asking_costs_no_probe() -> None:
    """However often somebody asks, the probe is made once an interval; the answer has its age."""
    now, made = 100.0, 0

    async def counted() -> str | None:
        nonlocal made
        made += 1
        return None

    health = Health({}, {"disk": counted}, interval=3600.0, clock=lambda: now)
    async with watched(health):
        await until(lambda: health.readiness().ready)
        now = 107.5
        for _ in range(50):
            assert health.readiness().ages == {"disk": 7.5}
    assert made == 1


async def test_a_probe_that_hangs() -> None:
    """A probe that hangs is a fault after its time, and is not started again while it hangs."""
    started = 0
    free = asyncio.Event()

    async def hangs() -> str | None:
        nonlocal started
        started += 1
        await free.wait()
        return None

    async with watched(Health({}, {"disk": hangs}, 0.01, seconds=0.02)) as health:
        await until(lambda: health.readiness().faults == {"disk": "no answer within 0 s"})
        assert started == 1
        free.set()
        await until(lambda: health.readiness().ready)
