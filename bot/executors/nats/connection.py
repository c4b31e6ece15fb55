"""A NATS connection that reconnects by itself, with the streams and objects on that server."""

import asyncio
import contextlib
import json
import logging
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

import nats.errors
from nats.aio.client import DEFAULT_INBOX_PREFIX
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import (
    DigestMismatchError,
    NotFoundError,
    ServerError,
    ServiceUnavailableError,
)
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_fixed

from bot.executors.nats import wire
from bot.executors.nats.access import TROUBLE, Access, denied, words
from bot.executors.nats.client import StrictClient
from bot.executors.nats.objects import Objects
from bot.executors.nats.sealing import Unsealed, seal_files, unseal_files
from bot.executors.nats.senders import is_relayed

T = TypeVar("T")
log = logging.getLogger(__name__)

KEPT_SECONDS = 7 * 86_400.0  # until the server deletes an object by itself
DEDUPLICATION_SECONDS = 120.0  # JetStream's deduplication window
ANSWER_SECONDS = 5.0  # for a request, a chunk of an object included
LARGE_CHUNK = 512 * 1024  # bytes; a server's default limit for a message is 1 MiB


class NatsConnection:
    """Streams and objects on one server. After `open` it reconnects by itself."""

    def __init__(
        self,
        access: Access,
        timing: wire.NatsTiming,
        name: str,
        changed: Callable[[], None] = lambda: None,
        *,
        inbox: str = "",
    ) -> None:
        """`changed` is called when `fault` has changed.

        With an `inbox`, replies come to subjects that begin with it: a worker's permissions may
        allow no others. Streams are then created by the bot alone.
        """
        self._inbox = inbox
        self.timing = timing
        self._changed = changed
        self._access = access
        self._name = name
        self._reason = "no connection yet"
        self._ready = asyncio.Event()
        self._refused: dict[str, str] = {}  # what the server refuses to store now -> why
        self._denied = False  # the server refused the token or key when it was last tried
        self._tried = False  # whether there is a connection to close
        self._requests: set[asyncio.Task[Msg]] = set()  # cancelled when the connection is lost
        self.client = StrictClient()
        self.streams: JetStreamContext
        self.objects: Objects

    @property
    def fault(self) -> str | None:
        """Why nothing can be sent now; None when it can."""
        if self._ready.is_set() and self.client.is_connected:
            why = next(iter(self._refused.values()), None)
            return why and f"the NATS server at {self._access.name} stores nothing ({why})"
        return f"the NATS server at {self._access.name} cannot be reached ({self._reason})"

    async def open(self) -> None:
        """Connect and create the streams; retries until that has succeeded."""
        while not self.client.is_connected:
            try:
                # nats-py retries by itself and reports errors to `error_cb`, but after a failed TLS
                # handshake it can wait for ever.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.timing.connect):
                        await self._connect()
            except (*TROUBLE, ValueError) as error:
                await self._failed(error)
                await asyncio.sleep(self.timing.retry)
        self.streams = self.client.jetstream(timeout=ANSWER_SECONDS)
        if not self._inbox:
            await self.retry("the streams", self._create_streams)
        self.objects = Objects(self.streams, wire.PICTURES)
        self._ready.set()
        self._changed()

    async def until_open(self) -> None:
        """Wait until `open` has succeeded."""
        await self._ready.wait()

    async def close(self) -> None:
        """Close the connection."""
        if self.client.is_connected:
            # Sends what is still in the buffer.
            try:
                await self.client.flush(2)
            except TROUBLE as error:
                log.info("not everything was sent: %s", error)
        if self._tried:
            with contextlib.suppress(OSError):  # the server closed the connection meanwhile
                await self.client.close()

    async def send(self, subject: str, message: wire.Message) -> None:
        """Send a message over a core subject. Without a connection it is dropped."""
        if self.client.is_connected:
            try:
                await self.client.publish(subject, wire.encode(message))
            except TROUBLE as error:
                log.info("not sent on %s: %s", subject, error)

    async def listen(self, subject: str, heard: Callable[[Msg], Awaitable[None]]) -> None:
        """Call `heard` with each message on a core subject, but for relayed ones."""

        async def hear(message: Msg) -> None:
            if is_relayed(message):
                log.warning("a worker has put on %s what it may not send; dropped", subject)
            else:
                await heard(message)

        await self.client.subscribe(subject, cb=hear)

    async def retry(self, what: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Repeat a request until the server has done it.

        The server may be unreachable, restarting, or its disk full. `what` names the request in the
        log.
        """
        logged = ""

        def note(state: RetryCallState) -> None:
            nonlocal logged
            error = state.outcome.exception() if state.outcome else None
            reason = words(error) if error else ""
            if reason != logged:
                logged = reason
                log.warning("%s: %s; retried until it succeeds", what, reason)
            if isinstance(error, ServerError | ServiceUnavailableError):
                self._refused[what] = reason
                self._changed()

        retrying = AsyncRetrying(
            retry=retry_if_exception_type(TROUBLE),
            wait=wait_fixed(self.timing.retry),
            before_sleep=note,
        )

        async def once() -> T:  # Tenacity awaits only coroutine functions, not lambdas
            return await attempt()

        try:
            return await retrying(once)
        finally:
            if self._refused.pop(what, None):
                self._changed()

    async def keep(self, subject: str, name: str, message: wire.Message) -> int:
        """Publish a message to a stream and return its sequence number.

        The server deduplicates by `name`: of several with one name it stores the first.
        """
        headers = {wire.MESSAGE_ID: name}
        data = wire.encode(message)
        ack = await self.retry(
            f"{subject} {name}", lambda: self.streams.publish(subject, data, headers=headers)
        )
        return ack.seq

    async def next_of(self, stream: str, wait: float) -> Msg | None:
        """Pull the next message of a stream; None when none came in `wait` seconds.

        It must be acknowledged within the lease, or it is delivered again. Raises TROUBLE.
        """
        ask: dict[str, int] = {"batch": 1}
        ask |= {"expires": int(wait * 1e9)} if wait else {"no_wait": True}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{stream}"
        while (message := await self._next_of(subject, ask, wait)) is not None:
            if not is_relayed(message):
                return message
            log.warning("a worker has put into %s what it may not send; dropped", stream)
            await message.term()
        return None

    async def _next_of(self, subject: str, ask: Mapping[str, int], wait: float) -> Msg | None:
        # old_style gives the reply an inbox of its own: nats-py's shared inbox drops replies that
        # come with the stream's subject.
        message = await self._request(
            self.client.request(subject, json.dumps(ask).encode(), timeout=wait + 5, old_style=True)
        )
        return message if message.reply else None  # 404 and 408 cannot be acknowledged

    async def upload(self, name: str, secret: bytes, *files: Path) -> None:
        """Store files as one object, sealed; retries until that has succeeded."""
        data = await asyncio.to_thread(seal_files, secret, name, files)
        await self.retry(name, lambda: self.objects.write(name, data))

    async def upload_once(self, name: str, secret: bytes, file: Path) -> None:
        """Replace an object by a file, sealed, without retries. Raises TROUBLE.

        Large chunks: a quarter as many take a quarter of the work on both ends. On a network that
        needs longer than `ANSWER_SECONDS` for one, the upload fails.
        """
        data = await asyncio.to_thread(seal_files, secret, name, [file])
        chunk = min(LARGE_CHUNK, self.client.max_payload)
        await self.objects.remove_older(name, await self.objects.write(name, data, chunk))

    async def download(self, name: str, secret: bytes, *files: Path) -> bool:
        """Fetch the files of an object; False when it is missing, damaged, or sealed by another."""
        try:
            data = await self.objects.read(name)
            if len(data) != len(files):
                return False
            await asyncio.to_thread(unseal_files, secret, name, data, files)
        except (NotFoundError, DigestMismatchError, Unsealed):
            return False
        return True

    async def remove(self, *names: str) -> None:
        """Delete objects, if they exist. A failure is only logged: the server expires old ones."""
        # At once, so that the requests share network round trips.
        await asyncio.gather(*(self._remove(name) for name in names))

    async def withdraw(self, stream: str, number: int) -> None:
        """Delete a message from a stream, if it is still there."""
        try:
            await self.streams.delete_msg(stream, number)
        except TROUBLE as error:
            log.info("message %d of %s is gone: %s", number, stream, words(error))

    async def _remove(self, name: str) -> None:
        try:
            await self.objects.remove(name)
        except TROUBLE as error:
            log.info("%s stays for now: %s", name, words(error))

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
        self._tried = True
        self._denied = False
        try:
            await self._connect_client(context)
        except asyncio.CancelledError:
            # nats-py closes the client of a refused token while it connects, which ends in this too
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
            error_cb=self._failed,
            disconnected_cb=self._lost,
            reconnected_cb=self._back,
            allow_reconnect=True,
            connect_timeout=5,
            inbox_prefix=self._inbox or DEFAULT_INBOX_PREFIX,
            max_reconnect_attempts=-1,
            reconnect_time_wait=self.timing.retry,  # type: ignore[arg-type]
            ping_interval=self.timing.ping,  # type: ignore[arg-type]
        )

    async def _create_streams(self) -> None:
        """Create streams, consumers and the object store, and bring older ones up to date."""
        for stream, subject in ((wire.ORDERS, wire.ORDER), (wire.OUTCOMES, f"{wire.OUTCOME}.>")):
            wanted = api.StreamConfig(
                name=stream,
                subjects=[subject],
                retention=api.RetentionPolicy.WORK_QUEUE,
                duplicate_window=DEDUPLICATION_SECONDS,
            )
            try:
                await self.streams.update_stream(wanted)  # an older version's had other subjects
            except NotFoundError:
                await self.streams.add_stream(wanted)
            await self.streams.add_consumer(
                stream,
                durable_name=stream,
                ack_policy=api.AckPolicy.EXPLICIT,
                ack_wait=self.timing.lease,
                filter_subject=subject,
            )
        try:
            await self.streams.object_store(wire.PICTURES)
        except NotFoundError:
            await self.streams.create_object_store(
                wire.PICTURES, config=api.ObjectStoreConfig(ttl=KEPT_SECONDS)
            )

    async def _failed(self, error: Exception) -> None:
        if self._denied:  # what follows is only that the server hung up
            return
        self._denied = denied(error)
        why = words(error)
        if why != self._reason:
            log.warning("NATS at %s: %s", self._access.name, why)
        self._reason = why

    async def _lost(self) -> None:
        log.warning("the NATS server at %s is gone", self._access.name)
        for request in self._requests:
            request.cancel()
        self._changed()

    async def _back(self) -> None:
        log.info("the NATS server at %s is back", self._access.name)
        self._changed()
