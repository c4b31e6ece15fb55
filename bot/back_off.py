"""Exponential back-off: Tenacity's retries, with the waits and log messages used everywhere."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    wait_exponential,
)

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class BackOff:
    """How long to wait before each retry, in seconds: `first`, then `factor` times as long."""

    first: float = 1.0
    longest: float = 60.0
    factor: float = 2.0
    attempts: int | None = None  # in all; None retries for ever

    def after(self, failures: int) -> float:
        """Give the seconds to wait after so many failures, for tries that a database remembers."""
        return min(self.longest, self.first * self.factor ** min(failures - 1, 60))

    def retrying(
        self,
        when: type[Exception] | tuple[type[Exception], ...] | Callable[[Exception], bool],
        *,
        log: logging.Logger,
        what: str,
        traceback: bool = False,
        stop: asyncio.Event | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> AsyncRetrying:
        """Make a Tenacity retrier: `await retrier(coroutine_function)` or `async for attempt in`.

        `when` names the exceptions to retry after, or decides on each. `what` begins each log
        message. Once `stop` is set, a wait ends at once and the attempt after it is the last.
        Raises the last attempt's exception.
        """

        def is_retried(error: BaseException) -> bool:
            if isinstance(when, type | tuple):
                return isinstance(error, when)
            return isinstance(error, Exception) and when(error)

        def is_last(state: RetryCallState) -> bool:
            out_of_attempts = self.attempts is not None and state.attempt_number >= self.attempts
            return out_of_attempts or (stop is not None and stop.is_set())

        async def wait(seconds: float) -> None:
            if stop is None:
                return await sleep(seconds)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), seconds)

        def say(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            message, seconds = f"{what}; next try in %.0f s", state.upcoming_sleep
            if traceback:
                log.error(message, seconds, exc_info=error)
            else:
                log.warning(f"{message}: %s", seconds, str(error) or type(error).__name__)

        return AsyncRetrying(
            retry=retry_if_exception(is_retried),
            wait=wait_exponential(self.first, self.longest, self.factor),
            stop=is_last,
            before_sleep=say,
            sleep=wait,
            reraise=True,
        )
