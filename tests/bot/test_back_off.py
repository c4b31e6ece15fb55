"""Retries wait longer each time, and end when they should."""

import asyncio
import logging

import pytest

from bot.back_off import BackOff

log = logging.getLogger(__name__)


class Flaky:
    """Fails with the errors it is given, one a call, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.failed = asyncio.Event()
        self.waits: list[float] = []

    async def call(self) -> str:
        """Fail, or succeed."""
        if self.errors:
            self.failed.set()
            raise self.errors.pop(0)
        return "done"

    async def sleep(self, seconds: float) -> None:
        """Note how long a retry would wait."""
        self.waits.append(seconds)


async def test_waits_grow_to_the_longest(caplog: pytest.LogCaptureFixture) -> None:
    """Each wait is `factor` times the one before, up to `longest`; each failure is logged."""
    flaky = Flaky(*(OSError(f"fault {number}") for number in range(5)))
    back_off = BackOff(first=2.0, longest=100.0, factor=3.0)
    retrying = back_off.retrying(OSError, log=log, what="it failed", sleep=flaky.sleep)

    assert await retrying(flaky.call) == "done"

    assert flaky.waits == [2.0, 6.0, 18.0, 54.0, 100.0]
    assert caplog.messages[1] == "it failed; next try in 6 s: fault 1"


async def test_the_last_error_is_raised() -> None:
    """After so many attempts the last exception comes out as it is."""
    flaky = Flaky(OSError("one"), OSError("two"), OSError("three"))
    retrying = BackOff(attempts=2).retrying(OSError, log=log, what="it failed", sleep=flaky.sleep)

    with pytest.raises(OSError, match="two"):
        await retrying(flaky.call)

    assert flaky.waits == [1.0]


async def test_other_errors_are_not_retried() -> None:
    """Exceptions that are not named, or that the rule refuses, come out at once."""
    flaky = Flaky(OSError("again"), OSError("final"), ValueError("other"))
    by_rule = BackOff().retrying(
        lambda error: str(error) == "again", log=log, what="it failed", sleep=flaky.sleep
    )
    with pytest.raises(OSError, match="final"):
        await by_rule(flaky.call)
    by_type = BackOff().retrying(OSError, log=log, what="it failed", sleep=flaky.sleep)
    with pytest.raises(ValueError, match="other"):
        await by_type(flaky.call)
    assert flaky.waits == [1.0]


async def test_a_stop_ends_the_wait_and_the_retries() -> None:
    """Once the event is set, the wait is over and one last attempt decides."""
    stop = asyncio.Event()
    flaky = Flaky(OSError("one"), OSError("two"), OSError("three"))
    retrying = BackOff(first=1000.0, longest=1000.0).retrying(
        OSError, log=log, what="it failed", stop=stop
    )
    calling: asyncio.Task[str] = asyncio.create_task(retrying(flaky.call))
    await flaky.failed.wait()

    stop.set()

    with pytest.raises(OSError, match="two"):
        await asyncio.wait_for(calling, 120)


async def test_a_cancel_is_not_retried() -> None:
    """A task that is cancelled during an attempt ends."""
    started = asyncio.Event()

    async def endless() -> None:
        started.set()
        await asyncio.Event().wait()

    retrying = BackOff().retrying(lambda _: True, log=log, what="it failed")
    calling: asyncio.Task[None] = asyncio.create_task(retrying(endless))
    await started.wait()

    calling.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(calling, 120)
