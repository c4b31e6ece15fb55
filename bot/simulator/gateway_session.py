"""A gateway session: the events it was sent, and its connection, if any."""

import asyncio
import json
import secrets
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web

from bot.simulator.clock import Clock
from bot.simulator.compression import Transport
from bot.simulator.model import Json
from bot.simulator.record import Frame, Record, without_tokens


class Connection:
    """A WebSocket that sends its messages in order, one at a time, through its transport."""

    def __init__(
        self, socket: web.WebSocketResponse, packing: Transport, record: Record, clock: Clock
    ) -> None:
        self._socket = socket
        self._packing = packing
        self._record = record
        self._clock = clock
        self._queue: asyncio.Queue[Json] = asyncio.Queue()
        self.silent = False
        self.closed_here = False

    def send(
        self, op: int, data: object, event: str | None = None, number: int | None = None
    ) -> None:
        """Queue a message. A silent connection drops it."""
        if not self.silent:
            self._queue.put_nowait({"op": op, "d": data, "s": number, "t": event})

    async def pump(self) -> None:
        """Send what is queued until the connection ends."""
        while True:
            message = await self._queue.get()
            packed = self._packing.pack(json.dumps(message))
            try:
                if isinstance(packed, bytes):
                    await self._socket.send_bytes(packed)
                else:
                    await self._socket.send_str(packed)
            except ConnectionError:
                return
            data = without_tokens(message["d"])
            frame = Frame(True, message["op"], message["t"], data, self._clock())
            self._record.add(frame)

    async def close(self, code: int, reason: str = "") -> None:
        """Close with a gateway close code."""
        self.closed_here = True
        await self._socket.close(code=code, message=reason.encode())


@dataclass(eq=False)
class Session:
    """A bot's session; after a lost connection it can be resumed for some time."""

    intents: int
    replay_length: int
    shard: tuple[int, int] = (0, 1)  # its number, and the number of shards
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    number: int = 0
    connection: Connection | None = None
    dropped_at: float = 0.0

    def __post_init__(self) -> None:
        self._sent: deque[tuple[int, str, object]] = deque(maxlen=self.replay_length)

    def hears_of(self, guild_id: int) -> bool:
        """Whether a guild's events belong to its shard; 0 stands for direct messages."""
        number, count = self.shard
        return (guild_id >> 22) % count == number

    def dispatch(self, event: str, data: object) -> None:
        """Send an event, and keep it for a resume."""
        self.number += 1
        self._sent.append((self.number, event, data))
        if self.connection is not None:
            self.connection.send(0, data, event, self.number)

    def replay(self, after: int) -> bool:
        """Send the events after `after` again; False when they are no longer kept."""
        if after > self.number or (self._sent and self._sent[0][0] > after + 1):
            return False
        for number, event, data in self._sent:
            if number > after and self.connection is not None:
                self.connection.send(0, data, event, number)
        return True
