"""Exponential back-off: Tenacity's retries, with the waits and log messages used everywhere."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    stop_never,
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

    def retrying(
        self,
        *errors: type[Exception],
        log: logging.Logger,
        what: str,
        with_traceback: bool = False,
        sleep: Sleep = asyncio.sleep,
    ) -> AsyncRetrying:
        """Give what retries a call that raises one of `errors`, and logs each time why.

        Use it as `await back_off.retrying(...)(function)`, or with `async for` where the attempt is
        a block. Raises the last error when no attempt is left.
        """

        def say(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            seconds = state.upcoming_sleep
            if with_traceback:
                log.error("%s; next try in %.0f s", what, seconds, exc_info=error)
            else:
                reason = error or type(error).__name__
                log.warning("%s; next try in %.0f s: %s", what, seconds, reason)

        return AsyncRetrying(
            retry=retry_if_exception_type(errors),
            wait=wait_exponential(self.first, self.longest, self.factor),
            stop=stop_after_attempt(self.attempts) if self.attempts else stop_never,
            before_sleep=say,
            sleep=sleep,
            reraise=True,
        )
