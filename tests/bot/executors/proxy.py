"""A bad network in front of a server: delays, stalls and cuts, as a test tells it to."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHUNK = 16 * 1024  # bytes that arrive together


class BadNetwork:
    """Passes connections on to a port of this machine."""

    def __init__(self, port: int) -> None:
        self.delay = (0.0, 0.0)  # seconds that each chunk takes, from and to
        self._target = port
        self._chance = random.Random(1)
        self._open: list[tuple[asyncio.StreamWriter, asyncio.Event]] = []
        self._handlers: set[asyncio.Task[None]] = set()
        self.url = ""
        self.connections = 0  # so far

    def cut(self) -> None:
        """Break all connections that are open, without a farewell."""
        for writer, flows in self._open:
            writer.transport.abort()
            flows.set()

    def stall(self) -> None:
        """Let nothing more through what is open, and say nothing of it; new ones are well."""
        for _, flows in self._open:
            flows.clear()

    async def end(self) -> None:
        """Break all connections and wait until they are gone."""
        self.cut()
        if self._handlers:
            await asyncio.wait(self._handlers, timeout=120)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if handler := asyncio.current_task():
            self._handlers.add(handler)
        there = await asyncio.open_connection("127.0.0.1", self._target)
        self.connections += 1
        flows = asyncio.Event()
        flows.set()
        ends = [(writer, flows), (there[1], flows)]
        self._open += ends
        ways = ((reader, there[1]), (there[0], writer))
        tasks = [asyncio.create_task(self._pump(*way, flows)) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            self._open = [end for end in self._open if end not in ends]
            for end, _ in ends:
                end.transport.abort()

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, flows: asyncio.Event
    ) -> None:
        try:
            while data := await source.read(CHUNK):
                await asyncio.sleep(self._chance.uniform(*self.delay))
                await flows.wait()
                sink.write(data)
                await sink.drain()
        except OSError:
            return  # cut


@asynccontextmanager
async def bad_network(port: int) -> AsyncIterator[BadNetwork]:
    """Put a bad network in front of a port; it is good until it is told to be bad."""
    network = BadNetwork(port)
    server = await asyncio.start_server(network._pass_on, "127.0.0.1", 0)
    network.url = f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield network
    finally:
        server.close()
        await network.end()
