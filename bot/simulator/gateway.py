"""The gateway: the WebSocket over which the bot receives events."""

import asyncio
import contextlib
import json
import time

from aiohttp import WSMsgType, web

from bot.simulator.bus import BotConnection
from bot.simulator.compression import transport
from bot.simulator.dispatch import Dispatcher, Intent, guild_of
from bot.simulator.gateway_session import Connection, Session
from bot.simulator.model import Json
from bot.simulator.objects import member_object, user_object
from bot.simulator.platform import Platform
from bot.simulator.record import Frame, Heartbeat, without_tokens

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE = 0, 1, 2, 3, 4
RESUME, RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, ACK = 6, 7, 8, 9, 10, 11

MEMBERS_PER_CHUNK = 1000
LONGEST_PAYLOAD = 4096  # bytes; Discord closes a connection that sends more


class Gateway:
    """Sessions and their connections, and methods that disturb them.

    `allowed_intents` refuses an identify that asks for more (close code 4014), as Discord does for
    privileged intents that are not enabled in the developer portal.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._dispatcher = Dispatcher(platform.world, platform.payloads, platform.commands)
        self._sessions: dict[str, Session] = {}
        self._open: dict[Connection, web.Request] = {}
        self.allowed_intents = (1 << 53) - 1
        platform.bus.subscribe(self._tell)

    @property
    def connected(self) -> bool:
        """Whether a session of the bot is on a connection now."""
        return any(s.connection is not None for s in self._sessions.values())

    @property
    def shards(self) -> set[int]:
        """The shards with a connected session."""
        return {s.shard[0] for s in self._sessions.values() if s.connection is not None}

    # disturbances

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close every connection with `code`; 4000 to 4009 leave the session to be resumed."""
        for connection in tuple(self._open):
            await connection.close(code, reason)

    def drop(self) -> None:
        """Cut every connection without a close frame, as a network does."""
        for request in tuple(self._open.values()):
            if request.transport is not None:
                request.transport.abort()

    def ask_to_reconnect(self) -> None:
        """Send opcode 7."""
        for connection in tuple(self._open):
            connection.send(RECONNECT, None)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Send opcode 9; unless `resumable` the sessions are gone."""
        if not resumable:
            self.forget()
        for connection in tuple(self._open):
            connection.send(INVALID_SESSION, resumable)

    def forget(self) -> None:
        """Drop the sessions: the next resume is answered with opcode 9."""
        self._sessions.clear()

    def fall_silent(self) -> None:
        """Send nothing more on the open connections, not even heartbeat acknowledgements."""
        for connection in self._open:
            connection.silent = True

    # connections

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one WebSocket from hello to close."""
        socket = web.WebSocketResponse(max_msg_size=4 * LONGEST_PAYLOAD, compress=False)
        await socket.prepare(request)
        platform = self._platform
        try:
            packing = transport(request.query.get("compress"))
        except ValueError as error:
            await socket.close(code=4002, message=str(error).encode())
            return socket
        connection = Connection(socket, packing, platform.record, platform.clock)
        self._open[connection] = request
        pump = asyncio.create_task(connection.pump())
        interval = platform.limits.heartbeat_interval
        connection.send(HELLO, {"heartbeat_interval": int(interval * 1000)})
        try:
            await self._listen(socket, connection, interval)
        finally:
            del self._open[connection]
            self._part(connection, socket.close_code)
            pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pump
        return socket

    async def _listen(
        self, socket: web.WebSocketResponse, connection: Connection, interval: float
    ) -> None:
        last_beat = time.monotonic()
        # Discord closes a connection without heartbeats; after what time is not documented.
        patience = max(2 * interval, interval + 10)
        while True:
            try:
                message = await socket.receive(timeout=patience)
            except TimeoutError:
                await connection.close(4009, "Session timed out")
                return
            if message.type is not WSMsgType.TEXT:
                return
            too_long = len(message.data.encode()) > LONGEST_PAYLOAD
            frame = None if too_long else self._parsed(message.data)
            if frame is None:
                await connection.close(4002, "Error while decoding payload")
                return
            self._platform.record.add(frame)
            if frame.op == HEARTBEAT:
                now = time.monotonic()
                beat = Heartbeat(now, now - last_beat, interval)
                self._platform.record.heartbeats.append(beat)
                last_beat = now
                connection.send(ACK, None)
            elif not await self._obey(connection, frame.op, json.loads(message.data)["d"]):
                return

    def _parsed(self, text: str) -> Frame | None:
        try:
            frame = json.loads(text)
            data = without_tokens(frame["d"])
            return Frame(False, int(frame["op"]), None, data, self._platform.clock())
        except (ValueError, KeyError, TypeError):
            return None

    async def _obey(self, connection: Connection, op: int, data: Json) -> bool:
        """Handle a frame other than a heartbeat; False when it closed the connection."""
        session = next((s for s in self._sessions.values() if s.connection is connection), None)
        if session is None and op in (IDENTIFY, RESUME):
            start = self._identify if op == IDENTIFY else self._resume
            return await start(connection, data)
        if session is not None and op in (PRESENCE, VOICE_STATE):
            return True
        if session is not None and op == REQUEST_MEMBERS:
            self._send_members(session, data)
            return True
        codes = {None: (4003, "Not authenticated"), IDENTIFY: (4005, "Already authenticated")}
        key = None if session is None else op
        await connection.close(*codes.get(key, (4001, "Unknown opcode")))
        return False

    async def _identify(self, connection: Connection, data: Json) -> bool:
        world, limits = self._platform.world, self._platform.limits
        if data.get("token") != world.token:
            await connection.close(4004, "Authentication failed")
            return False
        intents = int(data.get("intents") or 0)
        if intents & ~self.allowed_intents:
            await connection.close(4014, "Disallowed intents")
            return False
        number, count = data.get("shard") or (0, 1)
        if not 0 <= number < count:
            await connection.close(4010, "Invalid shard")
            return False
        shard = int(number), int(count)
        session = Session(intents, limits.replay_length, shard, connection=connection)
        self._sessions[session.id] = session
        guilds = [
            guild
            for guild in world.guilds.values()
            if world.bot.id in guild.members and session.hears_of(guild.id)
        ]
        ready = {
            "v": 10,
            "user": {**user_object(world.bot), "mfa_enabled": True, "verified": True},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self._platform.gateway_url,
            "shard": shard,
            "application": {"id": str(world.application_id), "flags": world.application_flags},
            "private_channels": [],
            "_trace": ["simulator"],
        }
        session.dispatch("READY", ready)
        if intents & Intent.GUILDS:
            for guild in guilds:
                if guild.unavailable:
                    continue
                session.dispatch("GUILD_CREATE", self._dispatcher.guild_create(guild, intents))
        self._platform.bus.publish(BotConnection(True))
        return True

    async def _resume(self, connection: Connection, data: Json) -> bool:
        if data.get("token") != self._platform.world.token:
            await connection.close(4004, "Authentication failed")
            return False
        self._drop_stale()
        session = self._sessions.get(str(data.get("session_id")))
        if session is None:
            connection.send(INVALID_SESSION, False)
            return True
        session.connection = connection
        if not session.replay(int(data.get("seq") or 0)):
            session.connection = None
            connection.send(INVALID_SESSION, False)
            return True
        session.dispatch("RESUMED", {"_trace": ["simulator"]})
        self._platform.bus.publish(BotConnection(True))
        return True

    def _send_members(self, session: Session, data: Json) -> None:
        """Answer opcode 8 with GUILD_MEMBERS_CHUNK."""
        guild = self._platform.world.guilds.get(int(data["guild_id"]))
        if guild is None:
            return
        wanted = data.get("user_ids")
        if wanted is not None:
            ids = [wanted] if isinstance(wanted, str | int) else wanted
            found = [guild.members[int(i)] for i in ids if int(i) in guild.members]
        else:
            query = str(data.get("query") or "").lower()
            found = [m for m in guild.members.values() if m.user.username.startswith(query)]
            found = found[: int(data.get("limit") or 0) or None]
        chunks = [
            found[at : at + MEMBERS_PER_CHUNK] for at in range(0, len(found), MEMBERS_PER_CHUNK)
        ] or [[]]
        for index, chunk in enumerate(chunks):
            body: Json = {
                "guild_id": str(guild.id),
                "members": [member_object(member) for member in chunk],
                "chunk_index": index,
                "chunk_count": len(chunks),
            }
            if data.get("nonce") is not None:
                body["nonce"] = data["nonce"]
            session.dispatch("GUILD_MEMBERS_CHUNK", body)

    def _part(self, connection: Connection, code: int | None) -> None:
        """Leave the session without its connection; a clean close by the client ends it."""
        for session in tuple(self._sessions.values()):
            if session.connection is not connection:
                continue
            session.connection = None
            session.dropped_at = time.monotonic()
            if code in (1000, 1001) and not connection.closed_here:
                del self._sessions[session.id]
            self._platform.bus.publish(BotConnection(self.connected))

    def _drop_stale(self) -> None:
        window = self._platform.limits.resume_window
        for session in tuple(self._sessions.values()):
            if session.connection is None and time.monotonic() - session.dropped_at > window:
                del self._sessions[session.id]

    def _tell(self, happened: object) -> None:
        self._drop_stale()
        # An interaction goes to one session of the guild's shard: the newest on a connection, else
        # the newest that can be resumed.
        place = guild_of(happened)
        sessions = [session for session in self._sessions.values() if session.hears_of(place)]
        live = [s for s in sessions if s.connection is not None] or sessions
        for session in sessions:
            for dispatch in self._dispatcher.dispatches(happened, session.intents):
                if not dispatch.exclusive or session is live[-1]:
                    session.dispatch(dispatch.event, dispatch.data)
