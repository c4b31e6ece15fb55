"""A connection to a NATS server that comes back by itself, and what is kept on that server."""

import asyncio
import contextlib
import json
import logging
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import nats.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import (
    APIError,
    DigestMismatchError,
    NotFoundError,
    ServerError,
    ServiceUnavailableError,
)
from nats.js.errors import Error as JetStreamError

from bot.executors.nats import wire
from bot.executors.nats.client import SternClient
from bot.executors.nats.objects import Objects

T = TypeVar("T")
log = logging.getLogger(__name__)

KEPT_SECONDS = 7 * 86_400.0  # of pictures that nobody fetched
SAME_SECONDS = 120.0  # in which a message that is sent twice is taken once
ANSWER_SECONDS = 5.0  # in which the server takes or gives 128 KiB, or a large chunk
LARGE_CHUNK = 512 * 1024  # bytes; a server takes 1 MiB at a time unless it is set up otherwise
STORE_FAILED = 10051  # JetStream's code for a stream that cannot be written, as on a full disk
TROUBLE = (nats.errors.Error, JetStreamError, OSError, asyncio.TimeoutError)


@dataclass(frozen=True)
class Access:
    """Where the server is and how to be let in."""

    url: str
    token: str = field(default="", repr=False)
    nkey_file: Path | None = None  # holds the seed
    ca_file: Path | None = None  # of the server's certificate, where the system does not know it

    @property
    def name(self) -> str:
        """The server for people: without a password that the URL may hold."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or 4222}"

    @property
    def secure(self) -> bool:
        """Whether nothing may be sent without TLS."""
        return self.ca_file is not None or urlsplit(self.url).scheme == "tls"


class Link:
    """Streams and pictures on one server. `open` it once; it then mends itself."""

    def __init__(
        self,
        access: Access,
        tempo: wire.Tempo,
        name: str,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`changed` is called when there is a fault and when it is over."""
        self.tempo = tempo
        self._changed = changed
        self._access = access
        self._name = name
        self._why = "no connection yet"
        self._ready = asyncio.Event()
        self._refused: dict[str, str] = {}  # what the server does not store just now, and why
        self._tried = False  # whether there is anything to close
        self._asked: set[asyncio.Task[Msg]] = set()  # questions that end with the connection
        self.client = SternClient()
        self.streams: JetStreamContext
        self.objects: Objects

    @property
    def fault(self) -> str | None:
        """Why nothing can be sent just now; None when it can."""
        if self._ready.is_set() and self.client.is_connected:
            why = next(iter(self._refused.values()), None)
            return why and f"the NATS server at {self._access.name} stores nothing ({why})"
        return f"the NATS server at {self._access.name} cannot be reached ({self._why})"

    async def open(self) -> None:
        """Return when the server was reached and has its streams, however long that takes."""
        while not self.client.is_connected:
            try:
                # nats-py tries again by itself and says why it has to, but after a TLS handshake
                # that failed it was seen to wait for ever
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.tempo.connect):
                        await self._connect()
            except (*TROUBLE, ValueError) as error:
                await self._failed(error)
                await asyncio.sleep(self.tempo.retry)
        self.streams = self.client.jetstream(timeout=ANSWER_SECONDS)
        await self.insist("the streams", self._furnish)
        self._ready.set()
        self._changed()

    async def until_open(self) -> None:
        """Wait until the server was reached for the first time."""
        await self._ready.wait()

    async def close(self) -> None:
        """Close the connection."""
        if self.client.is_connected:
            # what is still in the buffer is sent
            try:
                await self.client.flush(2)
            except TROUBLE as error:
                log.info("not everything was sent: %s", error)
        if self._tried:
            with contextlib.suppress(OSError):  # the server went in this very moment
                await self.client.close()

    async def send(self, subject: str, message: wire.Message) -> None:
        """Send what may be lost; without a connection it is."""
        if self.client.is_connected:
            try:
                await self.client.publish(subject, wire.encode(message))
            except TROUBLE as error:
                log.info("not sent on %s: %s", subject, error)

    async def insist(self, what: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until the server does it: it may be away, restarting, or its disk full."""
        said = ""
        try:
            while True:
                try:
                    return await attempt()
                except TROUBLE as error:
                    if said != (said := _words(error)):
                        log.warning("%s: %s; tried again until it is done", what, said)
                    if isinstance(error, ServerError | ServiceUnavailableError):
                        self._refused[what] = said
                        self._changed()
                await asyncio.sleep(self.tempo.retry)
        finally:
            if self._refused.pop(what, None):
                self._changed()

    async def keep(self, subject: str, name: str, message: wire.Message) -> int:
        """Put a message of this name into a stream, once, and return its number there."""
        headers = {"Nats-Msg-Id": name}
        data = wire.encode(message)
        ack = await self.insist(
            f"{subject} {name}", lambda: self.streams.publish(subject, data, headers=headers)
        )
        return ack.seq

    async def next_of(self, stream: str, wait: float) -> Msg | None:
        """Take the next message of a stream under a lease; None when none came in `wait` seconds.

        Raises what `insist` knows as trouble.
        """
        ask: dict[str, int | bool] = {"batch": 1}
        ask |= {"expires": int(wait * 1e9)} if wait else {"no_wait": True}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{stream}"
        # an inbox of its own: what comes has the stream's subject, by which a shared one drops it
        message = await self._ask(
            self.client.request(subject, json.dumps(ask).encode(), timeout=wait + 5, old_style=True)
        )
        status = (message.headers or {}).get("Status")
        return message if status is None else None  # 404 and 408: there is none

    async def upload(self, name: str, *files: Path) -> None:
        """Put files into the object store as one object, however long that takes."""
        data = await asyncio.to_thread(lambda: [file.read_bytes() for file in files])
        await self.insist(name, lambda: self.objects.write(name, data))

    async def upload_once(self, name: str, file: Path) -> None:
        """Put a file in the place of an older one, or raise what `insist` knows as trouble.

        It goes in few chunks. A quarter of them is a quarter of the work for both ends; but where
        a network takes longer than `ANSWER_SECONDS` for one, nothing arrives.
        """
        data = await asyncio.to_thread(file.read_bytes)
        chunk = min(LARGE_CHUNK, self.client.max_payload)
        await self.objects.remove_older(name, await self.objects.write(name, [data], chunk))

    async def download(self, name: str, *files: Path) -> bool:
        """Fetch what `upload` stored; False where that is not there, or not as it was."""
        try:
            data = await self.objects.read(name)
        except (NotFoundError, DigestMismatchError):
            return False
        if len(data) != len(files):
            return False
        pairs = list(zip(files, data, strict=True))
        await asyncio.to_thread(lambda: [file.write_bytes(part) for file, part in pairs])
        return True

    async def remove(self, *names: str) -> None:
        """Delete objects; those that are not there are no fault, and old ones go by themselves."""
        # together, so that questions and answers share trips over the network
        await asyncio.gather(*(self._remove(name) for name in names))

    async def withdraw(self, stream: str, number: int) -> None:
        """Delete a message from a stream; one that is gone already is no fault."""
        try:
            await self.streams.delete_msg(stream, number)
        except TROUBLE as error:
            log.info("message %d of %s is gone: %s", number, stream, _words(error))

    async def _remove(self, name: str) -> None:
        try:
            await self.objects.remove(name)
        except TROUBLE as error:
            log.info("%s stays for now: %s", name, _words(error))

    async def _ask(self, question: Coroutine[Any, Any, Msg]) -> Msg:
        """Wait for an answer, but no longer than the connection that was asked over lasts."""
        asking = asyncio.create_task(question)
        self._asked.add(asking)
        try:
            await asyncio.wait({asking})
        finally:
            self._asked.discard(asking)
            asking.cancel()
        if asking.cancelled():
            raise nats.errors.ConnectionClosedError
        return asking.result()

    async def _connect(self) -> None:
        access = self._access
        context = ssl.create_default_context(cafile=access.ca_file) if access.ca_file else None
        self.client = SternClient(access.secure)
        self._tried = True
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
            max_reconnect_attempts=-1,
            reconnect_time_wait=self.tempo.retry,  # type: ignore[arg-type]
            ping_interval=self.tempo.ping,  # type: ignore[arg-type]
        )

    async def _furnish(self) -> None:
        """Make what is not there yet."""
        for stream, subject in ((wire.ORDERS, wire.ORDER), (wire.OUTCOMES, wire.OUTCOME)):
            await self.streams.add_stream(
                name=stream,
                subjects=[subject],
                retention=api.RetentionPolicy.WORK_QUEUE,
                duplicate_window=SAME_SECONDS,
            )
            await self.streams.add_consumer(
                stream,
                durable_name=stream,
                ack_policy=api.AckPolicy.EXPLICIT,
                ack_wait=self.tempo.lease,
                filter_subject=subject,
            )
        try:
            await self.streams.object_store(wire.PICTURES)
        except NotFoundError:
            await self.streams.create_object_store(
                wire.PICTURES, config=api.ObjectStoreConfig(ttl=KEPT_SECONDS)
            )
        self.objects = Objects(self.streams, wire.PICTURES)

    async def _failed(self, error: Exception) -> None:
        why = _words(error)
        if why != self._why:
            log.warning("NATS at %s: %s", self._access.name, why)
        self._why = why

    async def _lost(self) -> None:
        log.warning("the NATS server at %s is gone", self._access.name)
        for question in self._asked:
            question.cancel()
        self._changed()

    async def _back(self) -> None:
        log.info("the NATS server at %s is back", self._access.name)
        self._changed()


def _words(error: BaseException) -> str:
    """Say what is wrong, to the host."""
    match error:
        case ssl.SSLCertVerificationError(verify_message=why):
            return f"its certificate was refused: {why}; name who signed it with a CA file"
        case nats.errors.SecureConnRequiredError():
            return "it offers no TLS, which tls:// or a CA file asks for"
        case APIError(description=str(why), err_code=code):
            advice = "; once there is room, restart that server" if code == STORE_FAILED else ""
            return why + advice
    return str(error) or type(error).__name__
