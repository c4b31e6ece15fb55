"""A connection to a NATS server that reconnects by itself and retries failed requests."""

import asyncio
import contextlib
import json
import logging
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import nats.errors
from nats.aio.client import DEFAULT_INBOX_PREFIX
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import APIError, ServerError, ServiceUnavailableError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_fixed

from bot.executors.nats import wire
from bot.executors.nats.access import RETRYABLE, Access, denied, explain
from bot.executors.nats.client import StrictClient
from bot.executors.nats.objects import Objects
from bot.executors.nats.senders import is_relayed

T = TypeVar("T")
log = logging.getLogger(__name__)

ANSWER_SECONDS = 5.0  # for a request, a chunk of an object included
REMOVE_SECONDS = 600.0  # for a request to remove something, with its retries


class NatsConnection:
    """Core subjects, streams and objects on one server. After `open` it reconnects by itself."""

    def __init__(
        self,
        access: Access,
        timing: wire.NatsTiming,
        name: str,
        on_change: Callable[[], None] = lambda: None,
        *,
        prepare: Callable[[JetStreamContext], Awaitable[None]] | None = None,
        inbox: str | bytes = DEFAULT_INBOX_PREFIX,
    ) -> None:
        """`on_change` is called when `fault` has changed.

        `prepare` creates the streams, once there is a connection: the bot does that, and workers
        may not. Replies come to subjects that begin with `inbox`, because a worker's permissions
        may allow no others.
        """
        self.timing = timing
        self._access = access
        self._name = name
        self._on_change = on_change
        self._prepare = prepare
        self._inbox = inbox
        self._ready = asyncio.Event()  # `open` has succeeded
        self._last_error = "no connection yet"
        self._credentials_refused = False  # at the last attempt to connect
        self._refused_writes: dict[str, str] = {}  # the server's reason, by `what` of `retry`
        self._has_client = False  # `client` has begun to connect
        self._requests: set[asyncio.Task[Msg]] = set()  # cancelled when the connection is lost
        self.client = StrictClient()
        self.streams: JetStreamContext
        self.objects: Objects

    @property
    def fault(self) -> str | None:
        """Why nothing can be sent now; None when it can."""
        server = f"the NATS server at {self._access.name}"
        if not (self._ready.is_set() and self.client.is_connected):
            return f"{server} cannot be reached ({self._last_error})"
        if self._refused_writes:
            reason = next(iter(self._refused_writes.values()))
            return f"{server} stores nothing ({reason})"
        return None

    async def open(self) -> None:
        """Connect and prepare the streams; retries until that has succeeded."""
        while not self.client.is_connected:
            try:
                # `connect` of nats-py retries by itself and reports errors to `error_cb`. But after
                # a failed TLS handshake it can wait for ever, so it is begun anew now and then.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.timing.connect):
                        await self._connect()
            except (*RETRYABLE, ValueError) as error:
                await self._on_error(error)
                await asyncio.sleep(self.timing.retry)
        self.streams = self.client.jetstream(timeout=ANSWER_SECONDS)
        if (prepare := self._prepare) is not None:
            await self.retry("the streams", lambda: prepare(self.streams))
        self.objects = Objects(self.streams, wire.PICTURES)
        self._ready.set()
        self._on_change()

    async def until_open(self) -> None:
        """Wait until `open` has succeeded."""
        await self._ready.wait()

    async def close(self) -> None:
        """Close the connection."""
        if self.client.is_connected:
            # Sends what is still in the buffer.
            try:
                await self.client.flush(2)
            except RETRYABLE as error:
                log.info("not everything was sent: %s", explain(error))
        if self._has_client:
            with contextlib.suppress(OSError):  # the server closed the connection meanwhile
                await self.client.close()

    async def send(self, subject: str, message: wire.Message) -> None:
        """Send a message over a core subject. Without a connection it is dropped."""
        if self.client.is_connected:
            try:
                await self.client.publish(subject, wire.encode(message))
            except RETRYABLE as error:
                log.info("not sent on %s: %s", subject, explain(error))

    async def listen(self, subject: str, handler: Callable[[Msg], Awaitable[None]]) -> None:
        """Call `handler` with each message on a core subject, and log its errors.

        Drops relayed messages, see `senders`.
        """

        async def drop_or_handle(message: Msg) -> None:
            if is_relayed(message):
                log.warning("a worker has put on %s what it may not send; dropped", subject)
                return
            try:
                await handler(message)
            except Exception:  # nats-py would report it as an error of the connection
                log.exception("a message on %s could not be handled", message.subject)

        await self.client.subscribe(subject, cb=drop_or_handle)

    async def retry(self, what: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Retry a request until it succeeds.

        The server may be unreachable, restarting, or its disk full. `what` names the request in the
        log.
        """
        logged_reason = ""

        def before_sleep(state: RetryCallState) -> None:
            nonlocal logged_reason
            error = state.outcome.exception() if state.outcome else None
            reason = explain(error) if error else ""
            if reason != logged_reason:
                logged_reason = reason
                log.warning("%s: %s; retried until it succeeds", what, reason)
            if isinstance(error, ServerError | ServiceUnavailableError):
                self._refused_writes[what] = reason
                self._on_change()

        retrying = AsyncRetrying(
            retry=retry_if_exception_type(RETRYABLE),
            wait=wait_fixed(self.timing.retry),
            before_sleep=before_sleep,
        )

        async def once() -> T:  # Tenacity awaits only coroutine functions, not lambdas
            return await attempt()

        try:
            return await retrying(once)
        finally:
            if self._refused_writes.pop(what, None):
                self._on_change()

    async def store(self, subject: str, name: str, message: wire.Message) -> int:
        """Publish a message to a stream, and return its sequence number.

        Retries until that has succeeded. The server deduplicates by `name`: it stores the first
        message of a name and drops the others.
        """
        headers = {wire.MESSAGE_ID: name}
        data = wire.encode(message)
        ack = await self.retry(
            f"{subject} {name}", lambda: self.streams.publish(subject, data, headers=headers)
        )
        return ack.seq

    async def pull(self, stream: str, wait: float) -> Msg | None:
        """Pull the next message of a stream; None when none came in `wait` seconds.

        It must be acknowledged within the lease, or it is delivered again. Raises RETRYABLE.
        """
        while (message := await self._pull_any(stream, wait)) is not None:
            if not is_relayed(message):
                return message
            log.warning("a worker has put into %s what it may not send; dropped", stream)
            await message.term()
        return None

    async def _pull_any(self, stream: str, wait: float) -> Msg | None:
        consumer = stream  # see `create_streams`
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        request: dict[str, int] = {"batch": 1}
        request |= {"expires": int(wait * 1e9)} if wait else {"no_wait": True}
        # nats-py's usual shared inbox drops replies with the stream's subject. `old_style` gives
        # the reply an inbox of its own.
        message = await self._request(
            self.client.request(
                subject, json.dumps(request).encode(), timeout=wait + 5, old_style=True
            )
        )
        # Status 404 or 408 says that there is no message; it has no subject for an acknowledgement.
        return message if message.reply else None

    async def withdraw(self, stream: str, number: int) -> None:
        """Delete a message from a stream, if it is still there; see `remove`."""
        await self.remove(
            f"message {number} of {stream}", lambda: self.streams.delete_msg(stream, number)
        )

    async def remove(self, what: str, attempt: Callable[[], Awaitable[object]]) -> None:
        """Retry a request to remove something until the server answers, or for `REMOVE_SECONDS`.

        A refusal is an answer and is only logged: mostly what it should remove is gone.
        """

        async def once() -> None:
            try:
                await attempt()
            except ServiceUnavailableError:
                raise  # the server has been started, its streams have not
            except APIError as error:
                log.info("%s was not removed: %s", what, explain(error))

        try:
            async with asyncio.timeout(REMOVE_SECONDS):
                await self.retry(f"removing {what}", once)
        except TimeoutError:
            log.warning("%s was not removed in %.0f s", what, REMOVE_SECONDS)

    async def _request(self, request: Coroutine[Any, Any, Msg]) -> Msg:
        """Wait for a reply. Raises ConnectionClosedError when the connection is lost meanwhile."""
        requesting = asyncio.create_task(request)
        self._requests.add(requesting)
        try:
            await asyncio.wait({requesting})
        finally:
            self._requests.discard(requesting)
            requesting.cancel()
        if requesting.cancelled():
            raise nats.errors.ConnectionClosedError
        return requesting.result()

    async def _connect(self) -> None:
        access = self._access
        context = ssl.create_default_context(cafile=access.ca_file) if access.ca_file else None
        self.client = StrictClient(access.secure)
        self._has_client = True
        self._credentials_refused = False
        try:
            await self._connect_client(context)
        except asyncio.CancelledError:
            # nats-py raises this too, when it closes a client with a refused token. Only a task
            # that is really being cancelled passes it on.
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            raise nats.errors.ConnectionClosedError from None

    async def _connect_client(self, context: ssl.SSLContext | None) -> None:
        access = self._access
        await self.client.connect(
            access.url,
            name=self._name,
            token=access.token or None,
            nkeys_seed=str(access.nkey_file) if access.nkey_file else None,
            tls=context,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnect,
            reconnected_cb=self._on_reconnect,
            allow_reconnect=True,
            connect_timeout=5,
            inbox_prefix=self._inbox,
            max_reconnect_attempts=-1,
            reconnect_time_wait=self.timing.retry,  # type: ignore[arg-type]
            ping_interval=self.timing.ping,  # type: ignore[arg-type]
        )

    async def _on_error(self, error: Exception) -> None:
        if self._credentials_refused:  # the next error is only that the server hung up
            return
        self._credentials_refused = denied(error)
        reason = explain(error)
        if reason != self._last_error:
            log.warning("NATS at %s: %s", self._access.name, reason)
        self._last_error = reason

    async def _on_disconnect(self) -> None:
        log.warning("the NATS server at %s is gone", self._access.name)
        for request in self._requests:
            request.cancel()
        self._on_change()

    async def _on_reconnect(self) -> None:
        log.info("the NATS server at %s is back", self._access.name)
        self._on_change()
