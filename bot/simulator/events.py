"""Server-sent events for the page, each with the users that may see it.

    message_create, message_update   message (Discord's object), visible_to (user ids)
    message_delete                   id, channel_id, visible_to
    interaction_thinking             interaction_id, user_id, channel_id, command; where there is
                                     one, message_id (the button's) and response_message_id
    interaction_answered, _updated, _choices   the same
    interaction_modal                the same and modal (title, custom_id, components)
    interaction_failed               the same and text, the sentence shown to the member
    typing                           channel_id, user_id
    traffic                          a REST call or a gateway frame, as `record` writes it

`bot_connected`, `bot_disconnected`, `commands_changed` and `world_changed` have no data: the page
reads `/sim/state` again.
"""

import asyncio
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiohttp import web

from bot.simulator import bus
from bot.simulator.model import InteractionType, Json
from bot.simulator.platform import Platform
from bot.simulator.record import Frame, RestCall, call_object, frame_object

KEPT = 2000  # kept for a page that reconnects with `Last-Event-ID`
PING_SECONDS = 15.0

# Shown to the member when the bot did not answer in time.
_FAILED = {InteractionType.COMMAND: "The application did not respond"}


@dataclass(frozen=True)
class PageEvent:
    """An event; `readers` are the ids of the users that receive it; None means all."""

    number: int
    name: str
    data: Json
    readers: frozenset[int] | None = None

    def text(self) -> bytes:
        """The event in the text format of server-sent events."""
        body = json.dumps(self.data)
        return f"id: {self.number}\nevent: {self.name}\ndata: {body}\n\n".encode()


@dataclass(eq=False)
class _Listener:
    user_id: int | None
    traffic: bool
    queue: asyncio.Queue[PageEvent | None] = field(default_factory=asyncio.Queue)

    def wants(self, event: PageEvent) -> bool:
        if event.name == "traffic" and not self.traffic:
            return False
        return None in (self.user_id, event.readers) or self.user_id in (event.readers or ())


class Events:
    """GET /sim/events: server-sent events; the last ones are kept for `Last-Event-ID`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._listeners: set[_Listener] = set()
        self._kept: deque[PageEvent] = deque(maxlen=KEPT)
        self._number = 0
        platform.bus.subscribe(self._hear)

    def close(self) -> None:
        """End every stream."""
        for listener in self._listeners:
            listener.queue.put_nowait(None)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Stream the events that `user` may see, or all events; `traffic=1` adds the traffic."""
        name = request.query.get("user", "")
        user = self._platform.world.find_user(name).id if name else None
        listener = _Listener(user, request.query.get("traffic") in ("1", "true"))
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        await response.write(b"retry: 1000\n\n")
        missed = int(request.headers.get("Last-Event-ID") or self._number)
        for event in [event for event in self._kept if event.number > missed]:
            if listener.wants(event):
                await response.write(event.text())
        self._listeners.add(listener)
        try:
            await self._stream(response, listener)
        except ConnectionError:
            pass  # the page was closed
        finally:
            self._listeners.discard(listener)
        return response

    async def _stream(self, response: web.StreamResponse, listener: _Listener) -> None:
        while True:
            try:
                event = await asyncio.wait_for(listener.queue.get(), PING_SECONDS)
            except TimeoutError:
                await response.write(b": still here\n\n")
                continue
            if event is None:
                return
            await response.write(event.text())

    def _hear(self, happened: object) -> None:
        for name, data, readers in self._told(happened):
            self._number += 1
            event = PageEvent(self._number, name, data, readers)
            if name != "traffic":
                self._kept.append(event)
            for listener in self._listeners:
                if listener.wants(event):
                    listener.queue.put_nowait(event)

    def _told(self, happened: object) -> Iterator[tuple[str, Json, frozenset[int] | None]]:
        if isinstance(happened, bus.MessageChanged):
            yield self._message(happened)
        elif isinstance(happened, bus.InteractionChanged):
            yield self._interaction(happened)
        elif isinstance(happened, bus.BotConnection):
            yield ("bot_connected" if happened.connected else "bot_disconnected"), {}, None
        elif isinstance(happened, bus.CommandsChanged):
            yield "commands_changed", {}, None
        elif isinstance(happened, bus.Typing):
            data = {"channel_id": str(happened.channel.id), "user_id": str(happened.user.id)}
            yield "typing", data, None
        elif isinstance(
            happened,
            bus.GuildChanged | bus.ChannelChanged | bus.MemberChanged | bus.RoleDeleted,
        ):
            yield "world_changed", {}, None
        elif isinstance(happened, bus.Traffic) and any(w.traffic for w in self._listeners):
            entry: RestCall | Frame = happened.entry
            data = call_object(entry) if isinstance(entry, RestCall) else frame_object(entry)
            yield "traffic", data, None

    def _message(self, happened: bus.MessageChanged) -> tuple[str, Json, frozenset[int]]:
        message = happened.message
        readers = frozenset(self._platform.world.readers(message))
        data: Json = {"visible_to": [str(reader) for reader in sorted(readers)]}
        if happened.change == "delete":
            data |= {"id": str(message.id), "channel_id": str(message.channel.id)}
        else:
            data["message"] = self._platform.payloads.message(message)
        return f"message_{happened.change}", data, readers

    def _interaction(self, happened: bus.InteractionChanged) -> tuple[str, Json, frozenset[int]]:
        interaction = happened.interaction
        data: Json = {
            "interaction_id": str(interaction.id),
            "user_id": str(interaction.user.id),
            "channel_id": str(interaction.channel.id),
            "command": interaction.command_name,
        }
        if interaction.message is not None:
            data["message_id"] = str(interaction.message.id)
        if interaction.original is not None:
            data["response_message_id"] = str(interaction.original.id)
        if happened.what == "modal":
            data["modal"] = interaction.modal
        if happened.what == "failed":
            data["text"] = _FAILED.get(interaction.type, "This interaction failed")
        return f"interaction_{happened.what}", data, frozenset([interaction.user.id])
